/**
 * Scores of quantiles and of intervals between them. Unit of the variable; smaller is better.
 *   quantile (pinball) score   (1{y < q} − τ)(q − y), not doubled (Koenker & Bassett 1978)
 *   interval score of l … u    (u − l) + (2/α)(l − y)₊ + (2/α)(y − u)₊, 1 − α the nominal coverage
 *                              (Gneiting & Raftery 2007, doi:10.1198/016214506000001437, eq. 43)
 *   CRPS of quantile forecasts 2/K Σ_k quantile score at τ_k: the CRPS as an integral over τ (Laio & Tamea 2007,
 *                              doi:10.5194/hess-11-1267-2007), exact for the M quantiles τ = (2i − 1)/2M of M members
 * Quantiles of members are those of type 7 of Hyndman & Fan 1996, doi:10.1080/00031305.1996.10473566: linear between
 * order statistics, p = 0 the least and p = 1 the greatest member; the default of numpy and R.
 */
import { internalError } from '../../core/errors.js';

/** @param level τ within 0 … 1 */
export function quantileScore(quantile: number, observed: number, level: number): number {
  const error = quantile - observed;
  return (error > 0 ? 1 - level : -level) * error;
}

/**
 * Type-7 quantile.
 * @param sorted the first `count` values are read, and rise
 * @param probability 0 … 1
 */
export function quantileOfSorted(
  sorted: ArrayLike<number>,
  probability: number,
  count = sorted.length,
): number {
  const position = probability * (count - 1);
  const low = Math.floor(position);
  const first = sorted[low]!;
  return position > low ? first + (position - low) * (sorted[low + 1]! - first) : first;
}

/**
 * Type-7 quantiles of members.
 * @param members [member], any order; NaN propagates
 * @returns [probability]
 */
export function ensembleQuantiles(
  members: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): Float64Array {
  const sorted = Float64Array.from(members).sort();
  // NaN sorts to the end.
  const missing = sorted.length === 0 || Number.isNaN(sorted[sorted.length - 1]!);
  return Float64Array.from(probabilities, (p) => (missing ? Number.NaN : quantileOfSorted(sorted, p)));
}

/** Quantile score of the members' type-7 quantile. @param members [member] */
export function quantileScoreEnsemble(members: ArrayLike<number>, observed: number, level: number): number {
  return quantileScore(ensembleQuantiles(members, [level])[0]!, observed, level);
}

/** @param nominalCoverage 1 − α, such as 0.8 */
export function intervalScore(
  lower: number,
  upper: number,
  observed: number,
  nominalCoverage: number,
): number {
  const miss = Math.max(0, lower - observed) + Math.max(0, observed - upper);
  return upper - lower + (2 / (1 - nominalCoverage)) * miss;
}

/** 1 where the closed interval holds the observation, else 0: its mean is the coverage. NaN where a value is missing. */
export function covered(lower: number, upper: number, observed: number): number {
  if (Number.isNaN(lower) || Number.isNaN(upper) || Number.isNaN(observed)) return Number.NaN;
  return lower <= observed && observed <= upper ? 1 : 0;
}

/** Interval score of the central interval between the members' type-7 quantiles. @param members [member] */
export function intervalScoreEnsemble(
  members: ArrayLike<number>,
  observed: number,
  nominalCoverage: number,
): number {
  const tail = (1 - nominalCoverage) / 2;
  const [lower, upper] = ensembleQuantiles(members, [tail, 1 - tail]);
  return intervalScore(lower!, upper!, observed, nominalCoverage);
}

/**
 * CRPS from quantile forecasts.
 * @param quantiles [level], unit of the observation
 * @param levels [level], evenly spread within 0 … 1
 * @throws {PlumeError} internal, when lengths do not match
 */
export function crpsOfQuantiles(
  quantiles: ArrayLike<number>,
  levels: ArrayLike<number>,
  observed: number,
): number {
  if (quantiles.length !== levels.length)
    throw internalError(`CRPS of quantiles: ${quantiles.length} quantiles for ${levels.length} levels`);
  let sum = 0;
  for (let k = 0; k < levels.length; k++) sum += quantileScore(quantiles[k]!, observed, levels[k]!);
  return (2 * sum) / levels.length;
}
