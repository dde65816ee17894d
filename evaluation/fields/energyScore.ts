/**
 * Energy score of fields: how far the members' fields lie from what happened, less half of how far they lie from each
 * other, with the area-weighted root mean square over a region as the distance:
 *
 *   ES = (1/M) Σ‖x_i − y‖ − ½ mean_{i<j} ‖x_i − x_j‖,   ‖d‖² = Σ_k w_k d_k² / Σ_k w_k       unit of the variable
 *
 * fair (Gneiting & Raftery 2007, doi:10.1198/016214506000001437, eq. 22; Ferro 2014). One point is its CRPS. The squared
 * distances are made of inner products of the errors d_i = x_i − y, ‖x_i − x_j‖² = G_ii + G_jj − 2 G_ij, which add up
 * over stretches of points; float64 throughout. Of regions with very many points every s-th row and column is taken: a
 * mean of squares over an even lattice is as good, and fields of any size cost the same.
 */
import type { Grid } from '../../core/grid.js';
import type { FloatArray } from '../../core/statistics/moments.js';
import { type PairBlocks, pairBlocks } from './pairBlocks.js';
import { regionLattice } from './regionLattice.js';

/** Points whose errors are gathered before they are multiplied: 64 members of them fit a cache of the first level. */
const tile = 64;

export interface StretchOfMembers {
  /** [member, n], `memberStride` values from one member to the next. */
  readonly members: FloatArray;
  readonly memberStride: number;
  /** [n] */
  readonly truth: FloatArray;
  /** Points of the grid that these are, the last one not included. */
  readonly from: number;
  readonly to: number;
}

/** Inner products over one region: sums are those of every block's triangle, then the weight of the points. */
export class EnergySums {
  readonly size: number;
  private readonly memberCount: number;
  private readonly pairs: PairBlocks;
  /** Points of the region's lattice, rising, and their weights. */
  private readonly points: Int32Array;
  private readonly weights: Float64Array;
  /** [member, tile]: errors times the root of the weight. */
  private readonly errors: Float64Array;

  /**
   * @param regionWeights [point], 0 outside
   * @param mostPoints points taken at most, about
   */
  constructor(grid: Grid, regionWeights: Float64Array, memberCount: number, mostPoints: number) {
    this.memberCount = memberCount;
    this.pairs = pairBlocks(memberCount);
    this.size = this.pairs.size + 1;
    this.points = regionLattice(grid, regionWeights, mostPoints);
    this.weights = Float64Array.from(this.points, (point) => regionWeights[point]!);
    this.errors = new Float64Array(memberCount * tile);
  }

  /**
   * @param omit points with a missing value are left out; else they make the sums NaN
   * @param sums added to
   */
  add({ members, memberStride, truth, from, to }: StretchOfMembers, omit: boolean, sums: Float64Array): void {
    const { points, weights, errors, memberCount } = this;
    let filled = 0;
    let weight = 0;
    for (let i = firstFrom(points, from); i < points.length && points[i]! < to; i++) {
      const at = points[i]! - from;
      const root = Math.sqrt(weights[i]!);
      let missing = false;
      for (let m = 0; m < memberCount; m++) {
        const error = root * (members[m * memberStride + at]! - truth[at]!);
        missing ||= Number.isNaN(error);
        errors[m * tile + filled] = error;
      }
      if (missing && omit) continue;
      weight += weights[i]!;
      if (++filled === tile) {
        this.multiply(filled, sums);
        filled = 0;
      }
    }
    this.multiply(filled, sums);
    sums[this.size - 1]! += weight;
  }

  /** Adds the products of the tile: two members by two at a time, each product summed in the order of points. */
  private multiply(n: number, sums: Float64Array): void {
    if (n === 0) return;
    const { errors } = this;
    for (const { members, offset } of this.pairs.blocks) {
      const count = members.length;
      for (let i = 0; i < count; i += 2) {
        const a = members[i]! * tile;
        const b = members[Math.min(i + 1, count - 1)]! * tile;
        const rowA = offset + (i * (i + 1)) / 2;
        const rowB = rowA + i + 1;
        for (let j = 0; j <= i; j += 2) {
          const c = members[j]! * tile;
          const d = members[Math.min(j + 1, count - 1)]! * tile;
          let ac = 0;
          let ad = 0;
          let bc = 0;
          let bd = 0;
          for (let p = 0; p < n; p++) {
            const ea = errors[a + p]!;
            const eb = errors[b + p]!;
            const ec = errors[c + p]!;
            const ed = errors[d + p]!;
            ac += ea * ec;
            ad += ea * ed;
            bc += eb * ec;
            bd += eb * ed;
          }
          sums[rowA + j]! += ac;
          if (j + 1 <= i) sums[rowA + j + 1]! += ad;
          if (i + 1 < count) {
            sums[rowB + j]! += bc;
            if (j + 1 <= i + 1) sums[rowB + j + 1]! += bd;
          }
        }
      }
    }
  }

  /**
   * @param independent whether a pair counts as two draws; default: all do
   * @returns NaN where no point is left, and where no pair is: for one member see {@link distanceToTruth}
   */
  score(sums: Float64Array, independent: (a: number, b: number) => boolean = () => true): number {
    const weight = sums[this.size - 1]!;
    let between = 0;
    let pairs = 0;
    for (const { members, offset } of this.pairs.blocks) {
      const product = (i: number, j: number): number => sums[offset + (i * (i + 1)) / 2 + j]!;
      for (let i = 1; i < members.length; i++) {
        for (let j = 0; j < i; j++) {
          if (!independent(members[j]!, members[i]!)) continue;
          between += rootOf(product(i, i) + product(j, j) - 2 * product(i, j), weight);
          pairs++;
        }
      }
    }
    return this.distanceToTruth(sums) - between / (2 * pairs);
  }

  /** Mean over members of ‖x_i − y‖: the energy score of a single field. */
  distanceToTruth(sums: Float64Array): number {
    let distance = 0;
    for (const { members, offset } of this.pairs.blocks)
      for (let i = 0; i < members.length; i++)
        distance += rootOf(sums[offset + (i * (i + 1)) / 2 + i]!, sums[this.size - 1]!);
    return distance / this.memberCount;
  }
}

/** √(sum/weight); what rounding made negative is 0. */
function rootOf(sum: number, weight: number): number {
  return sum < 0 ? 0 : Math.sqrt(sum / weight);
}

/** Position of the first point at or after `from`. */
function firstFrom(points: Int32Array, from: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
