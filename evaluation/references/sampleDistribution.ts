/**
 * A sample at every point that stands for a distribution and that many observations are scored against: sorted once,
 * so that a score costs a binary search instead of a sort. Sums of absolute errors come from partial sums over blocks
 * of the sorted values. Unit of the channel throughout.
 *
 *   CRPS(F, y) = E|X − y| − ½ E|X − X′|,  X, X′ independent draws of F
 *
 * The first mean is taken over the sample; the second over pairs of the sample. Where the sample is a time series,
 * values close in time resemble each other, and the mean over all pairs is too small: the CRPS of a climatology of
 * fifty days would come out several per cent too large, and the skill of what is compared with it too. So only pairs
 * that are independent count, in the CRPS, above thresholds and in the variance ½ E(X − X′)²: those of different groups
 * (years), or those far enough apart in time, or all, which gives the fair CRPS (Ferro 2014, doi:10.1002/qj.2270) and
 * the unbiased variance. Pairs that do not count are few and are taken off the sum over all pairs; both come from
 * sorted values, Σ_{i<j} |x_i − x_j| = Σ (2i − M + 1) x_(i), but for times apart, which are gone through one by one.
 *
 * Above a threshold t (Gneiting & Ranjan 2011, doi:10.1198/jbes.2010.08110) the same with v(x) = max(x, t) for x.
 */
import { dataError } from '../../core/errors.js';
import { type FloatArray, requireMembers } from '../../core/statistics/moments.js';
import { columnSorter, tilePoints } from './columnSorter.js';
import {
  type Dependence,
  dependenceOf,
  dependentDifference,
  dependentPairs,
  dependentSquares,
  type Independence,
} from './dependentPairs.js';

/** Values whose sum is kept together: a power of two. */
const blockBits = 5;
const block = 1 << blockBits;

/** What the sample is above thresholds, whatever is observed: [threshold, point]. */
interface AboveThresholds {
  readonly thresholds: Float64Array;
  /** Members not above t. */
  readonly upTo: Int32Array;
  /** Σ (x_i − x̄) over these. */
  readonly anomalies: Float64Array;
  /** ½ E|v(X) − v(X′)| */
  readonly halfDifferences: Float64Array;
}
const none = new Float64Array(0);
const unasked = { thresholds: none, upTo: new Int32Array(0), anomalies: none, halfDifferences: none };

export class SampleDistribution {
  readonly memberCount: number;
  /** [point] */
  readonly mean: Float64Array;
  /** [point] */
  readonly variance: Float64Array;
  /** [point, member]: where members of groups depend on each other, sorted in every group; else as given. */
  private readonly ordered: Float32Array;
  /** [point, member], rising at every point. */
  private readonly sorted: Float32Array;
  /** [point, block]: sum of the values before each block, less the mean. */
  private readonly before: Float64Array;
  /** [point]: ½ E|X − X′|. */
  private readonly halfDifference: Float64Array;
  private readonly dependence: Dependence;
  private readonly independentPairs: number;
  private last: AboveThresholds = unasked;

  /**
   * @param members [member, point], no missing values; not kept
   * @throws {PlumeError} data, when no two members count as independent; internal, when lengths do not match
   */
  constructor(
    members: FloatArray,
    memberCount: number,
    points: number,
    independence: Independence = { kind: 'all' },
  ) {
    requireMembers(members.length, memberCount, points);
    this.memberCount = memberCount;
    this.mean = new Float64Array(points);
    this.variance = new Float64Array(points);
    const blocks = Math.floor(memberCount / block) + 1;
    this.sorted = new Float32Array(members.length);
    this.before = new Float64Array(points * blocks);
    this.halfDifference = new Float64Array(points);
    this.dependence = dependenceOf(memberCount, independence);
    this.ordered = new Float32Array(this.dependence.kind === 'none' ? 0 : members.length);
    this.independentPairs = (memberCount * (memberCount - 1)) / 2 - dependentPairs(this.dependence);
    if (this.independentPairs < 1) {
      throw dataError(
        `a climatology of ${memberCount} state(s) has no two that are independent of each other; ` +
          'use a longer training period',
      );
    }
    this.summariseTiles(members, blocks);
  }

  /** Sorts the members of a tile of points at a time, and keeps what scores need of them. */
  private summariseTiles(members: FloatArray, blocks: number): void {
    const { memberCount, dependence } = this;
    const points = this.mean.length;
    const sorter = columnSorter(memberCount);
    const columns = new Float32Array(tilePoints * memberCount);
    const ordered = new Float32Array(dependence.kind === 'none' ? 0 : columns.length);
    for (let first = 0; first < points; first += tilePoints) {
      const n = Math.min(tilePoints, points - first);
      // Rows of 64 values: a loop copies them faster than a view of each.
      for (let m = 0; m < memberCount; m++) {
        const [from, to] = [m * points + first, m * tilePoints];
        for (let p = 0; p < n; p++) sorter.rows[to + p] = members[from + p]!;
      }
      sorter.sort(0, memberCount, columns);
      if (dependence.kind === 'groups') {
        let start = 0;
        for (const end of dependence.ends) {
          sorter.sort(start, end, ordered);
          start = end;
        }
      } else if (dependence.kind === 'near') {
        for (let m = 0; m < memberCount; m++)
          for (let p = 0; p < n; p++) ordered[p * memberCount + m] = sorter.rows[m * tilePoints + p]!;
      }
      this.sorted.set(columns.subarray(0, n * memberCount), first * memberCount);
      if (dependence.kind !== 'none')
        this.ordered.set(ordered.subarray(0, n * memberCount), first * memberCount);
      for (let p = 0; p < n; p++) this.summarise(first + p, blocks);
    }
  }

  private summarise(point: number, blocks: number): void {
    const { memberCount, dependence, independentPairs, ordered } = this;
    const { sorted, before } = this;
    const first = point * memberCount;
    let total = 0;
    for (let i = first; i < first + memberCount; i++) total += sorted[i]!;
    const centre = total / memberCount;
    const close = dependentDifference(dependence, ordered, first, Number.NEGATIVE_INFINITY);
    const closeSquares = dependentSquares(dependence, ordered, first, centre);
    let all = 0;
    let sum = 0;
    let squares = 0;
    for (let b = 0; b < blocks; b++) {
      before[point * blocks + b] = sum;
      const end = Math.min(memberCount, (b + 1) * block);
      for (let i = b * block; i < end; i++) {
        const anomaly = sorted[first + i]! - centre;
        sum += anomaly;
        squares += anomaly * anomaly;
        all += (2 * i - memberCount + 1) * anomaly;
      }
    }
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
      const low = this.count(point, y, false);
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
   * What the sample leaves open of F(y) at every point: y with k of the M values below it and e equal to it lies in
   * k/(M + 1) … (k + e + 1)/(M + 1).
   * @param observed [point]; NaN propagates
   * @param low, high [point], written
   */
  pit(observed: FloatArray, low: Float64Array, high: Float64Array): void {
    for (let point = 0; point < low.length; point++) {
      const y = observed[point]!;
      const missing = Number.isNaN(y);
      low[point] = missing ? y : this.count(point, y, false) / (this.memberCount + 1);
      high[point] = missing ? y : (this.count(point, y, true) + 1) / (this.memberCount + 1);
    }
  }

  /**
   * Share of the sample strictly above each threshold.
   * @param thresholds [threshold, point]; NaN propagates
   * @param out [threshold, point], written
   */
  exceedance(thresholds: FloatArray, out: Float64Array): void {
    const { upTo } = this.above(thresholds);
    for (let i = 0; i < out.length; i++)
      out[i] = Number.isNaN(thresholds[i]!) ? Number.NaN : 1 - upTo[i]! / this.memberCount;
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
    const { upTo, anomalies, halfDifferences } = this.above(thresholds);
    for (let point = 0; point < points; point++) {
      const observation = observed[point]!;
      const centre = this.mean[point]!;
      const low = this.count(point, observation, false);
      const sLow = this.anomaliesBefore(point, low);
      for (let i = point; i < thresholds.length; i += points) {
        const y = Math.max(observation, thresholds[i]!);
        const [clipped, s] = [upTo[i]!, anomalies[i]!];
        // Where y is t itself, all clipped members count as below it, and no others.
        const higher = low > clipped;
        const below = higher ? low : clipped;
        const sBelow = higher ? sLow : s;
        // Clipped members lie at t; those up to y below it, the rest above, and all anomalies sum to nothing.
        const distance =
          clipped * (y - thresholds[i]!) +
          (2 * below - clipped - memberCount) * (y - centre) -
          2 * sBelow +
          s;
        out[i] = distance / memberCount - halfDifferences[i]!;
      }
    }
  }

  /** Kept until other thresholds come. */
  private above(thresholds: FloatArray): AboveThresholds {
    const known = this.last.thresholds;
    if (known.length === thresholds.length && known.every((t, i) => Object.is(t, thresholds[i])))
      return this.last;
    const { memberCount, dependence, sorted, ordered, independentPairs } = this;
    const points = this.mean.length;
    const upTo = new Int32Array(thresholds.length);
    const anomalies = new Float64Array(thresholds.length);
    const halfDifferences = new Float64Array(thresholds.length);
    for (let i = 0; i < thresholds.length; i++) {
      const point = i % points;
      const first = point * memberCount;
      const t = thresholds[i]!;
      const clipped = this.count(point, t, true);
      let all = 0;
      // Measured from t, so that what is clipped adds nothing.
      for (let m = clipped; m < memberCount; m++) all += (2 * m - memberCount + 1) * (sorted[first + m]! - t);
      const close = dependentDifference(dependence, ordered, first, t);
      upTo[i] = clipped;
      anomalies[i] = this.anomaliesBefore(point, clipped);
      halfDifferences[i] = Number.isNaN(t) ? t : (all - close) / (2 * independentPairs);
    }
    this.last = { thresholds: Float64Array.from(thresholds), upTo, anomalies, halfDifferences };
    return this.last;
  }

  /** Members below y, or not above it; 0 for NaN. */
  private count(point: number, y: number, orEqual: boolean): number {
    const first = point * this.memberCount;
    let low = 0;
    let high = this.memberCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      const value = this.sorted[first + middle]!;
      if (value < y || (orEqual && value === y)) low = middle + 1;
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
}
