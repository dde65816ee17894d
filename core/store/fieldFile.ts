/**
 * What member files and product files share: an Arrow IPC file whose record batches are the fields of one
 * (lead, channel) each, leads outermost, so that every row of one field lies in one contiguous piece.
 * The schema's metadata says what the numbers are (grid, units, CF names, leads), as JSON texts. Buffers are not
 * compressed, so that stretches of points are read by their place alone (little-endian, as Arrow writes them).
 */
import { type Data, DataType, Field, type RecordBatch, Schema } from 'apache-arrow';
import { findVariable } from '../archive/variableNames.js';
import { dataError } from '../errors.js';
import { gridSize } from '../grid.js';
import { channelName, type Schema as StateSchema, schemaToJson } from '../schema.js';
import { millisecondsPerHour } from '../time.js';
import { encodeArrowFile, fieldType, IncrementalArrowFile, int32, utcTime, utf8 } from './arrowColumns.js';
import { type ArrowFile, type ByteRange, openArrowFile } from './arrowFile.js';
import { createAtomically } from './atomic.js';
import { gridMetadata } from './gridMetadata.js';
import { type PointReads, readPlannedPoints } from './pointReads.js';

export interface FieldFileLayout {
  readonly format: 'plume-members' | 'plume-products';
  readonly schema: StateSchema;
  /** Valid time of the analysis, milliseconds since 1970-01-01 UTC. */
  readonly start: number;
  readonly leadsHours: readonly number[];
  /** The columns between `start` and `lead_hours` that tell a batch's rows apart. */
  readonly rowFields: readonly Field[];
  /** Columns before `values` that say something of each row's field. */
  readonly summaryFields?: readonly Field[];
}

function metadataOf(layout: FieldFileLayout): Map<string, string> {
  const { channels } = schemaToJson(layout.schema);
  return new Map([
    ['format', layout.format],
    ['format_version', '1'],
    ['Conventions', 'CF-1.11'],
    ...gridMetadata(layout.schema.grid),
    ['leads_hours', JSON.stringify(layout.leadsHours)],
    [
      'channels',
      JSON.stringify(
        channels.map((channel) => ({
          name: channelName(channel),
          ...channel,
          standard_name: findVariable(channel.variable)?.standardNames[0] ?? null,
        })),
      ),
    ],
  ]);
}

export function fieldFileSchema(layout: FieldFileLayout): Schema {
  const required = (name: string, type: Field['type']): Field => new Field(name, type, false);
  return new Schema(
    [
      required('start', utcTime),
      ...layout.rowFields,
      required('lead_hours', int32),
      required('valid_time', utcTime),
      required('channel', utf8),
      ...(layout.summaryFields ?? []),
      required('values', fieldType(gridSize(layout.schema.grid))),
    ],
    metadataOf(layout),
  );
}

/**
 * @param batch the columns of one (lead, channel), in the order of the schema
 * @returns the bytes of the file: equal arguments give equal bytes
 */
export function encodeFieldFile(
  layout: FieldFileLayout,
  batch: (leadIndex: number, channelIndex: number) => readonly Data[],
): Uint8Array {
  function* batches(): Generator<readonly Data[]> {
    for (let lead = 0; lead < layout.leadsHours.length; lead++) {
      for (let channel = 0; channel < layout.schema.channels.length; channel++) yield batch(lead, channel);
    }
  }
  return encodeArrowFile(fieldFileSchema(layout), batches());
}

export interface FieldFileWriter {
  /** The columns of the next (lead, channel), in the order of the schema; may be reused once this resolves. */
  append(columns: readonly Data[]): Promise<void>;
  /** Puts the file in place. @returns its size and digest: equal columns give equal bytes */
  commit(): Promise<{ bytes: number; sha256: string }>;
  abandon(): Promise<void>;
}

/**
 * Writes a file batch by batch, holding one at a time: memory does not grow with leads.
 * @throws {PlumeError} resources, from each call, when the disk is full or closed to us
 */
export async function createFieldFile(path: string, layout: FieldFileLayout): Promise<FieldFileWriter> {
  const encoder = new IncrementalArrowFile(fieldFileSchema(layout));
  const file = await createAtomically(path);
  return {
    append: (columns) => file.write(encoder.append(columns)),
    commit: async () => {
      await file.write(encoder.finish());
      return file.commit();
    },
    abandon: () => file.abandon(),
  };
}

export function validTime(start: number, leadHours: number): number {
  return start + leadHours * millisecondsPerHour;
}

/** One (lead, channel) of a file, read from disk. */
export interface FieldBatch {
  readonly batch: RecordBatch;
  /** [row, point], a view of the bytes read. */
  readonly values: Float32Array;
}

export interface FieldFile {
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** @throws {PlumeError} data, when the batch is damaged or another than asked for */
  read(leadIndex: number, channelIndex: number): Promise<FieldBatch>;
  /** Where one (lead, channel) lies, from the head of its batch alone. @throws {PlumeError} as read */
  locate(leadIndex: number, channelIndex: number): FieldPlace;
  /**
   * Points from … to − 1 of every row, reading no other bytes of the fields.
   * @param into [row, to − from], written
   */
  readPoints(place: RowsPlace, from: number, to: number, into: Float32Array): Promise<void>;
  /** Scattered points of every row, done when it returns. @param into [row, point], written */
  readScattered(place: RowsPlace, reads: PointReads, into: Float32Array): void;
  close(): Promise<void>;
}

/** Rows of values behind each other, [row, point]. */
export interface RowsPlace {
  readonly rows: number;
  /** Of the first value, bytes from the beginning of the file. */
  readonly offset: number;
}

/** One (lead, channel) of a file, where it lies. */
export interface FieldPlace extends RowsPlace {
  /** A column of whole numbers, [row]. */
  column(name: string): Int32Array;
  /** A column of float64, [row]. */
  numbers(name: string): Float64Array;
  has(name: string): boolean;
}

/**
 * @param layout what the manifest says the file holds
 * @param expectedBytes size the manifest promises, if known
 * @throws {PlumeError} data, when the file is missing, damaged or holds something else
 */
export async function openFieldFile(
  path: string,
  layout: FieldFileLayout,
  expectedBytes?: number,
): Promise<FieldFile> {
  const file = await openArrowFile(path, expectedBytes);
  const expected = metadataOf(layout);
  const differs = [...expected].find(([key, value]) => file.schema.metadata.get(key) !== value);
  if (differs !== undefined) {
    await file.close();
    throw dataError(
      `${path} has ${differs[0]} ${file.schema.metadata.get(differs[0])}, expected ${differs[1]}; ` +
        'it belongs to another run or version: remove it and run the same command again',
    );
  }
  const buffersOf = dataBuffers(file.schema.fields);
  return {
    path,
    metadata: file.schema.metadata,
    read: (leadIndex, channelIndex) => readFieldBatch(file, layout, leadIndex, channelIndex),
    locate: (leadIndex, channelIndex) => locateField(file, layout, buffersOf, leadIndex, channelIndex),
    readPoints: (place, from, to, into) =>
      readPoints(file, place, gridSize(layout.schema.grid), from, to, into),
    readScattered: ({ offset, rows }, reads, into) =>
      readPlannedPoints(
        reads,
        { offset, rows, fieldPoints: gridSize(layout.schema.grid) },
        file.readBytesNow,
        into,
      ),
    close: () => file.close(),
  };
}

async function readFieldBatch(
  file: ArrowFile,
  layout: FieldFileLayout,
  leadIndex: number,
  channelIndex: number,
): Promise<FieldBatch> {
  const { channels, grid } = layout.schema;
  const batch = await file.readBatch(leadIndex * channels.length + channelIndex);
  const found = `${batch.getChild('channel')?.get(0)} at ${batch.getChild('lead_hours')?.get(0)} h`;
  const expected = `${channelName(channels[channelIndex]!)} at ${layout.leadsHours[leadIndex]} h`;
  const values = batch.getChild('values')?.data[0]?.children[0]?.values as Float32Array | undefined;
  if (found !== expected || values === undefined || values.length < batch.numRows * gridSize(grid)) {
    throw dataError(`${file.path} is damaged: it holds ${found} where ${expected} belongs`);
  }
  return { batch, values: values.subarray(0, batch.numRows * gridSize(grid)) };
}

/** Buffers of a column that stand before those of the next, and the place of its data among them. */
function bufferCount(field: Field): { readonly count: number; readonly data: number } {
  if (DataType.isUtf8(field.type)) return { count: 3, data: 2 };
  // Of the list its validity; of its items validity and data.
  if (DataType.isFixedSizeList(field.type)) return { count: 3, data: 2 };
  return { count: 2, data: 1 };
}

/** Number of the buffer with each column's data. */
function dataBuffers(fields: readonly Field[]): ReadonlyMap<string, number> {
  let next = 0;
  return new Map(
    fields.map((field) => {
      const { count, data } = bufferCount(field);
      next += count;
      return [field.name, next - count + data];
    }),
  );
}

function locateField(
  file: ArrowFile,
  layout: FieldFileLayout,
  buffersOf: ReadonlyMap<string, number>,
  leadIndex: number,
  channelIndex: number,
): FieldPlace {
  const { channels, grid } = layout.schema;
  const { rows, buffers } = file.locateBatch(leadIndex * channels.length + channelIndex);
  const dataOf = (name: string): ByteRange | undefined => buffers[buffersOf.get(name) ?? -1];
  const values = dataOf('values');
  const [first] = buffers;
  const wrong = (found: string): Error =>
    dataError(`${file.path} is damaged: it holds ${found} where ${expected} belongs`);
  const name = channelName(channels[channelIndex]!);
  const expected = `${name} at ${layout.leadsHours[leadIndex]} h`;
  if (first === undefined || values === undefined || values.bytes < 4 * rows * gridSize(grid))
    throw wrong('too few values');
  // The columns beside the values come before them: one small read for all.
  const small = Buffer.alloc(values.offset - first.offset);
  file.readBytesNow(first.offset, small, 0, small.length);
  const bytesOf = (column: string, bytes: number): Buffer => {
    const at = dataOf(column);
    if (at === undefined || at.bytes < bytes || at.offset < first.offset || at.offset + bytes > values.offset)
      throw wrong(`no column "${column}"`);
    return small.subarray(at.offset - first.offset, at.offset - first.offset + bytes);
  };
  const column = (of: string): Int32Array => {
    const bytes = bytesOf(of, 4 * rows);
    return Int32Array.from({ length: rows }, (_, row) => bytes.readInt32LE(4 * row));
  };
  const numbers = (of: string): Float64Array => {
    const bytes = bytesOf(of, 8 * rows);
    return Float64Array.from({ length: rows }, (_, row) => bytes.readDoubleLE(8 * row));
  };
  const has = (name: string): boolean => dataOf(name) !== undefined;
  const place = { rows, column, numbers, has, offset: values.offset };
  if (rows === 0) return place;
  const found = `${bytesOf('channel', Buffer.byteLength(name)).toString()} at ${column('lead_hours')[0]} h`;
  if (found !== expected) throw wrong(found);
  return place;
}

async function readPoints(
  file: ArrowFile,
  { rows, offset }: RowsPlace,
  points: number,
  from: number,
  to: number,
  into: Float32Array,
): Promise<void> {
  const n = to - from;
  const bytes = new Uint8Array(into.buffer, into.byteOffset, 4 * rows * n);
  // Whole fields lie one after the other.
  if (n === points) return file.readBytes(offset, bytes);
  await Promise.all(
    Array.from({ length: rows }, (_, row) =>
      file.readBytes(offset + 4 * (row * points + from), bytes.subarray(4 * row * n, 4 * (row + 1) * n)),
    ),
  );
}
