/**
 * Statistics of four neighbouring points at a time from their sorted members (AssemblyScript); kernels/pointKernel.ts
 * says what each is, kernels/plainPointKernel.ts how. Addresses and distances are in bytes; members are float32, all
 * arithmetic is float64 on two points, and what is only compared stays float32 on four.
 *
 * A group is [rows][4] float32: the sorted members, and at `sumsAt` sums that are not finite where a member is not.
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

/** [2 halves]: Σ |x − y| and Σ_{i<j} |x_i − x_j| of the last group; threads that share the memory keep them apart. */
let distances: usize = memory.data(32, 16);
let pairs: usize = memory.data(32, 16);

/** @param at 64 bytes of the thread's own for what it sums */
export function keepSumsAt(at: usize): void {
  distances = at;
  pairs = at + 32;
}
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
 * Both sums of a group.
 * @param truth four float32
 */
// @ts-ignore: decorator
@inline
function fold(sorted: usize, members: i32, truth: usize): void {
  const zero = f64x2.splat(0);
  const end = sorted + <usize>(members >> 1) * vector;
  const y0 = load2(truth);
  const y1 = load2(truth + 8);
  let s0 = zero;
  let s1 = zero;
  let t0 = zero;
  let t1 = zero;
  let c0 = zero;
  let c1 = zero;
  let last = sorted + <usize>(members - 1) * vector;
  let first = sorted;
  for (; first < end; first += vector) {
    const a0 = load2(first);
    const a1 = load2(first + 8);
    const b0 = load2(last);
    const b1 = load2(last + 8);
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
    d0 = f64x2.add(d0, f64x2.abs(f64x2.sub(load2(first), y0)));
    d1 = f64x2.add(d1, f64x2.abs(f64x2.sub(load2(first + 8), y1)));
  } else {
    p0 = f64x2.sub(p0, s0);
    p1 = f64x2.sub(p1, s1);
  }
  v128.store(distances, d0);
  v128.store(distances, d1, 16);
  v128.store(pairs, p0);
  v128.store(pairs, p1, 16);
}

/**
 * Both sums of a group as the lean kernel has them (fairCrpsModule.ts): terms and sums of eight of them are float32.
 * @param truth four float32
 */
// @ts-ignore: decorator
@inline
function foldLean(sorted: usize, members: i32, truth: usize): void {
  const y = v128.load(truth);
  const two = f32x4.splat(2);
  let weight = f32x4.splat(<f32>(members - 1));
  let d0 = f64x2.splat(0);
  let d1 = d0;
  let p0 = d0;
  let p1 = d0;
  const end = sorted + <usize>(members >> 1) * vector;
  let last = sorted + <usize>(members - 1) * vector;
  let first = sorted;
  while (first < end) {
    let d = f32x4.splat(0);
    let p = d;
    for (const stop = min(first + 8 * vector, end); first < stop; first += vector) {
      const a = v128.load(first);
      const b = v128.load(last);
      d = f32x4.add(d, f32x4.add(f32x4.abs(f32x4.sub(a, y)), f32x4.abs(f32x4.sub(b, y))));
      p = f32x4.add(p, f32x4.mul(weight, f32x4.sub(b, a)));
      weight = f32x4.sub(weight, two);
      last -= vector;
    }
    d0 = f64x2.add(d0, f64x2.promote_low_f32x4(d));
    d1 = f64x2.add(d1, f64x2.promote_low_f32x4(i64x2.shuffle(d, d, 1, 1)));
    p0 = f64x2.add(p0, f64x2.promote_low_f32x4(p));
    p1 = f64x2.add(p1, f64x2.promote_low_f32x4(i64x2.shuffle(p, p, 1, 1)));
  }
  if (members & 1) {
    d0 = f64x2.add(d0, f64x2.abs(f64x2.sub(load2(first), load2(truth))));
    d1 = f64x2.add(d1, f64x2.abs(f64x2.sub(load2(first + 8), load2(truth + 8))));
  }
  v128.store(distances, d0);
  v128.store(distances, d1, 16);
  v128.store(pairs, p0);
  v128.store(pairs, p1, 16);
}

/** Points of a group with a member or a truth that is not finite: bits 0 … 3. */
// @ts-ignore: decorator
@inline
function notFinite(from: usize, sums: i32, truth: v128): i32 {
  let all = truth;
  const end = from + <usize>sums * vector;
  for (let at = from; at < end; at += vector) all = f32x4.add(all, v128.load(at));
  // x − x is 0 for finite x alone
  return i32x4.bitmask(f32x4.ne(f32x4.sub(all, all), f32x4.splat(0)));
}

/**
 * Fair CRPS of groups.
 * @param sorted [group, groupBytes]: [M][4] float32, and `sums` rows at sumsAt
 * @param truth [group][4] float32
 * @param out [group][4] float64
 * @param flags [group] int32, written: the bit of each point with a value that is not finite, whose results mean nothing
 */
export function fairCrps(
  sorted: usize,
  groups: i32,
  members: i32,
  sumsAt: usize,
  sums: i32,
  groupBytes: usize,
  truth: usize,
  out: usize,
  flags: usize,
): void {
  const each = f64x2.splat(1 / <f64>members);
  const factor = f64x2.splat(members > 1 ? 1 / (<f64>members * <f64>(members - 1)) : NaN);
  for (let g = 0; g < groups; g++) {
    store<i32>(flags, notFinite(sorted + sumsAt, sums, v128.load(truth)));
    foldLean(sorted, members, truth);
    for (let at: usize = 0; at < 32; at += 16) {
      const d = f64x2.mul(v128.load(distances + at), each);
      v128.store(out + at, f64x2.sub(d, f64x2.mul(v128.load(pairs + at), factor)));
    }
    sorted += groupBytes;
    truth += vector;
    out += 32;
    flags += 4;
  }
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
/** [rank 0 … M] eight float64: sums from a rank on, and sums of those, of the last group. */
let itsTails: usize = 0;
/** [group][4] float64: Σ_{i<j} |x_i − x_j| of members of one weight sample, added over them; where designs are nested. */
let itsWithin: usize = 0;
let itsSumsAt: usize = 0;
let itsSums: i32 = 0;
let itsGroupBytes: usize = 0;

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
  theTails: usize,
  theWithin: usize,
  theSumsAt: usize,
  theSums: i32,
  theGroupBytes: usize,
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
  itsTails = theTails;
  itsWithin = theWithin;
  itsSumsAt = theSumsAt;
  itsSums = theSums;
  itsGroupBytes = theGroupBytes;
}

/**
 * Everything of the groups from a point on.
 * @param flags [group] int32, written: the bit of each point with a value that is not finite, whose results mean nothing
 * @returns whether there are any
 */
export function statistics(sorted: usize, groups: i32, point: usize, flags: usize): bool {
  const members = weightSamples * noiseStreams;
  let flagged = 0;
  for (let g = 0; g < groups; g++) {
    const y = v128.load(itsTruth + (point << 2));
    const flag = notFinite(sorted + itsSumsAt, itsSums, y);
    crpsOf(sorted, members, point);
    ranksOf(sorted, members, y, point);
    if (thresholdCount > 0) tailsOf(sorted, members);
    for (let t = 0; t < thresholdCount; t++) eventOf(sorted, members, point, <usize>t * capacity + point);
    momentsOf(sorted, members, point);
    pairSourcesOf(members, point, itsWithin + (<usize>g << 5));
    for (let half: usize = 0; half < 4; half += 2) {
      quantilesOf(sorted, members, half, point + half);
      keep(20, point + half, f64x2.splat(<f64>members));
    }
    store<i32>(flags, flag);
    flagged |= flag;
    sorted += itsGroupBytes;
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
  fold(sorted, members, truth);
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

/** R_k = Σ_{i ≥ k} x_(i) and U_k = Σ_{j ≥ k} R_j of four points, for every rank k = 0 … M. */
function tailsOf(sorted: usize, members: i32): void {
  let r0 = f64x2.splat(0);
  let r1 = r0;
  let u0 = r0;
  let u1 = r0;
  let to = itsTails + ((<usize>members) << 6);
  let at = sorted + <usize>members * vector;
  for (;;) {
    v128.store(to, r0);
    v128.store(to, r1, 16);
    v128.store(to, u0, 32);
    v128.store(to, u1, 48);
    if (at == sorted) return;
    at -= vector;
    to -= 64;
    r0 = f64x2.add(r0, load2(at));
    r1 = f64x2.add(r1, load2(at + 8));
    u0 = f64x2.add(u0, r0);
    u1 = f64x2.add(u1, r1);
  }
}

/** Two float64 of tails, of the ranks of two points. @param column 0 … 3: R of four points; 4 … 7: U */
// @ts-ignore: decorator
@inline
function tails(rank0: i32, rank1: i32, column: usize): v128 {
  const first = v128.load64_zero(itsTails + ((<usize>rank0) << 6) + (column << 3));
  return v128.load64_lane(itsTails + ((<usize>rank1) << 6) + ((column + 1) << 3), first, 1);
}

/**
 * How many members lie above a threshold t, and the fair CRPS of members and truth lifted to it. With k members at or
 * below t, y' = max(y, t), and r members below y' but at least k:
 *   Σ |x' − y'|         = 2 R_r − R_k + (2 r − k − M) y' + k (y' − t)
 *   Σ_{i<j} |x'_i − x'_j| = 2 U_k + (2 k − M − 1) R_k − k (M − k) t
 * @param at index among [threshold, capacity]
 */
function eventOf(sorted: usize, members: i32, point: usize, at: usize): void {
  const threshold = v128.load(itsThresholds + (at << 2));
  let above = i32x4.splat(0);
  const end = sorted + <usize>members * vector;
  for (let row = sorted; row < end; row += vector)
    above = i32x4.sub(above, f32x4.lt(threshold, v128.load(row)));
  const known = f32x4.eq(threshold, threshold);
  v128.store(itsExceeding + (at << 2), v128.bitselect(above, i32x4.splat(-1), known));
  const atOrBelow = i32x4.sub(i32x4.splat(members), above);
  // Members below the truth are counted; below the threshold they are as many as at it.
  const below = i32x4.max_s(v128.load(itsBelow + (point << 2)), atOrBelow);
  const y = v128.load(itsTruth + (point << 2));
  const ranks = v128.bitselect(below, atOrBelow, f32x4.gt(y, threshold));
  eventOfTwo(members, point, at, 0, atOrBelow, ranks);
  const second = i64x2.shuffle(atOrBelow, atOrBelow, 1, 1);
  eventOfTwo(members, point, at, 2, second, i64x2.shuffle(ranks, ranks, 1, 1));
}

// @ts-ignore: decorator
@inline
function eventOfTwo(members: i32, point: usize, at: usize, half: usize, atOrBelow: v128, ranks: v128): void {
  const m = <f64>members;
  const t = load2(itsThresholds + ((at + half) << 2));
  const y = f64x2.pmax(load2(itsTruth + ((point + half) << 2)), t);
  const k = f64x2.convert_low_i32x4_s(atOrBelow);
  const r = f64x2.convert_low_i32x4_s(ranks);
  const k0 = i32x4.extract_lane(atOrBelow, 0);
  const k1 = i32x4.extract_lane(atOrBelow, 1);
  const tail = tails(k0, k1, half);
  const tailOfTails = tails(k0, k1, half + 4);
  const above = tails(i32x4.extract_lane(ranks, 0), i32x4.extract_lane(ranks, 1), half);
  const all = f64x2.splat(m);
  const beyond = f64x2.sub(k, all);
  const sides = f64x2.sub(f64x2.add(r, r), f64x2.add(k, all));
  const distance = f64x2.add(
    f64x2.add(f64x2.sub(f64x2.add(above, above), tail), f64x2.mul(sides, y)),
    f64x2.mul(k, f64x2.sub(y, t)),
  );
  const weight = f64x2.sub(f64x2.add(beyond, k), f64x2.splat(1));
  const pair = f64x2.add(
    f64x2.add(f64x2.add(tailOfTails, tailOfTails), f64x2.mul(weight, tail)),
    f64x2.mul(f64x2.mul(k, beyond), t),
  );
  const fair = f64x2.splat(members > 1 ? 1 / (m * (m - 1)) : NaN);
  const score = f64x2.sub(f64x2.mul(distance, f64x2.splat(1 / m)), f64x2.mul(pair, fair));
  // t − t: 0, and NaN where the threshold is missing or infinite
  v128.store(itsTwcrps + ((at + half) << 3), f64x2.add(score, f64x2.sub(t, t)));
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

/**
 * Adds Σ_{i<j} |x_i − x_j| of sorted members of one weight sample to `itsWithin`, for each group; as `fold` has it.
 * @param first whether it is the first weight sample, which begins the sums
 */
export function addWithin(sorted: usize, groups: i32, members: i32, groupBytes: usize, first: bool): void {
  let to = itsWithin;
  for (let g = 0; g < groups; g++) {
    for (let half: usize = 0; half < 2; half++) {
      let s = f64x2.splat(0);
      let t = s;
      let low = sorted + (half << 3);
      let high = low + <usize>(members - 1) * vector;
      for (const end = low + <usize>(members >> 1) * vector; low < end; low += vector) {
        s = f64x2.add(s, f64x2.sub(load2(high), load2(low)));
        t = f64x2.add(t, s);
        high -= vector;
      }
      let sum = f64x2.add(t, t);
      if (!(members & 1)) sum = f64x2.sub(sum, s);
      const at = to + (half << 4);
      v128.store(at, first ? sum : f64x2.add(v128.load(at), sum));
    }
    sorted += groupBytes;
    to += 32;
  }
}

/** Sources of the CRPS entropy of four points, from the pairs of all members and those within weight samples. */
function pairSourcesOf(members: i32, point: usize, within: usize): void {
  const missing = f64x2.splat(NaN);
  const nested = weightSamples > 1 && noiseStreams > 1;
  const m = <f64>members;
  const inside = 1 / (m * <f64>(noiseStreams - 1));
  const across = 1 / (m * <f64>(weightSamples - 1) * <f64>noiseStreams);
  for (let half: usize = 0; half < 2; half++) {
    const all = v128.load(pairs + (half << 4));
    let epistemic = missing;
    let aleatoric = missing;
    let negative = missing;
    if (nested) {
      const own = v128.load(within + (half << 4));
      aleatoric = f64x2.mul(own, f64x2.splat(inside));
      epistemic = f64x2.sub(f64x2.mul(f64x2.sub(all, own), f64x2.splat(across)), aleatoric);
      negative = v128.and(f64x2.lt(epistemic, f64x2.splat(0)), f64x2.splat(1));
    } else if (noiseStreams > 1) {
      aleatoric = f64x2.mul(all, f64x2.splat(inside));
    }
    const at = point + 2 * half;
    keep(21, at, epistemic);
    keep(22, at, aleatoric);
    keep(23, at, negative);
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
 * Merges sorted runs of each group, in place: runs of `run` members two and two, then of the runs twice as long, until
 * all are one. A merge is bitonic (Batcher 1968; Knuth, vol. 3, §5.3.4): place i is compared with its mirror image, then
 * places half as far apart, a quarter, …: three layers at a time on eight rows in registers. Rows past the last member
 * are infinite, up to a power of two, and left alone where they are compared with nothing else.
 */
export function mergeRuns(group: usize, groups: i32, members: i32, groupBytes: usize, run: i32): void {
  const bytes = <usize>members * vector;
  let padded = <usize>run * vector;
  while (padded < bytes) padded *= 2;
  const infinite = f32x4.splat(Infinity);
  for (let g = 0; g < groups; g++) {
    const end = group + bytes;
    for (let at = end; at < group + padded; at += vector) v128.store(at, infinite);
    for (let length = <usize>run * vector; length < padded; length *= 2) {
      for (let from = group; from + length < end; from += 2 * length) {
        mirrored(from, length);
        let apart = length >> 3;
        for (; apart >= 4 * vector; apart >>= 3) {
          for (let at = from; at + (apart >> 2) < min(from + 2 * length, end); at += 2 * apart) threeLayers(at, apart >> 2);
        }
        if (apart == 2 * vector) {
          for (let at = from; at + vector < min(from + 2 * length, end); at += 4 * vector) twoLayers(at);
        } else if (apart == vector) {
          for (let at = from; at + vector < min(from + 2 * length, end); at += 2 * vector) oneLayer(at);
        }
      }
    }
    group += groupBytes;
  }
}

/** The first three layers of a merge of two runs of `length` bytes: mirror images, then half and a quarter as far apart. */
// @ts-ignore: decorator
@inline
function mirrored(from: usize, length: usize): void {
  const quarter = length >> 2;
  let image = from + 2 * length - vector;
  for (const stop = from + quarter; from < stop; from += vector) {
    const a0 = v128.load(from);
    const a1 = v128.load(from + quarter);
    const a2 = v128.load(from + 2 * quarter);
    const a3 = v128.load(from + 3 * quarter);
    const b0 = v128.load(image);
    const b1 = v128.load(image - quarter);
    const b2 = v128.load(image - 2 * quarter);
    const b3 = v128.load(image - 3 * quarter);
    fourInOrder(from, quarter, f32x4.pmin(a0, b0), f32x4.pmin(a1, b1), f32x4.pmin(a2, b2), f32x4.pmin(a3, b3));
    const lowest = image - 3 * quarter;
    fourInOrder(lowest, quarter, f32x4.pmax(a3, b3), f32x4.pmax(a2, b2), f32x4.pmax(a1, b1), f32x4.pmax(a0, b0));
    image -= vector;
  }
}

/** Two layers on four rows, which are stored. */
// @ts-ignore: decorator
@inline
function fourInOrder(at: usize, apart: usize, a: v128, b: v128, c: v128, d: v128): void {
  const low0 = f32x4.pmin(a, c);
  const low1 = f32x4.pmin(b, d);
  const high0 = f32x4.pmax(a, c);
  const high1 = f32x4.pmax(b, d);
  v128.store(at, f32x4.pmin(low0, low1));
  v128.store(at + apart, f32x4.pmax(low0, low1));
  v128.store(at + 2 * apart, f32x4.pmin(high0, high1));
  v128.store(at + 3 * apart, f32x4.pmax(high0, high1));
}

/** Rows 4 · apart, 2 · apart and `apart` bytes apart, among the 8 · apart bytes at `from`. */
// @ts-ignore: decorator
@inline
function threeLayers(from: usize, apart: usize): void {
  const far: usize = apart << 2;
  for (const stop = from + apart; from < stop; from += vector) {
    const a0 = v128.load(from);
    const a1 = v128.load(from + apart);
    const a2 = v128.load(from + 2 * apart);
    const a3 = v128.load(from + 3 * apart);
    const b0 = v128.load(from + far);
    const b1 = v128.load(from + far + apart);
    const b2 = v128.load(from + far + 2 * apart);
    const b3 = v128.load(from + far + 3 * apart);
    fourInOrder(from, apart, f32x4.pmin(a0, b0), f32x4.pmin(a1, b1), f32x4.pmin(a2, b2), f32x4.pmin(a3, b3));
    fourInOrder(from + far, apart, f32x4.pmax(a0, b0), f32x4.pmax(a1, b1), f32x4.pmax(a2, b2), f32x4.pmax(a3, b3));
  }
}

/** The last two layers, on four rows. */
// @ts-ignore: decorator
@inline
function twoLayers(at: usize): void {
  fourInOrder(at, vector, v128.load(at), v128.load(at + vector), v128.load(at + 2 * vector), v128.load(at + 3 * vector));
}

/** The last layer, on two rows. */
// @ts-ignore: decorator
@inline
function oneLayer(at: usize): void {
  const a = v128.load(at);
  const b = v128.load(at + vector);
  v128.store(at, f32x4.pmin(a, b));
  v128.store(at + vector, f32x4.pmax(a, b));
}

/**
 * Touches the cache lines of a stretch of each row, one row after the other, as memory is read best.
 * @returns what keeps the loads from being left out
 */
export function touch(from: usize, rows: i32, rowBytes: usize, bytes: usize): i32 {
  let any = 0;
  for (let row = 0; row < rows; row++) {
    for (let at = from; at < from + bytes; at += 64) any ^= load<u8>(at);
    from += rowBytes;
  }
  return any;
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
