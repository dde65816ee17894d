/**
 * The training series as a network sees it: anomalies z = (x − c(t)) / s of the states of a period, read in stretches
 * of consecutive times, wherever they are: in memory, or in an archive that is larger than it.
 * Arrays are [time, channel, lat, lon], float32, without units; a position counts the times of the period.
 */
import { dataError } from '../../../core/errors.js';
import { formatTime } from '../../../core/time.js';
import type { StateSource } from './stateReading.js';

export interface AnomalySource extends StateSource {
  /** [time]: 0 where a value is missing. */
  readonly complete: Uint8Array;
}

/** Positions of the complete states. */
export function completePositions({ complete }: Pick<AnomalySource, 'complete'>): Int32Array {
  return Int32Array.from(complete.keys()).filter((position) => complete[position] === 1);
}

export interface SampleNeeds {
  readonly history: number;
  /** States ahead. */
  readonly steps: number;
  readonly stepMilliseconds: number;
}

/**
 * Positions t such that the states t − (history − 1) … t + steps all exist, complete and one time step apart.
 * @throws {PlumeError} data, when there is none
 */
export function samplePositions(
  { times, complete }: { readonly times: Float64Array; readonly complete?: Uint8Array },
  { history, steps, stepMilliseconds }: SampleNeeds,
): Int32Array {
  const positions: number[] = [];
  let run = 0;
  for (let i = 0; i < times.length; i++) {
    if (complete?.[i] === 0) run = 0;
    else run = i > 0 && times[i]! - times[i - 1]! === stepMilliseconds ? run + 1 : 1;
    if (run >= history + steps) positions.push(i - steps);
  }
  if (positions.length === 0) {
    const gaps = complete?.reduce((sum, whole) => sum + (whole === 0 ? 1 : 0), 0) ?? 0;
    const span =
      times.length === 0 ? 'is empty' : `${formatTime(times[0]!)}…${formatTime(times[times.length - 1]!)}`;
    const left = gaps === 0 ? '' : ` when the ${gaps} states with missing values are left out`;
    throw dataError(
      `period ${span}: no ${history + steps} consecutive states ${stepMilliseconds / 3_600_000} h apart${left}; ` +
        'give a longer period without gaps',
    );
  }
  return Int32Array.from(positions);
}

/** Anomalies in memory. */
export interface AnomalySeries {
  readonly times: Float64Array;
  readonly stateLength: number;
  /** [time, channel, lat, lon] */
  readonly values: Float32Array;
  /** [time]: 0 where a value is missing; absent: all are there. */
  readonly complete?: Uint8Array;
}

/** A source that is in memory, with its values. */
export type HeldSource = AnomalySource & AnomalySeries;

export function heldSource(series: AnomalySeries): HeldSource {
  const { times, stateLength, values } = series;
  return {
    times,
    stateLength,
    values,
    complete: series.complete ?? new Uint8Array(times.length).fill(1),
    // any state is at hand: visits need no copies of more than one
    pieces: Int32Array.from(times.keys()),
    read: async (first, count, out) => {
      out.set(values.subarray(first * stateLength, (first + count) * stateLength));
    },
  };
}

export function isHeld(source: AnomalySource | AnomalySeries): source is HeldSource {
  return 'values' in source && 'read' in source;
}

/** Copies the states at `positions + offset` into `out`, [sample, channel, lat, lon]. */
export function gatherStates(
  series: AnomalySeries,
  positions: Int32Array,
  offset: number,
  out: Float32Array,
): void {
  const n = series.stateLength;
  positions.forEach((position, i) => {
    const at = (position + offset) * n;
    out.set(series.values.subarray(at, at + n), i * n);
  });
}
