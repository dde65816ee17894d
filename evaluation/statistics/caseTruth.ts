/**
 * What a case is scored against: the truth, thresholds of events and the climatological mean, and how a stretch of them
 * lies behind the members in the input of a piece.
 */
import type { Climate } from '../references/climate.js';
import type { Reference } from '../references/reference.js';
import type { GatherPlan } from './gatherPlan.js';

/** What a case is scored against. */
export interface CaseTruth {
  /** [point] */
  readonly truth: Float32Array;
  /** [threshold, point] */
  readonly thresholds: Float32Array;
  /** [point]; null: not known. */
  readonly climate: Float64Array | null;
}

/** @param validTime one that the truth has */
export async function truthOfCase(plan: GatherPlan, channel: number, validTime: number): Promise<CaseTruth> {
  const { points, events } = plan.score;
  const truth = await plan.truth.field(validTime, plan.archiveChannels[channel]!);
  const climate = climateOf(plan.references[channel]!);
  const own = events[channel]!;
  const probabilities = own.flatMap((event) => (event.kind === 'percentile' ? [event.probability] : []));
  const numbers = own.flatMap((event) => (event.kind === 'number' ? [event.value] : []));
  const quantiles =
    climate === null || probabilities.length === 0
      ? new Float32Array(0)
      : climate.quantiles(validTime, probabilities);
  let thresholds = quantiles;
  if (numbers.length > 0) {
    thresholds = new Float32Array(own.length * points);
    thresholds.set(quantiles);
    for (const [i, value] of numbers.entries()) {
      const first = (probabilities.length + i) * points;
      thresholds.fill(value, first, first + points);
    }
  }
  return { truth, thresholds, climate: climate?.mean(validTime) ?? null };
}

/** The climatology among the references of a channel, if any. */
function climateOf(references: readonly Reference[]): Climate | null {
  return references.find(({ climate }) => climate !== undefined)?.climate ?? null;
}

/** Truth [n], thresholds [T, n] and climatological mean [n] of points from … to − 1. */
export function fillTruth(
  input: Float32Array,
  { truth, thresholds, climate }: CaseTruth,
  from: number,
  to: number,
  points: number,
): void {
  const n = to - from;
  input.set(truth.subarray(from, to));
  const count = thresholds.length / points;
  for (let t = 0; t < count; t++)
    input.set(thresholds.subarray(t * points + from, t * points + to), (1 + t) * n);
  if (climate !== null) input.set(climate.subarray(from, to), (1 + count) * n);
}

/** Of a source that put its values elsewhere: [member, n], or of the whole grid. */
export function copyStretch(
  values: Float32Array,
  into: Float32Array,
  members: number,
  from: number,
  to: number,
): void {
  const n = to - from;
  if (values.length === into.length) {
    into.set(values);
    return;
  }
  const points = values.length / members;
  for (let m = 0; m < members; m++) into.set(values.subarray(m * points + from, m * points + to), m * n);
}
