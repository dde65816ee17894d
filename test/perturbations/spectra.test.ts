import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../core/grid.js';
import { distanceKm, earthRadiusKm } from '../../core/sphere/distance.js';
import { coefficientCount, orderOffset } from '../../core/sphere/legendre.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';
import { maternAmplitudes } from '../../perturbations/fields/matern.js';
import { spectraOfScales } from '../../perturbations/fields/noiseScales.js';
import { powerLawAmplitudes, redNoiseAmplitudes } from '../../perturbations/fields/powerLaw.js';
import { correlationAt, resolvedDegree } from '../../perturbations/fields/spectrum.js';

const globe = (rows: number, columns: number): Grid =>
  makeGrid(
    Array.from({ length: rows }, (_, i) => 90 - (180 * i) / (rows - 1)),
    Array.from({ length: columns }, (_, j) => (360 * j) / columns),
  );
const quarterDegree = globe(721, 1440);
const coarse = globe(33, 64);
const region = makeGrid(
  Array.from({ length: 17 }, (_, i) => 70 - 2.5 * i),
  Array.from({ length: 33 }, (_, j) => -70 + 2.5 * j),
);
const variance = (amplitudes: Float64Array): number =>
  amplitudes.reduce((sum, sigma, n) => sum + (2 * n + 1) * sigma * sigma, 0);
const kilometres = (degrees: number): number => (degrees * Math.PI * earthRadiusKm) / 180;

describe('every spectrum', () => {
  it('has variance one, and no mean over the sphere', () => {
    for (const amplitudes of [
      heatKernelAmplitudes(300),
      maternAmplitudes(coarse, 2, 3),
      maternAmplitudes(quarterDegree, 1.5, 0),
      redNoiseAmplitudes(coarse, 0),
      redNoiseAmplitudes(quarterDegree, 2),
      powerLawAmplitudes(-1.83, 5, 40),
      powerLawAmplitudes(0, 7, 7),
    ]) {
      expect(variance(amplitudes)).toBeCloseTo(1, 12);
      expect(correlationAt(amplitudes, 0)).toBeCloseTo(1, 12);
      expect(amplitudes[0]).toBe(0);
    }
  });

  it('makes a field whose covariance is a function of distance alone, wherever the two points lie', () => {
    // Exactly: the sum over all harmonics of σₙ² Y(p) Y(q), without drawing any.
    const amplitudes = maternAmplitudes(globe(19, 36), 2, 3);
    const degree = amplitudes.length - 1;
    const count = coefficientCount(degree);
    const harmonics = new Float64Array((2 * count) ** 2);
    for (let part = 0; part < 2; part++) {
      for (let m = 0; m <= degree; m++) {
        for (let n = m; n <= degree; n++) {
          const i = part * count + orderOffset(m, degree) + n - m;
          harmonics[i * (2 * count + 1)] = amplitudes[n]!;
        }
      }
    }
    const at = (latitude: number, longitude: number): Float64Array => {
      const out = new Float64Array(2 * count);
      makeSynthesis(makeGrid([latitude], [longitude]), degree).evaluateMany(harmonics, 2 * count, out);
      return out;
    };
    const place = fc.tuple(
      fc.oneof(fc.constantFrom(90, -90, 0), fc.double({ min: -90, max: 90, noNaN: true })),
      fc.double({ min: -180, max: 180, noNaN: true }),
    );
    fc.assert(
      fc.property(place, place, (p, q) => {
        const [a, b] = [at(...p), at(...q)];
        const found = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
        expect(Math.abs(found - correlationAt(amplitudes, distanceKm(...p, ...q)))).toBeLessThan(1e-7);
      }),
      {
        numRuns: 40,
        examples: [
          [
            [85, 10],
            [85, -170],
          ],
          [
            [40, 179.9],
            [40, -179.9],
          ],
        ],
      },
    );
  });
});

describe('the heat kernel', () => {
  it('has a correlation close to exp(−d²/2L²)', () => {
    for (const lengthKm of [150, 300, 600, 1200]) {
      const amplitudes = heatKernelAmplitudes(lengthKm);
      for (const d of [0, 0.5, 1, 1.5, 2, 3]) {
        const found = correlationAt(amplitudes, d * lengthKm);
        // Leaving out degree 0 takes its share, κ = ½(L/R)², from every correlation; curvature adds of that order.
        const kappa = (lengthKm / earthRadiusKm) ** 2 / 2;
        expect(Math.abs(found - Math.exp((-d * d) / 2))).toBeLessThan(1.5 * kappa + 2e-4);
      }
    }
  });

  it('is the sum of Legendre polynomials that scipy evaluates', () => {
    // scipy 1.17.1: k = (L/6371.229)**2/2; n = arange(1, 3000); w = (2*n+1)*exp(-k*n*(n+1));
    // (w*eval_legendre(n, cos(d/6371.229))).sum()/w.sum()
    for (const [lengthKm, distance, expected] of [
      [500, 250, 0.8822479384434511],
      [500, 500, 0.6056289845572883],
      [500, 1000, 0.13294643793171224],
      [500, 1500, 0.008109258071540575],
      [500, 10000, -0.0030857148909528395],
      [2000, 1000, 0.8784258042972818],
      [2000, 2000, 0.5917805236089224],
      [2000, 4000, 0.09612493627506079],
      [2000, 6000, -0.03833192496593618],
      [2000, 10000, -0.05092992473516909],
    ] as const) {
      // What is cut off holds less than 1e-4 of the variance.
      expect(Math.abs(correlationAt(heatKernelAmplitudes(lengthKm), distance) - expected)).toBeLessThan(2e-4);
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

  it('of scales that are summed has variance one, each scale its share', () => {
    const scales = spectraOfScales(region, [
      { lengthKm: 600, timeHours: 12, share: 3 },
      { lengthKm: 1500, timeHours: 48 },
    ]);
    expect(scales.map(({ timeHours }) => timeHours)).toEqual([12, 48]);
    const [first, second] = scales.map(({ amplitudes }) => variance(amplitudes));
    expect(first).toBeCloseTo(0.75, 12);
    expect(second).toBeCloseTo(0.25, 12);
  });
});

describe('the Matérn spectrum', () => {
  it('has the covariance of its operator in closed form', () => {
    // Σ (2n+1)/(n(n+1)+t) Pₙ(cos θ) = −π/sin(πν) P_ν(−cos θ), ν(ν+1) = −t; the power 2 is minus its derivative by t.
    // mpmath, 30 digits: G = lambda t, th: re(-pi/sin(pi*nu)*hyp2f1(-nu, nu+1, 1, (1+cos(th))/2)), nu = (-1+sqrt(1-4*t))/2;
    // (-diff(lambda t: G(t, th), 9) - 1/81)/nsum(lambda n: (2*n+1)/(n*(n+1)+9)**2, [1, inf])
    for (const [degrees, expected] of [
      [2, 0.982995237144],
      [5, 0.926877357923],
      [10, 0.802907288212],
      [20, 0.548247635313],
      [40, 0.192639576984],
      [90, -0.079423005419],
      [180, -0.116791291839],
    ] as const) {
      const found = correlationAt(maternAmplitudes(quarterDegree, 2, 3), kilometres(degrees));
      expect(Math.abs(found - expected)).toBeLessThan(2e-4);
    }
  });

  it('ends where the grid resolves no more, or where nothing is left', () => {
    expect(maternAmplitudes(coarse, 2, 3).length).toBe(32);
    const fine = maternAmplitudes(quarterDegree, 2, 3);
    const share = (from: number): number =>
      Array.from({ length: 720 - from }, (_, i) => from + i).reduce(
        (sum, n) => sum + (2 * n + 1) / (n * (n + 1) + 9) ** 2,
        0,
      );
    expect(share(fine.length) / share(1)).toBeLessThan(1e-4);
    expect(share(fine.length - 1) / share(1)).toBeGreaterThan(1e-4);
  });

  it('refuses what has no variance or no meaning', () => {
    expect(() => maternAmplitudes(coarse, 1, 3)).toThrow(
      /alpha of the Matérn field is 1; it must be above 1/,
    );
    expect(() => maternAmplitudes(coarse, Number.NaN, 3)).toThrow(/alpha/);
    expect(() => maternAmplitudes(coarse, 2, -3)).toThrow(
      /tau of the Matérn field is -3; it must be 0 or more/,
    );
    expect(() => maternAmplitudes(makeGrid([50], [0]), 2, 3)).toThrow(/a single point/);
  });
});

describe('power laws', () => {
  it('are that, between their degrees', () => {
    const amplitudes = powerLawAmplitudes(-1.83, 5, 40);
    expect(amplitudes.length).toBe(41);
    for (let n = 0; n < 5; n++) expect(amplitudes[n]).toBe(0);
    for (let n = 5; n <= 40; n++) expect(amplitudes[n]! / amplitudes[5]!).toBeCloseTo((n / 5) ** -1.83, 12);
  });

  it('of red noise run over all degrees of the grid, and white where it is not red', () => {
    const red = redNoiseAmplitudes(coarse, 1.2);
    expect(red.length).toBe(32);
    for (let n = 1; n < 32; n++) expect(red[n]! / red[1]!).toBeCloseTo(n ** -1.2, 12);
    const white = redNoiseAmplitudes(coarse, 0);
    for (let n = 1; n < 32; n++) expect(white[n]).toBeCloseTo(1 / Math.sqrt(32 * 32 - 1), 12);
  });

  it('refuse degrees that are none', () => {
    expect(() => powerLawAmplitudes(-2, 0, 10)).toThrow(/degrees of the spectrum run from 0 to 10/);
    expect(() => powerLawAmplitudes(-2, 12, 10)).toThrow(/the first not above the last/);
    expect(() => powerLawAmplitudes(-2, 1, 2.5)).toThrow(/whole numbers/);
    expect(() => powerLawAmplitudes(-2, 1, 2000)).toThrow(/at most 1000 can be computed/);
    expect(() => powerLawAmplitudes(Number.NaN, 1, 20)).toThrow(/power of the spectrum is NaN/);
    expect(() => redNoiseAmplitudes(coarse, -1)).toThrow(/reddening of the noise is -1; it must be 0/);
  });
});

describe('the degree that a grid resolves', () => {
  it('is half its columns around the globe, also of a part of it', () => {
    expect(resolvedDegree(coarse)).toBe(31);
    expect(resolvedDegree(globe(121, 240))).toBe(119);
    expect(resolvedDegree(quarterDegree)).toBe(719);
    expect(resolvedDegree(region)).toBe(71);
    const part = makeGrid(coarse.latitudes.subarray(3, 12), coarse.longitudes.subarray(5, 20));
    expect(resolvedDegree(part)).toBe(31);
  });
});

describe('scales', () => {
  it('that no grid can show are refused, saying why', () => {
    const of = (scale: object): unknown =>
      spectraOfScales(region, [{ lengthKm: 600, timeHours: 24, ...scale }]);
    expect(() => of({ lengthKm: 200 })).toThrow(/200 km, below the 278 km between points/);
    expect(() => of({ lengthKm: 0 })).toThrow(/length scale/);
    expect(() => of({ lengthKm: Number.NaN })).toThrow(/length scale of the noise is NaN km/);
    expect(() => of({ lengthKm: 20_000 })).toThrow(/at most at 10007 km/);
    expect(() => of({ share: 0 })).toThrow(/share of a noise scale is 0; it must be positive/);
    expect(() => of({ share: Number.POSITIVE_INFINITY })).toThrow(/share/);
    const point = makeGrid([50], [0]);
    expect(() => spectraOfScales(point, [{ lengthKm: 5, timeHours: 0 }])).toThrow(
      /needs harmonics up to degree \d+; at most 1000 can be computed: choose a longer one/,
    );
  });
});
