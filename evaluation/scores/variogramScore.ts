/**
 * Variogram score: do differences between places (or variables) have the right size? Blind to a bias shared by all.
 *   VS = Σ_{k,l} w_kl (|y_k − y_l|^p − (1/M) Σ_i |x_ik − x_il|^p)²      over ordered pairs: each counts twice
 * fair: every square less s²_kl/M, s² the unbiased variance over members of |x_k − x_l|^p: what the mean of
 * infinitely many members would score, on average (the kernel score's fair form, Ferro 2014).
 * Unit of the vector to the power 2p. Scheuerer & Hamill 2015, doi:10.1175/MWR-D-14-00269.1; p = ½ there and here.
 */
import { internalError } from '../../core/errors.js';
import type { FloatArray } from '../../core/statistics/moments.js';

export interface VariogramScoreOptions {
  /** p > 0. Default: 0.5. */
  readonly order?: number;
  /** [dimension, dimension], ≥ 0; absent: all 1. */
  readonly weights?: FloatArray;
  /** Default: fair. */
  readonly form?: 'fair' | 'plain';
}

/**
 * @param members [member, dimension]
 * @param observed [dimension], same unit
 * @returns NaN where a value is missing, and fair for one member
 * @throws {PlumeError} internal, when lengths do not match
 */
export function variogramScore(
  members: FloatArray,
  observed: FloatArray,
  { order = 0.5, weights, form = 'fair' }: VariogramScoreOptions = {},
): number {
  const size = observed.length;
  const count = members.length / size;
  if (!Number.isInteger(count) || count < 1 || (weights && weights.length !== size * size))
    throw internalError(`variogram score: ${members.length} values are no members of ${size} dimensions`);
  const differences = new Float64Array(count);
  let score = 0;
  for (let k = 0; k < size; k++) {
    for (let l = 0; l < k; l++) {
      const weight = weights ? weights[k * size + l]! + weights[l * size + k]! : 2;
      if (weight === 0) continue;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const difference = power(members[i * size + k]! - members[i * size + l]!, order);
        differences[i] = difference;
        sum += difference;
      }
      const mean = sum / count;
      let term = (power(observed[k]! - observed[l]!, order) - mean) ** 2;
      if (form === 'fair') {
        let squares = 0;
        for (let i = 0; i < count; i++) squares += (differences[i]! - mean) ** 2;
        term -= count > 1 ? squares / (count - 1) / count : Number.NaN;
      }
      score += weight * term;
    }
  }
  return score;
}

/** |d|^p, without the power function where a root does. */
function power(difference: number, order: number): number {
  const size = Math.abs(difference);
  return order === 0.5 ? Math.sqrt(size) : order === 1 ? size : size ** order;
}
