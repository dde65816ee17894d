/**
 * The spherical-harmonic transform in plain TypeScript: the reference of the WebAssembly kernels.
 *
 * Fields are taken in blocks of at most `blockWidth`, so that a block's Fourier coefficients stay in cache. Between the
 * two halves they lie as [m, parity, pair, 2 (cos, sin), field]: sums (parity 0) and differences (parity 1) of a
 * northern row and its mirror. A northern row and its mirror are the real and imaginary part of one complex Fourier
 * transform, so a field never meets another.
 *
 * Order of summation, by which a field's result depends neither on the fields beside it nor on the kernels: sums over
 * degrees run from low to high, over pairs from pole to equator, each term rounded as a product, then added.
 */
import { type ComplexBatch, type FourierPlan, transformFourier } from './fourier.js';
import { padded, type TransformTables } from './transformTables.js';

/** What both kernels work from. */
export interface TransformPlan {
  readonly truncation: number;
  readonly rows: number;
  /** @param allocate makes zeros, where kernels want their tables */
  makeTables(allocate: (length: number) => Float64Array): TransformTables;
  readonly fourier: FourierPlan;
}

export interface TransformKernels {
  synthesize(spectral: Float64Array, fields: number, grid: Float64Array): void;
  /**
   * The same for at most `blockWidth` fields, in arrays of `allocate`, without a grid: first the sums over degrees, then
   * rows as they are wanted.
   */
  sumDegrees(spectral: Float64Array, fields: number): void;
  /** A northern row and its mirror, counted from the pole, [lon, field] each; of an equator that is a row, the first alone. */
  sumOrders(pair: number, fields: number, north: Float64Array, south: Float64Array): void;
  analyze(grid: Float64Array, fields: number, spectral: Float64Array): void;
  /** Zeros that the kernels work on in place. */
  allocate(length: number): Float64Array;
  /** What holds these arrays, for other kernels to work on; null where they are ordinary ones. */
  readonly memory: WebAssembly.Memory | null;
}

/** Fields at a time. */
export const blockWidth = 8;

/** Lengths of what kernels work in: waves between the halves, one order's spectrum or rows, one of two Fourier batches. */
export function scratchLengths(
  truncation: number,
  rows: number,
  columns: number,
): { readonly waves: number; readonly packed: number; readonly batch: number } {
  const pairs = Math.ceil(rows / 2);
  return {
    waves: (truncation + 1) * 2 * padded(pairs) * 2 * blockWidth,
    packed: padded(Math.max(pairs, Math.ceil((truncation + 2) / 2))) * 2 * blockWidth,
    batch: 2 * columns * blockWidth,
  };
}

export function plainKernels(plan: TransformPlan): TransformKernels {
  const { truncation, rows, fourier } = plan;
  const tables = plan.makeTables((length) => new Float64Array(length));
  const { pairs, blocks } = tables;
  const columns = fourier.length;
  const scratch = scratchLengths(truncation, rows, columns);
  const waves = new Float64Array(scratch.waves);
  const packed = new Float64Array(scratch.packed);
  const batch = (): ComplexBatch => ({
    re: new Float64Array(scratch.batch / 2),
    im: new Float64Array(scratch.batch / 2),
  });
  const [data, work] = [batch(), batch()];

  return {
    synthesize(spectral, fields, grid) {
      for (let first = 0; first < fields; first += blockWidth) {
        const width = Math.min(blockWidth, fields - first);
        synthesizeLatitudes(spectral, fields, first, width);
        const rowSize = columns * fields;
        for (let pair = 0; pair < pairs; pair++) {
          const north = pair * rowSize + first;
          synthesizePair(pair, fields, width, grid, north, grid, (rows - 1 - pair) * rowSize + first);
        }
      }
    },
    sumDegrees: (spectral, fields) => synthesizeLatitudes(spectral, fields, 0, fields),
    sumOrders: (pair, fields, north, south) => synthesizePair(pair, fields, fields, north, 0, south, 0),
    analyze(grid, fields, spectral) {
      for (let first = 0; first < fields; first += blockWidth) {
        const width = Math.min(blockWidth, fields - first);
        for (let pair = 0; pair < pairs; pair++) analyzePair(pair, fields, first, width, grid);
        analyzeLatitudes(spectral, fields, first, width);
      }
    },
    allocate: (length) => new Float64Array(length),
    memory: null,
  };

  function synthesizeLatitudes(spectral: Float64Array, fields: number, first: number, width: number): void {
    const lanes = padded(width);
    blocks.forEach(({ coefficient, degrees, synthesis }, index) => {
      for (let k = 0; k < degrees; k++) {
        for (let part = 0; part < 2; part++) {
          const from = (2 * (coefficient + 2 * k) + part) * fields + first;
          const to = (2 * k + part) * lanes;
          packed[to + lanes - 1] = 0;
          for (let v = 0; v < width; v++) packed[to + v] = spectral[from + v]!;
        }
      }
      multiply(
        tables.synthesis,
        synthesis,
        padded(pairs),
        degrees,
        packed,
        0,
        2 * lanes,
        waves,
        wavesAt(index, lanes),
      );
    });
  }

  function analyzeLatitudes(spectral: Float64Array, fields: number, first: number, width: number): void {
    const lanes = padded(width);
    blocks.forEach(({ coefficient, degrees, analysis }, index) => {
      multiply(
        tables.analysis,
        analysis,
        padded(degrees),
        pairs,
        waves,
        wavesAt(index, lanes),
        2 * lanes,
        packed,
        0,
      );
      for (let k = 0; k < degrees; k++) {
        for (let part = 0; part < 2; part++) {
          const to = (2 * (coefficient + 2 * k) + part) * fields + first;
          const from = (2 * k + part) * lanes;
          for (let v = 0; v < width; v++) spectral[to + v] = packed[from + v]!;
        }
      }
    });
  }

  /** Fourier coefficients of one order and parity, [pair, 2, field]. */
  function wavesAt(index: number, lanes: number): number {
    return index * padded(pairs) * 2 * lanes;
  }

  function synthesizePair(
    pair: number,
    fields: number,
    width: number,
    northRow: Float64Array,
    northAt: number,
    southRow: Float64Array,
    southAt: number,
  ): void {
    const lanes = padded(width);
    // The inverse transform: real and imaginary parts change places.
    const { re: im, im: re } = data;
    re.fill(0, (truncation + 1) * lanes, (columns - truncation) * lanes);
    im.fill(0, (truncation + 1) * lanes, (columns - truncation) * lanes);
    for (let m = 0; m <= truncation; m++) {
      const sum = wavesAt(2 * m, lanes) + pair * 2 * lanes;
      const difference = wavesAt(2 * m + 1, lanes) + pair * 2 * lanes;
      const to = m * lanes;
      const mirror = (columns - m) * lanes;
      for (let v = 0; v < lanes; v++) {
        const northCos = waves[sum + v]! + waves[difference + v]!;
        const southCos = waves[sum + v]! - waves[difference + v]!;
        if (m === 0) {
          re[v] = northCos;
          im[v] = southCos;
          continue;
        }
        const northSin = waves[sum + lanes + v]! + waves[difference + lanes + v]!;
        const southSin = waves[sum + lanes + v]! - waves[difference + lanes + v]!;
        re[to + v] = northCos + southSin;
        im[to + v] = southCos - northSin;
        re[mirror + v] = northCos - southSin;
        im[mirror + v] = southCos + northSin;
      }
    }
    const { re: south, im: north } = transformFourier(fourier, lanes, data, work);
    scatter(north, lanes, fields, width, northRow, northAt);
    if (2 * pair + 1 < rows) scatter(south, lanes, fields, width, southRow, southAt);
  }

  /** A row of a batch to a row of a grid, whose first field lies at `at`. */
  function scatter(
    values: Float64Array,
    lanes: number,
    fields: number,
    width: number,
    row: Float64Array,
    at: number,
  ): void {
    for (let column = 0; column < columns; column++) {
      const to = at + column * fields;
      for (let v = 0; v < width; v++) row[to + v] = values[column * lanes + v]!;
    }
  }

  function analyzePair(pair: number, fields: number, first: number, width: number, grid: Float64Array): void {
    const lanes = padded(width);
    gather(grid, pair, fields, first, width, data.re);
    if (2 * pair + 1 < rows) gather(grid, rows - 1 - pair, fields, first, width, data.im);
    else data.im.fill(0);
    const { re, im } = transformFourier(fourier, lanes, data, work);
    for (let m = 0; m <= truncation; m++) {
      const sum = wavesAt(2 * m, lanes) + pair * 2 * lanes;
      const difference = wavesAt(2 * m + 1, lanes) + pair * 2 * lanes;
      const from = m * lanes;
      const mirror = m === 0 ? 0 : (columns - m) * lanes;
      for (let v = 0; v < lanes; v++) {
        const northCos = re[from + v]! + re[mirror + v]!;
        const southCos = im[from + v]! + im[mirror + v]!;
        const northSin = im[mirror + v]! - im[from + v]!;
        const southSin = re[from + v]! - re[mirror + v]!;
        waves[sum + v] = northCos + southCos;
        waves[sum + lanes + v] = northSin + southSin;
        waves[difference + v] = northCos - southCos;
        waves[difference + lanes + v] = northSin - southSin;
      }
    }
  }

  function gather(
    grid: Float64Array,
    row: number,
    fields: number,
    first: number,
    width: number,
    values: Float64Array,
  ): void {
    const lanes = padded(width);
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * fields + first;
      values[column * lanes + lanes - 1] = 0;
      for (let v = 0; v < width; v++) values[column * lanes + v] = grid[from + v]!;
    }
  }
}

/**
 * C = A B, [rows, inner] · [inner, columns], row-major, each from an offset on; rows even, columns a multiple of four.
 * Two rows by four columns of C are summed at a time, in registers.
 */
function multiply(
  a: Float64Array,
  aFrom: number,
  rows: number,
  inner: number,
  b: Float64Array,
  bFrom: number,
  columns: number,
  c: Float64Array,
  cFrom: number,
): void {
  for (let row = 0; row < rows; row += 2) {
    const a0 = aFrom + row * inner;
    const a1 = a0 + inner;
    for (let column = 0; column < columns; column += 4) {
      let [c00, c01, c02, c03, c10, c11, c12, c13] = [0, 0, 0, 0, 0, 0, 0, 0];
      let at = bFrom + column;
      for (let k = 0; k < inner; k++) {
        const x = a[a0 + k]!;
        const y = a[a1 + k]!;
        const b0 = b[at]!;
        const b1 = b[at + 1]!;
        const b2 = b[at + 2]!;
        const b3 = b[at + 3]!;
        c00 += x * b0;
        c01 += x * b1;
        c02 += x * b2;
        c03 += x * b3;
        c10 += y * b0;
        c11 += y * b1;
        c12 += y * b2;
        c13 += y * b3;
        at += columns;
      }
      const to = cFrom + row * columns + column;
      c[to] = c00;
      c[to + 1] = c01;
      c[to + 2] = c02;
      c[to + 3] = c03;
      c[to + columns] = c10;
      c[to + columns + 1] = c11;
      c[to + columns + 2] = c12;
      c[to + columns + 3] = c13;
    }
  }
}
