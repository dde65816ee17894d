/**
 * NetCDF-4 files (HDF5 with dimension scales) through h5wasm, which opens the real file and reads by
 * position: only metadata and the chunks a box touches leave the disk. Chunks are kept a while once
 * decompressed (chunkCache). Groups inside the file appear as 'group/variable'.
 * Dimension scales: NetCDF-4 Format Specification, Unidata, "Dimensions".
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type * as H5 from 'h5wasm/node';
import { dataError, isPlumeError, toPlumeError } from '../errors.js';
import { ChunkCache } from './chunkCache.js';
import type { Attributes, AttributeValue, Dataset, DataType, RawValues, Variable } from './dataset.js';
import { hdf5EndOfFile } from './hdf5Superblock.js';
import { requireInside } from './hyperslab.js';

/** What the NetCDF library writes as the scale name of a dimension that has no variable. */
const noVariable = 'This is a netCDF dimension but not a netCDF variable';

/** Attributes that hold the format together and say nothing about the data. */
const internalAttributes = new Set([
  'CLASS',
  'NAME',
  'DIMENSION_LIST',
  'REFERENCE_LIST',
  '_Netcdf4Dimid',
  '_Netcdf4Coordinates',
  '_NCProperties',
  '_nc3_strict',
]);

/** @throws {PlumeError} data, when the file is truncated, damaged or not HDF5 */
export async function openNetcdf4(path: string): Promise<Dataset> {
  requireWholeFile(path);
  // 15 MB of WebAssembly: loaded when the first such file is opened, not when the program starts.
  const h5 = await import('h5wasm/node');
  const module = await h5.ready;
  // Without this a failed read returns whatever the memory held.
  module.activate_throwing_error_handler();
  const file = attempt(path, 'opening', () => new h5.File(path, 'r'));
  const cache = new ChunkCache();
  try {
    const variables = new Map<string, Variable>();
    collect(h5, path, file, '', cache, variables);
    return {
      path,
      format: 'NetCDF-4',
      attributes: attempt(path, 'reading', () => readAttributes(file.attrs)),
      variables,
      close: async () => {
        cache.clear();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** HDF5 says in its first bytes how long the file must be. */
function requireWholeFile(path: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const bytes = new Uint8Array(64);
    readSync(file, bytes, 0, bytes.length, 0);
    const found = fstatSync(file).size;
    const expected = hdf5EndOfFile(bytes);
    if (expected !== null && found < expected) {
      throw dataError(
        `"${path}" is truncated: it has ${found} bytes, its header promises ${expected}; fetch it again`,
      );
    }
  } catch (error) {
    throw toPlumeError(error, `opening "${path}"`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Runs an HDF5 call; its stack of errors becomes one sentence. */
function attempt<T>(path: string, doing: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (isPlumeError(error)) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const reasons = [...text.matchAll(/\(\): (.+)/g)].map((match) => match[1] ?? '');
    const reason = reasons.at(-1) ?? text.split('\n')[0] ?? '';
    throw dataError(
      `${doing} "${path}" failed: the file is damaged or not NetCDF-4 (HDF5 says: ${reason}); fetch it again`,
      {
        cause: error,
      },
    );
  }
}

function collect(
  h5: typeof H5,
  path: string,
  group: H5.Group,
  prefix: string,
  cache: ChunkCache,
  into: Map<string, Variable>,
): void {
  const scaleNames = dimensionIds(h5, path, group);
  for (const key of attempt(path, 'reading', () => group.keys())) {
    const entry = attempt(path, 'reading', () => group.get(key));
    if (entry instanceof h5.Group) {
      collect(h5, path, entry, `${prefix}${key}/`, cache, into);
    } else if (entry instanceof h5.Dataset) {
      const variable = attempt(path, 'reading', () =>
        makeVariable(path, entry, key, prefix, scaleNames, cache),
      );
      if (variable !== null) into.set(variable.name, variable);
    }
  }
}

/** Names of the group's dimensions by the number that multi-dimensional coordinate variables know them by. */
function dimensionIds(h5: typeof H5, path: string, group: H5.Group): Map<number, string> {
  return attempt(path, 'reading', () => {
    const names = new Map<number, string>();
    for (const key of group.keys()) {
      const entry = group.get(key);
      if (!(entry instanceof h5.Dataset) || entry.shape?.length !== 1) continue;
      const id = entry.attrs._Netcdf4Dimid?.value;
      if (id !== undefined && id !== null) names.set(Number(toAttribute(id)), key);
    }
    return names;
  });
}

function makeVariable(
  path: string,
  dataset: H5.Dataset,
  key: string,
  prefix: string,
  scaleNames: ReadonlyMap<number, string>,
  cache: ChunkCache,
): Variable | null {
  const shape = dataset.shape;
  if (shape === null) return null;
  const scaleName = dataset.get_scale_name();
  if (scaleName?.startsWith(noVariable) === true) return null;
  // The NetCDF library writes a variable that shares a dimension's name but not its shape under this prefix.
  const name = prefix + key.replace(/^_nc4_non_coord_/, '');
  const dtype = dataType(dataset);
  const dimensions = shape.map((_, d) => {
    if (scaleName !== null && shape.length === 1) return key;
    const attached = scaleName === null ? dataset.get_attached_scales(d)[0] : undefined;
    if (attached !== undefined) return attached.split('/').at(-1) ?? attached;
    const ids = dataset.attrs._Netcdf4Coordinates?.value;
    const named = ids instanceof Int32Array ? scaleNames.get(ids[d] ?? -1) : undefined;
    return named ?? `${key}_dimension_${d}`;
  });
  const readBox = async (start: readonly number[], count: readonly number[]): Promise<RawValues> =>
    attempt(path, 'reading', () =>
      toRaw(shape.length === 0 ? dataset.value : readSlice(dataset, start, count)),
    );
  const chunks = dataset.metadata.chunks;
  const cached = chunks === null ? readBox : cache.wrap({ name, shape, dtype }, chunks, readBox);
  return {
    name,
    dimensions,
    shape,
    dtype,
    attributes: readAttributes(dataset.attrs),
    fillValue: null,
    chunks,
    read: async (start, count) => {
      requireInside(`"${path}": variable ${name}`, shape, start, count);
      return cached(start, count);
    },
  };
}

function readSlice(
  dataset: H5.Dataset,
  start: readonly number[],
  count: readonly number[],
): H5.OutputData | null {
  return dataset.slice(start.map((s, d) => [s, s + (count[d] ?? 0)]));
}

function dataType(dataset: H5.Dataset): DataType {
  const { type, size, signed, vlen } = dataset.metadata;
  // H5T_class_t: 0 integer, 1 float, 3 string, 8 enumeration
  if (type === 3) return !vlen && size === 1 ? 'char' : 'string';
  if (type === 1) return size === 4 ? 'float32' : size === 8 ? 'float64' : 'other';
  if (type !== 0 && type !== 8) return 'other';
  switch (size) {
    case 1:
      return signed ? 'int8' : 'uint8';
    case 2:
      return signed ? 'int16' : 'uint16';
    case 4:
      return signed ? 'int32' : 'uint32';
    case 8:
      return signed ? 'int64' : 'uint64';
    default:
      return 'other';
  }
}

function toRaw(output: H5.OutputData | null): RawValues {
  if (typeof output === 'number') return Float64Array.of(output);
  if (typeof output === 'bigint') return BigInt64Array.of(output);
  if (typeof output === 'string') return [output];
  if (Array.isArray(output)) return output.map(String);
  if (ArrayBuffer.isView(output) && !(output instanceof Uint8ClampedArray)) return output as RawValues;
  throw dataError('values of a compound or reference type cannot be read as numbers');
}

function readAttributes(attributes: Record<string, H5.Attribute>): Attributes {
  const result: Record<string, AttributeValue> = {};
  for (const [name, attribute] of Object.entries(attributes)) {
    if (internalAttributes.has(name)) continue;
    const value = toAttribute(attribute.value);
    if (value !== null) result[name] = value;
  }
  return result;
}

function toAttribute(value: H5.OutputData | null): AttributeValue | null {
  if (typeof value === 'string') return value.replace(/\0+$/, '');
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) {
    const texts = value.filter((item) => typeof item === 'string');
    if (texts.length !== value.length || texts.length === 0) return null;
    return texts.length === 1 ? (texts[0] ?? null) : texts;
  }
  if (ArrayBuffer.isView(value)) {
    const numbers = Array.from(value as Float64Array, Number);
    return numbers.length === 1 ? (numbers[0] ?? null) : numbers;
  }
  return null;
}
