/** Closed forms against the integral that a CRPS is, their limits, and digits that textbook forms lose. */
import { describe, expect, it } from 'vitest';
import { twcrpsGaussianAbove } from '../../evaluation/references/gaussianTail.js';
import { crpsCensoredNormal, crpsTruncatedNormal } from '../../evaluation/scores/closedForms/cutNormal.js';
import { crpsExponential, logScoreExponential } from '../../evaluation/scores/closedForms/exponential.js';
import { crpsGamma, logScoreGamma } from '../../evaluation/scores/closedForms/gammaDistribution.js';
import { crpsLogistic, logScoreLogistic } from '../../evaluation/scores/closedForms/logistic.js';
import { crpsLogNormal, logScoreLogNormal } from '../../evaluation/scores/closedForms/logNormal.js';
import {
  crpsNormalMixture,
  logScoreNormalMixture,
} from '../../evaluation/scores/closedForms/normalMixture.js';
import { crpsStudentT, logScoreStudentT } from '../../evaluation/scores/closedForms/studentT.js';
import { crpsUniform, logScoreUniform } from '../../evaluation/scores/closedForms/uniform.js';
import { crpsGaussian } from '../../evaluation/scores/crpsGaussian.js';
import { logScoreGaussian } from '../../evaluation/scores/ignorance.js';
import { studentCdf } from '../../evaluation/scores/incompleteBeta.js';
import { gammaLower } from '../../evaluation/scores/incompleteGamma.js';
import { normalCdf, normalTail } from '../../evaluation/scores/normal.js';

/** ∫ (F − 1{y ≤ x})² over a stretch that holds all but 1e-12, by Simpson's rule on either side of y and of 0. */
function crpsByIntegral(cdf: (x: number) => number, y: number, from: number, to: number): number {
  const cuts = [from, ...[0, y].filter((x) => x > from && x < to).sort((a, b) => a - b), to];
  let sum = 0;
  for (let c = 0; c + 1 < cuts.length; c++) {
    const [a, b] = [cuts[c]!, cuts[c + 1]!];
    const steps = 4000;
    const h = (b - a) / steps;
    // Ends are taken a hair inside, so that a jump at a cut counts on its own side.
    const at = (i: number) => {
      const x = Math.min(Math.max(a + i * h, a + 1e-12 * (b - a)), b - 1e-12 * (b - a));
      return (cdf(x) - (x >= y ? 1 : 0)) ** 2;
    };
    let part = at(0) + at(steps);
    for (let i = 1; i < steps; i++) part += (i % 2 === 0 ? 2 : 4) * at(i);
    sum += (part * h) / 3;
  }
  return sum;
}

describe('closed forms are the integral of (F − 1{y ≤ x})²', () => {
  const forms: readonly {
    readonly name: string;
    readonly cdf: (x: number) => number;
    readonly crps: (y: number) => number;
    readonly logScore?: (y: number) => number;
    readonly from: number;
    readonly to: number;
  }[] = [
    {
      name: 'normal',
      cdf: (x) => normalCdf((x - 1) / 2),
      crps: (y) => crpsGaussian(1, 2, y),
      logScore: (y) => logScoreGaussian(1, 2, y),
      from: -30,
      to: 30,
    },
    {
      name: 'mixture of three normals, one of them a point',
      cdf: (x) => 0.5 * normalCdf(x + 1) + 0.3 * normalCdf((x - 2) / 0.5) + (x >= 0 ? 0.2 : 0),
      crps: (y) => crpsNormalMixture({ means: [-1, 2, 0], deviations: [1, 0.5, 0], weights: [5, 3, 2] }, y),
      from: -20,
      to: 20,
    },
    {
      name: 'gamma',
      cdf: (x) => gammaLower(2.5, 0.7 * x),
      crps: (y) => crpsGamma(2.5, 0.7, y),
      logScore: (y) => logScoreGamma(2.5, 0.7, y),
      from: -3,
      to: 60,
    },
    {
      name: 'log-normal',
      cdf: (x) => (x > 0 ? normalCdf((Math.log(x) - 0.3) / 0.4) : 0),
      crps: (y) => crpsLogNormal(0.3, 0.4, y),
      logScore: (y) => logScoreLogNormal(0.3, 0.4, y),
      from: -3,
      to: 40,
    },
    {
      name: 'normal censored at 0',
      cdf: (x) => (x >= 0 ? normalCdf((x - 0.5) / 2) : 0),
      crps: (y) => crpsCensoredNormal(0.5, 2, y),
      from: -3,
      to: 30,
    },
    {
      name: 'normal truncated at 0, mean above',
      cdf: (x) => (x >= 0 ? 1 - normalTail((x - 0.5) / 2) / normalTail(-0.25) : 0),
      crps: (y) => crpsTruncatedNormal(0.5, 2, y),
      from: -3,
      to: 30,
    },
    {
      name: 'normal truncated at 0, mean far below',
      cdf: (x) => (x >= 0 ? 1 - normalTail(x + 20) / normalTail(20) : 0),
      crps: (y) => crpsTruncatedNormal(-20, 1, y),
      from: -3,
      to: 10,
    },
    {
      name: 't',
      cdf: (x) => studentCdf((x - 1) / 0.8, 9),
      crps: (y) => crpsStudentT(9, 1, 0.8, y),
      logScore: (y) => logScoreStudentT(9, 1, 0.8, y),
      from: -60,
      to: 60,
    },
    {
      name: 'logistic',
      cdf: (x) => 1 / (1 + Math.exp(-(x - 1) / 0.8)),
      crps: (y) => crpsLogistic(1, 0.8, y),
      logScore: (y) => logScoreLogistic(1, 0.8, y),
      from: -40,
      to: 40,
    },
    {
      name: 'uniform',
      cdf: (x) => Math.min(1, Math.max(0, x / 4)),
      crps: (y) => crpsUniform(0, 4, y),
      logScore: (y) => logScoreUniform(0, 4, y),
      from: -6,
      to: 9,
    },
    {
      name: 'exponential',
      cdf: (x) => (x > 0 ? -Math.expm1(-0.7 * x) : 0),
      crps: (y) => crpsExponential(0.7, y),
      logScore: (y) => logScoreExponential(0.7, y),
      from: -6,
      to: 60,
    },
  ];
  for (const { name, cdf, crps, logScore, from, to } of forms) {
    it(`${name}: CRPS`, () => {
      for (const y of [-2.5, 0, 0.3, 1, 3.9, 8])
        expect(crps(y), `y = ${y}`).toBeCloseTo(crpsByIntegral(cdf, y, from, to), 5);
      expect(crps(Number.NaN)).toBeNaN();
    });
    if (logScore)
      it(`${name}: the log score is that of the derivative of F`, () => {
        for (const y of [0.3, 1, 3.9]) {
          const h = 1e-5;
          expect(Math.exp(-logScore(y))).toBeCloseTo((cdf(y + h) - cdf(y - h)) / (2 * h), 6);
        }
        expect(logScore(Number.NaN)).toBeNaN();
      });
  }

  it('the normal above a threshold: the same integral from there on, and with what is below the whole', () => {
    for (const t of [-3, 0.5, 2, 5])
      for (const y of [-2.5, 0.5, 1, 3.9]) {
        const above = twcrpsGaussianAbove(1, 2, t, y);
        const found = crpsByIntegral((x) => normalCdf((x - 1) / 2), y, t, 30);
        expect(above).toBeCloseTo(found, 5);
        // Mirrored: below t of N(1, 2²) is above −t of N(−1, 2²).
        expect(above + twcrpsGaussianAbove(-1, 2, -t, -y)).toBeCloseTo(crpsGaussian(1, 2, y), 12);
      }
    expect(twcrpsGaussianAbove(1, 2, -Infinity, 3)).toBeCloseTo(crpsGaussian(1, 2, 3), 13);
    expect(twcrpsGaussianAbove(1, 0, 2, 3)).toBe(1);
  });

  it('a truncated normal keeps its digits where the textbook form has none left', () => {
    // Thorarinsdottir & Gneiting 2010, as printed, in doubles.
    const printed = (mu: number, y: number) => {
      const p = normalCdf(mu);
      const bracket =
        (y - mu) * p * (2 * normalCdf(y - mu) + p - 2) +
        2 * Math.exp(-((y - mu) ** 2) / 2) * (p / Math.sqrt(2 * Math.PI)) -
        normalCdf(Math.SQRT2 * mu) / Math.sqrt(Math.PI);
      return bracket / p ** 2;
    };
    expect(crpsTruncatedNormal(-1, 1, 0.7)).toBeCloseTo(printed(-1, 0.7), 13);
    expect(Math.abs(crpsTruncatedNormal(-9, 1, 0.1) - printed(-9, 0.1))).toBeGreaterThan(1e-3);
    // Far below the bound it is nearly exponential, with the rate −μ.
    expect(1e4 * crpsTruncatedNormal(-1e4, 1, 2e-4)).toBeCloseTo(1e4 * crpsExponential(1e4, 2e-4), 6);
  });

  it('limits: no width is the distance, invalid parameters are no distribution', () => {
    expect(crpsCensoredNormal(-2, 0, 3)).toBe(3);
    expect(crpsTruncatedNormal(2, 0, 3)).toBe(1);
    expect(crpsNormalMixture({ means: [2, 4], deviations: [0, 0] }, 3)).toBeCloseTo(0.5, 14);
    const invalid = [
      crpsGaussian(0, -1, 0),
      logScoreGaussian(0, 0, 0),
      crpsCensoredNormal(0, -1, 0),
      crpsTruncatedNormal(0, -1, 0),
      crpsGamma(0, 1, 1),
      crpsLogNormal(0, 0, 1),
      crpsStudentT(1, 0, 1, 0),
      crpsLogistic(0, 0, 0),
      crpsUniform(1, 1, 1),
      crpsExponential(-1, 1),
      crpsNormalMixture({ means: [0], deviations: [-1] }, 0),
      crpsNormalMixture({ means: [0], deviations: [1], weights: [0] }, 0),
      logScoreNormalMixture({ means: [0], deviations: [-1] }, 0),
    ];
    for (const value of invalid) expect(value).toBeNaN();
    expect([logScoreGamma(2, 1, -1), logScoreLogNormal(0, 1, 0), logScoreUniform(0, 1, 2)]).toEqual([
      Infinity,
      Infinity,
      Infinity,
    ]);
    // t with many degrees of freedom is nearly normal; an underflown mixture density is still a finite score.
    expect(crpsStudentT(1e7, 1, 2, 4)).toBeCloseTo(crpsGaussian(1, 2, 4), 6);
    expect(logScoreNormalMixture({ means: [0, 1], deviations: [1, 1] }, 100)).toBeCloseTo(
      99 ** 2 / 2 + Math.log(2 * Math.sqrt(2 * Math.PI)),
      6,
    );
  });
});
