/**
 * Scores of Student's t distribution with location, scale and ν > 1 degrees of freedom: the predictive
 * distribution of a normal whose variance is itself uncertain. With z the standardised observation,
 *   CRPS / scale = z (2F(z) − 1) + 2 f(z) (ν + z²)/(ν − 1) − 2√ν B(½, ν − ½) / ((ν − 1) B(½, ν/2)²)
 * Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12, appendix A.
 */
import { logBeta, studentCdf, studentTail } from '../incompleteBeta.js';

/**
 * @param scale > 0, unit of the observation; not the standard deviation, which is scale · √(ν/(ν − 2))
 * @returns unit of the observation; NaN where ν ≤ 1 (no mean) or scale ≤ 0
 */
export function crpsStudentT(
  degreesOfFreedom: number,
  location: number,
  scale: number,
  observed: number,
): number {
  const nu = degreesOfFreedom;
  if (!(nu > 1 && scale > 0)) return Number.NaN;
  const z = (observed - location) / scale;
  const central = studentCdf(z, nu) - studentTail(z, nu);
  const density = Math.exp(-logScoreStudentT(nu, 0, 1, z));
  const pairs = (2 * Math.sqrt(nu) * Math.exp(logBeta(0.5, nu - 0.5) - 2 * logBeta(0.5, nu / 2))) / (nu - 1);
  return scale * (z * central + (2 * density * (nu + z * z)) / (nu - 1) - pairs);
}

/** −ln density, nats; for every ν > 0. */
export function logScoreStudentT(
  degreesOfFreedom: number,
  location: number,
  scale: number,
  observed: number,
): number {
  const nu = degreesOfFreedom;
  if (!(nu > 0 && scale > 0)) return Number.NaN;
  const z = (observed - location) / scale;
  return (
    logBeta(0.5, nu / 2) + 0.5 * Math.log(nu) + Math.log(scale) + ((nu + 1) / 2) * Math.log1p((z * z) / nu)
  );
}
