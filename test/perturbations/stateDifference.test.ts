/** Differences of archive states: which pair a member gets, how large they are, what they leave alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../core/grid.js';
import type { InitialPerturbation, MemberKey } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import {
  type AddAnalysisError,
  createAnalysisError,
  createStateDifference,
} from '../../perturbations/initial/stateDifference.js';
import type { PerturbationContext, StatePool } from '../../perturbations/source.js';
import { initialRows, rowOf } from './initialFixture.js';
import { contextOf } from './stepsFixture.js';

const globe = makeGrid([60, 0, -60], [0, 90, 180, 270]);
const region = makeGrid([60, 50], [0, 10, 20]);
const start = Date.UTC(2001, 2, 1);
const key = (weightSample: number, noiseStream: number, seed = 1) => ({
  seed,
  start,
  weightSample,
  noiseStream,
});

interface Made {
  readonly pool: StatePool;
  readonly amplitude: number;
  readonly rotate?: boolean;
  readonly antithetic?: boolean;
  readonly place?: number;
}

function stateDifference(
  grid: Grid,
  { pool, amplitude, rotate, antithetic, place }: Made,
): InitialPerturbation {
  const context: PerturbationContext = contextOf(grid, ['msl'], { pool, rotate: rotate ?? false });
  const source = { kind: 'state-difference', amplitude, antithetic: antithetic ?? false } as const;
  return createStateDifference(source, context, place ?? 0);
}

/** What one member's states become, by age. */
async function perturbed(
  perturbation: InitialPerturbation,
  key: MemberKey,
  states: readonly Float32Array[],
): Promise<Float32Array[]> {
  const rows = initialRows([key], states);
  await perturbation.add(rows);
  return [...rows.states];
}

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
  const pool = powers(16, 6, 2);
  const perturbation = stateDifference(region, { pool, amplitude: Math.SQRT2 });
  const zeros = [new Float32Array(6), new Float32Array(6)];
  const drawn = async (
    weightSample: number,
    noiseStream: number,
    seed = 1,
    of = perturbation,
  ): Promise<number[]> => {
    const states = await perturbed(of, key(weightSample, noiseStream, seed), zeros);
    return states.flatMap((state) => [...state]);
  };

  it('is α (x(t₁) − x(t₂)) / √2 of two different dates, the same dates for the earlier state', async () => {
    const seen = new Set<number>();
    for (let j = 0; j < 400; j++) {
      const values = await drawn(0, j);
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

  it('draws each ordered pair of dates equally often', async () => {
    const few = stateDifference(region, { pool: powers(3, 6), amplitude: Math.SQRT2 });
    const counts = new Map<string, number>();
    const draws = 3000;
    for (let j = 0; j < draws; j++) {
      const [state] = await perturbed(few, key(3, j), [new Float32Array(6)]);
      const pair = String(datesOf(Math.round(state?.[0] ?? 0)));
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // χ² with 5 degrees of freedom: 99.9 % lie below 20.5
    const expected = draws / 6;
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(20.5);
  });

  it('belongs to its key: the same again, another for another seed, sample or stream, in any order', async () => {
    const one = await drawn(2, 5);
    const others = [await drawn(2, 6), await drawn(3, 5), await drawn(2, 5, 9)];
    expect(await drawn(2, 5)).toEqual(one);
    expect(others.filter((other) => other[0] === one[0]).length).toBeLessThan(2);
  });

  it('draws what it drew before it had places in a list', async () => {
    // Values of the scheme as it was when there was one initial perturbation only.
    const values = await Promise.all([0, 1, 2, 3, 4, 5].map(async (j) => (await drawn(1, j))[0]));
    expect(values).toEqual([240, -31744, -255, -2032, -15360, -4032]);
  });

  it('at another place of the list draws other dates', async () => {
    const other = stateDifference(region, { pool, amplitude: Math.SQRT2, place: 1 });
    const streams = Array.from({ length: 20 }, (_, j) => j);
    const first = await Promise.all(streams.map(async (j) => (await drawn(0, j))[0]));
    const second = await Promise.all(streams.map(async (j) => (await drawn(0, j, 1, other))[0]));
    expect(second.filter((value, j) => value === first[j]).length).toBeLessThan(4);
  });

  it('is of opposite sign in the second of an antithetic pair', async () => {
    const pairs = stateDifference(region, { pool, amplitude: Math.SQRT2, antithetic: true });
    for (const j of [0, 2, 4]) {
      const even = await drawn(0, j, 1, pairs);
      expect(even).toEqual(await drawn(0, j));
      expect(await drawn(0, j + 1, 1, pairs)).toEqual(even.map((value) => -value));
    }
  });

  it('of a row does not depend on the rows beside it', async () => {
    const keys = [key(0, 3), key(0, 4), key(1, 3), key(1, 4)];
    const together = initialRows(keys, zeros);
    await perturbation.add(together);
    for (const [row, { weightSample, noiseStream }] of keys.entries()) {
      const inBatch = together.states.flatMap((all) => [...rowOf(all, row, keys.length)]);
      expect(inBatch).toEqual(await drawn(weightSample, noiseStream));
    }
  });

  it('of the analysis depends on seed and start alone, and is none of the members', async () => {
    const add = createAnalysisError(region, { pool, rotate: false }, Math.SQRT2);
    const error = (seed: number, at: number): number => {
      const states = [new Float32Array(6), new Float32Array(6)];
      add({ seed, start: at }, states);
      return states[0]?.[0] ?? 0;
    };
    const days = Array.from({ length: 20 }, (_, day) => start + day * 86_400_000);
    const values = days.map((at) => error(1, at));
    expect(error(1, start)).toBe(values[0]);
    expect(new Set(values).size).toBeGreaterThan(12);
    const members = await Promise.all(
      days.map(async (at) => (await perturbed(perturbation, { ...key(0, 0), start: at }, zeros))[0]?.[0]),
    );
    expect(values.filter((value, day) => value === members[day]).length).toBeLessThan(4);
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
      const state = new Float32Array(length).fill(5);
      const source = { pool: { dates, states: [values(length)] }, rotate: true };
      const add: AddAnalysisError = createAnalysisError(globe, source, 0.1);
      add({ seed: 1, start }, [state]);
      return state;
    };
    expect(analysed(24).slice(0, 12)).toEqual(analysed(12));
  });

  it('adds to what is there, and α = 0 leaves it to the bit', async () => {
    const few = { pool: powers(8, 6), rotate: false };
    const before = Float32Array.of(1, -2, 3.5, 1e5, 0.1, 7);
    const [state] = await perturbed(stateDifference(region, { ...few, amplitude: 0 }), key(0, 0), [before]);
    createAnalysisError(region, few, 0)({ seed: 1, start }, [state!]);
    expect(state).toEqual(before);
  });

  it('has mean zero and α² of the variance and covariance of independent states', async () => {
    const dates = 64;
    const values = new Float32Array(dates * 6);
    normals({ seed: 4, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, values);
    // the last point follows the first
    for (let date = 0; date < dates; date++) values[date * 6 + 5] = 3 * values[date * 6]!;
    const alpha = 0.1;
    const random = stateDifference(region, { pool: { dates, states: [values] }, amplitude: alpha });
    const draws = 4000;
    let sum = 0;
    let squares = 0;
    let products = 0;
    for (let j = 0; j < draws; j++) {
      const [state] = await perturbed(random, key(0, j), [new Float32Array(6)]);
      sum += state![0]!;
      squares += state![0]! ** 2;
      products += state![0]! * state![5]!;
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
  it('is the difference as it was moved by whole columns, the same for all rows and channels', async () => {
    const length = 24;
    const dates = 8;
    const values = new Float32Array(dates * length);
    normals({ seed: 5, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, values);
    const source = { pool: { dates, states: [values] }, amplitude: 0.5 };
    const still = stateDifference(globe, { ...source, rotate: false });
    const turned = stateDifference(globe, { ...source, rotate: true });
    const shifts = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), async (stream) => {
        const [a] = await perturbed(still, key(0, stream), [new Float32Array(length)]);
        const [b] = await perturbed(turned, key(0, stream), [new Float32Array(length)]);
        const shift = [0, 1, 2, 3].filter((by) =>
          b!.every((value, i) => value === a![i - (i % 4) + (((i % 4) + by) % 4)]),
        );
        expect(shift).toHaveLength(1);
        shifts.add(shift[0] ?? -1);
      }),
    );
    expect(shifts.size).toBe(4);
  });

  it('is refused on a region', () => {
    const source = { pool: powers(8, 6), rotate: true };
    expect(() => stateDifference(region, { ...source, amplitude: 0.1 })).toThrow(/closes the circle/);
    expect(() => createAnalysisError(region, source, 0.1)).toThrow(/closes the circle/);
  });

  it('needs two dates', () => {
    expect(() => stateDifference(region, { pool: powers(1, 6), amplitude: 0.1 })).toThrow(
      /at least 2 states of the archive, there are 1; give a longer period/,
    );
  });
});
