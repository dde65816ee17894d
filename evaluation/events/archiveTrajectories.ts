/**
 * An archive as trajectories: rows are dates of it, each with the times that follow. One row is the truth from a start;
 * many are the same days of other years, whose share of yes is the climatological probability of an event.
 */
import { dataError, internalError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { formatTime, millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import { yearsAndDays } from '../references/climateWindow.js';
import { hourOf, rowOfTime } from '../references/trainingSeries.js';
import type { Trajectories } from './trajectories.js';

/**
 * A read takes every state that it needs once, in order of time, and keeps of it the points asked for; states come whole,
 * so that it is cheapest to ask for as many points at once as can be held. Holds one state beside the result.
 * @param starts milliseconds since 1970, as many rows in this order
 * @param leadsHours rising
 * @throws {PlumeError} data, naming the first time that the archive does not have
 */
export function archiveTrajectories(
  archive: Archive,
  starts: ArrayLike<number>,
  leadsHours: readonly number[],
): Trajectories {
  const { schema } = archive;
  const points = gridSize(schema.grid);
  const indexOf = rowOfTime(archive.times);
  /** [lead, row] */
  const states = leadsHours.map((lead) =>
    Int32Array.from(starts, (start) => stateAt(archive, indexOf, start + lead * millisecondsPerHour)),
  );
  return {
    schema,
    leadsHours,
    rows: starts.length,
    weightSamples: null,
    starts: Float64Array.from(starts),
    heldBytes: 4 * points * schema.channels.length,
    async read(channels, leadIndices, wanted) {
      const n = wanted.length;
      const fields = leadIndices.length * starts.length;
      const values = new Float32Array(channels.length * fields * n);
      for (const [index, cells] of cellsByState(states, leadIndices)) {
        const state = (await archive.read(index)).values;
        for (const [c, channel] of channels.entries()) {
          const field = state.subarray(channel * points, (channel + 1) * points);
          for (const cell of cells) {
            const target = (c * fields + cell) * n;
            for (let i = 0; i < n; i++) values[target + i] = field[wanted[i]!]!;
          }
        }
      }
      return values;
    },
  };
}

/** For every state that is needed, in order of time, which [lead, row] of those asked for need it. */
function cellsByState(
  states: readonly Int32Array[],
  leadIndices: readonly number[],
): readonly (readonly [number, readonly number[]])[] {
  const cells = new Map<number, number[]>();
  for (const [l, lead] of leadIndices.entries()) {
    const rows = states[lead];
    if (rows === undefined) throw internalError(`trajectories: lead ${lead} of ${states.length} asked for`);
    for (const [row, index] of rows.entries()) {
      const cell = l * rows.length + row;
      const known = cells.get(index);
      if (known === undefined) cells.set(index, [cell]);
      else known.push(cell);
    }
  }
  return [...cells].sort(([a], [b]) => a - b);
}

function stateAt({ times }: Archive, indexOf: ReadonlyMap<number, number>, time: number): number {
  const index = indexOf.get(time);
  if (index !== undefined) return index;
  const [first, last] = [times[0], times[times.length - 1]];
  const span =
    first === undefined || last === undefined ? 'nothing' : `${formatTime(first)} to ${formatTime(last)}`;
  throw dataError(
    `the archive has no state of ${formatTime(time)} (it holds ${times.length}, ${span}); ` +
      'ask shorter windows or other starts, or give an archive that covers them',
  );
}

export interface ClimatologyCases {
  /** Cases that the archive covers at every lead, rising. */
  readonly starts: Float64Array;
  /** Cases that it covers in part and that are left out. */
  readonly leftOut: number;
}

export interface ClimatologyChoice {
  /** Half-width about the start's date in other years, default 15; null: any date, for a world without seasons. */
  readonly windowDays?: number | null;
  /** What lies nearer to the start than this never counts, default 30. */
  readonly apartDays?: number;
}

/**
 * Dates that stand for a start: those of the same hour of the day, within ± some days of its date in other years
 * (climateWindow.ts). The year about the start itself never counts, nor what lies near it: a forecast must not be
 * judged against what it forecasts.
 * @param times of the archive, milliseconds since 1970, rising
 */
export function climatologyStarts(
  times: Float64Array,
  start: number,
  leadsHours: readonly number[],
  { windowDays = 15, apartDays = 30 }: ClimatologyChoice = {},
): ClimatologyCases {
  if (windowDays !== null && !(windowDays >= 0 && windowDays < 183)) {
    throw usageError(`climatology window of ${windowDays} days; give 0 … 182 days on each side of the date`);
  }
  const held = new Set(times);
  const candidates = times.filter((time) => {
    if (hourOf(time) !== hourOf(start)) return false;
    if (Math.abs(time - start) < apartDays * millisecondsPerDay) return false;
    if (windowDays === null) return true;
    const { years, daysOff } = yearsAndDays(start, time);
    return years !== 0 && daysOff <= windowDays;
  });
  const starts = candidates.filter((time) =>
    leadsHours.every((lead) => held.has(time + lead * millisecondsPerHour)),
  );
  return { starts, leftOut: candidates.length - starts.length };
}
