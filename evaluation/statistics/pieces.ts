/**
 * Pieces of work: stretches of points of single cases in memory that threads share, where their input lies in a slot and
 * where what becomes of them.
 */
import type { NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import type { PointStatistic } from '../kernels/pointKernel.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import type { Event } from './events.js';
import { type FieldPlan, fieldResultSize } from './fieldColumns.js';
import type { RegionSums } from './regionSums.js';
import type { RowLayout } from './rowLayout.js';

/** What all pieces share; plain data and shared memory, handed to a thread when it starts. */
export interface ScorePlan {
  readonly points: number;
  readonly designs: readonly NestedDesign[];
  /** Of every channel. */
  readonly events: readonly (readonly Event[])[];
  /** Whether a climatological mean is known. */
  readonly climate: boolean;
  readonly nanPolicy: NanPolicy;
  readonly regions: number;
  /** [region, point], in shared memory. */
  readonly weights: Float64Array;
  /** Null: fields are not scored as wholes. */
  readonly fields: FieldPlan | null;
}

/** Points from … to − 1 of one case; offsets count numbers, not bytes. */
export interface Piece {
  readonly design: number;
  readonly channel: number;
  readonly from: number;
  readonly to: number;
  /** In the input: members [M, n], truth [n], thresholds [T, n], climatological mean [n]. */
  readonly input: number;
  /** In the output: {@link outputPlace}. */
  readonly output: number;
  /** Whether statistics of points follow the sums. */
  readonly maps: boolean;
}

/** Memory of a slot: what is scored, and what becomes of it. */
export interface Slot {
  readonly input: Float32Array;
  readonly output: Float64Array;
}

/** What maps are made of, in the order in which a piece hands them on, [statistic, n]. */
export const mappedStatistics: readonly PointStatistic[] = [
  'crps',
  'error',
  'squared_error',
  'variance',
  'epistemic',
  'aleatoric',
  'epistemic_crps',
  'aleatoric_crps',
];

export function inputSize(plan: ScorePlan, design: number, channel: number, n: number): number {
  const { weightSamples, noiseStreams } = plan.designs[design]!;
  return n * (weightSamples * noiseStreams + plan.events[channel]!.length + 2);
}

/** Of a piece's output: sums of each region, scores of the field or their sums, statistics at points. */
export interface OutputPlace {
  readonly fields: number;
  readonly maps: number;
  /** Of all. */
  readonly size: number;
}

/** @param fieldSize numbers of the sums of a field that is scored in several pieces */
export function outputPlace(
  plan: ScorePlan,
  layout: RowLayout,
  fieldSize: number,
  { from, to, maps }: Pick<Piece, 'from' | 'to' | 'maps'>,
): OutputPlace {
  const n = to - from;
  const fields = plan.regions * (layout.names.length + layout.weights);
  const own =
    plan.fields === null ? 0 : n === plan.points ? fieldResultSize(plan.fields, plan.regions) : fieldSize;
  const mapsAt = fields + own;
  return { fields, maps: mapsAt, size: mapsAt + (maps ? mappedStatistics.length * n : 0) };
}

/** Weights of each region, [point], views of the plan's. */
export function weightsOfRegions({ points, regions, weights }: ScorePlan): Float64Array[] {
  return Array.from({ length: regions }, (_, r) => weights.subarray(r * points, (r + 1) * points));
}

/** The sums of each region that a piece left behind, views of the output. */
export function pieceSums(
  plan: ScorePlan,
  layout: RowLayout,
  output: Float64Array,
  first: number,
): RegionSums[] {
  const columns = layout.names.length;
  return Array.from({ length: plan.regions }, (_, r) => {
    const at = first + r * (columns + layout.weights);
    return {
      sums: output.subarray(at, at + columns),
      weights: output.subarray(at + columns, at + columns + layout.weights),
    };
  });
}
