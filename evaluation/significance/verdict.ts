/**
 * What a difference of two scores says: better, worse, or no evidence either way, at the 95 % level.
 *
 * Two tests must agree. The interval of the block bootstrap asks whether other starts could have turned the
 * difference round, whatever the metric is made of, but it is too narrow where differences of neighbouring starts
 * are alike: of 24 daily starts it sees a difference where there is none 10 to 14 times in 100. The test of
 * Diebold & Mariano (dieboldMariano.ts) knows that likeness, but of what is no mean over starts it knows the first
 * order only (pseudoValues.ts). Both together are wrong 3 to 6 times in 100, for weekly starts and for daily ones,
 * and find a difference of 3.5 standard errors 7 to 8 times in 10 (test/evaluation/significanceRates.test.ts).
 */
import type { Interval } from './blockBootstrap.js';

export type Verdict = 'better' | 'worse' | 'no evidence';

/** Below this a p value counts as evidence. */
export const significanceLevel = 0.05;

/**
 * @param interval of the difference, 95 %; negative is better
 * @param pValue of no difference; NaN where it cannot be told, and then there is no evidence; null where no test was
 *   made, and the interval alone decides
 */
export function verdict(interval: Interval, pValue: number | null): Verdict {
  if (pValue !== null && !(pValue < significanceLevel)) return 'no evidence';
  if (interval.high < 0) return 'better';
  return interval.low > 0 ? 'worse' : 'no evidence';
}
