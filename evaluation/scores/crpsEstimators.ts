/**
 * Estimators of the CRPS by every name they go by. Several names are one estimator, by identity (Zamo & Naveau 2018,
 * doi:10.1007/s11004-017-9709-7): the score of the empirical distribution is its energy form, its quantile
 * decomposition and the integral of (F − 1{y ≤ x})²; the probability-weighted-moment form is the fair one.
 */
import { usageError } from '../../core/errors.js';
import { type CrpsEstimator, energyCrps, fairCrps } from './crps.js';

/** α as in AIFS-CRPS (Lang et al. 2024, arXiv:2412.15832): nearly fair, and still finite pressure on every member. */
export const almostFairCrps: CrpsEstimator = { kind: 'almost-fair', alpha: 0.95 };

export const crpsEstimatorNames: Readonly<Record<string, CrpsEstimator>> = {
  fair: fairCrps,
  pwm: fairCrps,
  'almost-fair': almostFairCrps,
  energy: energyCrps,
  nrg: energyCrps,
  ecdf: energyCrps,
  quantile: energyCrps,
  qd: energyCrps,
  integral: energyCrps,
  int: energyCrps,
};

/**
 * @param name one of the keys of {@link crpsEstimatorNames}, or `almost-fair:α` with α within 0 … 1
 * @throws {PlumeError} usage, on any other name
 */
export function crpsEstimatorNamed(name: string): CrpsEstimator {
  const known = Object.hasOwn(crpsEstimatorNames, name) ? crpsEstimatorNames[name] : undefined;
  if (known) return known;
  const alpha = /^almost-fair:(\d*\.?\d+)$/.exec(name)?.[1];
  if (alpha !== undefined && Number(alpha) <= 1) return { kind: 'almost-fair', alpha: Number(alpha) };
  throw usageError(
    `CRPS estimator "${name}" is not known; choose one of ${Object.keys(crpsEstimatorNames).join(', ')} ` +
      'or almost-fair:ALPHA with ALPHA between 0 and 1',
  );
}
