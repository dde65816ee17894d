/** One channel over the training period, in memory: what references are fitted on. */
import { dataError } from '../../core/errors.js';
import { type Grid, gridSize, pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { timesInside } from '../../core/period.js';
import { channelName } from '../../core/schema.js';
import { formatTime, millisecondsPerDay, yearOf } from '../../core/time.js';

export interface TrainingSeries {
  readonly name: string;
  readonly unit: string;
  readonly grid: Grid;
  /** [point], mean 1. */
  readonly weights: Float64Array;
  /** Milliseconds since 1970, strictly rising. */
  readonly times: Float64Array;
  /** Every so many states of the period; 1: all. */
  readonly stride: number;
  /** [time, point] */
  readonly values: Float32Array;
}

/** Both ends belong to the period; milliseconds since 1970. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads every channel of the training period, one pass over the archive.
 * @param channels indices into the archive's channels
 * @param most states, spread evenly over the period; default all
 * @throws {PlumeError} data, when the archive has no state in the period, or a value is missing
 */
export async function readTraining(
  archive: Archive,
  period: Period,
  channels: readonly number[],
  most = Number.POSITIVE_INFINITY,
): Promise<TrainingSeries[]> {
  const { grid } = archive.schema;
  const points = gridSize(grid);
  const inside = timesInside(archive.times, period);
  if (inside.length === 0) {
    const [first, last] = [archive.times[0], archive.times[archive.times.length - 1]];
    const span = first === undefined ? 'nothing' : `${formatTime(first)} to ${formatTime(last ?? first)}`;
    throw dataError(
      `references: the archive has no state between ${formatTime(period.from)} and ${formatTime(period.to)} ` +
        `(it holds ${span}); name a training period inside it`,
    );
  }
  const stride = strideThrough(
    inside.map((i) => archive.times[i]!),
    most,
  );
  const indices = inside.filter((_, i) => i % stride === 0);
  const times = Float64Array.from(indices, (i) => archive.times[i]!);
  const series = emptySeries(archive, channels).map((each) => ({
    ...each,
    times,
    stride,
    values: new Float32Array(indices.length * points),
  }));
  for (const [row, index] of indices.entries()) {
    const state = await archive.read(index);
    for (const [i, channel] of channels.entries()) {
      const field = state.values.subarray(channel * points, (channel + 1) * points);
      if (field.some(Number.isNaN)) {
        throw dataError(
          `references: ${series[i]!.name} has missing values at ${formatTime(times[row]!)}; ` +
            'choose a training period, region or variable without gaps, or leave the references out',
        );
      }
      series[i]!.values.set(field, row * points);
    }
  }
  return series;
}

/** Series without a single state: enough for references that learn nothing. */
export function emptySeries(archive: Archive, channels: readonly number[]): TrainingSeries[] {
  const { grid } = archive.schema;
  const weights = pointWeights(grid);
  return channels.map((index) => {
    const channel = archive.schema.channels[index]!;
    const nothing = { times: new Float64Array(0), stride: 1, values: new Float32Array(0) };
    return { name: channelName(channel), unit: channel.unit, grid, weights, ...nothing };
  });
}

/** "2191 states, 2001-01-01T00Z to 2006-12-31T00Z", and "every 5th" where some were left out. */
export function describeStates({ times, stride }: TrainingSeries): string {
  const thinned =
    stride > 1 ? ` (1 in ${stride}, evenly spread: all would take more memory than allowed)` : '';
  return `${times.length} states${thinned}, ${formatTime(times[0]!)} to ${formatTime(times[times.length - 1]!)}`;
}

/**
 * The least stride that leaves no more than `most` of the times. It shares no factor with the number of different hours
 * of the day among them, so that each is met as often.
 */
export function strideThrough(times: readonly number[], most: number): number {
  let stride = Math.max(1, Math.ceil(times.length / most));
  const hours = new Set(times.map(hourOf)).size;
  if (stride > 1) while (greatestCommonDivisor(stride, hours) > 1) stride++;
  return stride;
}

/** Milliseconds since midnight. */
export function hourOf(time: number): number {
  return ((time % millisecondsPerDay) + millisecondsPerDay) % millisecondsPerDay;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Calendar years in the series, each with its rows, in order of time. */
export function rowsByYear(times: Float64Array): Map<number, number[]> {
  const years = new Map<number, number[]>();
  for (const [row, time] of times.entries()) {
    const year = yearOf(time);
    const rows = years.get(year);
    if (rows) rows.push(row);
    else years.set(year, [row]);
  }
  return years;
}

/** Row of every time. */
export function rowOfTime(times: Float64Array): Map<number, number> {
  return new Map(Array.from(times, (time, row) => [time, row]));
}
