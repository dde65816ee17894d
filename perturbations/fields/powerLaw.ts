/**
 * Spectra that are powers of the degree: amplitude of a harmonic ∝ n^p. As red noise (p = −ρ) over all degrees of a grid,
 * and between two degrees, as stochastic backscatter is forced (Berner et al. 2009, J. Atmos. Sci. 66, 603, eq. 5).
 */
import { usageError } from '../../core/errors.js';
import type { Grid } from '../../core/grid.js';
import { maximumDegree } from '../../core/sphere/legendre.js';
import { normalisedAmplitudes, resolvedDegree } from './spectrum.js';

/**
 * Standard deviation of one harmonic by degree, so that the field has variance 1; exactly the degrees asked for.
 * @returns [toDegree + 1]; 0 below fromDegree
 * @throws {PlumeError} usage, for degrees that are none or cannot be computed
 */
export function powerLawAmplitudes(power: number, fromDegree: number, toDegree: number): Float64Array {
  if (!Number.isFinite(power)) {
    throw usageError(
      `power of the spectrum is ${power}; it must be a number: amplitude of degree n ∝ n^power`,
    );
  }
  const whole = (degree: number): boolean => Number.isInteger(degree) && degree >= 1;
  if (!(whole(fromDegree) && whole(toDegree) && fromDegree <= toDegree)) {
    throw usageError(
      `degrees of the spectrum run from ${fromDegree} to ${toDegree}; they must be whole numbers from 1 on, the first ` +
        'not above the last',
    );
  }
  if (toDegree > maximumDegree) {
    throw usageError(
      `degrees of the spectrum run to ${toDegree}; at most ${maximumDegree} can be computed: choose a lower last degree`,
    );
  }
  return normalisedAmplitudes(
    (n) => (n < fromDegree ? Number.NEGATIVE_INFINITY : 2 * power * Math.log(n)),
    toDegree,
    'none',
  );
}

/**
 * Amplitude of a harmonic ∝ n^(−ρ), so that the field has variance 1.
 * @returns [degree + 1], up to the degree that the grid resolves or below it that which keeps all but 1e-4 of the variance
 * @throws {PlumeError} usage, for a reddening below 0
 */
export function redNoiseAmplitudes(grid: Grid, reddening: number): Float64Array {
  if (!(reddening >= 0 && Number.isFinite(reddening))) {
    throw usageError(
      `reddening of the noise is ${reddening}; it must be 0 (all harmonics alike) or more: 2 is usual`,
    );
  }
  return normalisedAmplitudes((n) => -2 * reddening * Math.log(n), resolvedDegree(grid), 'tail');
}
