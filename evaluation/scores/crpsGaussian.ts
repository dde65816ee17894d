/**
 * CRPS of a normal distribution in closed form:
 *   σ [ z (2Φ(z) − 1) + 2φ(z) − 1/√π ],   z = (y − μ)/σ
 * Gneiting et al. 2005, doi:10.1175/MWR2904.1, eq. 5. σ = 0 is its limit |y − μ|; σ < 0 is no distribution: NaN.
 */
import { normalCentral, normalDensity } from './normal.js';

const inverseRootPi = 1 / Math.sqrt(Math.PI);

/**
 * @param mu mean
 * @param sigma standard deviation ≥ 0, unit of `mu`
 * @param observed unit of `mu`
 * @returns unit of `mu`
 */
export function crpsGaussian(mu: number, sigma: number, observed: number): number {
  if (sigma === 0) return Math.abs(observed - mu);
  if (!(sigma > 0)) return Number.NaN;
  const z = (observed - mu) / sigma;
  return sigma * (z * normalCentral(z) + 2 * normalDensity(z) - inverseRootPi);
}

/** Derivatives of {@link crpsGaussian} with respect to mean and standard deviation. */
export function crpsGaussianGradient(
  mu: number,
  sigma: number,
  observed: number,
): { readonly mu: number; readonly sigma: number } {
  const z = (observed - mu) / sigma;
  return { mu: -normalCentral(z), sigma: 2 * normalDensity(z) - inverseRootPi };
}
