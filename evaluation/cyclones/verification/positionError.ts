/**
 * Errors of a forecast position: the direct position error is the great-circle distance to the best track at the same
 * time; along and across it is split by the direction in which the storm really moved. Ahead (the forecast too fast) and to the right are
 * positive (WMO 2013, Verification methods for tropical cyclone forecasts, WWRP 2013-7; Heming 2017, doi:10.1002/met.1599).
 *
 * The split is made in the plane that touches the sphere at the best-track position (azimuthal equidistant), so that
 * along² + across² = distance² holds exactly, far away too.
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import {
  angleBetween,
  dot,
  product,
  seenFrom,
  toUnit,
  type UnitVector,
} from '../../../core/sphere/greatCircle.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { fixAt, vectorOf } from '../fixAt.js';
import type { Track } from '../track.js';

export interface PositionError {
  readonly distanceKm: number;
  /** NaN where the storm did not move. */
  readonly alongKm: number;
  readonly acrossKm: number;
}

/** @param motion direction of the observed motion at the observed place, at right angles to it; null where there is none */
export function positionError(
  forecast: UnitVector,
  observed: UnitVector,
  motion: UnitVector | null,
  sphereRadiusKm = earthRadiusKm,
): PositionError {
  const distanceKm = sphereRadiusKm * angleBetween(forecast, observed);
  const offset = motion && seenFrom(observed, forecast);
  if (!motion || !offset) return { distanceKm, alongKm: Number.NaN, acrossKm: Number.NaN };
  return {
    distanceKm,
    alongKm: sphereRadiusKm * dot(offset, motion),
    acrossKm: sphereRadiusKm * dot(offset, product(motion, observed)),
  };
}

/**
 * Direction in which a track moves at a time: on the great circle from where it was some hours before; at its
 * beginning, to where it is as many hours later.
 * @returns null where it is not there at both times, or stands still
 */
export function motionAt(track: Track, time: number, hours = 6, longestGapHours?: number): UnitVector | null {
  const here = fixAt(track, time, longestGapHours);
  if (!here) return null;
  const place = vectorOf(here);
  const before = fixAt(track, time - hours * millisecondsPerHour, longestGapHours);
  const other = before ?? fixAt(track, time + hours * millisecondsPerHour, longestGapHours);
  const way = other && seenFrom(place, vectorOf(other));
  if (!way || Math.hypot(...way) < leastMotion) return null;
  return toUnit(before ? [-way[0], -way[1], -way[2]] : way);
}

/** Radians: 6 m on the Earth; best tracks have tenths of degrees. */
const leastMotion = 1e-6;
