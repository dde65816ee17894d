/** Maps of strikes, activity, density and genesis: closed forms, and brute force by fine sampling with d3-geo. */
import { geoDistance, geoInterpolate } from 'd3-geo';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../propertySeed.js';
import { makeGrid } from '../../../core/grid.js';
import { distanceKm, earthRadiusKm } from '../../../core/sphere/distance.js';
import { cycloneActivity } from '../../../evaluation/cyclones/products/activity.js';
import type { PathOptions } from '../../../evaluation/cyclones/products/arcs.js';
import { genesisDensity, trackDensity } from '../../../evaluation/cyclones/products/densityMaps.js';
import { gridPoints, listedPoints } from '../../../evaluation/cyclones/products/mapPoints.js';
import {
  anyStrikeProbability,
  strikeProbability,
} from '../../../evaluation/cyclones/products/strikeProbability.js';
import type { Storm, Track } from '../../../evaluation/cyclones/track.js';
import {
  ensembleOf,
  hour,
  type Point,
  start,
  stormOf,
  trackOf,
  turnedPlace,
  turnedStorm,
} from './trackFixture.js';

const degreeKm = (Math.PI / 180) * earthRadiusKm;
const at = (...places: (readonly [number, number])[]) =>
  listedPoints(
    places.map(([latitude]) => latitude),
    places.map(([, longitude]) => longitude),
  );

/** Two fixes six hours and 10° apart along the equator. */
const eastward: readonly Point[] = [
  [0, 0, 175],
  [6, 0, -175],
];

describe('strike probability', () => {
  it('is measured to the way between fixes, not to the fixes', () => {
    const storm = stormOf([eastward]);
    const points = at([1, 180], [1.1, 180], [0, 176], [0, -173.9]);
    expect([...strikeProbability(storm, points).probability]).toEqual([1, 0, 1, 0]);
    expect([...strikeProbability(storm, points, { path: 'fixes' }).probability]).toEqual([0, 0, 1, 0]);
    expect([...strikeProbability(storm, points, { radiusKm: 1.11 * degreeKm }).counts]).toEqual([1, 1, 1, 1]);
  });

  it('is a share of all members asked: those that lost the storm say no, those that pass twice say yes once', () => {
    const twice: readonly Point[] = [
      [0, 0, 0],
      [6, 0, 5],
      [12, 0, 0],
    ];
    const { probability, counts, members } = strikeProbability(
      stormOf([twice, twice, null, null]),
      at([0, 1]),
    );
    expect([probability[0], counts[0], members]).toEqual([0.5, 2, 4]);
    expect([...strikeProbability(stormOf([null, null]), at([0, 1])).probability]).toEqual([0]);
    expect(strikeProbability(stormOf([[[0, 40, 10]]]), at([40, 11])).probability[0]).toBe(1);
    expect(() => strikeProbability(stormOf([]), at([0, 1]))).toThrow(/no members/);
    expect(() => strikeProbability(stormOf([null]), at([0, 1]), { radiusKm: -1 })).toThrow(/radius .* -1 km/);
  });

  it('knows windows to the minute, and does not bridge a loss', () => {
    const storm = stormOf([eastward]);
    const points = at([0, 175], [0, 180], [0, -175]);
    const within = (fromHours: number, toHours: number, more: PathOptions = {}) => [
      ...strikeProbability(storm, points, { window: { fromHours, toHours }, ...more }).counts,
    ];
    expect(within(0, 2)).toEqual([1, 0, 0]);
    expect(within(2.5, 3)).toEqual([0, 1, 0]);
    expect(within(6, 12)).toEqual([0, 0, 1]);
    expect(within(7, 12)).toEqual([0, 0, 0]);
    expect(within(0, 6, { longestGapHours: 5 })).toEqual([1, 0, 1]);
  });

  it('is brute force by fine sampling, anywhere on the sphere and within any window', () => {
    const place = fc.tuple(
      fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(-90, 89.5, 90)),
      fc.double({ min: -180, max: 180, noNaN: true }),
    );
    const step = fc.tuple(
      fc.double({ min: -4, max: 4, noNaN: true }),
      fc.double({ min: -20, max: 20, noNaN: true }),
    );
    const members = fc.array(fc.option(fc.tuple(place, fc.array(step, { maxLength: 4 }))), {
      minLength: 1,
      maxLength: 4,
    });
    const global = makeGrid(
      Array.from({ length: 19 }, (_, i) => 90 - 10 * i),
      Array.from({ length: 24 }, (_, j) => 15 * j - 60),
    );
    const regional = makeGrid([70, 62, 55, 41], [-190, -186, -181, -177, -170.5]);
    fc.assert(
      fc.property(
        members,
        fc.double({ min: 100, max: 3000, noNaN: true }),
        fc.option(fc.tuple(fc.nat(12), fc.nat(15))),
        fc.constantFrom(global, regional),
        (list, radiusKm, hours, grid) => {
          const storm = stormOf(list.map((each) => each && walk(each[0], each[1])));
          const window = hours && { fromHours: hours[0], toHours: hours[0] + hours[1] };
          const { counts } = strikeProbability(storm, gridPoints(grid), { radiusKm, window });
          const nearest = storm.tracks.map(({ track }) => sampled(track, window));
          for (const [row, latitude] of grid.latitudes.entries()) {
            for (const [column, longitude] of grid.longitudes.entries()) {
              const distances = nearest.map((places) =>
                places.reduce(
                  (least, p) => Math.min(least, earthRadiusKm * geoDistance(p, [longitude, latitude])),
                  Number.POSITIVE_INFINITY,
                ),
              );
              // Samples are less than 25 km apart: the arc is nearer than they are by 13 km at most.
              const low = distances.filter((d) => d <= radiusKm - 1e-6).length;
              const high = distances.filter((d) => d <= radiusKm + 13).length;
              const found = counts[row * grid.longitudes.length + column]!;
              expect(found).toBeGreaterThanOrEqual(low);
              expect(found).toBeLessThanOrEqual(high);
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is the same wherever the sphere is turned to', () => {
    const angle = fc.double({ min: -180, max: 180, noNaN: true });
    const storm = stormOf([
      walk(
        [88, 170],
        [
          [2, 30],
          [-1, 50],
        ],
      ),
      walk(
        [80, -170],
        [
          [-5, 3],
          [-5, 3],
        ],
      ),
      null,
    ]);
    const places = Array.from({ length: 400 }, (_, i) => ({
      latitude: 60 + (i % 20) * 1.53,
      longitude: Math.floor(i / 20) * 18.1,
    }));
    const map = (s: Storm, list: typeof places) =>
      strikeProbability(s, at(...list.map((p) => [p.latitude, p.longitude] as const)), { radiusKm: 900 })
        .counts;
    const expected = map(storm, places);
    expect(new Set(expected)).toEqual(new Set([0, 1, 2]));
    fc.assert(
      fc.property(fc.tuple(angle, angle, angle), (turn) => {
        expect(
          map(
            turnedStorm(storm, turn),
            places.map((p) => turnedPlace(p, turn)),
          ),
        ).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('visits a fine grid only where a storm is', () => {
    const grid = makeGrid(
      Array.from({ length: 721 }, (_, i) => 90 - i / 4),
      Array.from({ length: 1440 }, (_, j) => j / 4),
    );
    const { counts } = strikeProbability(stormOf([eastward]), gridPoints(grid));
    let inside = 0;
    for (const [point, count] of counts.entries()) {
      const latitude = 90 - Math.floor(point / 1440) / 4;
      const beyond = Math.abs((point % 1440) / 4 - 180) - 5;
      const distance = beyond <= 0 ? Math.abs(latitude) * degreeKm : distanceKm(latitude, beyond, 0, 0);
      if (distance <= 120) inside++;
      if (count !== Number(distance <= 120)) expect(`${count} at point ${point}`).toBe(`${distance} km`);
    }
    expect(inside).toBeGreaterThan(9 * 41);
  });
});

/** Steps every three hours, longitude steps as written: fast near the poles. */
function walk(
  [latitude, longitude]: readonly [number, number],
  steps: readonly (readonly [number, number])[],
): Point[] {
  const points: Point[] = [[0, latitude, longitude]];
  for (const [i, [north, east]] of steps.entries()) {
    const [, y, x] = points[i]!;
    points.push([3 * (i + 1), Math.max(-90, Math.min(90, y + north)), x + east]);
  }
  return points;
}

/** Places on the way, [longitude, latitude], less than 25 km apart, each at its own time within the window. */
function sampled(track: Track, window: { fromHours: number; toHours: number } | null): [number, number][] {
  const inside = (time: number): boolean =>
    !window || (time >= start + window.fromHours * hour && time <= start + window.toHours * hour);
  const out: [number, number][] = [];
  for (const [i, fix] of track.fixes.entries()) {
    if (inside(fix.time)) out.push([fix.longitude, fix.latitude]);
    const next = track.fixes[i + 1];
    if (!next) continue;
    const ends: [number, number][] = [
      [fix.longitude, fix.latitude],
      [next.longitude, next.latitude],
    ];
    const way = geoInterpolate(ends[0]!, ends[1]!);
    const count = Math.ceil((earthRadiusKm * geoDistance(ends[0]!, ends[1]!)) / 20) + 1;
    const edges = window ? [window.fromHours, window.toHours].map((hours) => start + hours * hour) : [];
    const shares = Array.from({ length: count + 1 }, (_, k) => k / count);
    for (const share of [...shares, ...edges.map((time) => (time - fix.time) / (next.time - fix.time))])
      if (share >= 0 && share <= 1 && inside(Math.round(fix.time + share * (next.time - fix.time))))
        out.push(way(share));
  }
  return out;
}

describe('cyclone activity', () => {
  const growing = trackOf('a', [
    [0, 0, 0, { wind: 10 }],
    [6, 0, 10, { wind: 20 }],
    [12, 0, 20, { wind: 40 }],
    [18, 0, 30],
  ]);

  it('counts where the wind is strong enough, and members with any such storm once', () => {
    const points = at([0, 0], [0, 5], [0, 7], [0, 15], [0, 20], [0, 25], [0, 30]);
    const ensemble = ensembleOf([[growing], [growing, { ...growing, id: 'b' }], []]);
    const counts = (level: 'TD' | 'TS' | 'HR') => [
      ...cycloneActivity(ensemble, points, level, { radiusKm: 20 }).counts,
    ];
    expect(counts('TD')).toEqual([2, 2, 2, 2, 2, 0, 0]);
    // 17 m/s is reached at 7° E, 32 m/s at 16° E; beyond the last known wind nothing is known.
    expect(counts('TS')).toEqual([0, 0, 2, 2, 2, 0, 0]);
    expect(counts('HR')).toEqual([0, 0, 0, 0, 2, 0, 0]);
    expect([...anyStrikeProbability(ensemble, points, { radiusKm: 20 }).counts]).toEqual([
      2, 2, 2, 2, 2, 2, 2,
    ]);
    expect(cycloneActivity(ensemble, at([2, 20]), 'HR').probability[0]).toBeCloseTo(2 / 3, 12);
  });
});

describe('density and genesis', () => {
  const old = trackOf('old', [
    [-6, 10, 0],
    [0, 10, 1],
    [6, 10, 2],
  ]);
  const born = trackOf('born', [
    [12, 12, 1],
    [18, 12, 5],
  ]);

  it('add up storms of one member', () => {
    const ensemble = ensembleOf([[old, born], [], [born], []]);
    const points = at([11, 1], [12, 5], [-11, 1]);
    expect([...trackDensity(ensemble, points)]).toEqual([0.75, 0.5, 0]);
    expect([...genesisDensity(ensemble, points)]).toEqual([0.5, 0, 0]);
    expect(genesisDensity(ensemble, points, { window: { fromHours: 13, toHours: 24 } })[0]).toBe(0);
    expect(genesisDensity(ensemble, points, { window: { fromHours: 12, toHours: 24 } })[0]).toBe(0.5);
    // A forecast that begins at hour 12 found it there: it may be old.
    expect(genesisDensity(ensemble, points, { firstHours: 12 })[0]).toBe(0);
    expect(genesisDensity(ensemble, points, { firstHours: 6 })[0]).toBe(0.5);
    expect(() => trackDensity(ensembleOf([]), points)).toThrow(/no members/);
  });
});

describe('points of a map', () => {
  it('are found on grids as in lists, around poles and across the seam of the grid', () => {
    const latitudes = Array.from({ length: 19 }, (_, i) => 90 - 10 * i);
    fc.assert(
      fc.property(
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: 50, max: 25_000, noNaN: true }),
        fc.constantFrom(-180, 0, 17, 300),
        (latitude, longitude, radiusKm, west) => {
          const longitudes = Array.from({ length: 24 }, (_, j) => west + 15 * j);
          const grid = makeGrid(latitudes, longitudes);
          const { counts } = strikeProbability(stormOf([[[0, latitude, longitude]]]), gridPoints(grid), {
            radiusKm,
          });
          for (const [row, y] of latitudes.entries()) {
            for (const [column, x] of longitudes.entries()) {
              const distance = distanceKm(y, x, latitude, longitude);
              if (Math.abs(distance - radiusKm) > 1e-3)
                expect(counts[24 * row + column]).toBe(Number(distance < radiusKm));
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are refused where they are none', () => {
    expect(() => listedPoints([1, 2], [0])).toThrow(/2 latitudes and 1 longitudes/);
    expect(() => listedPoints([91], [0])).toThrow(/point 0 .* latitude 91/);
  });
});
