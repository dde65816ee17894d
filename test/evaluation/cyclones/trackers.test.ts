import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../../core/grid.js';
import { distanceKm } from '../../../core/sphere/distance.js';
import type { Track } from '../../../evaluation/cyclones/track.js';
import type { FieldsAt } from '../../../evaluation/cyclones/tracker.js';
import { makeTracker, trackerNames } from '../../../evaluation/cyclones/trackers/presets.js';
import '../../propertySeed.js';
import { globalGrid, regionalGrid, travelled, type Vortex, vortexFields } from './vortices.js';

const start = Date.UTC(2020, 8, 1);
const hour = 3_600_000;

/** Thresholds that keep a tracker to what it is without tests of latitude. */
const everywhere: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ecmwf: { genesisLatitude: 90 },
  tempest: { latitude: 90 },
  vitart: { latitude: 91, linkKm: 450, minimumHours: 12, windHours: 12 },
  lows: { equatorward: 0, minimumHours: 12 },
};

/** @param weather the vortices of each time, six hours apart */
function tracksOf(
  tracker: string,
  grid: Grid,
  weather: readonly (readonly Vortex[])[],
  thresholds: Readonly<Record<string, number>> = everywhere[tracker]!,
  hours = 6,
): readonly Track[] {
  const following = makeTracker(tracker, thresholds).follow(grid, null);
  weather.forEach((vortices, step) => {
    following.add(start + step * hours * hour, vortexFields(grid, vortices));
  });
  return following.tracks();
}

/** A vortex that goes along a great circle, at each of some times. */
function along(vortex: Vortex, bearing: number, kmPerStep: number, steps: number): Vortex[] {
  return Array.from({ length: steps }, (_, step) => ({
    ...vortex,
    ...travelled(vortex.latitude, vortex.longitude, bearing, step * kmPerStep),
  }));
}

const onceEach = (path: readonly Vortex[]): Vortex[][] => path.map((vortex) => [vortex]);

function expectPath(track: Track | undefined, path: readonly Vortex[], withinKm: number, first = 0): void {
  expect(track?.fixes.map(({ time }) => time)).toEqual(path.map((_, i) => start + (first + i) * 6 * hour));
  track!.fixes.forEach((fix, i) => {
    const { latitude, longitude } = path[i]!;
    expect(distanceKm(fix.latitude, fix.longitude, latitude, longitude)).toBeLessThan(withinKm);
    expect(Math.abs(fix.longitude)).toBeLessThanOrEqual(180);
  });
}

const globe: Readonly<Record<string, Grid>> = {
  '2.5° from 0': globalGrid(2.5),
  '2.5° from −180': globalGrid(2.5, -180),
  '1° from 0': globalGrid(1),
};

const paths = {
  'over the date line': along({ latitude: 14.2, longitude: 172.3 }, 275 + 180, 250, 8),
  'over the prime meridian in the southern hemisphere': along(
    { latitude: -22.7, longitude: 6.1 },
    250,
    260,
    8,
  ),
  'over the north pole': along({ latitude: 84.1, longitude: 30.4 }, 0, 240, 8),
  'past the south pole': along({ latitude: -83.3, longitude: 130.2 }, 172, 250, 8),
  'across the equator': along({ latitude: 9.1, longitude: 60.2 }, 10, 240, 3),
} as const;

describe.each(trackerNames)('tracker %s', (name) => {
  describe.each(Object.entries(globe))('on a grid of %s', (_, grid) => {
    it.each(Object.entries(paths))('gives back the path of a vortex %s', (_, path) => {
      const tracks = tracksOf(name, grid, onceEach(path));
      expect(tracks).toHaveLength(1);
      // A tenth of a grid length where the centre is well resolved, a sixth at 2.5° for a radius of 300 km.
      const spacing = grid.latitudes[0]! - grid.latitudes[1]!;
      expectPath(tracks[0], path, spacing * 111.2 * (spacing > 2 ? 0.17 : 0.1));
    });
  });

  it('gives it back on a region of 0.25° across the date line', () => {
    const grid = regionalGrid(0.25, { north: 30, south: 5, west: 165, east: 198 });
    const path = along({ latitude: 16, longitude: 176.9, radiusKm: 150 }, 70, 180, 4);
    const tracks = tracksOf(name, grid, onceEach(path));
    expect(tracks).toHaveLength(1);
    expectPath(tracks[0], path, 1.5);
  });

  it('begins a track where a cyclone is born and ends it where it dies, each of two at its own time', () => {
    const grid = globalGrid(2.5);
    const one = along({ latitude: 18, longitude: -50 }, 290, 180, 9);
    const two = along({ latitude: -15, longitude: 70 }, 240, 180, 9);
    const weather = one.map((vortex, step) => [
      ...(step <= 5 ? [vortex] : []),
      ...(step >= 3 ? [two[step]!] : []),
    ]);
    const tracks = tracksOf(name, grid, weather);
    expect(tracks.map(({ id }) => id)).toEqual(['1', '2']);
    expectPath(tracks[0], one.slice(0, 6), 48);
    expectPath(tracks[1], two.slice(3), 48, 3);
  });

  it('ends one track where two cyclones merge, and begins one where one splits', () => {
    const grid = globalGrid(1);
    const radiusKm = 200;
    const deep = along({ latitude: 20, longitude: 140, depth: 5000, radiusKm }, 300, 120, 10);
    // The other comes from 1500 km east and is swallowed.
    const apart = Array.from({ length: 10 }, (_, step) => Math.max(0, 1500 - 250 * step));
    const shallow = deep.map((vortex, step) => ({
      ...vortex,
      ...travelled(vortex.latitude, vortex.longitude, 90, apart[step]!),
      depth: 2500,
    }));
    const together = deep.map((vortex, step) => (apart[step]! > 0 ? [vortex, shallow[step]!] : [vortex]));
    const merged = tracksOf(name, grid, together);
    expect(merged).toHaveLength(2);
    const long = merged.find(({ fixes }) => fixes.length === 10);
    expectPath(long, deep, 110);
    const short = merged.find((track) => track !== long)!;
    expect(short.fixes.length).toBeGreaterThanOrEqual(3);
    expect(short.fixes.length).toBeLessThanOrEqual(6);
    expectPath(short, shallow.slice(0, short.fixes.length), 110);

    const apartAgain = tracksOf(name, grid, [...together].reverse());
    expect(apartAgain.map(({ fixes }) => fixes.length).sort((a, b) => b - a)[0]).toBe(10);
    expect(apartAgain).toHaveLength(2);
  });

  it('follows two that pass each other, each on its own way', () => {
    const grid = globalGrid(1);
    const west = along({ latitude: 15, longitude: -40, radiusKm: 150 }, 270, 200, 8);
    const east = along({ latitude: 24.5, longitude: -53, radiusKm: 150 }, 90, 200, 8);
    const tracks = tracksOf(
      name,
      grid,
      west.map((vortex, step) => [vortex, east[step]!]),
    );
    expect(tracks).toHaveLength(2);
    expectPath(tracks[0], east, 12);
    expectPath(tracks[1], west, 12);
  });

  it('tells pressure, wind, vorticity and warmth as they are', () => {
    const grid = regionalGrid(0.25, { north: -5, south: -35, west: 30, east: 70 });
    const [track] = tracksOf(
      name,
      grid,
      onceEach(along({ latitude: -20, longitude: 50, radiusKm: 120, wind: 40, depth: 4000 }, 200, 60, 4)),
    );
    const { pressure, wind, vorticity, warmCore } = track!.fixes[0]!;
    expect(pressure).toBeCloseTo(97300, -1);
    expect(wind).toBeCloseTo(40, 0);
    // ζ = (1/r) d(r V)/dr at the centre of V = V₀ (r/R) e^½ e^(−r²/2R²): 2 V₀ e^½ / R, at 850 hPa 1.2 times as much.
    expect(vorticity / ((1.2 * 2 * 40 * Math.exp(0.5)) / 120e3)).toBeCloseTo(1, 1);
    expect(warmCore).toBeGreaterThan(300);
  });

  it('says the same of a grid that begins elsewhere, and longitude alone differs on a turned globe', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 143 }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: -80, max: 80, noNaN: true }),
        fc.double({ min: 0, max: 360, noNaN: true }),
        (columns, longitude, latitude, bearing) => {
          const path = along({ latitude, longitude }, bearing, 220, 4);
          const here = tracksOf(name, globalGrid(2.5), onceEach(path));
          const elsewhere = tracksOf(name, globalGrid(2.5, -2.5 * columns), onceEach(path));
          expect(sameTracks(elsewhere, here, (x) => x)).toBe(true);
          const turned = path.map((vortex) => ({ ...vortex, longitude: vortex.longitude + 2.5 * columns }));
          const there = tracksOf(name, globalGrid(2.5), onceEach(turned));
          expect(
            sameTracks(there, here, (fix) => ({ ...fix, longitude: fix.longitude + 2.5 * columns })),
          ).toBe(true);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('mirrors its tracks where the hemispheres are mirrored', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: 2, max: 80, noNaN: true }),
        fc.double({ min: 0, max: 360, noNaN: true }),
        (longitude, latitude, bearing) => {
          const path = along({ latitude, longitude }, bearing, 200, 4).filter((v) => v.latitude > 1);
          const mirrored = path.map((vortex) => ({ ...vortex, latitude: -vortex.latitude }));
          const here = tracksOf(name, globalGrid(2.5), onceEach(path));
          const there = tracksOf(name, globalGrid(2.5), onceEach(mirrored));
          expect(sameTracks(there, here, (fix) => ({ ...fix, latitude: -fix.latitude }))).toBe(true);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('keeps to the edge of a region: a low that leaves it ends there', () => {
    const grid = regionalGrid(1, { north: 40, south: 5, west: 100, east: 150 });
    const path = along({ latitude: 20, longitude: 130, radiusKm: 200 }, 88, 300, 10);
    const tracks = tracksOf(name, grid, onceEach(path));
    expect(tracks).toHaveLength(1);
    const { length } = tracks[0]!.fixes;
    expect(length).toBeGreaterThanOrEqual(4);
    expect(path[length - 1]!.longitude).toBeLessThan(149.5);
    expectPath(tracks[0], path.slice(0, length), 30);
  });
});

interface Seen {
  readonly latitude: number;
  readonly longitude: number;
}

function sameTracks(found: readonly Track[], wanted: readonly Track[], change: (fix: Seen) => Seen): boolean {
  expect(found.map(({ fixes }) => fixes.length)).toEqual(wanted.map(({ fixes }) => fixes.length));
  found.forEach((track, t) => {
    track.fixes.forEach((fix, i) => {
      const { latitude, longitude } = change(wanted[t]!.fixes[i]!);
      expect(distanceKm(fix.latitude, fix.longitude, latitude, longitude)).toBeLessThan(0.5);
      for (const number of ['pressure', 'wind', 'vorticity', 'warmCore'] as const) {
        const [a, b] = [fix[number], wanted[t]!.fixes[i]![number]];
        expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-3 * Math.abs(b) + 1e-9);
      }
    });
  });
  return true;
}

/** Weather of which some fields are missing. */
const without = (fields: FieldsAt, missing: RegExp): FieldsAt => {
  return (name) => (missing.test(name) ? null : fields(name));
};

describe('the tests of a tracker', () => {
  const grid = globalGrid(1);
  const found = (name: string, vortex: Partial<Vortex>, thresholds: Readonly<Record<string, number>> = {}) =>
    tracksOf(name, grid, onceEach(along({ latitude: 18, longitude: 60, ...vortex }, 300, 100, 3)), {
      ...(name === 'vitart' ? { minimumHours: 12, windHours: 12 } : {}),
      ...thresholds,
    }).length;

  it('of ecmwf: vorticity, the core outside the tropics, the latitude of genesis', () => {
    expect(found('ecmwf', {})).toBe(1);
    expect(found('ecmwf', { wind: 3 })).toBe(0);
    expect(found('ecmwf', { wind: 3 }, { vorticity: 1e-5 })).toBe(1);
    expect(found('ecmwf', { wind: -30 })).toBe(0);
    expect(found('ecmwf', { latitude: 35, warmth: -600 })).toBe(0);
    expect(found('ecmwf', { latitude: 35, warmth: -600 }, { tropics: 90 })).toBe(1);
    expect(found('ecmwf', { latitude: 35 })).toBe(1);
    expect(found('ecmwf', { warmth: -600 })).toBe(1);
    expect(found('ecmwf', { warmth: -600 }, { tropics: 0 })).toBe(0);
    expect(found('ecmwf', { latitude: 50 })).toBe(0);
    expect(found('ecmwf', { latitude: 50 }, { genesisLatitude: 60 })).toBe(1);
  });

  it('of ecmwf over land: wind', () => {
    const land = new Uint8Array(181 * 360).fill(1);
    const follow = (mask: Uint8Array | null, thresholds: Readonly<Record<string, number>>): number => {
      const following = makeTracker('ecmwf', thresholds).follow(grid, mask);
      const fields = vortexFields(grid, [{ latitude: 18, longitude: 60 }]);
      following.add(start, fields);
      expect(following.notes.some((note) => note.includes('land'))).toBe(mask === null);
      return following.tracks().length;
    };
    expect(follow(land, {})).toBe(1);
    expect(follow(land, { landWind: 32 })).toBe(0);
    expect(follow(null, { landWind: 32 })).toBe(1);
    expect(follow(new Uint8Array(181 * 360), { landWind: 32 })).toBe(1);
  });

  it('of ecmwf: a sharp turn is refused where it is not allowed', () => {
    const there = along({ latitude: 18, longitude: 60 }, 270, 300, 3);
    const back = [...there].reverse().slice(1);
    const lengths = (maximumTurn: number): number[] =>
      tracksOf('ecmwf', grid, onceEach([...there, ...back]), {
        maximumTurn,
        searchKm: 800,
        minimumHours: 0,
      }).map(({ fixes }) => fixes.length);
    expect(lengths(180)).toEqual([5]);
    expect(lengths(90)).toEqual([3, 2]);
  });

  it('of tempest: depth of pressure, a warm core, wind, latitude, the deeper of two close by', () => {
    expect(found('tempest', {})).toBe(1);
    expect(found('tempest', { depth: 150 })).toBe(0);
    expect(found('tempest', { depth: 150 }, { pressureRise: 100 })).toBe(1);
    expect(found('tempest', { warmth: -600 })).toBe(0);
    expect(found('tempest', { warmth: 40 })).toBe(0);
    expect(found('tempest', { wind: 9 })).toBe(0);
    expect(found('tempest', { latitude: 55 })).toBe(0);
    expect(found('tempest', { latitude: 55 }, { latitude: 60 })).toBe(1);
    const pair = (km: number) =>
      tracksOf(
        'tempest',
        grid,
        onceEach(along({ latitude: 18, longitude: 60, radiusKm: 120 }, 300, 100, 3)).map(([one]) => [
          one!,
          { ...one!, ...travelled(one!.latitude, one!.longitude, 90, km), depth: 2000 },
        ]),
      );
    expect(pair(900)).toHaveLength(2);
    expect(pair(550)).toHaveLength(1);
  });

  it('of tempest: a gap in the series of centres is outlived where it is allowed', () => {
    const path = along({ latitude: 18, longitude: 60 }, 300, 100, 6);
    const weather = path.map((vortex, step) => [step === 2 ? { ...vortex, depth: 100 } : vortex]);
    const lengths = (maximumGap: number): number[] =>
      tracksOf('tempest', grid, weather, { maximumGap, minimumHours: 6 }).map(({ fixes }) => fixes.length);
    expect(lengths(0)).toEqual([2, 3]);
    expect(lengths(1)).toEqual([5]);
  });

  it('of vitart: vorticity, a core of temperature and of thickness, wind', () => {
    expect(found('vitart', {})).toBe(1);
    expect(found('vitart', { wind: 3 })).toBe(0);
    expect(found('vitart', { warmth: -600 })).toBe(0);
    expect(found('vitart', { warmth: 60 })).toBe(0);
    expect(found('vitart', { wind: 12 })).toBe(0);
    expect(found('vitart', { wind: 12 }, { wind: 10 })).toBe(1);
    // No pressure is too high for a weak storm.
    expect(found('vitart', { depth: 600 })).toBe(1);
    expect(found('vitart', { depth: 600 }, { maximumPressure: 99000 })).toBe(0);
  });

  it('of lows: depth and latitude; a geopotential serves where there is no pressure', () => {
    expect(found('lows', { latitude: 50, warmth: -600 }, { minimumHours: 12 })).toBe(1);
    expect(found('lows', { latitude: 50, depth: 150 }, { minimumHours: 12 })).toBe(0);
    expect(found('lows', { latitude: 10 }, { minimumHours: 12 })).toBe(0);
    const path = along({ latitude: 50, longitude: -20 }, 60, 300, 5);
    for (const [missing, note] of [
      [/msl/, 'z1000'],
      [/msl|z1000/, 'z850'],
      [/msl|z1000|z850/, 'z500'],
    ] as const) {
      const following = makeTracker('lows').follow(grid, null);
      path.forEach((vortex, step) => {
        following.add(start + 6 * step * hour, without(vortexFields(grid, [vortex]), missing));
      });
      const [track, ...others] = following.tracks();
      expect(others).toEqual([]);
      expectPath(track, path, 12);
      expect(track!.fixes[0]!.pressure).toBeNaN();
      expect(following.notes).toContainEqual(expect.stringContaining(`those of ${note}`));
    }
  });

  it('of lows: daily fields are followed by what moved them before', () => {
    // 1000 km a day; on the third day another is born 500 km behind where the first one was: nearer than where it is.
    const first = along({ latitude: 45, longitude: -60 }, 75, 1000, 6);
    const second = along({ latitude: 45, longitude: -79.1 }, 75, 1000, 6);
    const weather = first.map((vortex, day) => (day < 2 ? [vortex] : [vortex, second[day]!]));
    const lengths = (persistence: number): number[] =>
      tracksOf('lows', grid, weather, { persistence }, 24).map(({ fixes }) => fixes.length);
    expect(lengths(0.75)).toEqual([6, 4]);
    expect(lengths(0)).not.toEqual([6, 4]);
  });
});

describe('what is missing', () => {
  const grid = globalGrid(2.5);
  const follow = (name: string, missing: RegExp) => {
    const following = makeTracker(name, everywhere[name]!).follow(grid, null);
    following.add(start, without(vortexFields(grid, [{ latitude: 35, longitude: 60 }]), missing));
    return { notes: following.notes.join('\n'), fix: following.tracks()[0]?.fixes[0] };
  };

  it.each([
    ['ecmwf', /850/, /vorticity is not known.*left out/, 'vorticity'],
    ['ecmwf', /^[zt]/, /warm core are left out/, 'warmCore'],
    ['ecmwf', /10$/, /winds are not known/, 'wind'],
    ['tempest', /^[zt]/, /warm core are left out/, 'warmCore'],
    ['tempest', /10$/, /winds are not known/, 'wind'],
    ['vitart', /^[zt]/, /no temperature from 500 to 200/, 'warmCore'],
  ] as const)('leaves out a test of %s without %s, and says so', (name, missing, note, number) => {
    const { notes, fix } = follow(name, missing);
    expect(notes).toMatch(note);
    expect(fix?.latitude).toBeCloseTo(35, 0);
    expect(fix?.[number]).toBeNaN();
  });

  it('is said with what stands for it', () => {
    expect(follow('tempest', /z300/).notes).toMatch(/Z200 − Z500, scaled by 0\.56 stands for Z300 − Z500/);
    expect(follow('tempest', /^z/).notes).toMatch(/temperature at 300 hPa/);
    expect(follow('tempest', /nothing/).notes).not.toMatch(/stands for/);
  });

  it.each(trackerNames)('stops %s where nothing shows lows at all', (name) => {
    const following = makeTracker(name).follow(grid, null);
    expect(() => following.add(start, () => null)).toThrow(
      /tracker .* at 2020-09-01T00Z: none of msl.* is there/,
    );
  });
});

describe('what trackers are asked', () => {
  it.each([
    ['an unknown tracker', () => makeTracker('wuduan'), /no tracker "wuduan"; choose one of ecmwf, tempest/],
    [
      'an unknown threshold',
      () => makeTracker('ecmwf', { speed: 3 }),
      /no threshold "speed"; it has searchKm/,
    ],
    ['a threshold below 0', () => makeTracker('lows', { depth: -1 }), /depth is -1; expected a number of Pa/],
    ['one that is no number', () => makeTracker('lows', { depth: Number.NaN }), /depth is NaN/],
    [
      'a grid too coarse',
      () => makeTracker('ecmwf').follow(globalGrid(5), null),
      /nearKm reaches 278 km, less than a grid length \(556 km; grid of 37 × 72/,
    ],
    [
      'a grid without inner points',
      () => makeTracker('lows').follow(makeGrid([10, 0], [0, 10, 20]), null),
      /no inner points; expected 3 × 3/,
    ],
    [
      'a mask of another grid',
      () => makeTracker('ecmwf').follow(globalGrid(2.5), new Uint8Array(3)),
      /mask has 3 points, the grid 10512/,
    ],
    [
      'times that fall',
      () => {
        const following = makeTracker('lows').follow(globalGrid(5), null);
        const fields = vortexFields(globalGrid(5), []);
        following.add(start, fields);
        following.add(start, fields);
      },
      /times must rise/,
    ],
  ])('is refused where it is %s', (_, ask, message) => {
    expect(ask).toThrow(message);
  });

  it('of a series too short to last, tracks that last all of it', () => {
    const following = makeTracker('tempest').follow(globalGrid(1), null);
    following.add(start, vortexFields(globalGrid(1), [{ latitude: 18, longitude: 60 }]));
    expect(following.tracks()).toHaveLength(1);
    expect(following.notes).toContainEqual(expect.stringContaining('the series is 0 h long'));
    expect(makeTracker('lows').follow(globalGrid(1), null).tracks()).toEqual([]);
  });
});
