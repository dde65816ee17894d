/**
 * Statistics of four neighbouring points at a time from their sorted members (AssemblyScript); kernels/pointKernel.ts
 * says what each is, kernels/plainPointKernel.ts how. Addresses and distances are in bytes; members are float32, all
 * arithmetic is float64 on two points, and what is only compared stays float32 on four.
 *
 * A group is [M + sums][4] float32: the sorted members, then sums that are not finite where a member is not.
 *
 * The sums over sorted members fold from both ends, p = 0 … h − 1, h = ⌊M/2⌋, low l_p = x_(p), high u_p = x_(M−1−p):
 *   Σ_{i<j} |x_i − x_j| = Σ_p (M − 1 − 2p)(u_p − l_p) = 2 T − (2h − M + 1) S,  S = Σ (u_p − l_p),
 *                         T the sum of the partial sums of S: additions alone
 *   Σ |x_i − y|         = S + 2 |h y − Σ_p c_p|,  c_p = y held between l_p and u_p (+ |x_h − y| for odd M):
 *                         the intervals are nested, so y − c_p has one sign for all p
 * Members are taken as they are, without the truth off: sums of float32 of one magnitude are exact in float64, and where
 * magnitudes differ by more than 2²², the spread is as large as the largest of them.
 */

const vector: usize = 16;

/** Where the memory is free. */
export function heap(): usize {
  return __heap_base;
}

/** [2 halves]: Σ |x − y| and Σ_{i<j} |x_i − x_j| of the last group. */
const distances = memory.data(32, 16);
const pairs = memory.data(32, 16);
/** [2 halves]: mean error of the members and squares around it, of the last group. */
const means = memory.data(32, 16);
const squares = memory.data(32, 16);
/** [2 halves]: squares around the means of weight samples, and of those around their own. */
const within = memory.data(32, 16);
const between = memory.data(32, 16);

/** Two neighbouring float32 as float64: one instruction, which loads and converts. */
// @ts-ignore: decorator
@inline
function load2(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/**
 * Both sums of a group. With `lifted`, of members and truth that are below the floor lifted to it.
 * @param truth, floor four float32
 */
// @ts-ignore: decorator
@inline
function fold(sorted: usize, members: i32, truth: usize, lifted: bool, floor: usize): void {
  const zero = f64x2.splat(0);
  const end = sorted + <usize>(members >> 1) * vector;
  const floor0 = load2(floor);
  const floor1 = load2(floor + 8);
  let y0 = load2(truth);
  let y1 = load2(truth + 8);
  if (lifted) {
    y0 = f64x2.pmax(y0, floor0);
    y1 = f64x2.pmax(y1, floor1);
  }
  let s0 = zero;
  let s1 = zero;
  let t0 = zero;
  let t1 = zero;
  let c0 = zero;
  let c1 = zero;
  let last = sorted + <usize>(members - 1) * vector;
  let first = sorted;
  for (; first < end; first += vector) {
    let a0 = load2(first);
    let a1 = load2(first + 8);
    let b0 = load2(last);
    let b1 = load2(last + 8);
    if (lifted) {
      a0 = f64x2.pmax(a0, floor0);
      a1 = f64x2.pmax(a1, floor1);
      b0 = f64x2.pmax(b0, floor0);
      b1 = f64x2.pmax(b1, floor1);
    }
    s0 = f64x2.add(s0, f64x2.sub(b0, a0));
    s1 = f64x2.add(s1, f64x2.sub(b1, a1));
    c0 = f64x2.add(c0, f64x2.pmin(f64x2.pmax(y0, a0), b0));
    c1 = f64x2.add(c1, f64x2.pmin(f64x2.pmax(y1, a1), b1));
    t0 = f64x2.add(t0, s0);
    t1 = f64x2.add(t1, s1);
    last -= vector;
  }
  const half = f64x2.splat(<f64>(members >> 1));
  const two = f64x2.splat(2);
  let d0 = f64x2.add(s0, f64x2.mul(two, f64x2.abs(f64x2.sub(f64x2.mul(half, y0), c0))));
  let d1 = f64x2.add(s1, f64x2.mul(two, f64x2.abs(f64x2.sub(f64x2.mul(half, y1), c1))));
  let p0 = f64x2.add(t0, t0);
  let p1 = f64x2.add(t1, t1);
  if (members & 1) {
    let middle0 = load2(first);
    let middle1 = load2(first + 8);
    if (lifted) {
      middle0 = f64x2.pmax(middle0, floor0);
      middle1 = f64x2.pmax(middle1, floor1);
    }
    d0 = f64x2.add(d0, f64x2.abs(f64x2.sub(middle0, y0)));
    d1 = f64x2.add(d1, f64x2.abs(f64x2.sub(middle1, y1)));
  } else {
    p0 = f64x2.sub(p0, s0);
    p1 = f64x2.sub(p1, s1);
  }
  v128.store(distances, d0);
  v128.store(distances, d1, 16);
  v128.store(pairs, p0);
  v128.store(pairs, p1, 16);
}

/** Points of a group with a member or a truth that is not finite: bits 0 … 3. */
// @ts-ignore: decorator
@inline
function notFinite(sorted: usize, members: i32, sums: i32, truth: v128): i32 {
  let all = truth;
  const end = sorted + <usize>(members + sums) * vector;
  for (let at = sorted + <usize>members * vector; at < end; at += vector) all = f32x4.add(all, v128.load(at));
  // x − x is 0 for finite x alone
  return i32x4.bitmask(f32x4.ne(f32x4.sub(all, all), f32x4.splat(0)));
}

/**
 * Fair CRPS of groups.
 * @param sorted [group][M + sums][4] float32
 * @param truth [group][4] float32
 * @param out [group][4] float64
 * @param flags [group] int32, written: the bit of each point with a value that is not finite, whose results mean nothing
 * @returns whether there are any
 */
export function fairCrps(
  sorted: usize,
  groups: i32,
  members: i32,
  sums: i32,
  truth: usize,
  out: usize,
  flags: usize,
): bool {
  const each = f64x2.splat(1 / <f64>members);
  const factor = f64x2.splat(members > 1 ? 1 / (<f64>members * <f64>(members - 1)) : NaN);
  let flagged = 0;
  for (let g = 0; g < groups; g++) {
    const flag = notFinite(sorted, members, sums, v128.load(truth));
    fold(sorted, members, truth, false, truth);
    for (let at: usize = 0; at < 32; at += 16) {
      const d = f64x2.mul(v128.load(distances + at), each);
      v128.store(out + at, f64x2.sub(d, f64x2.mul(v128.load(pairs + at), factor)));
    }
    store<i32>(flags, flag);
    flagged |= flag;
    sorted += <usize>(members + sums) * vector;
    truth += vector;
    out += 32;
    flags += 4;
  }
  return flagged != 0;
}

let weightSamples: i32 = 0;
let noiseStreams: i32 = 0;
let capacity: usize = 0;
let thresholdCount: i32 = 0;
let hasAnomalies: bool = false;
/** [member, capacity] float32, as they came; and so on as in pointKernel.ts. */
let itsMembers: usize = 0;
let itsTruth: usize = 0;
let itsThresholds: usize = 0;
let itsClimate: usize = 0;
let itsStatistics: usize = 0;
let itsTwcrps: usize = 0;
let itsExceeding: usize = 0;
let itsBelow: usize = 0;
let itsEqual: usize = 0;
/** [weight sample] four float64: mean error of its members. */
let itsCentres: usize = 0;

export function configure(
  theWeightSamples: i32,
  theNoiseStreams: i32,
  theCapacity: usize,
  theThresholdCount: i32,
  theAnomalies: bool,
  theMembers: usize,
  theTruth: usize,
  theThresholds: usize,
  theClimate: usize,
  theStatistics: usize,
  theTwcrps: usize,
  theExceeding: usize,
  theBelow: usize,
  theEqual: usize,
  theCentres: usize,
): void {
  weightSamples = theWeightSamples;
  noiseStreams = theNoiseStreams;
  capacity = theCapacity;
  thresholdCount = theThresholdCount;
  hasAnomalies = theAnomalies;
  itsMembers = theMembers;
  itsTruth = theTruth;
  itsThresholds = theThresholds;
  itsClimate = theClimate;
  itsStatistics = theStatistics;
  itsTwcrps = theTwcrps;
  itsExceeding = theExceeding;
  itsBelow = theBelow;
  itsEqual = theEqual;
  itsCentres = theCentres;
}

/**
 * Everything of the groups from a point on.
 * @param flags [group] int32, written: the bit of each point with a value that is not finite, whose results mean nothing
 * @returns whether there are any
 */
export function statistics(sorted: usize, groups: i32, sums: i32, point: usize, flags: usize): bool {
  const members = weightSamples * noiseStreams;
  let flagged = 0;
  for (let g = 0; g < groups; g++) {
    const y = v128.load(itsTruth + (point << 2));
    const flag = notFinite(sorted, members, sums, y);
    crpsOf(sorted, members, point);
    ranksOf(sorted, members, y, point);
    for (let t = 0; t < thresholdCount; t++) eventOf(sorted, members, point, <usize>t * capacity + point);
    momentsOf(sorted, members, point);
    for (let half: usize = 0; half < 4; half += 2) {
      quantilesOf(sorted, members, half, point + half);
      keep(20, point + half, f64x2.splat(<f64>members));
    }
    store<i32>(flags, flag);
    flagged |= flag;
    sorted += <usize>(members + sums) * vector;
    point += 4;
    flags += 4;
  }
  return flagged != 0;
}

/** @param row of pointStatistics */
// @ts-ignore: decorator
@inline
function keep(row: usize, point: usize, value: v128): void {
  v128.store(itsStatistics + ((row * capacity + point) << 3), value);
}

function crpsOf(sorted: usize, members: i32, point: usize): void {
  const truth = itsTruth + (point << 2);
  fold(sorted, members, truth, false, truth);
  const m = <f64>members;
  const fair = members > 1 ? 1 / (m * (m - 1)) : NaN;
  for (let half: usize = 0; half < 2; half++) {
    const distance = f64x2.mul(v128.load(distances + (half << 4)), f64x2.splat(1 / m));
    const pair = v128.load(pairs + (half << 4));
    const at = point + 2 * half;
    keep(0, at, f64x2.sub(distance, f64x2.mul(pair, f64x2.splat(fair))));
    keep(1, at, f64x2.sub(distance, f64x2.mul(pair, f64x2.splat(1 / (m * m)))));
    keep(2, at, f64x2.sub(distance, f64x2.mul(pair, f64x2.splat((1 - 0.05 / m) * fair))));
  }
}

function ranksOf(sorted: usize, members: i32, y: v128, point: usize): void {
  let below = i32x4.splat(0);
  let equal = i32x4.splat(0);
  const end = sorted + <usize>members * vector;
  for (let at = sorted; at < end; at += vector) {
    const x = v128.load(at);
    below = i32x4.sub(below, f32x4.lt(x, y));
    equal = i32x4.sub(equal, f32x4.eq(x, y));
  }
  v128.store(itsBelow + (point << 2), below);
  v128.store(itsEqual + (point << 2), equal);
}

/** @param at index among [threshold, capacity] */
function eventOf(sorted: usize, members: i32, point: usize, at: usize): void {
  const threshold = v128.load(itsThresholds + (at << 2));
  let above = i32x4.splat(0);
  const end = sorted + <usize>members * vector;
  for (let row = sorted; row < end; row += vector)
    above = i32x4.sub(above, f32x4.lt(threshold, v128.load(row)));
  const known = f32x4.eq(threshold, threshold);
  v128.store(itsExceeding + (at << 2), v128.bitselect(above, i32x4.splat(-1), known));
  fold(sorted, members, itsTruth + (point << 2), true, itsThresholds + (at << 2));
  const m = <f64>members;
  const each = f64x2.splat(1 / m);
  const fair = f64x2.splat(members > 1 ? 1 / (m * (m - 1)) : NaN);
  for (let half: usize = 0; half < 2; half++) {
    const t = load2(itsThresholds + ((at + 2 * half) << 2));
    const distance = f64x2.mul(v128.load(distances + (half << 4)), each);
    const score = f64x2.sub(distance, f64x2.mul(v128.load(pairs + (half << 4)), fair));
    // t − t: 0, and NaN where the threshold is missing or infinite
    v128.store(itsTwcrps + ((at + 2 * half) << 3), f64x2.add(score, f64x2.sub(t, t)));
  }
}

/**
 * Mean error and squares around the mean of four points' members, in one pass: distances are taken from one of the members, whose
 * own distance from the mean is at most √M standard deviations, so that next to nothing cancels.
 * @param base address of four members to take distances from
 */
// @ts-ignore: decorator
@inline
function spread(row: usize, members: i32, rowBytes: usize, base: usize, truth: usize): void {
  const base0 = load2(base);
  const base1 = load2(base + 8);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let q0 = s0;
  let q1 = s0;
  const end = row + <usize>members * rowBytes;
  for (let at = row; at < end; at += rowBytes) {
    const d0 = f64x2.sub(load2(at), base0);
    const d1 = f64x2.sub(load2(at + 8), base1);
    s0 = f64x2.add(s0, d0);
    s1 = f64x2.add(s1, d1);
    q0 = f64x2.add(q0, f64x2.mul(d0, d0));
    q1 = f64x2.add(q1, f64x2.mul(d1, d1));
  }
  const each = f64x2.splat(1 / <f64>members);
  const zero = f64x2.splat(0);
  const m0 = f64x2.mul(s0, each);
  const m1 = f64x2.mul(s1, each);
  v128.store(means, f64x2.add(f64x2.sub(base0, load2(truth)), m0));
  v128.store(means, f64x2.add(f64x2.sub(base1, load2(truth + 8)), m1), 16);
  v128.store(squares, f64x2.pmax(f64x2.sub(q0, f64x2.mul(s0, m0)), zero));
  v128.store(squares, f64x2.pmax(f64x2.sub(q1, f64x2.mul(s1, m1)), zero), 16);
}

/** Mean errors of weight samples, and squares within and between them, of four points whose members are nested. */
function nestedSpread(point: usize): void {
  const rowBytes = capacity << 2;
  const blockBytes = <usize>noiseStreams * rowBytes;
  const truth = itsTruth + (point << 2);
  let row = itsMembers + (point << 2);
  let w0 = f64x2.splat(0);
  let w1 = w0;
  for (let k = 0; k < weightSamples; k++) {
    spread(row, noiseStreams, rowBytes, row, truth);
    w0 = f64x2.add(w0, v128.load(squares));
    w1 = f64x2.add(w1, v128.load(squares, 16));
    const centre = itsCentres + (<usize>k << 5);
    v128.store(centre, v128.load(means));
    v128.store(centre, v128.load(means, 16), 16);
    row += blockBytes;
  }
  v128.store(within, w0);
  v128.store(within, w1, 16);
  for (let half: usize = 0; half < 32; half += 16) {
    const first = v128.load(itsCentres + half);
    let s = f64x2.splat(0);
    let q = s;
    for (let k = 0; k < weightSamples; k++) {
      const d = f64x2.sub(v128.load(itsCentres + (<usize>k << 5) + half), first);
      s = f64x2.add(s, d);
      q = f64x2.add(q, f64x2.mul(d, d));
    }
    const m = f64x2.mul(s, f64x2.splat(1 / <f64>weightSamples));
    const b = f64x2.pmax(f64x2.sub(q, f64x2.mul(s, m)), f64x2.splat(0));
    v128.store(between + half, b);
    v128.store(means + half, f64x2.add(first, m));
    // Squares around the mean of all are those around each weight sample's own, and those of its mean, J times.
    v128.store(squares + half, f64x2.add(v128.load(within + half), f64x2.mul(b, f64x2.splat(<f64>noiseStreams))));
  }
}

/** Mean, variance and its sources, ignorance and anomalies of four points. */
function momentsOf(sorted: usize, members: i32, point: usize): void {
  const zero = f64x2.splat(0);
  const missing = f64x2.splat(NaN);
  const nested = weightSamples > 1 && noiseStreams > 1;
  if (nested) nestedSpread(point);
  // Without groups the order does not matter, and the sorted members are nearer; distances from their median.
  else spread(sorted, members, vector, sorted + <usize>(members >> 1) * vector, itsTruth + (point << 2));
  for (let half: usize = 0; half < 2; half++) {
    const at = point + 2 * half;
    const truth = load2(itsTruth + (at << 2));
    const error = v128.load(means + (half << 4));
    const sum = v128.load(squares + (half << 4));
    const variance = members > 1 ? f64x2.mul(sum, f64x2.splat(1 / <f64>(members - 1))) : missing;
    let aleatoric = missing;
    let epistemic = missing;
    let negative = missing;
    if (nested) {
      const w = v128.load(within + (half << 4));
      aleatoric = f64x2.mul(w, f64x2.splat(1 / (<f64>weightSamples * <f64>(noiseStreams - 1))));
      const b = f64x2.mul(v128.load(between + (half << 4)), f64x2.splat(1 / <f64>(weightSamples - 1)));
      epistemic = f64x2.sub(b, f64x2.mul(aleatoric, f64x2.splat(1 / <f64>noiseStreams)));
      negative = v128.and(f64x2.lt(epistemic, zero), f64x2.splat(1));
    } else if (noiseStreams > 1) {
      aleatoric = variance;
    }
    const squared = f64x2.mul(error, error);
    keep(3, at, squared);
    keep(4, at, error);
    keep(5, at, f64x2.abs(error));
    keep(6, at, variance);
    keep(7, at, epistemic);
    keep(8, at, aleatoric);
    keep(9, at, negative);
    const density = f64x2.mul(variance, f64x2.splat(6.283185307179586));
    const exponent = f64x2.div(squared, f64x2.mul(variance, f64x2.splat(0.6931471805599453)));
    const ignorance = f64x2.mul(f64x2.splat(0.5), f64x2.add(binaryLogarithm(density), exponent));
    keep(10, at, v128.bitselect(ignorance, missing, f64x2.gt(variance, zero)));
    const anomaly = hasAnomalies ? f64x2.sub(truth, load2(itsClimate + (at << 2))) : missing;
    const forecast = f64x2.add(error, anomaly);
    keep(17, at, f64x2.mul(forecast, anomaly));
    keep(18, at, f64x2.mul(forecast, forecast));
    keep(19, at, f64x2.mul(anomaly, anomaly));
  }
}

/** Quantile and interval scores of two points. */
function quantilesOf(sorted: usize, members: i32, half: usize, point: usize): void {
  const truth = load2(itsTruth + (point << 2));
  const zero = f64x2.splat(0);
  const at = sorted + (half << 2);
  const lower = quantile(at, members, truth, 0.1);
  const middle = quantile(at, members, truth, 0.5);
  const upper = quantile(at, members, truth, 0.9);
  keep(11, point, pinball(lower, 0.1));
  keep(12, point, pinball(middle, 0.5));
  keep(13, point, pinball(upper, 0.9));
  const width = f64x2.sub(upper, lower);
  const outside = f64x2.add(f64x2.max(lower, zero), f64x2.max(f64x2.neg(upper), zero));
  keep(14, point, f64x2.add(width, f64x2.mul(f64x2.splat(10), outside)));
  keep(15, point, width);
  const inside = v128.and(f64x2.le(lower, zero), f64x2.ge(upper, zero));
  keep(16, point, v128.and(inside, f64x2.splat(1)));
}

/** Of type 7, less the truth. */
// @ts-ignore: decorator
@inline
function quantile(sorted: usize, members: i32, truth: v128, p: f64): v128 {
  const position = p * <f64>(members - 1);
  const index = min(<i32>position, max(members - 2, 0));
  const next = min(index + 1, members - 1);
  const a = f64x2.sub(load2(sorted + <usize>index * vector), truth);
  const b = f64x2.sub(load2(sorted + <usize>next * vector), truth);
  return f64x2.add(a, f64x2.mul(f64x2.splat(position - <f64>index), f64x2.sub(b, a)));
}

// @ts-ignore: decorator
@inline
function pinball(error: v128, p: f64): v128 {
  return f64x2.max(f64x2.mul(error, f64x2.splat(1 - p)), f64x2.mul(error, f64x2.splat(-p)));
}

/**
 * log₂ of two normal numbers above 0: x = 2^e m with m in [√½, √2), ln m = 2 artanh s, s = (m − 1)/(m + 1), whose series
 * is cut where s²⁰/21 is below 3 · 10⁻¹⁷.
 */
function binaryLogarithm(x: v128): v128 {
  const one = f64x2.splat(1);
  let m = v128.or(v128.and(x, i64x2.splat(0x000fffffffffffff)), one);
  // The biased exponent as the last digits of 2⁵² + e.
  let e = f64x2.sub(
    v128.or(v128.shr<u64>(x, 52), i64x2.splat(0x4330000000000000)),
    f64x2.splat(4503599627370496.0 + 1023.0),
  );
  const large = f64x2.gt(m, f64x2.splat(1.4142135623730951));
  m = v128.bitselect(f64x2.mul(m, f64x2.splat(0.5)), m, large);
  e = f64x2.add(e, v128.and(large, one));
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let series = f64x2.splat(1.0 / 19);
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 17));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 15));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 13));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 11));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 9));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 7));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 5));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.0 / 3));
  series = f64x2.add(f64x2.mul(series, z), one);
  return f64x2.add(e, f64x2.mul(f64x2.mul(s, series), f64x2.splat(2.8853900817779268)));
}

/**
 * Merges sorted runs of each group, in place: Batcher's odd-even merge of runs of `run` members, a power of two, two and
 * two, then of the runs twice as long, until all are one. Exchanges with members past the last are left out, as if
 * those were infinite.
 */
export function mergeRuns(group: usize, groups: i32, members: i32, sums: i32, run: i32): void {
  for (let g = 0; g < groups; g++) {
    const end = group + <usize>members * vector;
    for (let length = <usize>run * vector; length < <usize>members * vector; length *= 2) {
      for (let from = group; from + length < end; from += 2 * length) {
        exchange(from, length, length, end);
        for (let apart = length >> 1; apart >= vector; apart >>= 1) {
          const last = from + 2 * length - apart;
          for (let at = from + apart; at < last && at + apart < end; at += 2 * apart)
            exchange(at, apart, apart, end);
        }
      }
    }
    group = end + <usize>sums * vector;
  }
}

/** Compares `bytes` of rows with those `apart` on. */
// @ts-ignore: decorator
@inline
function exchange(from: usize, bytes: usize, apart: usize, end: usize): void {
  const stop = min(from + bytes, end - apart);
  for (let at = from; at < stop; at += vector) {
    const a = v128.load(at);
    const b = v128.load(at + apart);
    v128.store(at, f32x4.pmin(a, b));
    v128.store(at + apart, f32x4.pmax(a, b));
  }
}

/** Sum of float32, of which there are a multiple of 16: one read of memory, to measure others by. */
export function sum(from: usize, bytes: usize): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = from + bytes; from < end; from += 4 * vector) {
    a = f32x4.add(a, v128.load(from));
    b = f32x4.add(b, v128.load(from, 16));
    c = f32x4.add(c, v128.load(from, 32));
    d = f32x4.add(d, v128.load(from, 48));
  }
  const all = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  return f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 1) + f32x4.extract_lane(all, 2) + f32x4.extract_lane(all, 3);
}
