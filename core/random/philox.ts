/**
 * Philox 4x32-10: a counter-based generator. A bijection of the 128-bit counter, chosen by a 64-bit key;
 * any block of the sequence is computed alone, so a draw depends on its name and not on what was drawn before.
 * Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC'11),
 * doi:10.1145/2063384.2063405, section 3.3; constants and round order of the authors' Random123 library.
 */

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
/** Weyl constants: the golden ratio and √3 − 1, as 32-bit fractions. */
const weyl0 = 0x9e3779b9 | 0;
const weyl1 = 0xbb67ae85 | 0;
const rounds = 10;

const low0 = multiplier0 & 0xffff;
const high0 = multiplier0 >>> 16;
const low1 = multiplier1 & 0xffff;
const high1 = multiplier1 >>> 16;

/**
 * Writes the block of one counter.
 * @param counter0 … counter3, key0, key1 32-bit words; bits above the 32nd are dropped
 * @param out four words from `offset` on; a Uint32Array receives them unsigned
 */
export function philox(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
  offset = 0,
): void {
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < rounds; round++) {
    // High words of 32 × 32 → 64-bit products, from 16-bit halves: no partial sum exceeds 32 bits.
    const a = c0 & 0xffff;
    const b = c0 >>> 16;
    const middleA = (Math.imul(b, low0) + (Math.imul(a, low0) >>> 16)) | 0;
    const middleB = (Math.imul(a, high0) + (middleA & 0xffff)) | 0;
    const productHigh0 = (Math.imul(b, high0) + (middleA >>> 16) + (middleB >>> 16)) | 0;
    const productLow0 = Math.imul(c0, multiplier0);

    const c = c2 & 0xffff;
    const d = c2 >>> 16;
    const middleC = (Math.imul(d, low1) + (Math.imul(c, low1) >>> 16)) | 0;
    const middleD = (Math.imul(c, high1) + (middleC & 0xffff)) | 0;
    const productHigh1 = (Math.imul(d, high1) + (middleC >>> 16) + (middleD >>> 16)) | 0;
    const productLow1 = Math.imul(c2, multiplier1);

    c0 = productHigh1 ^ c1 ^ k0;
    c1 = productLow1;
    c2 = productHigh0 ^ c3 ^ k1;
    c3 = productLow0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}
