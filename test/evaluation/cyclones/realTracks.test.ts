/** Storms, products and scores of real tracks: against the goldens, against brute force, and of members that lose the storm. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { geoDistance, geoInterpolate } from 'd3-geo';
import { describe, expect, it } from 'vitest';
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { gridPoints, listedPoints } from '../../../evaluation/cyclones/products/mapPoints.js';
import { meanTrack } from '../../../evaluation/cyclones/products/meanTrack.js';
import { strikeProbability } from '../../../evaluation/cyclones/products/strikeProbability.js';
import { readBestTracks, readForecastTracks } from '../../../evaluation/cyclones/readers/readTracks.js';
import { perturbedOnly, stormOf } from '../../../evaluation/cyclones/readers/trackFile.js';
import { matchTracks, stormsByOverlap, stormsByReference } from '../../../evaluation/cyclones/storms.js';
import type { EnsembleTracks, Storm, Track } from '../../../evaluation/cyclones/track.js';
import { stormCases } from '../../../evaluation/cyclones/verification/stormCase.js';
import { countStorms } from '../../../evaluation/cyclones/verification/stormCounts.js';
import { trackScores } from '../../../evaluation/cyclones/verification/trackScores.js';
import { energyCrps } from '../../../evaluation/scores/crpsOfErrors.js';
import { compareGolden, whyGoldenIsSkipped } from '../golden.js';

const data = path.resolve('..', 'shared', 'data');
const dataIsMissing = !existsSync(data);
const file = (...parts: string[]) => path.join(data, ...parts);
const infa = file('ecmwf-tc-tracks', 'infa-20151118T00.csv');
const infaBest = file('besttrack', 'ibtracs-wp-infa-2015.csv');
const options = { strict: true };
const why = dataIsMissing ? ` (skipped: no ${data})` : '';

async function stormIn(name: string, storm: string, members?: readonly number[]): Promise<Storm> {
  const { forecasts } = await readForecastTracks(name, members ? { ...options, members } : options);
  return stormOf(perturbedOnly(forecasts.find((each) => each.storm === storm)!));
}

async function bestTracks(name: string): Promise<readonly Track[]> {
  return (await readBestTracks(name, options)).tracks;
}

/** Members 1 … n. */
const numbers = (n: number) => Array.from({ length: n }, (_, m) => m + 1);

describe(`track errors and strikes of Typhoon In-Fa${whyGoldenIsSkipped}`, () => {
  compareGolden('real_tc_tracks', async (golden) => {
    const storm = await stormIn(path.resolve('..', String(golden.input.tracks)), '27W', numbers(50));
    const [best] = await bestTracks(path.resolve('..', String(golden.input.best_track)));
    // As the file defines them: no fixes between fixes, means of degrees, members as they are, a sphere of 6371 km.
    const cases = stormCases(storm, best!, {
      untilHours: 96,
      longestGapHours: 0,
      estimator: energyCrps,
      mean: 'degrees',
      sphereRadiusKm: 6371,
    });
    const points = (
      golden.expected.strike_0_96h as unknown as { points: Record<string, { lat_lon: number[] }> }
    ).points;
    return (name) => {
      const [, hours, quantity] = /^step_(\d+)\.(\w+)$/.exec(name) ?? [];
      if (hours !== undefined) {
        const each = cases.find(({ leadHours }) => leadHours === Number(hours))!;
        switch (quantity) {
          case 'best_track_lat_lon': {
            const fix = best!.fixes.find(({ time }) => time === storm.start + each.leadHours * 3_600_000)!;
            return [fix.latitude, fix.longitude];
          }
          case 'members_alive':
            return each.members;
          case 'mean_member_error_km':
            return each.statistics.member_distance_km;
          case 'max_member_error_km':
            return each.statistics.largest_distance_km;
          case 'error_of_mean_position_km':
            return each.statistics.mean_distance_km;
          case 'crps_lat_nrg':
            return each.statistics.crps_latitude_degrees;
          default:
            return undefined;
        }
      }
      if (name === 'strike_0_96h.radius_km') return 120;
      const [, point, what] = /^strike_0_96h\.points\.(\w+)\.(\w+)$/.exec(name) ?? [];
      if (point === undefined) return undefined;
      const [latitude, longitude] = points[point]!.lat_lon;
      const { counts, probability } = strikeProbability(storm, listedPoints([latitude!], [longitude!]), {
        window: { fromHours: 0, toHours: 96 },
        path: 'fixes',
        sphereRadiusKm: 6371,
      });
      switch (what) {
        case 'lat_lon':
          return [latitude!, longitude!];
        case 'members_hit':
          return counts[0];
        case 'probability_of_50':
          return probability[0];
        default:
          return undefined;
      }
    };
  });
});

describe.skipIf(dataIsMissing)(`ensemble tracks of ECMWF${why}`, () => {
  it('give the same storm from BUFR as from CSV', async () => {
    const [csv, bufr] = await Promise.all([
      stormIn(infa, '27W'),
      stormIn(file('ecmwf-tc-tracks', 'infa-20151118T00.bufr'), '27W'),
    ]);
    expect(bufr.tracks.length).toBe(50);
    const grid = gridPoints(regionOfInfa);
    expect(strikeProbability(bufr, grid).counts).toEqual(strikeProbability(csv, grid).counts);
    expect(meanTrack(bufr)).toEqual(meanTrack(csv));
  });

  it('strike where fine sampling of their ways says', async () => {
    const storm = await stormIn(infa, '27W');
    const { counts } = strikeProbability(storm, gridPoints(regionOfInfa));
    const ways = storm.tracks.map(({ track }) => sampled(track));
    const { latitudes, longitudes } = regionOfInfa;
    let between = 0;
    for (const [row, latitude] of latitudes.entries()) {
      for (const [column, longitude] of longitudes.entries()) {
        const distances = ways.map((way) =>
          way.reduce((least, p) => Math.min(least, geoDistance(p, [longitude, latitude])), Math.PI),
        );
        const within = (km: number) => distances.filter((d) => d * earthRadiusKm <= km).length;
        const found = counts[row * longitudes.length + column]!;
        expect(found).toBeGreaterThanOrEqual(within(120 - 1e-6));
        expect(found).toBeLessThanOrEqual(within(122));
        if (found > 0 && found < 50) between++;
      }
    }
    expect(between).toBeGreaterThan(25);
  });

  it('count the members that have lost the storm', async () => {
    const storm = await stormIn(infa, '27W');
    const [best] = await bestTracks(infaBest);
    const rows = trackScores(stormCases(storm, best!, { untilHours: 240, longestGapHours: 0 }));
    const lines = readFileSync(infa, 'utf8').split('\n');
    for (const lead of [0, 72, 186, 240]) {
      const inFile = lines
        .map((line) => line.split(','))
        .filter(([id, , , member, , step]) => id === '27W' && Number(member) <= 50 && Number(step) === lead);
      const row = rows.find((each) => each.metric === 'existence_brier' && each.lead_hours === lead)!;
      expect([row.members, row.asked]).toEqual([inFile.length, 50]);
      expect(row.members).toBeLessThanOrEqual(lead === 240 ? 6 : 50);
    }
    const gone = meanTrack(storm).find(({ members }) => members < 20)!;
    expect(gone.latitude).toBeNaN();
    // Errors along the way are larger than across it: the ensemble is too slow, by 250 km after four days.
    const at96 = (metric: string) =>
      rows.find((row) => row.metric === metric && row.lead_hours === 96)!.value;
    expect(at96('mean_along_km')).toBeLessThan(-200);
    expect(Math.abs(at96('mean_across_km'))).toBeLessThan(60);
    expect(Math.hypot(at96('mean_along_km'), at96('mean_across_km'))).toBeCloseTo(
      at96('mean_distance_km'),
      6,
    );
  });

  it('count members that never had a storm: Gert, which 30 of 52 have', async () => {
    const gert = file('ecmwf-tc-tracks', 'gert-emily-20230822T00.csv');
    const { forecasts } = await readForecastTracks(gert, { ...options, members: numbers(52) });
    const storm = stormOf(forecasts.find((each) => each.storm === '06L')!);
    expect([storm.tracks.length, storm.members]).toEqual([30, 52]);
    const { fixes } = storm.tracks[0]!.track;
    const there = listedPoints([fixes[0]!.latitude], [fixes[0]!.longitude]);
    expect(
      strikeProbability(storm, there, { window: { fromHours: 0, toHours: 0 } }).probability[0],
    ).toBeLessThanOrEqual(30 / 52);
    const best = (await bestTracks(file('besttrack', 'hurdat2-al-2018-2021-gert-emily.csv'))).find(
      ({ id }) => id === 'AL062023',
    )!;
    const rows = trackScores(stormCases(storm, best, { untilHours: 48 }));
    for (const row of rows.filter(({ metric }) => metric === 'alive_share')) {
      expect(row.asked).toBe(52);
      expect(row.value).toBe(row.members / 52);
      expect(row.value).toBeLessThanOrEqual(30 / 52);
    }
    const { storms } = stormsByReference({ start: storm.start, members: forecasts[0]!.ensemble.members }, [
      best,
    ]);
    expect([storms[0]!.name, storms[0]!.members]).toEqual(['GERT', 52]);
    expect(storms[0]!.tracks.length).toBe(30);
  });

  it('come together again when nobody says which track is which storm', async () => {
    const { forecasts } = await readForecastTracks(infa, options);
    const mixed: EnsembleTracks = {
      start: forecasts[0]!.ensemble.start,
      members: forecasts[0]!.ensemble.members.map((member) => ({
        ...member,
        tracks: forecasts.flatMap(
          ({ ensemble }) => ensemble.members.find((m) => m.member === member.member)!.tracks,
        ),
      })),
    };
    const [first] = stormsByOverlap(mixed);
    expect([first!.tracks.length, first!.members]).toEqual([52, 52]);
    const { storms } = stormsByReference(mixed, await bestTracks(infaBest));
    expect(storms[0]!.tracks.length).toBe(52);
    const others = [...first!.tracks, ...storms[0]!.tracks].filter(({ track }) => track.id !== '27W');
    // In two members the file has In-Fa a second time, as 71W: a storm has one of the two, and does not care which.
    expect(new Set(others.map(({ member }) => member))).toEqual(new Set([20, 47]));
    for (const { member, track } of others) {
      const own = mixed.members
        .find((each) => each.member === member)!
        .tracks.find(({ id }) => id === '27W')!;
      const places = (each: Track) =>
        each.fixes.slice(0, 4).map(({ latitude, longitude }) => [latitude, longitude]);
      expect(places(track)).toEqual(places(own));
    }
  });
});

describe.skipIf(dataIsMissing)(`tracks of CyTRACK in a reanalysis against HURDAT2${why}`, () => {
  it('are the storms of September 2018', async () => {
    const cytrack = await bestTracks(file('besttrack', 'cytrack-era5-al-201809.dat'));
    const hurdat = await bestTracks(file('besttrack', 'hurdat2-al-2018-2021-gert-emily.csv'));
    const start = Date.UTC(2018, 8, 1);
    const whole = { comparedTimes: Number.POSITIVE_INFINITY };
    const matches = matchTracks(cytrack, hurdat, start, whole);
    expect(
      matches.map(({ track, reference }) => [cytrack[track]!.id.slice(4, 8), hurdat[reference]!.name]),
    ).toEqual([
      ['0001', 'FLORENCE'],
      ['0002', 'GORDON'],
      ['0004', 'HELENE'],
      ['0003', 'ISAAC'],
      ['0005', 'JOYCE'],
      ['0006', 'KIRK'],
    ]);
    for (const { km } of matches) expect(km).toBeLessThan(100);
    const ensemble: EnsembleTracks = {
      start,
      members: [{ member: 0, weightSample: null, noiseStream: null, tracks: cytrack }],
    };
    const counts = countStorms(ensemble, hurdat, { untilHours: 30 * 24, ...whole });
    expect(counts).toMatchObject({ hits: 6, misses: 2, falseAlarms: 1 });
    expect(counts.byStorm.filter(({ members }) => members === 0).map(({ id }) => id)).toEqual([
      'AL112018',
      'AL132018',
    ]);
  });
});

const regionOfInfa = {
  latitudes: Float64Array.from({ length: 12 }, (_, i) => 34 - 3 * i),
  longitudes: Float64Array.from({ length: 13 }, (_, j) => 122 + 3 * j),
};

/** [longitude, latitude], less than 40 km apart; nothing across gaps of more than a day. */
function sampled({ fixes }: Track): [number, number][] {
  return fixes.flatMap((fix, i): [number, number][] => {
    const here: [number, number] = [fix.longitude, fix.latitude];
    const next = fixes[i + 1];
    if (!next || next.time - fix.time > 24 * 3_600_000) return [here];
    const there: [number, number] = [next.longitude, next.latitude];
    const count = Math.ceil((geoDistance(here, there) * earthRadiusKm) / 40) + 1;
    return Array.from({ length: count }, (_, k) => geoInterpolate(here, there)(k / count));
  });
}
