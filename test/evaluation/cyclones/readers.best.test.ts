import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { distanceKm } from '../../../core/sphere/distance.js';
import { parseTime } from '../../../core/time.js';
import { readBestTracks, readTracks } from '../../../evaluation/cyclones/readers/readTracks.js';
import type { BestTracks } from '../../../evaluation/cyclones/readers/trackFile.js';
import type { Fix, Track } from '../../../evaluation/cyclones/track.js';

const data = resolve('..', 'shared', 'data', 'besttrack');
const knot = 1852 / 3600;

const read = (name: string): Promise<BestTracks> => readBestTracks(join(data, name), { strict: true });

function trackOf({ tracks }: BestTracks, id: string): Track {
  const found = tracks.find((track) => track.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${tracks.map((track) => track.id).join(', ')}`);
  return found;
}

function at(track: Track, time: string): Fix {
  const found = track.fixes.find((fix) => fix.time === parseTime(time));
  if (found === undefined) throw new Error(`${track.id} has no fix at ${time}`);
  return found;
}

function fixes({ tracks }: BestTracks): number {
  return tracks.reduce((sum, track) => sum + track.fixes.length, 0);
}

/** Wind in knots and pressure in hPa, as published. */
function published({ latitude, longitude, wind, pressure }: Fix): number[] {
  return [latitude, longitude, Math.round((wind / knot) * 1e6) / 1e6, Math.round(pressure * 1e4) / 1e6];
}

describe.skipIf(!existsSync(data))('Best tracks of ../shared/data (skipped where it is absent)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plume-tracks-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('HURDAT2 text: the 21 storms of 2021, and Ida hour by hour', async () => {
    const file = await read('hurdat2-al-2021.txt');
    expect([file.format, file.wind]).toEqual(['hurdat2', '1-minute mean']);
    expect(file.tracks.length).toBe(21);
    const lines = readFileSync(join(data, 'hurdat2-al-2021.txt'), 'utf8').trim().split('\n');
    expect(fixes(file)).toBe(lines.length - 21);
    const ida = trackOf(file, 'AL092021');
    expect([ida.name, ida.fixes.length]).toEqual(['IDA', 40]);
    // The landfall at Port Fourchon.
    expect(published(at(ida, '2021-08-29T16:55Z'))).toEqual([29.1, -90.2, 130, 931]);
    expect(file.categories.get('AL092021')![ida.fixes.indexOf(at(ida, '2021-08-29T16:55Z'))]).toBe('HU');
    expect(file.skipped).toEqual([]);
  });

  it('HURDAT2 as a table equals the text, fix by fix, for every storm of 2021', async () => {
    const [text, table] = [
      await read('hurdat2-al-2021.txt'),
      await read('hurdat2-al-2018-2021-gert-emily.csv'),
    ];
    expect([table.format, table.tracks.length]).toEqual(['hurdat2-csv', 39]);
    for (const track of text.tracks) {
      const other = trackOf(table, track.id);
      expect(other.name).toBe(track.name);
      expect(other.fixes.map((fix) => [fix.time, ...published(fix)])).toEqual(
        track.fixes.map((fix) => [fix.time, ...published(fix)]),
      );
      expect(table.categories.get(track.id)).toEqual(text.categories.get(track.id));
    }
  });

  it('HURDAT2 as a table with other names, storms mixed: Jova and Irwin', async () => {
    const file = await read('hurdat2-ep-jova-irwin-2011.csv');
    expect(file.tracks.map(({ id, name, fixes }) => [id, name, fixes.length])).toEqual([
      ['EP112011', 'IRWIN', 56],
      ['EP102011', 'JOVA', 30],
    ]);
    expect(published(at(trackOf(file, 'EP112011'), '2011-10-07T06Z'))).toEqual([13.3, -119.3, 70, 989]);
  });

  it.each([
    ['dorian2019', 'AL052019', 'DORIAN', 70],
    ['florence2018', 'AL062018', 'FLORENCE', 79],
    ['harvey2017', 'AL092017', 'HARVEY', 73],
    ['ida2021', 'AL092021', 'IDA', 40],
    ['irma2017', 'AL112017', 'IRMA', 66],
    ['laura2020', 'AL132020', 'LAURA', 42],
    ['matthew2016', 'AL142016', 'MATTHEW', 50],
    ['michael2018', 'AL142018', 'MICHAEL', 38],
  ])(
    'ATCF b-deck %s: one storm, each fix once though it has a line for each radius',
    async (name, ...known) => {
      const file = await read(`atcf/${name}-bdeck.dat`);
      expect(file.tracks.map((track) => [track.id, track.name, track.fixes.length])).toEqual([known]);
    },
  );

  it('ATCF: Ida, Florence and Michael equal HURDAT2 fix by fix, landfalls at odd minutes too', async () => {
    const [text, table] = [
      await read('hurdat2-al-2021.txt'),
      await read('hurdat2-al-2018-2021-gert-emily.csv'),
    ];
    const pairs = [
      ['atcf/ida2021-bdeck.dat', trackOf(text, 'AL092021')],
      ['atcf/florence2018-bdeck.dat', trackOf(table, 'AL062018')],
      ['atcf/michael2018-bdeck.dat', trackOf(table, 'AL142018')],
    ] as const;
    for (const [name, hurdat] of pairs) {
      const track = trackOf(await read(name), hurdat.id);
      expect(track.fixes.map((fix) => [fix.time, ...published(fix)])).toEqual(
        hurdat.fixes.map((fix) => [fix.time, ...published(fix)]),
      );
    }
  });

  it('ATCF with lines of 40 cells (Florence) names the file’s season and storm', async () => {
    const file = await read('atcf/BAL062018.dat');
    expect(file.tracks.map(({ id, name, fixes }) => [id, name, fixes.length])).toEqual([
      ['AL062018', 'FLORENCE', 79],
    ]);
  });

  it('IBTrACS CSV: In-Fa with the winds of the WMO agency, missing ones missing', async () => {
    const file = await read('ibtracs-wp-infa-2015.csv');
    expect([file.format, file.wind]).toEqual([
      'ibtracs',
      'as the responsible agency reports it (mostly a 10-minute mean)',
    ]);
    const [track] = file.tracks;
    expect([track!.id, track!.name, track!.fixes.length]).toEqual(['2015321N04164', null, 43]);
    expect(published(at(track!, '2015-11-21T06Z'))).toEqual([11.9, 141.3, 95, 935]);
    expect(track!.fixes.filter(({ wind }) => Number.isNaN(wind)).length).toBe(5);
  });

  it('IBTrACS NetCDF: Ike as netCDF4-python reads it', async () => {
    const expected = JSON.parse(readFileSync(join(data, 'ibtracs-ike-2008.nc.expected.json'), 'utf8')) as {
      variables: Record<string, { samples_c_order: Record<string, number | null>; mean: number }>;
    };
    const usa = await read('ibtracs-ike-2008.nc');
    expect([usa.format, usa.wind, usa.tracks.length]).toEqual(['ibtracs-netcdf', '1-minute mean', 1]);
    const [ike] = usa.tracks;
    expect([ike!.id, ike!.name, ike!.fixes.length]).toEqual(['2008245N17323', 'IKE', 119]);
    const wmo = await readBestTracks(join(data, 'ibtracs-ike-2008.nc'), { strict: true, agency: 'wmo' });
    const of: Record<string, (i: number) => number> = {
      lat: (i) => ike!.fixes[i]!.latitude,
      lon: (i) => ike!.fixes[i]!.longitude,
      usa_wind: (i) => ike!.fixes[i]!.wind / knot,
      usa_pres: (i) => ike!.fixes[i]!.pressure / 100,
      wmo_wind: (i) => wmo.tracks[0]!.fixes[i]!.wind / knot,
      wmo_pres: (i) => wmo.tracks[0]!.fixes[i]!.pressure / 100,
      // To the millisecond, of days since 1858-11-17.
      time: (i) => (ike!.fixes[i]!.time - Date.UTC(1858, 10, 17)) / 86_400_000,
    };
    for (const [name, value] of Object.entries(of)) {
      const { samples_c_order: samples, mean } = expected.variables[name]!;
      for (const [i, sample] of Object.entries(samples)) {
        if (sample === null) expect(value(Number(i)), `${name} ${i}`).toBeNaN();
        else expect(value(Number(i)), `${name} ${i}`).toBeCloseTo(sample, 8);
      }
      const known = ike!.fixes.map((_, i) => value(i)).filter((one) => !Number.isNaN(one));
      expect(known.reduce((a, b) => a + b, 0) / known.length, name).toBeCloseTo(mean, 6);
    }
    expect(usa.categories.get(ike!.id)!.at(-1)).toBe('EX');
  });

  it('CyTRACK: seven cyclones, of which one is Florence of HURDAT2', async () => {
    const file = await read('cytrack-era5-al-201809.dat');
    expect([file.format, file.tracks.length, fixes(file)]).toEqual(['cytrack', 7, 227]);
    const [first] = file.tracks;
    expect([first!.id, first!.fixes.length]).toEqual(['CyAL00012018', 61]);
    expect(first!.fixes[0]).toMatchObject({
      time: parseTime('2018-09-01T00Z'),
      latitude: 14,
      longitude: -24.75,
      pressure: 100_369,
    });
    expect(first!.fixes[0]!.wind).toBeCloseTo(52.67 / 3.6, 10);
    expect(file.categories.get('CyAL00012018')!.slice(0, 2)).toEqual(['ADWC', 'ALCC']);
    const florence = trackOf(await read('hurdat2-al-2018-2021-gert-emily.csv'), 'AL062018');
    const distances = first!.fixes.flatMap((fix) => {
      const twin = florence.fixes.find(({ time }) => time === fix.time);
      return twin === undefined
        ? []
        : [distanceKm(fix.latitude, fix.longitude, twin.latitude, twin.longitude)];
    });
    expect(distances.length).toBeGreaterThan(50);
    expect(distances.toSorted((a, b) => a - b)[distances.length >> 1]).toBeLessThan(60);
  });

  it('TempestExtremes: eight tracks, longitudes turned to −180 … 180', async () => {
    const file = await read('tempestextremes-sample.txt');
    expect([file.format, file.tracks.length, fixes(file)]).toEqual(['tempest', 8, 210]);
    expect(file.tracks.map((track) => track.fixes.length)).toEqual([33, 51, 19, 18, 35, 16, 11, 27]);
    expect(file.tracks[0]!.fixes[0]).toEqual({
      time: parseTime('1999-09-10T00Z'),
      latitude: 18,
      longitude: -57.5,
      pressure: 100_390.6,
      wind: 19.18985,
      vorticity: Number.NaN,
      warmCore: Number.NaN,
    });
  });

  it('packed by gzip is the same file', async () => {
    const packed = join(directory, 'bal092021.dat.gz');
    writeFileSync(packed, gzipSync(readFileSync(join(data, 'atcf', 'ida2021-bdeck.dat'))));
    const file = await readTracks(packed, { strict: true });
    expect(file).toEqual({ ...(await read('atcf/ida2021-bdeck.dat')), path: packed });
  });
});
