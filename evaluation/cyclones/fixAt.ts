/**
 * Where a track is at any time: at its fixes, and between two of them on the great circle at even speed, with pressure,
 * wind, vorticity and warm core linear in time. Between fixes further apart than the longest gap it is not known to be anywhere.
 */

import { between, placeOf, unitVector } from '../../core/sphere/greatCircle.js';
import { millisecondsPerHour } from '../../core/time.js';
import type { Fix, Track } from './track.js';

/** Hours: trackers and files have fixes every 6 or 12 hours, daily fields every 24; longer than that is a loss. */
export const longestGapDefault = 24;

/**
 * @param time milliseconds since 1970
 * @returns the fix itself where there is one at that time; NaN in what is unknown at a neighbour; null outside the track, in
 *   longer gaps, and where the position of a neighbour is missing
 */
export function fixAt(track: Track, time: number, longestGapHours = longestGapDefault): Fix | null {
  const { fixes } = track;
  let low = 0;
  let high = fixes.length;
  // First fix at the time or later.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fixes[middle]!.time < time) low = middle + 1;
    else high = middle;
  }
  const next = fixes[low];
  if (next === undefined || Number.isNaN(time)) return null;
  if (next.time === time) return isPlaced(next) ? next : null;
  const last = fixes[low - 1];
  if (last === undefined || next.time - last.time > longestGapHours * millisecondsPerHour) return null;
  const found = fixBetween(last, next, (time - last.time) / (next.time - last.time));
  return found && { ...found, time };
}

/** @param share 0 at the first, 1 at the second; null where a position is missing or the two are antipodes */
export function fixBetween(first: Fix, second: Fix, share: number): Fix | null {
  if (!isPlaced(first) || !isPlaced(second)) return null;
  const vector = between(vectorOf(first), vectorOf(second), share);
  if (vector === null) return null;
  const linear = (a: number, b: number): number => a + share * (b - a);
  return {
    time: linear(first.time, second.time),
    ...placeOf(vector),
    pressure: linear(first.pressure, second.pressure),
    wind: linear(first.wind, second.wind),
    vorticity: linear(first.vorticity, second.vorticity),
    warmCore: linear(first.warmCore, second.warmCore),
  };
}

export function isPlaced({ latitude, longitude }: Fix): boolean {
  return Number.isFinite(latitude) && Number.isFinite(longitude);
}

export function vectorOf({ latitude, longitude }: Fix): readonly [number, number, number] {
  return unitVector(latitude, longitude);
}
