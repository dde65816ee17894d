/**
 * Spectrum of a Matérn field on the sphere: the covariance operator (−Δ + τ²)^(−α) of the unit sphere has variance
 * ∝ (n(n + 1) + τ²)^(−α) for every harmonic of degree n. Lindgren, Rue & Lindström 2011, J. R. Stat. Soc. B 73, 423, § 3.1;
 * without degree 0, as in GaussianRandomFieldS2 of torch-harmonics and SphericalGaussian of earth2studio.
 */
import { usageError } from '../../core/errors.js';
import type { Grid } from '../../core/grid.js';
import { normalisedAmplitudes, resolvedDegree } from './spectrum.js';

/**
 * Standard deviation of one harmonic by degree, so that the field has variance 1.
 * @param alpha above 1, where the variance is finite however fine the grid
 * @returns [degree + 1], up to the degree that the grid resolves or below it that which keeps all but 1e-4 of the variance
 * @throws {PlumeError} usage, for parameters out of range
 */
export function maternAmplitudes(grid: Grid, alpha: number, tau: number): Float64Array {
  if (!(alpha > 1 && Number.isFinite(alpha))) {
    throw usageError(
      `alpha of the Matérn field is ${alpha}; it must be above 1, or the variance would grow with the grid's ` +
        'resolution: 2 is usual',
    );
  }
  if (!(tau >= 0 && Number.isFinite(tau))) {
    throw usageError(
      `tau of the Matérn field is ${tau}; it must be 0 or more, the degree above which amplitudes fall: 3 is usual`,
    );
  }
  const squared = tau * tau;
  return normalisedAmplitudes((n) => -alpha * Math.log(n * (n + 1) + squared), resolvedDegree(grid), 'tail');
}
