/**
 * Tests that ask little of the scores they compare.
 *
 * The random walk of DelSole & Tippett 2016 (doi:10.1175/MWR-D-15-0218.1): a step up for each case in which the first
 * forecast has the smaller score, a step down where the second has. Equally good forecasts walk within ±z √t after t
 * cases, 1 − α of the time at any one t. Indifferent to how large differences are; cases must be independent.
 *
 * The half width of Jolliffe & Ebert (www.cawcr.gov.au/projects/verification/CIdiff/FAQ-CIdiff.html): the two means
 * differ when their distance exceeds z √(2(1 − r)) s/√n with r the correlation of the scores and s² the mean of their
 * variances (divisor n). It is z times the standard error of the mean difference where the variances are equal.
 */
import { usageError } from '../../core/errors.js';
import { normalQuantile } from '../scores/normal.js';

export interface RandomWalk {
  /** [case]: wins of the first less wins of the second, up to and including each case. */
  readonly walk: Float64Array;
  /** [case]: how far equally good forecasts go. */
  readonly bound: Float64Array;
  /** [case]: 1 where the walk is out of bounds. */
  readonly significant: Uint8Array;
}

/**
 * @param first scores, [case], smaller is better; a case with NaN is no step
 * @param second [case]
 * @throws {PlumeError} usage, when their lengths differ
 */
export function randomWalk(first: Float64Array, second: Float64Array, alpha = 0.05): RandomWalk {
  requireSameLength(first, second);
  const z = normalQuantile(1 - alpha / 2);
  const walk = new Float64Array(first.length);
  const bound = new Float64Array(first.length);
  let position = 0;
  let steps = 0;
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i]!, second[i]!];
    if (a < b) position++;
    else if (b < a) position--;
    if (!Number.isNaN(a) && !Number.isNaN(b)) steps++;
    walk[i] = position;
    bound[i] = z * Math.sqrt(steps);
  }
  return { walk, bound, significant: Uint8Array.from(walk, (w, i) => (Math.abs(w) > bound[i]! ? 1 : 0)) };
}

export interface HalfWidthTest {
  /** Mean of the second less mean of the first: above 0 the first is better. */
  readonly difference: number;
  readonly halfWidth: number;
  readonly significant: boolean;
}

/**
 * @param first scores, [case]; cases in which either is NaN are left out
 * @param second [case]
 * @throws {PlumeError} usage, when their lengths differ
 */
export function halfWidthTest(first: Float64Array, second: Float64Array, alpha = 0.05): HalfWidthTest {
  requireSameLength(first, second);
  const both = (_: number, i: number): boolean => !Number.isNaN(first[i]!) && !Number.isNaN(second[i]!);
  const [a, b] = [first.filter(both), second.filter(both)];
  const n = a.length;
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanA, meanB] = [mean(a), mean(b)];
  const varianceA = mean(a.map((value) => (value - meanA) ** 2));
  const varianceB = mean(b.map((value) => (value - meanB) ** 2));
  const covariance = mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
  const correlation = covariance / Math.sqrt(varianceA * varianceB);
  const variance = 2 * (1 - Math.min(1, correlation)) * ((varianceA + varianceB) / 2);
  const halfWidth = normalQuantile(1 - alpha / 2) * Math.sqrt(variance / n);
  const difference = meanB - meanA;
  return { difference, halfWidth, significant: Math.abs(difference) > halfWidth };
}

function requireSameLength(first: Float64Array, second: Float64Array): void {
  if (first.length === second.length) return;
  throw usageError(
    `scores to compare are of ${first.length} and ${second.length} cases; pair them case by case first`,
  );
}
