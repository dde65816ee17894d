/**
 * A normal distribution above a threshold: probability and threshold-weighted CRPS in closed form.
 *
 *   twCRPS = ∫_t^∞ (Φ((x − μ)/σ) − 1{y ≤ x})² dx = σ [A(z) − A(l) + A(−z)],
 *   l = (t − μ)/σ,  z = (max(y, t) − μ)/σ,  A(x) = ∫_−∞^x Φ² (scores/normal.ts)
 *
 * Gneiting & Ranjan 2011, doi:10.1198/jbes.2010.08110, eq. 9 with an indicator as weight. It is the CRPS
 * of the normal censored below at t (Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12, appendix A).
 */
import { integralOfSquaredCdf, normalTail } from '../scores/normal.js';

/** Probability of a value above the threshold; σ = 0 is a certain value. */
export function exceedanceGaussian(mu: number, sigma: number, threshold: number): number {
  if (sigma === 0) return mu > threshold ? 1 : 0;
  return normalTail((threshold - mu) / sigma);
}

/**
 * @param mu mean
 * @param sigma standard deviation ≥ 0, unit of `mu`
 * @param threshold unit of `mu`; −∞ gives the CRPS
 * @param observed unit of `mu`; NaN propagates
 * @returns unit of `mu`; NaN where σ < 0
 */
export function twcrpsGaussianAbove(mu: number, sigma: number, threshold: number, observed: number): number {
  const clipped = Math.max(observed, threshold);
  if (sigma === 0) return Math.abs(Math.max(mu, threshold) - clipped);
  if (!(sigma > 0)) return Number.NaN;
  const z = (clipped - mu) / sigma;
  const l = (threshold - mu) / sigma;
  return sigma * (integralOfSquaredCdf(z) - integralOfSquaredCdf(l) + integralOfSquaredCdf(-z));
}
