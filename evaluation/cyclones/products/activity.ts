/**
 * Cyclone activity: the share of members in which any cyclone that is strong enough passes within 300 km, those that
 * are born during the forecast included (ECMWF's product of that name; its thresholds of 10-m wind).
 */
import type { EnsembleTracks } from '../track.js';
import type { MapPoints } from './mapPoints.js';
import { anyStrikeProbability, type MemberShares, type StrikeOptions } from './strikeProbability.js';

/** m s⁻¹: tropical depression, tropical storm, hurricane. */
export const activityThresholds = { TD: 8, TS: 17, HR: 32 } as const;

export type ActivityLevel = keyof typeof activityThresholds;

/** @throws {PlumeError} usage, when no member was asked, or for a radius that is none */
export function cycloneActivity(
  ensemble: EnsembleTracks,
  points: MapPoints,
  level: ActivityLevel,
  options: Omit<StrikeOptions, 'leastWind'> = {},
): MemberShares {
  const leastWind = activityThresholds[level];
  return anyStrikeProbability(ensemble, points, { radiusKm: 300, ...options, leastWind });
}
