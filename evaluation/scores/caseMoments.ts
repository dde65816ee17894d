/** Mean, unbiased variance and skewness of one case's members: what the scores of moments rest on. */

export interface CaseMoments {
  readonly mean: number;
  /** 1/(M − 1); NaN for one member, unit squared. */
  readonly variance: number;
  /** Third central moment over variance^{3/2}, both with 1/(M − 1); NaN without spread. */
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
  return { mean, variance, skewness: cubes / (count - 1) / variance ** 1.5 };
}
