/**
 * Scores of a logistic distribution, F(z) = 1/(1 + e^{−z}): like the normal with heavier tails.
 *   CRPS / scale = z − 2 ln F(z) − 1 = |z| + 2 ln(1 + e^{−|z|}) − 1
 * Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12, appendix A; the second form is even in z and never overflows.
 */

/**
 * @param scale > 0; the standard deviation is scale · π/√3
 * @returns unit of the observation; NaN where scale is not positive
 */
export function crpsLogistic(location: number, scale: number, observed: number): number {
  if (!(scale > 0)) return Number.NaN;
  const z = Math.abs(observed - location) / scale;
  return scale * (z + 2 * Math.log1p(Math.exp(-z)) - 1);
}

/** −ln density, nats. */
export function logScoreLogistic(location: number, scale: number, observed: number): number {
  if (!(scale > 0)) return Number.NaN;
  const z = Math.abs(observed - location) / scale;
  return z + 2 * Math.log1p(Math.exp(-z)) + Math.log(scale);
}
