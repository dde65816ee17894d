/**
 * Tidy tables in an Arrow IPC file: one row a fact, one column a thing known about it (scores.arrow, tracks.arrow).
 * Null means "does not apply" (no level at the surface); NaN stays the number it is. One record batch. Texts repeat from
 * row to row, so a text column is a dictionary: each text once, and four bytes a row.
 */
import { readFile } from 'node:fs/promises';
import {
  type Data,
  DataType,
  Dictionary,
  Field,
  Float64,
  makeData,
  makeVector,
  Schema,
  type Table,
  tableFromIPC,
  type Utf8,
  type Vector,
} from 'apache-arrow';
import { dataError, internalError } from '../errors.js';
import { encodeArrowFile, int32, int32Data, timeData, utcTime, utf8, utf8Data } from './arrowColumns.js';
import { fileError, writeAtomically } from './atomic.js';

export type Column =
  | { readonly name: string; readonly type: 'utf8'; readonly values: readonly (string | null)[] }
  | {
      readonly name: string;
      /** timestamp: milliseconds since 1970-01-01 UTC */
      readonly type: 'float64' | 'int32' | 'timestamp';
      readonly values: ArrayLike<number | null>;
    };

export interface TidyTable {
  readonly columns: readonly Column[];
  readonly metadata: ReadonlyMap<string, string>;
}

const types = { float64: new Float64(), int32, timestamp: utcTime } as const;

/**
 * @returns the bytes of the file: equal arguments give equal bytes
 * @throws {PlumeError} internal, when columns differ in length or share a name
 */
export function encodeTable(
  columns: readonly Column[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  for (const [i, column] of columns.entries()) {
    if (column.values.length !== rows || columns.findIndex((other) => other.name === column.name) !== i) {
      throw internalError(
        `table: column "${column.name}" has ${column.values.length} rows where the first has ${rows}, or its name twice`,
      );
    }
  }
  const data = columns.map(columnData);
  const schema = new Schema(
    columns.map(({ name }, i) => new Field(name, data[i]!.type, true)),
    new Map(Object.entries(metadata)),
  );
  return encodeArrowFile(schema, columns.length === 0 ? [] : [data]);
}

/** @throws {PlumeError} as encodeTable; resources, when the disk is full or closed to us */
export async function writeTable(
  path: string,
  columns: readonly Column[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomically(path, encodeTable(columns, metadata));
}

/** @param position of the column: dictionaries are told apart by a number */
function columnData(column: Column, position: number): Data {
  const { nullBitmap, nullCount } = validity(column.values);
  const made = withoutNulls(column, position);
  if (nullCount === 0) return made;
  return made.clone(made.type, 0, made.length, nullCount, {
    ...made.buffers,
    2: nullBitmap,
  } as typeof made.buffers);
}

/** The column with something harmless in the place of its nulls. */
function withoutNulls(column: Column, position: number): Data {
  switch (column.type) {
    case 'utf8':
      return dictionaryData(column.values, position);
    case 'float64': {
      const data = Float64Array.from(column.values as ArrayLike<number>, (value) => value ?? 0);
      return makeData({ type: types.float64, length: data.length, nullCount: 0, data });
    }
    case 'int32':
      return int32Data(Array.from(column.values, (value) => value ?? 0));
    case 'timestamp':
      return timeData(Array.from(column.values, (value) => value ?? 0));
  }
}

/** Texts in the order in which they come first, and for each row which of them. @param id of the dictionary */
function dictionaryData(texts: readonly (string | null)[], id: number): Data {
  const places = new Map<string, number>();
  const data = Int32Array.from(texts, (text) => {
    if (text === null) return 0;
    const place = places.get(text) ?? places.size;
    if (place === places.size) places.set(text, place);
    return place;
  });
  const dictionary = makeVector(utf8Data(places.size === 0 ? [''] : [...places.keys()]) as Data<Utf8>);
  const type = new Dictionary(utf8, int32, id, false);
  return makeData({ type, length: data.length, nullCount: 0, data, dictionary });
}

/** One bit a row, least significant first, set where there is a value. */
function validity(values: ArrayLike<unknown>): { nullBitmap: Uint8Array; nullCount: number } {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  let nullCount = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === null) nullCount++;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  }
  return { nullBitmap, nullCount };
}

/**
 * A small Arrow file, whole.
 * @param advice what to do where it is no such file: a half-sentence
 * @throws {PlumeError} data, when the file is missing or no Arrow file
 */
export async function readArrowTable(path: string, advice?: string): Promise<Table> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw fileError(error, `reading ${path}`);
  }
  try {
    return tableFromIPC(bytes);
  } catch (error) {
    const next = advice === undefined ? '' : `; ${advice}`;
    throw dataError(`${path} is not a readable Arrow file${next}`, { cause: error });
  }
}

/** @throws {PlumeError} data, when the file is missing, no Arrow file or has columns of other types */
export async function readTable(path: string): Promise<TidyTable> {
  const table = await readArrowTable(path);
  // A file cut short decodes to an empty table without a word.
  if (table.schema.fields.length === 0) throw dataError(`${path} is not a readable Arrow file`);
  const columns = table.schema.fields.map((field) =>
    columnOf(path, field, table.getChild(field.name) as Vector),
  );
  return { columns, metadata: table.schema.metadata };
}

function columnOf(path: string, field: Field, vector: Vector): Column {
  const { name, type } = field;
  if (DataType.isUtf8(type)) return { name, type: 'utf8', values: [...(vector as Iterable<string | null>)] };
  if (DataType.isDictionary(type) && DataType.isUtf8(type.dictionary))
    return { name, type: 'utf8', values: textsOf(vector) };
  const numbers = Array.from(vector, (value) => (value === null ? null : Number(value)));
  if (DataType.isFloat(type)) return { name, type: 'float64', values: numbers };
  if (DataType.isInt(type)) return { name, type: 'int32', values: numbers };
  if (DataType.isTimestamp(type)) return { name, type: 'timestamp', values: numbers };
  throw dataError(`${path}: column "${name}" has type ${String(type)}, which no table of ours has`);
}

/** Of a dictionary: each text is decoded once. */
function textsOf(vector: Vector): (string | null)[] {
  return vector.data.flatMap((chunk) => {
    const texts = [...((chunk.dictionary ?? []) as Iterable<string | null>)];
    const places = chunk.values as ArrayLike<number | bigint>; // padded beyond the rows
    return Array.from({ length: chunk.length }, (_, row) =>
      chunk.getValid(row) ? (texts[Number(places[row])] ?? null) : null,
    );
  });
}
