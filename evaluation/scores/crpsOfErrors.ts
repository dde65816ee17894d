/**
 * CRPS of one point from the errors x_i − y of its members, by a sort in place of the double sum over pairs; crps.ts has
 * the formulas and says where the estimators come from.
 */

export type CrpsEstimator =
  | { readonly kind: 'fair' }
  | { readonly kind: 'energy' }
  | { readonly kind: 'almost-fair'; readonly alpha: number };

export const fairCrps: CrpsEstimator = { kind: 'fair' };
export const energyCrps: CrpsEstimator = { kind: 'energy' };

/**
 * CRPS from the errors x_i − y of one point's members.
 * @param errors the first `count` values are read, and left sorted
 */
export function crpsOfErrors(errors: Float64Array, count: number, estimator: CrpsEstimator): number {
  if (count === 0) return Number.NaN;
  sortAscending(errors, count);
  let distance = 0;
  let pairs = 0;
  for (let i = 0; i < count; i++) {
    const error = errors[i]!;
    distance += Math.abs(error);
    pairs += (2 * i - count + 1) * error;
  }
  return distance / count - pairFactor(estimator, count) * pairs;
}

/** c of the head of this file; NaN where the estimator needs more members than there are. */
export function pairFactor(estimator: CrpsEstimator, count: number): number {
  switch (estimator.kind) {
    case 'energy':
      return 1 / (count * count);
    case 'fair':
      return count > 1 ? 1 / (count * (count - 1)) : Number.NaN;
    case 'almost-fair':
      return count > 1 ? (1 - (1 - estimator.alpha) / count) / (count * (count - 1)) : Number.NaN;
  }
}

/** Insertion sort while it is the faster one (measured on Node 20: up to about 100 values), else the built-in. */
function sortAscending(values: Float64Array, count: number): void {
  if (count > 100) {
    values.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let j = i - 1;
    while (j >= 0 && values[j]! > value) {
      values[j + 1] = values[j]!;
      j--;
    }
    values[j + 1] = value;
  }
}
