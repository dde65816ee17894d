/**
 * Small files of gridded forecasts for tests, from one description: NetCDF-4 (h5wasm), NetCDF-3 classic and Zarr v2,
 * each written by hand so that the reader is tested against another's idea of the format.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as h5 from 'h5wasm/node';

export type AttributeContent = string | number;

export interface FixtureVariable {
  readonly dimensions: readonly string[];
  /** C order. */
  readonly data: readonly number[];
  readonly dtype?: '<f' | '<d' | '<i' | '<h';
  readonly attributes?: Readonly<Record<string, AttributeContent>>;
}

export interface FileDescription {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly variables: Readonly<Record<string, FixtureVariable>>;
}

const arrays = { '<f': Float32Array, '<d': Float64Array, '<i': Int32Array, '<h': Int16Array } as const;

function shapeOf({ dimensions }: FileDescription, variable: FixtureVariable): number[] {
  return variable.dimensions.map((name) => dimensions[name] ?? 0);
}

export type Format = 'NetCDF-4' | 'NetCDF-3' | 'Zarr';

export async function writeFile(path: string, format: Format, file: FileDescription): Promise<string> {
  switch (format) {
    case 'NetCDF-4':
      await writeHdf5(path, file);
      break;
    case 'NetCDF-3':
      writeFileSync(path, classicBytes(file));
      break;
    case 'Zarr':
      writeZarr(path, file);
      break;
  }
  return path;
}

async function writeHdf5(path: string, description: FileDescription): Promise<void> {
  await h5.ready;
  const file = new h5.File(path, 'w');
  const isCoordinate = (name: string): boolean =>
    description.variables[name]?.dimensions.join() === name && name in description.dimensions;
  const names = Object.keys(description.variables);
  const ordered = [...names.filter(isCoordinate), ...names.filter((name) => !isCoordinate(name))];
  for (const [dimension, length] of Object.entries(description.dimensions)) {
    if (isCoordinate(dimension)) continue;
    const blank = file.create_dataset({
      name: dimension,
      data: new Float32Array(length),
      shape: [length],
      dtype: '<f',
    });
    blank.make_scale(`This is a netCDF dimension but not a netCDF variable.${String(length).padStart(10)}`);
  }
  for (const name of ordered) {
    const variable = description.variables[name]!;
    const { dtype = '<f', attributes = {} } = variable;
    const data = arrays[dtype].from(variable.data);
    const dataset = file.create_dataset({ name, data, shape: shapeOf(description, variable), dtype });
    if (isCoordinate(name)) dataset.make_scale(name);
    else for (const [d, dimension] of variable.dimensions.entries()) dataset.attach_scale(d, dimension);
    for (const [key, content] of Object.entries(attributes)) dataset.create_attribute(key, content);
  }
  file.close();
}

/** NetCDF classic format, version 1 (netCDF User's Guide, appendix B): big-endian, names padded to four bytes. */
function classicBytes(description: FileDescription): Buffer {
  const types = { '<f': 5, '<d': 6, '<i': 4, '<h': 3 } as const;
  const sizes = { '<f': 4, '<d': 8, '<i': 4, '<h': 2 } as const;
  const int = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const text = (value: string): Buffer =>
    Buffer.concat([int(Buffer.byteLength(value)), padded(Buffer.from(value))]);
  const numbers = (dtype: keyof typeof types, data: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(sizes[dtype] * data.length);
    for (const [i, value] of data.entries()) {
      const at = i * sizes[dtype];
      if (dtype === '<f') bytes.writeFloatBE(value, at);
      else if (dtype === '<d') bytes.writeDoubleBE(value, at);
      else if (dtype === '<i') bytes.writeInt32BE(value, at);
      else bytes.writeInt16BE(value, at);
    }
    return padded(bytes);
  };
  const list = (tag: number, items: readonly Buffer[]): Buffer =>
    Buffer.concat([int(items.length === 0 ? 0 : tag), int(items.length), ...items]);
  const dimensionNames = Object.keys(description.dimensions);
  const entries = Object.entries(description.variables);
  const bodies = entries.map(([, { dtype = '<f', data }]) => numbers(dtype, data));
  const header = (offsets: readonly number[]): Buffer =>
    Buffer.concat([
      Buffer.from('CDF\x01', 'latin1'),
      int(0),
      list(
        10,
        dimensionNames.map((name) => Buffer.concat([text(name), int(description.dimensions[name]!)])),
      ),
      list(12, []),
      list(
        11,
        entries.map(([name, { dimensions, dtype = '<f', attributes = {} }], v) =>
          Buffer.concat([
            text(name),
            int(dimensions.length),
            ...dimensions.map((dimension) => int(dimensionNames.indexOf(dimension))),
            list(
              12,
              Object.entries(attributes).map(([key, content]) =>
                typeof content === 'string'
                  ? Buffer.concat([text(key), int(2), text(content)])
                  : Buffer.concat([text(key), int(6), int(1), numbers('<d', [content])]),
              ),
            ),
            int(types[dtype]),
            int(bodies[v]!.length),
            int(offsets[v]!),
          ]),
        ),
      ),
    ]);
  let offset = header(bodies.map(() => 0)).length;
  const offsets = bodies.map((body) => {
    const own = offset;
    offset += body.length;
    return own;
  });
  return Buffer.concat([header(offsets), ...bodies]);
}

/** Zarr v2 (zarr-specs), one uncompressed chunk an array. */
function writeZarr(path: string, description: FileDescription): void {
  const codes = { '<f': '<f4', '<d': '<f8', '<i': '<i4', '<h': '<i2' } as const;
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '.zgroup'), '{"zarr_format": 2}');
  for (const [name, variable] of Object.entries(description.variables)) {
    const { dtype = '<f', data, dimensions, attributes = {} } = variable;
    const shape = shapeOf(description, variable);
    mkdirSync(join(path, name));
    writeFileSync(
      join(path, name, '.zarray'),
      JSON.stringify({
        zarr_format: 2,
        shape,
        chunks: shape.map((n) => Math.max(1, n)),
        dtype: codes[dtype],
        fill_value: null,
        order: 'C',
        compressor: null,
        filters: null,
      }),
    );
    writeFileSync(
      join(path, name, '.zattrs'),
      JSON.stringify({ ...attributes, _ARRAY_DIMENSIONS: dimensions }),
    );
    const array = arrays[dtype].from(data);
    if (array.length > 0)
      writeFileSync(join(path, name, shape.map(() => '0').join('.') || '0'), Buffer.from(array.buffer));
  }
}

/**
 * A variable whose values follow from named indices, along dimensions in any order.
 * @param value of the index along every dimension by its name
 */
export function variableOf(
  lengths: Readonly<Record<string, number>>,
  dimensions: readonly string[],
  value: (index: Readonly<Record<string, number>>) => number,
  attributes: Readonly<Record<string, AttributeContent>> = {},
  dtype: FixtureVariable['dtype'] = '<f',
): FixtureVariable {
  const data: number[] = [];
  const index: Record<string, number> = {};
  const visit = (d: number): void => {
    const dimension = dimensions[d];
    if (dimension === undefined) {
      data.push(value(index));
      return;
    }
    for (let i = 0; i < (lengths[dimension] ?? 0); i++) {
      index[dimension] = i;
      visit(d + 1);
    }
  };
  visit(0);
  return { dimensions, data, dtype: dtype ?? '<f', attributes };
}

/** A coordinate along the dimension of its name. */
export function coordinateOf(
  name: string,
  data: readonly number[],
  attributes: Readonly<Record<string, string>>,
  dtype: FixtureVariable['dtype'] = '<d',
): FixtureVariable {
  return { dimensions: [name], data, attributes, dtype: dtype ?? '<d' };
}
