import { describe, expect, it } from 'vitest';
import { gaussianSize, makeTransform, regularSize } from '../../core/sphere/sphericalTransform.js';
import { type FieldBlock, VectorCalculus } from '../../core/sphere/vectorCalculus.js';

const radius = 6.371e6;
const truncation = 31;
const gaussian = makeTransform({ truncation, latitudes: 'gaussian', ...gaussianSize(truncation) });
const regular = makeTransform({ truncation, latitudes: 'regular', ...regularSize(truncation) });
const { coefficients, orders, degrees } = gaussian;
const calculus = new VectorCalculus(gaussian, radius);

/** The only field of a batch. */
function block(values = new Float64Array(2 * coefficients)): FieldBlock {
  return { values, fields: 1, first: 0, count: 1 };
}

type Point = (sine: number, cosine: number, longitude: number) => number;

function onGrid(transform: typeof gaussian, f: Point): Float64Array {
  const { sines, cosines, longitudes } = transform;
  return Float64Array.from({ length: sines.length * longitudes }, (_, point) => {
    const row = Math.floor(point / longitudes);
    return f(sines[row]!, cosines[row]!, (2 * Math.PI * (point % longitudes)) / longitudes);
  });
}

function analyzed(f: Point): FieldBlock {
  const out = block();
  gaussian.analyze(onGrid(gaussian, f), 1, out.values);
  return out;
}

/** Largest difference between a spectrum on either grid and a function, relative to `scale`. */
function error(spectrum: FieldBlock, f: Point, scale: number): number {
  let most = 0;
  for (const transform of [gaussian, regular]) {
    const expected = onGrid(transform, f);
    const found = new Float64Array(expected.length);
    transform.synthesize(spectrum.values, 1, found);
    expected.forEach((value, i) => {
      most = Math.max(most, Math.abs(found[i]! - value) / scale);
    });
  }
  return most;
}

/** A Rossby–Haurwitz wave, R = 4: Williamson et al. 1992, J. Comput. Phys. 102, 211, eqs. 140–144. */
const [omega, wave, bigR] = [7.848e-6, 7.848e-6, 4];
const haurwitz = {
  streamfunction: ((s, c, longitude) =>
    -(radius ** 2) * omega * s + radius ** 2 * wave * c ** bigR * s * Math.cos(bigR * longitude)) as Point,
  u: ((s, c, longitude) =>
    radius * omega * c +
    radius * wave * c ** (bigR - 1) * (bigR * s * s - c * c) * Math.cos(bigR * longitude)) as Point,
  v: ((s, c, longitude) => -radius * wave * bigR * c ** (bigR - 1) * s * Math.sin(bigR * longitude)) as Point,
  vorticity: ((s, c, longitude) =>
    2 * omega * s -
    wave * s * c ** bigR * (bigR * bigR + 3 * bigR + 2) * Math.cos(bigR * longitude)) as Point,
};

/** A smooth scalar of degree 9 and its slopes, times cos φ and the radius. */
const scalar: Point = (s, c, longitude) => s ** 4 * c ** 5 * Math.sin(5 * longitude) + s ** 3;
const alongLongitude: Point = (s, c, longitude) => 5 * s ** 4 * c ** 5 * Math.cos(5 * longitude);
const alongSine: Point = (s, c, longitude) =>
  (4 * s ** 3 * c ** 7 - 5 * s ** 5 * c ** 5) * Math.sin(5 * longitude) + 3 * s * s * c * c;

describe('calculus on the sphere', () => {
  it('multiplies harmonics by −n(n + 1)/a² in the Laplacian, and comes back but for the mean', () => {
    const ones = block(new Float64Array(2 * coefficients).fill(1));
    const found = block();
    calculus.laplacian(ones, found);
    found.values.forEach((value, i) => {
      const n = degrees[i >> 1]!;
      const expected = n > truncation ? 0 : (-n * (n + 1)) / radius ** 2;
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-15 * Math.abs(expected));
    });
    calculus.inverseLaplacian(found, found);
    found.values.forEach((value, i) => {
      const n = degrees[i >> 1]!;
      expect(value).toBeCloseTo(n === 0 || n > truncation ? 0 : 1, 14);
    });
  });

  it('takes the gradient of a scalar', () => {
    const [zonal, meridional] = [block(), block()];
    calculus.gradient(analyzed(scalar), zonal, meridional);
    expect(error(zonal, (...at) => alongLongitude(...at) / radius, 1 / radius)).toBeLessThan(1e-11);
    expect(error(meridional, (...at) => alongSine(...at) / radius, 1 / radius)).toBeLessThan(1e-11);
  });

  it('knows the wind of solid-body rotation: u = a ω cos φ has vorticity 2 ω sin φ', () => {
    const [u, v] = [block(), block()];
    calculus.windFromVorticityDivergence(
      analyzed((s) => 2 * omega * s),
      block(),
      u,
      v,
    );
    expect(error(u, (_s, c) => radius * omega * c * c, radius * omega)).toBeLessThan(1e-12);
    expect(error(v, () => 0, radius * omega)).toBeLessThan(1e-12);
  });

  it('knows the wind of a Rossby–Haurwitz wave, at the poles too, and back', () => {
    const vorticity = analyzed(haurwitz.vorticity);
    const [u, v] = [block(), block()];
    calculus.windFromVorticityDivergence(vorticity, block(), u, v);
    const speed = radius * wave;
    expect(error(u, (s, c, l) => c * haurwitz.u(s, c, l), speed)).toBeLessThan(1e-11);
    expect(error(v, (s, c, l) => c * haurwitz.v(s, c, l), speed)).toBeLessThan(1e-11);

    const [divergence, back] = [block(), block()];
    const over = (f: Point) => analyzed((s, c, l) => f(s, c, l) / c);
    calculus.divergenceAndVorticity(over(haurwitz.u), over(haurwitz.v), divergence, back);
    expect(error(divergence, () => 0, wave)).toBeLessThan(1e-11);
    expect(error(back, haurwitz.vorticity, wave)).toBeLessThan(1e-11);

    const laplacian = block();
    calculus.laplacian(analyzed(haurwitz.streamfunction), laplacian);
    expect(error(laplacian, haurwitz.vorticity, wave)).toBeLessThan(1e-10);
  });

  it('finds the divergence of a gradient to be the Laplacian, and its vorticity none', () => {
    const f = analyzed(scalar);
    const [zonal, meridional, divergence, vorticity, laplacian] = [
      block(),
      block(),
      block(),
      block(),
      block(),
    ];
    calculus.gradient(f, zonal, meridional);
    const over = (spectrum: FieldBlock): FieldBlock => {
      const grid = new Float64Array(gaussian.sines.length * gaussian.longitudes);
      gaussian.synthesize(spectrum.values, 1, grid);
      const out = block();
      gaussian.analyze(
        grid.map((value, i) => value / gaussian.cosines[Math.floor(i / gaussian.longitudes)]! ** 2),
        1,
        out.values,
      );
      return out;
    };
    calculus.divergenceAndVorticity(over(zonal), over(meridional), divergence, vorticity);
    calculus.laplacian(f, laplacian);
    const scale = 100 / radius ** 2;
    for (let i = 0; i < 2 * coefficients; i++) {
      expect(Math.abs(divergence.values[i]! - laplacian.values[i]!) / scale).toBeLessThan(1e-12);
      expect(Math.abs(vorticity.values[i]!) / scale).toBeLessThan(1e-12);
    }
  });

  it('turns any vorticity and divergence into winds and back, for fields within wider batches', () => {
    const pick = (seed: number): FieldBlock => {
      const fields = 3;
      const values = new Float64Array(2 * coefficients * fields);
      for (let i = 0; i < values.length; i++) {
        const coefficient = Math.floor(i / (2 * fields));
        const n = degrees[coefficient]!;
        const sine = Math.floor(i / fields) % 2 === 1;
        if (n > 0 && n <= truncation && !(sine && orders[coefficient] === 0)) {
          values[i] = Math.sin(seed + 7 * i) / n;
        }
      }
      return { values, fields, first: 1, count: 2 };
    };
    const [vorticity, divergence] = [pick(1), pick(2)];
    const winds = new Float64Array(2 * coefficients * 4);
    const u: FieldBlock = { values: winds, fields: 4, first: 0, count: 2 };
    const v: FieldBlock = { values: winds, fields: 4, first: 2, count: 2 };
    calculus.windFromVorticityDivergence(vorticity, divergence, u, v);
    const grid = new Float64Array(gaussian.sines.length * gaussian.longitudes * 4);
    gaussian.synthesize(winds, 4, grid);
    for (let i = 0; i < grid.length; i++) {
      grid[i]! /= gaussian.cosines[Math.floor(i / (4 * gaussian.longitudes))]! ** 2;
    }
    gaussian.analyze(grid, 4, winds);
    const [backDivergence, backVorticity] = [pick(3), pick(4)];
    calculus.divergenceAndVorticity(u, v, backDivergence, backVorticity);
    for (const [found, expected, other] of [
      [backVorticity, vorticity, pick(4)],
      [backDivergence, divergence, pick(3)],
    ] as const) {
      for (let i = 0; i < found.values.length; i++) {
        // The first of the three is not theirs to touch.
        const wanted = i % 3 === 0 ? other.values[i]! : expected.values[i]!;
        expect(Math.abs(found.values[i]! - wanted)).toBeLessThan(1e-12);
      }
    }
  });

  it('is refused for batches of another size', () => {
    expect(() => calculus.laplacian(block(new Float64Array(8)), block())).toThrow(/batch of 1 with 8 values/);
    expect(() => calculus.laplacian({ ...block(), count: 2 }, block())).toThrow(/2 fields from 0/);
  });
});
