/**
 * Fourier transforms of batches, two float64 at a time (AssemblyScript): core/sphere/fourier.ts, which says how, with
 * the same operations in the same order. Addresses and distances are in bytes.
 */

const vector: usize = 16;

let columns: i32 = 0;
/** [pass][4]: radix, groups, stride, address of its twiddles. */
let passes: usize = 0;
let passCount: i32 = 0;
/** Two complex batches, [re, im][column, field]. */
let firstBatch: usize = 0;
let secondBatch: usize = 0;

export function configureFourier(
  itsColumns: i32,
  itsPasses: usize,
  itsPassCount: i32,
  itsFirstBatch: usize,
  itsSecondBatch: usize,
): void {
  columns = itsColumns;
  passes = itsPasses;
  passCount = itsPassCount;
  firstBatch = itsFirstBatch;
  secondBatch = itsSecondBatch;
}

/**
 * Forward transform of a batch. The input may lie anywhere, but not in the second
 * batch; the result is written to `toRe` and `toIm`, or where toRe is 0 to one of the two batches.
 * @param fromBytes from one column of the input to the next
 * @param toBytes from one column of the output to the next
 * @param laneBytes bytes of the fields of one column
 * @returns address of the real part; the imaginary one follows it where the result is in a batch
 */
export function transformFourier(
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
