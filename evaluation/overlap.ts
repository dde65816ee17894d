/** What runs and an archive have in common: channels, valid times, and how far apart starts lie. */
import { dataError } from '../core/errors.js';
import type { Archive } from '../core/interfaces.js';
import { channelName, requireSameSchema, type Schema } from '../core/schema.js';
import { formatTime, millisecondsPerHour } from '../core/time.js';
import type { Truth } from './truth.js';

/** Something and how messages name it. */
export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

/**
 * Index in the archive of every channel of the forecasts.
 * @throws {PlumeError} data, when a channel is missing, or grid or units differ
 */
export function channelsInArchive(forecasts: Named<Schema>, archive: Named<Schema>): number[] {
  const names = archive.value.channels.map(channelName);
  const channels = forecasts.value.channels.map((channel) => {
    const index = names.indexOf(channelName(channel));
    if (index < 0) {
      throw dataError(
        `${archive.name} has no channel ${channelName(channel)}, which ${forecasts.name} forecasts; ` +
          `it holds ${names.join(', ')}`,
      );
    }
    return index;
  });
  const part = { grid: archive.value.grid, channels: channels.map((i) => archive.value.channels[i]!) };
  requireSameSchema(part, archive.name, forecasts.value, forecasts.name);
  return channels;
}

/** @throws {PlumeError} data, when no valid time of the forecasts is in the archive */
export function requireTruth(
  forecasts: Named<{ readonly starts: readonly number[]; readonly leadsHours: readonly number[] }>,
  archive: Named<Archive>,
  truth: Truth,
): void {
  const { starts, leadsHours } = forecasts.value;
  if (starts.some((start) => leadsHours.some((lead) => truth.has(start + lead * millisecondsPerHour))))
    return;
  throw dataError(
    `${forecasts.name} starts at ${spanOf(starts)} with leads ${leadsHours.join(', ')} h, but ${archive.name} ` +
      `holds ${spanOf(archive.value.times)}: no valid time is in both; verify against an archive of the ` +
      "forecast's own time",
  );
}

/** '2007-01-01T00Z … 2007-12-24T00Z' */
export function spanOf(times: ArrayLike<number>): string {
  if (times.length === 0) return 'nothing';
  if (times.length === 1) return formatTime(times[0]!);
  return `${formatTime(times[0]!)} … ${formatTime(times[times.length - 1]!)}`;
}

/** Smallest distance between neighbouring times, hours; 0 for fewer than two. */
export function spacingOf(times: ArrayLike<number>): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i++) smallest = Math.min(smallest, times[i]! - times[i - 1]!);
  return Number.isFinite(smallest) ? smallest / millisecondsPerHour : 0;
}

/** States of truth to keep: those that two forecasts with neighbouring starts may share, within reason. */
export function statesShared(archive: Archive, leadsHours: readonly number[]): number {
  const span = Math.ceil(Math.max(...leadsHours) / Math.max(1, spacingOf(archive.times)));
  return Math.min(64, 8 + span);
}
