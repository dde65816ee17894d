/**
 * A linear map between the points of two grids as a sparse matrix in compressed rows: target point i is
 *   y_i = Σ_k w_k x_{s(k)} / Σ_k w_k,   k from offsets[i] to offsets[i + 1], over sources that have a value.
 * The weights of a row sum to the share of the target that the source covers, 1 inside it; where less than half of
 * that is left after missing values are taken out, the target is missing (NaN).
 */
import { internalError } from '../errors.js';
import type { FloatArray } from '../statistics/moments.js';

export interface SparseWeights {
  /** Number of source points. */
  readonly sources: number;
  /** [target + 1] */
  readonly offsets: Int32Array;
  /** Source point of every weight. */
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

/** One target's sources. */
export interface WeightedPoints {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
}

/** Half, less what rounding of the sums may take. */
const leastShare = 0.5 - 1e-9;

/** @param rows called once for every target in order */
export function sparseWeights(
  sources: number,
  targets: number,
  rows: (target: number) => WeightedPoints,
): SparseWeights {
  const offsets = new Int32Array(targets + 1);
  let capacity = Math.max(16, 4 * targets);
  let indices = new Int32Array(capacity);
  let weights = new Float64Array(capacity);
  let next = 0;
  for (let target = 0; target < targets; target++) {
    const row = rows(target);
    if (next + row.indices.length > capacity) {
      capacity = Math.max(2 * capacity, next + row.indices.length);
      const [oldIndices, oldWeights] = [indices, weights];
      indices = new Int32Array(capacity);
      weights = new Float64Array(capacity);
      indices.set(oldIndices);
      weights.set(oldWeights);
    }
    for (let k = 0; k < row.indices.length; k++) {
      if (row.weights[k] === 0) continue;
      indices[next] = row.indices[k]!;
      weights[next] = row.weights[k]!;
      next++;
    }
    offsets[target + 1] = next;
  }
  return { sources, offsets, indices: indices.slice(0, next), weights: weights.slice(0, next) };
}

/**
 * @param source [source point]
 * @param out [target point], written; NaN where less than half of a target has a value
 * @throws {PlumeError} internal, when a length is not that of the weights
 */
export function applyWeights(map: SparseWeights, source: FloatArray, out: FloatArray): void {
  const { offsets, indices, weights } = map;
  if (source.length !== map.sources || out.length !== offsets.length - 1) {
    throw internalError(
      `regridding maps ${map.sources} points to ${offsets.length - 1}, got ${source.length} and ${out.length}`,
    );
  }
  for (let target = 0; target < out.length; target++) {
    let sum = 0;
    let share = 0;
    for (let k = offsets[target]!; k < offsets[target + 1]!; k++) {
      const value = source[indices[k]!]!;
      if (Number.isNaN(value)) continue;
      sum += weights[k]! * value;
      share += weights[k]!;
    }
    out[target] = share < leastShare ? Number.NaN : sum / share;
  }
}
