/**
 * Complex Fourier transforms of batches, forward: X_k = Σ_j x_j e^(−2πi jk/N), N a product of 2, 3 and 5.
 * Stockham's autosorting form, radix 2, 3, 4, 5, decimation in frequency (Van Loan 1992, Computational Frameworks for
 * the Fast Fourier Transform, § 1.7; radix 3 and 5 butterflies: Temperton 1983, J. Comput. Phys. 52, 1–23, eqs. 3.5–3.7).
 * Real and imaginary parts lie apart, each [k, lane]; lanes are independent transforms and innermost. The inverse is
 * the same transform with the two parts exchanged, before and after.
 */
import { usageError } from '../errors.js';

/** Turns N = radix · groups · stride numbers of each lane: groups of `stride` butterflies share their twiddles. */
export interface FourierPass {
  readonly radix: 2 | 3 | 4 | 5;
  readonly groups: number;
  readonly stride: number;
  /** Where its twiddles start: [group, radix − 1, 2 (re, im)]. */
  readonly twiddle: number;
}

export interface FourierPlan {
  readonly length: number;
  readonly passes: readonly FourierPass[];
  readonly twiddles: Float64Array;
}

/** Real parts and imaginary parts, each [k, lane]. */
export interface ComplexBatch {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export function isFourierLength(length: number): boolean {
  if (!Number.isInteger(length) || length < 1) return false;
  let rest = length;
  for (const factor of [2, 3, 5]) while (rest % factor === 0) rest /= factor;
  return rest === 1;
}

/** @throws {PlumeError} usage, when the length has a factor other than 2, 3 and 5 */
export function planFourier(length: number): FourierPlan {
  if (!isFourierLength(length)) {
    throw usageError(
      `Fourier transform of ${length} points: ${length} must be a product of 2, 3 and 5; choose such a number of columns`,
    );
  }
  // Fours last: the last pass has no twiddles, and they are the cheapest.
  const radices: FourierPass['radix'][] = [];
  let rest = length;
  while (rest % 4 === 0) {
    radices.unshift(4);
    rest /= 4;
  }
  for (const radix of [2, 3, 5] as const) {
    while (rest % radix === 0) {
      radices.unshift(radix);
      rest /= radix;
    }
  }
  const passes: FourierPass[] = [];
  const twiddles: number[] = [];
  let current = length;
  let stride = 1;
  for (const radix of radices) {
    const groups = current / radix;
    passes.push({ radix, groups, stride, twiddle: twiddles.length });
    for (let p = 0; p < groups; p++) {
      for (let j = 1; j < radix; j++) {
        const [cosine, sine] = rootOfUnity(p * j, current);
        twiddles.push(cosine, -sine);
      }
    }
    current = groups;
    stride *= radix;
  }
  return { length, passes, twiddles: Float64Array.from(twiddles) };
}

/** cos and sin of 2π k/n, from angles up to π/4, so that the circle's symmetries hold to the bit. */
function rootOfUnity(k: number, n: number): [number, number] {
  const eighths = (8 * (((k % n) + n) % n)) / n;
  const octant = Math.floor(eighths);
  const within = octant % 2 === 0 ? eighths - octant : octant + 1 - eighths;
  const c = Math.cos((Math.PI / 4) * within);
  const s = Math.sin((Math.PI / 4) * within);
  switch (octant) {
    case 0:
      return [c, s];
    case 1:
      return [s, c];
    case 2:
      return [-s, c];
    case 3:
      return [-c, s];
    case 4:
      return [-c, -s];
    case 5:
      return [-s, -c];
    case 6:
      return [s, -c];
    default:
      return [c, -s];
  }
}

/**
 * Transforms a batch; both arguments are overwritten.
 * @param data, work [N, lane]
 * @returns the one of the two that holds the result
 */
export function transformFourier(
  plan: FourierPlan,
  lanes: number,
  data: ComplexBatch,
  work: ComplexBatch,
): ComplexBatch {
  let [from, to] = [data, work];
  for (const pass of plan.passes) {
    const run = { 2: radix2, 3: radix3, 4: radix4, 5: radix5 }[pass.radix];
    run(pass, plan.twiddles, pass.stride * lanes, from, to);
    [from, to] = [to, from];
  }
  return from;
}

type Butterflies = (
  pass: FourierPass,
  twiddles: Float64Array,
  run: number,
  from: ComplexBatch,
  to: ComplexBatch,
) => void;

const radix2: Butterflies = ({ groups, twiddle }, w, run, { re, im }, { re: toRe, im: toIm }) => {
  const apart = groups * run;
  for (let p = 0; p < groups; p++) {
    const wr = w[twiddle + 2 * p]!;
    const wi = w[twiddle + 2 * p + 1]!;
    for (let t = 0; t < run; t++) {
      const i = p * run + t;
      const o = 2 * p * run + t;
      const ar = re[i]!;
      const ai = im[i]!;
      const br = re[i + apart]!;
      const bi = im[i + apart]!;
      const dr = ar - br;
      const di = ai - bi;
      toRe[o] = ar + br;
      toIm[o] = ai + bi;
      toRe[o + run] = dr * wr - di * wi;
      toIm[o + run] = dr * wi + di * wr;
    }
  }
};

const sin60 = Math.sqrt(3) / 2;

const radix3: Butterflies = ({ groups, twiddle }, w, run, { re, im }, { re: toRe, im: toIm }) => {
  const apart = groups * run;
  for (let p = 0; p < groups; p++) {
    const w1r = w[twiddle + 4 * p]!;
    const w1i = w[twiddle + 4 * p + 1]!;
    const w2r = w[twiddle + 4 * p + 2]!;
    const w2i = w[twiddle + 4 * p + 3]!;
    for (let t = 0; t < run; t++) {
      const i = p * run + t;
      const o = 3 * p * run + t;
      const ar = re[i]!;
      const ai = im[i]!;
      const br = re[i + apart]!;
      const bi = im[i + apart]!;
      const cr = re[i + 2 * apart]!;
      const ci = im[i + 2 * apart]!;
      const sr = br + cr;
      const si = bi + ci;
      const mr = ar - 0.5 * sr;
      const mi = ai - 0.5 * si;
      const dr = sin60 * (br - cr);
      const di = sin60 * (bi - ci);
      toRe[o] = ar + sr;
      toIm[o] = ai + si;
      // m − i d, m + i d
      const ur = mr + di;
      const ui = mi - dr;
      const vr = mr - di;
      const vi = mi + dr;
      toRe[o + run] = ur * w1r - ui * w1i;
      toIm[o + run] = ur * w1i + ui * w1r;
      toRe[o + 2 * run] = vr * w2r - vi * w2i;
      toIm[o + 2 * run] = vr * w2i + vi * w2r;
    }
  }
};

const radix4: Butterflies = ({ groups, twiddle }, w, run, { re, im }, { re: toRe, im: toIm }) => {
  const apart = groups * run;
  for (let p = 0; p < groups; p++) {
    const w1r = w[twiddle + 6 * p]!;
    const w1i = w[twiddle + 6 * p + 1]!;
    const w2r = w[twiddle + 6 * p + 2]!;
    const w2i = w[twiddle + 6 * p + 3]!;
    const w3r = w[twiddle + 6 * p + 4]!;
    const w3i = w[twiddle + 6 * p + 5]!;
    for (let t = 0; t < run; t++) {
      const i = p * run + t;
      const o = 4 * p * run + t;
      const ar = re[i]!;
      const ai = im[i]!;
      const br = re[i + apart]!;
      const bi = im[i + apart]!;
      const cr = re[i + 2 * apart]!;
      const ci = im[i + 2 * apart]!;
      const dr = re[i + 3 * apart]!;
      const di = im[i + 3 * apart]!;
      const acr = ar + cr;
      const aci = ai + ci;
      const amr = ar - cr;
      const ami = ai - ci;
      const bdr = br + dr;
      const bdi = bi + di;
      const bmr = br - dr;
      const bmi = bi - di;
      toRe[o] = acr + bdr;
      toIm[o] = aci + bdi;
      const ur = amr + bmi;
      const ui = ami - bmr;
      const vr = acr - bdr;
      const vi = aci - bdi;
      const xr = amr - bmi;
      const xi = ami + bmr;
      toRe[o + run] = ur * w1r - ui * w1i;
      toIm[o + run] = ur * w1i + ui * w1r;
      toRe[o + 2 * run] = vr * w2r - vi * w2i;
      toIm[o + 2 * run] = vr * w2i + vi * w2r;
      toRe[o + 3 * run] = xr * w3r - xi * w3i;
      toIm[o + 3 * run] = xr * w3i + xi * w3r;
    }
  }
};

const sin72 = Math.sin((2 * Math.PI) / 5);
const sin36 = Math.sin(Math.PI / 5);
const root5 = Math.sqrt(5) / 4;

const radix5: Butterflies = ({ groups, twiddle }, w, run, { re, im }, { re: toRe, im: toIm }) => {
  const apart = groups * run;
  for (let p = 0; p < groups; p++) {
    for (let t = 0; t < run; t++) {
      const i = p * run + t;
      const o = 5 * p * run + t;
      const ar = re[i]!;
      const ai = im[i]!;
      const s1r = re[i + apart]! + re[i + 4 * apart]!;
      const s1i = im[i + apart]! + im[i + 4 * apart]!;
      const d1r = re[i + apart]! - re[i + 4 * apart]!;
      const d1i = im[i + apart]! - im[i + 4 * apart]!;
      const s2r = re[i + 2 * apart]! + re[i + 3 * apart]!;
      const s2i = im[i + 2 * apart]! + im[i + 3 * apart]!;
      const d2r = re[i + 2 * apart]! - re[i + 3 * apart]!;
      const d2i = im[i + 2 * apart]! - im[i + 3 * apart]!;
      const sr = s1r + s2r;
      const si = s1i + s2i;
      const qr = root5 * (s1r - s2r);
      const qi = root5 * (s1i - s2i);
      const mr = ar - 0.25 * sr;
      const mi = ai - 0.25 * si;
      const e1r = mr + qr;
      const e1i = mi + qi;
      const e2r = mr - qr;
      const e2i = mi - qi;
      const f1r = sin72 * d1r + sin36 * d2r;
      const f1i = sin72 * d1i + sin36 * d2i;
      const f2r = sin36 * d1r - sin72 * d2r;
      const f2i = sin36 * d1i - sin72 * d2i;
      toRe[o] = ar + sr;
      toIm[o] = ai + si;
      turn(e1r + f1i, e1i - f1r, w, twiddle + 8 * p, toRe, toIm, o + run);
      turn(e2r + f2i, e2i - f2r, w, twiddle + 8 * p + 2, toRe, toIm, o + 2 * run);
      turn(e2r - f2i, e2i + f2r, w, twiddle + 8 * p + 4, toRe, toIm, o + 3 * run);
      turn(e1r - f1i, e1i + f1r, w, twiddle + 8 * p + 6, toRe, toIm, o + 4 * run);
    }
  }
};

/** to[o] = (xr + i xi) · w[k]. */
function turn(
  xr: number,
  xi: number,
  w: Float64Array,
  k: number,
  toRe: Float64Array,
  toIm: Float64Array,
  o: number,
): void {
  const wr = w[k]!;
  const wi = w[k + 1]!;
  toRe[o] = xr * wr - xi * wi;
  toIm[o] = xr * wi + xi * wr;
}
