/** Stores written time by time: read back by our reader and by xarray, killed and resumed to the same bytes. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveInfo } from '../../core/archive/info.js';
import { openArchive } from '../../core/archive/open.js';
import { chunkTimesOf, type ZarrLayout } from '../../core/archive/zarrLayout.js';
import { ZarrWriter } from '../../core/archive/zarrWriter.js';
import { makeGrid } from '../../core/grid.js';
import { channelName } from '../../core/schema.js';

const epoch = Date.UTC(2001, 0, 1);
const hour = 3_600_000;
const grid = makeGrid([90, 30, -30, -90], [0, 72, 144, 216, 288]);
const points = 20;
const layout: ZarrLayout = {
  schema: {
    channels: [
      ...[250, 500, 850].map((level) => ({ variable: 'z', level, unit: 'm2 s-2' })),
      ...[250, 500, 850].map((level) => ({ variable: 't', level, unit: 'K' })),
      { variable: 'msl', level: null, unit: 'Pa' },
      { variable: 'vo_ml1', level: null, unit: 's-1' },
      { variable: 'lnsp', level: null, unit: '1' },
    ],
    grid,
  },
  epoch,
  attributes: { title: 'a test', seed: 7 },
  variables: {
    z: { standard_name: 'geopotential' },
    t: { standard_name: 'air_temperature' },
    msl: { standard_name: 'air_pressure_at_mean_sea_level' },
    vo_ml1: { standard_name: 'atmosphere_relative_vorticity', model_level: 1, sigma: 0.0625 },
    lnsp: { long_name: 'logarithm of surface pressure' },
  },
};
const channels = layout.schema.channels.map(channelName);

const valueAt = (time: number, channel: number, point: number): number =>
  Math.fround(1000 * channel + time + Math.sin(point + time) / 3);
const valuesOf = (time: number): Float32Array =>
  Float32Array.from({ length: channels.length * points }, (_, i) =>
    valueAt(time, Math.floor(i / points), i % points),
  );

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plume-zarr-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Appends times [writer.count, to), six hours apart. */
async function extend(writer: ZarrWriter, to: number): Promise<void> {
  for (let i = writer.count; i < to; i++) await writer.append(epoch + 6 * i * hour, valuesOf(i));
}

async function written(name: string, times: number): Promise<string> {
  const path = join(directory, name);
  const writer = await ZarrWriter.open(path, layout);
  await extend(writer, times);
  await writer.commit();
  return path;
}

function files(path: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(path, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(path, name)).toString('base64')]),
  );
}

/** Times and the values of every one, by our own reader. */
async function readBack(path: string): Promise<{ times: number[]; values: Float32Array[] }> {
  const archive = await openArchive([path]);
  try {
    expect(archive.schema.channels).toEqual(layout.schema.channels);
    expect(archive.schema.grid).toEqual(grid);
    const values = [];
    for (let i = 0; i < archive.times.length; i++) values.push((await archive.read(i)).values.slice());
    return { times: [...archive.times], values };
  } finally {
    await archive.close();
  }
}

async function expectTimes(path: string, count: number): Promise<void> {
  const { times, values } = await readBack(path);
  expect(times).toEqual(Array.from({ length: count }, (_, i) => epoch + 6 * i * hour));
  expect(values).toEqual(Array.from({ length: count }, (_, i) => valuesOf(i)));
}

describe('a Zarr store', () => {
  it('comes back to the bit, with channels in their order, over several chunks', async () => {
    expect(chunkTimesOf(layout.schema)).toBe(32);
    await expectTimes(await written('whole', 75), 75);
  });

  it('is described by archive info and gives model-level channels by name', async () => {
    const path = await written('whole', 40);
    const info = await archiveInfo(path);
    expect(info.problems).toEqual([]);
    expect(info.format).toBe('Zarr v2');
    expect(info.levels).toEqual([850, 500, 250]);
    expect(info.grid).toMatchObject({ latitudes: 4, longitudes: 5, extent: 'global' });
    expect(info.time).toMatchObject({ count: 40, first: '2001-01-01', step: 'PT6H', calendar: 'standard' });
    expect(info.variables.every(({ missingShare }) => missingShare === null || missingShare === 0)).toBe(
      true,
    );
    const archive = await openArchive([path], { variables: ['vo_ml1', 't500'] });
    expect(archive.schema.channels.map(channelName)).toEqual(['vo_ml1', 't500']);
    const { values } = await archive.read(33);
    expect(values[3]).toBe(valueAt(33, 7, 3));
    expect(values[points + 3]).toBe(valueAt(33, 4, 3));
    await archive.close();
  });

  it.each([1, 31, 32, 33, 64, 70])(
    'taken up after %i times has the bytes of one written at once',
    async (stop) => {
      const expected = files(await written('whole', 75));
      const path = await written('parts', stop);
      await expectTimes(path, stop);
      const writer = await ZarrWriter.open(path, layout);
      expect(writer.count).toBe(stop);
      await extend(writer, 75);
      await writer.commit();
      expect(files(path)).toEqual(expected);
    },
  );

  it('committed often has the bytes of one committed once', async () => {
    const expected = files(await written('whole', 67));
    const path = join(directory, 'often');
    const writer = await ZarrWriter.open(path, layout);
    for (let to = 5; to < 67; to += 9) {
      await extend(writer, to);
      await writer.commit();
      await expectTimes(path, to);
    }
    await extend(writer, 67);
    await writer.commit();
    expect(files(path)).toEqual(expected);
  });

  it('left between two commits reads as it was at the first, and goes on from there', async () => {
    const expected = files(await written('whole', 75));
    const path = await written('killed', 40);
    const writer = await ZarrWriter.open(path, layout);
    await extend(writer, 68); // one more chunk is on disk, nothing says so
    writeFileSync(join(path, 'z', '2.0.0.0.tmp-999999999-0.0'), 'half a file');
    await expectTimes(path, 40);
    const next = await ZarrWriter.open(path, layout);
    expect(next.count).toBe(40);
    await extend(next, 75);
    await next.commit();
    expect(files(path)).toEqual(expected);
  });

  it('never committed begins again', async () => {
    const path = join(directory, 'begun');
    await extend(await ZarrWriter.open(path, layout), 40);
    expect(existsSync(join(path, '.zmetadata'))).toBe(false);
    const writer = await ZarrWriter.open(path, layout);
    expect(writer.count).toBe(0);
    await extend(writer, 3);
    await writer.commit();
    await expectTimes(path, 3);
  });

  it('is refused with another layout, naming what differs, and where it is damaged', async () => {
    const path = await written('whole', 40);
    const other = { ...layout, attributes: { ...layout.attributes, seed: 8 } };
    await expect(ZarrWriter.open(path, other)).rejects.toThrow(/\.zattrs\.seed: 7 ≠ 8 \(there ≠ now\)/);
    cpSync(path, join(directory, 'copy'), { recursive: true });
    writeFileSync(join(path, 'msl', '1.0.0'), 'no blosc');
    await expect(ZarrWriter.open(path, layout)).rejects.toThrow(/msl\/1\.0\.0.*damaged/);
    rmSync(join(directory, 'copy', 'z', '1.2.0.0'));
    await expect(ZarrWriter.open(join(directory, 'copy'), layout)).rejects.toThrow(/1\.2\.0\.0.*damaged/);
  });

  it('takes no time that does not follow the last', async () => {
    const writer = await ZarrWriter.open(join(directory, 'order'), layout);
    await extend(writer, 2);
    await expect(writer.append(epoch + 6 * hour, valuesOf(1))).rejects.toThrow(/does not follow/);
    await expect(writer.append(epoch + 12.5 * hour, valuesOf(2))).rejects.toThrow(/does not follow/);
  });
});

const python = process.env.PLUME_PYTHON ?? 'python3';
const hasXarray = spawnSync(python, ['-c', 'import xarray, zarr']).status === 0;

describe('xarray', () => {
  it.skipIf(!hasXarray).each([true, false])(
    'opens it with equal values and decoded times, consolidated metadata: %s (needs PLUME_PYTHON with xarray and zarr)',
    async (consolidated) => {
      const path = await written('whole', 40);
      const script = `
import json, sys, warnings
warnings.simplefilter('error', FutureWarning)
import xarray as xr, numpy as np
ds = xr.open_zarr(sys.argv[1], consolidated=${consolidated ? 'True' : 'False'})
print(json.dumps({
  'dims': dict(ds.sizes), 'zdims': ds.z.dims, 'coords': sorted(map(str, ds.coords)), 'data': sorted(map(str, ds.data_vars)),
  'times': [str(ds.time.values[0]), str(ds.time.values[-1])], 'nan': int(sum(np.isnan(v).sum() for v in ds.values())),
  'attrs': ds.attrs, 'vo': ds.vo_ml1.attrs, 'unit': ds.z.units, 'level': ds.level.values.tolist(),
  'dtype': str(ds.msl.dtype), 'calendar': ds.time.encoding['calendar'],
  't500': ds.t.sel(level=500).isel(time=33).values.ravel().tolist(),
  'msl': ds.msl.sel(time='2001-01-09T06', lat=30, lon=144).item(),
}))`;
      const run = spawnSync(python, ['-c', script, path], { encoding: 'utf8' });
      if (run.status !== 0) throw new Error(run.stderr);
      expect(JSON.parse(run.stdout)).toEqual({
        dims: { time: 40, level: 3, lat: 4, lon: 5 },
        zdims: ['time', 'level', 'lat', 'lon'],
        coords: ['lat', 'level', 'lon', 'time'],
        data: ['lnsp', 'msl', 't', 'vo_ml1', 'z'],
        times: ['2001-01-01T00:00:00.000000000', '2001-01-10T18:00:00.000000000'],
        nan: 0,
        attrs: { Conventions: 'CF-1.8', title: 'a test', seed: 7 },
        vo: { standard_name: 'atmosphere_relative_vorticity', model_level: 1, sigma: 0.0625, units: 's-1' },
        unit: 'm2 s-2',
        level: [250, 500, 850],
        dtype: 'float32',
        calendar: 'standard',
        t500: [...valuesOf(33).subarray(4 * points, 5 * points)],
        msl: valueAt(33, 6, 7),
      });
    },
  );
});
