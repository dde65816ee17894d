/**
 * Sums over the points of a region: the step from scores at points to a row of a case. Sums of stretches of points are
 * added stretch by stretch, so that a field that is read in pieces has the row of a field that is read whole.
 * Policy omit leaves out points without a value and renormalises the weights; the others let NaN through.
 */
import type { FloatArray } from '../../core/statistics/moments.js';
import { addPit, pitBins } from '../calibration/pit.js';
import { pointStatistics } from '../kernels/pointKernel.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import type { RowLayout } from './rowLayout.js';

/** Scores at points: rows of `stride` values each, of which the first n are filled. */
export interface PointScores {
  readonly stride: number;
  /** [statistic in the order of pointStatistics, stride] */
  readonly statistics: Float64Array;
  /** [threshold, stride] */
  readonly twcrpsAbove: Float64Array;
  readonly thresholds: FloatArray;
  /** [threshold, stride]: of exceeding it; NaN where not known. */
  readonly probability: Float64Array;
  /** [stride] */
  readonly truth: FloatArray;
  /** Members below the truth, and equal to it; null where there are none to count. */
  readonly ranks: { readonly below: Int32Array; readonly equal: Int32Array } | null;
  /** What F leaves open at the truth, [stride] each, low ≤ high; null where it is not known. */
  readonly pit: { readonly low: Float64Array; readonly high: Float64Array } | null;
  /** Number of members that a probability is the share of; null: it is a probability, and no estimate of one. */
  readonly counts: Float64Array | null;
}

/** Sums of one region: value = sum / weight. */
export interface RegionSums {
  /** [column] */
  readonly sums: Float64Array;
  /** [index of weight] */
  readonly weights: Float64Array;
}

const squaredErrorRow = pointStatistics.indexOf('squared_error');

/** Adds points to the sums of regions, with scratch of its own for so many points. */
export class RegionReducer {
  private readonly layout: RowLayout;
  private readonly omit: boolean;
  /** [event, capacity]: −1 where not known. */
  private readonly classOf: Int32Array;
  private readonly happened: Uint8Array;
  private readonly brier: Float64Array;
  private readonly brierFair: Float64Array;
  private readonly capacity: number;

  constructor(layout: RowLayout, capacity: number, policy: NanPolicy) {
    this.layout = layout;
    this.omit = policy === 'omit';
    this.capacity = capacity;
    const cells = layout.events.length * capacity;
    this.classOf = new Int32Array(cells);
    this.happened = new Uint8Array(cells);
    this.brier = new Float64Array(cells);
    this.brierFair = new Float64Array(cells);
  }

  /**
   * @param n points, no more than the capacity
   * @param weights of each region, [n], ≥ 0; null: none of these points is in it
   * @param regions added to
   */
  add(
    scores: PointScores,
    n: number,
    weights: readonly (Float64Array | null)[],
    regions: readonly RegionSums[],
  ): void {
    this.prepareEvents(scores, n);
    for (const [r, own] of weights.entries()) {
      if (own === null) continue;
      this.addRegion(scores, n, own, regions[r]!);
    }
  }

  private addRegion(scores: PointScores, n: number, weights: Float64Array, to: RegionSums): void {
    const { layout } = this;
    for (const { row, column } of layout.points)
      this.addField(scores.statistics, row * scores.stride, n, weights, column, to);
    for (const [t, { twcrps }] of layout.events.entries())
      if (twcrps >= 0) this.addField(scores.twcrpsAbove, t * scores.stride, n, weights, twcrps, to);
    if (layout.ranks >= 0 && scores.ranks !== null) this.addRanks(scores.ranks, n, weights, to);
    if (layout.pit >= 0 && scores.pit !== null) this.addPitBins(scores.pit, n, weights, to);
    for (const t of layout.events.keys()) this.addEvent(t, n, weights, to);
    this.addScored(scores, n, weights, to);
  }

  private addField(
    values: Float64Array,
    first: number,
    n: number,
    weights: Float64Array,
    column: number,
    { sums, weights: totals }: RegionSums,
  ): void {
    const slot = this.layout.weightOf[column]!;
    let sum = sums[column]!;
    let total = totals[slot]!;
    if (this.omit) {
      for (let i = 0; i < n; i++) {
        const value = values[first + i]!;
        const weight = weights[i]!;
        if (weight === 0 || Number.isNaN(value)) continue;
        sum += weight * value;
        total += weight;
      }
    } else {
      for (let i = 0; i < n; i++) {
        const weight = weights[i]!;
        if (weight === 0) continue;
        sum += weight * values[first + i]!;
        total += weight;
      }
    }
    sums[column] = sum;
    totals[slot] = total;
  }

  /** Truth that equals some members lies between two ranks: each of them has its equal share. */
  private addRanks(
    { below, equal }: NonNullable<PointScores['ranks']>,
    n: number,
    weights: Float64Array,
    { sums, weights: totals }: RegionSums,
  ): void {
    const { ranks, weightOf } = this.layout;
    const slot = weightOf[ranks]!;
    let total = totals[slot]!;
    for (let i = 0; i < n; i++) {
      const weight = weights[i]!;
      const first = below[i]!;
      if (weight === 0 || first < 0) continue;
      total += weight;
      const ties = equal[i]!;
      const share = weight / (ties + 1);
      for (let rank = first; rank <= first + ties; rank++) sums[ranks + rank]! += share;
    }
    totals[slot] = total;
  }

  private addPitBins(
    { low, high }: NonNullable<PointScores['pit']>,
    n: number,
    weights: Float64Array,
    { sums, weights: totals }: RegionSums,
  ): void {
    const { pit, weightOf } = this.layout;
    const bins = sums.subarray(pit, pit + pitBins);
    let total = 0;
    for (let i = 0; i < n; i++) if (weights[i]! > 0) total += addPit(low[i]!, high[i]!, weights[i]!, bins);
    totals[weightOf[pit]!]! += total;
  }

  /** Scores and classes of all events at every point, once for all regions. */
  private prepareEvents({ stride, probability, thresholds, truth, counts }: PointScores, n: number): void {
    const { classes, events, memberCount } = this.layout;
    for (const t of events.keys()) {
      for (let i = 0; i < n; i++) {
        const at = t * this.capacity + i;
        const p = probability[t * stride + i]!;
        const [y, threshold] = [truth[i]!, thresholds[t * stride + i]!];
        // One member that is left of several is no estimate of a probability.
        const few = counts !== null && memberCount > 1 && counts[i]! < 2;
        if (few || Number.isNaN(p + y + threshold)) {
          this.classOf[at] = -1;
          continue;
        }
        const outcome = y > threshold ? 1 : 0;
        const brier = (p - outcome) * (p - outcome);
        this.classOf[at] = Math.round(p * classes);
        this.happened[at] = outcome;
        this.brier[at] = brier;
        this.brierFair[at] = counts === null ? brier : brier - (p * (1 - p)) / (counts[i]! - 1);
      }
    }
  }

  private addEvent(t: number, n: number, weights: Float64Array, { sums, weights: totals }: RegionSums): void {
    const { events, weightOf } = this.layout;
    const columns = events[t]!;
    const { brierFair: fair } = columns;
    const first = t * this.capacity;
    const slot = weightOf[columns.event]!;
    let total = totals[slot]!;
    let plain = sums[columns.brier]!;
    let corrected = 0;
    let event = sums[columns.event]!;
    if (fair >= 0) corrected = sums[fair]!;
    for (let i = 0; i < n; i++) {
      const weight = weights[i]!;
      const which = this.classOf[first + i]!;
      if (weight === 0 || which < 0) continue;
      total += weight;
      plain += weight * this.brier[first + i]!;
      corrected += weight * this.brierFair[first + i]!;
      sums[columns.given + which]! += weight;
      if (this.happened[first + i] === 0) continue;
      event += weight;
      sums[columns.happened + which]! += weight;
    }
    totals[slot] = total;
    sums[columns.brier] = plain;
    sums[columns.event] = event;
    if (fair >= 0) sums[fair] = corrected;
  }

  private addScored(
    { statistics, stride }: PointScores,
    n: number,
    weights: Float64Array,
    { sums, weights: totals }: RegionSums,
  ): void {
    const column = this.layout.scored;
    const slot = this.layout.weightOf[column]!;
    const first = squaredErrorRow * stride;
    for (let i = 0; i < n; i++) {
      const weight = weights[i]!;
      if (weight === 0) continue;
      totals[slot]! += weight;
      if (!Number.isNaN(statistics[first + i]!)) sums[column]! += weight;
    }
  }
}

export function emptySums(layout: RowLayout): RegionSums {
  return { sums: new Float64Array(layout.names.length), weights: new Float64Array(layout.weights) };
}

/** The row of a case: means over the region, NaN where no point had a value. */
export function meansOfSums(layout: RowLayout, { sums, weights }: RegionSums): Float64Array {
  return sums.map((sum, column) => sum / weights[layout.weightOf[column]!]!);
}
