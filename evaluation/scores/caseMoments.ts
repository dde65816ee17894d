/**
 * Mean, unbiased variance and skewness of one case's members: what the scores of moments rest on. The skewness is the
 * adjusted one, M/((M − 1)(M − 2)) Σ ((x − x̄)/s)³ (Joanes & Gill 1998, doi:10.1111/1467-9884.00122, G₁).
 */

export interface CaseMoments {
  readonly mean: number;
  /** 1/(M − 1); NaN for one member, unit squared. */
  readonly variance: number;
  /** NaN without spread and for fewer than three members. */
  readonly skewness: number;
}

/** @param members [member]; NaN propagates */
export function momentsOfCase(members: ArrayLike<number>): CaseMoments {
  const count = members.length;
  // About the first member: equal members have exactly no variance, and pressures keep their digits.
  const first = members[0]!;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += members[i]! - first;
  const mean = first + sum / count;
  let squares = 0;
  let cubes = 0;
  for (let i = 0; i < count; i++) {
    const anomaly = members[i]! - mean;
    squares += anomaly * anomaly;
    cubes += anomaly * anomaly * anomaly;
  }
  const variance = count > 1 ? squares / (count - 1) : Number.NaN;
  const skewness = count > 2 ? ((count / (count - 1)) * cubes) / (count - 2) / variance ** 1.5 : Number.NaN;
  return { mean, variance, skewness };
}
