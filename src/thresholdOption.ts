/**
 * What --thresholds names: events that happen above a percentile of climatology (p90: at the point, on the day of the
 * year), or above a number in the stored unit of a channel (msl=100500).
 */
import { usageError } from '../core/errors.js';
import { channelName, type Schema } from '../core/schema.js';
import type { EventChoice } from '../evaluation/statistics/events.js';
import type { Options } from './options.js';

/**
 * @param scored channels there are
 * @returns undefined where nothing was asked for: the usual percentiles, where there is climatology
 * @throws {PlumeError} usage, for what is neither a percentile nor a number of a channel
 */
export function eventsFrom(
  { thresholds }: Pick<Options, 'thresholds'>,
  scored: Pick<Schema, 'channels'>,
): EventChoice | undefined {
  if (thresholds === undefined) return undefined;
  const units = new Map(scored.channels.map((channel) => [channelName(channel), channel.unit]));
  const percentiles: number[] = [];
  const numbers: Record<string, number[]> = {};
  for (const text of thresholds.map((each) => each.trim())) {
    if (text === 'none') continue;
    const percentile = /^p(\d+(?:\.\d+)?)$/i.exec(text)?.[1];
    if (percentile !== undefined) {
      if (!(Number(percentile) > 0 && Number(percentile) < 100))
        throw usageError(`--thresholds ${text}: a percentile is above 0 and below 100, such as p90`);
      percentiles.push(Number(percentile));
      continue;
    }
    const at = text.lastIndexOf('=');
    const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    if (at < 1 || value === '' || !Number.isFinite(Number(value))) {
      throw usageError(
        `--thresholds "${text}" is neither a percentile of climatology, such as p90, nor a number of a channel, ` +
          'such as msl=100500; none leaves events out',
      );
    }
    if (!units.has(name)) {
      const known = [...units].map(([channel, unit]) => `${channel} [${unit}]`).join(', ');
      throw usageError(`--thresholds ${text}: "${name}" is not among the channels scored: ${known}`);
    }
    numbers[name] = [...(numbers[name] ?? []), Number(value)];
  }
  return { percentiles, numbers };
}
