/**
 * tracks.arrow: the tracks of forecasts as a tidy table, one fix a row: storm (null where nobody has joined tracks into
 * storms), track, name, member, weight_sample, noise_stream, start, valid_time, lead_hours, latitude, longitude (degrees),
 * msl (Pa), wind (m s⁻¹), vorticity (s⁻¹), warm_core (m² s⁻²); NaN where a value is not known. Rows by start, member,
 * track and time. Who was asked stands in the metadata, since a member without a cyclone has no row.
 */
import { z } from 'zod';
import { dataError } from '../../core/errors.js';
import { readTable, type TidyTable, writeTable } from '../../core/store/table.js';
import { millisecondsPerHour } from '../../core/time.js';
import { columnsOf, type RowLayout, rowsOf } from '../tidyRows.js';
import type { EnsembleTracks, Fix, MemberTracks, Storm, StormMember, Track } from './track.js';

export interface TracksTable {
  /** By start. */
  readonly ensembles: readonly EnsembleTracks[];
  /** Of the tracks that belong to one; by start, then as they were written. */
  readonly storms: readonly Storm[];
}

interface TrackRow {
  readonly storm: string | null;
  readonly track: string;
  readonly name: string | null;
  readonly member: number;
  readonly weight_sample: number | null;
  readonly noise_stream: number | null;
  readonly start: number;
  readonly valid_time: number;
  readonly lead_hours: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly msl: number;
  readonly wind: number;
  readonly vorticity: number;
  readonly warm_core: number;
}

const layout: RowLayout<TrackRow> = {
  storm: 'utf8',
  track: 'utf8',
  name: 'utf8',
  member: 'int32',
  weight_sample: 'int32',
  noise_stream: 'int32',
  start: 'timestamp',
  valid_time: 'timestamp',
  lead_hours: 'float64',
  latitude: 'float64',
  longitude: 'float64',
  msl: 'float64',
  wind: 'float64',
  vorticity: 'float64',
  warm_core: 'float64',
};

const [formatKey, askedKey, stormsKey] = ['plume.tracks', 'plume.tracks.asked', 'plume.tracks.storms'];
const formatVersion = '1';
/** By start: [member, weight sample, noise stream]. */
const askedSchema = z.array(
  z.object({
    start: z.number(),
    members: z.array(z.tuple([z.int(), z.int().nullable(), z.int().nullable()])),
  }),
);
/** Storms with the name and the number of members they were made of. */
const stormsSchema = z.array(
  z.object({ id: z.string(), name: z.string().nullable(), start: z.number(), members: z.int() }),
);

/**
 * @param storms made of the tracks; each track belongs to one or none
 * @throws {PlumeError} resources, when the disk is full or closed to us
 */
export async function writeTracks(
  path: string,
  ensembles: readonly EnsembleTracks[],
  storms: readonly Storm[] = [],
): Promise<void> {
  const stormOf = new Map<string, string>();
  for (const { id, start, tracks } of storms) {
    for (const { member, track } of tracks) stormOf.set(keyOf(start, member, track.id), id);
  }
  const sorted = ensembles.toSorted((a, b) => a.start - b.start);
  const rows = sorted.flatMap(({ start, members }) =>
    members.flatMap(({ member, weightSample, noiseStream, tracks }) =>
      tracks.flatMap((track) =>
        track.fixes.map(
          (fix): TrackRow => ({
            storm: stormOf.get(keyOf(start, member, track.id)) ?? null,
            track: track.id,
            name: track.name,
            member,
            weight_sample: weightSample,
            noise_stream: noiseStream,
            start,
            valid_time: fix.time,
            lead_hours: (fix.time - start) / millisecondsPerHour,
            latitude: fix.latitude,
            longitude: fix.longitude,
            msl: fix.pressure,
            wind: fix.wind,
            vorticity: fix.vorticity,
            warm_core: fix.warmCore,
          }),
        ),
      ),
    ),
  );
  const asked = sorted.map(({ start, members }) => ({
    start,
    members: members.map(({ member, weightSample, noiseStream }) => [member, weightSample, noiseStream]),
  }));
  const described = storms
    .toSorted((a, b) => a.start - b.start)
    .map(({ id, name, start, members }) => ({ id, name, start, members }));
  await writeTable(path, columnsOf(layout, rows), {
    [formatKey]: formatVersion,
    [askedKey]: JSON.stringify(asked),
    [stormsKey]: JSON.stringify(described),
  });
}

/** @throws {PlumeError} data, when the file is missing or holds no tracks of this kind */
export async function readTracksTable(path: string): Promise<TracksTable> {
  const table = await readTable(path);
  const version = table.metadata.get(formatKey);
  if (version !== formatVersion) {
    throw dataError(
      `${path} is no table of tracks (metadata "${formatKey}" is ${version ?? 'missing'}, expected ${formatVersion}); ` +
        'make it again with plume tracks',
    );
  }
  const asked = metadataOf(path, table, askedKey, askedSchema);
  const described = metadataOf(path, table, stormsKey, stormsSchema);
  const rows = rowsOf(layout, table, path);
  const tracks = new Map<string, { storm: string | null; track: Track & { fixes: Fix[] } }>();
  const byMember = new Map<string, Track[]>();
  for (const row of rows) {
    const key = keyOf(row.start, row.member, row.track);
    let found = tracks.get(key);
    if (found === undefined) {
      found = { storm: row.storm, track: { id: row.track, name: row.name, fixes: [] } };
      tracks.set(key, found);
      const memberKey = keyOf(row.start, row.member, '');
      const own = byMember.get(memberKey) ?? [];
      byMember.set(memberKey, own);
      own.push(found.track);
    }
    found.track.fixes.push(fixOf(row));
  }
  const ensembles = asked.map(({ start, members }) => ({
    start,
    members: members.map(
      ([member, weightSample, noiseStream]): MemberTracks => ({
        member,
        weightSample,
        noiseStream,
        tracks: byMember.get(keyOf(start, member, '')) ?? [],
      }),
    ),
  }));
  const stormOf = (start: number, member: number, track: Track): string | null =>
    tracks.get(keyOf(start, member, track.id))?.storm ?? null;
  const ofStorm = ({ id, start }: { readonly id: string; readonly start: number }): StormMember[] =>
    ensembles
      .filter((one) => one.start === start)
      .flatMap(({ members }) =>
        members.flatMap(({ member, weightSample, tracks: own }) =>
          own
            .filter((track) => stormOf(start, member, track) === id)
            .map((track) => ({ member, weightSample, track })),
        ),
      );
  return { ensembles, storms: described.map((storm) => ({ ...storm, tracks: ofStorm(storm) })) };
}

function keyOf(start: number, member: number, track: string): string {
  return `${start} ${member} ${track}`;
}

function fixOf(row: TrackRow): Fix {
  return {
    time: row.valid_time,
    latitude: row.latitude,
    longitude: row.longitude,
    pressure: row.msl,
    wind: row.wind,
    vorticity: row.vorticity,
    warmCore: row.warm_core,
  };
}

function metadataOf<T>(path: string, table: TidyTable, key: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(table.metadata.get(key) ?? 'null'));
  } catch (error) {
    throw dataError(`${path}: metadata "${key}" cannot be read; make the table again with plume tracks`, {
      cause: error,
    });
  }
}
