/**
 * The header of a classic NetCDF file: versions 1 (classic), 2 (64-bit offset) and 5 (64-bit data).
 * Big-endian; dimensions, attributes, then per variable its type and the byte where its data begin.
 * Grammar: NetCDF Classic Format Specification, Unidata ("CDF" magic version numrecs dim_list gatt_list var_list).
 */
import { dataError } from '../errors.js';
import type { Attributes, AttributeValue, DataType } from './dataset.js';
import { elementBytes } from './hyperslab.js';

export interface ClassicVariable {
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DataType;
  readonly attributes: Attributes;
  /** Byte of the first element. */
  readonly begin: number;
  /** True where the first dimension is the record dimension: its slices lie one record apart. */
  readonly isRecord: boolean;
}

export interface ClassicHeader {
  readonly version: 1 | 2 | 5;
  readonly attributes: Attributes;
  readonly variables: readonly ClassicVariable[];
  /** Bytes from one record to the next. */
  readonly recordBytes: number;
  /** Bytes the file must have to hold every value. */
  readonly expectedBytes: number;
}

/** nc_type codes 1–11. */
const types: readonly DataType[] = [
  'other',
  'int8',
  'char',
  'int16',
  'int32',
  'float32',
  'float64',
  'uint8',
  'uint16',
  'uint32',
  'int64',
  'uint64',
];

/** Written while the writer does not know yet how many records there are: all bits set. */
const streaming = 0xffffffff;

/** Signals that the bytes given end inside the header. */
export class HeaderTooShort extends Error {}

/**
 * @param bytes the beginning of the file
 * @param fileBytes the size of the whole file
 * @throws {HeaderTooShort} when more bytes are needed
 * @throws {PlumeError} data, when the header makes no sense
 */
export function parseClassicHeader(path: string, bytes: Uint8Array, fileBytes: number): ClassicHeader {
  const reader = new HeaderReader(path, bytes);
  const version = reader.magic();
  const wide = version === 5;
  const recordCount = wide ? reader.size() : reader.uint32();
  const isStreaming = recordCount === streaming || recordCount >= Number.MAX_SAFE_INTEGER;
  const dimensions = reader.list(10, () => ({ name: reader.name(), length: reader.size() }));
  const attributes = reader.attributes();
  const raw = reader.list(11, () => {
    const name = reader.name();
    const ids = Array.from({ length: reader.size() }, () => reader.size());
    const variableAttributes = reader.attributes();
    const dtype = reader.type();
    reader.size(); // vsize: redundant, and wrong by design for variables past 4 GiB
    const begin = version === 1 ? reader.uint32() : reader.uint64();
    return { name, ids, attributes: variableAttributes, dtype, begin };
  });
  for (const id of raw.flatMap((variable) => variable.ids)) {
    if (dimensions[id] === undefined) throw reader.broken(`a variable names dimension ${id}`);
  }
  const isRecord = (ids: number[]): boolean => ids.length > 0 && dimensions[ids[0] ?? 0]?.length === 0;
  /** Bytes of one record of a record variable, or of the whole of another, without padding. */
  const sliceBytes = (ids: number[], dtype: DataType): number =>
    (isRecord(ids) ? ids.slice(1) : ids).reduce((product, id) => product * (dimensions[id]?.length ?? 0), 1) *
    elementBytes(dtype);
  const pad = (n: number): number => Math.ceil(n / 4) * 4;
  const recordSizes = raw.filter((v) => isRecord(v.ids)).map((v) => sliceBytes(v.ids, v.dtype));
  // A lone record variable is packed without padding (the specification's special case).
  const recordBytes =
    recordSizes.length === 1 ? (recordSizes[0] ?? 0) : recordSizes.reduce((sum, n) => sum + pad(n), 0);
  const records = isStreaming ? recordsThatFit(raw, isRecord, recordBytes, fileBytes) : recordCount;
  let expectedBytes = reader.position;
  const variables = raw.map((variable): ClassicVariable => {
    const record = isRecord(variable.ids);
    const slice = sliceBytes(variable.ids, variable.dtype);
    const end = record ? (records === 0 ? 0 : (records - 1) * recordBytes + slice) : slice;
    expectedBytes = Math.max(expectedBytes, variable.begin + end);
    return {
      name: variable.name,
      dimensions: variable.ids.map((id) => dimensions[id]?.name ?? ''),
      shape: variable.ids.map((id, d) => (record && d === 0 ? records : (dimensions[id]?.length ?? 0))),
      dtype: variable.dtype,
      attributes: variable.attributes,
      begin: variable.begin,
      isRecord: record,
    };
  });
  return { version, attributes, variables, recordBytes, expectedBytes };
}

function recordsThatFit(
  variables: readonly { readonly ids: number[]; readonly begin: number }[],
  isRecord: (ids: number[]) => boolean,
  recordBytes: number,
  fileBytes: number,
): number {
  const begins = variables.filter((v) => isRecord(v.ids)).map((v) => v.begin);
  if (begins.length === 0 || recordBytes === 0) return 0;
  return Math.max(0, Math.floor((fileBytes - Math.min(...begins)) / recordBytes));
}

class HeaderReader {
  position = 0;
  readonly #path: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #wide = false;

  constructor(path: string, bytes: Uint8Array) {
    this.#path = path;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  broken(what: string): Error {
    return dataError(
      `"${this.#path}" is not a readable NetCDF-3 file: ${what} at byte ${this.position}; fetch or write it again`,
    );
  }

  #take(length: number): number {
    const at = this.position;
    if (!(length >= 0) || at + length > this.#bytes.length) throw new HeaderTooShort();
    this.position += length;
    return at;
  }

  magic(): 1 | 2 | 5 {
    const at = this.#take(4);
    const version = this.#bytes[at + 3];
    if (version !== 1 && version !== 2 && version !== 5) throw this.broken(`version ${version}`);
    this.#wide = version === 5;
    return version;
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8)));
  }

  size(): number {
    return this.#wide ? this.uint64() : this.uint32();
  }

  name(): string {
    const length = this.size();
    const at = this.#take(Math.ceil(length / 4) * 4);
    return new TextDecoder().decode(this.#bytes.subarray(at, at + length));
  }

  type(): DataType {
    const code = this.uint32();
    const dtype = types[code];
    if (dtype === undefined || dtype === 'other') throw this.broken(`type code ${code}`);
    return dtype;
  }

  list<T>(tag: number, item: () => T): T[] {
    const found = this.uint32();
    const length = this.size();
    if (found === 0 && length === 0) return [];
    if (found !== tag) throw this.broken(`tag ${found} in place of ${tag}`);
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(item());
    return items;
  }

  attributes(): Attributes {
    return Object.fromEntries(this.list(12, () => [this.name(), this.#value()] as const));
  }

  #value(): AttributeValue {
    const dtype = this.type();
    const length = this.size();
    const width = elementBytes(dtype);
    const at = this.#take(Math.ceil((length * width) / 4) * 4);
    if (dtype === 'char') {
      return new TextDecoder().decode(this.#bytes.subarray(at, at + length)).replace(/\0+$/, '');
    }
    const values = Array.from({ length }, (_, i) => Number(readElement(this.#view, dtype, at + i * width)));
    return values.length === 1 ? (values[0] ?? Number.NaN) : values;
  }
}

/** One big-endian element. */
export function readElement(view: DataView, dtype: DataType, at: number): number | bigint {
  switch (dtype) {
    case 'int8':
      return view.getInt8(at);
    case 'uint8':
      return view.getUint8(at);
    case 'int16':
      return view.getInt16(at);
    case 'uint16':
      return view.getUint16(at);
    case 'int32':
      return view.getInt32(at);
    case 'uint32':
      return view.getUint32(at);
    case 'int64':
      return view.getBigInt64(at);
    case 'uint64':
      return view.getBigUint64(at);
    case 'float32':
      return view.getFloat32(at);
    case 'float64':
      return view.getFloat64(at);
    case 'char':
    case 'string':
    case 'other':
      return Number.NaN;
  }
}
