/**
 * Named random draws. Every draw has a key (seed, start, weight sample, noise stream, purpose, step) and its
 * numbers are a pure function of that key: the same whatever else was drawn, by whom and in which order, and
 * the first n numbers of a key are the same however many are asked for.
 *
 * Philox key = Philox(counter: start; key: seed), first two words; counter words = (block, step, weight sample,
 * noise stream · 256 + purpose). A draw is thus at most 2³² blocks of four numbers long.
 * Normals: Box & Muller 1958, doi:10.1214/aoms/1177706645, from two 32-bit uniforms each pair;
 * u₁ = (x + ½)/2³² keeps log u₁ finite and bounds |z| by √(66 ln 2) = 6.76.
 */
import { internalError, usageError } from '../errors.js';
import { philox } from './philox.js';

/** What a draw is for. The numbers are part of the stream's definition: they never change, only grow. */
export const purposes = {
  weights: 1,
  pattern: 2,
  initial: 3,
  training: 4,
  shuffle: 5,
  ties: 6,
  bootstrap: 7,
  initialise: 8,
  analysis: 9,
  sppt: 10,
  backscatter: 11,
  balance: 12,
} as const;

export type Purpose = keyof typeof purposes;

export interface DrawKey {
  /** Of the whole run: a whole number, 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Valid time of the analysis, milliseconds since 1970; 0 where a draw belongs to no start. */
  readonly start?: number;
  /** Whole number below 2³². */
  readonly weightSample: number;
  /** Whole number below 2²⁴. */
  readonly noiseStream: number;
  readonly purpose: Purpose;
  /** Whole number below 2³². */
  readonly step: number;
}

const two32 = 2 ** 32;
const block = new Uint32Array(4);

/** The key and counter words of a draw, without the block number; as signed integers, which are passed on unboxed. */
interface Words {
  key0: number;
  key1: number;
  step: number;
  weightSample: number;
  stream: number;
}

const words: Words = { key0: 0, key1: 0, step: 0, weightSample: 0, stream: 0 };
let lastSeed = Number.NaN;
let lastStart = Number.NaN;

/** @throws {PlumeError} usage, when the seed is not a whole number in 0 … 2⁵³ − 1 */
export function requireSeed(seed: number): void {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw usageError(`seed is ${seed}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
}

function requireWord(name: string, value: number, limit: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value < limit)) {
    throw internalError(`random draw: ${name} is ${value}; expected a whole number from 0 to ${limit - 1}`);
  }
}

function wordsOf(key: DrawKey): Words {
  const start = key.start ?? 0;
  requireWord('step', key.step, two32);
  requireWord('weight sample', key.weightSample, two32);
  requireWord('noise stream', key.noiseStream, 2 ** 24);
  // Consecutive draws mostly share seed and start: their sub-key is derived once.
  if (key.seed !== lastSeed || start !== lastStart) {
    requireSeed(key.seed);
    if (!Number.isSafeInteger(start)) {
      throw internalError(`random draw: start is ${start}; expected whole milliseconds`);
    }
    const startHigh = Math.floor(start / two32);
    philox(start - startHigh * two32, startHigh, 0, 0, key.seed % two32, Math.floor(key.seed / two32), block);
    words.key0 = block[0]! | 0;
    words.key1 = block[1]! | 0;
    lastSeed = key.seed;
    lastStart = start;
  }
  words.step = key.step | 0;
  words.weightSample = key.weightSample | 0;
  words.stream = (key.noiseStream * 256 + purposes[key.purpose]) | 0;
  return words;
}

/**
 * Independent standard normals.
 * @param out any shape; filled whole. The draw's first n numbers do not depend on out.length.
 * @param from the draw's number that comes first, a multiple of 4: a long draw may be made in pieces
 * @throws {PlumeError} usage for a seed, internal for another field out of its range
 */
export function normals(key: DrawKey, out: Float32Array | Float64Array, from = 0): void {
  const { key0, key1, step, weightSample, stream } = wordsOf(key);
  requireWord('first block of a draw', from / 4, two32);
  const n = out.length;
  for (let i = 0, number = from / 4; i < n; i += 4, number++) {
    philox(number, step, weightSample, stream, key0, key1, block);
    for (let half = 0; half < 4 && i + half < n; half += 2) {
      const radius = Math.sqrt(-2 * Math.log((block[half]! + 0.5) / two32));
      const angle = (block[half + 1]! / two32) * 2 * Math.PI;
      out[i + half] = radius * Math.cos(angle);
      if (i + half + 1 < n) out[i + half + 1] = radius * Math.sin(angle);
    }
  }
}

/**
 * Independent uniforms in (0, 1): (x + ½)/2³² in float64. A Float32Array rounds them to nearest, so that it
 * may hold 1.
 * @param out any shape; filled whole
 * @throws {PlumeError} as `normals`
 */
export function uniforms(key: DrawKey, out: Float32Array | Float64Array): void {
  const { key0, key1, step, weightSample, stream } = wordsOf(key);
  const n = out.length;
  for (let i = 0, number = 0; i < n; i += 4, number++) {
    philox(number, step, weightSample, stream, key0, key1, block);
    for (let j = 0; j < 4 && i + j < n; j++) out[i + j] = (block[j]! + 0.5) / two32;
  }
}

/**
 * A uniformly random permutation of 0 … n − 1 (Fisher–Yates, from the end).
 * Each index comes from 53 random bits: its bias is below n/2⁵³.
 * @throws {PlumeError} as `normals`
 */
export function shuffle(key: DrawKey, n: number): Uint32Array {
  requireWord('length of a permutation', n, two32);
  const { key0, key1, step, weightSample, stream } = wordsOf(key);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1, draw = 0; i > 0; i--, draw++) {
    const half = 2 * (draw & 1);
    if (half === 0) philox(draw >>> 1, step, weightSample, stream, key0, key1, block);
    const uniform = ((block[half]! >>> 5) * 2 ** 26 + (block[half + 1]! >>> 6)) / 2 ** 53;
    const other = Math.floor(uniform * (i + 1));
    const kept = order[i]!;
    order[i] = order[other]!;
    order[other] = kept;
  }
  return order;
}
