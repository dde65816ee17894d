/**
 * Where the spread comes from, in the unit of the CRPS: the kernel form of the law of total variance over K weight
 * samples × J noise streams. With X, X′ two independent draws, of the same weights or of any,
 *
 *   total     = ½ E|X − X′|              weights of X and X′ drawn apart
 *   aleatoric = E_w ½ E|X − X′|          both of the same weights: the CRPS that a forecast of known weights expects
 *   epistemic = total − aleatoric        half the mean energy distance between weights, ≥ 0
 *
 * which is the decomposition of the entropy of the kernel score |x − y| (Bülte et al., kernel_entropy_uq; for the squared
 * kernel ½ (x − y)² the same three are the variances of varianceDecomposition.ts). Total is what the fair CRPS of a
 * perfect ensemble averages to. The estimates are U-statistics, unbiased for any K, J ≥ 2: pairs of members of one weight
 * sample never meet another's, so nothing like the W / J term is left to take off,
 *
 *   A = Σ_k Σ_{i<j} |x_ki − x_kj| / (K J (J − 1)),   C = Σ_{k<l} Σ_{i,j} |x_ki − x_lj| / (K (K − 1) J²)
 *   aleatoric = A,   epistemic = C − A,   total = C
 *
 * C is that of weights drawn from their posterior anew, not of the mixture of these K alone, whose total is
 * A / K + (1 − 1 / K) C. Sums over pairs come from sorted members, Σ_{i<j} |x_i − x_j| = Σ_i (2i − n − 1) x_(i), and the
 * pairs between samples are all pairs less those within: O(M log M) a point.
 * Members lie as [weight sample, noise stream, point]; results as [point], in the members' unit.
 */
import { internalError } from '../errors.js';
import { type FloatArray, requireMembers } from './moments.js';
import type { NestedDesign } from './varianceDecomposition.js';

/**
 * Splits the CRPS entropy of a nested ensemble at every point.
 *
 * What cannot be estimated is NaN, never 0: with J = 1 neither source, with K = 1 the epistemic one.
 * @param members [K, J, point]; NaN propagates
 * @param epistemic [point], written, unit of the members
 * @param aleatoric [point], written, unit of the members
 * @param negative what becomes of a negative epistemic estimate: cut to 0 at its point (for maps), or kept, for
 *   means over many points and dates, which only stay unbiased if the cut comes after the averaging
 * @returns number of points whose epistemic estimate was negative
 * @throws {PlumeError} internal, when the lengths do not match
 * @see Gneiting & Raftery 2007, eq. 20–21, for the kernel form of the CRPS and its entropy
 */
export function decomposeCrps(
  members: FloatArray,
  design: NestedDesign,
  epistemic: FloatArray,
  aleatoric: FloatArray,
  negative: 'cut' | 'keep' = 'cut',
): number {
  const { weightSamples: K, noiseStreams: J } = design;
  const points = epistemic.length;
  const count = K * J;
  requireMembers(members.length, count, points);
  if (aleatoric.length !== points)
    throw internalError('decomposition: epistemic and aleatoric differ in length');
  const column = new Float64Array(count);
  const scratch = new Float64Array(count);
  let clipped = 0;
  for (let point = 0; point < points; point++) {
    // Taken off one of the members: pressures near 1e5 Pa keep their digits.
    const base = members[point]!;
    for (let m = 0, i = point; m < count; m++, i += points) column[m] = members[i]! - base;
    let within = 0;
    for (let first = 0; first < count; first += J) {
      sortStretch(column, first, first + J);
      within += pairDistance(column, first, J);
    }
    const sorted = mergedRuns(column, scratch, J);
    const between = pairDistance(sorted, 0, count) - within;
    const aleatoricHere = J > 1 ? within / (count * (J - 1)) : Number.NaN;
    const unclipped = K > 1 ? between / (count * (K - 1) * J) - aleatoricHere : Number.NaN;
    if (unclipped < 0) clipped++;
    aleatoric[point] = aleatoricHere;
    epistemic[point] = negative === 'cut' ? Math.max(unclipped, 0) : unclipped;
  }
  return clipped;
}

/** Σ_{i<j} |x_i − x_j| of `count` sorted values from `first` on. */
function pairDistance(sorted: Float64Array, first: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (2 * i - count + 1) * sorted[first + i]!;
  return sum;
}

/** Insertion sort of values from … to − 1 while it is the faster one, else the built-in. */
function sortStretch(values: Float64Array, from: number, to: number): void {
  if (to - from > 100) {
    values.subarray(from, to).sort();
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!;
    let j = i - 1;
    while (j >= from && values[j]! > value) {
      values[j + 1] = values[j]!;
      j--;
    }
    values[j + 1] = value;
  }
}

/**
 * Merges sorted runs two and two until all are one.
 * @returns whichever of both arrays holds the result
 */
function mergedRuns(values: Float64Array, scratch: Float64Array, run: number): Float64Array {
  const count = values.length;
  let from = values;
  let to = scratch;
  for (let length = run; length < count; length *= 2) {
    for (let first = 0; first < count; first += 2 * length) {
      const middle = Math.min(first + length, count);
      const end = Math.min(first + 2 * length, count);
      let a = first;
      let b = middle;
      for (let i = first; i < end; i++) {
        // Where a value is missing both comparisons fail, and the sum is NaN in any order.
        const takeLow = b >= end || (a < middle && !(from[b]! < from[a]!));
        to[i] = takeLow ? from[a++]! : from[b++]!;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
