import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectLongitudes } from '../../core/archive/horizontal.js';
import { archiveInfo } from '../../core/archive/info.js';
import { type ArchiveOptions, openArchive } from '../../core/archive/open.js';
import { channelName } from '../../core/schema.js';
import { formatTime } from '../../core/time.js';
import { type Fixture, writeNetcdf } from './archiveFixture.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plume-archive-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
const write = (fixture: Fixture = {}): Promise<string> => writeNetcdf(join(folder, `${count++}.nc`), fixture);

/** Values of one time, by rows. */
async function rows(path: string | string[], options: ArchiveOptions = {}, time = 0): Promise<number[][]> {
  const archive = await openArchive([path].flat(), options);
  const { values, schema } = await archive.read(time);
  await archive.close();
  const nlon = schema.grid.longitudes.length;
  return Array.from({ length: values.length / nlon }, (_, row) => [
    ...values.subarray(row * nlon, (row + 1) * nlon),
  ]);
}

describe('orientation', () => {
  it('turns latitudes north to south and leaves those that already are', async () => {
    const rising = await rows(await write({ latitudes: [30, 40], longitudes: [0, 1] }));
    expect(rising).toEqual([
      [100_010, 100_011],
      [100_000, 100_001],
    ]);
    const falling = await rows(await write({ latitudes: [40, 30], longitudes: [0, 1] }));
    expect(falling).toEqual([
      [100_000, 100_001],
      [100_010, 100_011],
    ]);
  });

  it.each([
    { name: 'as given', raw: [0, 90, 180, 270], values: [0, 90, 180, 270], indices: [0, 1, 2, 3] },
    { name: 'across Greenwich', raw: [350, 355, 0, 5], values: [-10, -5, 0, 5], indices: [0, 1, 2, 3] },
    {
      name: 'across the date line',
      raw: [170, 175, -180, -175],
      values: [170, 175, 180, 185],
      indices: [0, 1, 2, 3],
    },
    { name: 'global from 180', raw: [180, 270, 0, 90], values: [-180, -90, 0, 90], indices: [0, 1, 2, 3] },
    {
      name: 'with the first column repeated',
      raw: [0, 120, 240, 360],
      values: [0, 120, 240],
      indices: [0, 1, 2],
    },
    { name: 'from east to west', raw: [30, 20, 10], values: [10, 20, 30], indices: [2, 1, 0] },
  ])('longitudes $name become one rising piece', ({ raw, values, indices }) => {
    const selection = selectLongitudes(raw, undefined, 'x');
    expect([...selection.values]).toEqual(values);
    expect([...selection.indices]).toEqual(indices);
  });

  it('cuts a region across the seam of a global grid, in the convention of the region', () => {
    const global = Array.from({ length: 36 }, (_, i) => i * 10);
    const region = { north: 1, south: 0, west: -20, east: 20 };
    const selection = selectLongitudes(global, region, 'x');
    expect([...selection.values]).toEqual([-20, -10, 0, 10, 20]);
    expect([...selection.indices]).toEqual([34, 35, 0, 1, 2]);
    expect(selection.ranges).toEqual([
      [0, 3],
      [34, 2],
    ]);
    const pacific = selectLongitudes(global, { ...region, west: 170, east: -170 }, 'x');
    expect([...pacific.values]).toEqual([170, 180, 190]);
  });

  it('reads a region across the seam from the file', async () => {
    const path = await write({ longitudes: [0, 90, 180, 270], latitudes: [30, 20, 10] });
    const region = { north: 25, south: 5, west: -100, east: 10 };
    expect(await rows(path, { region })).toEqual([
      [100_013, 100_010],
      [100_023, 100_020],
    ]);
  });
});

describe('meaning', () => {
  it('unpacks int16 and turns fill values, missing values and values out of range to NaN', async () => {
    const path = await write({
      dtype: '<h',
      latitudes: [30, 20],
      longitudes: [0, 1],
      value: (_, row, column) => [-9, 1, -99, 500][row * 2 + column] ?? 0,
      attributes: {
        units: 'hPa',
        scale_factor: 0.5,
        add_offset: 1000,
        _FillValue: Int16Array.of(-9),
        missing_value: Int16Array.of(-99),
        valid_max: Int16Array.of(400),
      },
    });
    expect(await rows(path)).toEqual([
      [Number.NaN, 100_050],
      [Number.NaN, Number.NaN],
    ]);
  });

  it.each([
    ['slp', { units: 'mb' }, 'msl [Pa]', 1013, 101_300],
    ['psl', { units: 'hPa' }, 'msl [Pa]', 1013, 101_300],
    ['prmsl', { units: 'Pa' }, 'msl [Pa]', 101_300, 101_300],
    ['x', { units: 'Pa', standard_name: 'air_pressure_at_sea_level' }, 'msl [Pa]', 1, 1],
    ['x', { units: 'm s**-1', long_name: '10 metre U wind component' }, 'u10 [m s-1]', 3, 3],
    ['ta850', { units: 'degC' }, 't850 [K]', 1, 274.15],
    ['hgt', { units: 'm' }, 'z [m2 s-2]', 100, 980.665],
    ['tas', { units: 'K' }, 't2m [K]', 280, 280],
    ['soil', { units: 'm**3' }, 'soil [m**3]', 5, 5],
  ] as const)('%s %o is %s', async (variable, attributes, channel, value, expected) => {
    const path = await write({ variable, attributes, value: () => value });
    const archive = await openArchive([path]);
    const [found] = archive.schema.channels;
    expect(found === undefined ? '' : `${channelName(found)} [${found.unit}]`).toBe(channel);
    expect((await archive.read(0)).values[0]).toBeCloseTo(expected, 2);
    await archive.close();
  });

  it('takes the unit from --unit in place of the file', async () => {
    const path = await write({ attributes: { units: 'K' }, value: () => 1013 });
    await expect(openArchive([path])).rejects.toThrow(/channel msl has unit "K".*--unit msl=Pa/);
    const archive = await openArchive([path], { units: { msl: 'hPa' } });
    expect((await archive.read(0)).values[0]).toBe(101_300);
    await archive.close();
  });

  it.each([
    ['hPa', [850, 500]],
    ['Pa', [85_000, 50_000]],
    ['millibars', [850, 500]],
    [null, [850, 500]],
  ])('levels in %s become hPa, one channel each', async (units, values) => {
    const path = await write({ variable: 't', attributes: { units: 'K' }, levels: { values, units } });
    const all = await openArchive([path]);
    expect(all.schema.channels.map(channelName)).toEqual(['t850', 't500']);
    await all.close();
    const one = await openArchive([path], { variables: ['t500'] });
    expect(one.schema.channels.map(channelName)).toEqual(['t500']);
    expect((await one.read(1)).values[0]).toBe(100_000 + 100 + 20 + 1000);
    await one.close();
    await expect(openArchive([path], { levels: [700] })).rejects.toThrow(/no level 700 hPa; it has 850, 500/);
  });
});

describe('choice of channels', () => {
  it('keeps u near the ground and u at 10 hPa apart', async () => {
    const attributes = { units: 'm s-1' };
    const high = await write({
      variable: 'u',
      attributes,
      levels: { values: [10], units: 'hPa' },
      value: () => 1,
    });
    const ground = await write({ variable: '10u', attributes, value: () => 2 });
    const both = await openArchive([high, ground]);
    expect(both.schema.channels.map(({ variable, level }) => [variable, level])).toEqual([
      ['u', 10],
      ['u10', null],
    ]);
    await both.close();
    const one = await openArchive([high, ground], { variables: ['u10'] });
    expect((await one.read(0)).values[0]).toBe(2);
    await one.close();
    await expect(openArchive([high], { variables: ['u10'] })).rejects.toThrow(/no variable "u10"/);
  });

  it('takes names of the file, of the house, and channels, in the order asked', async () => {
    const path = await write({
      variable: 'ta',
      attributes: { units: 'K' },
      levels: { values: [850, 500], units: 'hPa' },
    });
    const names = async (variables: string[]): Promise<string[]> => {
      const archive = await openArchive([path], { variables });
      await archive.close();
      return archive.schema.channels.map(channelName);
    };
    expect(await names(['t500', 't850'])).toEqual(['t500', 't850']);
    expect(await names(['ta'])).toEqual(['t850', 't500']);
    expect(await names(['t', 't500'])).toEqual(['t850', 't500']);
  });
});

describe('several files as one', () => {
  it('follow each other in time whatever the order they are named in', async () => {
    const later = await write({ timeUnits: 'days since 2001-01-04' });
    const earlier = await write();
    const archive = await openArchive([later, earlier]);
    expect([...archive.times].map(formatTime)).toEqual(
      [1, 2, 3, 4, 5, 6].map((day) => `2001-01-0${day}T00Z`),
    );
    expect((await archive.read(4)).values[0]).toBe(100_120);
    await archive.close();
  });

  it('stand side by side when they hold other channels at the same times', async () => {
    const msl = await write();
    const t = await write({ variable: 't850', attributes: { units: 'K' }, value: () => 280 });
    const archive = await openArchive([msl, t], { variables: ['t850', 'msl'] });
    expect(archive.schema.channels.map(channelName)).toEqual(['t850', 'msl']);
    const { values } = await archive.read(2);
    expect(values[0]).toBe(280);
    expect(values[12]).toBe(100_220);
    await archive.close();
    const short = await write({ variable: 'u850', attributes: { units: 'm s-1' }, times: [0, 1] });
    await expect(openArchive([msl, short])).rejects.toThrow(/same times.*2001-01-03T00Z against its end/);
  });

  it('refuse overlapping times, naming both files and the time', async () => {
    const a = await write();
    const b = await write({ times: [2, 3] });
    await expect(openArchive([a, b])).rejects.toThrow(/overlap.*2001-01-03T00Z.*2001-01-03T00Z/);
  });

  it('refuse different grids', async () => {
    const a = await write();
    const b = await write({ times: [5], latitudes: [30, 32.5, 36] });
    await expect(openArchive([a, b])).rejects.toThrow(/share one grid/);
  });
});

describe('archiveInfo', () => {
  it('tells format, channels, time with gaps, grid and what is missing', async () => {
    const path = await write({
      times: [0, 1, 2, 5, 6],
      value: (time, row) => (row === 0 && time === 0 ? Number.NaN : 1e5),
    });
    const info = await archiveInfo(path);
    expect(info.format).toBe('NetCDF-4');
    expect(info.channels).toEqual(['msl [Pa]']);
    expect(info.dimensions).toEqual({ time: 5, lat: 3, lon: 4 });
    expect(info.time).toMatchObject({
      first: '2001-01-01',
      last: '2001-01-07',
      step: 'P1D',
      count: 5,
      gaps: [{ after: '2001-01-03', before: '2001-01-06' }],
    });
    expect(info.grid).toMatchObject({ north: 35, south: 30, west: -10, east: -2.5, extent: 'regional' });
    expect(info.variables.find((v) => v.name === 'msl')?.missingShare).toBeCloseTo(4 / 60, 12);
    expect(info.problems).toEqual([]);
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
  });

  it('describes what is no archive, with the reason', async () => {
    const path = await write({ calendar: '360_day', times: [58, 59, 60] });
    const info = await archiveInfo(path);
    expect(info.time).toMatchObject({ calendar: '360_day', first: '2001-02-29', last: '2001-03-01' });
    expect(info.problems.join()).toMatch(/2001-02-29.*does not exist/);
    await expect(openArchive([path])).rejects.toThrow(/360_day/);
  });
});
