/**
 * The trackers in real weather: what agencies fixed there (HURDAT2, as ../shared/data/README.md quotes it) is found, and
 * what the field shows beside it is told as it is.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openArchive } from '../../../core/archive/open.js';
import { type Grid, gridSize } from '../../../core/grid.js';
import { distanceKm } from '../../../core/sphere/distance.js';
import { localMaxima, localMinima } from '../../../evaluation/cyclones/fields/extrema.js';
import { sphereGrid } from '../../../evaluation/cyclones/fields/sphereGrid.js';
import { subgridCentre } from '../../../evaluation/cyclones/fields/subgridCentre.js';
import { relativeVorticity } from '../../../evaluation/cyclones/fields/vorticity.js';
import type { Fix } from '../../../evaluation/cyclones/track.js';
import type { FieldsAt } from '../../../evaluation/cyclones/tracker.js';
import { makeTracker } from '../../../evaluation/cyclones/trackers/presets.js';
import { pressureIsMissing, readPressures, whyPressureIsSkipped } from '../memoryArchive.js';
import { idaPath, jovaPath, readRealFields, tl31Path, whySkipped } from './realFields.js';

const gridLength = 2.5 * 111.2;

function fixesOf(
  name: string,
  { grid, fields }: { grid: Grid; fields: FieldsAt },
  thresholds: Readonly<Record<string, number>> = {},
): Fix[] {
  const following = makeTracker(name, thresholds).follow(grid, null);
  following.add(Date.UTC(2011, 9, 11), fields);
  return following.tracks().map(({ fixes }) => fixes[0]!);
}

const kmFrom =
  (latitude: number, longitude: number) =>
  (fix: Fix): number =>
    distanceKm(latitude, longitude, fix.latitude, fix.longitude);

describe.skipIf(!existsSync(jovaPath))(`GFS with Jova and Irwin${whySkipped(jovaPath)}`, () => {
  const names = { u10: 'u10', v10: 'v10', u850: 'u850', v850: 'v850', t300: 't300' };
  const read = (msl: string) => readRealFields(jovaPath, { ...names, msl });

  it.each(['prmsl', 'mslet'])(
    'the pressure centre of Jova lies within a grid length of 17.5° N 105.0° W, in %s',
    async (msl) => {
      const { grid, fields } = await read(msl);
      const sphere = sphereGrid(grid);
      const pressure = fields('msl')!;
      const near = localMinima(sphere, pressure)
        .map((point) => ({ ...subgridCentre(sphere, pressure, point, 'minimum'), lowest: pressure[point]! }))
        .filter(({ latitude, longitude }) => distanceKm(17.5, -105, latitude, longitude) < gridLength);
      expect(near).toHaveLength(1);
      // As the README has it, of the two reductions to sea level.
      expect(near[0]!.lowest).toBeCloseTo(msl === 'prmsl' ? 99015 : 97886, -1);
    },
  );

  it.each([
    ['ecmwf', { tropics: 0 }],
    ['tempest', {}],
    ['vitart', {}],
  ] as const)('%s accepts Jova as a warm-core cyclone', async (name, thresholds) => {
    const jova = fixesOf(name, await read('prmsl'), thresholds).filter(
      (fix) => kmFrom(17.5, -105)(fix) < gridLength,
    );
    expect(jova).toHaveLength(1);
    expect(jova[0]!.pressure).toBeCloseTo(99015, -1);
    expect(jova[0]!.wind).toBeCloseTo(34.2, 0);
    // The field's own vorticity there, 8.8e-4 absolute, is of its full resolution; of winds 2.5° apart less is left.
    expect(jova[0]!.vorticity).toBeGreaterThan(1e-4);
    // HURDAT2 has it at 16.8° N 106.2° W: a forecast of 72 h.
    expect(kmFrom(16.8, -106.2)(jova[0]!)).toBeLessThan(149 + 30);
  });

  it('its core is warmer than its surroundings by 1.5 K or more, and so is that of Irwin', async () => {
    for (const fix of fixesOf('tempest', await read('prmsl'))) {
      // m² s⁻² of thickness from 500 to 300 hPa, as T₃₀₀ stands for it.
      expect(fix.warmCore / (287.05 * Math.log(5 / 3))).toBeGreaterThan(1.5);
    }
  });

  it('Irwin is a cyclone of its own: north of its fix, weaker than Jova, and stronger than it was', async () => {
    const real = await read('prmsl');
    for (const [name, thresholds] of [
      ['ecmwf', { tropics: 0 }],
      ['tempest', {}],
      ['vitart', {}],
    ] as const) {
      const fixes = fixesOf(name, real, thresholds);
      const irwin = fixes.filter((fix) => kmFrom(17.5, -117.5)(fix) < gridLength / 2);
      expect(irwin).toHaveLength(1);
      // 35 kt at 15.1° N 116.5° W: the forecast has it 220 km north with 24.6 m s⁻¹ at 17.5° N 117.5° W.
      expect(kmFrom(15.1, -116.5)(irwin[0]!)).toBeLessThan(1.1 * gridLength);
      expect(irwin[0]!.latitude).toBeGreaterThan(16);
      expect(irwin[0]!.pressure).toBeCloseTo(99615, -1);
      expect(irwin[0]!.wind).toBeCloseTo(24.6, 1);
    }
  });

  it('tempest finds these two and no other on the whole globe', async () => {
    const fixes = fixesOf('tempest', await read('prmsl'));
    expect(fixes.map(({ longitude }) => Math.round(longitude / 10) * 10).sort()).toEqual([-110, -120].sort());
  });

  it('ecmwf finds besides, where cores must be warm everywhere, a third, east of the Philippines', async () => {
    const fixes = fixesOf('ecmwf', await read('prmsl'), { tropics: 0 });
    expect(fixes).toHaveLength(3);
    const others = fixes.filter(({ longitude }) => longitude > 0);
    expect(others).toHaveLength(1);
    expect(kmFrom(9.6, 129.1)(others[0]!)).toBeLessThan(100);
  });

  it('lows outside the tropics are many, between 20° and 80°, and turn as their hemisphere does', async () => {
    const fixes = fixesOf('lows', await read('prmsl'));
    expect(fixes.length).toBeGreaterThan(15);
    expect(fixes.length).toBeLessThan(40);
    for (const fix of fixes) {
      expect(Math.abs(fix.latitude)).toBeGreaterThan(19);
      expect(fix.vorticity).toBeGreaterThan(0);
    }
    // The deepest lies over the southern ocean.
    const deepest = fixes.reduce((a, b) => (a.pressure < b.pressure ? a : b));
    expect(deepest.latitude).toBeLessThan(-45);
  });
});

describe.skipIf(!existsSync(idaPath))(`Analysed winds at the genesis of Ida${whySkipped(idaPath)}`, () => {
  it('the vorticity centre lies within 50 km of the best-track fix, 16.5° N 78.9° W', async () => {
    const { grid, fields } = await readRealFields(idaPath, { u10: 'u10', v10: 'v10' });
    const sphere = sphereGrid(grid);
    const vorticity = relativeVorticity(sphere, fields('u10')!, fields('v10')!);
    const strongest = localMaxima(sphere, vorticity).reduce((a, b) =>
      vorticity[a]! > vorticity[b]! ? a : b,
    );
    const { latitude, longitude } = subgridCentre(sphere, vorticity, strongest, 'maximum');
    expect(distanceKm(16.5, -78.9, latitude, longitude)).toBeLessThan(50);
    expect(vorticity[strongest]).toBeGreaterThan(5e-4);
  });

  it('coasts and the edge are missing, and no maximum is found beside them', async () => {
    const { grid, fields } = await readRealFields(idaPath, { u10: 'u10', v10: 'v10' });
    const sphere = sphereGrid(grid);
    const wind = fields('u10')!;
    const vorticity = relativeVorticity(sphere, wind, fields('v10')!);
    expect(vorticity.filter((value) => Number.isNaN(value)).length).toBeGreaterThan(70212);
    for (const point of localMaxima(sphere, vorticity)) {
      for (const beside of [point - 1, point + 1, point - sphere.columns, point + sphere.columns]) {
        expect(wind[beside]).not.toBeNaN();
      }
    }
  });
});

describe.skipIf(!existsSync(tl31Path))(`ERA5 on a Gaussian grid of 5.6°${whySkipped(tl31Path)}`, () => {
  it('lows are found in its geopotential, in both hemispheres, cyclonic all', async () => {
    const archive = await openArchive([tl31Path]);
    const { schema, times } = archive;
    const { values } = await archive.read(0);
    await archive.close();
    const points = gridSize(schema.grid);
    const fields: FieldsAt = (name) => {
      const level = Number(/\d+$/.exec(name)?.[0] ?? Number.NaN);
      const at = schema.channels.findIndex(
        (channel) => channel.level === level && channel.variable === name.slice(0, -String(level).length),
      );
      return at < 0 || name.endsWith('10') ? null : values.subarray(at * points, (at + 1) * points);
    };
    const following = makeTracker('lows').follow(schema.grid, null);
    following.add(times[0]!, fields);
    const fixes = following.tracks().map(({ fixes: [fix] }) => fix!);
    expect(following.notes[0]).toMatch(/those of z1000/);
    expect(fixes.length).toBeGreaterThan(5);
    expect(fixes.some(({ latitude }) => latitude > 20) && fixes.some(({ latitude }) => latitude < -20)).toBe(
      true,
    );
    for (const { vorticity } of fixes) expect(vorticity).toBeGreaterThan(0);
  });
});

describe.skipIf(pressureIsMissing)(
  `Daily pressures of a winter over the North Atlantic${whyPressureIsSkipped}`,
  () => {
    it('lows are followed from day to day: some a week, eastward and poleward, at the speed of lows', async () => {
      const archive = await readPressures();
      const following = makeTracker('lows').follow(archive.schema.grid, null);
      const winter = [...archive.times.entries()].filter(
        ([, time]) => time >= Date.UTC(2003, 11, 1) && time < Date.UTC(2004, 2, 1),
      );
      for (const [index, time] of winter) {
        const { values } = await archive.read(index);
        following.add(time, (name) => (name === 'msl' ? values : null));
      }
      const tracks = following.tracks();
      expect(winter).toHaveLength(91);
      const steps = tracks.flatMap(({ fixes }) =>
        fixes.slice(1).map((fix, i) => ({ from: fixes[i]!, to: fix })),
      );
      expect(tracks.length).toBeGreaterThan(25);
      expect(tracks.length).toBeLessThan(110);
      const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
      const speeds = steps.map(({ from, to }) => kmFrom(from.latitude, from.longitude)(to) / 86.4);
      expect(mean(speeds)).toBeGreaterThan(5);
      expect(mean(speeds)).toBeLessThan(15);
      expect(Math.max(...speeds)).toBeLessThanOrEqual(33.001);
      expect(mean(steps.map(({ from, to }) => to.longitude - from.longitude))).toBeGreaterThan(2);
      expect(mean(steps.map(({ from, to }) => to.latitude - from.latitude))).toBeGreaterThan(0);
      // Where the pressure is told, it is that of a low over this ocean.
      const pressures = tracks.flatMap(({ fixes }) => fixes.map(({ pressure }) => pressure));
      expect(mean(pressures)).toBeGreaterThan(97000);
      expect(mean(pressures)).toBeLessThan(100800);
    });
  },
);
