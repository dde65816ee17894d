/** The same forecast from the same data in other formats: NetCDF-3, Zarr 2, and two files as one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { millisecondsPerDay } from '../../core/time.js';
import { writeNetcdf } from '../core/archiveFixture.js';
import { type SyntheticSeries, syntheticSeries, writeSyntheticNetcdf } from '../syntheticArchive.js';
import { ask, askSuccess } from './ask.js';
import { contents } from './plume.js';
import { forecastArguments, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const days = 3 * 365 + 60;
const series = syntheticSeries({ days });
const daysSince2001 = Float64Array.from(
  series.times,
  (time) => (time - Date.UTC(2001, 0, 1)) / millisecondsPerDay,
);

/** Axes and values of a series as the variables of a file: CF attributes, dimensions, numbers. */
function variablesOf({ schema, values }: SyntheticSeries) {
  const { latitudes, longitudes } = schema.grid;
  return [
    { name: 'time', dimensions: ['time'], unit: 'days since 2001-01-01', values: daysSince2001 },
    { name: 'lat', dimensions: ['lat'], unit: 'degrees_north', values: latitudes },
    { name: 'lon', dimensions: ['lon'], unit: 'degrees_east', values: longitudes },
    { name: 'msl', dimensions: ['time', 'lat', 'lon'], unit: 'Pa', values },
  ] as const;
}
const sizes: Readonly<Record<string, number>> = {
  time: days,
  lat: series.schema.grid.latitudes.length,
  lon: series.schema.grid.longitudes.length,
};

/** Zarr 2: JSON beside raw chunks, one chunk an array. */
function writeZarr(path: string): void {
  mkdirSync(path);
  writeFileSync(join(path, '.zgroup'), '{"zarr_format": 2}');
  for (const { name, dimensions, unit, values } of variablesOf(series)) {
    const shape = dimensions.map((dimension) => sizes[dimension]!);
    const dtype = values instanceof Float32Array ? '<f4' : '<f8';
    const array = {
      zarr_format: 2,
      shape,
      chunks: shape,
      dtype,
      compressor: null,
      fill_value: null,
      order: 'C',
    };
    mkdirSync(join(path, name));
    writeFileSync(join(path, name, '.zarray'), JSON.stringify({ ...array, filters: null }));
    writeFileSync(
      join(path, name, '.zattrs'),
      JSON.stringify({ units: unit, _ARRAY_DIMENSIONS: dimensions }),
    );
    writeFileSync(join(path, name, shape.map(() => 0).join('.')), Buffer.from(values.buffer));
  }
}

/** NetCDF classic, fixed dimensions: magic, no records, dimensions, no attributes, variables; big-endian. */
function writeNetcdf3(path: string): void {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const text = (value: string): Buffer =>
    Buffer.concat([number(value.length), padded(Buffer.from(value, 'ascii'))]);
  const names = Object.keys(sizes);
  const all = variablesOf(series);
  const data = all.map(({ values }) => {
    const swapped = Buffer.from(values.slice().buffer);
    return values instanceof Float32Array ? swapped.swap32() : swapped.swap64();
  });
  const header = (begins: readonly number[]): Buffer =>
    Buffer.concat([
      Buffer.from('CDF\u0001', 'latin1'),
      number(0),
      ...[number(10), number(names.length), ...names.flatMap((name) => [text(name), number(sizes[name]!)])],
      ...[number(0), number(0)],
      ...[number(11), number(all.length)],
      ...all.flatMap(({ name, dimensions, unit, values }, i) => [
        text(name),
        number(dimensions.length),
        ...dimensions.map((dimension) => number(names.indexOf(dimension))),
        ...[number(12), number(1), text('units'), number(2), text(unit)],
        number(values instanceof Float32Array ? 5 : 6),
        number(data[i]!.length),
        number(begins[i]!),
      ]),
    ]);
  let next = header(data.map(() => 0)).length;
  const begins = data.map(({ length }) => {
    next += length;
    return next - length;
  });
  writeFileSync(path, Buffer.concat([header(begins), ...data]));
}

describe('a forecast', () => {
  const flags = { starts: '2004-01-10/2004-02-07/P7D' };
  let expected: Record<string, string>;
  beforeAll(async () => {
    const out = join(directory, 'netcdf4');
    await askSuccess(forecastArguments(out, flags));
    expected = contents(join(out, 'members'));
    expect(Object.keys(expected)).toHaveLength(5);
  });

  it.each([
    { format: 'NetCDF-3', name: 'classic.nc', write: writeNetcdf3 },
    { format: 'Zarr', name: 'store.zarr', write: writeZarr },
  ])('from $format has the bytes of the one from NetCDF-4', async ({ format, name, write }) => {
    const archive = join(directory, name);
    write(archive);
    const info = JSON.parse((await askSuccess(['archive', 'info', archive, '--json'])).stdout);
    expect(info).toMatchObject({ format: expect.stringContaining(format), channels: ['msl [Pa]'] });
    expect(info.time).toMatchObject({ count: days, gapCount: 0 });
    const out = join(directory, `from-${name}`);
    await askSuccess(forecastArguments(out, { ...flags, archive }));
    expect(contents(join(out, 'members'))).toEqual(expected);
  });

  it('from two files of one series, in any order, has the same bytes; from overlapping ones it is refused', async () => {
    const [early, late] = [join(directory, 'early.nc'), join(directory, 'late.nc')];
    await writeSyntheticNetcdf(early, { days: 3 * 365 + 20 });
    const { latitudes, longitudes } = series.schema.grid;
    const points = latitudes.length * longitudes.length;
    const write = (first: number): Promise<string> =>
      writeNetcdf(late, {
        times: [...daysSince2001.subarray(first)],
        latitudes: [...latitudes],
        longitudes: [...longitudes],
        value: (t, row, column) => series.values[(first + t) * points + row * longitudes.length + column]!,
      });
    await write(3 * 365 + 20);
    const out = join(directory, 'from-two');
    await askSuccess(forecastArguments(out, { ...flags, archive: [late, early] }));
    expect(contents(join(out, 'members'))).toEqual(expected);
    await write(3 * 365 + 10);
    const { code, stderr } = await ask(
      forecastArguments(join(directory, 'overlap'), { ...flags, archive: [early, late] }),
    );
    expect(code).toBe(65);
    expect(stderr).toMatch(/early\.nc" and ".*late\.nc" overlap/);
    expect(contents(join(directory, 'overlap'))).toEqual({});
  });
});
