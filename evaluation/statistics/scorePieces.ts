/**
 * Scoring of pieces: stretches of points of single cases, as they lie in memory that threads share. A piece is copied
 * tile by tile into the kernel, so that its members are read from memory once; what is left of it are the sums over each
 * region, and at every point the statistics that maps are made of. Runs alike in this thread and in those of the pool.
 */
import { type ErrorTag, toPlumeError } from '../../core/errors.js';
import type { StretchOfMembers } from '../fields/energyScore.js';
import type { FieldScores } from '../fields/fieldScores.js';
import { createPointKernel } from '../kernels/createPointKernel.js';
import { type PointKernel, pointStatistics } from '../kernels/pointKernel.js';
import { missingValueError } from '../scores/nanPolicy.js';
import { fieldScoresOf, flattenFields } from './fieldColumns.js';
import {
  mappedStatistics,
  outputPlace,
  type Piece,
  pieceSums,
  type ScorePlan,
  type Slot,
  weightsOfRegions,
} from './pieces.js';
import { type PointScores, RegionReducer } from './regionSums.js';
import { ensembleLayout, type RowLayout } from './rowLayout.js';

/** Errors lose their class and fields on the way between threads, so a failure travels as data. */
export interface ScoreFailure {
  readonly tag: ErrorTag;
  readonly message: string;
  /** Position among the pieces. */
  readonly piece: number;
}

/** Values of a tile, such that members and what is sorted beside them fit into a cache of the second level. */
const tileValues = 32_768;

/** Points that the kernel takes at a time. */
export function tilePoints(memberCount: number, points: number): number {
  const most = Math.max(16, Math.min(4096, Math.floor(tileValues / memberCount / 16) * 16));
  return Math.min(most, Math.ceil(points / 16) * 16);
}

interface Engine {
  readonly layout: RowLayout;
  readonly kernel: PointKernel;
  readonly reducer: RegionReducer;
  readonly probability: Float64Array;
  readonly scores: PointScores;
  readonly fields: FieldScores | null;
}

/** Scores pieces of a plan, with kernels that are made when first needed. */
export class PieceScorer {
  private readonly plan: ScorePlan;
  private readonly engines = new Map<string, Engine>();
  private readonly fields = new Map<number, FieldScores>();
  private fieldSums: Float64Array | undefined;

  constructor(plan: ScorePlan) {
    this.plan = plan;
  }

  /** @returns null, or what went wrong with the first piece that failed (a missing value under policy raise) */
  score(pieces: readonly Piece[], slot: Slot): ScoreFailure | null {
    for (const [i, piece] of pieces.entries()) {
      try {
        this.scorePiece(piece, slot);
      } catch (error) {
        const { tag, message } = toPlumeError(error, 'scoring');
        return { tag, message, piece: i };
      }
    }
    return null;
  }

  private scorePiece(piece: Piece, { input, output }: Slot): void {
    const { plan } = this;
    const { layout, kernel, reducer, probability, scores, fields } = this.engineOf(piece);
    const { capacity, thresholds } = kernel.shape;
    const n = piece.to - piece.from;
    const memberCount = layout.memberCount;
    const truthAt = piece.input + memberCount * n;
    const thresholdsAt = truthAt + n;
    const climateAt = thresholdsAt + thresholds * n;
    const place = outputPlace(plan, layout, fields?.size ?? 0, piece);
    output.fill(0, piece.output, piece.output + place.size);
    const sums = pieceSums(plan, layout, output, piece.output);
    const mapsAt = piece.output + place.maps;
    for (let first = 0; first < n; first += capacity) {
      const count = Math.min(capacity, n - first);
      const take = (from: number, to: Float32Array, row: number): void =>
        to.set(input.subarray(from + first, from + first + count), row * capacity);
      for (let m = 0; m < memberCount; m++) take(piece.input + m * n, kernel.members, m);
      take(truthAt, kernel.truth, 0);
      for (let t = 0; t < thresholds; t++) take(thresholdsAt + t * n, kernel.thresholds, t);
      if (plan.climate) take(climateAt, kernel.climate, 0);
      this.scoreTile(kernel, count, piece.from + first);
      probabilities(kernel, count, probability);
      reducer.add(scores, count, this.weightsOf(piece.from + first, count), sums);
      if (!piece.maps) continue;
      for (const [i, name] of mappedStatistics.entries()) {
        const row = pointStatistics.indexOf(name) * capacity;
        output.set(kernel.statistics.subarray(row, row + count), mapsAt + i * n + first);
      }
    }
    if (fields === null) return;
    const truth = input.subarray(truthAt, truthAt + n);
    const members = input.subarray(piece.input, truthAt);
    const own = output.subarray(piece.output + place.fields, piece.output + place.maps);
    this.scoreField(fields, { members, memberStride: n, truth, from: piece.from, to: piece.to }, own);
  }

  /** A field in one piece is scored at once; of one in several the sums are handed on. */
  private scoreField(fields: FieldScores, stretch: StretchOfMembers, out: Float64Array): void {
    const { plan } = this;
    if (plan.fields === null) return;
    if (stretch.to - stretch.from < plan.points) {
      fields.sums(stretch, out);
      return;
    }
    this.fieldSums ??= new Float64Array(fields.size);
    const sums = this.fieldSums.length === fields.size ? this.fieldSums : new Float64Array(fields.size);
    this.fieldSums = sums;
    fields.sums(stretch, sums);
    flattenFields(fields.result(sums), plan.fields, out);
  }

  private scoreTile(kernel: PointKernel, count: number, firstPoint: number): void {
    try {
      kernel.score(count, this.plan.nanPolicy);
    } catch (error) {
      // The kernel knows points of the tile, people those of the grid.
      requireComplete(kernel, count, firstPoint);
      throw error;
    }
  }

  /** Weights of each region, or null where none of the points is inside. */
  private weightsOf(first: number, count: number): (Float64Array | null)[] {
    const { points, regions, weights } = this.plan;
    return Array.from({ length: regions }, (_, r) => {
      const own = weights.subarray(r * points + first, r * points + first + count);
      return own.some((weight) => weight > 0) ? own : null;
    });
  }

  private engineOf({ design, channel }: Piece): Engine {
    const key = `${design}/${channel}`;
    const found = this.engines.get(key);
    if (found) return found;
    const { plan } = this;
    const events = plan.events[channel]!;
    const layout = ensembleLayout(plan.designs[design]!, events, plan.climate);
    const capacity = tilePoints(layout.memberCount, plan.points);
    const thresholds = events.length;
    const kernel = createPointKernel({
      design: plan.designs[design]!,
      capacity,
      thresholds,
      anomalies: plan.climate,
    });
    const probability = new Float64Array(thresholds * capacity);
    const scores: PointScores = {
      stride: capacity,
      statistics: kernel.statistics,
      twcrpsAbove: kernel.twcrpsAbove,
      thresholds: kernel.thresholds,
      probability,
      truth: kernel.truth,
      ranks: { below: kernel.below, equal: kernel.equal },
      pit: null,
      counts: kernel.statistics.subarray(membersRow * capacity, (membersRow + 1) * capacity),
    };
    const engine = {
      layout,
      kernel,
      reducer: new RegionReducer(layout, capacity, plan.nanPolicy),
      probability,
      scores,
      fields: this.fieldsOf(layout.memberCount),
    };
    this.engines.set(key, engine);
    return engine;
  }

  private fieldsOf(memberCount: number): FieldScores | null {
    const { plan } = this;
    if (plan.fields === null) return null;
    const found =
      this.fields.get(memberCount) ??
      fieldScoresOf(plan.fields, weightsOfRegions(plan), memberCount, plan.nanPolicy);
    this.fields.set(memberCount, found);
    return found;
  }
}

const membersRow = pointStatistics.indexOf('members');

/** Share of the members that exceed each threshold; NaN where not known. */
function probabilities(kernel: PointKernel, n: number, out: Float64Array): void {
  const { capacity, thresholds } = kernel.shape;
  for (let t = 0; t < thresholds; t++) {
    for (let i = 0; i < n; i++) {
      const above = kernel.exceeding[t * capacity + i]!;
      const members = kernel.statistics[membersRow * capacity + i]!;
      out[t * capacity + i] = above < 0 ? Number.NaN : above / members;
    }
  }
}

/** The first missing value of a tile, by its point of the grid. */
function requireComplete(kernel: PointKernel, count: number, firstPoint: number): void {
  const { capacity, design } = kernel.shape;
  const memberCount = design.weightSamples * design.noiseStreams;
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(kernel.truth[i]!))
      throw missingValueError('scores', `the observation at point ${firstPoint + i}`);
    let missing = 0;
    for (let m = 0; m < memberCount; m++) if (Number.isNaN(kernel.members[m * capacity + i]!)) missing++;
    if (missing > 0) {
      const what = `${missing} of ${memberCount} members at point ${firstPoint + i}`;
      throw missingValueError('scores', what);
    }
  }
}
