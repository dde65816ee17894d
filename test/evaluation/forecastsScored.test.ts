/**
 * Parts of ensembles and their units, what paths mean, and a real ensemble scored from its file: fair CRPS of nine
 * ERA5 members against the tenth, by region, as NumPy gives it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { regriddedArchive } from '../../core/regrid/regriddedArchive.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { forecastPaths } from '../../evaluation/forecasts/forecastPaths.js';
import { openForecast } from '../../evaluation/forecasts/openForecast.js';
import { inUnitsOf, withChannels, withStarts } from '../../evaluation/forecasts/partOfSource.js';
import { verify } from '../../evaluation/verify.js';
import { regionsFrom } from '../../src/regionOption.js';
import { onCommonGround } from '../../src/regridOption.js';
import { memoryArchive } from './memoryArchive.js';

const hour = 3_600_000;
const grid = makeGrid([50, 40], [0, 10]);

/** Two members of three channels; every value tells where it comes from. */
const source: EnsembleSource = {
  schema: {
    grid,
    channels: [
      { variable: 't', level: 850, unit: 'K' },
      { variable: 't', level: 500, unit: 'K' },
      { variable: 'rain', level: null, unit: 'mm' },
    ],
  },
  starts: Float64Array.of(0, 24 * hour, 48 * hour),
  leadsHours: [24],
  manifest: { weight_samples: 1, noise_streams: 2 },
  async readMembers(start, _, channel, { from, to } = { from: 0, to: 4 }, into) {
    const values = into?.subarray(0, 2 * (to - from)) ?? new Float32Array(2 * (to - from));
    for (let i = 0; i < values.length; i++) {
      const [member, point] = [Math.floor(i / (to - from)), from + (i % (to - from))];
      values[i] = start / hour + 1000 * channel + 100 * member + point;
    }
    return { values, members: [0, 1] };
  },
};

describe('part of an ensemble', () => {
  it('some of its starts, in their order', () => {
    expect(Array.from(withStarts(source, [48 * hour, 0], 'it').starts)).toEqual([0, 48 * hour]);
    expect(() => withStarts(source, [hour], 'run "x"')).toThrow(
      /run "x" has no start 1970-01-01T01Z; it has 3, 1970-01-01T00Z … 1970-01-03T00Z/,
    );
  });

  it('some of its channels, by any of their names', async () => {
    const part = withChannels(source, ['rain', 'ta500'], 'it');
    expect(part.schema.channels.map(({ variable, level }) => [variable, level])).toEqual([
      ['rain', null],
      ['t', 500],
    ]);
    expect([...(await part.readMembers(0, 24, 1, { from: 1, to: 3 })).values]).toEqual([
      1001, 1002, 1101, 1102,
    ]);
    expect(withChannels(source, ['temperature'], 'it').schema.channels).toHaveLength(2);
    expect(() => withChannels(source, ['z500'], 'run "x"')).toThrow(
      /run "x" has no channel "z500"; it has t850, t500, rain/,
    );
  });

  it('in the units of what it is scored against', async () => {
    const metres = { grid, channels: [{ variable: 'rain', level: null, unit: 'm' }] };
    const found = inUnitsOf(source, 'it', metres, 'the archive');
    expect(found.converted).toEqual(['rain from "mm" to "m"']);
    const room = new Float32Array(8);
    const into = await found.source.readMembers(0, 24, 2, undefined, room);
    const fresh = await found.source.readMembers(0, 24, 2);
    const expected = Float32Array.from([2000, 2001, 2002, 2003, 2100, 2101, 2102, 2103], (mm) => mm / 1000);
    expect(into.values.buffer).toBe(room.buffer);
    expect(into.values).toEqual(expected);
    expect(fresh.values).toEqual(expected);
    expect((await found.source.readMembers(0, 24, 0)).values).toEqual(
      (await source.readMembers(0, 24, 0)).values,
    );
    expect(inUnitsOf(source, 'it', { grid, channels: [] }, 'the archive').source).toBe(source);
  });
});

describe('truth and forecasts', () => {
  const coarse = makeGrid([45], [5]);
  const archive = memoryArchive(
    { grid, channels: [{ variable: 't', level: 850, unit: 'K' }] },
    Float64Array.of(0),
    Float32Array.of(1, 2, 3, 4),
  );
  const onGrid = (of: typeof grid) => ({
    name: 'forecast "f"',
    source: { ...source, schema: { ...source.schema, grid: of } },
  });

  it('on one grid are left alone; points of the archive are taken; else the method must be named', async () => {
    const truth = { name: 'archive "a"', archive };
    expect(onCommonGround(onGrid(grid), truth, undefined)).toMatchObject({ archive, notes: [] });
    const turned = onCommonGround(onGrid(makeGrid([40], [-350, 0])), truth, undefined);
    expect([...(await turned.archive.read(0)).values]).toEqual([4, 3]);
    expect(turned.notes).toHaveLength(1);
    expect(() => onCommonGround(onGrid(coarse), truth, undefined)).toThrow(
      /forecast "f" lies on a grid of 1 × 1 points.*archive "a" on one of 2 × 2 points.*--regrid conservative.*--regrid bilinear/,
    );
    const met = onCommonGround(onGrid(coarse), truth, 'bilinear');
    expect([...(await met.archive.read(0)).values]).toEqual([2.5]);
  });
});

describe('a path', () => {
  const directory = mkdtempSync(join(tmpdir(), 'plume-paths-'));
  const at = (...names: string[]): string => join(directory, ...names);
  beforeAll(() => {
    for (const name of ['run', 'store.zarr', 'files', 'empty']) mkdirSync(at(name));
    writeFileSync(at('run', 'manifest.json'), '{}');
    writeFileSync(at('store.zarr', '.zgroup'), '{}');
    for (const name of ['b_2.nc', 'a_1.nc', 'notes.txt', '.hidden.nc']) writeFileSync(at('files', name), '');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is a run, a file, a store, a pattern or a directory of files', () => {
    expect(forecastPaths(at('run'))).toEqual({ kind: 'run', directory: at('run') });
    expect(forecastPaths(at('store.zarr'))).toEqual({ kind: 'files', paths: [at('store.zarr')] });
    expect(forecastPaths(at('files', 'b_2.nc'))).toEqual({ kind: 'files', paths: [at('files', 'b_2.nc')] });
    const both = { kind: 'files', paths: [at('files', 'a_1.nc'), at('files', 'b_2.nc')] };
    expect(forecastPaths(at('files'))).toEqual(both);
    expect(forecastPaths(at('files', '?_*.nc'))).toEqual(both);
    expect(forecastPaths('https://example.org/x.zarr')).toEqual({
      kind: 'files',
      paths: ['https://example.org/x.zarr'],
    });
  });

  it('to nothing is told as what it looks like', () => {
    expect(() => forecastPaths(at('nowhere.nc'))).toThrow(/there is no such file or directory/);
    expect(() => forecastPaths(at('files', 'c_*.nc'))).toThrow(/no file has such a name/);
    // The reader of runs says what a directory lacks.
    expect(forecastPaths(at('empty'))).toEqual({ kind: 'run', directory: at('empty') });
    expect(forecastPaths(at('nowhere'))).toEqual({ kind: 'run', directory: at('nowhere') });
  });
});

const members = resolve('..', 'shared', 'data', 'era5-eda', 'era5-eda-20170101.nc');

describe.skipIf(!existsSync(members))(
  `nine ERA5 members against the tenth (skipped without ${members})`,
  () => {
    it('have the fair CRPS that NumPy gives, in every region, whatever grid the truth comes on', async () => {
      const { source: all, close } = await openForecast([members], { variables: ['t850'] });
      const points = 61 * 120;
      const times = Array.from(all.starts);
      const truth = new Float32Array(times.length * points);
      for (const [t, time] of times.entries()) {
        const { values } = await all.readMembers(time, 0, 0);
        truth.set(values.subarray(0, points), t * points);
      }
      const others: EnsembleSource = {
        ...all,
        manifest: { weight_samples: 1, noise_streams: 9 },
        async readMembers(start, lead, channel, range) {
          const { values } = await all.readMembers(start, lead, channel, range);
          const width = values.length / 10;
          return { values: values.slice(width), members: Array.from({ length: 9 }, (_, m) => m) };
        },
      };
      const own = memoryArchive(all.schema, Float64Array.from(times), truth);
      const turned = makeGrid(
        all.schema.grid.latitudes,
        Array.from({ length: 120 }, (_, j) => 3 * j - 180),
      );
      const archive = regriddedArchive(regriddedArchive(own, turned, 'points'), all.schema.grid, 'points');
      const regions = await regionsFrom({ regions: ['nh', 'tropics', 'sh'] }, all.schema.grid);
      const { rows } = await verify({ run: others, archive, regions, workers: 0, resamples: 10 });
      // numpy 2.4.6: mean |x − y| − Σ|xᵢ − xⱼ| / (2 · 9 · 8), weights sin of edges, mean of both times.
      const known = {
        all: 0.1473387335313947,
        nh: 0.1233844038461705,
        tropics: 0.15593031363013965,
        sh: 0.16268316259434945,
      };
      for (const [region, value] of Object.entries(known)) {
        const row = rows.find((one) => one.metric === 'crps' && one.region === region);
        expect(row?.value).toBeCloseTo(value, 13);
        expect(row?.n).toBe(2);
      }
      await close();
    });
  },
);
