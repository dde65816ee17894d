import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable, writeTable } from '../../../core/store/table.js';
import { readForecastTracks } from '../../../evaluation/cyclones/readers/readTracks.js';
import { stormOf } from '../../../evaluation/cyclones/readers/trackFile.js';
import type { EnsembleTracks, Fix, MemberTracks, Storm, Track } from '../../../evaluation/cyclones/track.js';
import { readTracksTable, writeTracks } from '../../../evaluation/cyclones/tracksTable.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-tracks-table-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const path = join(directory, 'tracks.arrow');

const known = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN));
const start = Date.UTC(2021, 7, 27);
const hour = 3_600_000;

function fixesFrom(first: number): fc.Arbitrary<Fix[]> {
  const fix = fc.record({
    latitude: fc.double({ min: -90, max: 90, noNaN: true }),
    longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    pressure: known,
    wind: known,
    vorticity: known,
    warmCore: known,
    /** Since the fix before. */
    hours: fc.integer({ min: 1, max: 12 }),
  });
  return fc.array(fix, { minLength: 1, maxLength: 5 }).map((drawn) => {
    let time = first;
    return drawn.map(({ hours, ...rest }) => {
      time += hours * hour;
      return { time, ...rest };
    });
  });
}

const names = fc.option(fc.string({ maxLength: 6 }));
const tracks = fc
  .array(fc.record({ name: names, fixes: fixesFrom(start) }), { maxLength: 3 })
  .map((drawn) => drawn.map((track, i): Track => ({ id: String(i + 1), ...track })));

const ensemble = (at: number): fc.Arbitrary<EnsembleTracks> =>
  fc
    .array(
      fc.record({
        weightSample: fc.option(fc.integer({ min: 0, max: 9 })),
        noiseStream: fc.option(fc.integer({ min: 0, max: 9 })),
        tracks,
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((members) => ({
      start: at,
      members: members.map((one, member): MemberTracks => ({ member, ...one })),
    }));

/** Each member's first track is storm A, the second storm B. */
function stormsOf(ensembles: readonly EnsembleTracks[]): Storm[] {
  return ensembles.flatMap(({ start: at, members }) =>
    ['A', 'B'].map((id, i) => ({
      id,
      name: id === 'A' ? 'ANA' : null,
      start: at,
      members: members.length,
      tracks: members.flatMap(({ member, weightSample, tracks: own }) =>
        own[i] === undefined ? [] : [{ member, weightSample, track: own[i] }],
      ),
    })),
  );
}

describe('tracks.arrow', () => {
  it('gives back every member, track, fix and storm that was written, members without a cyclone too', async () => {
    await fc.assert(
      fc.asyncProperty(ensemble(start), ensemble(start + 24 * hour), async (first, second) => {
        const ensembles = [first, second];
        const storms = stormsOf(ensembles);
        // In whatever order they come.
        await writeTracks(path, [second, first], storms.toReversed());
        const read = await readTracksTable(path);
        expect(read.ensembles).toEqual(ensembles);
        const byName = (a: Storm, b: Storm): number => a.start - b.start || (a.id < b.id ? -1 : 1);
        expect(read.storms.toSorted(byName)).toEqual(storms.toSorted(byName));
      }),
      { numRuns: 40 },
    );
  });

  it('is a file of tracks: each storm a forecast of all members, tracks of no storm together', async () => {
    const fix = (hours: number, latitude: number): Fix => ({
      ...{ time: start + hours * hour, latitude, longitude: -80, pressure: 99_000, wind: 30 },
      ...{ vorticity: 1e-4, warmCore: 90 },
    });
    const track = (id: string, latitude: number): Track => ({
      id,
      name: null,
      fixes: [fix(0, latitude), fix(6, latitude + 1)],
    });
    const ids = { weightSample: 0, noiseStream: 0 };
    const one: EnsembleTracks = {
      start,
      members: [
        { member: 0, ...ids, tracks: [track('1', 20), track('2', 50)] },
        { member: 1, ...ids, tracks: [] },
        { member: 2, ...ids, tracks: [track('1', 21)] },
      ],
    };
    const storm: Storm = {
      ...{ id: 'A', name: 'ANA', start, members: 3 },
      tracks: [
        { member: 0, weightSample: 0, track: one.members[0]!.tracks[0]! },
        { member: 2, weightSample: 0, track: one.members[2]!.tracks[0]! },
      ],
    };
    await writeTracks(path, [one], [storm]);
    const { format, forecasts } = await readForecastTracks(path, { strict: true });
    expect([format, forecasts.map((forecast) => forecast.storm)]).toEqual(['plume', ['A', null]]);
    expect(stormOf(forecasts[0]!)).toEqual({
      ...storm,
      tracks: storm.tracks.map((member) => ({ ...member, track: { ...member.track, id: 'A' } })),
    });
    expect(forecasts[1]!.ensemble.members.map((member) => member.tracks.map(({ id }) => id))).toEqual([
      ['2'],
      [],
      [],
    ]);
    await writeTracks(path, [one]);
    const unmatched = await readForecastTracks(path, { strict: true });
    expect(unmatched.forecasts.map((forecast) => forecast.ensemble)).toEqual([one]);
  });

  it('has the columns and units that its description says, a row a fix', async () => {
    const one: EnsembleTracks = {
      start,
      members: [
        {
          ...{ member: 3, weightSample: 1, noiseStream: null },
          tracks: [
            {
              id: '1',
              name: null,
              fixes: [
                {
                  ...{ time: start + 6 * hour, latitude: 20, longitude: -80, pressure: 99_000, wind: 30 },
                  ...{ vorticity: Number.NaN, warmCore: 90 },
                },
              ],
            },
          ],
        },
      ],
    };
    await writeTracks(path, [one]);
    const { columns } = await readTable(path);
    expect(Object.fromEntries(columns.map(({ name, values }) => [name, values[0]]))).toEqual({
      ...{ storm: null, track: '1', name: null, member: 3, weight_sample: 1, noise_stream: null },
      ...{ start, valid_time: start + 6 * hour, lead_hours: 6, latitude: 20, longitude: -80 },
      ...{ msl: 99_000, wind: 30, vorticity: Number.NaN, warm_core: 90 },
    });
  });

  it('with no track at all is no file of tracks to score, but a table one can read', async () => {
    const none: EnsembleTracks = {
      start,
      members: [{ member: 0, weightSample: null, noiseStream: null, tracks: [] }],
    };
    await writeTracks(path, [none]);
    expect((await readTracksTable(path)).ensembles).toEqual([none]);
    await expect(readForecastTracks(path, { strict: false })).rejects.toThrow(
      /holds no storm \(read as plume/,
    );
  });

  it('of another kind is refused by name', async () => {
    await writeTable(path, [{ name: 'a', type: 'int32', values: [1] }]);
    await expect(readTracksTable(path)).rejects.toMatchObject({
      tag: 'data',
      message: expect.stringContaining(
        'is no table of tracks (metadata "plume.tracks" is missing, expected 1)',
      ),
    });
  });
});
