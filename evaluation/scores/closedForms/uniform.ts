/**
 * Scores of a uniform distribution between two bounds. With z the observation's place between them (0 … 1) and
 * F = z kept within 0 … 1,  CRPS / width = |z − F| + F² − F + ⅓
 * Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12, appendix A.
 */

/** @returns unit of the observation; NaN unless lower < upper */
export function crpsUniform(lower: number, upper: number, observed: number): number {
  const width = upper - lower;
  if (!(width > 0)) return Number.NaN;
  const z = (observed - lower) / width;
  const f = Math.min(1, Math.max(0, z));
  return width * (Math.abs(z - f) + f * f - f + 1 / 3);
}

/** −ln density, nats: ln of the width between the bounds, Infinity outside. */
export function logScoreUniform(lower: number, upper: number, observed: number): number {
  if (!(upper > lower) || Number.isNaN(observed)) return Number.NaN;
  return observed >= lower && observed <= upper ? Math.log(upper - lower) : Number.POSITIVE_INFINITY;
}
