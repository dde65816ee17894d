/**
 * e^x from multiplications and additions alone, so that it is the same number on every machine and in the WebAssembly
 * of kernels/exponential.as.ts: x = k ln 2 + r, |r| ≤ ½ ln 2, and the Taylor series of eʳ, whose rest is below 10⁻¹⁷.
 * Within one unit in the last place or so, for |x| ≤ 700 (beyond, the value at 700).
 */

const bits = new Int32Array(2);
const power = new Float64Array(bits.buffer);
const highWord = new Uint8Array(Float64Array.of(1).buffer)[7] === 0x3f ? 1 : 0;
/** Added to a number below 2⁵¹, it rounds that to a whole one. */
const rounder = 6755399441055744;
/** ln 2 in two parts: products of the first with whole numbers are exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

export function exponential(x: number): number {
  const within = Math.max(-700, Math.min(700, x));
  const k = within * Math.LOG2E + rounder - rounder;
  const r = within - k * ln2High - k * ln2Low;
  let sum = 1 / 6227020800;
  sum = sum * r + 1 / 479001600;
  sum = sum * r + 1 / 39916800;
  sum = sum * r + 1 / 3628800;
  sum = sum * r + 1 / 362880;
  sum = sum * r + 1 / 40320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  sum = sum * r + 0.5;
  sum = sum * r + 1;
  sum = sum * r + 1;
  bits[highWord] = (k + 1023) << 20;
  return sum * power[0]!;
}
