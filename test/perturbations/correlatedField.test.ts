import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { distanceKm, earthRadiusKm } from '../../core/sphere/distance.js';
import { type CorrelatedFieldOptions, createCorrelatedField } from '../../perturbations/correlatedField.js';
import { createPerturbation } from '../../perturbations/create.js';
import { correlationAt, heatKernelAmplitudes } from '../../perturbations/heatKernel.js';

const key: MemberKey = { seed: 11, start: Date.UTC(2007, 0, 1), weightSample: 0, noiseStream: 0 };
const region = makeGrid(
  Array.from({ length: 17 }, (_, i) => 70 - 2.5 * i),
  Array.from({ length: 33 }, (_, j) => -70 + 2.5 * j),
);
const globe = makeGrid(
  Array.from({ length: 13 }, (_, i) => 90 - 15 * i),
  Array.from({ length: 24 }, (_, j) => 15 * j),
);

/** `steps` fields of each of `members` noise streams: [member][step], each [point]. */
function sample(
  grid: Grid,
  options: CorrelatedFieldOptions,
  members: number,
  steps: number,
): Float32Array[][] {
  const field = createCorrelatedField(grid, options);
  return Array.from({ length: members }, (_, noiseStream) => {
    const stream = field.stream({ ...key, noiseStream });
    return Array.from({ length: steps }, () => {
      const out = new Float32Array(gridSize(grid));
      stream.next(out);
      return out;
    });
  });
}

/** Mean of a product over members; both have mean 0 and variance 1, so it is their correlation. */
function covariance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
}

describe('the spectrum', () => {
  it('has variance one and a correlation close to exp(−d²/2L²)', () => {
    for (const lengthKm of [150, 300, 600, 1200]) {
      const amplitudes = heatKernelAmplitudes(lengthKm);
      const variance = amplitudes.reduce((sum, sigma, n) => sum + (2 * n + 1) * sigma * sigma, 0);
      expect(variance).toBeCloseTo(1, 12);
      expect(amplitudes[0]).toBe(0);
      for (const d of [0, 0.5, 1, 1.5, 2, 3]) {
        const found = correlationAt(amplitudes, d * lengthKm);
        // Leaving out degree 0 takes its share, κ = ½(L/R)², from every correlation; curvature adds of that order.
        const kappa = (lengthKm / earthRadiusKm) ** 2 / 2;
        expect(Math.abs(found - Math.exp((-d * d) / 2))).toBeLessThan(1.5 * kappa + 2e-4);
      }
    }
  });

  it('keeps all but a ten-thousandth of the variance, and no degree more', () => {
    for (const lengthKm of [200, 600, 2000]) {
      const kappa = (lengthKm / earthRadiusKm) ** 2 / 2;
      const degree = heatKernelAmplitudes(lengthKm).length - 1;
      const share = (from: number): number =>
        Array.from({ length: 3000 }, (_, i) => from + i).reduce(
          (sum, n) => sum + (2 * n + 1) * Math.exp(-kappa * n * (n + 1)),
          0,
        );
      expect(share(degree + 1) / share(1)).toBeLessThan(1e-4);
      expect(share(degree) / share(1)).toBeGreaterThan(1e-4);
    }
  });
});

describe('the field', () => {
  it('has mean 0 and variance 1 at every point of the globe, the poles included', () => {
    const members = 4000;
    const fields = sample(globe, { lengthKm: 2000, timeHours: 0, stepHours: 24 }, members, 1).map(
      (s) => s[0]!,
    );
    for (let point = 0; point < gridSize(globe); point++) {
      const values = fields.map((field) => field[point]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / members;
      expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(members));
      expect(Math.abs(covariance(values, values) - 1)).toBeLessThan(5 * Math.sqrt(2 / members));
    }
    // One value at each pole.
    for (const field of fields.slice(0, 20)) {
      expect(new Set(field.subarray(0, 24)).size).toBe(1);
      expect(new Set(field.subarray(288, 312)).size).toBe(1);
    }
  });

  it('is correlated as its distance says, in every direction and at every latitude', () => {
    const lengthKm = 1800;
    const members = 4000;
    const fields = sample(globe, { lengthKm, timeHours: 0, stepHours: 24 }, members, 1).map((s) => s[0]!);
    const amplitudes = heatKernelAmplitudes(lengthKm);
    const valuesAt = (row: number, column: number): number[] =>
      fields.map((field) => field[row * 24 + ((column + 24) % 24)]!);
    for (const [row, column] of [
      [6, 0],
      [3, 12],
      [1, 5],
      [0, 0],
      [11, 23],
    ] as const) {
      const here = valuesAt(row, column);
      for (const [down, right] of [
        [0, 1],
        [0, -1],
        [1, 0],
        [1, 1],
        [0, 2],
        [0, 6],
      ] as const) {
        const distance = distanceKm(
          globe.latitudes[row]!,
          globe.longitudes[column]!,
          globe.latitudes[row + down]!,
          globe.longitudes[column]! + 15 * right,
        );
        const expected = correlationAt(amplitudes, distance);
        // Variance of a product of normals with correlation ρ: 1 + ρ².
        const standardError = Math.sqrt((1 + expected ** 2) / members);
        const found = covariance(here, valuesAt(row + down, column + right));
        expect(Math.abs(found - expected)).toBeLessThan(5 * standardError);
      }
    }
  });

  it('forgets as exp(−Δt/τ), from the first step on', () => {
    const point = makeGrid([50], [0]);
    const members = 6000;
    const options = { lengthKm: 2500, timeHours: 48, stepHours: 24 };
    const runs = sample(point, options, members, 4).map((steps) => steps.map((field) => field[0]!));
    const at = (step: number): number[] => runs.map((steps) => steps[step]!);
    for (const [from, to] of [
      [0, 0],
      [1, 1],
      [3, 3],
      [0, 1],
      [2, 3],
      [0, 2],
      [1, 3],
      [0, 3],
    ] as const) {
      const expected = Math.exp((-(to - from) * options.stepHours) / options.timeHours);
      const standardError = Math.sqrt((1 + expected ** 2) / members);
      expect(Math.abs(covariance(at(from), at(to)) - expected)).toBeLessThan(5 * standardError);
    }
  });

  it('is white in time when its time scale is zero', () => {
    const point = makeGrid([50], [0]);
    const members = 6000;
    const runs = sample(point, { lengthKm: 2500, timeHours: 0, stepHours: 6 }, members, 2);
    const lagged = covariance(
      runs.map((steps) => steps[0]![0]!),
      runs.map((steps) => steps[1]![0]!),
    );
    expect(Math.abs(lagged)).toBeLessThan(5 / Math.sqrt(members));
  });

  it('of several scales has variance 1, and each scale its share of the memory', () => {
    const point = makeGrid([50], [0]);
    const members = 6000;
    const scales = [{ lengthKm: 4000, timeHours: 0, share: 1 }];
    const options = { lengthKm: 2500, timeHours: 240, share: 3, scales, stepHours: 24 };
    const runs = sample(point, options, members, 2);
    const [first, second] = [0, 1].map((step) => runs.map((steps) => steps[step]![0]!));
    const lagged = 0.75 * Math.exp(-0.1);
    expect(Math.abs(covariance(first!, first!) - 1)).toBeLessThan(5 * Math.sqrt(2 / members));
    expect(Math.abs(covariance(second!, second!) - 1)).toBeLessThan(5 * Math.sqrt(2 / members));
    const standardError = Math.sqrt((1 + lagged ** 2) / members);
    expect(Math.abs(covariance(first!, second!) - lagged)).toBeLessThan(5 * standardError);
  });

  it('is the same field on a region as on the globe around it', () => {
    const options = { lengthKm: 2000, timeHours: 12, stepHours: 6 };
    const part = makeGrid([60, 45, 30], [-15, 0, 15]);
    const onGlobe = sample(globe, options, 1, 3)[0]!;
    for (const [step, field] of sample(part, options, 1, 3)[0]!.entries()) {
      field.forEach((value, i) => {
        const column = (23 + (i % 3)) % 24;
        expect(value).toBeCloseTo(onGlobe[step]![(2 + Math.floor(i / 3)) * 24 + column]!, 5);
      });
    }
  });
});

describe('streams', () => {
  const options = { lengthKm: 600, timeHours: 24, stepHours: 24 };

  it('depend on their key alone: not on order, on other streams, or on how far those have run', () => {
    const field = createCorrelatedField(region, options);
    const alone = sample(region, options, 3, 3);
    const order = fc.array(fc.nat(2), { minLength: 9, maxLength: 30 });
    fc.assert(
      fc.property(order, (turns) => {
        const streams = [2, 0, 1].map((noiseStream) => ({
          noiseStream,
          stream: field.stream({ ...key, noiseStream }),
          step: 0,
        }));
        for (const turn of turns) {
          const chosen = streams[turn]!;
          if (chosen.step === 3) continue;
          const out = new Float32Array(gridSize(region));
          chosen.stream.next(out);
          expect(out).toEqual(alone[chosen.noiseStream]![chosen.step]);
          chosen.step++;
        }
      }),
      { numRuns: 10 },
    );
  });

  it('of different members, starts and seeds are independent', () => {
    const point = makeGrid([50], [0]);
    const field = createCorrelatedField(point, { ...options, lengthKm: 2500 });
    const n = 4000;
    const first = (changed: Partial<MemberKey>): number => {
      const out = new Float32Array(1);
      field.stream({ ...key, ...changed }).next(out);
      return out[0]!;
    };
    const pairs: ((i: number) => Partial<MemberKey>)[] = [
      (i) => ({ noiseStream: i, weightSample: 1 }),
      (i) => ({ noiseStream: i, start: key.start + 86_400_000 }),
      (i) => ({ noiseStream: i, seed: 12 }),
      (i) => ({ noiseStream: i + 1 }),
    ];
    const base = Array.from({ length: n }, (_, i) => first({ noiseStream: i }));
    for (const other of pairs) {
      const values = Array.from({ length: n }, (_, i) => first(other(i)));
      expect(Math.abs(covariance(base, values))).toBeLessThan(5 / Math.sqrt(n));
    }
  });
});

describe('requests', () => {
  const create = (options: Partial<CorrelatedFieldOptions>): unknown =>
    createCorrelatedField(region, { lengthKm: 600, timeHours: 24, stepHours: 24, ...options });

  it('that no grid can show are refused, saying why', () => {
    expect(() => create({ lengthKm: 200 })).toThrow(/200 km, below the 278 km between points/);
    expect(() => create({ lengthKm: 0 })).toThrow(/length scale/);
    expect(() => create({ lengthKm: Number.NaN })).toThrow(/length scale/);
    expect(() => create({ lengthKm: 20_000 })).toThrow(/at most at 10007 km/);
    expect(() => create({ timeHours: -1 })).toThrow(/time scale of the noise is -1 h/);
    expect(() => create({ stepHours: 0 })).toThrow(/time step of the noise is 0 h/);
    expect(() => create({ share: 0 })).toThrow(/share/);
    expect(() => create({ scales: [{ lengthKm: 100, timeHours: 0 }] })).toThrow(/below the 278 km/);
    const point = makeGrid([50], [0]);
    const tiny = { lengthKm: 5, timeHours: 0, stepHours: 1 };
    expect(() => createCorrelatedField(point, tiny)).toThrow(/needs harmonics up to degree/);
  });

  it('are recorded as they were resolved', () => {
    const source = { kind: 'correlated', lengthKm: 600, timeHours: 24, stepHours: 24 } as const;
    expect(createCorrelatedField(region, source).describe()).toEqual({
      kind: 'correlated-gaussian',
      spectrum: 'heat-kernel',
      stepHours: 24,
      scales: [{ lengthKm: 600, timeHours: 24, share: 1 }],
      degree: 45,
    });
    const [a, b] = [new Float32Array(gridSize(region)), new Float32Array(gridSize(region))];
    createPerturbation(source, region).stream(key).next(a);
    createCorrelatedField(region, source).stream(key).next(b);
    expect(a).toEqual(b);
  });
});
