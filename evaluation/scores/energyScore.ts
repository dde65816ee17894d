/**
 * Energy score: the CRPS of vectors (fields, profiles, several variables at once), Gneiting & Raftery 2007,
 * doi:10.1198/016214506000001437, eq. 22.
 *   ES = (1/M) Σ‖x_i − y‖ − c Σ_{i<j} ‖x_i − x_j‖,   ‖d‖² = Σ_k w_k d_k²
 * c = 1/M² (energy), 1/(M(M − 1)) (fair, Ferro 2014) or, for `adjacent`, half the mean over the M − 1 pairs of
 * neighbours in the order of the members: O(M), noisier, for comparison with weatherbench2. Unit of the vector;
 * one dimension of weight 1 gives the CRPS. Fields too large for all pairs at once: fields/energyScore.ts.
 */
import { internalError } from '../../core/errors.js';
import type { FloatArray } from '../../core/statistics/moments.js';

export interface EnergyScoreOptions {
  /** Default: fair. */
  readonly estimator?: 'fair' | 'energy' | 'adjacent';
  /** [dimension], ≥ 0; absent: all 1. Shares of area make the norm a root mean square. */
  readonly weights?: FloatArray;
}

/**
 * @param members [member, dimension]
 * @param observed [dimension], same unit
 * @returns NaN where a value of weight above 0 is missing, and for one member unless `energy`
 * @throws {PlumeError} internal, when lengths do not match
 */
export function energyScore(
  members: FloatArray,
  observed: FloatArray,
  { estimator = 'fair', weights }: EnergyScoreOptions = {},
): number {
  const size = observed.length;
  const count = members.length / size;
  if (!Number.isInteger(count) || count < 1 || (weights && weights.length !== size))
    throw internalError(`energy score: ${members.length} values are no members of ${size} dimensions`);
  const row = (m: number): FloatArray => members.subarray(m * size, (m + 1) * size);
  let distance = 0;
  for (let m = 0; m < count; m++) distance += norm(row(m), observed, weights);
  let between = 0;
  for (let m = 1; m < count; m++) {
    const first = estimator === 'adjacent' ? m - 1 : 0;
    for (let n = first; n < m; n++) between += norm(row(m), row(n), weights);
  }
  return distance / count - pairShare(estimator, count) * between;
}

function pairShare(estimator: 'fair' | 'energy' | 'adjacent', count: number): number {
  switch (estimator) {
    case 'energy':
      return 1 / (count * count);
    case 'fair':
      return count > 1 ? 1 / (count * (count - 1)) : Number.NaN;
    case 'adjacent':
      return count > 1 ? 1 / (2 * (count - 1)) : Number.NaN;
  }
}

function norm(a: FloatArray, b: FloatArray, weights: FloatArray | undefined): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) {
    const weight = weights ? weights[k]! : 1;
    if (weight > 0) sum += weight * (a[k]! - b[k]!) ** 2;
  }
  return Math.sqrt(sum);
}
