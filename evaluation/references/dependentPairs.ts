/**
 * Pairs of a sample's members that are no two independent draws, and their sums, at one point. Members of a group (a
 * year) are sorted, so that a sum over their pairs is a sum over ranks, Σ_{i<j} (x_j − x_i) = Σ (2i − n + 1) x_(i);
 * members close in time are gone through pair by pair.
 */

/** Which pairs count as two draws. */
export type Independence =
  | { readonly kind: 'all' }
  /** Members of different groups. @param ends [group]: the member after the last one of each group, rising to M */
  | { readonly kind: 'groups'; readonly ends: Int32Array }
  /** @param times [member], milliseconds since 1970, rising @param apart least distance in time, milliseconds */
  | { readonly kind: 'apart'; readonly times: Float64Array; readonly apart: number };

/** Which pairs do not. */
export type Dependence =
  | { readonly kind: 'none' }
  | { readonly kind: 'groups'; readonly ends: Int32Array }
  /** @param nearEnd [member]: the first of the later members that is far enough from it */
  | { readonly kind: 'near'; readonly nearEnd: Int32Array };

export function dependenceOf(memberCount: number, independence: Independence): Dependence {
  switch (independence.kind) {
    case 'all':
      return { kind: 'none' };
    case 'groups':
      return independence;
    case 'apart': {
      const { times, apart } = independence;
      const nearEnd = Int32Array.from({ length: memberCount }, (_, i) => {
        let end = i + 1;
        while (end < memberCount && times[end]! - times[i]! < apart) end++;
        return end;
      });
      return nearEnd.every((end, i) => end === i + 1) ? { kind: 'none' } : { kind: 'near', nearEnd };
    }
  }
}

/** Number of them. */
export function dependentPairs(dependence: Dependence): number {
  switch (dependence.kind) {
    case 'none':
      return 0;
    case 'groups':
      return dependence.ends.reduce((sum, end, g) => {
        const n = end - (g > 0 ? dependence.ends[g - 1]! : 0);
        return sum + (n * (n - 1)) / 2;
      }, 0);
    case 'near':
      return dependence.nearEnd.reduce((sum, end, i) => sum + end - i - 1, 0);
  }
}

/** Whether two members, by their positions, count as two draws. */
export function isIndependent(dependence: Dependence, a: number, b: number): boolean {
  switch (dependence.kind) {
    case 'none':
      return true;
    case 'groups':
      return dependence.ends.some((end) => Math.min(a, b) < end && Math.max(a, b) >= end);
    case 'near':
      return Math.max(a, b) >= dependence.nearEnd[Math.min(a, b)]!;
  }
}

/**
 * Σ |max(x_i, t) − max(x_j, t)| over dependent pairs.
 * @param values members from `first` on, sorted within groups
 * @param t −∞: Σ |x_i − x_j|
 */
export function dependentDifference(
  dependence: Dependence,
  values: Float32Array,
  first: number,
  t: number,
): number {
  if (dependence.kind === 'none') return 0;
  let sum = 0;
  if (dependence.kind === 'groups') {
    const { ends } = dependence;
    let start = 0;
    for (let g = 0; g < ends.length; g++) {
      const end = ends[g]!;
      // Measured from the threshold or from the lowest, so that it adds nothing and large numbers keep their digits.
      const zero = Math.max(t, values[first + start]!);
      for (let i = end - 1; i >= start; i--) {
        const above = values[first + i]! - zero;
        if (above <= 0) break;
        sum += (2 * i - start - end + 1) * above;
      }
      start = end;
    }
    return sum;
  }
  const { nearEnd } = dependence;
  for (let i = 0; i < nearEnd.length; i++) {
    const value = Math.max(values[first + i]!, t);
    for (let j = i + 1; j < nearEnd[i]!; j++) sum += Math.abs(value - Math.max(values[first + j]!, t));
  }
  return sum;
}

/**
 * Σ (x_i − x_j)² over dependent pairs; of a group of n it is n Σ x² − (Σ x)².
 * @param values members from `first` on
 * @param centre what x is measured from, so that large numbers keep their digits
 */
export function dependentSquares(
  dependence: Dependence,
  values: Float32Array,
  first: number,
  centre: number,
): number {
  if (dependence.kind === 'none') return 0;
  let total = 0;
  if (dependence.kind === 'groups') {
    const { ends } = dependence;
    let i = 0;
    for (let g = 0; g < ends.length; g++) {
      const n = ends[g]! - i;
      let sum = 0;
      let squares = 0;
      for (; i < ends[g]!; i++) {
        const anomaly = values[first + i]! - centre;
        sum += anomaly;
        squares += anomaly * anomaly;
      }
      total += n * squares - sum * sum;
    }
    return total;
  }
  const { nearEnd } = dependence;
  for (let i = 0; i < nearEnd.length; i++)
    for (let j = i + 1; j < nearEnd[i]!; j++) total += (values[first + i]! - values[first + j]!) ** 2;
  return total;
}
