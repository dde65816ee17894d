/** The SIMD point kernel against the plain one, on data of every kind, for every number of members that has code of its own. */
import { describe, expect, it } from 'vitest';
import { createPointKernel } from '../../evaluation/kernels/createPointKernel.js';
import { plainPointKernel } from '../../evaluation/kernels/plainPointKernel.js';
import {
  type PointKernel,
  type PointKernelShape,
  pointStatistics,
} from '../../evaluation/kernels/pointKernel.js';
import { hasScoreKernels } from '../../evaluation/kernels/scoreModule.js';
import { simdPointKernel } from '../../evaluation/kernels/simdPointKernel.js';
import type { NanPolicy } from '../../evaluation/scores/nanPolicy.js';

/** Uniform in [0, 1), the same for a seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const data = {
  random: (uniform: () => number) => 20 * (uniform() + uniform() + uniform() - 1.5),
  tied: (uniform: () => number) => Math.floor(4 * uniform()),
  constant: () => 7.25,
  'offset by 1e6': (uniform: () => number) => 1e6 + 30 * uniform(),
  'of all magnitudes': (uniform: () => number) => (uniform() - 0.5) * 10 ** Math.floor(30 * uniform() - 15),
  'with zeros': (uniform: () => number) => Math.max(0, uniform() - 0.7),
} as const;

/** Fills both kernels with the same numbers. */
function fill(kernels: readonly PointKernel[], value: () => number): void {
  const [first, ...others] = kernels;
  for (const name of ['members', 'truth', 'thresholds', 'climate'] as const) {
    const values = first![name];
    for (let i = 0; i < values.length; i++) values[i] = value();
    for (const other of others) other[name].set(values);
  }
}

/** Largest distance between members, truth and climate of a point: what rounding is measured by. */
function reach(kernel: PointKernel, point: number): number {
  const { capacity, design } = kernel.shape;
  const values = [kernel.truth[point]!, kernel.climate[point]!];
  for (let m = 0; m < design.weightSamples * design.noiseStreams; m++)
    values.push(kernel.members[m * capacity + point]!);
  const finite = values.filter(Number.isFinite);
  return Math.max(...finite) - Math.min(...finite);
}

function expectEqual(simd: PointKernel, plain: PointKernel, n: number): void {
  const { capacity, thresholds } = plain.shape;
  const squares = new Set<string>(['squared_error', 'variance', 'epistemic', 'aleatoric']);
  const close = (name: string, point: number, ours: number, theirs: number, scale: number): void => {
    if (Number.isNaN(theirs) && Number.isNaN(ours)) return;
    if (Math.abs(ours - theirs) <= 1e-12 * Math.max(scale, Math.abs(theirs))) return;
    expect(ours, `${name} at point ${point}`).toBe(theirs);
  };
  for (let point = 0; point < n; point++) {
    const scale = reach(plain, point);
    pointStatistics.forEach((name, row) => {
      const at = row * capacity + point;
      // An estimate at the edge of 0 may have either sign.
      const edge = 1e-12 * (name === 'epistemic_negative' ? scale ** 2 : scale);
      if (name.endsWith('_negative') && Math.abs(plain.statistics[at - 2 * capacity]!) < edge) return;
      // Ignorance grows with the square of the distance in standard deviations.
      const ignorance = Math.max(1, scale ** 2 / plain.statistics[6 * capacity + point]!);
      const isSquare = squares.has(name) || name.includes('anomaly');
      const unit = isSquare ? scale ** 2 : name === 'ignorance' ? ignorance : scale;
      close(name, point, simd.statistics[at]!, plain.statistics[at]!, unit);
    });
    for (let t = 0; t < thresholds; t++) {
      const at = t * capacity + point;
      close(`twcrps ${t}`, point, simd.twcrpsAbove[at]!, plain.twcrpsAbove[at]!, scale);
      expect(simd.exceeding[at], `exceeding ${t} at point ${point}`).toBe(plain.exceeding[at]);
    }
    expect(simd.below[point], `below at point ${point}`).toBe(plain.below[point]);
    expect(simd.equal[point], `equal at point ${point}`).toBe(plain.equal[point]);
  }
}

function pair(shape: PointKernelShape): [PointKernel, PointKernel] {
  return [simdPointKernel(shape), plainPointKernel(shape)];
}

function scoreBoth(kernels: readonly PointKernel[], n: number, nanPolicy: NanPolicy): void {
  for (const kernel of kernels) kernel.score(n, nanPolicy);
}

const counts = [...Array.from({ length: 70 }, (_, i) => i + 1), 100, 127, 128, 129, 200, 257, 500, 700];

describe('the SIMD point kernel', () => {
  it('is what is used where it is built', () => {
    expect(hasScoreKernels()).toBe(true);
    const shape = {
      design: { weightSamples: 2, noiseStreams: 2 },
      capacity: 4,
      thresholds: 0,
      anomalies: false,
    };
    expect(createPointKernel(shape).members.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  for (const [kind, value] of Object.entries(data)) {
    it(`equals the plain kernel on data ${kind}, whatever the number of members`, () => {
      for (const members of counts) {
        const design = { weightSamples: members, noiseStreams: 1 };
        const kernels = pair({ design, capacity: 23, thresholds: 2, anomalies: true });
        const uniform = generator(members);
        fill(kernels, () => value(uniform));
        scoreBoth(kernels, 23, 'raise');
        expectEqual(...kernels, 23);
      }
    });
  }

  it('equals it for every nested design', () => {
    for (const [weightSamples, noiseStreams] of [
      [2, 2],
      [3, 5],
      [5, 10],
      [10, 5],
      [1, 50],
      [25, 2],
      [2, 25],
      [8, 40],
    ] as const) {
      const kernels = pair({
        design: { weightSamples, noiseStreams },
        capacity: 64,
        thresholds: 0,
        anomalies: false,
      });
      const uniform = generator(weightSamples);
      fill(kernels, () => 1e5 + data.random(uniform));
      scoreBoth(kernels, 64, 'propagate');
      expectEqual(...kernels, 64);
    }
  });

  it('equals the plain kernel on nested members, whatever the numbers of weight samples and streams', () => {
    const sizes = [2, 3, 4, 5, 6, 7, 8, 9, 13];
    const designs = [
      ...sizes.flatMap((K) => sizes.map((J) => [K, J] as const)),
      ...([
        [1, 12],
        [2, 130],
        [3, 129],
        [70, 2],
      ] as const),
    ];
    for (const [weightSamples, noiseStreams] of designs) {
      for (const [kind, value] of Object.entries(data)) {
        // Centres of weight samples carry the truth: one that is larger by many powers of ten takes digits of the variance,
        // which ignorance magnifies.
        if (kind === 'of all magnitudes') continue;
        const design = { weightSamples, noiseStreams };
        const kernels = pair({ design, capacity: 9, thresholds: 0, anomalies: false });
        const uniform = generator(100 * weightSamples + noiseStreams + kind.length);
        fill(kernels, () => value(uniform));
        scoreBoth(kernels, 9, 'raise');
        expectEqual(...kernels, 9);
      }
    }
  });

  it('takes any number of points up to its capacity, and leaves the others alone', () => {
    const shape = {
      design: { weightSamples: 3, noiseStreams: 2 },
      capacity: 203,
      thresholds: 1,
      anomalies: true,
    };
    const kernels = pair(shape);
    const uniform = generator(1);
    fill(kernels, () => data.random(uniform));
    for (let n = 0; n <= 203; n += n < 20 ? 1 : 61) {
      for (const kernel of kernels) kernel.statistics.fill(-5);
      scoreBoth(kernels, n, 'raise');
      expectEqual(...kernels, n);
      const beyond = kernels[0].statistics.filter((_, i) => i % 203 >= n);
      // Fewer than four are scored as four.
      if (n === 0 || n >= 4) expect(beyond.every((x) => x === -5)).toBe(true);
    }
    expect(() => kernels[0].score(204, 'omit')).toThrow(/at most 203/);
  });

  for (const nanPolicy of ['omit', 'propagate'] as const) {
    it(`leaves missing and infinite values to the policy ${nanPolicy}`, () => {
      for (const members of [2, 5, 12, 50, 140]) {
        const design = { weightSamples: members, noiseStreams: 1 };
        const kernels = pair({ design, capacity: 301, thresholds: 2, anomalies: true });
        const uniform = generator(members + 7);
        // Every fourth value missing in some stretches, a few elsewhere.
        let i = 0;
        fill(kernels, () => {
          const x = uniform();
          const rare = i++ % 301 < 200 ? 0.002 : 0.25;
          return x < rare ? Number.NaN : data.random(uniform);
        });
        kernels.forEach((kernel) => {
          kernel.members[40] = Number.POSITIVE_INFINITY;
          kernel.members[50] = Number.NEGATIVE_INFINITY;
          kernel.truth[60] = Number.POSITIVE_INFINITY;
        });
        scoreBoth(kernels, 301, nanPolicy);
        expectEqual(...kernels, 301);
      }
    });
  }

  it('gives a point the same bits whatever lies beside it', () => {
    const shape = {
      design: { weightSamples: 5, noiseStreams: 3 },
      capacity: 60,
      thresholds: 1,
      anomalies: true,
    };
    const whole = simdPointKernel(shape);
    const part = simdPointKernel(shape);
    const uniform = generator(11);
    fill([whole], () => data.random(uniform));
    whole.members[3 * 60 + 21] = Number.NaN;
    whole.truth[33] = Number.POSITIVE_INFINITY;
    whole.score(60, 'omit');
    for (const [first, n] of [
      [0, 59],
      [1, 22],
      [19, 4],
      [22, 1],
      [30, 3],
      [31, 2],
      [34, 26],
    ] as const) {
      for (const name of ['members', 'truth', 'thresholds', 'climate'] as const)
        for (let row = 0; row < whole[name].length; row += 60)
          part[name].set(whole[name].subarray(row + first, row + first + n), row);
      part.score(n, 'omit');
      for (const name of ['statistics', 'twcrpsAbove', 'exceeding', 'below', 'equal'] as const)
        for (let row = 0; row < whole[name].length; row += 60)
          expect(part[name].subarray(row, row + n)).toEqual(
            whole[name].subarray(row + first, row + first + n),
          );
    }
  });

  it('raises for the first point with a missing value, as the plain kernel does', () => {
    const shape = {
      design: { weightSamples: 9, noiseStreams: 1 },
      capacity: 40,
      thresholds: 0,
      anomalies: false,
    };
    for (const point of [0, 5, 37, 39]) {
      const kernels = pair(shape);
      const uniform = generator(3);
      fill(kernels, () => uniform());
      for (const kernel of kernels) {
        kernel.members[2 * 40 + point] = Number.NaN;
        kernel.truth[39] = Number.NaN;
        const what = point === 39 ? 'the observation' : '1 of 9 members';
        expect(() => kernel.score(40, 'raise')).toThrow(`${what} at point ${point} `);
      }
    }
  });

  it('has the memory it was made with, however often it is used', () => {
    const kernel = simdPointKernel({
      design: { weightSamples: 10, noiseStreams: 5 },
      capacity: 496,
      thresholds: 1,
      anomalies: true,
    });
    const uniform = generator(4);
    fill([kernel], () => uniform());
    const bytes = kernel.members.buffer.byteLength;
    for (let i = 0; i < 200; i++) kernel.score(496, 'omit');
    const before = process.memoryUsage();
    for (let i = 0; i < 2000; i++) kernel.score(496, 'omit');
    const after = process.memoryUsage();
    expect(kernel.members.buffer.byteLength).toBe(bytes);
    expect(bytes).toBeLessThan(2 ** 20);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 16);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(4 * 2 ** 20);
  });
});
