/** Maps of cyclones and the reliability of strikes, against brute force by d3-geo: places sampled along the ways of the members. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { geoDistance, geoInterpolate } from 'd3-geo';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { arcsOf } from '../../evaluation/cyclones/products/arcs.js';
import { gridPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import type { EnsembleTracks, Track } from '../../evaluation/cyclones/track.js';
import { readTrackFiles } from '../../src/tracks/askedTracks.js';
import { type CycloneForecast, forecastOf, forecastsInFiles } from '../../src/tracks/cycloneForecast.js';
import { writeStormMaps } from '../../src/tracks/stormMapFile.js';
import { gridAround } from '../../src/tracks/stormMapGrid.js';
import {
  arcsWhile,
  firstLeadHours,
  genesisAt,
  mapWindows,
  stormMaps,
  tracksOf,
} from '../../src/tracks/stormMaps.js';
import { verifyStrikes } from '../../src/tracks/verifyStrikes.js';
import { ensembleOf, hour, type Point, start, trackOf } from '../evaluation/cyclones/trackFixture.js';

type Sample = readonly [longitude: number, latitude: number, hours: number, wind: number];

/** Places less than 25 km apart on the ways between fixes up to a day apart, with time and wind between. */
function sampled({ fixes }: Track, from: number): Sample[] {
  return fixes.flatMap((fix, i): Sample[] => {
    const own: Sample = [fix.longitude, fix.latitude, (fix.time - from) / hour, fix.wind];
    const next = fixes[i + 1];
    if (!next || next.time - fix.time > 24 * hour) return [own];
    const ends = [own, [next.longitude, next.latitude]].map(([x, y]) => [x!, y!] as [number, number]);
    const way = geoInterpolate(ends[0]!, ends[1]!);
    const count = Math.ceil((earthRadiusKm * geoDistance(ends[0]!, ends[1]!)) / 25) + 6;
    return [
      own,
      ...Array.from({ length: count - 1 }, (_, k): Sample => {
        const share = (k + 1) / count;
        const [x, y] = way(share);
        const hours = (fix.time + share * (next.time - fix.time) - from) / hour;
        return [x, y, hours, fix.wind + share * (next.wind - fix.wind)];
      }),
    ];
  });
}

function leastKm(samples: readonly Sample[], longitude: number, latitude: number): number {
  let least = Number.POSITIVE_INFINITY;
  // Further off than what was found, or than any radius here, by latitude alone.
  for (const [x, y] of samples)
    if (Math.abs(y - latitude) < Math.min(4, least * 58))
      least = Math.min(least, geoDistance([x, y], [longitude, latitude]));
  return least * earthRadiusKm;
}

function eachPoint(grid: Grid, visit: (point: number, longitude: number, latitude: number) => void): void {
  for (const [row, latitude] of grid.latitudes.entries())
    for (const [column, longitude] of grid.longitudes.entries())
      visit(row * grid.longitudes.length + column, longitude, latitude);
}

/** Every map lies between what surely counts and what may, the samples being nearer than 15 km to all of the way. */
function holdsAgainstBruteForce(forecast: CycloneForecast, grid: Grid, radiusKm: number): number {
  const { ensemble, untilHours } = forecast;
  const members = ensemble.members.map(({ tracks }) => tracks.map((track) => sampled(track, ensemble.start)));
  const leastWind: Record<string, number> = { activity_td: 8, activity_ts: 17, activity_hr: 32 };
  let different = 0;
  for (const { product, window, radiusKm: near, values } of stormMaps(forecast, grid, radiusKm)) {
    expect(near).toBe(product === 'strike' ? radiusKm : 300);
    const least = leastWind[product];
    const inside = (slackHours: number, slackWind: number) =>
      members.map((tracks) =>
        tracks.map((samples) =>
          (product === 'genesis' ? samples.slice(0, samples[0]![2] > 0 ? 1 : 0) : samples).filter(
            ([, , hours, wind]) =>
              hours >= window.fromHours - slackHours &&
              hours <= Math.min(window.toHours, untilHours) + slackHours &&
              (least === undefined || wind >= least - slackWind),
          ),
        ),
      );
    const [surely, maybe] = [inside(0, 0), inside(0.5, 0.5)];
    const asked = (all: readonly (readonly Sample[][])[], x: number, y: number, km: number): number =>
      all.reduce((sum, tracks) => {
        const hits = tracks.filter((samples) => leastKm(samples, x, y) <= km).length;
        return sum + (product === 'density' || product === 'genesis' ? hits : Math.min(1, hits));
      }, 0) / members.length;
    eachPoint(grid, (point, x, y) => {
      const value = values[point]!;
      expect(value).toBeGreaterThanOrEqual(asked(surely, x, y, near - 1e-6) - 1e-12);
      expect(value).toBeLessThanOrEqual(asked(maybe, x, y, near + 15) + 1e-12);
      if (value > 0) different++;
    });
  }
  return different;
}

const wind = (speed: number) => ({ wind: speed });
/** Over the date line and growing; one that comes late; members without any, and with both. */
const growing: readonly Point[] = [
  [0, 15, 176, wind(6)],
  [24, 17, 179, wind(12)],
  [48, 20, -178, wind(25)],
  [72, 24, -176, wind(40)],
];
const late: readonly Point[] = [
  [54, 10, 178, wind(20)],
  [66, 11, 176, wind(10)],
];
const made = (): CycloneForecast => {
  const ensemble = ensembleOf([
    [trackOf('a', growing), trackOf('b', late)],
    [trackOf('a', growing)],
    [],
    [trackOf('b', late)],
  ]);
  return forecastOf(ensemble, []);
};

describe('maps of a made forecast', () => {
  const grid = makeGrid(
    Array.from({ length: 10 }, (_, i) => 28 - 2.5 * i),
    Array.from({ length: 14 }, (_, j) => 170 + 1.7 * j),
  );

  it('are those of brute force, over the date line, in every window', () => {
    const forecast = made();
    expect(mapWindows(forecast)).toEqual([
      { fromHours: 0, toHours: 72 },
      { fromHours: 0, toHours: 48 },
      { fromHours: 48, toHours: 72 },
    ]);
    const products = [...stormMaps(forecast, grid, 150)].map(({ product, window }) => [
      product,
      window.fromHours,
    ]);
    expect(products).toHaveLength(14);
    expect(holdsAgainstBruteForce(forecast, grid, 150)).toBeGreaterThan(150);
  });

  it('hold numbers that one can count: members, not tracks, in activity; tracks and births in the others', () => {
    const place = makeGrid([10], [178]);
    const values = [...stormMaps(made(), place, 120)]
      .filter(({ window }) => window.fromHours === 0 && window.toHours === 72)
      .map(({ product, values: [value] }) => [product, value]);
    expect(Object.fromEntries(values)).toEqual({
      strike: 0.5,
      activity_td: 0.5,
      activity_ts: 0.5,
      activity_hr: 0,
      density: 0.5,
      genesis: 0.5,
    });
  });

  it('count no birth at the first lead of a forecast that leaves the analysis out, and know no activity without winds', () => {
    const points = gridPoints(makeGrid([15], [176]));
    const shifted = (ensemble: EnsembleTracks): EnsembleTracks => ({ ...ensemble, start: start - 6 * hour });
    const track = trackOf('a', [
      [0, 15, 176],
      [6, 15, 177],
    ]);
    const forecast = forecastOf(shifted(ensembleOf([[track], [track]])), []);
    expect(firstLeadHours(forecast)).toBe(6);
    expect(genesisAt(forecast, points)[0]).toBe(0);
    // What a run says of its leads is taken before what its tracks look like.
    const twelve = forecastOf({ ...forecast.ensemble, start: start - 12 * hour }, [], [12, 18]);
    expect([firstLeadHours(twelve), genesisAt(twelve, points)[0]]).toEqual([12, 0]);
    const later = forecastOf({ ...forecast.ensemble, start: start - 12 * hour }, []);
    expect(genesisAt(later, points)[0]).toBe(1);
    const products = [...stormMaps(forecast, makeGrid([15], [176]), 120)].map(({ product }) => product);
    expect(products).toEqual(['strike', 'density', 'genesis']);
  });

  it('come back from the file with their grid, and an interrupted file is none', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plume-maps-'));
    const path = join(directory, 'maps.arrow');
    const forecast = made();
    expect(await writeStormMaps(path, [forecast], grid, { radiusKm: 150 })).toBe(14);
    const table = tableFromIPC(readFileSync(path));
    expect(JSON.parse(table.schema.metadata.get('latitudes')!)).toEqual([...grid.latitudes]);
    expect(JSON.parse(table.schema.metadata.get('longitudes')!)).toEqual([...grid.longitudes]);
    const maps = [...stormMaps(forecast, grid, 150)];
    expect(table.numRows).toBe(maps.length);
    for (const [i, { product, window, radiusKm, members, values }] of maps.entries()) {
      const row = table.get(i)!.toJSON();
      expect(row).toMatchObject({ product, radius_km: radiusKm, members, start: forecast.start });
      expect([row.from_hours, row.to_hours]).toEqual([window.fromHours, window.toHours]);
      expect([...(row.values as Iterable<number>)]).toEqual([...Float32Array.from(values)]);
    }
    const signal = AbortSignal.abort();
    const lost = join(directory, 'lost.arrow');
    await expect(writeStormMaps(lost, [forecast], grid, { radiusKm: 150, signal })).rejects.toThrow(
      /stopped after 0 maps/,
    );
    expect(existsSync(lost)).toBe(false);
  });
});

describe('the region of a map', () => {
  it('holds all that tracks come near, as narrow as a date line allows, with points at multiples of the spacing', () => {
    const arcs = arcsOf(trackOf('a', growing), start);
    const grid = gridAround(arcs, 1, 300);
    const { latitudes, longitudes } = grid;
    // 300 km are 2.7° of latitude, and 2.95° of longitude at 24° N.
    expect([latitudes[0], latitudes.at(-1)]).toEqual([27, 12]);
    expect([longitudes[0], longitudes.at(-1)]).toEqual([173, 187]);
    expect([...gridAround(arcs, 0.1, 300).latitudes.slice(0, 2)]).toEqual([26.7, 26.6]);
    expect(() => gridAround([], 1, 300)).toThrow(/no member has one/);
    expect(() => gridAround(arcs, 0.001, 300)).toThrow(/--map-spacing 0.001: \d+ points/);
    const polar = gridAround(
      arcsOf(
        trackOf('p', [
          [0, 88, 10],
          [6, 89, 170],
        ]),
        start,
      ),
      5,
      300,
    );
    expect([polar.latitudes[0], polar.longitudes.length]).toEqual([90, 72]);
  });

  it('leaves nothing out: a wider map has no more in it, wherever the tracks are', () => {
    const step = fc.tuple(
      fc.double({ min: -5, max: 5, noNaN: true }),
      fc.double({ min: -60, max: 60, noNaN: true }),
    );
    const track = fc.tuple(
      fc.double({ min: -89, max: 89, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.array(step, { maxLength: 3 }),
    );
    const global = makeGrid(
      Array.from({ length: 61 }, (_, i) => 90 - 3 * i),
      Array.from({ length: 120 }, (_, j) => 3 * j - 180),
    );
    fc.assert(
      fc.property(fc.array(track, { minLength: 1, maxLength: 3 }), (tracks) => {
        const ensemble = ensembleOf(
          tracks.map(([latitude, longitude, steps], m) => {
            const points: Point[] = [[0, latitude, longitude]];
            for (const [north, east] of steps) {
              const [hours, y, x] = points.at(-1)!;
              points.push([hours + 6, Math.max(-90, Math.min(90, y + north)), x + east]);
            }
            return [trackOf(String(m), points)];
          }),
        );
        const forecast = forecastOf(ensemble, []);
        const part = gridAround(arcsWhile(forecast, tracksOf(forecast)), 3, 400);
        const sums = [global, part].map((grid) =>
          [...stormMaps(forecast, grid, 400)]
            .at(0)!
            .values.reduce((a, b) => a + Math.round(b * tracks.length), 0),
        );
        expect(sums[1]).toBe(sums[0]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('reliability of strikes', () => {
  it('is the Brier score of all points and starts by area, and its skill against the share that was struck', () => {
    const grid = makeGrid([20, 10, 0], [0, 10]);
    const still = (id: string, latitude: number, longitude: number): Track =>
      trackOf(id, [
        [0, latitude, longitude],
        [48, latitude, longitude],
      ]);
    // One member in two at 20° N 0° E, all at 0° N 10° E, where no best track is; the truth at 20° N 0° E.
    const ensemble = ensembleOf([[still('a', 20, 0), still('x', 0, 10)], [still('x', 0, 10)]]);
    const best = [still('best', 20, 0.1)];
    const found = verifyStrikes([forecastOf(ensemble, [])], best, grid, { radiusKm: 100 });
    const edges = [25, 15, 5, -5].map((degrees) => Math.sin((degrees * Math.PI) / 180));
    const rows = [0, 1, 2].map((i) => edges[i]! - edges[i + 1]!);
    const area = 2 * (rows[0]! + rows[1]! + rows[2]!);
    expect(found.anyCyclone.brier).toBeCloseTo((rows[0]! * 0.25 + rows[2]!) / area, 12);
    expect(found.bestTrackStorms.brier).toBeCloseTo((rows[0]! * 0.25) / area, 12);
    const share = rows[0]! / area;
    expect(found.anyCyclone.share).toBeCloseTo(share, 12);
    expect(found.bestTrackStorms.skill).toBeCloseTo(1 - (rows[0]! * 0.25) / area / (share * (1 - share)), 12);
    expect(found.anyCyclone.classes.map(({ forecast, observed }) => [forecast, observed])).toEqual([
      [0, 0],
      [0.5, 1],
      [1, 0],
    ]);
    const cases = found.anyCyclone.classes.reduce((sum, each) => sum + each.cases, 0);
    expect([found.points, cases]).toEqual([6, expect.closeTo(6, 9)]);
    // A start more, of which all came true, is a map more.
    const sure = ensembleOf([[still('a', 20, 0)]]);
    const both = verifyStrikes([forecastOf(ensemble, []), forecastOf(sure, [])], best, grid, {
      radiusKm: 100,
    });
    expect(both.anyCyclone.maps).toBe(2);
    expect(both.anyCyclone.brier).toBeCloseTo(found.anyCyclone.brier / 2, 12);
    const nothing = verifyStrikes([forecastOf(sure, [])], best, makeGrid([-40], [0]), { radiusKm: 100 });
    expect(nothing.anyCyclone).toMatchObject({ brier: 0, share: 0, skill: null });
  });
});

const data = resolve('..', 'shared', 'data');
const why = existsSync(data) ? '' : ` (skipped: no ${data})`;

describe.skipIf(why !== '')(`In-Fa in ECMWF’s ensemble${why}`, () => {
  const read = async (): Promise<CycloneForecast> => {
    const path = join(data, 'ecmwf-tc-tracks', 'infa-20151118T00.csv');
    const { forecasts } = await readTrackFiles([path], { strict: true });
    return forecastsInFiles(
      forecasts.flatMap((file) => file.forecasts),
      {},
    ).forecasts[0]!;
  };

  it('has the maps of brute force', async () => {
    const forecast = await read();
    const grid = makeGrid(
      Array.from({ length: 5 }, (_, i) => 34 - 6.3 * i),
      Array.from({ length: 8 }, (_, j) => 116 + 5.7 * j),
    );
    expect(holdsAgainstBruteForce(forecast, grid, 120)).toBeGreaterThan(100);
  }, 60_000);

  it('has the reliability of brute force', async () => {
    const forecast = await read();
    const { best } = await readTrackFiles([join(data, 'besttrack', 'ibtracs-wp-infa-2015.csv')], {
      strict: false,
    });
    const tracks = best.flatMap((file) => file.tracks);
    // Rows on either side of the equator weigh alike.
    const grid = makeGrid(
      [12.5, -12.5],
      Array.from({ length: 40 }, (_, j) => 120 + j),
    );
    const { anyCyclone } = verifyStrikes([forecast], tracks, grid, { radiusKm: 200 });
    const members = forecast.ensemble.members.map(({ tracks: own }) =>
      own.flatMap((each) => sampled(each, forecast.start)),
    );
    const truth = tracks
      .flatMap((each) => sampled(each, forecast.start))
      .filter(([, , hours]) => hours >= 0 && hours <= forecast.untilHours);
    let [sum, struckPoints, near] = [0, 0, 0];
    eachPoint(grid, (_, x, y) => {
      const share = (km: number): number =>
        members.filter((way) => leastKm(way, x, y) <= km).length / members.length;
      const outcome = Number(leastKm(truth, x, y) <= 200);
      struckPoints += outcome;
      sum += (share(200) - outcome) ** 2;
      // What a sample may miss.
      near += Math.abs(share(203) - share(197)) * 2;
    });
    expect(struckPoints).toBeGreaterThan(3);
    expect(anyCyclone.share * 80).toBeCloseTo(struckPoints, 6);
    expect(Math.abs(anyCyclone.brier * 80 - sum)).toBeLessThanOrEqual(near);
    expect(Math.abs(anyCyclone.brier * 80 - sum)).toBeLessThan(0.05 * sum);
  });
});
