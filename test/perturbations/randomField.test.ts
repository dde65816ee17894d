/** What a random field promises, measured on draws: variance, correlation in space and time, isotropy, no seam, no poles. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { areaMean, type Grid, gridSize, makeGrid, pointWeights } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { distanceKm } from '../../core/sphere/distance.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';
import { maternAmplitudes } from '../../perturbations/fields/matern.js';
import { spectraOfScales } from '../../perturbations/fields/noiseScales.js';
import { createRandomField, type RandomField } from '../../perturbations/fields/randomField.js';
import type { SpectralScale } from '../../perturbations/fields/spectralProcess.js';
import { correlationAt } from '../../perturbations/fields/spectrum.js';

const key: MemberKey = { seed: 11, start: Date.UTC(2007, 0, 1), weightSample: 0, noiseStream: 0 };
const region = makeGrid(
  Array.from({ length: 17 }, (_, i) => 70 - 2.5 * i),
  Array.from({ length: 33 }, (_, j) => -70 + 2.5 * j),
);
const globe = makeGrid(
  Array.from({ length: 13 }, (_, i) => 90 - 15 * i),
  Array.from({ length: 24 }, (_, j) => 15 * j),
);
/** One point: a field there is a number, cheap to draw by the thousand. */
const point = makeGrid([50], [0]);

function fieldOf(grid: Grid, scales: readonly SpectralScale[], stepHours = 6): RandomField {
  return createRandomField(grid, { scales, stepHours, purpose: 'pattern', antithetic: false });
}

/** `steps` fields of each of `members` noise streams: [step], each [member, point]. */
function sample(field: RandomField, grid: Grid, members: number, steps: number): Float32Array[] {
  const streams = field.streams(
    Array.from({ length: members }, (_, noiseStream) => ({ ...key, noiseStream })),
  );
  return Array.from({ length: steps }, () => {
    const out = new Float32Array(members * gridSize(grid));
    streams.next(0, members, out);
    return out;
  });
}

/** Values of all members at a point. */
function valuesAt(fields: Float32Array, points: number, place: number): Float64Array {
  return Float64Array.from(
    { length: fields.length / points },
    (_, member) => fields[member * points + place]!,
  );
}

/** Mean of a product over members; both have mean 0 and variance 1, so it is their correlation. */
function covariance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
}

/** Of the mean of a product of standard normals of correlation ρ: its variance is 1 + ρ². */
function standardError(correlation: number, members: number): number {
  return Math.sqrt((1 + correlation ** 2) / members);
}

describe('a random field', () => {
  it('is what it has always been, to the bit', () => {
    const member = { ...key, weightSample: 2, noiseStream: 3 };
    const fine = makeGrid(
      Array.from({ length: 61 }, (_, i) => 90 - 3 * i),
      Array.from({ length: 120 }, (_, j) => 3 * j),
    );
    // SHA-256 of five steps of three scales, by sums and by the transform, recorded from the code that made one member.
    for (const [grid, digest] of [
      [region, '23bd45127219bcfbe0d335632571e5dc58992517d39122c1e5e3d8e956ea6e26'],
      [fine, 'a56d5d46e73107e0d62ce09bd04299a53ac7f28df1fa8ce8591302029d0e38bc'],
    ] as const) {
      const scales = spectraOfScales(grid, [
        { lengthKm: 600, timeHours: 24, share: 2 },
        { lengthKm: 1200, timeHours: 100 },
        { lengthKm: 2000, timeHours: 0, share: 0.5 },
      ]);
      const streams = fieldOf(grid, scales).streams([member]);
      const out = new Float32Array(gridSize(grid));
      const hash = createHash('sha256');
      for (let step = 0; step < 5; step++) {
        streams.next(0, 1, out);
        hash.update(out);
      }
      expect(hash.digest('hex')).toBe(digest);
    }
  });

  const members = 4000;
  const points = gridSize(globe);
  for (const [name, amplitudes] of [
    ['Gaussian', heatKernelAmplitudes(1800)],
    ['Matérn', maternAmplitudes(globe, 2, 3)],
  ] as const) {
    describe(`of ${name} spectrum`, () => {
      const [fields] = sample(fieldOf(globe, [{ amplitudes, timeHours: 0 }]), globe, members, 1);
      const at = (row: number, column: number): Float64Array =>
        valuesAt(fields!, points, row * 24 + ((column + 48) % 24));

      it('has mean 0 and variance 1 at every point, the poles included', () => {
        for (let place = 0; place < points; place++) {
          const values = valuesAt(fields!, points, place);
          const mean = values.reduce((sum, value) => sum + value, 0) / members;
          expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(members));
          expect(Math.abs(covariance(values, values) - 1)).toBeLessThan(5 * standardError(1, members));
        }
      });

      it('has variance 1 over the area, and a mean over it that is 0 for every member', () => {
        const weights = pointWeights(globe);
        const means: number[] = [];
        const squares = Array.from({ length: members }, (_, member) => {
          const field = fields!.subarray(member * points, (member + 1) * points);
          means.push(areaMean(field, weights));
          return areaMean(
            field.map((value) => value * value),
            weights,
          );
        });
        const mean = squares.reduce((sum, value) => sum + value, 0) / members;
        const spread = Math.sqrt(
          squares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (members - 1),
        );
        expect(Math.abs(mean - 1)).toBeLessThan(5 * (spread / Math.sqrt(members)));
        // Cells of 15° integrate harmonics to a few per cent.
        expect(Math.sqrt(means.reduce((sum, value) => sum + value * value, 0) / members)).toBeLessThan(0.03);
      });

      it('has one value at each pole', () => {
        for (let member = 0; member < 50; member++) {
          const field = fields!.subarray(member * points, (member + 1) * points);
          expect(new Set(field.subarray(0, 24)).size).toBe(1);
          expect(new Set(field.subarray(288)).size).toBe(1);
        }
      });

      it('is correlated as distance says, in every direction, at every latitude, across the seam and the poles', () => {
        for (const [row, column] of [
          [6, 0],
          [6, 23],
          [3, 12],
          [1, 5],
          [0, 0],
          [11, 23],
        ] as const) {
          for (const [down, right] of [
            [0, 1],
            [0, -1],
            [1, 0],
            [1, 1],
            [0, 2],
            [0, 6],
            // beyond the pole where the row is near one
            [0, 12],
            [1, 12],
          ] as const) {
            const distance = distanceKm(
              globe.latitudes[row]!,
              globe.longitudes[column]!,
              globe.latitudes[row + down]!,
              globe.longitudes[column]! + 15 * right,
            );
            const expected = correlationAt(amplitudes, distance);
            const found = covariance(at(row, column), at(row + down, column + right));
            expect(Math.abs(found - expected)).toBeLessThan(5 * standardError(expected, members));
          }
        }
      });

      it('steps across 0° as it steps elsewhere', () => {
        // Mean square of the difference of neighbours along a row: 2 (1 − ρ).
        for (const row of [1, 4, 6, 9]) {
          const expected =
            2 *
            (1 - correlationAt(amplitudes, distanceKm(globe.latitudes[row]!, 0, globe.latitudes[row]!, 15)));
          for (let column = 0; column < 24; column++) {
            const [a, b] = [at(row, column), at(row, column + 1)];
            const difference = a.map((value, i) => value - b[i]!);
            const found = covariance(difference, difference);
            expect(Math.abs(found / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / members));
          }
        }
      });
    });
  }

  it('is the same field on a region as on the globe around it', () => {
    const scales = [{ amplitudes: heatKernelAmplitudes(2000), timeHours: 12 }];
    const part = makeGrid([60, 45, 30], [-15, 0, 15]);
    const onGlobe = sample(fieldOf(globe, scales), globe, 1, 3);
    for (const [step, field] of sample(fieldOf(part, scales), part, 1, 3).entries()) {
      field.forEach((value, i) => {
        const column = (23 + (i % 3)) % 24;
        expect(value).toBeCloseTo(onGlobe[step]![(2 + Math.floor(i / 3)) * 24 + column]!, 5);
      });
    }
  });

  it('has the same statistics from the first step on, and forgets as exp(−Δt/τ)', () => {
    const draws = 6000;
    const scales = [{ amplitudes: heatKernelAmplitudes(4000), timeHours: 48 }];
    const runs = sample(fieldOf(point, scales, 24), point, draws, 5).map((values) =>
      Float64Array.from(values),
    );
    for (let from = 0; from < 5; from++) {
      for (let to = from; to < 5; to++) {
        const expected = Math.exp((-(to - from) * 24) / 48);
        const found = covariance(runs[from]!, runs[to]!);
        expect(Math.abs(found - expected)).toBeLessThan(5 * standardError(expected, draws));
      }
    }
  });

  it('loses a factor e of its correlation in its time scale, along one member as over many', () => {
    const steps = 8000;
    const timeHours = 18;
    const scales = [{ amplitudes: heatKernelAmplitudes(4000), timeHours }];
    const streams = fieldOf(point, scales).streams([key]);
    const out = new Float32Array(1);
    const series = Float64Array.from({ length: steps }, () => {
      streams.next(0, 1, out);
      return out[0]!;
    });
    const lag = timeHours / 6;
    const found = covariance(series.subarray(0, steps - lag), series.subarray(lag));
    // Bartlett 1946: of the lagged covariance of a first-order autoregression, Σ ρᵢ² + ρᵢ₊ₗ ρᵢ₋ₗ over all i.
    let sum = 0;
    for (let i = -400; i <= 400; i++) {
      const rho = (k: number): number => Math.exp(-Math.abs(k) / lag);
      sum += rho(i) ** 2 + rho(i + lag) * rho(i - lag);
    }
    expect(Math.abs(found - Math.exp(-1))).toBeLessThan(4 * Math.sqrt(sum / steps));
  });

  it('is white in time where its time scale is zero', () => {
    const draws = 6000;
    const scales = [{ amplitudes: heatKernelAmplitudes(4000), timeHours: 0 }];
    const [first, second] = sample(fieldOf(point, scales), point, draws, 2).map((v) => Float64Array.from(v));
    expect(Math.abs(covariance(first!, second!))).toBeLessThan(5 / Math.sqrt(draws));
  });

  it('of several scales has variance 1, and each scale its share of the memory', () => {
    const draws = 6000;
    const scales = spectraOfScales(point, [
      { lengthKm: 4000, timeHours: 240, share: 3 },
      { lengthKm: 6000, timeHours: 0, share: 1 },
    ]);
    const [first, second] = sample(fieldOf(point, scales, 24), point, draws, 2).map((v) =>
      Float64Array.from(v),
    );
    const lagged = 0.75 * Math.exp(-0.1);
    expect(Math.abs(covariance(first!, first!) - 1)).toBeLessThan(5 * standardError(1, draws));
    expect(Math.abs(covariance(second!, second!) - 1)).toBeLessThan(5 * standardError(1, draws));
    expect(Math.abs(covariance(first!, second!) - lagged)).toBeLessThan(5 * standardError(lagged, draws));
  });
});

describe('the fields of other members, starts, seeds and purposes', () => {
  it('are independent', () => {
    const n = 4000;
    const scales = [{ amplitudes: heatKernelAmplitudes(4000), timeHours: 24 }];
    const drawn = (change: (i: number) => Partial<MemberKey>, field: RandomField): Float64Array => {
      const keys = Array.from({ length: n }, (_, i) => ({ ...key, noiseStream: i, ...change(i) }));
      const out = new Float32Array(n);
      field.streams(keys).next(0, n, out);
      return Float64Array.from(out);
    };
    const field = fieldOf(point, scales);
    const base = drawn(() => ({}), field);
    const sppt = createRandomField(point, { scales, stepHours: 6, purpose: 'sppt', antithetic: false });
    for (const other of [
      drawn(() => ({ weightSample: 1 }), field),
      drawn(() => ({ start: key.start + 86_400_000 }), field),
      drawn(() => ({ seed: 12 }), field),
      drawn((i) => ({ noiseStream: i + 1 }), field),
      drawn(() => ({}), sppt),
    ]) {
      expect(Math.abs(covariance(base, other))).toBeLessThan(5 / Math.sqrt(n));
    }
  });
});
