/**
 * CRPS of normal distributions that end at a lower bound, for quantities that cannot fall below it:
 *   censored   all probability below the bound sits on it as a point mass (precipitation)
 *   truncated  the density above the bound is scaled up to one (wind speed)
 * With z = (y − μ)/σ, l = (bound − μ)/σ and G(z) = ∫_{−∞}^{z} Φ² (normal.ts), for y ≥ bound
 *   censored   σ [G(z) − G(l) + G(−z)]
 *   truncated  σ [z + 2(φ(z) − zQ(z))/Q(l) − G′(l)],   G′(l) = Q(√2 l)/(√π Q(l)²),  Q = 1 − Φ
 * and below the bound its distance to the bound more. The second equals the form of Thorarinsdottir & Gneiting 2010,
 * doi:10.1111/j.1467-985X.2009.00616.x, without that form's division by Q(l)², which loses all digits when
 * the bound lies far above the mean. The first: Jordan, Krüger
 * & Lerch 2019, doi:10.18637/jss.v090.i12, appendix A.
 */
import { integralOfSquaredCdf, millsRatio, normalDensity, normalTail } from '../normal.js';

const rootPi = Math.sqrt(Math.PI);

/**
 * @param mu, sigma mean and standard deviation of the normal before it is cut; sigma > 0
 * @param observed unit of `mu`
 * @param bound default 0
 * @returns unit of `mu`; NaN where sigma < 0; the distance to the point max(mu, bound) where sigma = 0
 */
export function crpsCensoredNormal(mu: number, sigma: number, observed: number, bound = 0): number {
  if (sigma === 0) return Math.abs(observed - Math.max(mu, bound));
  if (!(sigma > 0)) return Number.NaN;
  const z = (observed - mu) / sigma;
  const l = (bound - mu) / sigma;
  const inside = Math.max(z, l);
  const part =
    integralOfSquaredCdf(inside) - integralOfSquaredCdf(l) + integralOfSquaredCdf(-inside) + (inside - z);
  return sigma * part;
}

/** As {@link crpsCensoredNormal}, for the truncated distribution. */
export function crpsTruncatedNormal(mu: number, sigma: number, observed: number, bound = 0): number {
  if (sigma === 0) return Math.abs(observed - Math.max(mu, bound));
  if (!(sigma > 0)) return Number.NaN;
  const z = (observed - mu) / sigma;
  const l = (bound - mu) / sigma;
  const inside = Math.max(z, l);
  return sigma * (inside + 2 * tailIntegral(inside, l) - pairTerm(l) + (inside - z));
}

/** ∫_z^∞ Q / Q(l) for z ≥ l. */
function tailIntegral(z: number, l: number): number {
  if (l < 3) return (normalDensity(z) - z * normalTail(z)) / normalTail(l);
  // φ(z)/Q(l) = exp((l² − z²)/2) / M(l): neither factor vanishes.
  return (Math.exp(((l - z) * (l + z)) / 2) * (1 - z * millsRatio(z))) / millsRatio(l);
}

/** Q(√2 l) / (√π Q(l)²); by Mills' ratios M where the tails vanish: √2 M(√2 l) / M(l)². */
function pairTerm(l: number): number {
  if (l < 3) return normalTail(Math.SQRT2 * l) / (rootPi * normalTail(l) ** 2);
  return (Math.SQRT2 * millsRatio(Math.SQRT2 * l)) / millsRatio(l) ** 2;
}
