/**
 * The spherical-harmonic transform, triangular truncation T, of many fields at once:
 *   f(λ, φ) = Σ_{m ≤ T} Σ_{n ≤ T + 1} P̄ₙᵐ(sin φ) (cₙᵐ cos mλ + sₙᵐ sin mλ),
 * P̄ of mean square 1 (legendre.ts). The degree T + 1 is one more than fields hold: the winds of a field of degree T,
 * times cos φ, reach it (vectorCalculus.ts).
 *
 * Spectra are [coefficient, 2 (cos, sin), field], coefficients ordered by m, then n; grids are [lat, lon, field], rows
 * north → south, columns from 0° eastward. Fields are innermost: a column of the atmosphere is contiguous. They are taken
 * eight at a time: batches of a multiple of eight, in arrays from `allocate`, are a quarter faster than others.
 *
 * Two kinds of grid. Gaussian latitudes analyze by quadrature (Eliasen, Machenhauer & Rasmussen 1970; Orszag 1970).
 * Regular ones, with both poles, are too few for a quadrature; the least-squares inverse of synthesis, order by order,
 * is exact for fields of degree ≤ T all the same (Swarztrauber & Spotz 2000, J. Comput. Phys. 159, 213–230).
 */
import { usageError } from '../errors.js';
import { isFourierLength, planFourier } from './fourier.js';
import { type LatitudeKind, type Latitudes, makeLatitudes } from './latitudes.js';
import { maximumDegree } from './legendre.js';
import { plainKernels, scratchLengths, type TransformKernels } from './plainKernels.js';
import { firstCoefficient, type Inverse, makeTables, tableSize } from './transformTables.js';
import { hasWasmKernels, wasmKernels } from './wasmKernels.js';

export type { LatitudeKind } from './latitudes.js';

export interface SphericalTransform {
  /** T, triangular. */
  readonly truncation: number;
  /** Number of (m, n), 0 ≤ m ≤ T and m ≤ n ≤ T + 1, ordered by m, then n. */
  readonly coefficients: number;
  /** m of every coefficient. */
  readonly orders: Int32Array;
  /** n of every coefficient. */
  readonly degrees: Int32Array;
  /** sin φ of rows, north → south. */
  readonly sines: Float64Array;
  /** cos φ of rows, exactly 0 at poles. */
  readonly cosines: Float64Array;
  /** Quadrature weights of rows, sum 2. */
  readonly weights: Float64Array;
  /** Number of columns, evenly spaced from 0. */
  readonly longitudes: number;
  /**
   * Degrees up to T + 1; sines of m = 0 are not looked at.
   * @param spectral [coefficient, 2, field]
   * @param grid out, [lat, lon, field]
   */
  synthesize(spectral: Float64Array, fields: number, grid: Float64Array): void;
  /**
   * Degrees up to T + 1 from Gaussian rows; up to T from regular ones, T + 1 left zero. Sines of m = 0 come out zero.
   * @param grid [lat, lon, field]
   * @param spectral out, [coefficient, 2, field]
   */
  analyze(grid: Float64Array, fields: number, spectral: Float64Array): void;
  /**
   * Zeros that this transform works on in place, where any other array is copied in and out. They live as long as the
   * transform: for arrays that are used again and again.
   */
  allocate(length: number): Float64Array;
  /** What holds the arrays of `allocate`, at their byteOffset, for other kernels to work on; null in TypeScript. */
  readonly memory: WebAssembly.Memory | null;
}

export interface TransformOptions {
  readonly truncation: number;
  readonly latitudes: LatitudeKind;
  readonly rows: number;
  readonly columns: number;
  /** Default: WebAssembly where it is built, else TypeScript; both give the same numbers to the bit. */
  readonly kernels?: 'typescript' | 'wasm';
}

/** Tables of one transform take no more than this. */
const maximumTableBytes = 512 * 2 ** 20;

/** @throws {PlumeError} usage, when the truncation does not fit the grid, saying what fits */
export function makeTransform(options: TransformOptions): SphericalTransform {
  const { truncation, columns } = options;
  requireFit(options);
  const latitudes = makeLatitudes(options.latitudes, options.rows);
  const coefficients = firstCoefficient(truncation, truncation) + 2;
  const orders = new Int32Array(coefficients);
  const degrees = new Int32Array(coefficients);
  for (let m = 0; m <= truncation; m++) {
    for (let n = m; n <= truncation + 1; n++) {
      orders[firstCoefficient(m, truncation) + n - m] = m;
      degrees[firstCoefficient(m, truncation) + n - m] = n;
    }
  }
  const inverse = inverseOf(options.latitudes);
  const kernels = transformKernels(truncation, latitudes, columns, inverse, options.kernels);
  return {
    truncation,
    coefficients,
    orders,
    degrees,
    ...latitudes,
    longitudes: columns,
    synthesize(spectral, fields, grid) {
      requireLengths(spectral, fields, grid);
      kernels.synthesize(spectral, fields, grid);
    },
    analyze(grid, fields, spectral) {
      requireLengths(spectral, fields, grid);
      kernels.analyze(grid, fields, spectral);
    },
    allocate: kernels.allocate,
    memory: kernels.memory,
  };

  function requireLengths(spectral: Float64Array, fields: number, grid: Float64Array): void {
    const points = options.rows * columns;
    if (
      !(Number.isInteger(fields) && fields > 0) ||
      spectral.length !== 2 * coefficients * fields ||
      grid.length !== points * fields
    ) {
      throw usageError(
        `transform of ${fields} fields: ${spectral.length} spectral and ${grid.length} grid values, expected ` +
          `${coefficients} × 2 × ${fields} and ${options.rows} × ${columns} × ${fields}`,
      );
    }
  }
}

/**
 * The bare kernels for rows that mirror at the equator, without checks.
 * @param inverse how to analyze; 'none' for synthesis only
 */
export function transformKernels(
  truncation: number,
  latitudes: Latitudes,
  columns: number,
  inverse: Inverse,
  kind: 'typescript' | 'wasm' = hasWasmKernels() ? 'wasm' : 'typescript',
): TransformKernels {
  const makeKernels = kind === 'wasm' ? wasmKernels : plainKernels;
  return makeKernels({
    truncation,
    rows: latitudes.sines.length,
    makeTables: (allocate) => makeTables(truncation, latitudes, columns, inverse, allocate),
    fourier: planFourier(columns),
  });
}

/** Bytes that these kernels hold: tables, and what they work in. */
export function kernelBytes(truncation: number, rows: number, columns: number, inverse: Inverse): number {
  const { waves, packed, batch } = scratchLengths(truncation, rows, columns);
  // a Fourier plan of N points has N − 1 twiddles
  const numbers = tableSize(truncation, rows, inverse) + waves + packed + 2 * batch + 2 * (columns - 1);
  return 8 * numbers;
}

/**
 * The smallest grid on which products of two fields of degree ≤ T are analyzed without aliasing: at least (3T + 1)/2
 * Gaussian rows and 3T + 1 columns, of a length that the Fourier transform likes. T31: 48 × 96; T42: 64 × 128.
 */
export function gaussianSize(truncation: number): { rows: number; columns: number } {
  let columns = 4 * Math.ceil((3 * truncation + 1) / 4);
  while (!isFourierLength(columns) || columns < 2 * (truncation + 2)) columns += 4;
  return { rows: columns / 2, columns };
}

/** Rows with both poles and columns that resolve T, in steps that halve: T21 and T31: 33 × 64; T42: 65 × 128. */
export function regularSize(truncation: number): { rows: number; columns: number } {
  let half = 2;
  while (half <= truncation) half *= 2;
  return { rows: half + 1, columns: 2 * half };
}

function inverseOf(latitudes: LatitudeKind): Inverse {
  return latitudes === 'gaussian' ? 'quadrature' : 'leastSquares';
}

function requireFit({ truncation, latitudes, rows, columns }: TransformOptions): void {
  if (!(Number.isInteger(truncation) && truncation >= 1 && truncation < maximumDegree)) {
    throw usageError(
      `truncation T${truncation}: expected a whole number from 1 to ${maximumDegree - 1}, such as 21, 31, 42 or 63`,
    );
  }
  const size = latitudes === 'gaussian' ? gaussianSize(truncation) : regularSize(truncation);
  if (
    !(Number.isInteger(rows) && rows >= truncation + 2) ||
    !(Number.isInteger(columns) && columns >= 2 * truncation + 1)
  ) {
    const most = Math.min(Math.floor(rows) - 2, Math.ceil(columns / 2) - 1);
    throw usageError(
      `truncation T${truncation} does not fit a ${latitudes} grid of ${rows} × ${columns}: it needs at least ` +
        `${truncation + 2} rows and ${2 * truncation + 1} columns; ` +
        `${most >= 1 ? `that grid carries up to T${most}, and ` : ''}T${truncation} goes with ${size.rows} × ${size.columns}`,
    );
  }
  if (!isFourierLength(columns)) {
    throw usageError(
      `grid of ${rows} × ${columns}: the number of columns must be a product of 2, 3 and 5; ` +
        `T${truncation} goes with ${size.rows} × ${size.columns}`,
    );
  }
  const bytes = 8 * tableSize(truncation, rows, inverseOf(latitudes));
  if (bytes > maximumTableBytes) {
    throw usageError(
      `truncation T${truncation} on ${rows} × ${columns} needs ${Math.ceil(bytes / 2 ** 20)} MiB of Legendre tables, ` +
        `more than ${maximumTableBytes / 2 ** 20} MiB: choose a lower truncation`,
    );
  }
}
