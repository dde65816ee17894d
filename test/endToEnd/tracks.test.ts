/** plume tracks as its users meet it: lows whose ways are known, real files of tracks, and plain words for what does not fit. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { JSDOM } from 'jsdom';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { distanceKm } from '../../core/sphere/distance.js';
import { readTracksTable } from '../../evaluation/cyclones/tracksTable.js';
import { vortexFields } from '../evaluation/cyclones/vortices.js';
import { coordinateOf, variableOf, writeFile } from '../evaluation/forecastFixture.js';
import { goldenCases, whyGoldenIsSkipped } from '../evaluation/golden.js';
import { plume, succeed } from './plume.js';
import { forecastArguments, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const at = (name: string): string => join(directory, name);
const data = resolve('..', 'shared', 'data');
const why = existsSync(data) ? '' : ` (skipped: no ${data})`;
const file = (...parts: string[]): string => join(data, ...parts);

/** A low in each member but the last, moving east by a degree and north by half of one every six hours. */
const latitudes = Array.from({ length: 31 }, (_, i) => 65 - i);
const longitudes = Array.from({ length: 61 }, (_, j) => 150 + j);
const leads = [6, 12, 18, 24, 30, 36];
const members = [0, 1, 2, 3];
const wayOf = (member: number, lead: number): { latitude: number; longitude: number } => ({
  latitude: 45 + member + lead / 12,
  longitude: 172 + lead / 6,
});
const forecast = at('lows.nc');

beforeAll(async () => {
  const grid = makeGrid(latitudes, longitudes);
  const lengths = {
    time: 1,
    prediction_timedelta: leads.length,
    number: members.length,
    latitude: latitudes.length,
    longitude: longitudes.length,
  };
  const fields = leads.map((lead) =>
    members.map((member) => vortexFields(grid, member === 3 ? [] : [wayOf(member, lead)])('msl')!),
  );
  await writeFile(forecast, 'NetCDF-4', {
    dimensions: lengths,
    variables: {
      time: coordinateOf('time', [0], { units: 'days since 2001-01-01' }),
      prediction_timedelta: coordinateOf('prediction_timedelta', leads, { units: 'hours' }),
      number: coordinateOf('number', members, {}),
      latitude: coordinateOf('latitude', latitudes, { units: 'degrees_north' }),
      longitude: coordinateOf('longitude', longitudes, { units: 'degrees_east' }),
      // In hPa: a tracker reads Pa.
      msl: variableOf(
        lengths,
        Object.keys(lengths),
        (i) =>
          fields[i.prediction_timedelta!]![i.number!]![i.latitude! * longitudes.length + i.longitude!]! / 100,
        { units: 'hPa' },
      ),
    },
  });
});

/** A command that must fail, saying why without a stack trace. */
async function refused(args: readonly string[], code: number, says: RegExp): Promise<void> {
  const finished = await plume(['tracks', ...args]);
  expect(finished.stderr).toMatch(says);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
  expect(finished.code).toBe(code);
}

describe('plume tracks of a forecast', () => {
  const follow = ['--tracker', 'lows', '--out'];

  it('finds every member’s low on its way across the date line, and counts the member without one', async () => {
    const place = wayOf(1, 24);
    const strike = `${place.latitude},${place.longitude},60`;
    const drawn = ['--figures', at('figures'), '--maps', at('maps.arrow')];
    const args = [forecast, ...follow, at('out'), '--strike', strike, ...drawn];
    const { stdout } = await succeed(['tracks', ...args, '--json', '--quiet']);
    const result = JSON.parse(stdout);
    expect(result.forecasts).toHaveLength(1);
    const [found] = result.forecasts;
    expect(found).toMatchObject({ members: 4, tracks: 3, untilHours: 36 });
    expect(found.storms).toHaveLength(1);
    expect(found.storms[0]).toMatchObject({ members: [0, 1, 2], asked: 4 });
    for (const lead of found.storms[0].leads) {
      const middle = wayOf(1, lead.leadHours);
      expect(distanceKm(lead.latitude, lead.longitude, middle.latitude, middle.longitude)).toBeLessThan(15);
      expect(lead).toMatchObject({ members: 3, asked: 4 });
    }
    // Ways are a degree of latitude apart: one of them lies within 60 km of the place.
    expect(result.strikes[0]).toMatchObject({ members: 1, asked: 4, probability: 0.25 });
    const { ensembles, storms } = await readTracksTable(join(at('out'), 'tracks.arrow'));
    expect(ensembles[0]!.members.map(({ tracks }) => tracks.length)).toEqual([1, 1, 1, 0]);
    expect(storms).toHaveLength(1);
    for (const { member, tracks } of ensembles[0]!.members.slice(0, 3)) {
      expect(tracks[0]!.fixes).toHaveLength(leads.length);
      for (const fix of tracks[0]!.fixes) {
        const way = wayOf(member, (fix.time - ensembles[0]!.start) / 3_600_000);
        expect(distanceKm(fix.latitude, fix.longitude, way.latitude, way.longitude)).toBeLessThan(15);
      }
    }
    // On the forecast's grid; winds are not known, so there is no activity, and lows of the first lead are not born in it.
    const maps = tableFromIPC(readFileSync(at('maps.arrow')));
    expect(JSON.parse(maps.schema.metadata.get('latitudes')!)).toEqual(latitudes);
    expect(JSON.parse(maps.schema.metadata.get('longitudes')!)).toEqual(longitudes);
    expect(result.maps.maps).toBe(3);
    const fields = Array.from(
      maps,
      (row) => [row.product, Array.from(row.values as Iterable<number>)] as const,
    );
    expect(fields.map(([product]) => product)).toEqual(['strike', 'density', 'genesis']);
    const [strikes, density, genesis] = fields.map(([, values]) => values);
    // Within 120 km of the way of the middle member are those of all three, a degree to either side.
    const middle = (65 - 48) * longitudes.length + (176 - 150);
    expect([strikes![middle], density![middle]]).toEqual([0.75, 0.75]);
    expect(Math.max(...genesis!)).toBe(0);
    expect(readdirSync(at('figures')).sort()).toEqual([
      '20010101T00Z.activity.svg',
      '20010101T00Z.storm-1.svg',
      '20010101T00Z.tracks.svg',
    ]);
    for (const name of readdirSync(at('figures'))) {
      const svg = readFileSync(join(at('figures'), name), 'utf8');
      expect(svg).not.toMatch(/NaN|undefined|var\(/);
      const { document } = new JSDOM(svg, { contentType: 'image/svg+xml' }).window;
      expect(document.querySelectorAll('svg.map').length).toBe(name.includes('tracks') ? 1 : 3);
    }
  });

  it('scores from the first lead that the forecast has: before it no member could have the storm', async () => {
    const fixes = [0, ...leads].map((lead) => {
      const { latitude, longitude } = wayOf(1, lead);
      const west = `${Math.round(10 * (360 - longitude))}W`;
      const east = `${Math.round(10 * longitude)}E`;
      const day = 1 + Math.floor(lead / 24);
      const time = `200101${String(day).padStart(2, '0')}${String(lead % 24).padStart(2, '0')}`;
      const place = `${Math.round(10 * latitude)}N, ${longitude > 180 ? west : east}`;
      return `WP, 01, ${time},   , BEST,   0, ${place},  30,  980, TS\n`;
    });
    writeFileSync(at('best.dat'), fixes.join(''));
    const args = [forecast, ...follow, at('scored'), '--best', at('best.dat'), '--json', '--quiet'];
    const { verification } = JSON.parse((await succeed(['tracks', ...args])).stdout);
    expect(verification.counts).toEqual(
      leads.map((leadHours) => ({ leadHours, hits: 3, misses: 1, falseAlarms: 0 })),
    );
    expect(Math.min(...verification.scores.map((row: { lead_hours: number }) => row.lead_hours))).toBe(6);
  });

  it('reads its own tracks.arrow as a file of tracks', async () => {
    const { stdout } = await succeed(['tracks', join(at('out'), 'tracks.arrow')]);
    expect(stdout).toMatch(/4 members: 3 tracks in 1 storm\n/);
    expect(stdout).toMatch(/1 +3\/4/);
  });

  it('says which field or threshold is not there, which setting is none, and where distances do not fit the grid', async () => {
    const run = at('run');
    await succeed(forecastArguments(run));
    await refused(
      [forecast, '--tracker', 'storms'],
      64,
      /no tracker "storms"; choose one of ecmwf, tempest, vitart, lows/,
    );
    await refused(
      [forecast, ...follow, at('x'), '--set', 'depth'],
      64,
      /"depth" is no setting.*NAME=NUMBER[\s\S]*minimumHours/,
    );
    await refused([forecast, ...follow, at('x'), '--set', 'deep=3'], 64, /no threshold "deep"; it has depth/);
    await refused(
      [forecast, '--out', at('x'), '--set', 'nearKm=50'],
      64,
      /nearKm reaches 50 km, less than a grid length/,
    );
    await refused([forecast, ...follow, at('x'), '--strike', '95,0'], 64, /"95,0" is no place/);
    await refused([run, '--start', '1999-01-01', '--tracker', 'lows'], 64, /1999-01-01/);
    await refused([at('nothing')], 64, /nothing/);
    expect(existsSync(at('x'))).toBe(false);
  });
});

describe('the help of plume tracks', () => {
  it('says what options mean here', async () => {
    const help = (await succeed(['tracks', '--help'])).stdout.replaceAll(/\s+/g, ' ');
    expect(help).toMatch(
      /--start <time> start dates whose cyclones are followed or read: .*? \(default: all\)/,
    );
    expect(help).toMatch(/--mask <file> land-sea mask .*? \(default: none/);
    const other = (await succeed(['report', '--help'])).stdout.replaceAll(/\s+/g, ' ');
    expect(other).toMatch(/--start <time> start date that maps show \(default: the first\)/);
  });
});

describe('bad files of tracks', () => {
  const row = (time: string, latitude: string): string =>
    `AL, 09, ${time},   , BEST,   0, ${latitude},  789W,  30, 1006, TD\n`;

  it('counts malformed rows and reads the rest, or stops at the first with --strict, naming its line', async () => {
    writeFileSync(
      at('b.dat'),
      row('2021082612', ' 165N') + row('2021082618', ' 9x5N') + row('2021082700', ' 180N'),
    );
    const { stdout, stderr } = await succeed(['tracks', at('b.dat')]);
    expect(stderr).toMatch(/1 malformed row left out \(--strict stops at the first\)\n +line 2: /);
    expect(stdout).toMatch(/ 2 +16\.5°N 78\.9°W to 18\.0°N 78\.9°W/);
    const { notes } = JSON.parse((await succeed(['tracks', at('b.dat'), '--json', '--quiet'])).stdout);
    expect(notes.join('\n')).toMatch(/1 malformed row left out.*\n +line 2: /);
    await refused([at('b.dat'), '--strict'], 65, /b\.dat", line 2: /);
  });

  it('ends with 65 for a file without a storm, with 64 where best tracks are asked what forecasts know', async () => {
    writeFileSync(at('none.csv'), 'storm_id,storm_name,base_time,member,step_h,lat,lon\n');
    await refused([at('none.csv')], 65, /holds no storm/);
    writeFileSync(at('text.txt'), 'no tracks at all\n');
    await refused([at('text.txt')], 65, /of no format that is known/);
    await refused([at('b.dat'), '--strike', '16,-79'], 64, /--strike asks a forecast/);
    await refused([at('b.dat'), '--maps', at('z.arrow')], 64, /--maps asks a forecast/);
    await refused([forecast, '--map-spacing', '0'], 64, /--map-spacing .*0.01 to 30/);
    await refused([at('b.dat'), '--set', 'depth=3'], 64, /--set is for cyclones that are followed in fields/);
    await refused([at('b.dat'), '--tracker', 'lows'], 64, /--tracker is for cyclones that are followed/);
    await refused([at('b.dat'), '--start', '2021-08-26'], 64, /--start asks a forecast/);
    await refused([at('lost.dat')], 64, /lost\.dat: there is no such file/);
    await refused(
      [forecast, '--track-format', 'ibtracs-netcdf'],
      65,
      /no variable "sid", so it is not IBTrACS/,
    );
    await refused([at('b.dat'), forecast], 64, /is a file of tracks and .*lows\.nc is not/);
    await refused(
      [forecast, '--tracker', 'lows', '--out', at('y'), '--best', at('b.dat')],
      65,
      /none of the 1 best tracks/,
    );
  });
});

describe.skipIf(why !== '')(`real files of tracks${why}`, () => {
  const infa = file('ecmwf-tc-tracks', 'infa-20151118T00.csv');
  const infaBest = file('besttrack', 'ibtracs-wp-infa-2015.csv');

  it.skipIf(whyGoldenIsSkipped !== '')(`scores In-Fa as the goldens do${whyGoldenIsSkipped}`, async () => {
    const [golden] = goldenCases('real_tc_tracks');
    const { stdout } = await succeed(['tracks', infa, '--best', infaBest, '--json', '--quiet']);
    const { verification } = JSON.parse(stdout);
    // On 1° around all tracks; no other storm than In-Fa is in the best tracks, so that of any cyclone less came true.
    const { anyCyclone, bestTrackStorms } = verification.strikes;
    expect(bestTrackStorms.skill).toBeGreaterThan(0.3);
    expect(anyCyclone.skill).toBeLessThan(bestTrackStorms.skill);
    expect(anyCyclone.share).toBeCloseTo(bestTrackStorms.share, 12);
    let compared = 0;
    for (const [step, expected] of Object.entries(golden!.expected)) {
      const lead = Number(/^step_(\d+)$/.exec(step)?.[1]);
      if (Number.isNaN(lead)) continue;
      const score = verification.scores.find(
        (each: { lead_hours: number; metric: string }) =>
          each.lead_hours === lead && each.metric === 'member_distance_km',
      );
      const count = verification.counts.find((each: { leadHours: number }) => each.leadHours === lead);
      // Theirs are members with a fix at that hour; ours are between fixes too, where a member lacks one on its way.
      const alive = Number(expected.members_alive);
      expect(count.hits).toBeGreaterThanOrEqual(alive);
      if (count.hits > alive) continue;
      // Their sphere has 6371 km, ours 6371.229.
      const value = Number(expected.mean_member_error_km!.value) * (6371.229 / 6371);
      expect(score.value).toBeCloseTo(value, 6);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(3);
  });

  it('reads BUFR and its CSV alike, once it is told of the members that the CSV leaves out', async () => {
    const [csv, bufr] = await Promise.all(
      ['csv', 'bufr'].map(async (ending) => {
        const path = file('ecmwf-tc-tracks', `gert-emily-20230822T00.${ending}`);
        const { stdout } = await succeed(['tracks', path, '--asked', '1-50', '--json', '--quiet']);
        return JSON.parse(stdout).forecasts[0].storms[0];
      }),
    );
    expect(bufr).toMatchObject({ id: '06L', name: 'GERT', asked: 50 });
    expect(bufr.members).toHaveLength(29);
    expect(csv).toEqual(bufr);
    const both = ['csv', 'bufr'].map((ending) => file('ecmwf-tc-tracks', `gert-emily-20230822T00.${ending}`));
    await refused(both, 64, /both hold storm 06L of member \d+ from 2023-08-22T00Z: give each forecast once/);
  });

  it('sets storms found in analyses beside best tracks, and says where none is of that time', async () => {
    const best = ['--best', file('besttrack', 'hurdat2-al-2018-2021-gert-emily.csv')];
    const { stdout } = await succeed(['tracks', file('besttrack', 'cytrack-era5-al-201809.dat'), ...best]);
    expect(stdout).toMatch(/found 6 of 8, missed 2, false alarms 1/);
    expect(stdout).toMatch(/CyAL00012018 +AL062018 FLORENCE +2018-09-01T00Z +360 of 420 +29 +68 +\+19 +−18/);
    expect(stdout).toMatch(/missed: AL112018 ELEVEN, AL132018 LESLIE/);
    await refused(
      [file('besttrack', 'tempestextremes-sample.txt'), ...best],
      65,
      /no storm in common in time: none of the 39 best tracks .*1999-09-10T00Z to 1999-10-09T06Z/,
    );
  });

  it('shows the storms of every kind of best tracks', async () => {
    const paths = [
      'hurdat2-al-2021.txt',
      'ibtracs-ike-2008.nc',
      'cytrack-era5-al-201809.dat',
      'atcf/ida2021-bdeck.dat',
    ];
    const shown = await Promise.all(
      paths.map(async (name) => (await succeed(['tracks', file('besttrack', name)])).stdout),
    );
    expect(shown[0]).toMatch(/AL092021 +IDA +2021-08-26T12Z +222 h +40 +16\.5°N 78\.9°W/);
    expect(shown[1]).toMatch(/IKE/);
    expect(shown[3]).toMatch(/IDA/);
  });
});
