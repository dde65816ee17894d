/**
 * Spectrum of a Gaussian random field on the sphere whose correlation is close to exp(−d²/2L²): variance of each
 * harmonic of degree n ∝ exp(−κ n(n + 1)) with κ = ½(L/R)², the kernel of the heat equation after time κ.
 * Palmer et al. 2009, ECMWF Tech. Memo. 598, appendix 8, eqs. 17–18; the shape is Weaver & Courtier's (2001).
 */
import { usageError } from '../../core/errors.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { maximumDegree } from '../../core/sphere/legendre.js';
import { normalisedAmplitudes } from './spectrum.js';

/** Beyond a quarter of the circumference degree 1 is all that is left, and L no longer says how it decays. */
const longestKm = (Math.PI / 2) * earthRadiusKm;

/**
 * Standard deviation of one harmonic (mean square 1 over the sphere) by degree, so that the field has variance 1.
 * @param lengthKm L
 * @returns [degree + 1], the degree being the smallest that keeps all but 1e-4 of the variance; [0] is 0
 * @throws {PlumeError} usage, for a length that is not positive, too long, or needs too high a degree
 */
export function heatKernelAmplitudes(lengthKm: number): Float64Array {
  if (!(lengthKm > 0 && lengthKm <= longestKm)) {
    throw usageError(
      `length scale of the noise is ${lengthKm} km; it must lie above 0 and at most at ${Math.floor(longestKm)} km`,
    );
  }
  const kappa = (lengthKm / earthRadiusKm) ** 2 / 2;
  // Σ_{n>N} (2n+1) e^{−κn(n+1)} is close to e^{−κN²}/κ: at κN² = 40 nothing is left in float64.
  const last = Math.ceil(Math.sqrt(40 / kappa)) + 1;
  const amplitudes = normalisedAmplitudes((n) => -kappa * n * (n + 1), last, 'tail');
  const degree = amplitudes.length - 1;
  if (degree > maximumDegree) {
    throw usageError(
      `length scale of the noise is ${lengthKm} km, which needs harmonics up to degree ${degree}; ` +
        `at most ${maximumDegree} can be computed: choose a longer one`,
    );
  }
  return amplitudes;
}
