/** Tracks made by hand for tests, and turned on the sphere by d3-geo. */
import { geoRotation } from 'd3-geo';
import type { EnsembleTracks, Fix, MemberTracks, Storm, Track } from '../../../evaluation/cyclones/track.js';

export const hour = 3_600_000;
export const start = Date.UTC(2020, 8, 1);

export type Intensity = Partial<Pick<Fix, 'pressure' | 'wind' | 'vorticity' | 'warmCore'>>;
export type Point = readonly [hours: number, latitude: number, longitude: number, intensity?: Intensity];

export function fixOf([hours, latitude, longitude, intensity]: Point): Fix {
  const unknown = { pressure: Number.NaN, wind: Number.NaN, vorticity: Number.NaN, warmCore: Number.NaN };
  return { time: start + hours * hour, latitude, longitude, ...unknown, ...intensity };
}

export function trackOf(id: string, points: readonly Point[], name: string | null = null): Track {
  return { id, name, fixes: points.map(fixOf) };
}

/** @param weightSample of member m */
export function stormOf(
  tracks: readonly (readonly Point[] | null)[],
  weightSample: (m: number) => number | null = () => null,
): Storm {
  return {
    id: '1',
    name: null,
    start,
    members: tracks.length,
    tracks: tracks.flatMap((points, m) =>
      points ? [{ member: m, weightSample: weightSample(m), track: trackOf(String(m), points) }] : [],
    ),
  };
}

export function ensembleOf(members: readonly (readonly Track[])[]): EnsembleTracks {
  return {
    start,
    members: members.map(
      (tracks, member): MemberTracks => ({ member, weightSample: null, noiseStream: null, tracks }),
    ),
  };
}

/** A turn of the whole sphere. */
export type Turn = readonly [number, number, number];

export function turned(track: Track, turn: Turn): Track {
  return { ...track, fixes: track.fixes.map((fix) => ({ ...fix, ...turnedPlace(fix, turn) })) };
}

export function turnedPlace(
  { latitude, longitude }: { readonly latitude: number; readonly longitude: number },
  turn: Turn,
): { latitude: number; longitude: number } {
  const [east, north] = geoRotation([...turn])([longitude, latitude]);
  return { latitude: north, longitude: east };
}

export function turnedStorm(storm: Storm, turn: Turn): Storm {
  return { ...storm, tracks: storm.tracks.map((each) => ({ ...each, track: turned(each.track, turn) })) };
}
