/** Differences of archive states: which pair a member gets, how large they are, what they leave alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import { createStateDifference, type StatePool } from '../../perturbations/stateDifference.js';

const globe = makeGrid([60, 0, -60], [0, 90, 180, 270]);
const region = makeGrid([60, 50], [0, 10, 20]);
const start = Date.UTC(2001, 2, 1);
const key = (weightSample: number, noiseStream: number, seed = 1) => ({
  seed,
  start,
  weightSample,
  noiseStream,
});

/** Date d holds 2^d everywhere: a difference tells its two dates. */
function powers(dates: number, length: number, ages = 1): StatePool {
  const states = Array.from({ length: ages }, (_, age) =>
    Float32Array.from({ length: dates * length }, (_, i) => 2 ** Math.floor(i / length) * (1 + age)),
  );
  return { dates, states };
}

/** The two dates of a difference 2^a − 2^b, a ≠ b. */
function datesOf(difference: number): [number, number] {
  const low = Math.log2(Math.abs(difference) & -Math.abs(difference));
  const high = Math.log2(Math.abs(difference) + 2 ** low);
  return difference > 0 ? [high, low] : [low, high];
}

describe('a state difference', () => {
  const perturbation = createStateDifference(region, {
    kind: 'state-difference',
    pool: powers(16, 6, 2),
    rotate: false,
    memberAmplitude: Math.SQRT2,
    analysisAmplitude: 2 * Math.SQRT2,
  });
  const drawn = (weightSample: number, noiseStream: number, seed = 1): number[] => {
    const states = [new Float32Array(6), new Float32Array(6)];
    perturbation.add(key(weightSample, noiseStream, seed), states);
    return [...(states[0] ?? []), ...(states[1] ?? [])];
  };

  it('is α (x(t₁) − x(t₂)) / √2 of two different dates, the same dates for the earlier state', () => {
    const seen = new Set<number>();
    for (let j = 0; j < 400; j++) {
      const values = drawn(0, j);
      const difference = Math.round(values[0] ?? 0);
      const [first, second] = datesOf(difference);
      expect(first).not.toBe(second);
      expect([first, second].every((date) => Number.isInteger(date) && date >= 0 && date < 16)).toBe(true);
      seen.add(first).add(second);
      values.slice(0, 6).forEach((value) => {
        expect(value).toBeCloseTo(difference, 2);
      });
      values.slice(6).forEach((value) => {
        expect(value).toBeCloseTo(2 * difference, 1);
      });
    }
    expect(seen.size).toBe(16);
  });

  it('draws each ordered pair of dates equally often', () => {
    const few = createStateDifference(region, {
      kind: 'state-difference',
      pool: powers(3, 6),
      rotate: false,
      memberAmplitude: Math.SQRT2,
      analysisAmplitude: 0,
    });
    const counts = new Map<string, number>();
    const draws = 3000;
    for (let j = 0; j < draws; j++) {
      const state = new Float32Array(6);
      few.add(key(3, j), [state]);
      const pair = String(datesOf(Math.round(state[0] ?? 0)));
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // χ² with 5 degrees of freedom: 99.9 % lie below 20.5
    const expected = draws / 6;
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(20.5);
  });

  it('belongs to its key: the same again, another for another seed, sample or stream, in any order', () => {
    const one = drawn(2, 5);
    expect(drawn(2, 5)).toEqual(one);
    const others = [drawn(2, 6), drawn(3, 5), drawn(2, 5, 9)];
    expect(drawn(2, 5)).toEqual(one);
    expect(others.filter((other) => other[0] === one[0]).length).toBeLessThan(2);
  });

  it('of the analysis depends on seed and start alone, and is none of the members', () => {
    const error = (seed: number, at: number): number => {
      const states = [new Float32Array(6), new Float32Array(6)];
      perturbation.addAnalysisError({ seed, start: at }, states);
      return states[0]?.[0] ?? 0;
    };
    const values = Array.from({ length: 20 }, (_, day) => error(1, start + day * 86_400_000));
    expect(error(1, start)).toBe(values[0]);
    expect(new Set(values).size).toBeGreaterThan(12);
    const members = Array.from({ length: 20 }, (_, day) => {
      const states = [new Float32Array(6), new Float32Array(6)];
      perturbation.add({ ...key(0, 0), start: start + day * 86_400_000 }, states);
      return 2 * (states[0]?.[0] ?? 0);
    });
    expect(members).not.toEqual(values);
  });

  it('of the analysis is the same, to the bit, in the channels that two models share', () => {
    const dates = 10;
    const values = (length: number): Float32Array => {
      const all = new Float32Array(dates * 24);
      normals({ seed: 8, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, all);
      return Float32Array.from(
        { length: dates * length },
        (_, i) => all[Math.floor(i / length) * 24 + (i % length)]!,
      );
    };
    const analysed = (length: number): Float32Array => {
      const source = {
        kind: 'state-difference',
        rotate: true,
        memberAmplitude: 0.3,
        analysisAmplitude: 0.1,
      } as const;
      const state = new Float32Array(length).fill(5);
      createStateDifference(globe, { ...source, pool: { dates, states: [values(length)] } }).addAnalysisError(
        { seed: 1, start },
        [state],
      );
      return state;
    };
    expect(analysed(24).slice(0, 12)).toEqual(analysed(12));
  });

  it('adds to what is there, and α = 0 leaves it to the bit', () => {
    const none = createStateDifference(region, {
      kind: 'state-difference',
      pool: powers(8, 6),
      rotate: false,
      memberAmplitude: 0,
      analysisAmplitude: 0,
    });
    const state = Float32Array.of(1, -2, 3.5, 1e5, 0.1, 7);
    const before = state.slice();
    none.add(key(0, 0), [state]);
    none.addAnalysisError({ seed: 1, start }, [state]);
    expect(state).toEqual(before);
  });

  it('has mean zero and α² of the variance and covariance of independent states', () => {
    const dates = 64;
    const values = new Float32Array(dates * 6);
    normals({ seed: 4, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, values);
    // the last point follows the first
    for (let date = 0; date < dates; date++) values[date * 6 + 5] = 3 * values[date * 6]!;
    const alpha = 0.1;
    const random = createStateDifference(region, {
      kind: 'state-difference',
      pool: { dates, states: [values] },
      rotate: false,
      memberAmplitude: alpha,
      analysisAmplitude: 0,
    });
    const draws = 4000;
    let sum = 0;
    let squares = 0;
    let products = 0;
    for (let j = 0; j < draws; j++) {
      const state = new Float32Array(6);
      random.add(key(0, j), [state]);
      sum += state[0]!;
      squares += state[0]! ** 2;
      products += state[0]! * state[5]!;
    }
    const column = Array.from({ length: dates }, (_, date) => values[date * 6]!);
    const centre = column.reduce((total, x) => total + x, 0) / dates;
    const variance = column.reduce((total, x) => total + (x - centre) ** 2, 0) / (dates - 1);
    // standard errors: α σ / √draws of the mean, √(2/draws) of the variance, relatively
    expect(Math.abs(sum / draws)).toBeLessThan((4 * alpha * Math.sqrt(variance)) / Math.sqrt(draws));
    expect(Math.abs(squares / draws / (alpha ** 2 * variance) - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
    expect(products / squares).toBeCloseTo(3, 3);
  });
});

describe('a turned difference', () => {
  it('is the difference as it was moved by whole columns, the same for all rows and channels', () => {
    const length = 24;
    const dates = 8;
    const values = new Float32Array(dates * length);
    normals({ seed: 5, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, values);
    const source = {
      kind: 'state-difference' as const,
      pool: { dates, states: [values] },
      memberAmplitude: 0.5,
      analysisAmplitude: 0.5,
    };
    const still = createStateDifference(globe, { ...source, rotate: false });
    const turned = createStateDifference(globe, { ...source, rotate: true });
    const shifts = new Set<number>();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), (stream) => {
        const [a, b] = [new Float32Array(length), new Float32Array(length)];
        still.add(key(0, stream), [a]);
        turned.add(key(0, stream), [b]);
        const shift = [0, 1, 2, 3].filter((by) =>
          b.every((value, i) => value === a[i - (i % 4) + (((i % 4) + by) % 4)]),
        );
        expect(shift).toHaveLength(1);
        shifts.add(shift[0] ?? -1);
      }),
    );
    expect(shifts.size).toBe(4);
  });

  it('is refused on a region', () => {
    expect(() =>
      createStateDifference(region, {
        kind: 'state-difference',
        pool: powers(8, 6),
        rotate: true,
        memberAmplitude: 0.1,
        analysisAmplitude: 0,
      }),
    ).toThrow(/closes the circle/);
  });
});
