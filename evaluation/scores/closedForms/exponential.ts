/**
 * Scores of an exponential distribution of rate λ (mean 1/λ) on x ≥ 0.
 *   CRPS = |y| − 2F(y)/λ + 1/(2λ)
 * Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12, appendix A.
 */

/**
 * @param rate > 0, one over the unit of the observation
 * @returns unit of the observation; NaN where the rate is not positive
 */
export function crpsExponential(rate: number, observed: number): number {
  if (!(rate > 0)) return Number.NaN;
  const cdf = observed < 0 ? 0 : -Math.expm1(-rate * observed);
  return Math.abs(observed) - (2 * cdf - 0.5) / rate;
}

/** −ln density, nats; Infinity below 0. */
export function logScoreExponential(rate: number, observed: number): number {
  if (!(rate > 0) || Number.isNaN(observed)) return Number.NaN;
  return observed < 0 ? Number.POSITIVE_INFINITY : rate * observed - Math.log(rate);
}
