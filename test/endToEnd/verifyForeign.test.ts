/**
 * Forecasts that plume did not make, verified from their files by plume verify: scores that can be worked out by
 * hand, results beside the files, and plain words where files, archive and flags do not fit.
 */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTable } from '../../core/store/table.js';
import { scoreRows } from '../../evaluation/scoreRow.js';
import { coordinateOf, type FixtureVariable, variableOf, writeFile } from '../evaluation/forecastFixture.js';
import { syntheticSeries } from '../syntheticArchive.js';
import { ask, askSuccess } from './ask.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const file = (name: string): string => join(directory, name);

/** The shared archive: days since 2001-01-01, 60…47.5°N, −40…−17.5°E. */
const days = 4 * 365 + 1;
const { schema, values } = syntheticSeries({ days });
const latitudes = [...schema.grid.latitudes];
const longitudes = [...schema.grid.longitudes];
const truthAt = (day: number, row: number, column: number): number =>
  values[(day * latitudes.length + row) * longitudes.length + column]!;

const firstDay = 1200;
const starts = [0, 7, 14, 21, 28].map((after) => firstDay + after);
const leads = [24, 48];

interface Forecast {
  /** What each member adds to the truth, Pa; default 100, 200, 400. */
  readonly offsets?: readonly number[];
  readonly days?: readonly number[];
  readonly unit?: string | null;
  /** Stored number of a pressure. */
  readonly stored?: (pascal: number) => number;
  readonly latitudes?: readonly number[];
  readonly longitudes?: readonly number[];
  /** Row and column of the archive's grid for those of the file, where they are points of it. */
  readonly place?: (row: number, column: number) => readonly [number, number];
  readonly missing?: (start: number, lead: number, member: number, row: number, column: number) => boolean;
  readonly variable?: string;
}

/** Forecasts that are off by what is said, in the layout of WeatherBench 2. */
async function forecastFile(name: string, forecast: Forecast = {}): Promise<string> {
  const { offsets = [100, 200, 400], unit = 'Pa', stored = (x: number) => x, variable = 'msl' } = forecast;
  const { missing = () => false, place = (row: number, column: number) => [row, column] as const } = forecast;
  const lats = forecast.latitudes ?? latitudes;
  const lons = forecast.longitudes ?? longitudes;
  const times = forecast.days ?? starts;
  const lengths = {
    time: times.length,
    prediction_timedelta: 2,
    number: offsets.length,
    latitude: lats.length,
    longitude: lons.length,
  };
  const value = (i: Readonly<Record<string, number>>): number => {
    const [t, l, m, row, column] = [i.time!, i.prediction_timedelta!, i.number!, i.latitude!, i.longitude!];
    if (missing(t, l, m, row, column)) return Number.NaN;
    return stored(truthAt(times[t]! + leads[l]! / 24, ...place(row, column)) + offsets[m]!);
  };
  return writeFile(file(name), name.endsWith('.zarr') ? 'Zarr' : 'NetCDF-4', {
    dimensions: lengths,
    variables: {
      time: coordinateOf('time', times, { units: 'days since 2001-01-01' }),
      prediction_timedelta: coordinateOf('prediction_timedelta', leads, { units: 'hours' }),
      number: coordinateOf('number', Object.keys(offsets).map(Number), {}),
      latitude: coordinateOf('latitude', lats, { units: 'degrees_north' }),
      longitude: coordinateOf('longitude', lons, { units: 'degrees_east' }),
      [variable]: variableOf(lengths, Object.keys(lengths), value, unit === null ? {} : { units: unit }),
    },
  });
}

/** A field of one time and level for the archive side. */
async function analyses(
  name: string,
  more: { unit: string; variable: string; value: number },
): Promise<string> {
  const times = Array.from({ length: 40 }, (_, i) => firstDay + i);
  const lengths = { time: times.length, latitude: latitudes.length, longitude: longitudes.length };
  return writeFile(file(name), 'NetCDF-4', {
    dimensions: lengths,
    variables: {
      time: coordinateOf('time', times, { units: 'days since 2001-01-01' }),
      latitude: coordinateOf('latitude', latitudes, { units: 'degrees_north' }),
      longitude: coordinateOf('longitude', longitudes, { units: 'degrees_east' }),
      [more.variable]: variableOf(lengths, Object.keys(lengths), () => more.value, { units: more.unit }),
    } as Record<string, FixtureVariable>,
  });
}

type Scores = (metric: string, leadHours?: number, region?: string) => number | undefined;

async function scoresIn(path: string): Promise<Scores> {
  const rows = scoreRows(await readTable(join(path, 'scores.arrow')), path);
  return (metric, leadHours = 24, region = 'all') =>
    rows.find(
      (row) =>
        row.metric === metric &&
        row.lead_hours === leadHours &&
        row.region === region &&
        row.event === null &&
        row.season === 'all' &&
        row.model === 'ensemble',
    )?.value;
}

async function verified(
  path: string,
  flags: readonly string[] = [],
): Promise<{ scores: Scores; stderr: string }> {
  const { stderr } = await askSuccess(['verify', path, '--archive', shared().archive, ...flags]);
  return { scores: await scoresIn(`${path}.verification`), stderr };
}

/** A command that must fail, saying why without a stack trace, and leave nothing behind. */
async function refused(args: readonly string[], code: number, says: RegExp): Promise<void> {
  const before = readdirSync(directory).sort();
  const finished = await ask(args);
  expect(finished.stderr).toMatch(says);
  expect(finished.stderr, 'a stack trace').not.toMatch(/\n\s+at /);
  expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code, stdout: '' });
  expect(readdirSync(directory).sort()).toEqual(before);
}

/** Fair CRPS, spread and error of members y + 100, y + 200, y + 400. */
const known = {
  // 700/3 − (100 + 200 + 300)/(3 · 2) = 233.33 − 100
  crps: 400 / 3,
  // mean error 700/3; deviations −133.3, −33.3, 166.7
  bias: 700 / 3,
  rmse: 700 / 3,
  spread: Math.sqrt((133.33333 ** 2 + 33.33333 ** 2 + 166.66667 ** 2) / 2),
};

beforeAll(async () => {
  await forecastFile('ens.nc');
});

describe('a file of forecasts', () => {
  it('is scored, and the results lie beside it', async () => {
    const { scores } = await verified(file('ens.nc'));
    for (const lead of leads) {
      expect(scores('crps', lead)).toBeCloseTo(known.crps, 1);
      expect(scores('bias', lead)).toBeCloseTo(known.bias, 1);
      expect(scores('rmse', lead)).toBeCloseTo(known.rmse, 1);
      expect(scores('spread', lead)).toBeCloseTo(known.spread, 1);
    }
    expect(readdirSync(file('ens.nc.verification'))).toContain('scores.arrow');
  });

  it('goes elsewhere with --out, in regions, against climatology of the years that --train names', async () => {
    const out = file('elsewhere');
    const flags = [
      '--train',
      '2001-01-01/2002-12-31',
      '--references',
      'climatology',
      '--regions',
      'north=60/55/-50/0',
    ];
    await askSuccess(['verify', file('ens.nc'), '--archive', shared().archive, '--out', out, ...flags]);
    const scores = await scoresIn(out);
    expect(scores('crps', 48, 'north')).toBeCloseTo(known.crps, 1);
    const skill = scores('crps_skill_score', 24, 'all');
    expect(skill).toBeGreaterThan(0);
    expect(skill).toBeLessThan(1);
  });

  it('in Zarr, by a pattern, or as a directory of files split by start gives the same scores', async () => {
    const zarr = await verified(await forecastFile('ens.zarr'));
    expect(zarr.scores('crps')).toBeCloseTo(known.crps, 1);
    for (const [i, day] of starts.entries()) await forecastFile(`part-${i}.nc`, { days: [day] });
    const pattern = file('part-?.nc');
    await askSuccess(['verify', pattern, '--archive', shared().archive, '--out', file('by-pattern')]);
    const paths = starts.map((_, i) => file(`part-${i}.nc`));
    await askSuccess(['verify', ...paths, '--archive', shared().archive, '--out', file('by-name')]);
    const [a, b, c] = await Promise.all(
      [file('ens.zarr.verification'), file('by-pattern'), file('by-name')].map(async (path) => {
        const rows = scoreRows(await readTable(join(path, 'scores.arrow')), path);
        return rows.map(({ metric, lead_hours, value }) => [metric, lead_hours, value]);
      }),
    );
    expect(b).toEqual(a);
    expect(c).toEqual(a);
  });

  it('in hectopascals is converted', async () => {
    const { scores } = await verified(
      await forecastFile('hectopascals.nc', { unit: 'hPa', stored: (x) => x / 100 }),
    );
    expect(scores('crps')).toBeCloseTo(known.crps, 0);
  });

  it('without a unit asks for --forecast-unit, and takes it', async () => {
    const path = await forecastFile('no-unit.nc', { unit: null, stored: (x) => x / 100 });
    await refused(
      ['verify', path, '--archive', shared().archive],
      65,
      /msl\) has no unit; pass --forecast-unit msl=Pa/,
    );
    const { scores } = await verified(path, ['--forecast-unit', 'msl=hPa']);
    expect(scores('crps')).toBeCloseTo(known.crps, 0);
  });

  it('stands beside a run in plume compare', async () => {
    const run = file('run');
    await askSuccess(forecastArguments(run, { starts: '2004-04-15/2004-05-13/P7D', lead: 'P2D' }));
    const { stdout } = await askSuccess([
      'compare',
      file('ens.nc'),
      run,
      '--archive',
      shared().archive,
      '--json',
    ]);
    const result = JSON.parse(stdout) as {
      rows: { run: string; metric: string; lead_hours: number; value: number }[];
      sameAnalyses: boolean;
    };
    expect(result.sameAnalyses).toBe(false);
    const own = result.rows.find(
      (row) => row.run === 'ens.nc' && row.metric === 'crps' && row.lead_hours === 48,
    );
    expect(own?.value).toBeCloseTo(known.crps, 1);
    expect(result.rows.some((row) => row.run === 'run' && row.metric === 'crps')).toBe(true);
  });
});

describe('grids that differ', () => {
  it('are told with the flag that helps; the archive then comes onto the grid of the forecasts', async () => {
    // Half-way between the archive's points.
    const path = await forecastFile('between.nc', {
      latitudes: latitudes.slice(0, -1).map((lat) => lat - 1.25),
      longitudes: longitudes.slice(0, -1).map((lon) => lon + 1.25),
    });
    await refused(
      ['verify', path, '--archive', shared().archive],
      65,
      /between\.nc" lies on a grid of 5 × 9 points.*but archive .* on one of 6 × 10 points.*pass --regrid conservative.*--regrid bilinear/s,
    );
    const mean = (day: number): number => {
      let sum = 0;
      // Equal shares of the four points around: forecasts are those of the north-western one.
      for (let row = 0; row < 5; row++) {
        const cos = Math.cos(((latitudes[row]! - 1.25) * Math.PI) / 180);
        for (let column = 0; column < 9; column++) {
          const around = [
            truthAt(day, row, column),
            truthAt(day, row, column + 1),
            truthAt(day, row + 1, column),
            truthAt(day, row + 1, column + 1),
          ];
          sum += (cos * (truthAt(day, row, column) - around.reduce((a, b) => a + b) / 4)) / 9;
        }
      }
      return sum;
    };
    const weights = latitudes
      .slice(0, 5)
      .reduce((sum, lat) => sum + Math.cos(((lat - 1.25) * Math.PI) / 180), 0);
    const bias = starts.reduce((sum, day) => sum + mean(day + 1) / weights, 0) / starts.length + known.bias;
    const { scores, stderr } = await verified(path, ['--regrid', 'bilinear']);
    expect(scores('bias')).toBeCloseTo(bias, 0);
    expect(stderr).toMatch(/regridded \(bilinear\) from 6 × 10 points.* to 5 × 9 points/);
    const conservative = await verified(path, ['--regrid', 'conservative']);
    expect(conservative.scores('bias')).toBeCloseTo(bias, -1);
  });

  it('only by the convention of longitude, or that are part of the archive’s, need no flag', async () => {
    const { scores, stderr } = await verified(
      await forecastFile('part-of-grid.nc', {
        latitudes: latitudes.slice(1, 4).reverse(),
        longitudes: longitudes.slice(2, 6).map((lon) => lon + 360),
        place: (row, column) => [3 - row, column + 2],
      }),
    );
    expect(scores('crps')).toBeCloseTo(known.crps, 1);
    expect(stderr).toMatch(/are among its own, taken unchanged/);
  });

  it('of which the archive does not cover the forecasts’ are refused', async () => {
    const path = await forecastFile('outside.nc', { latitudes: latitudes.map((lat) => lat + 20) });
    await refused(
      ['verify', path, '--archive', shared().archive, '--regrid', 'bilinear'],
      65,
      /reach beyond the 6 × 10 points/,
    );
  });
});

describe('forecasts and archive that do not fit are refused:', () => {
  it('no time in common', async () => {
    const path = await forecastFile('later.nc', { days: [1200] });
    const late = await writeFile(file('later-times.nc'), 'NetCDF-4', {
      dimensions: { time: 1, step: 1, latitude: 6, longitude: 10 },
      variables: {
        time: coordinateOf('time', [9000], { units: 'days since 2001-01-01' }),
        step: coordinateOf('step', [24], { units: 'hours' }),
        latitude: coordinateOf('latitude', latitudes, { units: 'degrees_north' }),
        longitude: coordinateOf('longitude', longitudes, { units: 'degrees_east' }),
        msl: variableOf(
          { time: 1, step: 1, latitude: 6, longitude: 10 },
          ['time', 'step', 'latitude', 'longitude'],
          () => 1e5,
          { units: 'Pa' },
        ),
      },
    });
    expect(path).not.toBe(late);
    await refused(
      ['verify', late, '--archive', shared().archive],
      65,
      /2025-08-22.*holds 2001-01-01.*2004-12-31.*no valid time is in both/s,
    );
  });

  it('units that measure different things', async () => {
    const wind = await forecastFile('wind.nc', { unit: 'm s-1' });
    await refused(
      ['verify', wind, '--archive', shared().archive],
      65,
      /msl has unit "m s-1", which cannot become "Pa"; pass --forecast-unit msl=Pa/,
    );
    const rain = await forecastFile('rain.nc', { variable: 'rain', unit: 'mm' });
    const metres = await analyses('rain-metres.nc', { variable: 'rain', unit: 'm', value: 50 });
    const flux = await analyses('rain-flux.nc', { variable: 'rain', unit: 'kg m-2 s-1', value: 50 });
    const { stderr } = await askSuccess(['verify', rain, '--archive', metres, '--out', file('rain-out')]);
    expect(stderr).toMatch(/units of forecast .* converted: rain from "mm" to "m"/);
    await refused(
      ['verify', rain, '--archive', flux],
      65,
      /has rain in "mm", archive .* in "kg m-2 s-1".*--forecast-unit rain=UNIT or --unit rain=UNIT/s,
    );
  });

  it('a variable that the archive has not', async () => {
    const path = await forecastFile('cloud.nc', { variable: 'cloud', unit: '1' });
    await refused(
      ['verify', path, '--archive', shared().archive],
      65,
      /has no variable "cloud"; it has .*msl/,
    );
  });

  it('files that are no forecasts', async () => {
    writeFileSync(file('text.nc'), 'member,lat,lon\n');
    writeFileSync(file('message.grib'), 'GRIB....');
    const { archive } = shared();
    await refused(
      ['verify', file('text.nc'), '--archive', archive],
      65,
      /text\.nc" is neither NetCDF nor Zarr/,
    );
    await refused(
      ['verify', file('message.grib'), '--archive', archive],
      65,
      /is GRIB, which is not read yet; convert it/,
    );
    await refused(
      ['verify', file('nowhere.nc'), '--archive', archive],
      65,
      /nowhere\.nc": there is no such file/,
    );
    await refused(['verify', file('none-*.nc'), '--archive', archive], 65, /no file has such a name/);
    await refused(['verify', file('nowhere'), '--archive', archive], 64, /nowhere holds no run/);
  });

  it('an empty member dimension', async () => {
    const path = await forecastFile('nobody.nc', { offsets: [] });
    await refused(
      ['verify', path, '--archive', shared().archive],
      65,
      /the member dimension "number" of "msl" is empty/,
    );
  });
});

describe('members', () => {
  it('missing in a run are named, with what finishes it', async () => {
    const run = file('unfinished');
    await askSuccess(forecastArguments(run, { batch: '1' }));
    const [first] = readdirSync(join(run, 'members')).sort();
    const manifest = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8')) as {
      chunks: Record<string, unknown>;
    };
    delete manifest.chunks[`members/${first}`];
    writeFileSync(join(run, 'manifest.json'), JSON.stringify(manifest));
    renameSync(join(run, 'members', first!), join(run, 'taken-away'));
    await refused(
      ['verify', run, '--archive', shared().archive, '--references', 'persistence'],
      65,
      /start 2004-02-01T00Z lacks members? 0.*; finish the run with the plume forecast command that began it \(--out .*\), or choose complete starts with --starts/,
    );
    await askSuccess([
      'verify',
      run,
      '--archive',
      shared().archive,
      '--references',
      'persistence',
      '--starts',
      '2004-02-08/2004-02-15/P7D',
    ]);
  });

  it('missing in a file follow the policy for missing values', async () => {
    const path = await forecastFile('gaps.nc', { missing: (t, l, m) => t === 0 && l === 0 && m === 2 });
    await refused(
      ['verify', path, '--archive', shared().archive],
      65,
      /2004-04-15T00Z, lead 24 h: .*(missing|of 3 members)/,
    );
    const { scores } = await verified(path, ['--nan-policy', 'omit']);
    // The first start has y + 100 and y + 200 alone: 150 − 100/2.
    expect(scores('crps')).toBeCloseTo((100 + 4 * known.crps) / 5, 1);
    expect(scores('crps', 48)).toBeCloseTo(known.crps, 1);
  });

  it('one alone is a point forecast: its CRPS is the mean absolute error, and it has no spread', async () => {
    const { scores, stderr } = await verified(await forecastFile('single.nc', { offsets: [-250] }));
    expect(scores('mae')).toBeCloseTo(250, 1);
    expect(scores('crps')).toBeCloseTo(250, 1);
    expect(scores('spread')).toBeUndefined();
    expect(scores('spread_skill_ratio')).toBeUndefined();
    expect(stderr).toMatch(/one member: a point forecast, whose CRPS is the mean absolute error/);
  });

  it('all alike have no spread, a ratio of 0, and an ignorance that is left out', async () => {
    const { scores, stderr } = await verified(
      await forecastFile('alike.nc', { offsets: [300, 300, 300, 300] }),
    );
    expect(scores('spread')).toBe(0);
    expect(scores('spread_skill_ratio')).toBe(0);
    expect(scores('crps')).toBeCloseTo(300, 1);
    expect(scores('rmse')).toBeCloseTo(300, 1);
    expect(scores('ignorance')).toBeUndefined();
    expect(stderr).toMatch(
      /msl: all members are alike: spread and spread–skill ratio are 0, ignorance is infinite and left out/,
    );
  });

  it('without any value are refused, or nothing is scored and that is said', async () => {
    const path = await forecastFile('void.nc', { missing: () => true });
    await refused(
      ['verify', path, '--archive', shared().archive],
      65,
      /2004-04-15T00Z, lead 24 h: .*(missing|of 3 members)/,
    );
    await refused(
      ['verify', path, '--archive', shared().archive, '--nan-policy', 'omit'],
      65,
      /void\.nc" has no value to score/,
    );
    expect(existsSync(`${path}.verification`)).toBe(false);
  });
});
