/**
 * One array of a Zarr store as a variable, through zarrita. Every chunk is stored whole, so one that decodes
 * to fewer values than its shape was cut short and is refused, not padded.
 */
import * as zarrita from 'zarrita';
import { dataError, isPlumeError } from '../errors.js';
import type { ChunkCache } from './chunkCache.js';
import type { Attributes, AttributeValue, DataType, NumericArray, RawValues, Variable } from './dataset.js';
import { allocate, boxSize, chunksOf, copyOverlap, requireInside, stridesOf } from './hyperslab.js';
import type { ZarrStore } from './zarrStore.js';

/** Chunks fetched at the same time: hides the way to a web server, bounds memory. */
const parallelChunks = 8;

type ZarrArray = zarrita.Array<zarrita.DataType, ZarrStore>;

/**
 * @param name path of the array in the store
 * @throws {PlumeError} data, when its metadata are broken or its data type is not known
 */
export async function openZarrArray(
  path: string,
  store: ZarrStore,
  version: 2 | 3,
  name: string,
  cache: ChunkCache,
): Promise<Variable> {
  const location = zarrita.root(store).resolve(name);
  const array = await attempt(path, name, () =>
    version === 2
      ? zarrita.open.v2(location, { kind: 'array' })
      : zarrita.open.v3(location, { kind: 'array' }),
  );
  const { shape } = array;
  const dtype = dataType(array.dtype);
  const xarrayNames = array.attrs._ARRAY_DIMENSIONS;
  const dimensionNames = array.dimensionNames ?? (Array.isArray(xarrayNames) ? xarrayNames.map(String) : []);
  const isNumeric = dtype !== 'string' && dtype !== 'char' && dtype !== 'other' && shape.length > 0;
  const readBox = (start: readonly number[], count: readonly number[]): Promise<RawValues> =>
    attempt(path, name, () =>
      isNumeric ? readChunks(array, dtype, start, count) : readSelection(array, start, count),
    );
  const cached = cache.wrap({ name, shape, dtype }, array.chunks, readBox);
  return {
    name,
    dimensions: shape.map((_, d) => dimensionNames[d] ?? `${name}_dimension_${d}`),
    shape,
    dtype,
    attributes: toAttributes(array.attrs),
    fillValue: typeof array.fillValue === 'boolean' ? null : toNumber(array.fillValue),
    chunks: array.chunks,
    read: async (start, count) => {
      requireInside(`"${path}": variable ${name}`, shape, start, count);
      return cached(start, count);
    },
  };
}

async function readChunks(
  array: ZarrArray,
  dtype: DataType,
  start: readonly number[],
  count: readonly number[],
): Promise<NumericArray> {
  const target = { start, count, data: allocate(dtype, boxSize(count)) };
  const touched = chunksOf(array.shape, array.chunks, start, count);
  for (let i = 0; i < touched.length; i += parallelChunks) {
    await Promise.all(
      touched.slice(i, i + parallelChunks).map(async (chunk) => {
        const decoded = await array.getChunk(chunk.index);
        const data = inOrder(decoded.data as NumericArray, decoded.stride, array.chunks);
        if (data.length !== boxSize(array.chunks)) {
          throw dataError(
            `chunk ${chunk.index.join('.')} has ${data.length} values, expected ${boxSize(array.chunks)}: it was cut short`,
          );
        }
        // Chunks at the edge are stored whole and reach beyond the array; the target does not.
        copyOverlap({ start: chunk.start, count: array.chunks, data }, target);
      }),
    );
  }
  return target.data;
}

/** Texts and scalars, of which there are few. */
async function readSelection(
  array: ZarrArray,
  start: readonly number[],
  count: readonly number[],
): Promise<RawValues> {
  const selection = start.map((s, d) => zarrita.slice(s, s + (count[d] ?? 0)));
  const chunk: unknown = await zarrita.get(array, array.shape.length === 0 ? null : selection);
  if (typeof chunk === 'number') return Float64Array.of(chunk);
  if (typeof chunk === 'bigint') return BigInt64Array.of(chunk);
  if (typeof chunk === 'string') return [chunk];
  const { data } = chunk as { data: RawValues & Iterable<unknown> };
  return ArrayBuffer.isView(data) ? data : Array.from(data as Iterable<unknown>, String);
}

/** Chunks in Fortran order are turned into C order. */
function inOrder(data: NumericArray, stride: readonly number[], shape: readonly number[]): NumericArray {
  const wanted = stridesOf(shape);
  // The stride of a dimension of one element says nothing.
  if (data.length !== boxSize(shape) || stride.every((s, d) => s === wanted[d] || shape[d] === 1))
    return data;
  const ordered = data.slice();
  for (let element = 0; element < ordered.length; element++) {
    let rest = element;
    let at = 0;
    for (let d = 0; d < shape.length; d++) {
      const index = Math.floor(rest / wanted[d]!);
      rest -= index * wanted[d]!;
      at += index * stride[d]!;
    }
    ordered[element] = data[at]!;
  }
  return ordered;
}

function toNumber(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
}

async function attempt<T>(path: string, name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isPlumeError(error) && error.tag !== 'data') throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw dataError(
      `reading array "${name}" of "${path}" failed: ${text}; the store is damaged or uses a codec that is not supported`,
      {
        cause: error,
      },
    );
  }
}

function dataType(name: string): DataType {
  switch (name) {
    case 'int8':
    case 'uint8':
    case 'int16':
    case 'uint16':
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
    case 'float32':
    case 'float64':
    case 'string':
      return name;
    default:
      return /^v2:(U|S|object)/.test(name) ? 'string' : 'other';
  }
}

/** JSON attributes as the other formats have them; nested objects say nothing about values and are left out. */
export function toAttributes(json: Readonly<Record<string, unknown>>): Attributes {
  const result: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === '_ARRAY_DIMENSIONS') continue;
    if (typeof value === 'string' || typeof value === 'number') result[name] = value;
    else if (typeof value === 'boolean') result[name] = String(value);
    else if (Array.isArray(value) && value.every((x) => typeof x === 'number'))
      result[name] = value as number[];
    else if (Array.isArray(value) && value.every((x) => typeof x === 'string'))
      result[name] = value as string[];
  }
  return result;
}
