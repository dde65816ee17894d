/**
 * Units beside tidy rows: rows of scores name channels but not their units, so a file of rows carries them in its
 * metadata, key "units", as JSON: {"msl":"Pa"}. The page of a verification without a run has them from there.
 */
import { dataError } from '../../core/errors.js';
import { type Channel, channelName } from '../../core/schema.js';

/** Unit by name of the channel. */
export type ChannelUnits = ReadonlyMap<string, string>;

export function unitsOf(channels: readonly Channel[]): ChannelUnits {
  return new Map(channels.map((channel) => [channelName(channel), channel.unit]));
}

/** Metadata entry for `writeTable`. */
export function unitsText(channels: readonly Channel[]): string {
  return JSON.stringify(Object.fromEntries(unitsOf(channels)));
}

/**
 * @param metadata of a table of rows
 * @returns empty where the file says nothing of units
 * @throws {PlumeError} data, when the entry is no object of texts
 */
export function unitsIn(metadata: ReadonlyMap<string, string>, name: string): ChannelUnits {
  const text = metadata.get('units');
  if (text === undefined || text === '') return new Map();
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw dataError(`${name}: metadata "units" is no JSON (${text.slice(0, 40)}); make the file anew`, {
      cause: error,
    });
  }
  const entries = typeof found === 'object' && found !== null ? Object.entries(found) : [];
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Channel of a row, with its unit; '' where it is not known. */
export function channelOf(
  row: { readonly variable: string; readonly level: number | null },
  units: ChannelUnits,
): Channel {
  const { variable, level } = row;
  return { variable, level, unit: units.get(channelName({ variable, level, unit: '' })) ?? '' };
}

/** Channels that rows are of, in their order. */
export function channelsOf(
  rows: readonly { readonly variable: string; readonly level: number | null }[],
  units: ChannelUnits,
): Channel[] {
  const found = new Map<string, Channel>();
  for (const row of rows) {
    const channel = channelOf(row, units);
    found.set(channelName(channel), channel);
  }
  return [...found.values()];
}
