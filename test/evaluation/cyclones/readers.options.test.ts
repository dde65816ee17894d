import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseTime } from '../../../core/time.js';
import {
  type ReadTracksOptions,
  readBestTracks,
  readForecastTracks,
} from '../../../evaluation/cyclones/readers/readTracks.js';
import type { BestTracks, ForecastTracks } from '../../../evaluation/cyclones/readers/trackFile.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-options-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

function fileOf(text: string, name = `tracks-${++files}`): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function best(text: string, options: Partial<ReadTracksOptions> = {}, name?: string): Promise<BestTracks> {
  return readBestTracks(fileOf(text, name), { strict: true, ...options });
}

function forecast(text: string, options: Partial<ReadTracksOptions> = {}): Promise<ForecastTracks> {
  return readForecastTracks(fileOf(text), { strict: true, ...options });
}

const knot = 1852 / 3600;

describe('An a-deck', () => {
  const deck = [
    'AL, 09, 2021082700, 01, CARQ, -24, 150N,  770W,  25, 1008, DB,  34, NEQ,    0,    0,    0,    0,',
    'AL, 09, 2021082700, 03, AVNO,   0, 184N,  803W,  38, 1003, XX,  34, NEQ,   60,    0,    0,    0,',
    'AL, 09, 2021082700, 03, AVNO,   6, 195N,  811W,  45, 1000, XX,  34, NEQ,   60,    0,    0,    0,',
    'AL, 09, 2021082700, 03, AVNO,   6, 195N,  811W,  45, 1000, XX,  50, NEQ,   10,    0,    0,    0,',
    'AL, 09, 2021082700, 03, AP02,   6, 196N,  812W,  43,    0, XX,  34, NEQ,   60,    0,    0,    0,',
    'AL, 09, 2021082700, 03, AP01,   6, 197N,  813W,   0, 1001, XX,  34, NEQ,   60,    0,    0,    0,',
    'AL, 09, 2021082700, 03, IVCN,  12,   0N,    0W,  60,    0, XX,   0,    ,    0,    0,    0,    0,',
    'AL, 09, 2021082706, 03, AVNO,   0, 194N,  809W,  47, 1001, XX,  34, NEQ,   60,    0,    0,    0,',
  ].join('\n');

  it('holds forecasts of techniques, its analyses and intensities without a place left out', async () => {
    const file = await forecast(deck);
    expect([file.format, file.wind]).toEqual(['atcf', '1-minute mean']);
    expect(file.forecasts.map(({ storm, ensemble }) => [storm, ensemble.start])).toEqual([
      ['AL092021', parseTime('2021-08-27T00Z')],
      ['AL092021', parseTime('2021-08-27T06Z')],
    ]);
    const [first, second] = file.forecasts;
    expect([...first!.labels]).toEqual([
      [0, 'AP01'],
      [1, 'AP02'],
      [2, 'AVNO'],
      [3, 'IVCN'],
    ]);
    const fixes = first!.ensemble.members.map(({ tracks }) => tracks[0]?.fixes.length ?? 0);
    expect(fixes).toEqual([1, 1, 2, 0]);
    expect(first!.ensemble.members[2]!.tracks[0]!.fixes[1]).toMatchObject({
      time: parseTime('2021-08-27T06Z'),
      latitude: 19.5,
      longitude: -81.1,
      pressure: 100_000,
    });
    // 0 stands for no value.
    expect(first!.ensemble.members[0]!.tracks[0]!.fixes[0]!.wind).toBeNaN();
    expect(first!.ensemble.members[1]!.tracks[0]!.fixes[0]!.pressure).toBeNaN();
    // Six hours later only one technique was run.
    expect(second!.ensemble.members.map(({ member }) => member)).toEqual([2]);
    expect(file.notes.join('\n')).toMatch(
      /0 AP01, 1 AP02, 2 AVNO, 3 IVCN[\s\S]*intensity without a position are left out: 1/,
    );
  });

  it('gives the techniques asked for, and names those it has where there are none', async () => {
    const file = await forecast(deck, { techniques: ['ap01', 'AP02'] });
    expect([...file.forecasts[0]!.labels.values()]).toEqual(['AP01', 'AP02']);
    await expect(forecast(deck, { techniques: ['OFCL'] })).rejects.toThrow(
      /none of the techniques asked for \(OFCL\); it has AP01, AP02, AVNO, IVCN/,
    );
  });
});

describe('A b-deck', () => {
  const fix = (basin: string, number: string, time: string, name: string): string =>
    `${basin}, ${number}, ${time},   , BEST,   0, 150S, 1795W,  35, 1000, TS,  34, NEQ,  0,  0,  0,  0, 1010, 100, 20, 0, 0, P, 0, , 0, 0, ${name}, D,\n`;

  it('of several years has a storm for each, and south of the equator the season that begins in July', async () => {
    const text =
      fix('SH', '01', '2019121500', 'RITA') +
      fix('SH', '01', '2020112500', 'ALICIA') +
      fix('SH', '01', '2020112506', 'INVEST') +
      fix('WP', '01', '2019010100', 'PABUK');
    const file = await best(text);
    expect(file.tracks.map(({ id, name, fixes }) => [id, name, fixes.length])).toEqual([
      ['SH012020', 'RITA', 1],
      ['SH012021', 'ALICIA', 2],
      ['WP012019', 'PABUK', 1],
    ]);
    expect(file.tracks[0]!.fixes[0]).toMatchObject({ latitude: -15, longitude: -179.5 });
  });

  it('takes the year of its season from the name of the file, where that has one', async () => {
    const file = await best(fix('WP', '31', '2019123100', 'PHANFONE'), {}, 'bwp312019.dat');
    const late = await best(fix('WP', '01', '2019123100', 'LATE'), {}, 'bwp012020.dat');
    expect([file.tracks[0]!.id, late.tracks[0]!.id]).toEqual(['WP312019', 'WP012020']);
  });
});

describe('IBTrACS CSV', () => {
  const text = [
    'SID,SEASON,NAME,ISO_TIME,NATURE,LAT,LON,WMO_WIND,WMO_PRES,USA_STATUS,USA_WIND,USA_PRES',
    ' ,Year, , , ,degrees_north,degrees_east,kts,mb, ,kts,mb',
    '2015321N04164,2015,IN-FA,2015-11-21 06:00:00,TS,11.9,181.3,95,935,TY,110,937',
    '2015321N04164,2015,IN-FA,2015-11-21 09:00:00,TS,12.1,180.0, , ,TY,108, ',
  ].join('\n');

  it('gives the US agencies’ winds of one minute, or on request those of the WMO agency', async () => {
    const [usa, wmo] = [await best(text), await best(text, { agency: 'wmo' })];
    expect([usa.wind, usa.tracks[0]!.name, usa.tracks[0]!.fixes[0]!.wind]).toEqual([
      '1-minute mean',
      'IN-FA',
      110 * knot,
    ]);
    expect(wmo.wind).toBe('as the responsible agency reports it (mostly a 10-minute mean)');
    expect(wmo.tracks[0]!.fixes.map(({ wind }) => wind)).toEqual([95 * knot, Number.NaN]);
    expect(usa.tracks[0]!.fixes.map(({ pressure }) => pressure)).toEqual([93_700, Number.NaN]);
    expect([...usa.categories.values()]).toEqual([['TY', 'TY']]);
  });

  it('turns longitudes beyond the date line', async () => {
    const file = await best(text);
    expect(file.tracks[0]!.fixes.map(({ longitude }) => longitude)).toEqual([181.3 - 360, 180]);
  });
});

describe('TempestExtremes', () => {
  const row = (...columns: (number | string)[]): string => `\t${columns.join('\t')}\t1999\t9\t10\t6`;

  it('with columns of its own is read by their names, of unstructured grids too', async () => {
    const structured = `start\t1\t1999\t9\t10\t6\n${row(605, 36, 302.5, -18, 15.2, 99_000, 21)}`;
    const columns = ['lon', 'lat', 'zs', 'msl', 'wind10m'];
    const file = await best(structured, { columns });
    const expected = { latitude: -18, longitude: -57.5, pressure: 99_000, wind: 21 };
    expect(file.tracks[0]!.fixes[0]).toMatchObject(expected);
    const unstructured = `start\t1\t1999\t9\t10\t6\n${row(1234, 302.5, -18, 15.2, 99_000, 21)}`;
    expect((await best(unstructured, { columns })).tracks[0]!.fixes[0]).toMatchObject(expected);
    const bare = `start\t1\t1999\t9\t10\t6\n${row(605, 36, 302.5, -18)}`;
    const [fix] = (await best(bare, { columns: ['lon', 'lat'] })).tracks[0]!.fixes;
    expect([fix!.pressure, fix!.wind]).toEqual([Number.NaN, Number.NaN]);
    await expect(best(bare, { columns: ['x', 'y'] })).rejects.toMatchObject({ tag: 'usage' });
  });
});

describe('A table of ECMWF’s tracks', () => {
  const text = [
    'storm_id,storm_name,base_time,member,forecast_type,step_h,lat,lon,mslp_pa,wind_lat,wind_lon,wind_ms',
    '06L,GERT,2023-08-22T00:00:00Z,7,4,0,16.4,-57.7,100900.0,17.9,-56.6,12.4',
    '08L,FRANKLIN,2023-08-22T00:00:00Z,9,4,0,16.4,-70.7,100900.0,17.9,-56.6,12.4',
    '06L,GERT,2023-08-22T12:00:00Z,7,4,0,16.4,-57.7,100900.0,17.9,-56.6,12.4',
  ].join('\n');

  it('takes those for asked that it names from a base time with any storm, and says so', async () => {
    const file = await forecast(text);
    expect(
      file.forecasts.map(({ storm, ensemble }) => [storm, ensemble.members.map(({ member }) => member)]),
    ).toEqual([
      ['06L', [7, 9]],
      ['08L', [7, 9]],
      ['06L', [7]],
    ]);
    expect(file.notes.join()).toContain('name members where others were asked too');
  });

  it('takes the members that were asked, and says which of the file are left out', async () => {
    const file = await forecast(text, { members: [1, 2, 9] });
    expect(file.forecasts[1]!.ensemble.members.map(({ member, tracks }) => [member, tracks.length])).toEqual([
      [1, 0],
      [2, 0],
      [9, 1],
    ]);
    expect(file.notes).toEqual(['members of the file that were not asked for are left out: 7']);
  });
});
