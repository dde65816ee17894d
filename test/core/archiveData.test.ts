import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { NetCDFReader } from 'netcdfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { readDecoded } from '../../core/archive/cf.js';
import { type Attributes, readAll, type Variable } from '../../core/archive/dataset.js';
import { openNetcdf3 } from '../../core/archive/netcdf3.js';
import { openArchive } from '../../core/archive/open.js';
import { openDataset } from '../../core/archive/openDataset.js';
import { openZarr } from '../../core/archive/zarr.js';
import { DirectoryStore } from '../../core/archive/zarrStore.js';

/** Real files and what the reference libraries read in them (netCDF4-python, zarr-python). */
const data = resolve('..', 'shared', 'data');
const hasData = existsSync(data);
const slp = join(data, 'ncep-slp-natl', 'slp.daily.2001-2007.nc');
const slpClassic = join(data, 'ncep-slp-natl', 'slp.daily.2001-2007.classic.nc');
const zarr2 = join(data, 'zarr', 'era5-eda-z500.v2.zarr');
const zarr3 = join(data, 'zarr', 'era5-eda-z500.v3.zarr');

interface ExpectedVariable {
  dtype: string;
  dims: string[];
  shape: number[];
  attrs: Record<string, unknown>;
  valid?: number;
  missing?: number;
  min?: number;
  max?: number;
  mean?: number;
  std_pop?: number;
  samples_c_order?: Record<string, number | null>;
}

function netcdfFiles(): string[] {
  if (!hasData) return [];
  return readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.nc'))
    .sort();
}

function expectClose(found: number, expected: number, what: string): void {
  expect(Math.abs(found - expected), `${what}: ${found} against ${expected}`).toBeLessThanOrEqual(
    1e-6 * Math.abs(expected) + Number.MIN_VALUE,
  );
}

const typeNames: Record<string, string> = { '|S1': 'char', "<class 'str'>": 'string' };

/** NaN is text in the expected files. */
function plain(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, Number.isNaN(value) ? 'NaN' : value]),
  );
}

async function expectSame(variable: Variable, expected: ExpectedVariable): Promise<void> {
  expect(variable.dtype).toBe(typeNames[expected.dtype] ?? expected.dtype);
  expect(variable.dimensions).toEqual(expected.dims);
  expect(variable.shape).toEqual(expected.shape);
  expect(plain(variable.attributes)).toEqual(expected.attrs);
  const raw = await readAll(variable);
  expect(raw.length).toBe(expected.shape.reduce((product, n) => product * n, 1));
  if (expected.valid === undefined) {
    expect(Array.isArray(raw)).toBe(true);
    return;
  }
  const values = await readDecoded(variable);
  const finite = values.filter((value) => Number.isFinite(value));
  expect(finite.length).toBe(expected.valid);
  expect(values.length - finite.length).toBe(expected.missing);
  if (finite.length === 0) return;
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const variance = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length;
  const name = variable.name;
  expectClose(
    finite.reduce((a, b) => Math.min(a, b)),
    expected.min ?? Number.NaN,
    `${name} min`,
  );
  expectClose(
    finite.reduce((a, b) => Math.max(a, b)),
    expected.max ?? Number.NaN,
    `${name} max`,
  );
  // The mean of values of both signs can be far smaller than they are: compare it on their scale.
  const scale = Math.max(Math.abs(expected.mean ?? 0), expected.std_pop ?? 0);
  expect(Math.abs(mean - (expected.mean ?? Number.NaN))).toBeLessThanOrEqual(1e-6 * scale);
  expectClose(Math.sqrt(variance), expected.std_pop ?? Number.NaN, `${name} standard deviation`);
  for (const [index, sample] of Object.entries(expected.samples_c_order ?? {})) {
    if (sample === null) expect(values[Number(index)]).toBeNaN();
    else expectClose(values[Number(index)] ?? Number.NaN, sample, `${name} at ${index}`);
  }
}

describe.skipIf(!hasData)('every NetCDF file of ../shared/data (skipped where it is absent)', () => {
  it('is found', () => {
    expect(netcdfFiles().length).toBeGreaterThanOrEqual(14);
  });

  it.each(netcdfFiles())('%s holds what netCDF4-python reads', async (name) => {
    const expected = JSON.parse(readFileSync(join(data, `${name}.expected.json`), 'utf8')) as {
      data_model: string;
      variables: Record<string, ExpectedVariable>;
    };
    const dataset = await openDataset(join(data, name));
    expect(dataset.format).toBe(expected.data_model.startsWith('NETCDF3') ? 'NetCDF-3' : 'NetCDF-4');
    expect([...dataset.variables.keys()].sort()).toEqual(Object.keys(expected.variables).sort());
    for (const [variableName, content] of Object.entries(expected.variables)) {
      const variable = dataset.variables.get(variableName);
      if (variable !== undefined) await expectSame(variable, content);
    }
    await dataset.close();
  });

  it('gives the same states from the NetCDF-3 and the NetCDF-4 copy of the NCEP pressure', async () => {
    const [packed, floats] = await Promise.all([openArchive([slpClassic]), openArchive([slp])]);
    expect([...packed.times]).toEqual([...floats.times]);
    expect(packed.schema).toEqual(floats.schema);
    for (let i = 0; i < packed.times.length; i += 50) {
      expect((await packed.read(i)).values).toEqual((await floats.read(i)).values);
    }
    await Promise.all([packed.close(), floats.close()]);
  });

  it('agrees with netcdfjs on NetCDF-3: 64-bit offsets, scalars, record variables', async () => {
    for (const path of [slpClassic, join(data, 'era5-tl31', 'era5_tl31_19590102T00.nc')]) {
      const other = new NetCDFReader(readFileSync(path));
      const dataset = openNetcdf3(path);
      expect([...dataset.variables.keys()]).toEqual(other.variables.map((variable) => variable.name));
      for (const variable of dataset.variables.values()) {
        const points = variable.shape.slice(1).reduce((product, n) => product * n, 1);
        const theirs = other.getDataVariable(variable.name) as (number | number[])[];
        // netcdfjs counts the bytes that pad a record of int16 as one more value.
        const values = theirs.flatMap((item) => (Array.isArray(item) ? item.slice(0, points) : item));
        const ours = Float64Array.from((await readAll(variable)) as Float64Array);
        expect(Buffer.from(ours.buffer).equals(Buffer.from(Float64Array.from(values).buffer))).toBe(true);
      }
      await dataset.close();
    }
  });
});

describe.skipIf(!hasData)('reads only the bytes it needs', () => {
  it('NetCDF-3: the header and one record for one time', async () => {
    const counter = { bytes: 0 };
    const dataset = openNetcdf3(slpClassic, counter);
    const header = counter.bytes;
    expect(header).toBeLessThanOrEqual(8192);
    await dataset.variables.get('slp')?.read([1000, 0, 0], [1, 17, 33]);
    expect(counter.bytes - header).toBe(17 * 33 * 2);
    await dataset.variables.get('slp')?.read([7, 3, 5], [2, 4, 6]);
    expect(counter.bytes - header).toBe(17 * 33 * 2 + 2 * 4 * 6 * 2);
    await dataset.close();
  });

  it('Zarr: the two inner chunks of a shard that hold one member, and each once', async () => {
    const store = new DirectoryStore(zarr3);
    const dataset = await openZarr(zarr3, { store });
    const before = store.bytesRead;
    const z500 = dataset.variables.get('z500');
    const row = await z500?.read([7, 1, 30, 0], [1, 1, 1, 120]);
    expect((row as Float32Array)[60]).toBeCloseTo(57_492.859375, 3);
    const used = store.bytesRead - before;
    const whole = 4 * 10 * 2 * 61 * 120;
    expect(used).toBeGreaterThan(0);
    expect(used).toBeLessThan(whole / 4);
    await z500?.read([7, 1, 31, 0], [1, 1, 1, 120]);
    expect(store.bytesRead - before).toBe(used);
    await dataset.close();
  });
});

interface ZarrExpectation {
  arrays: Record<
    string,
    { shape: number[]; dtype: string; min: number; max: number; mean: number; at_7_1_30_60: number }
  >;
}

async function expectZarr(path: string, expectedFile: string, variables?: string[]): Promise<void> {
  const expected = JSON.parse(readFileSync(expectedFile, 'utf8')) as ZarrExpectation;
  const dataset = await openDataset(path, variables === undefined ? {} : { variables });
  for (const [name, content] of Object.entries(expected.arrays)) {
    const variable = dataset.variables.get(name);
    if (variable === undefined) throw new Error(`no array ${name}`);
    expect(variable.shape).toEqual(content.shape);
    expect(variable.dtype).toBe(content.dtype);
    expect(variable.dimensions).toEqual(['number', 'time', 'latitude', 'longitude']);
    const values = await readDecoded(variable);
    expectClose(
      values.reduce((a, b) => Math.min(a, b)),
      content.min,
      'min',
    );
    expectClose(
      values.reduce((a, b) => Math.max(a, b)),
      content.max,
      'max',
    );
    expectClose(values.reduce((a, b) => a + b, 0) / values.length, content.mean, 'mean');
    const at = (await variable.read([7, 1, 30, 60], [1, 1, 1, 1])) as Float32Array;
    expectClose(at[0] ?? Number.NaN, content.at_7_1_30_60, 'sample');
  }
  await dataset.close();
}

describe.skipIf(!hasData)('Zarr', () => {
  it.each(['v2', 'v3'])('%s directories hold what zarr-python wrote', async (version) => {
    const path = join(data, 'zarr', `era5-eda-z500.${version}`);
    await expectZarr(`${path}.zarr`, `${path}.expected.json`);
  });

  it('gives the same member as the NetCDF file it was made from', async () => {
    const select = { number: 7 };
    const a = await openArchive([zarr2], { select, variables: ['z500', 't850'] });
    const b = await openArchive([zarr3], { select, variables: ['z500', 't850'] });
    const c = await openArchive([join(data, 'era5-eda', 'era5-eda-20170101.nc')], {
      select,
      variables: ['z500', 't850'],
    });
    expect(b.schema).toEqual(a.schema);
    expect(c.schema).toEqual(a.schema);
    for (let time = 0; time < 2; time++) {
      const { values } = await a.read(time);
      expect((await b.read(time)).values).toEqual(values);
      expect((await c.read(time)).values).toEqual(values);
    }
  });

  describe('over HTTP', () => {
    const servers: Server[] = [];
    afterAll(() => {
      for (const server of servers) server.close();
    });

    /** A file server as they come: with or without byte ranges, with or without index pages. */
    async function serve(root: string, options: { ranges: boolean; listing: boolean }): Promise<string> {
      const server = createServer((request, response) => {
        const path = join(root, decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
        let bytes: Buffer;
        try {
          if (path.endsWith('/') && options.listing) {
            const names = readdirSync(path, { withFileTypes: true });
            const links = names.map((n) => `<a href="${n.name}${n.isDirectory() ? '/' : ''}">${n.name}</a>`);
            response.setHeader('content-type', 'text/html; charset=utf-8');
            response.end(`<a href="../">..</a>${links.join('\n')}`);
            return;
          }
          bytes = readFileSync(path);
        } catch {
          response.statusCode = 404;
          response.end();
          return;
        }
        const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
        if (range === null || !options.ranges) {
          response.end(bytes);
          return;
        }
        const [first, last] = [range[1] ?? '', range[2] ?? ''];
        response.statusCode = 206;
        response.end(
          first === ''
            ? bytes.subarray(bytes.length - Number(last))
            : bytes.subarray(Number(first), Number(last) + 1),
        );
      });
      servers.push(server);
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    it.each([
      { version: 'v2', ranges: true, listing: false, named: false },
      { version: 'v3', ranges: true, listing: true, named: false },
      { version: 'v3', ranges: false, listing: true, named: false },
      { version: 'v3', ranges: true, listing: false, named: true },
    ])('reads $version (ranges: $ranges, index pages: $listing)', async ({ version, named, ...options }) => {
      const address = await serve(join(data, 'zarr'), options);
      await expectZarr(
        `${address}/era5-eda-z500.${version}.zarr`,
        join(data, 'zarr', `era5-eda-z500.${version}.expected.json`),
        named ? ['z500', 't850'] : undefined,
      );
    });

    it('says what to do where arrays can be neither listed nor guessed, and when nothing is there', async () => {
      const address = await serve(join(data, 'zarr'), { ranges: true, listing: false });
      await expect(openDataset(`${address}/era5-eda-z500.v3.zarr`)).rejects.toThrow(
        /no consolidated metadata.*name the variables/,
      );
      await expect(openDataset(`${address}/nothing.zarr`)).rejects.toMatchObject({ tag: 'data' });
    });

    it('calls a server that is not there a reason to try again', async () => {
      const address = await serve(data, { ranges: true, listing: false });
      const server = servers.pop();
      await new Promise((done) => server?.close(done));
      await expect(openDataset(`${address}/x.zarr`)).rejects.toMatchObject({ tag: 'resources' });
    });
  });
});
