/** Linear and geostrophic balance held against closed forms, and against the core's calculus on the sphere. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { coefficientCount, legendre, orderOffset } from '../../core/sphere/legendre.js';
import { gaussianSize, makeTransform } from '../../core/sphere/sphericalTransform.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { type FieldBlock, VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import { geostrophicFactor } from '../../perturbations/balance/geostrophic.js';
import { balancedVariance, createLinearBalance } from '../../perturbations/balance/linearBalance.js';
import { earthRadius as a, rotationRate } from '../../perturbations/balance/planet.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';

const globe = makeGrid(
  Array.from({ length: 19 }, (_, i) => 90 - 10 * i),
  Array.from({ length: 36 }, (_, j) => 10 * j),
);
const radians = Math.PI / 180;

/** The coefficient of P̄ₙᵐ that gives cosᵐφ sinⁿ⁻ᵐφ, n − m = 0 or 1. */
function normOf(n: number, m: number): number {
  const out = new Float64Array(coefficientCount(n));
  legendre(0.6, 0.8, n, out);
  return (0.8 ** m * 0.6 ** (n - m)) / out[orderOffset(m, n) + n - m]!;
}

/** Largest difference from a closed form over its largest value. */
function error(
  streamfunction: Float64Array,
  degree: number,
  closed: (sine: number, longitude: number) => number,
): number {
  const spectrum = new Float64Array(2 * coefficientCount(degree + 1));
  createLinearBalance(degree)(streamfunction, 0, spectrum, 0);
  const found = new Float64Array(19 * 36);
  makeSynthesis(globe, degree + 1).evaluate(spectrum, found);
  let [most, size] = [0, 0];
  found.forEach((value, i) => {
    const sine = Math.sin(globe.latitudes[Math.floor(i / 36)]! * radians);
    const expected = closed(sine, globe.longitudes[i % 36]! * radians);
    most = Math.max(most, Math.abs(value - expected));
    size = Math.max(size, Math.abs(expected));
  });
  return most / size;
}

describe('linear balance', () => {
  it('of solid rotation u = aω cos φ, where (1/a) ∂Φ/∂φ = −fu, is −Ωωa² (sin²φ − ⅓)', () => {
    const omega = 7.848e-6;
    for (const degree of [1, 4]) {
      const psi = new Float64Array(2 * coefficientCount(degree));
      psi[orderOffset(0, degree) + 1] = -a * a * omega * normOf(1, 0);
      expect(error(psi, degree, (s) => -rotationRate * omega * a * a * (s * s - 1 / 3))).toBeLessThan(1e-13);
    }
  });

  it('of a Rossby–Haurwitz wave is what Phillips found, without the terms of second order in the wave', () => {
    // Phillips 1959; Williamson et al. 1992, J. Comput. Phys. 102, 211, eqs. 146–149: of B the part of 2Ω K
    const K = 7.848e-6;
    for (const R of [1, 4, 7]) {
      const degree = R + 1;
      const psi = new Float64Array(2 * coefficientCount(degree));
      psi[orderOffset(R, degree) + 1] = a * a * K * normOf(degree, R);
      const closed = (s: number, longitude: number): number => {
        const c2 = 1 - s * s;
        const B =
          ((2 * rotationRate * K) / ((R + 1) * (R + 2))) *
          c2 ** (R / 2) *
          (R * R + 2 * R + 2 - (R + 1) ** 2 * c2);
        return a * a * B * Math.cos(R * longitude);
      };
      expect(error(psi, degree, closed)).toBeLessThan(1e-12);
    }
  });

  it('of any streamfunction satisfies ∇²Φ = ∇·(f∇ψ), taken by the transform and its calculus', () => {
    const truncation = 21;
    const degree = truncation - 1;
    const transform = makeTransform({ truncation, latitudes: 'gaussian', ...gaussianSize(truncation) });
    const calculus = new VectorCalculus(transform, a);
    const block = (values = new Float64Array(2 * transform.coefficients)): FieldBlock => ({
      values,
      fields: 1,
      first: 0,
      count: 1,
    });
    /** [2, count] of a degree → [coefficient, 2] of the transform. */
    const asBlock = (from: Float64Array, of: number): FieldBlock => {
      const out = block();
      transform.orders.forEach((m, i) => {
        const n = transform.degrees[i]!;
        if (n > of || m > of) return;
        for (let part = 0; part < 2; part++) {
          out.values[2 * i + part] = from[part * coefficientCount(of) + orderOffset(m, of) + n - m]!;
        }
      });
      return out;
    };
    const count = coefficientCount(degree);
    const psi = Float64Array.from({ length: 2 * count }, (_, i) =>
      i === 0 || (i >= count && i <= count + degree) ? 0 : Math.sin(3 * i) / (1 + (i % 17)),
    );
    const phi = new Float64Array(2 * coefficientCount(truncation));
    createLinearBalance(degree)(psi, 0, phi, 0);
    expect(phi[0]).toBe(0);

    const [zonal, meridional, divergence, laplacian] = [block(), block(), block(), block()];
    calculus.gradient(asBlock(psi, degree), zonal, meridional);
    for (const part of [zonal, meridional]) {
      const grid = new Float64Array(transform.sines.length * transform.longitudes);
      transform.synthesize(part.values, 1, grid);
      const scaled = grid.map((value, i) => {
        const row = Math.floor(i / transform.longitudes);
        return (value * 2 * rotationRate * transform.sines[row]!) / transform.cosines[row]! ** 2;
      });
      transform.analyze(scaled, 1, part.values);
    }
    calculus.divergenceAndVorticity(zonal, meridional, divergence, null);
    calculus.laplacian(asBlock(phi, truncation), laplacian);
    const size = Math.max(...laplacian.values.map(Math.abs));
    for (let i = 0; i < divergence.values.length; i++) {
      expect(Math.abs(divergence.values[i]! - laplacian.values[i]!) / size).toBeLessThan(1e-12);
    }
    expect(size).toBeGreaterThan(0);
  });

  it('is f ψ where scales are much shorter than the Earth, and small but not zero at the equator', () => {
    const latitudes = Float64Array.of(90, 60, 30, 0, -30);
    const found = balancedVariance(latitudes, heatKernelAmplitudes(200)).map(Math.sqrt);
    latitudes.forEach((latitude, i) => {
      const f = 2 * rotationRate * Math.sin(latitude * radians);
      if (latitude !== 0) expect(found[i]! / Math.abs(f)).toBeCloseTo(1, 2);
    });
    expect(found[3]! / found[0]!).toBeGreaterThan(0.005);
    expect(found[3]! / found[0]!).toBeLessThan(0.1);
    expect(found[4]).toBeCloseTo(found[2]!, 12);
  });
});

describe('the factor of geostrophic wind', () => {
  it('is 1/f beyond the latitude of blending, and goes through zero smoothly at the equator', () => {
    for (const latitude of [90, 45, 15, -15, -60, -90]) {
      const { factor } = geostrophicFactor(latitude, 15);
      expect(factor * 2 * rotationRate * Math.sin(latitude * radians)).toBeCloseTo(1, 12);
    }
    expect(geostrophicFactor(0, 15).factor).toBe(0);
    expect(geostrophicFactor(-7, 15).factor).toBe(-geostrophicFactor(7, 15).factor);
    // never beyond 1/f at the edge by more than the smooth step makes it
    const most = Math.max(...Array.from({ length: 90 }, (_, i) => geostrophicFactor(i, 15).factor));
    expect(most / geostrophicFactor(15, 15).factor).toBeLessThan(1.15);
  });

  it('has the slope of its differences: to second order, and to first where its curvature jumps (equator, edge)', () => {
    for (const latitude of [0, 3, -8, 15, -15, 40, 89]) {
      const { slope } = geostrophicFactor(latitude, 15);
      const errors = [0.02, 0.01].map((step) => {
        const [north, south] = [latitude + step, latitude - step].map((x) => geostrophicFactor(x, 15).factor);
        return Math.abs((north! - south!) / (2 * step * radians) - slope);
      });
      expect(errors[0]! / Math.max(Math.abs(slope), rotationRate ** -1)).toBeLessThan(5e-3);
      const smooth = latitude % 15 !== 0;
      expect(errors[1]!).toBeLessThanOrEqual((smooth ? 0.26 : 0.51) * errors[0]! + 1e-8 * Math.abs(slope));
    }
  });
});
