/**
 * The spherical-harmonic transform in WebAssembly, two float64 at a time (AssemblyScript, compiled by .ci/setup.mjs).
 * The same algorithm as core/sphere/plainKernels.ts with every sum in the same order and no fused multiply-add, so the
 * two agree to the bit; that file says what lies where. Addresses and distances are in bytes.
 *
 * A vector holds two neighbouring fields of one point. A block of an odd number of fields has a vector more, whose
 * second half is whatever lies there: it is computed, meets nothing and is not stored.
 */

/** Bytes of a float64, of a vector, and of two vectors. */
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
/** [pass][4]: radix, groups, stride, address of its twiddles. */
let passes: usize = 0;
let passCount: i32 = 0;
/** Fourier coefficients, [m, parity, pair, 2, field]. */
let waves: usize = 0;
/** One order and parity of a spectrum, [degree, 2, field]. */
let packed: usize = 0;
/** Two complex batches, [re, im][column, field]. */
let firstBatch: usize = 0;
let secondBatch: usize = 0;

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
  passes = itsPasses;
  passCount = itsPassCount;
  waves = itsWaves;
  packed = itsPacked;
  firstBatch = itsFirstBatch;
  secondBatch = itsSecondBatch;
}

/** Spectral [coefficient, 2, field] → grid [lat, lon, field]. */
export function synthesize(spectral: usize, fields: i32, grid: usize): void {
  for (let first = 0; first < fields; first += blockWidth) {
    const width = min(blockWidth, fields - first);
    synthesizeLatitudes(spectral, fields, first, width);
    for (let pair = 0; pair < pairs; pair++) synthesizePair(pair, fields, first, width, grid);
  }
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

/**
 * C = A B, [rows, inner] · [inner, columns], row-major; rows even, bytes of a row of B and C a multiple of two vectors.
 * Four rows by two vectors of C are summed at a time, in registers.
 */
function multiply(a: usize, rows: i32, inner: i32, b: usize, rowBytes: usize, c: usize): void {
  const aBytes = <usize>inner * number;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (let column: usize = 0; column < rowBytes; column += 2 * vector) {
      let c00 = f64x2.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let c20 = c00;
      let c21 = c00;
      let c30 = c00;
      let c31 = c00;
      let at = b + column;
      let a0 = a;
      let a2 = a + 2 * aBytes;
      const end = a + aBytes;
      while (a0 < end) {
        const b0 = v128.load(at);
        const b1 = v128.load(at, 16);
        const x0 = v128.load64_splat(a0);
        c00 = f64x2.add(c00, f64x2.mul(x0, b0));
        c01 = f64x2.add(c01, f64x2.mul(x0, b1));
        const x1 = v128.load64_splat(a0 + aBytes);
        c10 = f64x2.add(c10, f64x2.mul(x1, b0));
        c11 = f64x2.add(c11, f64x2.mul(x1, b1));
        const x2 = v128.load64_splat(a2);
        c20 = f64x2.add(c20, f64x2.mul(x2, b0));
        c21 = f64x2.add(c21, f64x2.mul(x2, b1));
        const x3 = v128.load64_splat(a2 + aBytes);
        c30 = f64x2.add(c30, f64x2.mul(x3, b0));
        c31 = f64x2.add(c31, f64x2.mul(x3, b1));
        at += rowBytes;
        a0 += number;
        a2 += number;
      }
      let to = c + column;
      v128.store(to, c00);
      v128.store(to, c01, 16);
      to += rowBytes;
      v128.store(to, c10);
      v128.store(to, c11, 16);
      to += rowBytes;
      v128.store(to, c20);
      v128.store(to, c21, 16);
      to += rowBytes;
      v128.store(to, c30);
      v128.store(to, c31, 16);
    }
    a += 4 * aBytes;
    c += 4 * rowBytes;
  }
  if (row < rows) {
    for (let column: usize = 0; column < rowBytes; column += 2 * vector) {
      let c00 = f64x2.splat(0);
      let c01 = c00;
      let c10 = c00;
      let c11 = c00;
      let at = b + column;
      let a0 = a;
      const end = a + aBytes;
      while (a0 < end) {
        const b0 = v128.load(at);
        const b1 = v128.load(at, 16);
        const x0 = v128.load64_splat(a0);
        c00 = f64x2.add(c00, f64x2.mul(x0, b0));
        c01 = f64x2.add(c01, f64x2.mul(x0, b1));
        const x1 = v128.load64_splat(a0 + aBytes);
        c10 = f64x2.add(c10, f64x2.mul(x1, b0));
        c11 = f64x2.add(c11, f64x2.mul(x1, b1));
        at += rowBytes;
        a0 += number;
      }
      const to = c + column;
      v128.store(to, c00);
      v128.store(to, c01, 16);
      v128.store(to + rowBytes, c10);
      v128.store(to + rowBytes, c11, 16);
    }
  }
}

function synthesizePair(pair: i32, fields: i32, first: i32, width: i32, grid: usize): void {
  const lanes = even(width);
  const laneBytes = <usize>lanes * number;
  const batchBytes = <usize>columns * laneBytes;
  // The inverse transform: real and imaginary parts change places.
  const im = firstBatch;
  const re = firstBatch + batchBytes;
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
  const rowBytes = <usize>(columns * fields) * number;
  const north = grid + <usize>pair * rowBytes + <usize>first * number;
  const south = grid + <usize>(rows - 1 - pair) * rowBytes + <usize>first * number;
  if (width & 1 || 2 * pair + 1 == rows) {
    const result = transform(im, re, laneBytes, 0, 0, 0, laneBytes);
    scatter(result + batchBytes, laneBytes, width, north, fields);
    if (2 * pair + 1 < rows) scatter(result, laneBytes, width, south, fields);
  } else {
    // Its last pass writes rows of the grid.
    transform(im, re, laneBytes, south, north, <usize>fields * number, laneBytes);
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
      for (let v: usize = 0; v < laneBytes; v += vector) v128.store(firstBatch + to + v, v128.load(from + v));
      from += fieldBytes;
    }
    memory.fill(firstBatch + batchBytes, 0, batchBytes);
    re = transform(firstBatch, firstBatch + batchBytes, laneBytes, 0, 0, 0, laneBytes);
  } else {
    // Its first pass reads rows of the grid.
    re = transform(north, south, fieldBytes, 0, 0, 0, laneBytes);
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

/**
 * Forward Fourier transform of a batch (core/sphere/fourier.ts). The input may lie anywhere, but not in the second
 * batch; the result is written to `toRe` and `toIm`, or where toRe is 0 to one of the two batches.
 * @param fromBytes from one column of the input to the next
 * @param toBytes from one column of the output to the next
 * @param laneBytes bytes of the fields of one column
 * @returns address of the real part; the imaginary one follows it where the result is in a batch
 */
function transform(
  fromRe: usize,
  fromIm: usize,
  fromBytes: usize,
  toRe: usize,
  toIm: usize,
  toBytes: usize,
  laneBytes: usize,
): usize {
  const batchBytes = <usize>columns * laneBytes;
  let target = secondBatch;
  for (let pass = 0; pass < passCount; pass++) {
    const entry = passes + (<usize>pass << 4);
    const radix = load<i32>(entry);
    const groups = load<i32>(entry, 4);
    const stride = <usize>load<i32>(entry, 8);
    const twiddles = <usize>load<i32>(entry, 12);
    const direct = toRe != 0 && pass + 1 == passCount;
    const re = direct ? toRe : target;
    const im = direct ? toIm : target + batchBytes;
    const outBytes = direct ? toBytes : laneBytes;
    // Neighbours in memory are one run; else (first or last pass alone) columns are taken one by one.
    const joined = fromBytes == laneBytes && outBytes == laneBytes;
    const repeats = joined ? 1 : <i32>stride;
    const run = joined ? stride * laneBytes : laneBytes;
    const step = fromBytes * stride;
    const outStep = outBytes * stride;
    const apart = step * <usize>groups;
    for (let p = 0; p < groups; p++) {
      const w = twiddles + <usize>(p * (radix - 1)) * vector;
      let inRe = fromRe + <usize>p * step;
      let inIm = fromIm + <usize>p * step;
      let outRe = re + <usize>(p * radix) * outStep;
      let outIm = im + <usize>(p * radix) * outStep;
      for (let q = 0; q < repeats; q++) {
        if (radix == 4) {
          if (p == 0) radix4(inRe, inIm, apart, outRe, outIm, outStep, run);
          else radix4Turned(inRe, inIm, apart, outRe, outIm, outStep, run, w);
        } else if (radix == 3) {
          radix3(inRe, inIm, apart, outRe, outIm, outStep, run, w);
        } else if (radix == 2) {
          radix2(inRe, inIm, apart, outRe, outIm, outStep, run, w);
        } else {
          radix5(inRe, inIm, apart, outRe, outIm, outStep, run, w);
        }
        inRe += fromBytes;
        inIm += fromBytes;
        outRe += outBytes;
        outIm += outBytes;
      }
    }
    fromRe = re;
    fromIm = im;
    fromBytes = laneBytes;
    target = target == secondBatch ? firstBatch : secondBatch;
  }
  return fromRe;
}

function radix2(re: usize, im: usize, apart: usize, toRe: usize, toIm: usize, step: usize, run: usize, w: usize): void {
  const wr = v128.load64_splat(w);
  const wi = v128.load64_splat(w, 8);
  for (let t: usize = 0; t < run; t += vector) {
    const ar = v128.load(re + t);
    const ai = v128.load(im + t);
    const br = v128.load(re + apart + t);
    const bi = v128.load(im + apart + t);
    v128.store(toRe + t, f64x2.add(ar, br));
    v128.store(toIm + t, f64x2.add(ai, bi));
    turn(f64x2.sub(ar, br), f64x2.sub(ai, bi), wr, wi, toRe + step + t, toIm + step + t);
  }
}

function radix3(re: usize, im: usize, apart: usize, toRe: usize, toIm: usize, step: usize, run: usize, w: usize): void {
  const half = f64x2.splat(0.5);
  const sin60 = f64x2.splat(0.8660254037844386);
  const w1r = v128.load64_splat(w);
  const w1i = v128.load64_splat(w, 8);
  const w2r = v128.load64_splat(w, 16);
  const w2i = v128.load64_splat(w, 24);
  for (let t: usize = 0; t < run; t += vector) {
    const ar = v128.load(re + t);
    const ai = v128.load(im + t);
    const br = v128.load(re + apart + t);
    const bi = v128.load(im + apart + t);
    const cr = v128.load(re + 2 * apart + t);
    const ci = v128.load(im + 2 * apart + t);
    const sr = f64x2.add(br, cr);
    const si = f64x2.add(bi, ci);
    const mr = f64x2.sub(ar, f64x2.mul(half, sr));
    const mi = f64x2.sub(ai, f64x2.mul(half, si));
    const dr = f64x2.mul(sin60, f64x2.sub(br, cr));
    const di = f64x2.mul(sin60, f64x2.sub(bi, ci));
    v128.store(toRe + t, f64x2.add(ar, sr));
    v128.store(toIm + t, f64x2.add(ai, si));
    turn(f64x2.add(mr, di), f64x2.sub(mi, dr), w1r, w1i, toRe + step + t, toIm + step + t);
    turn(f64x2.sub(mr, di), f64x2.add(mi, dr), w2r, w2i, toRe + 2 * step + t, toIm + 2 * step + t);
  }
}

/** With twiddles of 1. */
function radix4(re: usize, im: usize, apart: usize, toRe: usize, toIm: usize, step: usize, run: usize): void {
  for (let t: usize = 0; t < run; t += vector) {
    const ar = v128.load(re + t);
    const ai = v128.load(im + t);
    const br = v128.load(re + apart + t);
    const bi = v128.load(im + apart + t);
    const cr = v128.load(re + 2 * apart + t);
    const ci = v128.load(im + 2 * apart + t);
    const dr = v128.load(re + 3 * apart + t);
    const di = v128.load(im + 3 * apart + t);
    const acr = f64x2.add(ar, cr);
    const aci = f64x2.add(ai, ci);
    const amr = f64x2.sub(ar, cr);
    const ami = f64x2.sub(ai, ci);
    const bdr = f64x2.add(br, dr);
    const bdi = f64x2.add(bi, di);
    const bmr = f64x2.sub(br, dr);
    const bmi = f64x2.sub(bi, di);
    v128.store(toRe + t, f64x2.add(acr, bdr));
    v128.store(toIm + t, f64x2.add(aci, bdi));
    v128.store(toRe + step + t, f64x2.add(amr, bmi));
    v128.store(toIm + step + t, f64x2.sub(ami, bmr));
    v128.store(toRe + 2 * step + t, f64x2.sub(acr, bdr));
    v128.store(toIm + 2 * step + t, f64x2.sub(aci, bdi));
    v128.store(toRe + 3 * step + t, f64x2.sub(amr, bmi));
    v128.store(toIm + 3 * step + t, f64x2.add(ami, bmr));
  }
}

function radix4Turned(
  re: usize,
  im: usize,
  apart: usize,
  toRe: usize,
  toIm: usize,
  step: usize,
  run: usize,
  w: usize,
): void {
  const w1r = v128.load64_splat(w);
  const w1i = v128.load64_splat(w, 8);
  const w2r = v128.load64_splat(w, 16);
  const w2i = v128.load64_splat(w, 24);
  const w3r = v128.load64_splat(w, 32);
  const w3i = v128.load64_splat(w, 40);
  for (let t: usize = 0; t < run; t += vector) {
    const ar = v128.load(re + t);
    const ai = v128.load(im + t);
    const br = v128.load(re + apart + t);
    const bi = v128.load(im + apart + t);
    const cr = v128.load(re + 2 * apart + t);
    const ci = v128.load(im + 2 * apart + t);
    const dr = v128.load(re + 3 * apart + t);
    const di = v128.load(im + 3 * apart + t);
    const acr = f64x2.add(ar, cr);
    const aci = f64x2.add(ai, ci);
    const amr = f64x2.sub(ar, cr);
    const ami = f64x2.sub(ai, ci);
    const bdr = f64x2.add(br, dr);
    const bdi = f64x2.add(bi, di);
    const bmr = f64x2.sub(br, dr);
    const bmi = f64x2.sub(bi, di);
    v128.store(toRe + t, f64x2.add(acr, bdr));
    v128.store(toIm + t, f64x2.add(aci, bdi));
    turn(f64x2.add(amr, bmi), f64x2.sub(ami, bmr), w1r, w1i, toRe + step + t, toIm + step + t);
    turn(f64x2.sub(acr, bdr), f64x2.sub(aci, bdi), w2r, w2i, toRe + 2 * step + t, toIm + 2 * step + t);
    turn(f64x2.sub(amr, bmi), f64x2.add(ami, bmr), w3r, w3i, toRe + 3 * step + t, toIm + 3 * step + t);
  }
}

function radix5(re: usize, im: usize, apart: usize, toRe: usize, toIm: usize, step: usize, run: usize, w: usize): void {
  const quarter = f64x2.splat(0.25);
  const root5 = f64x2.splat(0.5590169943749475);
  const sin72 = f64x2.splat(0.9510565162951535);
  const sin36 = f64x2.splat(0.5877852522924731);
  for (let t: usize = 0; t < run; t += vector) {
    const ar = v128.load(re + t);
    const ai = v128.load(im + t);
    const br = v128.load(re + apart + t);
    const bi = v128.load(im + apart + t);
    const cr = v128.load(re + 2 * apart + t);
    const ci = v128.load(im + 2 * apart + t);
    const dr = v128.load(re + 3 * apart + t);
    const di = v128.load(im + 3 * apart + t);
    const er = v128.load(re + 4 * apart + t);
    const ei = v128.load(im + 4 * apart + t);
    const s1r = f64x2.add(br, er);
    const s1i = f64x2.add(bi, ei);
    const d1r = f64x2.sub(br, er);
    const d1i = f64x2.sub(bi, ei);
    const s2r = f64x2.add(cr, dr);
    const s2i = f64x2.add(ci, di);
    const d2r = f64x2.sub(cr, dr);
    const d2i = f64x2.sub(ci, di);
    const sr = f64x2.add(s1r, s2r);
    const si = f64x2.add(s1i, s2i);
    const qr = f64x2.mul(root5, f64x2.sub(s1r, s2r));
    const qi = f64x2.mul(root5, f64x2.sub(s1i, s2i));
    const mr = f64x2.sub(ar, f64x2.mul(quarter, sr));
    const mi = f64x2.sub(ai, f64x2.mul(quarter, si));
    const e1r = f64x2.add(mr, qr);
    const e1i = f64x2.add(mi, qi);
    const e2r = f64x2.sub(mr, qr);
    const e2i = f64x2.sub(mi, qi);
    const f1r = f64x2.add(f64x2.mul(sin72, d1r), f64x2.mul(sin36, d2r));
    const f1i = f64x2.add(f64x2.mul(sin72, d1i), f64x2.mul(sin36, d2i));
    const f2r = f64x2.sub(f64x2.mul(sin36, d1r), f64x2.mul(sin72, d2r));
    const f2i = f64x2.sub(f64x2.mul(sin36, d1i), f64x2.mul(sin72, d2i));
    v128.store(toRe + t, f64x2.add(ar, sr));
    v128.store(toIm + t, f64x2.add(ai, si));
    let o = step + t;
    turn(f64x2.add(e1r, f1i), f64x2.sub(e1i, f1r), v128.load64_splat(w), v128.load64_splat(w, 8), toRe + o, toIm + o);
    o += step;
    turn(f64x2.add(e2r, f2i), f64x2.sub(e2i, f2r), v128.load64_splat(w, 16), v128.load64_splat(w, 24), toRe + o, toIm + o);
    o += step;
    turn(f64x2.sub(e2r, f2i), f64x2.add(e2i, f2r), v128.load64_splat(w, 32), v128.load64_splat(w, 40), toRe + o, toIm + o);
    o += step;
    turn(f64x2.sub(e1r, f1i), f64x2.add(e1i, f1r), v128.load64_splat(w, 48), v128.load64_splat(w, 56), toRe + o, toIm + o);
  }
}

/** (xr + i xi) · (wr + i wi), stored. */
@inline
function turn(xr: v128, xi: v128, wr: v128, wi: v128, toRe: usize, toIm: usize): void {
  v128.store(toRe, f64x2.sub(f64x2.mul(xr, wr), f64x2.mul(xi, wi)));
  v128.store(toIm, f64x2.add(f64x2.mul(xr, wi), f64x2.mul(xi, wr)));
}
