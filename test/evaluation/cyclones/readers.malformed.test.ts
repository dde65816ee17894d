import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ReadTracksOptions,
  readBestTracks,
  readForecastTracks,
  readTracks,
} from '../../../evaluation/cyclones/readers/readTracks.js';
import type { TrackFile } from '../../../evaluation/cyclones/readers/trackFile.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-malformed-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

function fileOf(text: string | Uint8Array, name = `tracks-${++files}`): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const read = (text: string, options: Partial<ReadTracksOptions> = {}): Promise<TrackFile> =>
  readTracks(fileOf(text), { strict: false, ...options });

/** Number of fixes of all storms. */
function fixes(file: TrackFile): number {
  const tracks =
    file.kind === 'best'
      ? file.tracks
      : file.forecasts.flatMap(({ ensemble }) => ensemble.members.flatMap((member) => member.tracks));
  return tracks.reduce((sum, track) => sum + track.fixes.length, 0);
}

/** Two good rows of each format, what stands above them, and malformed ones with what is said of them. */
const formats = [
  {
    format: 'hurdat2',
    head: 'AL092021,                IDA,      2,\n',
    good: [
      '20210826, 1200,  , TD, 16.5N,  78.9W,  30, 1006,    0,    0,\n',
      '20210826, 1800,  , TS, 17.4N,  79.5W,  35, 1006,   60,    0,\n',
    ],
    bad: {
      '20210827, 0000,  , TS, 18.3X,  80.2W,  40, 1004,\n':
        'latitude "18.3X" is no number followed by N or S',
      '20210827, 0000,  , TS, 18.3N,  80.2N,  40, 1004,\n':
        'longitude "80.2N" is no number followed by E or W',
      '20210827, 0000,  , TS, 98.3N,  80.2W,  40, 1004,\n': 'latitude 98.3 is not within ±90',
      '20210827, 0000,  , TS, 18.3N,  80.2W,  forty, 1004,\n': 'wind "forty" is no number',
      '20210827, 0000,  , TS, 18.3N,  80.2W,  40, 10040,\n': 'pressure 10040 hPa is not within 800–1100 hPa',
      '20210832, 0000,  , TS, 18.3N,  80.2W,  40, 1004,\n': /names a day that does not exist/,
      '2021827, 0000,  , TS, 18.3N,  80.2W,  40, 1004,\n': /is not written YYYYMMDD HHMM/,
      '20210827, 0000,  , TS\n': 'the line has 4 cells, a fix at least 8',
      '20210826, 1800,  , TS, 17.5N,  79.5W,  35, 1006,\n': 'AL092021 has a fix at 2021-08-26T18Z already',
    },
  },
  {
    format: 'hurdat2-csv',
    head: 'id,name,datetime,sys_status,wind_max_sus,min_pres,lat,lon\n',
    good: [
      'AL012018,ALBERTO,2018-05-25T12:00:00Z,SD,30,1006,18.8,-87.1\n',
      'AL012018,ALBERTO,2018-05-25T18:00:00Z,SD,30,1006,18.7,-86.5\n',
    ],
    bad: {
      ',ALBERTO,2018-05-26T00:00:00Z,SD,30,1006,18.9,-85.9\n': 'the row names no storm',
      'AL012018,ALBERTO,2018-05-26T25:00:00Z,SD,30,1006,18.9,-85.9\n': /hour, minute or second out of range/,
      'AL012018,ALBERTO,yesterday,SD,30,1006,18.9,-85.9\n': /time "yesterday" is not understood/,
      'AL012018,ALBERTO,2018-05-26T00:00:00Z,SD,30,1006,18.9\n':
        'the line has 7 cells and ends before "lon"; the first line names 8',
      'AL012018,ALBERTO,2018-05-26T00:00:00Z,SD,300,1006,18.9,-85.9\n':
        'wind 300 knot is not within 0–150 m s-1',
    },
  },
  {
    format: 'ibtracs',
    head: 'SID,NAME,ISO_TIME,LAT,LON,USA_WIND,USA_PRES\n ,,,degrees_north,degrees_east,kts,mb\n',
    good: [
      '2015321N04164,IN-FA,2015-11-16 18:00:00,4.0,163.9, ,1002\n',
      '2015321N04164,IN-FA,2015-11-17 00:00:00,4.1,162.5,35,1002\n',
    ],
    bad: {
      '2015321N04164,IN-FA,2015-11-17 06:00:00,north,161.3,35,1002\n': 'latitude "north" is no number',
      '2015321N04164,IN-FA,2015-11-17 06:00:00,4.4,461.3,35,1002\n': 'longitude 461.3 is not within ±360',
      ',IN-FA,2015-11-17 06:00:00,4.4,161.3,35,1002\n': 'the row names no storm',
      '2015321N04164,IN-FA,,4.4,161.3,35,1002\n': /time "" is not understood/,
    },
  },
  {
    format: 'atcf',
    head: '',
    good: [
      'AL, 09, 2021082612,   , BEST,   0, 165N,  789W,  30, 1006, TD,   0,    ,    0,    0,    0,    0,\n',
      'AL, 09, 2021082618,   , BEST,   0, 174N,  795W,  35, 1006, TS,  34, NEQ,   60,    0,    0,    0,\n',
    ],
    bad: {
      'AL, 09, 2021082700,   , BEST\n': 'the line has 5 cells, a fix at least 8',
      'AL, 09, 2021082700,   , BEST,   0, 183N,  802,  40, 1004, TS\n':
        'longitude "802" is no number followed by E or W',
      'Atlantic, 09, 2021082700,   , BEST,   0, 183N,  802W,  40, 1004, TS\n':
        '"Atlantic, 09" is no basin and number, as in "AL, 09"',
      'AL, 09, 20210827,   , BEST,   0, 183N,  802W,  40, 1004, TS\n': /is not written YYYYMMDD HHMM/,
      'AL, 09, 2021082700,   , BEST,  soon, 183N,  802W,  40, 1004, TS\n':
        'forecast hour "soon" is no number',
      'AL, 09, 2021082618,   , BEST,   0, 175N,  795W,  35, 1006, TS,  50, NEQ,\n':
        'another position, wind or pressure than line 2, of the same time',
    },
  },
  {
    format: 'cytrack',
    head: 'CyAL00012018, 2,\n',
    good: [
      '20180901, 00,      14.0,    -24.75,    1003.69,     52.67,   690.987,   1011.76,   550.813,   ADWC,\n',
      '20180901, 06,      14.5,     -26.5,    1000.93,     55.17,   777.623,   1010.04,   641.420,   ALCC,\n',
    ],
    bad: {
      '20180901, 12,      14.5,     -26.5,    nan,     55.17,   777.623,\n': 'pressure "nan" is no number',
      '20180901, 12,      14.5\n': 'the line has 3 cells, a fix at least 6',
      '20180901, 26,      14.5,     -26.5,    1000.93,     55.17,\n': /hour, minute or second out of range/,
    },
  },
  {
    format: 'tempest',
    head: 'start\t2\t1999\t9\t10\t0\n',
    good: [
      '\t605\t36\t302.500000\t18.000000\t1.003906e+05\t1.918985e+01\t1999\t9\t10\t0\n',
      '\t604\t37\t302.000000\t18.500000\t1.002089e+05\t2.398492e+01\t1999\t9\t10\t6\n',
    ],
    bad: {
      '\t602\t39\t301.000000\t1.002611e+05\t1999\t9\t10\t12\n':
        /the line has 8 cells; with the columns lon, lat, slp, wind it has 10/,
      '\t602\t39\t301.000000\t19.500000\t1.002611e+03\t2.2\t1999\t9\t10\t12\n':
        'pressure 1002.611 Pa is not within 800–1100 hPa',
      '\t602\t39\t301.000000\t19.500000\t1.002611e+05\t2.2\t1999\t13\t10\t12\n':
        /names a day that does not exist/,
    },
  },
  {
    format: 'ecmwf-csv',
    head: 'storm_id,storm_name,base_time,member,forecast_type,step_h,lat,lon,mslp_pa,wind_lat,wind_lon,wind_ms\n',
    good: [
      '06L,GERT,2023-08-22T00:00:00Z,1,4,0,16.4,-57.7,100900.0,17.9,-56.6,12.4\n',
      '06L,GERT,2023-08-22T00:00:00Z,1,4,6,16.8,-58.3,,,,\n',
    ],
    bad: {
      '06L,GERT,2023-08-22T00:00:00Z,one,4,12,16.4,-57.7,100900.0,17.9,-56.6,12.4\n':
        'member "one" is no number',
      '06L,GERT,2023-08-22T00:00:00Z,1.5,4,12,16.4,-57.7,100900.0,17.9,-56.6,12.4\n':
        'member 1.5 is no whole number',
      '06L,GERT,2023-08-22T00:00:00Z,1,4,12,,-57.7,100900.0,17.9,-56.6,12.4\n': 'latitude "" is no number',
      '06L,GERT,2023-08-22T00:00:00Z,1,4,6,16.4,-57.7,100900.0,17.9,-56.6,12.4\n':
        'member 1 has a fix of 06L at 2023-08-22T06Z already',
    },
  },
] as const;

describe('Malformed rows', () => {
  const cases = formats.flatMap(({ format, head, good, bad }) =>
    Object.entries(bad).map(([row, why]) => ({ format, head, good, row, why: why as string | RegExp })),
  );

  it.each(cases)(
    '$format: $row is skipped and counted with its line',
    async ({ format, head, good, row, why }) => {
      const file = await read(head + good.join('') + row);
      expect([file.format, fixes(file)]).toEqual([format, 2]);
      const line = (head + good.join('')).split('\n').length;
      const [skipped] = file.skipped.filter(({ at }) => at === `line ${line}`);
      expect(skipped!.why).toMatch(typeof why === 'string' ? why.slice(0, 60) : why);
    },
  );

  it.each(cases)(
    '$format: $row is an error that names file and line where nothing may be skipped',
    async (one) => {
      const path = fileOf(one.head + one.good[0] + one.row + one.good[1]);
      const line = (one.head + one.good[0]).split('\n').length;
      await expect(readTracks(path, { strict: true })).rejects.toMatchObject({
        tag: 'data',
        message: expect.stringMatching(new RegExp(`^track file "${path}", line (${line}|${line + 1}|1): `)),
      });
    },
  );

  it.each(formats)('$format: nothing is skipped of good rows', async ({ head, good, format }) => {
    const file = await read(head + good.join(''), { strict: true });
    expect([file.format, fixes(file), file.skipped]).toEqual([format, 2, []]);
  });

  it('a storm that has fewer fixes than its header promises is told of', async () => {
    const { head, good } = formats[0];
    const file = await read(head + good[0]);
    expect(file.skipped).toEqual([
      { at: 'line 1', why: 'AL092021 should have 2 fixes by its header; lines below it: 1' },
    ]);
  });

  it('fixes under a broken header are not given to the storm above it', async () => {
    const { head, good } = formats[0];
    const file = await read(`${head}${good.join('')}AL1O2021,  JULIAN,  1,\n${good[0]}`);
    expect([file.kind === 'best' && file.tracks.map(({ id }) => id), fixes(file)]).toEqual([['AL092021'], 2]);
    expect(file.skipped.map(({ at, why }) => `${at}: ${why}`)).toEqual([
      'line 4: "AL1O2021, JULIAN, 1, " is neither a fix nor the header of a storm ("AL092021, IDA, 40,")',
      'line 5: a fix without a header of its storm above it',
    ]);
  });
});

describe('A file that is no track file', () => {
  it('of another kind, empty or missing is a plain error', async () => {
    const other = fileOf('dear reader,\nthis is a letter\n');
    await expect(readTracks(other, { strict: false })).rejects.toThrow(
      /is of no format that is known \(it begins with "dear reader,"\); known are\n {2}plume: tracks\.arrow/,
    );
    await expect(readTracks(fileOf(''), { strict: false })).rejects.toThrow(/is empty \(0 bytes\)/);
    await expect(readTracks(join(directory, 'none'), { strict: false })).rejects.toMatchObject({
      tag: 'data',
      message: expect.stringContaining('no such file'),
    });
    await expect(readTracks(fileOf(new Uint8Array([0x1f, 0x8b, 1, 2])), { strict: false })).rejects.toThrow(
      /not readable gzip/,
    );
    await expect(readTracks(other, { strict: false, format: 'hurdat3' })).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringContaining('track format "hurdat3" is not known'),
    });
  });

  it.each(formats)(
    '$format without a storm says so, with the first reason',
    async ({ format, head, bad }) => {
      await expect(read(`${head}\n`, { format })).rejects.toThrow(/holds no storm \(read as /);
      const [row] = Object.keys(bad);
      await expect(read(head + row, { format })).rejects.toThrow(
        /holds no storm .*rows? (was|were) malformed, the first line \d/,
      );
    },
  );

  it('best tracks where forecasts are wanted, and the reverse, are refused', async () => {
    const best = fileOf(formats[0].head + formats[0].good.join(''));
    const forecast = fileOf(formats[6].head + formats[6].good.join(''));
    await expect(readForecastTracks(best, { strict: true })).rejects.toThrow(/holds best tracks \(hurdat2\)/);
    await expect(readBestTracks(forecast, { strict: true })).rejects.toThrow(/holds forecasts \(ecmwf-csv\)/);
  });
});
