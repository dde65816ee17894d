/** The mean-field posterior: its divergence against quadrature and closed forms, its draws against their law. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../core/store/tensorFile.js';
import {
  drawWeights,
  inverseSoftplus,
  klDivergence,
  type MeanFieldTensors,
  softplus,
} from '../../models/bayesian/posteriors/meanField.js';

const tensor = (...values: number[]): Tensor => ({
  shape: [values.length],
  values: Float32Array.from(values),
});

function divergence(mean: number, sigma: number, centre: number, priorSigma: number): number {
  return klDivergence(
    { mean: new Map([['w', tensor(mean)]]), rho: new Map([['w', tensor(inverseSoftplus(sigma))]]) },
    new Map([['w', tensor(centre)]]),
    new Map([['w', priorSigma]]),
  );
}

/** ∫ q ln(q/p) by the trapezoidal rule over ±12 σ, which for a Gaussian is exact to rounding. */
function quadrature(mean: number, sigma: number, centre: number, priorSigma: number): number {
  const steps = 4000;
  const logDensity = (x: number, m: number, s: number) =>
    -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const x = mean + sigma * (-12 + (24 * i) / steps);
    const logQ = logDensity(x, mean, sigma);
    sum += Math.exp(logQ) * (logQ - logDensity(x, centre, priorSigma));
  }
  return (sum * 24 * sigma) / steps;
}

const size = fc.double({ min: 0.05, max: 4, noNaN: true });
const place = fc.double({ min: -3, max: 3, noNaN: true });

describe('the divergence of the posterior from its prior', () => {
  it('equals the integral that defines it', () => {
    fc.assert(
      fc.property(place, size, place, size, (mean, sigma, centre, priorSigma) => {
        const expected = quadrature(mean, sigma, centre, priorSigma);
        expect(divergence(mean, sigma, centre, priorSigma)).toBeCloseTo(
          expected,
          Math.abs(expected) > 50 ? 1 : 3,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is zero for equal distributions, half the squared shift in σ, and that of two scales', () => {
    expect(divergence(0.5, 0.25, 0.5, 0.25)).toBeCloseTo(0, 6);
    expect(divergence(1.5, 0.5, 0.5, 0.5)).toBeCloseTo(2, 5);
    expect(divergence(1, 0.5, 1, 2)).toBeCloseTo(Math.log(4) + 1 / 32 - 0.5, 6);
  });

  it('sums over every weight of every tensor, each with its own prior', () => {
    const posterior: MeanFieldTensors = {
      mean: new Map([
        ['a', tensor(1, -1)],
        ['b', tensor(0.25)],
        ['fixed', tensor(7)],
      ]),
      rho: new Map([
        ['a', tensor(inverseSoftplus(0.5), inverseSoftplus(0.25))],
        ['b', tensor(inverseSoftplus(1))],
      ]),
    };
    const prior = new Map([
      ['a', tensor(0, 0)],
      ['b', tensor(0)],
      ['fixed', tensor(0)],
    ]);
    const sigmas = new Map([
      ['a', 0.5],
      ['b', 2],
    ]);
    expect(klDivergence(posterior, prior, sigmas)).toBeCloseTo(
      divergence(1, 0.5, 0, 0.5) + divergence(-1, 0.25, 0, 0.5) + divergence(0.25, 1, 0, 2),
      5,
    );
  });
});

describe('softplus', () => {
  it('is inverted by inverseSoftplus, small and large', () => {
    fc.assert(
      fc.property(fc.double({ min: -14, max: 6, noNaN: true }), (exponent) => {
        const sigma = Math.exp(exponent);
        expect(softplus(inverseSoftplus(sigma)) / sigma).toBeCloseTo(1, 9);
      }),
    );
    expect(softplus(800)).toBe(800);
    expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
  });
});

describe('weight samples', () => {
  const count = 20_000;
  const posterior: MeanFieldTensors = {
    mean: new Map([
      ['large', { shape: [count], values: new Float32Array(count).fill(0.5) }],
      ['small', tensor(1, 2, 3)],
      ['fixed', tensor(4)],
    ]),
    rho: new Map([
      ['large', { shape: [count], values: new Float32Array(count).fill(inverseSoftplus(0.2)) }],
      ['small', tensor(0, 0, 0)],
    ]),
  };

  it('are the same whatever else is drawn before, and others for another sample or seed', () => {
    const alone = drawWeights(posterior, { seed: 1, weightSample: 5 });
    const order = [7, 5, 0, 5].map((weightSample) => drawWeights(posterior, { seed: 1, weightSample }));
    expect(order[1]).toEqual(alone);
    expect(order[3]).toEqual(alone);
    const others = [order[0], order[2], drawWeights(posterior, { seed: 2, weightSample: 5 })];
    for (const other of others) {
      expect(other?.get('small')?.values).not.toEqual(alone.get('small')?.values);
    }
    expect(alone.get('fixed')?.values).toEqual(Float32Array.of(4));
  });

  it('have the mean and the variance of the posterior, within their standard errors', () => {
    const { values } = drawWeights(posterior, { seed: 3, weightSample: 0 }).get('large') as Tensor;
    const standard = Array.from(values, (value) => (value - 0.5) / 0.2);
    const mean = standard.reduce((sum, z) => sum + z, 0) / count;
    const variance = standard.reduce((sum, z) => sum + z * z, 0) / count;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
  });
});
