/**
 * States held in memory to make analysis errors of: the difference of two of them, scaled, is balanced and has the
 * size and shape of what the atmosphere does. A few hundred, spread over the period, stand for all of it.
 */
import { type AnomalySource, samplePositions } from './anomalySource.js';
import { visitStates } from './stateReading.js';

export interface ErrorPool {
  readonly dates: number;
  readonly history: number;
  /** [date, history, channel, lat, lon]: the newest state first; anomalies */
  readonly values: Float32Array;
}

export const poolDates = 256;

/** Positions of the dates: spread evenly over those whose past is there. @throws {PlumeError} data, where there is none */
function poolPositions(
  source: Pick<AnomalySource, 'times' | 'complete'>,
  history: number,
  stepMilliseconds: number,
  dates: number,
): Int32Array {
  const all = samplePositions(source, { history, steps: 0, stepMilliseconds });
  const count = Math.min(dates, all.length);
  return Int32Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)] ?? 0);
}

/** Dates that so many bytes hold, at most `poolDates`, at least two. */
export function poolDatesWithin(bytes: number, history: number, stateLength: number): number {
  return Math.max(2, Math.min(poolDates, Math.floor(bytes / (4 * history * stateLength))));
}

export interface PoolOptions {
  readonly stepMilliseconds: number;
  /** Absent: errors are not asked for, and the pool is empty. */
  readonly pool?: { readonly history: number; readonly dates: number };
}

/** The pool of a loader. @throws {PlumeError} data, where no date has so much history */
export async function poolOf(source: AnomalySource, options: PoolOptions): Promise<ErrorPool> {
  const { pool, stepMilliseconds } = options;
  if (pool === undefined) return { dates: 0, history: 0, values: new Float32Array(0) };
  return readErrorPool(source, { ...pool, stepMilliseconds });
}

/** Reads a pool, in the order of time. @throws {PlumeError} data, where the archive cannot be read */
export async function readErrorPool(
  source: AnomalySource,
  options: { readonly history: number; readonly stepMilliseconds: number; readonly dates: number },
): Promise<ErrorPool> {
  const { history } = options;
  const n = source.stateLength;
  const positions = poolPositions(source, history, options.stepMilliseconds, options.dates);
  const values = new Float32Array(positions.length * history * n);
  let date = 0;
  for await (const { states } of visitStates(source, positions, { before: history - 1 })) {
    for (let back = 0; back < history; back++) {
      const oldestFirst = states.subarray((history - 1 - back) * n, (history - back) * n);
      values.set(oldestFirst, (date * history + back) * n);
    }
    date++;
  }
  return { dates: positions.length, history, values };
}
