/**
 * Scores of a gamma distribution with shape α and rate β (mean α/β): precipitation, cloud water.
 *   CRPS = y (2F_α(y) − 1) − (α/β)(2F_{α+1}(y) − 1) − 1 / (β B(½, α))
 * Scheuerer & Möller 2015, doi:10.1214/15-AOAS843, with F the distribution function.
 */
import { gammaln } from 'simple-statistics';
import { logBeta } from '../incompleteBeta.js';
import { gammaLower } from '../incompleteGamma.js';

/**
 * @param shape α > 0
 * @param rate β > 0, one over the unit of the observation
 * @returns unit of the observation; NaN where a parameter is not positive
 */
export function crpsGamma(shape: number, rate: number, observed: number): number {
  if (!(shape > 0 && rate > 0)) return Number.NaN;
  const x = rate * observed;
  const distance =
    observed * (2 * gammaLower(shape, x) - 1) - (shape / rate) * (2 * gammaLower(shape + 1, x) - 1);
  return distance - Math.exp(-logBeta(0.5, shape)) / rate;
}

/** −ln density, nats; Infinity below 0. */
export function logScoreGamma(shape: number, rate: number, observed: number): number {
  if (!(shape > 0 && rate > 0) || Number.isNaN(observed)) return Number.NaN;
  if (observed < 0) return Number.POSITIVE_INFINITY;
  const power = shape === 1 ? 0 : (shape - 1) * Math.log(rate * observed);
  return gammaln(shape) + rate * observed - power - Math.log(rate);
}
