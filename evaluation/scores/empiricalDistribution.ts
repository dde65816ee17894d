/**
 * A sample at every point that many observations are scored against: sorted once, so that a score costs a binary
 * search instead of a sort. Sums of absolute errors come from partial sums over blocks of the sorted values.
 *
 *   CRPS(F, y) = E|X − y| − ½ E|X − X′|,  X, X′ independent draws of F
 *
 * The first mean is taken over the sample; the second over pairs of the sample. Where the sample is a time series,
 * values close in time resemble each other, and the mean over all pairs is too small: the CRPS of a climatology of
 * fifty days would come out several per cent too large. With `times`, only pairs at least `apart` from each other
 * count. Without, all pairs count and this is the fair CRPS (Ferro 2014, doi:10.1002/qj.2270).
 */
import { dataError } from '../../core/errors.js';
import { type FloatArray, memberMoments, requireMembers } from '../../core/statistics/moments.js';

/** Values whose sum is kept together: a power of two. */
const blockBits = 5;
const block = 1 << blockBits;

export interface PairsApart {
  /** [member], milliseconds since 1970, rising. */
  readonly times: Float64Array;
  /** Least distance in time of two members that count as independent, milliseconds. */
  readonly apart: number;
}

export class EmpiricalDistribution {
  readonly memberCount: number;
  /** [point] */
  readonly mean: Float64Array;
  /** [point], unbiased for independent members. */
  readonly variance: Float64Array;
  /** [point, member], rising at every point. */
  private readonly sorted: Float32Array;
  /** [point, block]: sum of the values before each block, less the mean. */
  private readonly before: Float64Array;
  /** [point]: ½ E|X − X′|. */
  private readonly halfDifference: Float64Array;

  /**
   * @param members [member, point], no missing values; not kept
   * @throws {PlumeError} data, when no two members count as independent; internal, when lengths do not match
   */
  constructor(members: FloatArray, memberCount: number, points: number, pairs?: PairsApart) {
    requireMembers(members.length, memberCount, points);
    this.memberCount = memberCount;
    this.mean = new Float64Array(points);
    this.variance = new Float64Array(points);
    memberMoments(members, memberCount, this.mean, this.variance);
    const blocks = Math.floor(memberCount / block) + 1;
    this.sorted = new Float32Array(members.length);
    this.before = new Float64Array(points * blocks);
    this.halfDifference = new Float64Array(points);
    const near = nearPairs(memberCount, pairs);
    const count = (memberCount * (memberCount - 1)) / 2 - near.length / 2;
    if (count < 1) {
      throw dataError(
        `a climatology of ${memberCount} state(s) has no two that are independent of each other; ` +
          'use a longer training period',
      );
    }
    const column = new Float32Array(memberCount);
    for (let point = 0; point < points; point++) {
      for (let m = 0; m < memberCount; m++) column[m] = members[m * points + point]!;
      let close = 0;
      for (let i = 0; i < near.length; i += 2) close += Math.abs(column[near[i]!]! - column[near[i + 1]!]!);
      column.sort();
      this.sorted.set(column, point * memberCount);
      const centre = this.mean[point]!;
      let all = 0;
      let sum = 0;
      for (let i = 0; i < memberCount; i++) {
        if ((i & (block - 1)) === 0) this.before[point * blocks + (i >> blockBits)] = sum;
        const anomaly = column[i]! - centre;
        sum += anomaly;
        all += (2 * i - memberCount + 1) * anomaly;
      }
      if ((memberCount & (block - 1)) === 0) this.before[point * blocks + blocks - 1] = sum;
      this.halfDifference[point] = (all - close) / (2 * count);
    }
  }

  /**
   * CRPS at every point.
   * @param observed [point], unit of the members; NaN propagates
   * @param out [point], written
   */
  crps(observed: FloatArray, out: Float64Array): void {
    const { memberCount, sorted, before } = this;
    const blocks = Math.floor(memberCount / block) + 1;
    for (let point = 0; point < out.length; point++) {
      const y = observed[point]!;
      const first = point * memberCount;
      let low = 0;
      let high = memberCount;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[first + middle]! < y) low = middle + 1;
        else high = middle;
      }
      const centre = this.mean[point]!;
      let below = before[point * blocks + (low >> blockBits)]!;
      for (let i = low & ~(block - 1); i < low; i++) below += sorted[first + i]! - centre;
      // Anomalies sum to nothing over all members: Σ|x − y| = (2k − M)(y − x̄) − 2 Σ_{i<k} (x_i − x̄).
      const distance = (2 * low - memberCount) * (y - centre) - 2 * below;
      out[point] = distance / memberCount - this.halfDifference[point]!;
    }
  }
}

/** Members of every pair too close in time to be independent, flattened. */
function nearPairs(memberCount: number, pairs: PairsApart | undefined): Int32Array {
  const near: number[] = [];
  if (pairs) {
    for (let i = 0; i < memberCount; i++)
      for (let j = i + 1; j < memberCount && pairs.times[j]! - pairs.times[i]! < pairs.apart; j++)
        near.push(i, j);
  }
  return Int32Array.from(near);
}
