/** Some of an ensemble's starts or channels, and an ensemble in the units of what it is scored against. */
import { readName } from '../../core/archive/variableNames.js';
import { dataError, isPlumeError, usageError } from '../../core/errors.js';
import { type Channel, channelName, type Schema } from '../../core/schema.js';
import { formatTime } from '../../core/time.js';
import { type LinearConversion, unitConversion } from '../../core/units.js';
import type { EnsembleSource } from '../ensembleSource.js';
import { spanOf } from '../overlap.js';

/** @throws {PlumeError} usage, naming the first start that is not there */
export function withStarts(source: EnsembleSource, starts: readonly number[], name: string): EnsembleSource {
  const held = new Set(Array.from(source.starts));
  const missing = starts.find((start) => !held.has(start));
  if (missing !== undefined) {
    throw usageError(
      `--starts: ${name} has no start ${formatTime(missing)}; it has ${held.size}, ${spanOf(source.starts)}`,
    );
  }
  return { ...readingOf(source), starts: Float64Array.from([...starts].sort((a, b) => a - b)) };
}

/**
 * @param names of channels ('t850') or of variables ('t' for all its levels), also as files call them ('slp')
 * @throws {PlumeError} usage, naming what is not there
 */
export function withChannels(source: EnsembleSource, names: readonly string[], name: string): EnsembleSource {
  const { channels } = source.schema;
  const found = names.map((wanted) => {
    const known = readName(wanted);
    const own = channels.filter(
      (channel) =>
        channelName(channel) === wanted ||
        channel.variable === wanted ||
        (channel.variable === known?.known.shortName && (known.level ?? channel.level) === channel.level),
    );
    if (own.length > 0) return own;
    throw usageError(
      `--variables: ${name} has no channel "${wanted}"; it has ${channels.map(channelName).join(', ')}`,
    );
  });
  const kept = [...new Set(found.flat())].map((channel) => channels.indexOf(channel));
  return {
    ...readingOf(source),
    schema: { ...source.schema, channels: kept.map((index) => channels[index]!) },
    readMembers: (start, lead, channel, points, into) =>
      source.readMembers(start, lead, kept[channel] ?? channels.length, points, into),
    ...readingPoints(source, (read) => (start, leads, wanted, points) => {
      const own = wanted.map((channel) => kept[channel] ?? channels.length);
      return read(start, leads, own, points);
    }),
  };
}

/**
 * The ensemble in the units of another schema, where the two state the same quantity in different ones.
 * @returns the source, and what was converted: 'pr from "mm" to "m"'
 * @throws {PlumeError} data, when a unit cannot become the other
 */
export function inUnitsOf(
  source: EnsembleSource,
  name: string,
  other: Schema,
  otherName: string,
): { readonly source: EnsembleSource; readonly converted: readonly string[] } {
  const converted: string[] = [];
  const conversions = source.schema.channels.map((channel): LinearConversion | null => {
    const unit = unitIn(other, channel);
    if (unit === undefined || unit === channel.unit) return null;
    try {
      const conversion = unitConversion(channel.unit, unit);
      converted.push(`${channelName(channel)} from "${channel.unit}" to "${unit}"`);
      return conversion;
    } catch (error) {
      if (!isPlumeError(error)) throw error;
      throw dataError(
        `${name} has ${channelName(channel)} in "${channel.unit}", ${otherName} in "${unit}", and one cannot become the ` +
          `other: pass --forecast-unit ${channelName(channel)}=UNIT or --unit ${channelName(channel)}=UNIT with the unit ` +
          `that the numbers really have. ${error.message}`,
        { cause: error },
      );
    }
  });
  if (converted.length === 0) return { source, converted };
  const channels = source.schema.channels.map((channel) => ({
    ...channel,
    unit: unitIn(other, channel) ?? channel.unit,
  }));
  return {
    converted,
    source: {
      ...readingOf(source),
      schema: { ...source.schema, channels },
      async readMembers(start, lead, channel, points, into) {
        const read = await source.readMembers(start, lead, channel, points, into);
        const conversion = conversions[channel] ?? null;
        if (conversion === null) return read;
        // What a reader hands out may be its own memory: only the caller's is written over.
        const values = into === undefined ? new Float32Array(read.values.length) : read.values;
        for (let i = 0; i < values.length; i++)
          values[i] = conversion.scale * read.values[i]! + conversion.offset;
        return { values, members: read.members };
      },
      ...readingPoints(source, (read) => async (start, leads, wanted, points) => {
        const { values, members } = await read(start, leads, wanted, points);
        const size = values.length / wanted.length;
        for (const [c, channel] of wanted.entries()) {
          const conversion = conversions[channel] ?? null;
          if (conversion === null) continue;
          for (let i = c * size; i < (c + 1) * size; i++)
            values[i] = conversion.scale * values[i]! + conversion.offset;
        }
        return { values, members };
      }),
    },
  };
}

function unitIn({ channels }: Schema, wanted: Channel): string | undefined {
  return channels.find(({ variable, level }) => variable === wanted.variable && level === wanted.level)?.unit;
}

/** The members of the interface and no others: a reader's methods may need what a copy has not. */
function readingOf(source: EnsembleSource): EnsembleSource {
  return {
    schema: source.schema,
    starts: source.starts,
    leadsHours: source.leadsHours,
    manifest: source.manifest,
    heldBytes: source.heldBytes ?? 0,
    readMembers: (start, lead, channel, points, into) =>
      source.readMembers(start, lead, channel, points, into),
    ...readingPoints(source, (read) => read),
  };
}

type ReadPoints = NonNullable<EnsembleSource['readPoints']>;

/** Scattered points as another source has them, where the source reads them at all. */
function readingPoints(
  source: EnsembleSource,
  as: (read: ReadPoints) => ReadPoints,
): Pick<EnsembleSource, 'readPoints'> {
  if (source.readPoints === undefined) return {};
  return { readPoints: as((...asked) => source.readPoints!(...asked)) };
}
