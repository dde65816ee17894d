/** Noise of the amplitude that a model has learned: one pattern for all channels, or the parts of one balanced flow. */
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import { coefficientCount } from '../../core/sphere/legendre.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';
import type { LearnedNoiseSource } from '../../perturbations/source.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { contextOf, covariance, globe, memberKey, memberKeys, region, stepped } from './stepsFixture.js';

const source: LearnedNoiseSource = {
  kind: 'noise',
  scales: [
    { lengthKm: 2500, timeHours: 48, share: 2 },
    { lengthKm: 3000, timeHours: 0 },
  ],
  factor: 1,
  balance: 'none',
  antithetic: false,
};
const names = ['z500', 't850', 'msl'];

/** A state, and an amplitude that is another at every point and channel; a row of each. */
function someRow(length: number) {
  return {
    before: new Float32Array(length),
    after: Float32Array.from({ length }, (_, i) => 100 * Math.sin(1.3 * i)),
    amplitude: Float32Array.from({ length }, (_, i) => 2 + Math.cos(0.7 * i)),
  };
}

/**
 * The pattern by its formula, as plainly as can be: harmonics a ← φ a + √(1 − φ²) ξ of each scale, times σₙ and the root
 * of the scale's share, summed at every point.
 */
function patternByFormula(grid: Grid, key: MemberKey, steps: number): Float32Array[] {
  const scales = source.scales.map(({ lengthKm, timeHours, share = 1 }) => ({
    amplitudes: heatKernelAmplitudes(lengthKm).map((sigma) => sigma * Math.sqrt(share / 3)),
    persistence: timeHours === 0 ? 0 : Math.exp(-6 / timeHours),
    innovation: timeHours === 0 ? 1 : Math.sqrt(-Math.expm1(-12 / timeHours)),
  }));
  const degree = Math.max(...scales.map(({ amplitudes }) => amplitudes.length - 1));
  const lengths = scales.map(({ amplitudes }) => 2 * coefficientCount(amplitudes.length - 1));
  const draws = new Float64Array(lengths.reduce((sum, length) => sum + length));
  const state = new Float64Array(draws.length);
  const synthesis = makeSynthesis(grid, degree);
  return Array.from({ length: steps }, (_, step) => {
    normals({ ...key, purpose: 'pattern', step }, draws);
    const sums = new Float64Array(2 * coefficientCount(degree));
    let at = 0;
    for (const { amplitudes, persistence, innovation } of scales) {
      for (let part = 0; part < 2; part++) {
        for (let m = 0; m < amplitudes.length; m++) {
          // n = m … of this scale lie together; so do those of the sum, up to its own degree
          let to = part * coefficientCount(degree);
          for (let order = 0; order < m; order++) to += degree + 1 - order;
          for (let n = m; n < amplitudes.length; n++, at++, to++) {
            state[at] = step === 0 ? draws[at]! : persistence * state[at]! + innovation * draws[at]!;
            sums[to]! += amplitudes[n]! * state[at]!;
          }
        }
      }
    }
    const out = new Float32Array(gridSize(grid));
    synthesis.evaluate(sums, out);
    return out;
  });
}

describe('learned noise', () => {
  for (const [name, grid] of [
    ['globe', globe],
    ['region', region],
  ] as const) {
    it(`on a ${name} is the amplitude times one pattern for all channels, to the bit`, () => {
      const points = gridSize(grid);
      const row = someRow(names.length * points);
      const keys = memberKeys(3).map((key) => ({ ...key, weightSample: 3 }));
      const made = stepped(createLearnedNoise(source, contextOf(grid, names)), keys, 4, row);
      keys.forEach((key, member) => {
        patternByFormula(grid, key, 4).forEach((pattern, step) => {
          const expected = row.after.map((value, i) => value + row.amplitude[i]! * pattern[i % points]!);
          const found = made[step]!.subarray(member * row.after.length, (member + 1) * row.after.length);
          expect(found).toEqual(expected);
        });
      });
    });
  }

  it('grows with its factor, is none at 0, and leaves a model without amplitude alone', () => {
    const context = contextOf(globe, names);
    const row = someRow(names.length * gridSize(globe));
    const noise = (factor: number, amplitude: Float32Array | null = row.amplitude): Float32Array =>
      stepped(createLearnedNoise({ ...source, factor }, context), memberKeys(1), 1, {
        ...row,
        amplitude,
      })[0]!;
    const [one, three] = [noise(1), noise(3)];
    row.after.forEach((value, i) => {
      expect(three[i]! - value).toBeCloseTo(3 * (one[i]! - value), 4);
    });
    for (const balance of ['none', 'linear'] as const) {
      const perturbation = createLearnedNoise({ ...source, balance }, context);
      expect(stepped(perturbation, memberKeys(1), 1, { ...row, amplitude: null })[0]).toEqual(row.after);
    }
    expect(noise(0)).toEqual(row.after);
  });

  it('of a row is the same to the bit whichever rows are beside it', () => {
    const context = contextOf(region, ['z500', 'u500', 'v500']);
    const row = someRow(3 * gridSize(region));
    for (const balance of ['none', 'linear'] as const) {
      const perturbation = createLearnedNoise({ ...source, balance, antithetic: true }, context);
      const keys = memberKeys(11);
      const together = stepped(perturbation, keys, 3, row);
      for (const batch of [1, 3, 8, 10]) expect(stepped(perturbation, keys, 3, row, batch)).toEqual(together);
      stepped(perturbation, [keys[9]!], 3, row).forEach((alone, step) => {
        expect(alone).toEqual(together[step]!.subarray(9 * row.after.length, 10 * row.after.length));
      });
    }
  });

  it('adds up to nothing with its antithetic twin', () => {
    const context = contextOf(globe, ['z500', 'u500', 'v500', 'q500']);
    const amplitude = someRow(4 * gridSize(globe)).amplitude;
    const rest = new Float32Array(amplitude.length);
    for (const balance of ['none', 'linear'] as const) {
      const perturbation = createLearnedNoise({ ...source, balance, antithetic: true }, context);
      for (const step of stepped(perturbation, memberKeys(2), 3, { before: rest, after: rest, amplitude })) {
        const twin = step.subarray(rest.length).map((value) => -value);
        expect(step.subarray(0, rest.length)).toEqual(twin);
        expect(twin.filter((value) => value === 0)).toHaveLength(0);
      }
    }
  });
});

describe('balanced learned noise', () => {
  const channels = ['z500', 't500', 'u500', 'v500', 'msl', 'q500', 'd500'];
  const points = gridSize(globe);
  const one = new Float32Array(channels.length * points).fill(1);
  const rest = new Float32Array(one.length);
  const members = 1500;
  const [first, second] = stepped(
    createLearnedNoise({ ...source, balance: 'linear' }, contextOf(globe, channels)),
    memberKeys(members),
    2,
    { before: rest, after: rest, amplitude: one },
  ) as [Float32Array, Float32Array];
  /** A channel at a point, by member. */
  const sample = (step: Float32Array, name: string, row: number, column: number): Float64Array =>
    Float64Array.from(
      { length: members },
      (_, member) => step[(member * channels.length + channels.indexOf(name)) * points + row * 24 + column]!,
    );
  const standardError = 1 / Math.sqrt(members);

  it('has the variance of the amplitude at every latitude, divergence none', () => {
    for (const name of channels) {
      for (let row = 0; row < 13; row++) {
        const variance = covariance(sample(first, name, row, 5), sample(first, name, row, 5));
        if (name === 'd500') expect(variance).toBe(0);
        else expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.SQRT2 * standardError);
      }
    }
  });

  it('is the wind of its mass field in middle latitudes: westerlies rise where geopotential falls polewards', () => {
    const correlation = (a: Float64Array, b: Float64Array): number =>
      covariance(a, b) / Math.sqrt(covariance(a, a) * covariance(b, b));
    for (const [row, sign] of [
      [3, 1],
      [9, -1],
    ] as const) {
      const north = sample(first, 'z500', row - 1, 5);
      const slope = sample(first, 'z500', row + 1, 5).map((value, i) => value - north[i]!);
      expect(sign * correlation(sample(first, 'u500', row, 5), slope)).toBeGreaterThan(0.7);
      const west = sample(first, 'z500', row, 4);
      const rise = sample(first, 'z500', row, 6).map((value, i) => value - west[i]!);
      expect(sign * correlation(sample(first, 'v500', row, 5), rise)).toBeGreaterThan(0.7);
      // on the same side of a pattern wind and geopotential have nothing to do with each other
      const apart = covariance(sample(first, 'v500', row, 5), sample(first, 'z500', row, 5));
      expect(Math.abs(apart)).toBeLessThan(5 * standardError);
    }
  });

  it('forgets as its scales do', () => {
    const expected = (2 * Math.exp(-6 / 48)) / 3;
    for (const name of ['z500', 'q500']) {
      const found = covariance(sample(first, name, 4, 5), sample(second, name, 4, 5));
      const error = (amplitudes: number): number => 5 * Math.sqrt(1 + amplitudes ** 2) * standardError;
      // Φ of linear balance weighs the longer of the two scales a little more
      expect(Math.abs(found - expected)).toBeLessThan(error(expected) + (name === 'z500' ? 0.05 : 0));
    }
  });
});

describe('requests', () => {
  const create = (changed: Partial<LearnedNoiseSource>, channels = names): unknown =>
    createLearnedNoise({ ...source, ...changed }, contextOf(globe, channels));

  it('that mean nothing are refused by the name of their parameter', () => {
    expect(() => create({ scales: [] })).toThrow(/noise: it has no scales/);
    expect(() => create({ factor: -1 })).toThrow(/factor is -1; it must be 0 \(no noise\) or more/);
    expect(() => create({ factor: Number.NaN })).toThrow(/factor is NaN/);
    expect(() => create({ scales: [{ lengthKm: 300, timeHours: 0 }] })).toThrow(/300 km, below the 1668 km/);
    expect(() => create({ scales: [{ ...source.scales[0]!, share: 0 }] })).toThrow(
      /share of a noise scale is 0/,
    );
    expect(() => create({ balance: 'linear' }, ['t500', 'q500'])).toThrow(/balance needs wind/);
    expect(() => create({ balance: 'linear' }, ['u500', 'v850', 'z500'])).toThrow(/u500 without v500/);
  });

  it('are keyed: other members draw other noise', () => {
    const row = someRow(names.length * gridSize(globe));
    const noise = createLearnedNoise(source, contextOf(globe, names));
    const drawn = [{}, { weightSample: 1 }, { seed: 12 }, { start: memberKey.start + 1 }].map(
      (changed) => stepped(noise, [{ ...memberKey, ...changed }], 1, row)[0]!,
    );
    expect(new Set(drawn.map((state) => state.join())).size).toBe(4);
  });
});
