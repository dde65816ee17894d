/**
 * Strike probability: the share of members in which the storm passes within a distance of a point (ECMWF: 120 km; any storm
 * that passes twice counts once). Of all members that were asked: one that lost the storm says no.
 */
import { usageError } from '../../../core/errors.js';
import type { EnsembleTracks, Storm } from '../track.js';
import { arcsOf, type PathOptions } from './arcs.js';
import { countNear, perMember } from './countNear.js';
import type { MapPoints } from './mapPoints.js';

export interface StrikeOptions extends PathOptions {
  /** Default 120. */
  readonly radiusKm?: number;
  /** Default that of the Earth, 6371.229. */
  readonly sphereRadiusKm?: number;
}

export interface MemberShares {
  /** [point], 0 … 1. */
  readonly probability: Float64Array;
  /** [point]: members that say yes. */
  readonly counts: Uint32Array;
  /** Members that were asked. */
  readonly members: number;
}

/**
 * Of one storm.
 * @throws {PlumeError} usage, when no member was asked, or for a radius that is none
 */
export function strikeProbability(
  storm: Storm,
  points: MapPoints,
  { radiusKm = 120, sphereRadiusKm, ...path }: StrikeOptions = {},
): MemberShares {
  const paths = storm.tracks.map(({ track }) => arcsOf(track, storm.start, path));
  return sharesOf(countNear(paths, points, radiusKm, sphereRadiusKm), storm.members);
}

/** Of any storm that a member has: its tracks together. */
export function anyStrikeProbability(
  ensemble: EnsembleTracks,
  points: MapPoints,
  { radiusKm = 120, sphereRadiusKm, ...path }: StrikeOptions = {},
): MemberShares {
  const paths = ensemble.members.map(({ tracks }) =>
    tracks.flatMap((track) => arcsOf(track, ensemble.start, path)),
  );
  return sharesOf(countNear(paths, points, radiusKm, sphereRadiusKm), ensemble.members.length);
}

function sharesOf(counts: Uint32Array, members: number): MemberShares {
  if (!(members >= 1))
    throw usageError('strike probability: the forecast has no members; expected 1 or more');
  return { probability: perMember(counts, members), counts, members };
}
