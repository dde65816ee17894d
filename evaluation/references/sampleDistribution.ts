/**
 * A sample at every point that stands for a distribution and that many observations are scored against: sorted once,
 * so that a score costs a binary search instead of a sort. Sums of absolute errors come from partial sums over blocks
 * of the sorted values. Unit of the channel throughout.
 *
 *   CRPS(F, y) = E|X − y| − ½ E|X − X′|,  X, X′ independent draws of F
 *
 * The first mean is taken over the sample; the second over pairs of the sample. Where the sample is a time series,
 * values close in time resemble each other, and the mean over all pairs is too small: the CRPS of a climatology of
 * fifty days would come out several per cent too large, and the skill of what is compared with it too. With `times`,
 * only pairs at least `apart` from each other count, in the CRPS, above thresholds and in the variance
 * ½ E(X − X′)². Without, all pairs count and these are the fair CRPS (Ferro 2014, doi:10.1002/qj.2270) and the
 * unbiased variance.
 *
 * Above a threshold t (Gneiting & Ranjan 2011, doi:10.1198/jbes.2010.08110) the same with v(x) = max(x, t) for x.
 */
import { dataError } from '../../core/errors.js';
import { type FloatArray, requireMembers } from '../../core/statistics/moments.js';

/** Values whose sum is kept together: a power of two. */
const blockBits = 5;
const block = 1 << blockBits;
/** Points gathered at a time from [member, point]: a cache line of float32. */
const gathered = 16;

export interface PairsApart {
  /** [member], milliseconds since 1970, rising. */
  readonly times: Float64Array;
  /** Least distance in time of two members that count as independent, milliseconds. */
  readonly apart: number;
}

export class SampleDistribution {
  readonly memberCount: number;
  /** [point] */
  readonly mean: Float64Array;
  /** [point] */
  readonly variance: Float64Array;
  private readonly members: FloatArray;
  /** [point, member], rising at every point. */
  private readonly sorted: Float32Array;
  /** [point, block]: sum of the values before each block, less the mean. */
  private readonly before: Float64Array;
  /** [point]: ½ E|X − X′|. */
  private readonly halfDifference: Float64Array;
  /** [member]: the first of the later members that is far enough from it. */
  private readonly nearEnd: Int32Array;
  private readonly independentPairs: number;
  private lastThresholds = new Float64Array(0);
  private lastHalfDifferences = new Float64Array(0);

  /**
   * @param members [member, point], no missing values; kept, not written
   * @throws {PlumeError} data, when no two members count as independent; internal, when lengths do not match
   */
  constructor(members: FloatArray, memberCount: number, points: number, pairs?: PairsApart) {
    requireMembers(members.length, memberCount, points);
    this.members = members;
    this.memberCount = memberCount;
    this.mean = new Float64Array(points);
    this.variance = new Float64Array(points);
    const blocks = Math.floor(memberCount / block) + 1;
    this.sorted = new Float32Array(members.length);
    this.before = new Float64Array(points * blocks);
    this.halfDifference = new Float64Array(points);
    this.nearEnd = nearEnds(memberCount, pairs);
    this.independentPairs = (memberCount * (memberCount - 1)) / 2;
    for (let i = 0; i < memberCount; i++) this.independentPairs -= this.nearEnd[i]! - i - 1;
    if (this.independentPairs < 1) {
      throw dataError(
        `a climatology of ${memberCount} state(s) has no two that are independent of each other; ` +
          'use a longer training period',
      );
    }
    this.eachColumn((column, point) => this.summarise(column, point, blocks));
  }

  private summarise(column: Float32Array, point: number, blocks: number): void {
    const { memberCount, nearEnd, independentPairs } = this;
    let total = 0;
    for (let i = 0; i < memberCount; i++) total += column[i]!;
    const centre = total / memberCount;
    let close = 0;
    let closeSquares = 0;
    for (let i = 0; i < memberCount; i++) {
      const value = column[i]!;
      for (let j = i + 1; j < nearEnd[i]!; j++) {
        const apart = value - column[j]!;
        close += Math.abs(apart);
        closeSquares += apart * apart;
      }
    }
    column.sort();
    this.sorted.set(column, point * memberCount);
    let all = 0;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < memberCount; i++) {
      if ((i & (block - 1)) === 0) this.before[point * blocks + (i >> blockBits)] = sum;
      const anomaly = column[i]! - centre;
      sum += anomaly;
      squares += anomaly * anomaly;
      all += (2 * i - memberCount + 1) * anomaly;
    }
    if ((memberCount & (block - 1)) === 0) this.before[point * blocks + blocks - 1] = sum;
    this.mean[point] = centre;
    // Σ_{i<j} (x_i − x_j)² = M Σ (x_i − x̄)².
    this.variance[point] = (memberCount * squares - closeSquares) / (2 * independentPairs);
    this.halfDifference[point] = (all - close) / (2 * independentPairs);
  }

  /**
   * CRPS at every point.
   * @param observed [point]; NaN propagates
   * @param out [point], written
   */
  crps(observed: FloatArray, out: Float64Array): void {
    const { memberCount } = this;
    for (let point = 0; point < out.length; point++) {
      const y = observed[point]!;
      const anomaly = y - this.mean[point]!;
      const low = this.countBelow(point, y);
      // Anomalies sum to nothing over all members: Σ|x − y| = (2k − M)(y − x̄) − 2 Σ_{i<k} (x_i − x̄).
      const distance = (2 * low - memberCount) * anomaly - 2 * this.anomaliesBefore(point, low);
      out[point] = distance / memberCount - this.halfDifference[point]!;
    }
  }

  /**
   * Type-7 quantile (linear between order statistics; Hyndman & Fan 1996) at every point.
   * @param probability 0 … 1
   * @param out [point], written
   */
  quantile(probability: number, out: FloatArray): void {
    const { memberCount, sorted } = this;
    const position = probability * (memberCount - 1);
    const low = Math.min(Math.floor(position), memberCount - 1);
    const high = Math.min(low + 1, memberCount - 1);
    for (let point = 0; point < out.length; point++) {
      const a = sorted[point * memberCount + low]!;
      const b = sorted[point * memberCount + high]!;
      out[point] = a + (position - low) * (b - a);
    }
  }

  /**
   * Share of the sample strictly above the threshold of each point.
   * @param thresholds [point]; NaN propagates
   * @param out [point], written
   */
  exceedance(thresholds: FloatArray, out: Float64Array): void {
    for (let point = 0; point < out.length; point++) {
      const t = thresholds[point]!;
      out[point] = Number.isNaN(t) ? Number.NaN : 1 - this.countUpTo(point, t) / this.memberCount;
    }
  }

  /**
   * Threshold-weighted CRPS of the part of the line above each threshold.
   * @param thresholds [threshold, point]
   * @param observed [point]; NaN propagates
   * @param out [threshold, point], written
   */
  twcrpsAbove(thresholds: FloatArray, observed: FloatArray, out: Float64Array): void {
    const { memberCount } = this;
    const points = this.mean.length;
    const halfDifferences = this.halfDifferencesAbove(thresholds);
    for (let i = 0; i < thresholds.length; i++) {
      const point = i % points;
      const t = thresholds[i]!;
      const y = Math.max(observed[point]!, t);
      const centre = this.mean[point]!;
      const clipped = this.countUpTo(point, t);
      const below = Math.max(clipped, this.countBelow(point, y));
      const [s, sBelow] = [this.anomaliesBefore(point, clipped), this.anomaliesBefore(point, below)];
      // Clipped members lie at t; those up to y below it, the rest above, and all anomalies sum to nothing.
      const distance =
        clipped * (y - t) + (2 * below - clipped - memberCount) * (y - centre) - 2 * sBelow + s;
      out[i] = distance / memberCount - halfDifferences[i]!;
    }
  }

  /** ½ E|v(X) − v(X′)| for each threshold, [threshold, point]; kept until other thresholds come. */
  private halfDifferencesAbove(thresholds: FloatArray): Float64Array {
    const known = this.lastThresholds;
    if (known.length === thresholds.length && known.every((t, i) => Object.is(t, thresholds[i])))
      return this.lastHalfDifferences;
    const { memberCount, nearEnd, sorted, independentPairs } = this;
    const points = this.mean.length;
    const out = new Float64Array(thresholds.length);
    for (let i = 0; i < thresholds.length; i++) {
      const point = i % points;
      const t = thresholds[i]!;
      const clipped = this.countUpTo(point, t);
      // Σ (2i − M + 1) v(x_(i)), measured from t, so that what is clipped adds nothing.
      for (let m = clipped; m < memberCount; m++)
        out[i]! += (2 * m - memberCount + 1) * (sorted[point * memberCount + m]! - t);
    }
    this.eachColumn((column, point) => {
      for (let i = point; i < thresholds.length; i += points) {
        const t = thresholds[i]!;
        let close = 0;
        for (let a = 0; a < memberCount; a++) {
          const value = Math.max(column[a]!, t);
          for (let b = a + 1; b < nearEnd[a]!; b++) close += Math.abs(value - Math.max(column[b]!, t));
        }
        out[i] = (out[i]! - close) / (2 * independentPairs);
      }
    });
    this.lastThresholds = Float64Array.from(thresholds);
    this.lastHalfDifferences = out;
    return out;
  }

  /** Members below y; 0 for NaN. */
  private countBelow(point: number, y: number): number {
    const first = point * this.memberCount;
    let low = 0;
    let high = this.memberCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[first + middle]! < y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Members not above t; 0 for NaN. */
  private countUpTo(point: number, t: number): number {
    const first = point * this.memberCount;
    let low = 0;
    let high = this.memberCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[first + middle]! <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Σ_{i<count} (x_(i) − x̄) */
  private anomaliesBefore(point: number, count: number): number {
    const { memberCount, sorted } = this;
    const blocks = Math.floor(memberCount / block) + 1;
    const first = point * memberCount;
    const centre = this.mean[point]!;
    let sum = this.before[point * blocks + (count >> blockBits)]!;
    for (let i = count & ~(block - 1); i < count; i++) sum += sorted[first + i]! - centre;
    return sum;
  }

  /** Calls with every point's members in their order; what is done to the column stays there. */
  private eachColumn(visit: (column: Float32Array, point: number) => void): void {
    const { members, memberCount } = this;
    const points = this.mean.length;
    const columns = new Float32Array(gathered * memberCount);
    for (let first = 0; first < points; first += gathered) {
      const count = Math.min(gathered, points - first);
      for (let m = 0; m < memberCount; m++)
        for (let p = 0; p < count; p++) columns[p * memberCount + m] = members[m * points + first + p]!;
      for (let p = 0; p < count; p++)
        visit(columns.subarray(p * memberCount, (p + 1) * memberCount), first + p);
    }
  }
}

/** For every member the first later one at least `apart` from it; the next one where all are independent. */
function nearEnds(memberCount: number, pairs: PairsApart | undefined): Int32Array {
  const ends = Int32Array.from({ length: memberCount }, (_, i) => i + 1);
  if (!pairs) return ends;
  const { times, apart } = pairs;
  for (let i = 0; i < memberCount; i++) {
    let end = i + 1;
    while (end < memberCount && times[end]! - times[i]! < apart) end++;
    ends[i] = end;
  }
  return ends;
}
