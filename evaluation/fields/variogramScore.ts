/**
 * Variogram score of fields: whether differences between places have the right size, over all pairs of a few points that
 * cover a region evenly (fields/evenPoints.ts):
 *
 *   VS = Σ_{k≠l} w_kl (√|y_k − y_l| − (1/M) Σ_i √|x_ik − x_il|)²  [− s²_kl/M],   w_kl ∝ 1/distance, Σ w = 1
 *
 * Scheuerer & Hamill 2015, doi:10.1175/MWR-D-14-00269.1, p = ½, weights as they advise: pairs far apart say little that
 * is not noise. The fair form takes off what the sampling of M members adds (scores/variogramScore.ts); one member has
 * the plain form. Weights that sum to one make it a mean over pairs, in the unit of the variable, whatever the region.
 */
import type { Grid } from '../../core/grid.js';
import { variogramScore } from '../scores/variogramScore.js';
import type { StretchOfMembers } from './energyScore.js';
import { distancesBetween, evenPoints } from './evenPoints.js';

/** The values at a region's points: sums are [member + 1 (the truth last), point], each found in one stretch only. */
export class VariogramValues {
  readonly size: number;
  private readonly memberCount: number;
  private readonly points: Int32Array;
  /** [point, point], 0 on the diagonal, sum 1. */
  private readonly weights: Float64Array;

  constructor(grid: Grid, regionWeights: Float64Array, memberCount: number, mostPoints: number) {
    this.memberCount = memberCount;
    this.points = evenPoints(grid, regionWeights, mostPoints);
    this.size = (memberCount + 1) * this.points.length;
    this.weights = inverseDistances(distancesBetween(grid, this.points));
  }

  /** @param sums added to */
  add({ members, memberStride, truth, from, to }: StretchOfMembers, sums: Float64Array): void {
    const { points, memberCount } = this;
    for (let i = 0; i < points.length; i++) {
      const at = points[i]! - from;
      if (at < 0 || at >= to - from) continue;
      for (let m = 0; m < memberCount; m++) sums[m * points.length + i]! += members[m * memberStride + at]!;
      sums[memberCount * points.length + i]! += truth[at]!;
    }
  }

  /**
   * @param omit points with a missing value are left out, and the weights of what is left sum to one
   * @returns NaN where a value is missing, and where there is no pair of points
   */
  score(sums: Float64Array, omit: boolean): number {
    const { points, memberCount, weights } = this;
    const all = points.length;
    const kept = [...points.keys()].filter((i) => {
      if (!omit) return true;
      for (let m = 0; m <= memberCount; m++) if (Number.isNaN(sums[m * all + i]!)) return false;
      return true;
    });
    const size = kept.length;
    if (size < 2) return Number.NaN;
    const form = memberCount > 1 ? 'fair' : 'plain';
    // The usual case: all points, whose values lie as they are wanted and whose weights sum to one.
    if (size === all) {
      const observed = sums.subarray(memberCount * all, (memberCount + 1) * all);
      return variogramScore(sums.subarray(0, memberCount * all), observed, { order: 0.5, weights, form });
    }
    const pick = (m: number) => Float64Array.from(kept, (i) => sums[m * all + i]!);
    const members = new Float64Array(memberCount * size);
    for (let m = 0; m < memberCount; m++) members.set(pick(m), m * size);
    const own = new Float64Array(size * size);
    let total = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) total += own[i * size + j] = weights[kept[i]! * all + kept[j]!]!;
    return variogramScore(members, pick(memberCount), { order: 0.5, weights: own, form }) / total;
  }
}

/** Points that coincide (a row at the pole) say nothing of distance and have no weight. */
function inverseDistances(distances: Float64Array): Float64Array {
  const inverse = distances.map((distance) => (distance > 1e-6 ? 1 / distance : 0));
  const total = inverse.reduce((sum, each) => sum + each, 0);
  return inverse.map((each) => each / total);
}
