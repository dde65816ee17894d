/**
 * Ranked probability score over ordered categories: the Brier scores of all "is it in a higher category?" events,
 * summed (not divided by the number of categories less one, as some do). 0 is perfect; no unit.
 *   RPS = Σ_c (P_c − O_c)²,   P, O cumulative probability and outcome
 * Epstein 1969, doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2; from members, fair: Ferro 2014,
 * doi:10.1002/qj.2270. With ever finer thresholds, RPS times their spacing tends to the CRPS.
 */
import { type BrierOptions, brierEnsemble } from './brier.js';

/**
 * @param probabilities [category], in rising order of the categories
 * @param category index of the one that happened
 */
export function rankedProbabilityScore(probabilities: ArrayLike<number>, category: number): number {
  let cumulative = 0;
  let sum = 0;
  for (let c = 0; c < probabilities.length; c++) {
    cumulative += probabilities[c]!;
    sum += (cumulative - (category <= c ? 1 : 0)) ** 2;
  }
  return sum;
}

/**
 * RPS of members sorted into the categories between thresholds.
 * @param members [member]
 * @param thresholds [category − 1], unit of the members
 * @returns NaN where a value is missing, and fair for one member
 */
export function rankedProbabilityEnsemble(
  members: ArrayLike<number>,
  observed: number,
  thresholds: ArrayLike<number>,
  options: BrierOptions = {},
): number {
  let sum = 0;
  for (let t = 0; t < thresholds.length; t++)
    sum += brierEnsemble(members, observed, thresholds[t]!, options);
  return sum;
}
