import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { distanceKm } from '../../../core/sphere/distance.js';
import { parseTime } from '../../../core/time.js';
import { bufrMessages } from '../../../evaluation/cyclones/readers/bufr/message.js';
import { ecmwfSubsets } from '../../../evaluation/cyclones/readers/ecmwfBufr.js';
import { readBestTracks, readForecastTracks } from '../../../evaluation/cyclones/readers/readTracks.js';
import { SkippedRows } from '../../../evaluation/cyclones/readers/skippedRows.js';
import {
  type ForecastTracks,
  perturbedOnly,
  type StormForecast,
  stormOf,
} from '../../../evaluation/cyclones/readers/trackFile.js';

const data = resolve('..', 'shared', 'data');
const tracks = join(data, 'ecmwf-tc-tracks');
const names = ['gert-emily-20230822T00', 'infa-20151118T00'];
const directory = mkdtempSync(join(tmpdir(), 'plume-forecasts-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function forecastOf({ forecasts }: ForecastTracks, storm: string): StormForecast {
  const found = forecasts.find((forecast) => forecast.storm === storm);
  if (found === undefined) throw new Error(`no ${storm}`);
  return found;
}

function having({ ensemble }: StormForecast): number {
  return ensemble.members.filter(({ tracks: own }) => own.length > 0).length;
}

describe.skipIf(!existsSync(tracks))(
  'ECMWF’s ensemble tracks (skipped where ../shared/data is absent)',
  () => {
    it.each(names)('%s: each value of the BUFR is the one that ecCodes wrote beside it', (name) => {
      const skipped = new SkippedRows(name, true);
      const rows = [...ecmwfSubsets(readFileSync(join(tracks, `${name}.bufr`)), skipped)].flatMap(
        (one) => one.rows,
      );
      const number = (value: number | null): string =>
        value === null || Number.isNaN(value) ? '' : String(value);
      /** Numbers as Python writes floats: 16.0. */
      const float = (value: number): string => (Number.isInteger(value) ? `${value}.0` : number(value));
      const written = rows.map((row) =>
        [
          ...[row.storm, row.name, new Date(row.start).toISOString().replace('.000', ''), row.member],
          ...[number(row.forecastType), row.stepHours],
          ...[row.latitude, row.longitude, row.pressure, row.windLatitude, row.windLongitude, row.wind].map(
            float,
          ),
        ].join(','),
      );
      const [, ...expected] = readFileSync(join(tracks, `${name}.csv`), 'utf8')
        .trim()
        .split('\n');
      expect(expected.length).toBeGreaterThan(300);
      expect(written.sort()).toEqual(expected.map((line) => line.trim()).sort());
    });

    it.each(names)(
      '%s: BUFR and CSV are the same forecasts, but for storms that every member lost',
      async (name) => {
        const bufr = await readForecastTracks(join(tracks, `${name}.bufr`), { strict: true });
        const csv = await readForecastTracks(join(tracks, `${name}.csv`), { strict: true });
        expect([bufr.format, csv.format]).toEqual(['ecmwf-bufr', 'ecmwf-csv']);
        const members = Array.from({ length: 52 }, (_, i) => i + 1);
        for (const forecast of csv.forecasts) {
          const twin = forecastOf(bufr, forecast.storm!);
          expect(twin.ensemble.members.map(({ member }) => member)).toEqual(members);
          for (const { member, tracks: own } of forecast.ensemble.members) {
            expect(own).toEqual(twin.ensemble.members.find((one) => one.member === member)!.tracks);
          }
          expect(having(forecast)).toBe(having(twin));
        }
        // Asked for by name, the table knows who lost the storm as well.
        const asked = await readForecastTracks(join(tracks, `${name}.csv`), { strict: true, members });
        for (const forecast of asked.forecasts) {
          expect(forecast.ensemble).toEqual(forecastOf(bufr, forecast.storm!).ensemble);
        }
      },
    );

    it('a storm that all members lost is there with 52 members and no track', async () => {
      const file = await readForecastTracks(join(tracks, 'gert-emily-20230822T00.bufr'), { strict: true });
      expect(file.forecasts.map(({ storm, name }) => [storm, name])).toEqual([
        ['06L', 'GERT'],
        ['07L', 'EMILY'],
      ]);
      expect([having(file.forecasts[1]!), stormOf(file.forecasts[1]!)]).toEqual([
        0,
        { id: '07L', name: 'EMILY', start: parseTime('2023-08-22'), members: 52, tracks: [] },
      ]);
    });

    it('a genesis system that 37 subsets tell of was asked of all 52 members', async () => {
      const file = await readForecastTracks(join(tracks, 'infa-20151118T00.bufr'), { strict: true });
      const genesis = forecastOf(file, '71W');
      expect(genesis.ensemble.members.length).toBe(52);
      expect(having(genesis)).toBeLessThanOrEqual(37);
    });

    it('control and high resolution are told apart from the ensemble', async () => {
      const file = await readForecastTracks(join(tracks, 'infa-20151118T00.csv'), { strict: true });
      const infa = forecastOf(file, '27W');
      expect([infa.labels.get(51), infa.labels.get(52), infa.labels.get(1)]).toEqual([
        'control',
        'high resolution',
        undefined,
      ]);
      const storm = stormOf(perturbedOnly(infa));
      expect([storm.members, storm.tracks.map(({ member }) => member)]).toEqual([
        50,
        Array.from({ length: 50 }, (_, i) => i + 1),
      ]);
    });

    it('In-Fa after a day lies where IBTrACS has it, as near as the golden says', async () => {
      const scores = JSON.parse(readFileSync(resolve('..', 'shared', 'golden', 'scores.json'), 'utf8')) as {
        cases: {
          id: string;
          expected: Record<string, { members_alive: number; mean_member_error_km: { value: number } }>;
        }[];
      };
      const golden = scores.cases.find(({ id }) => id === 'real/tc-tracks')!.expected;
      const best = await readBestTracks(join(data, 'besttrack', 'ibtracs-wp-infa-2015.csv'), {
        strict: true,
      });
      const file = await readForecastTracks(join(tracks, 'infa-20151118T00.bufr'), { strict: true });
      const { start, tracks: members } = stormOf(perturbedOnly(forecastOf(file, '27W')));
      for (const hours of [0, 24, 48, 72, 96]) {
        const time = start + hours * 3_600_000;
        const truth = best.tracks[0]!.fixes.find((fix) => fix.time === time)!;
        const errors = members.flatMap(({ track }) =>
          track.fixes
            .filter((fix) => fix.time === time)
            .map((fix) => distanceKm(fix.latitude, fix.longitude, truth.latitude, truth.longitude)),
        );
        const expected = golden[`step_${hours}`]!;
        expect(errors.length).toBe(expected.members_alive);
        const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
        // The golden's sphere has 6371.0 km.
        expect((mean * 6371.0) / 6371.229).toBeCloseTo(expected.mean_member_error_km.value, 8);
      }
    });

    it('messages behind headings of the transmission are found, broken ones are skipped and named', async () => {
      const bytes = readFileSync(join(tracks, 'infa-20151118T00.bufr'));
      const second = [...bufrMessages(bytes)].length;
      expect(second).toBe(3);
      const path = join(directory, 'broken.bufr');
      const [heading, junk] = [Buffer.from('JSXX01 ECMF 180000\r\r\n'), Buffer.from('\r\r\n')];
      const cut = bytes.subarray(0, 10_000);
      writeFileSync(path, Buffer.concat([heading, cut, junk, bytes.subarray(16_773)]));
      const file = await readForecastTracks(path, { strict: false });
      expect(file.forecasts.map(({ storm }) => storm)).toEqual(['70E', '71W']);
      expect(file.skipped).toEqual([
        { at: 'message 1 (byte 21)', why: expect.stringContaining('do not end with 7777') },
      ]);
      await expect(readForecastTracks(path, { strict: true })).rejects.toThrow(
        /broken\.bufr", message 1 \(byte 21\): its 16773 bytes do not end with 7777; fetch it again/,
      );
      const short = join(directory, 'short.bufr');
      writeFileSync(short, cut);
      await expect(readForecastTracks(short, { strict: false })).rejects.toThrow(
        /holds no storm .*message 1 \(byte 0\): the file ends after 10000 of its 16773 bytes/,
      );
    });

    it('a descriptor that is none of cyclone tracks is named', async () => {
      const bytes = Buffer.from(readFileSync(join(tracks, 'gert-emily-20230822T00.bufr')));
      // 3 16 082 becomes 3 16 083.
      bytes[bytes.indexOf(Buffer.from([0xd0, 0x52]))! + 1] = 0x53;
      const path = join(directory, 'other.bufr');
      writeFileSync(path, bytes);
      const file = await readForecastTracks(path, { strict: false });
      expect(file.forecasts.map(({ storm }) => storm)).toEqual(['07L']);
      expect(file.skipped[0]!.why).toMatch(/^descriptor 316083 is not among those of cyclone tracks/);
    });
  },
);
