/**
 * A field on a latitude–longitude grid, global or regional, from the coefficients of its real spherical harmonics:
 *   f(λ, φ) = Σₘ Σₙ P̄ₙᵐ(sin φ) (cₙᵐ cos mλ + sₙᵐ sin mλ).
 * A global grid with even columns has it from the transform (sphericalTransform.ts), of as many times its columns as
 * resolve all orders. Any other is summed directly, row by row: first over n for every m, then over m at every longitude.
 * Either way a grid's own rows and columns are used, so a region has the same field as the globe around it.
 * Tables are made with the first field: what is created to be checked alone does not hold them.
 */
import { usageError } from '../errors.js';
import { describeGrid, type Grid } from '../grid.js';
import { isFourierLength } from './fourier.js';
import type { Latitudes } from './latitudes.js';
import { coefficientCount, legendre, orderOffset } from './legendre.js';
import { blockWidth } from './plainKernels.js';
import { kernelBytes, transformKernels } from './sphericalTransform.js';
import { firstCoefficient } from './transformTables.js';

/** Tables of one grid and degree take no more than this: a quarter of a degree has all the harmonics that it shows. */
const maximumTableBytes = 1024 * 2 ** 20;

export interface Synthesis {
  readonly degree: number;
  /** What is held from the first field on: tables, and what fields are made in. */
  readonly memoryBytes: number;
  /**
   * @param coefficients [2, coefficientCount(degree)]: cosines, then sines; each ordered by m, then n = m … degree
   * @param out [lat, lon]
   */
  evaluate(coefficients: Float64Array, out: Float32Array | Float64Array): void;
  /**
   * Many fields, each the same to the bit as by itself.
   * @param coefficients [field, 2, coefficientCount(degree)]
   * @param out [field, lat, lon], from `offset` on (default 0)
   */
  evaluateMany(
    coefficients: Float64Array,
    fields: number,
    out: Float32Array | Float64Array,
    offset?: number,
  ): void;
}

export interface SynthesisOptions {
  /** Highest order m of all coefficients that are not 0, degree or degree − 1, as of winds (default: degree). */
  readonly orders?: number;
}

/** @throws {PlumeError} usage, when the tables of the grid and degree would not fit */
export function makeSynthesis(grid: Grid, degree: number, options: SynthesisOptions = {}): Synthesis {
  const { orders = degree } = options;
  const byTransform = suitsTransform(grid, orders);
  const memoryBytes = byTransform ? transformBytes(grid, orders) : sumsBytes(grid, degree);
  if (memoryBytes > maximumTableBytes) {
    throw usageError(
      `spherical harmonics up to degree ${degree} on ${describeGrid(grid)} need ${Math.ceil(memoryBytes / 2 ** 20)} MiB ` +
        `of tables, more than ${maximumTableBytes / 2 ** 20} MiB: choose a longer length scale, a steeper spectrum or a coarser grid`,
    );
  }
  let made: EvaluateMany | undefined;
  const evaluateMany: EvaluateMany = (...fields) => {
    made ??= byTransform ? synthesisByTransform(grid, degree, orders) : synthesisBySums(grid, degree);
    made(...fields);
  };
  return {
    degree,
    memoryBytes,
    evaluate: (coefficients, out) => evaluateMany(coefficients, 1, out),
    evaluateMany,
  };
}

type EvaluateMany = Synthesis['evaluateMany'];

function transformBytes({ latitudes, longitudes }: Grid, orders: number): number {
  const columns = columnSpacing(longitudes.length, orders) * longitudes.length;
  const batch = batchLengths(orders, columns);
  return (
    kernelBytes(orders, latitudes.length, columns, 'none') +
    8 * (batch.spectral + 2 * batch.row + 2 * (orders + 1))
  );
}

/** Of columns that lie closer, to resolve all orders, every so many'th is the grid's. */
function columnSpacing(columns: number, orders: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2((2 * orders + 1) / columns)));
}

/** Eight fields: [coefficient, 2, field], and [lon, field] of a row. */
function batchLengths(orders: number, columns: number): { spectral: number; row: number } {
  return { spectral: 2 * (firstCoefficient(orders, orders) + 2) * blockWidth, row: columns * blockWidth };
}

function sumsBytes({ latitudes, longitudes }: Grid, degree: number): number {
  return 8 * (latitudes.length * coefficientCount(degree) + 2 * (longitudes.length + 1) * (degree + 1));
}

/** Rows that mirror at the equator, columns evenly around the globe. */
function suitsTransform({ latitudes, longitudes }: Grid, orders: number): boolean {
  const rows = latitudes.length;
  const columns = longitudes.length;
  return (
    orders >= 1 &&
    columns > 1 &&
    isFourierLength(columns) &&
    latitudes.every((latitude, row) => Math.abs(latitude + latitudes[rows - 1 - row]!) < 1e-9) &&
    longitudes.every((longitude, j) => Math.abs(longitude - longitudes[0]! - (360 * j) / columns) < 1e-6)
  );
}

function synthesisByTransform(grid: Grid, degree: number, orders: number): EvaluateMany {
  const rows = grid.latitudes.length;
  const columns = grid.longitudes.length;
  const spacing = columnSpacing(columns, orders);
  const kernels = transformKernels(orders, latitudesOf(grid), spacing * columns, 'none');
  const count = coefficientCount(degree);
  const points = rows * columns;
  const batch = batchLengths(orders, spacing * columns);
  const spectral = kernels.allocate(batch.spectral);
  // of a row and its mirror
  const north = kernels.allocate(batch.row);
  const south = kernels.allocate(batch.row);
  // The transform's columns start at 0°: the field is turned there.
  const turns = new Float64Array(2 * (orders + 1));
  for (let m = 0; m <= orders; m++) {
    turns[2 * m] = waveAngle(m, grid.longitudes[0]!, Math.cos);
    turns[2 * m + 1] = waveAngle(m, grid.longitudes[0]!, Math.sin);
  }
  return (coefficients, fields, out, offset = 0) => {
    for (let first = 0; first < fields; first += blockWidth) {
      const width = Math.min(blockWidth, fields - first);
      pack(coefficients, 2 * count * first, width);
      kernels.sumDegrees(spectral, width);
      const to = offset + points * first;
      for (let pair = 0; 2 * pair < rows; pair++) {
        const mirror = rows - 1 - pair;
        kernels.sumOrders(pair, width, north, south);
        writeRow(north, width, out, to + pair * columns);
        if (mirror > pair) writeRow(south, width, out, to + mirror * columns);
      }
    }
  };

  /** A row of some fields, [lon, field], to where each field has it. */
  function writeRow(row: Float64Array, width: number, out: Float32Array | Float64Array, to: number): void {
    for (let v = 0; v < width; v++) {
      const at = to + v * points;
      for (let column = 0; column < columns; column++) out[at + column] = row[column * spacing * width + v]!;
    }
  }

  /** Lays coefficients of some fields, turned, into a batch: an order of all of them at a time, which stays in cache. */
  function pack(coefficients: Float64Array, offset: number, width: number): void {
    for (let m = 0; m <= orders; m++) {
      const cosine = turns[2 * m]!;
      const sine = turns[2 * m + 1]!;
      const to = firstCoefficient(m, orders) - m;
      for (let v = 0; v < width; v++) {
        const from = offset + 2 * count * v + orderOffset(m, degree) - m;
        for (let n = m; n <= degree; n++) {
          const c = coefficients[from + n]!;
          const s = coefficients[count + from + n]!;
          spectral[2 * (to + n) * width + v] = c * cosine + s * sine;
          spectral[(2 * (to + n) + 1) * width + v] = s * cosine - c * sine;
        }
      }
      // The transform's degree T + 1; batches of another width leave something else here.
      const top = 2 * (to + orders + 1) * width;
      if (degree === orders) spectral.fill(0, top, top + 2 * width);
    }
  }
}

/** Sines and cosines of a grid's rows; they carry no quadrature. */
function latitudesOf({ latitudes }: Grid): Latitudes {
  const radians = latitudes.map((latitude) => (Math.max(-90, Math.min(90, latitude)) * Math.PI) / 180);
  return {
    sines: radians.map((latitude) => Math.sin(latitude)),
    // cos 90° is 0, not 6e-17: the pole is one point.
    cosines: radians.map((latitude, row) => (Math.abs(latitudes[row]!) >= 90 ? 0 : Math.cos(latitude))),
    weights: new Float64Array(latitudes.length),
  };
}

/** cos or sin of m·λ, reduced in degrees, where whole turns are exact: −90°E and 270°E are the same to the bit. */
export function waveAngle(m: number, longitude: number, wave: (angle: number) => number): number {
  return wave((((((m * longitude) % 360) + 360) % 360) * Math.PI) / 180);
}

function synthesisBySums(grid: Grid, degree: number): EvaluateMany {
  const { sines, cosines } = latitudesOf(grid);
  const { longitudes } = grid;
  const nlat = sines.length;
  const nlon = longitudes.length;
  const count = coefficientCount(degree);
  const waves = 2 * (degree + 1);
  const functions = new Float64Array(nlat * count);
  for (let row = 0; row < nlat; row++) legendre(sines[row]!, cosines[row]!, degree, functions, row * count);
  // [lon, 2, degree + 1]: cos mλ, then sin mλ.
  const trigonometry = new Float64Array(nlon * waves);
  for (let column = 0; column < nlon; column++) {
    for (let m = 0; m <= degree; m++) {
      trigonometry[column * waves + m] = waveAngle(m, longitudes[column]!, Math.cos);
      trigonometry[column * waves + degree + 1 + m] = waveAngle(m, longitudes[column]!, Math.sin);
    }
  }
  const rowWaves = new Float64Array(waves);

  return (coefficients, fields, out, offset = 0) => {
    for (let row = 0; row < nlat; row++) {
      for (let field = 0; field < fields; field++) {
        sumDegrees(coefficients, 2 * count * field, row);
        const to = offset + (field * nlat + row) * nlon;
        let column = 0;
        for (; column + 4 <= nlon; column += 4)
          dots(rowWaves, trigonometry, column * waves, out, to + column);
        for (; column < nlon; column++) out[to + column] = dot(rowWaves, trigonometry, column * waves);
      }
    }
  };

  /** Σₙ P̄ₙᵐ(sin φ) (cₙᵐ, sₙᵐ) of one row for every m. */
  function sumDegrees(coefficients: Float64Array, offset: number, row: number): void {
    for (let m = 0; m <= degree; m++) {
      let cosine = 0;
      let sine = 0;
      const start = orderOffset(m, degree);
      const length = degree + 1 - m;
      const at = row * count + start;
      const from = offset + start;
      for (let i = 0; i < length; i++) {
        const p = functions[at + i]!;
        cosine += p * coefficients[from + i]!;
        sine += p * coefficients[count + from + i]!;
      }
      rowWaves[m] = cosine;
      rowWaves[degree + 1 + m] = sine;
    }
  }
}

/** Σ a[i] b[offset + i] over all of a, whose length is even, in two sums. */
function dot(a: Float64Array, b: Float64Array, offset: number): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i < a.length; i += 2) {
    even += a[i]! * b[offset + i]!;
    odd += a[i + 1]! * b[offset + i + 1]!;
  }
  return even + odd;
}

/** `dot` with four consecutive rows of b, the same numbers: sums that do not wait for each other. */
function dots(
  a: Float64Array,
  b: Float64Array,
  offset: number,
  out: Float32Array | Float64Array,
  to: number,
): void {
  const n = a.length;
  let [even0, even1, even2, even3, odd0, odd1, odd2, odd3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0, at = offset; i < n; i += 2, at += 2) {
    const x = a[i]!;
    const y = a[i + 1]!;
    even0 += x * b[at]!;
    odd0 += y * b[at + 1]!;
    even1 += x * b[at + n]!;
    odd1 += y * b[at + n + 1]!;
    even2 += x * b[at + 2 * n]!;
    odd2 += y * b[at + 2 * n + 1]!;
    even3 += x * b[at + 3 * n]!;
    odd3 += y * b[at + 3 * n + 1]!;
  }
  out[to] = even0 + odd0;
  out[to + 1] = even1 + odd1;
  out[to + 2] = even2 + odd2;
  out[to + 3] = even3 + odd3;
}
