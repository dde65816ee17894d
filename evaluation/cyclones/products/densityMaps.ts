/**
 * Maps of where cyclones go and where they are born: the expected number of tracks, or of births, within a distance of each
 * point, a mean over members. Several storms of one member add up, unlike in probabilities.
 */
import { usageError } from '../../../core/errors.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { isPlaced, vectorOf } from '../fixAt.js';
import type { EnsembleTracks, Track } from '../track.js';
import { type Arc, arcsOf } from './arcs.js';
import { countNear, perMember } from './countNear.js';
import type { MapPoints } from './mapPoints.js';
import type { StrikeOptions } from './strikeProbability.js';

/**
 * Track density.
 * @returns [point]: tracks a member that pass within the radius (default 300 km), each counted once
 * @throws {PlumeError} usage, when no member was asked, or for a radius that is none
 */
export function trackDensity(
  ensemble: EnsembleTracks,
  points: MapPoints,
  { radiusKm = 300, sphereRadiusKm, ...path }: StrikeOptions = {},
): Float64Array {
  const paths = tracksOf(ensemble).map((track) => arcsOf(track, ensemble.start, path));
  return meanOf(countNear(paths, points, radiusKm, sphereRadiusKm), ensemble);
}

export interface GenesisOptions extends Omit<StrikeOptions, 'leastWind' | 'path'> {
  readonly firstHours?: number;
}

/**
 * Genesis: a track's first fix after the first time that was looked at. Cyclones that are there then are not born in the forecast.
 * @param options firstHours: the first lead of the forecast, where it begins after its analysis. Default 0
 * @returns [point]: births a member within the radius (default 300 km)
 * @throws {PlumeError} usage, when no member was asked, or for a radius that is none
 */
export function genesisDensity(
  ensemble: EnsembleTracks,
  points: MapPoints,
  { radiusKm = 300, sphereRadiusKm, window = null, firstHours = 0 }: GenesisOptions = {},
): Float64Array {
  const births = tracksOf(ensemble).flatMap((track): Arc[][] => {
    const first = track.fixes.find(isPlaced);
    const hours = first ? (first.time - ensemble.start) / millisecondsPerHour : Number.NaN;
    if (!first || !(hours > firstHours)) return [];
    if (window && !(hours >= window.fromHours && hours <= window.toHours)) return [];
    return [[{ from: vectorOf(first), to: vectorOf(first) }]];
  });
  return meanOf(countNear(births, points, radiusKm, sphereRadiusKm), ensemble);
}

function tracksOf({ members }: EnsembleTracks): Track[] {
  return members.flatMap(({ tracks }) => tracks);
}

function meanOf(counts: Uint32Array, { members }: EnsembleTracks): Float64Array {
  if (members.length === 0)
    throw usageError('density of tracks: the forecast has no members; expected 1 or more');
  return perMember(counts, members.length);
}
