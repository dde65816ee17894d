/**
 * The spherical-harmonic transform in WebAssembly, two float64 at a time (AssemblyScript, compiled by .ci/setup.mjs).
 * The same algorithm as core/sphere/plainKernels.ts with every sum in the same order and no fused multiply-add, so the
 * two agree to the bit; that file says what lies where. Addresses and distances are in bytes.
 *
 * A vector holds two neighbouring fields of one point. A block of an odd number of fields has a vector more, whose
 * second half is whatever lies there: it is computed, meets nothing and is not stored.
 */

import { configureFourier, transformFourier } from './fourier.as';
import { multiply } from './matrixProduct.as';

/** Bytes of a float64 and of a vector. */
const number: usize = 8;
const vector: usize = 16;
/** Most fields at a time: blockWidth in core/sphere/plainKernels.ts. */
const blockWidth: i32 = 8;

// The plan, set once by `configure`.
let truncation: i32 = 0;
let rows: i32 = 0;
let pairs: i32 = 0;
let columns: i32 = 0;
/** [block][5]: order, first coefficient, degrees, address in the synthesis table, address in the analysis table. */
let blocks: usize = 0;
/** Fourier coefficients, [m, parity, pair, 2, field]. */
let waves: usize = 0;
/** One order and parity of a spectrum, [degree, 2, field]. */
let packed: usize = 0;
/** A complex batch, [re, im][column, field]. */
let batch: usize = 0;

export function configure(
  itsTruncation: i32,
  itsRows: i32,
  itsColumns: i32,
  itsBlocks: usize,
  itsPasses: usize,
  itsPassCount: i32,
  itsWaves: usize,
  itsPacked: usize,
  itsFirstBatch: usize,
  itsSecondBatch: usize,
): void {
  truncation = itsTruncation;
  rows = itsRows;
  pairs = (itsRows + 1) >> 1;
  columns = itsColumns;
  blocks = itsBlocks;
  waves = itsWaves;
  packed = itsPacked;
  batch = itsFirstBatch;
  configureFourier(itsColumns, itsPasses, itsPassCount, itsFirstBatch, itsSecondBatch);
}

/** Spectral [coefficient, 2, field] → grid [lat, lon, field]. */
export function synthesize(spectral: usize, fields: i32, grid: usize): void {
  for (let first = 0; first < fields; first += blockWidth) {
    const width = min(blockWidth, fields - first);
    synthesizeLatitudes(spectral, fields, first, width);
    const rowBytes = <usize>(columns * fields) * number;
    let north = grid + <usize>first * number;
    let south = north + <usize>(rows - 1) * rowBytes;
    for (let pair = 0; pair < pairs; pair++) {
      synthesizePair(pair, fields, width, north, south);
      north += rowBytes;
      south -= rowBytes;
    }
  }
}

/** The first half of the synthesis of at most `blockWidth` fields, [coefficient, 2, field]: sums over degrees. */
export function sumDegrees(spectral: usize, fields: i32): void {
  synthesizeLatitudes(spectral, fields, 0, fields);
}

/** The second half, for a row and its mirror: [column, field] each; of the equator the first alone. */
export function sumOrders(pair: i32, fields: i32, north: usize, south: usize): void {
  synthesizePair(pair, fields, fields, north, south);
}

/** Grid [lat, lon, field] → spectral [coefficient, 2, field]. */
export function analyze(grid: usize, fields: i32, spectral: usize): void {
  for (let first = 0; first < fields; first += blockWidth) {
    const width = min(blockWidth, fields - first);
    for (let pair = 0; pair < pairs; pair++) analyzePair(pair, fields, first, width, grid);
    analyzeLatitudes(spectral, fields, first, width);
  }
}

@inline
function even(n: i32): i32 {
  return n + (n & 1);
}

@inline
function blockEntry(index: i32, entry: i32): usize {
  return <usize>load<i32>(blocks + (<usize>(5 * index + entry) << 2));
}

/** Fourier coefficients of one order and parity, [pair, 2, field]. */
@inline
function wavesAt(index: i32, lanes: i32): usize {
  return waves + <usize>(index * even(pairs) * 2 * lanes) * number;
}

function synthesizeLatitudes(spectral: usize, fields: i32, first: i32, width: i32): void {
  const lanes = even(width);
  const laneBytes = <usize>lanes * number;
  const between = <usize>fields * number;
  for (let index = 0; index < 2 * truncation + 2; index++) {
    const degrees = <i32>blockEntry(index, 2);
    let from = spectral + 2 * blockEntry(index, 1) * between + <usize>first * number;
    let to = packed;
    for (let k = 0; k < degrees; k++) {
      for (let v: usize = 0; v < laneBytes; v += vector) {
        v128.store(to + v, v128.load(from + v));
        v128.store(to + laneBytes + v, v128.load(from + between + v));
      }
      from += 4 * between;
      to += 2 * laneBytes;
    }
    multiply(blockEntry(index, 3), even(pairs), degrees, packed, 2 * laneBytes, wavesAt(index, lanes));
  }
}

function analyzeLatitudes(spectral: usize, fields: i32, first: i32, width: i32): void {
  const lanes = even(width);
  const laneBytes = <usize>lanes * number;
  const whole = (<usize>width & ~1) * number;
  const between = <usize>fields * number;
  for (let index = 0; index < 2 * truncation + 2; index++) {
    const degrees = <i32>blockEntry(index, 2);
    multiply(blockEntry(index, 4), even(degrees), pairs, wavesAt(index, lanes), 2 * laneBytes, packed);
    let to = spectral + 2 * blockEntry(index, 1) * between + <usize>first * number;
    let from = packed;
    for (let k = 0; k < degrees; k++) {
      for (let v: usize = 0; v < whole; v += vector) {
        v128.store(to + v, v128.load(from + v));
        v128.store(to + between + v, v128.load(from + laneBytes + v));
      }
      if (width & 1) {
        store<f64>(to + whole, load<f64>(from + whole));
        store<f64>(to + between + whole, load<f64>(from + laneBytes + whole));
      }
      to += 4 * between;
      from += 2 * laneBytes;
    }
  }
}

/** @param north, south where the rows of a grid of so many fields have the first of these */
function synthesizePair(pair: i32, fields: i32, width: i32, north: usize, south: usize): void {
  const lanes = even(width);
  const laneBytes = <usize>lanes * number;
  const batchBytes = <usize>columns * laneBytes;
  // The inverse transform: real and imaginary parts change places.
  const im = batch;
  const re = batch + batchBytes;
  const gap = <usize>(truncation + 1) * laneBytes;
  memory.fill(im + gap, 0, batchBytes - 2 * gap + laneBytes);
  memory.fill(re + gap, 0, batchBytes - 2 * gap + laneBytes);
  const parityBytes = wavesAt(1, lanes) - waves;
  let sum = waves + 2 * <usize>pair * laneBytes;
  for (let v: usize = 0; v < laneBytes; v += vector) {
    const even = v128.load(sum + v);
    const odd = v128.load(sum + parityBytes + v);
    v128.store(re + v, f64x2.add(even, odd));
    v128.store(im + v, f64x2.sub(even, odd));
  }
  let to = laneBytes;
  let mirror = batchBytes - laneBytes;
  for (let m = 1; m <= truncation; m++) {
    sum += 2 * parityBytes;
    for (let v: usize = 0; v < laneBytes; v += vector) {
      const evenCos = v128.load(sum + v);
      const evenSin = v128.load(sum + laneBytes + v);
      const oddCos = v128.load(sum + parityBytes + v);
      const oddSin = v128.load(sum + parityBytes + laneBytes + v);
      const northCos = f64x2.add(evenCos, oddCos);
      const southCos = f64x2.sub(evenCos, oddCos);
      const northSin = f64x2.add(evenSin, oddSin);
      const southSin = f64x2.sub(evenSin, oddSin);
      v128.store(re + to + v, f64x2.add(northCos, southSin));
      v128.store(im + to + v, f64x2.sub(southCos, northSin));
      v128.store(re + mirror + v, f64x2.sub(northCos, southSin));
      v128.store(im + mirror + v, f64x2.add(southCos, northSin));
    }
    to += laneBytes;
    mirror -= laneBytes;
  }
  if (width & 1 || 2 * pair + 1 == rows) {
    const result = transformFourier(im, re, laneBytes, 0, 0, 0, laneBytes);
    scatter(result + batchBytes, laneBytes, width, north, fields);
    if (2 * pair + 1 < rows) scatter(result, laneBytes, width, south, fields);
  } else {
    // Its last pass writes rows of the grid.
    transformFourier(im, re, laneBytes, south, north, <usize>fields * number, laneBytes);
  }
}

/** A row of a batch to a row of the grid. */
function scatter(from: usize, laneBytes: usize, width: i32, to: usize, fields: i32): void {
  for (let column = 0; column < columns; column++) {
    for (let v = 0; v < width; v++) {
      store<f64>(to + <usize>v * number, load<f64>(from + <usize>v * number));
    }
    from += laneBytes;
    to += <usize>fields * number;
  }
}

function analyzePair(pair: i32, fields: i32, first: i32, width: i32, grid: usize): void {
  const lanes = even(width);
  const laneBytes = <usize>lanes * number;
  const batchBytes = <usize>columns * laneBytes;
  const fieldBytes = <usize>fields * number;
  const rowBytes = <usize>columns * fieldBytes;
  const north = grid + <usize>pair * rowBytes + <usize>first * number;
  const south = grid + <usize>(rows - 1 - pair) * rowBytes + <usize>first * number;
  let re: usize;
  if (2 * pair + 1 == rows) {
    let from = north;
    for (let to: usize = 0; to < batchBytes; to += laneBytes) {
      for (let v: usize = 0; v < laneBytes; v += vector) v128.store(batch + to + v, v128.load(from + v));
      from += fieldBytes;
    }
    memory.fill(batch + batchBytes, 0, batchBytes);
    re = transformFourier(batch, batch + batchBytes, laneBytes, 0, 0, 0, laneBytes);
  } else {
    // Its first pass reads rows of the grid.
    re = transformFourier(north, south, fieldBytes, 0, 0, 0, laneBytes);
  }
  const im = re + batchBytes;
  const parityBytes = wavesAt(1, lanes) - waves;
  let sum = waves + 2 * <usize>pair * laneBytes;
  let from: usize = 0;
  let mirror: usize = 0;
  for (let m = 0; m <= truncation; m++) {
    for (let v: usize = 0; v < laneBytes; v += vector) {
      const ar = v128.load(re + from + v);
      const ai = v128.load(im + from + v);
      const br = v128.load(re + mirror + v);
      const bi = v128.load(im + mirror + v);
      const northCos = f64x2.add(ar, br);
      const southCos = f64x2.add(ai, bi);
      const northSin = f64x2.sub(bi, ai);
      const southSin = f64x2.sub(ar, br);
      v128.store(sum + v, f64x2.add(northCos, southCos));
      v128.store(sum + laneBytes + v, f64x2.add(northSin, southSin));
      v128.store(sum + parityBytes + v, f64x2.sub(northCos, southCos));
      v128.store(sum + parityBytes + laneBytes + v, f64x2.sub(northSin, southSin));
    }
    sum += 2 * parityBytes;
    from += laneBytes;
    mirror = batchBytes - from;
  }
}
