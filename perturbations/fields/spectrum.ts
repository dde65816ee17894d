/**
 * Amplitude spectra of isotropic random fields on the sphere: a field whose harmonics of degree n (real ones of mean
 * square 1 over the sphere, core/sphere/legendre.ts) are independent with standard deviation σₙ has variance
 * Σ (2n + 1) σₙ² at every point and correlation Σ (2n + 1) σₙ² Pₙ(cos d/R), by the addition theorem: no grid enters.
 * Schoenberg 1942, Duke Math. J. 9, 96; Weaver & Courtier 2001, Q. J. R. Meteorol. Soc. 127, 1815, eqs. 4–7.
 * Degree 0 has none: the field's mean over the sphere is zero at all times.
 */
import { usageError } from '../../core/errors.js';
import { type Grid, wrapsInLongitude } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { maximumDegree } from '../../core/sphere/legendre.js';

/** Share of the variance that may be cut off with the degrees left out. */
const droppedShare = 1e-4;

/**
 * Standard deviation of one harmonic by degree, Σ (2n + 1) σₙ² = 1.
 * @param logVariance ln σₙ² but for a constant, n ≥ 1
 * @param last highest degree
 * @param cut 'tail' leaves out the highest degrees that hold less than 1e-4 of the variance together
 * @returns [degree + 1]; [0] is 0
 */
export function normalisedAmplitudes(
  logVariance: (n: number) => number,
  last: number,
  cut: 'tail' | 'none',
): Float64Array {
  const share = (n: number): number => (2 * n + 1) * Math.exp(logVariance(n));
  const sumTo = (degree: number): number => {
    let sum = 0;
    for (let n = degree; n >= 1; n--) sum += share(n);
    return sum;
  };
  const allowed = cut === 'tail' ? droppedShare * sumTo(last) : 0;
  let degree = last;
  for (let tail = share(last); degree > 1 && tail < allowed; tail += share(degree)) degree--;
  const root = Math.sqrt(sumTo(degree));
  return Float64Array.from({ length: degree + 1 }, (_, n) =>
    n === 0 ? 0 : Math.exp(logVariance(n) / 2) / root,
  );
}

/** Correlation of a field of variance 1 at a distance: Σ (2n + 1) σₙ² Pₙ(cos d/R). */
export function correlationAt(amplitudes: Float64Array, distanceKm: number): number {
  const x = Math.cos(distanceKm / earthRadiusKm);
  let before = 1;
  let legendre = x;
  let sum = amplitudes[0]! ** 2;
  for (let n = 1; n < amplitudes.length; n++) {
    sum += (2 * n + 1) * amplitudes[n]! ** 2 * legendre;
    const next = ((2 * n + 1) * x * legendre - n * before) / (n + 1);
    before = legendre;
    legendre = next;
  }
  return sum;
}

/**
 * Highest degree that a grid's spacing resolves, two points a wave and one more: 31 for 64 columns around the globe. A
 * region has that of the globe around it.
 * @throws {PlumeError} usage, when the grid is a single point and resolves nothing
 */
export function resolvedDegree(grid: Grid): number {
  const { latitudes, longitudes } = grid;
  const spacings: number[] = [];
  if (latitudes.length > 1) spacings.push((latitudes[0]! - latitudes.at(-1)!) / (latitudes.length - 1));
  if (wrapsInLongitude(grid)) spacings.push(360 / longitudes.length);
  else if (longitudes.length > 1)
    spacings.push((longitudes.at(-1)! - longitudes[0]!) / (longitudes.length - 1));
  if (spacings.length === 0) {
    throw usageError(
      'spectrum of a random field up to the degree of its grid: the grid is a single point, which has none; ' +
        'choose a noise with a length scale',
    );
  }
  const columns = Math.round(360 / Math.max(...spacings));
  return Math.max(1, Math.min(Math.ceil(columns / 2) - 1, maximumDegree));
}
