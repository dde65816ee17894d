/**
 * Where the spread comes from: the law of total variance over K weight samples × J noise streams.
 *
 *   within  W = mean_k s²_k          s²_k = Σ_j (x_kj − x̄_k)² / (J − 1)
 *   between B = var_k(x̄_k)           with 1 / (K − 1)
 *   aleatoric = W,   epistemic = max(0, B − W / J)
 *
 * The mean of J noisy members varies between weight samples even where the weights agree, by W / J: what is
 * left after taking that off is the weights' own share (random-effects analysis of variance, Searle, Casella
 * & McCulloch 1992, §3.6). The estimate is unbiased before the cut at 0 and not after it, so the number of
 * cut points is returned: where it is large, the epistemic variance is at the noise level of K × J members.
 * Members lie as [weight sample, noise stream, point] (member m = k·J + j); variances as [point], unit squared.
 */
import { internalError } from '../errors.js';
import { type FloatArray, requireMembers } from './moments.js';

export interface NestedDesign {
  /** K ≥ 1. */
  readonly weightSamples: number;
  /** J ≥ 1. */
  readonly noiseStreams: number;
}

/**
 * Splits the variance of a nested ensemble at every point.
 *
 * With J = 1 the two sources cannot be told apart, with K = 1 nothing is known of the weights: what cannot
 * be estimated is NaN, never 0. (K = 1: aleatoric only. J = 1: neither.)
 * @param members [K, J, point]; NaN propagates
 * @param epistemic [point], written, unit squared
 * @param aleatoric [point], written, unit squared
 * @param negative what becomes of a negative epistemic estimate: cut to 0 at its point (for maps), or kept, for
 *   means over many points and dates, which only stay unbiased if the cut comes after the averaging
 * @returns number of points whose epistemic estimate was negative
 * @throws {PlumeError} internal, when the lengths do not match
 */
export function decomposeVariance(
  members: FloatArray,
  design: NestedDesign,
  epistemic: FloatArray,
  aleatoric: FloatArray,
  negative: 'cut' | 'keep' = 'cut',
): number {
  const { weightSamples: K, noiseStreams: J } = design;
  const points = epistemic.length;
  requireMembers(members.length, K * J, points);
  if (aleatoric.length !== points)
    throw internalError('decomposition: epistemic and aleatoric differ in length');
  let clipped = 0;
  for (let point = 0; point < points; point++) {
    let within = 0;
    let meanOfMeans = 0;
    let squaresOfMeans = 0;
    for (let k = 0; k < K; k++) {
      const first = k * J * points + point;
      const end = first + J * points;
      let sum = 0;
      for (let i = first; i < end; i += points) sum += members[i]!;
      const centre = sum / J;
      let squares = 0;
      for (let i = first; i < end; i += points) squares += (members[i]! - centre) ** 2;
      within += squares;
      // Welford's update over k: the K means need no storage.
      const delta = centre - meanOfMeans;
      meanOfMeans += delta / (k + 1);
      squaresOfMeans += delta * (centre - meanOfMeans);
    }
    const aleatoricHere = J > 1 ? within / (K * (J - 1)) : Number.NaN;
    const unclipped = K > 1 ? squaresOfMeans / (K - 1) - aleatoricHere / J : Number.NaN;
    if (unclipped < 0) clipped++;
    aleatoric[point] = aleatoricHere;
    epistemic[point] = negative === 'cut' ? Math.max(unclipped, 0) : unclipped;
  }
  return clipped;
}
