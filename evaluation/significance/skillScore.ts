/**
 * Skill of one mean score over another, 1 − s̄/r̄, with the standard error that the scores' own spread gives it, and
 * the mean difference r̄ − s̄ likewise (Siegert 2017, SpecsVerification; its SkillScore and ScoreDiff).
 * Where cases are not independent, the number of cases that would say as much is below their number: nₑ =
 * variance / (variance of the mean), see {@link effectiveCases}.
 */
import { usageError } from '../../core/errors.js';
import { normalCdf, normalQuantile } from '../scores/normal.js';
import { dieboldMariano } from './dieboldMariano.js';

export interface SkillOptions {
  /** nₑ; default: the number of cases. */
  readonly effectiveCases?: number;
  /** Of the interval; default 0.95. */
  readonly confidence?: number;
}

export interface Skill {
  /** 1: perfect; 0: no better than the reference; −Infinity or NaN where the reference scores 0. */
  readonly skill: number;
  /** To first order: of the ratio of two correlated means. */
  readonly standardError: number;
}

/**
 * @param scores [case], smaller is better, 0 the best there is
 * @param reference [case]
 * @throws {PlumeError} usage, when their lengths differ
 */
export function skillScore(scores: Float64Array, reference: Float64Array, options: SkillOptions = {}): Skill {
  const { effectiveCases: cases = scores.length } = options;
  const { meanA, meanB, varianceA, varianceB, covariance } = moments(scores, reference);
  const variance =
    varianceA / meanB ** 2 + (meanA ** 2 * varianceB) / meanB ** 4 - (2 * meanA * covariance) / meanB ** 3;
  return { skill: 1 - meanA / meanB, standardError: Math.sqrt(Math.max(0, variance) / cases) };
}

export interface ScoreDifference {
  /** Mean of the reference less mean of the scores: above 0 is better than the reference. */
  readonly difference: number;
  readonly standardError: number;
  /** One-sided: of a difference so large if there is none. */
  readonly pValue: number;
  readonly low: number;
  readonly high: number;
}

/** As {@link skillScore}; normal, for independent cases or a number of effective ones that is known. */
export function scoreDifference(
  scores: Float64Array,
  reference: Float64Array,
  options: SkillOptions = {},
): ScoreDifference {
  const { effectiveCases: cases = scores.length, confidence = 0.95 } = options;
  const { meanA, meanB, varianceA, varianceB, covariance } = moments(scores, reference);
  const difference = meanB - meanA;
  const standardError = Math.sqrt(Math.max(0, varianceA + varianceB - 2 * covariance) / cases);
  const width = normalQuantile(0.5 + confidence / 2) * standardError;
  return {
    difference,
    standardError,
    pValue: normalCdf(-difference / standardError),
    low: difference - width,
    high: difference + width,
  };
}

/**
 * nₑ: how many independent values would know their mean as well as these do.
 * @param values [case], in order of start
 * @param overlap number of neighbouring starts whose forecasts share weather: 1 + lead / spacing
 * @returns 1 … number of cases: that values scatter to both sides of their mean in turn is not counted in their favour
 */
export function effectiveCases(values: Float64Array, overlap: number): number {
  const n = values.length;
  const { varianceA } = moments(values, values);
  if (varianceA === 0) return n;
  const { standardError } = dieboldMariano(values, overlap);
  return Math.min(n, Math.max(1, varianceA / standardError ** 2));
}

/** Means, and variances and covariance with divisor n − 1. */
function moments(a: Float64Array, b: Float64Array) {
  const n = a.length;
  if (n !== b.length) {
    throw usageError(`scores to compare are of ${n} and ${b.length} cases; pair them case by case first`);
  }
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [varianceA, varianceB, covariance] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    varianceA += (x * x) / (n - 1);
    varianceB += (y * y) / (n - 1);
    covariance += (x * y) / (n - 1);
  }
  return { meanA, meanB, varianceA, varianceB, covariance };
}
