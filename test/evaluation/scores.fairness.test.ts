/**
 * Fair and proper, exactly: members and truth are drawn from distributions on a few values, and the expected score
 * is the sum over all outcomes, without chance.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { twcrpsGaussianAbove } from '../../evaluation/references/gaussianTail.js';
import { brierEnsemble } from '../../evaluation/scores/brier.js';
import { type CrpsEstimator, crpsOfErrors, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { almostFairCrps } from '../../evaluation/scores/crpsEstimators.js';
import { crpsGaussian } from '../../evaluation/scores/crpsGaussian.js';
import { energyScore } from '../../evaluation/scores/energyScore.js';
import { logScoreGaussian } from '../../evaluation/scores/ignorance.js';
import { normalQuantile } from '../../evaluation/scores/normal.js';
import { intervalScore, quantileScore } from '../../evaluation/scores/quantileScore.js';
import { rankedProbabilityEnsemble } from '../../evaluation/scores/rankedProbability.js';
import { debiasedMeanSquaredError, spreadSkillRatio } from '../../evaluation/scores/spreadSkill.js';
import { crpsThresholdWeighted } from '../../evaluation/scores/thresholdWeighted.js';
import { variogramScore } from '../../evaluation/scores/variogramScore.js';

/** Points of ℝ² that a draw can be, so that scores of vectors take part; scores of numbers use the first coordinate. */
const outcomes = [
  [0, 1],
  [1, -2],
  [3.5, 0.5],
] as const;
type Distribution = readonly [number, number, number];

type EnsembleScore = (members: readonly (readonly number[])[], y: readonly number[]) => number;
const ofFirst =
  (score: (members: Float64Array, y: number) => number): EnsembleScore =>
  (members, y) =>
    score(
      Float64Array.from(members, ([x]) => x!),
      y[0]!,
    );
const ofVectors =
  (score: (members: Float64Array, y: Float64Array) => number): EnsembleScore =>
  (members, y) =>
    score(Float64Array.from(members.flat()), Float64Array.from(y));
const crps = (estimator: CrpsEstimator): EnsembleScore =>
  ofFirst((members, y) =>
    crpsOfErrors(
      members.map((x) => x - y),
      members.length,
      estimator,
    ),
  );

const fair: Readonly<Record<string, EnsembleScore>> = {
  CRPS: crps(fairCrps),
  'threshold-weighted CRPS': ofFirst((members, y) => crpsThresholdWeighted(members, y, { from: 0.5, to: 2 })),
  Brier: ofFirst((members, y) => brierEnsemble(members, y, 0.5)),
  RPS: ofFirst((members, y) => rankedProbabilityEnsemble(members, y, [0.5, 2])),
  'energy score': ofVectors((members, y) => energyScore(members, y)),
  'energy score of neighbours': ofVectors((members, y) => energyScore(members, y, { estimator: 'adjacent' })),
  'variogram score': ofVectors((members, y) => variogramScore(members, y)),
};
const unfair: Readonly<Record<string, EnsembleScore>> = {
  'CRPS, energy': crps(energyCrps),
  'CRPS, almost fair': crps(almostFairCrps),
  'Brier, plain': ofFirst((members, y) => brierEnsemble(members, y, 0.5, { form: 'plain' })),
  'energy score, energy': ofVectors((members, y) => energyScore(members, y, { estimator: 'energy' })),
  'variogram score, plain': ofVectors((members, y) => variogramScore(members, y, { form: 'plain' })),
};

/** E over M independent members of `forecast` and a truth of `nature`. */
function expected(score: EnsembleScore, M: number, forecast: Distribution, nature: Distribution): number {
  let sum = 0;
  for (let code = 0; code < 3 ** M; code++) {
    const draws = Array.from({ length: M }, (_, i) => Math.floor(code / 3 ** i) % 3);
    const chance = draws.reduce((p, d) => p * forecast[d]!, 1);
    const members = draws.map((d) => outcomes[d]!);
    for (const [d, y] of outcomes.entries()) sum += chance * nature[d]! * score(members, y);
  }
  return sum;
}

const distribution = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .map(([a, b, c]): Distribution => [a / (a + b + c), b / (a + b + c), c / (a + b + c)]);

describe('fair scores', () => {
  it.each(Object.entries(fair))('%s: the expected score does not know the number of members', (_, score) => {
    fc.assert(
      fc.property(distribution, distribution, (forecast, nature) => {
        const two = expected(score, 2, forecast, nature);
        for (const M of [3, 4]) expect(expected(score, M, forecast, nature)).toBeCloseTo(two, 12);
      }),
      { numRuns: 20 },
    );
  });

  it.each(Object.entries(fair))(
    '%s: no other distribution than the true one is better on average',
    (_, score) => {
      fc.assert(
        fc.property(distribution, distribution, (forecast, nature) => {
          const honest = expected(score, 2, nature, nature);
          expect(expected(score, 2, forecast, nature)).toBeGreaterThanOrEqual(honest - 1e-12);
        }),
        { numRuns: 50 },
      );
    },
  );

  it.each(Object.entries(unfair))('%s: a small ensemble of the true distribution is punished', (_, score) => {
    const nature: Distribution = [0.3, 0.5, 0.2];
    const [two, four] = [2, 4].map((M) => expected(score, M, nature, nature));
    expect(two! - four!).toBeGreaterThan(1e-4);
  });

  it('energy-form CRPS of two members rewards too narrow a forecast, the fair one does not', () => {
    const nature: Distribution = [0.2, 0.6, 0.2];
    const narrow: Distribution = [0.1, 0.8, 0.1];
    const better = (score: EnsembleScore) =>
      expected(score, 2, narrow, nature) < expected(score, 2, nature, nature);
    expect(better(crps(energyCrps))).toBe(true);
    expect(better(crps(fairCrps))).toBe(false);
  });

  it('the debiased squared error and the corrected ratio rest on the same identity, for every M', () => {
    const nature: Distribution = [0.3, 0.5, 0.2];
    const moments = (of: (mean: number, variance: number, y: number) => number) => (M: number) =>
      expected(
        ofFirst((members, y) => {
          const mean = members.reduce((a, b) => a + b) / M;
          return of(mean, members.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (M - 1), y);
        }),
        M,
        nature,
        nature,
      );
    const mse = moments((mean, _, y) => (mean - y) ** 2);
    const variance = moments((_, s) => s);
    for (const M of [2, 3, 4]) {
      expect(spreadSkillRatio(variance(M), mse(M), M)).toBeCloseTo(1, 12);
      expect(debiasedMeanSquaredError(mse(M), variance(M), M)).toBeCloseTo(variance(2), 12);
    }
  });
});

describe('proper scores of closed forms and quantiles', () => {
  /** Mean over evenly spaced quantiles of a standard normal truth. */
  const overTruth = (score: (y: number) => number) => {
    const cases = 2000;
    let sum = 0;
    for (let i = 0; i < cases; i++) sum += score(normalQuantile((i + 0.5) / cases));
    return sum / cases;
  };
  const forecasts = [-0.4, 0, 0.4].flatMap((mu) => [0.6, 1, 1.5].map((sigma) => [mu, sigma] as const));

  it.each([
    ['CRPS', crpsGaussian],
    ['CRPS above 0.5', (mu: number, sigma: number, y: number) => twcrpsGaussianAbove(mu, sigma, 0.5, y)],
    ['log score', logScoreGaussian],
  ])('%s of normals is least for the true one', (_, score) => {
    const scored = forecasts.map(([mu, sigma]) => overTruth((y) => score(mu, sigma, y)));
    const least = forecasts[scored.indexOf(Math.min(...scored))];
    expect(least).toEqual([0, 1]);
  });

  it('quantile and interval scores are least for the true quantiles', () => {
    for (const level of [0.1, 0.5, 0.9]) {
      const truth = normalQuantile(level);
      const honest = overTruth((y) => quantileScore(truth, y, level));
      for (const shift of [-0.5, -0.1, 0.1, 0.5])
        expect(overTruth((y) => quantileScore(truth + shift, y, level))).toBeGreaterThan(honest);
    }
    const end = normalQuantile(0.9);
    const honest = overTruth((y) => intervalScore(-end, end, y, 0.8));
    for (const factor of [0.7, 0.9, 1.1, 1.5])
      expect(overTruth((y) => intervalScore(-factor * end, factor * end, y, 0.8))).toBeGreaterThan(honest);
  });
});
