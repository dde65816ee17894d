/**
 * A field on a latitude–longitude grid, global or regional, from the coefficients of its real spherical harmonics:
 *   f(λ, φ) = Σₘ Σₙ P̄ₙᵐ(sin φ) (cₙᵐ cos mλ + sₙᵐ sin mλ),
 * row by row: first the sums over n for every m, then the sum over m at every longitude. A grid's own rows and
 * columns are used, so a region has the same field as the globe around it.
 */
import { usageError } from '../errors.js';
import { describeGrid, type Grid } from '../grid.js';
import { coefficientCount, legendre, orderOffset } from './legendre.js';

/** Tables of one grid and degree take no more than this. */
const maximumTableBytes = 512 * 2 ** 20;

export interface Synthesis {
  readonly degree: number;
  /**
   * @param coefficients [2, coefficientCount(degree)]: cosines, then sines; each ordered by m, then n = m … degree
   * @param out [lat, lon]
   */
  evaluate(coefficients: Float64Array, out: Float32Array | Float64Array): void;
}

/** @throws {PlumeError} usage, when the tables of the grid and degree would not fit */
export function makeSynthesis(grid: Grid, degree: number): Synthesis {
  const { latitudes, longitudes } = grid;
  const nlat = latitudes.length;
  const nlon = longitudes.length;
  const count = coefficientCount(degree);
  const waves = 2 * (degree + 1);
  const bytes = 8 * (nlat * count + nlon * waves);
  if (bytes > maximumTableBytes) {
    throw usageError(
      `spherical harmonics up to degree ${degree} on ${describeGrid(grid)} need ${Math.ceil(bytes / 2 ** 20)} MiB ` +
        `of tables, more than ${maximumTableBytes / 2 ** 20} MiB: choose a longer length scale or a coarser grid`,
    );
  }
  const radians = Math.PI / 180;
  const functions = new Float64Array(nlat * count);
  for (let row = 0; row < nlat; row++) {
    const latitude = Math.max(-90, Math.min(90, latitudes[row]!));
    // cos 90° is 0, not 6e-17: the pole is one point.
    const cosine = Math.abs(latitude) === 90 ? 0 : Math.cos(latitude * radians);
    legendre(Math.sin(latitude * radians), cosine, degree, functions, row * count);
  }
  // [lon, 2, degree + 1]: cos mλ, then sin mλ. m·λ is reduced in degrees, where whole turns are exact:
  // −90°E and 270°E are the same to the bit.
  const trigonometry = new Float64Array(nlon * waves);
  for (let column = 0; column < nlon; column++) {
    for (let m = 0; m <= degree; m++) {
      const angle = ((((m * longitudes[column]!) % 360) + 360) % 360) * radians;
      trigonometry[column * waves + m] = Math.cos(angle);
      trigonometry[column * waves + degree + 1 + m] = Math.sin(angle);
    }
  }
  const rowWaves = new Float64Array(waves);

  return {
    degree,
    evaluate(coefficients, out) {
      for (let row = 0; row < nlat; row++) {
        for (let m = 0; m <= degree; m++) {
          let cosine = 0;
          let sine = 0;
          const from = orderOffset(m, degree);
          const length = degree + 1 - m;
          const at = row * count + from;
          for (let i = 0; i < length; i++) {
            const p = functions[at + i]!;
            cosine += p * coefficients[from + i]!;
            sine += p * coefficients[count + from + i]!;
          }
          rowWaves[m] = cosine;
          rowWaves[degree + 1 + m] = sine;
        }
        for (let column = 0; column < nlon; column++) {
          out[row * nlon + column] = dot(rowWaves, trigonometry, column * waves);
        }
      }
    },
  };
}

/** Σ a[i] b[offset + i] over all of a, whose length is even; two sums at once keep the adders busy. */
function dot(a: Float64Array, b: Float64Array, offset: number): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i < a.length; i += 2) {
    even += a[i]! * b[offset + i]!;
    odd += a[i + 1]! * b[offset + i + 1]!;
  }
  return even + odd;
}
