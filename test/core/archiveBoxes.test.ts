import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as h5 from 'h5wasm/node';
import { NetCDFReader } from 'netcdfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChunkCache } from '../../core/archive/chunkCache.js';
import { readAll } from '../../core/archive/dataset.js';
import { boxSize, forEachRun } from '../../core/archive/hyperslab.js';
import { openDataset } from '../../core/archive/openDataset.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plume-boxes-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Shape, chunks and a box inside, of one to four dimensions. */
const boxes = fc
  .array(
    fc
      .record({ n: fc.integer({ min: 1, max: 9 }), chunk: fc.integer({ min: 1, max: 5 }) })
      .chain(({ n, chunk }) =>
        fc
          .integer({ min: 0, max: n - 1 })
          .chain((start) =>
            fc
              .integer({ min: 1, max: n - start })
              .map((count) => ({ n, chunk: Math.min(n, chunk), start, count })),
          ),
      ),
    { minLength: 1, maxLength: 4 },
  )
  .map((axes) => ({
    shape: axes.map((axis) => axis.n),
    chunks: axes.map((axis) => axis.chunk),
    start: axes.map((axis) => axis.start),
    count: axes.map((axis) => axis.count),
  }));

/** The elements of a box, one by one: slow and plain. */
function elements(shape: readonly number[], start: readonly number[], count: readonly number[]): number[] {
  let found = [0];
  shape.forEach((n, d) => {
    found = found.flatMap((base) =>
      Array.from({ length: count[d] ?? 0 }, (_, i) => base * n + (start[d] ?? 0) + i),
    );
  });
  return found;
}

describe('boxes', () => {
  it('split into runs that hold exactly their elements, in order', () => {
    fc.assert(
      fc.property(boxes, ({ shape, start, count }) => {
        const seen: number[] = [];
        forEachRun(shape, start, count, (element, length) => {
          for (let i = 0; i < length; i++) seen.push(element + i);
        });
        expect(seen).toEqual(elements(shape, start, count));
      }),
    );
  });

  it('are one run where they are contiguous', () => {
    const runs: number[][] = [];
    forEachRun([4, 5, 6], [1, 0, 0], [2, 5, 6], (...run) => runs.push(run));
    expect(runs).toEqual([[30, 60]]);
  });

  it('come out of chunks as they would from the file, whatever the budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        boxes,
        fc.constantFrom(0, 64, 4096),
        async ({ shape, chunks, start, count }, budget) => {
          const readBox = async (s: readonly number[], c: readonly number[]): Promise<Float32Array> =>
            Float32Array.from(elements(shape, s, c));
          const cached = new ChunkCache(budget).wrap({ name: 'x', shape, dtype: 'float32' }, chunks, readBox);
          for (let again = 0; again < 2; again++) {
            expect(Array.from((await cached(start, count)) as Float32Array)).toEqual(
              elements(shape, start, count),
            );
          }
        },
      ),
    );
  });

  it('decompress every chunk once while it is kept, and no more chunks than asked', async () => {
    const reads: string[] = [];
    const cached = new ChunkCache().wrap(
      { name: 'x', shape: [730, 10], dtype: 'float32' },
      [365, 10],
      async (start, count) => {
        reads.push(start.join());
        return new Float32Array(boxSize(count));
      },
    );
    for (let day = 0; day < 730; day++) await cached([day, 0], [1, 10]);
    expect(reads).toEqual(['0,0', '365,0']);
  });
});

/** A classic file of one or two record variables of three int16 (six bytes: padding shows), three records. */
function classicFile(version: 1 | 2 | 5, variables: readonly string[], streaming = false): Buffer {
  const parts: Buffer[] = [];
  const word = (n: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(n >>> 0);
    return bytes;
  };
  const long = (n: number): Buffer => Buffer.concat([word(Math.floor(n / 2 ** 32)), word(n % 2 ** 32)]);
  const size = version === 5 ? long : word;
  const offset = version === 1 ? word : long;
  const name = (text: string): Buffer =>
    Buffer.concat([size(text.length), Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4, '\0'))]);
  const records = 3;
  const unknown = version === 5 ? Buffer.alloc(8, 0xff) : word(0xffffffff);
  const header = (begin: number): Buffer =>
    Buffer.concat([
      Buffer.from(`CDF${String.fromCharCode(version)}`, 'latin1'),
      streaming ? unknown : size(records),
      word(10),
      size(2),
      name('time'),
      size(0),
      name('x'),
      size(3),
      word(0),
      size(0),
      word(11),
      size(variables.length),
      ...variables.map((text, v) =>
        Buffer.concat([
          name(text),
          size(2),
          size(0),
          size(1),
          word(12),
          size(1),
          name('scale_factor'),
          word(6),
          size(1),
          Buffer.from(new Float64Array([0.5]).buffer).swap64(),
          word(3),
          size(8),
          offset(begin + v * 8),
        ]),
      ),
    ]);
  const begin = header(0).length;
  parts.push(header(begin));
  for (let record = 0; record < records; record++) {
    variables.forEach((_, v) => {
      const values = Int16Array.from([0, 1, 2], (i) => 100 * v + 10 * record + i - 5);
      parts.push(Buffer.from(values.buffer).swap16());
      if (variables.length > 1) parts.push(Buffer.alloc(2));
    });
  }
  return Buffer.concat(parts);
}

describe('NetCDF-3 records', () => {
  const expected = (v: number): number[] =>
    [0, 1, 2].flatMap((record) => [0, 1, 2].map((i) => 100 * v + 10 * record + i - 5));

  it.each([
    { version: 1, names: ['a'] },
    { version: 2, names: ['a'] },
    { version: 5, names: ['a'] },
    { version: 1, names: ['a', 'b'] },
    { version: 2, names: ['a', 'b'] },
    { version: 5, names: ['a', 'b'] },
  ] as const)(
    'version $version with $names: padded only when there are several',
    async ({ version, names }) => {
      for (const streaming of [false, true]) {
        const path = join(folder, `${version}-${names.length}-${streaming}.nc`);
        writeFileSync(path, classicFile(version, names, streaming));
        const dataset = await openDataset(path);
        for (const [v, name] of names.entries()) {
          const variable = dataset.variables.get(name);
          if (variable === undefined) throw new Error(`no ${name}`);
          expect(variable.attributes).toEqual({ scale_factor: 0.5 });
          expect(Array.from((await readAll(variable)) as Int16Array)).toEqual(expected(v));
          expect(Array.from((await variable.read([1, 1], [2, 1])) as Int16Array)).toEqual([
            100 * v + 6,
            100 * v + 16,
          ]);
          await expect(variable.read([2, 0], [2, 3])).rejects.toThrow(/lies outside/);
        }
        await dataset.close();
      }
    },
  );

  it('are found by netcdfjs in the file this test wrote', () => {
    const reader = new NetCDFReader(classicFile(2, ['a', 'b']));
    expect(reader.variables.map((variable) => variable.name)).toEqual(['a', 'b']);
    expect(reader.recordDimension.length).toBe(3);
  });
});

describe('NetCDF-4 written elsewhere', () => {
  it('in big-endian order gives the same numbers', async () => {
    const path = join(folder, 'big.nc');
    await h5.ready;
    const values = Float32Array.of(1.5, -2.25, 3e5);
    // The old layout has no checksums, so the order of bytes can be changed by hand.
    const file = new h5.File(path, 'w', { libver: ['earliest', 'v108'] });
    file.create_dataset({ name: 'x', data: values, dtype: '<f' });
    file.close();
    const bytes = readFileSync(path);
    const type = bytes.indexOf(Buffer.from([0x11, 0x20, 0x1f, 0x00]));
    const at = bytes.indexOf(Buffer.from(values.slice().buffer));
    expect(type).toBeGreaterThan(0);
    expect(at).toBeGreaterThan(0);
    bytes[type + 1] = 0x21;
    bytes.subarray(at, at + 12).swap32();
    writeFileSync(path, bytes);
    const dataset = await openDataset(path);
    const x = dataset.variables.get('x');
    if (x === undefined) throw new Error('no x');
    expect(await readAll(x)).toEqual(values);
    await dataset.close();
  });

  it('with groups shows their variables by path, with the dimensions of the group', async () => {
    const path = join(folder, 'groups.nc');
    await h5.ready;
    const file = new h5.File(path, 'w');
    const group = file.create_group('model');
    const lat = group.create_dataset({ name: 'lat', data: Float64Array.of(1, 2), dtype: '<d' });
    lat.make_scale('lat');
    const t = group.create_dataset({ name: 't', data: Float32Array.of(3, 4), dtype: '<f' });
    t.attach_scale(0, '/model/lat');
    file.close();
    const dataset = await openDataset(path);
    expect([...dataset.variables.keys()].sort()).toEqual(['model/lat', 'model/t']);
    expect(dataset.variables.get('model/t')?.dimensions).toEqual(['lat']);
    await dataset.close();
  });
});

describe('Zarr directories', () => {
  /** Two rows of three float32, uncompressed, without consolidated metadata. */
  async function store(order: 'C' | 'F'): Promise<string> {
    const path = mkdtempSync(join(folder, 'zarr-'));
    const { mkdirSync } = await import('node:fs');
    mkdirSync(join(path, 'x'));
    writeFileSync(join(path, '.zgroup'), '{"zarr_format": 2}');
    writeFileSync(
      join(path, 'x', '.zarray'),
      JSON.stringify({
        zarr_format: 2,
        shape: [2, 3],
        chunks: [2, 3],
        dtype: '<f4',
        fill_value: -9,
        order,
        filters: null,
        compressor: null,
      }),
    );
    writeFileSync(join(path, 'x', '.zattrs'), '{"_ARRAY_DIMENSIONS": ["row", "column"]}');
    const values = order === 'C' ? [1, 2, 3, 4, 5, 6] : [1, 4, 2, 5, 3, 6];
    writeFileSync(join(path, 'x', '0.0'), Buffer.from(Float32Array.from(values).buffer));
    return path;
  }

  it.each(['C', 'F'] as const)('in order %s are read in C order', async (order) => {
    const dataset = await openDataset(await store(order));
    const x = dataset.variables.get('x');
    if (x === undefined) throw new Error('no x');
    expect(x.dimensions).toEqual(['row', 'column']);
    expect(Array.from((await readAll(x)) as Float32Array)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(Array.from((await x.read([0, 1], [2, 1])) as Float32Array)).toEqual([2, 5]);
  });

  it('give the fill value for a chunk that was never written, and an error for one cut short', async () => {
    const path = await store('C');
    rmSync(join(path, 'x', '0.0'));
    expect(readdirSync(join(path, 'x'))).not.toContain('0.0');
    const dataset = await openDataset(path);
    const x = dataset.variables.get('x');
    if (x === undefined) throw new Error('no x');
    expect(Array.from((await readAll(x)) as Float32Array)).toEqual([-9, -9, -9, -9, -9, -9]);
    expect(x.fillValue).toBe(-9);
    writeFileSync(join(path, 'x', '0.0'), Buffer.alloc(10));
    await expect(readAll(x)).rejects.toMatchObject({ tag: 'data' });
  });

  it('with broken metadata are refused, naming the store', async () => {
    const path = await store('C');
    writeFileSync(join(path, 'x', '.zarray'), '{"zarr_format": 2, "shape": [2');
    await expect(openDataset(path)).rejects.toMatchObject({ tag: 'data' });
    await expect(openDataset(path)).rejects.toThrow(path);
  });
});
