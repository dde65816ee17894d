/**
 * Questions that those who use an archive ask before they trust it: is the time in it, is the state whole.
 */
import { dataError } from '../errors.js';
import { gridSize } from '../grid.js';
import type { Archive } from '../interfaces.js';
import { channelName } from '../schema.js';
import type { State } from '../state.js';
import { formatTime } from '../time.js';

/**
 * @param name what to call the archive in messages: its path
 * @returns index of the valid time
 * @throws {PlumeError} data, when the archive has no such time
 */
export function findTime(archive: Pick<Archive, 'times'>, time: number, name = 'the archive'): number {
  const { times } = archive;
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  if (times[low] === time) return low;
  const [first, last] = [times[0]!, times.at(-1)!];
  if (times.length === 0 || time < first || time > last) {
    throw dataError(
      `start date ${formatTime(time)} is outside ${name} (${formatTime(first)}…${formatTime(last)}); choose one inside`,
    );
  }
  throw dataError(
    `start date ${formatTime(time)} is not in ${name}: the times around it are ${formatTime(times[low - 1]!)} and ` +
      `${formatTime(times[low]!)}; choose one of these`,
  );
}

/**
 * For those who need every point.
 * @throws {PlumeError} data, naming the first channel with a missing value, the time and how much is missing
 */
export function requireFinite(state: State, name: string): void {
  const points = gridSize(state.schema.grid);
  state.schema.channels.forEach((channel, c) => {
    let missing = 0;
    for (let i = c * points; i < (c + 1) * points; i++) if (!Number.isFinite(state.values[i]!)) missing++;
    if (missing === 0) return;
    const share =
      missing === points ? 'is missing everywhere' : `is missing at ${missing} of ${points} points`;
    throw dataError(
      `archive "${name}": channel ${channelName(channel)} at ${formatTime(state.validTime)} ${share}; ` +
        'every point is needed here: leave the time out, fill it, or choose a region without gaps',
    );
  });
}
