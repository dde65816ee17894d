/**
 * Arrow columns from typed arrays, without builders: the bytes are ours to the last, so equal values give equal
 * files. Columns of fields never hold nulls (a missing number is NaN).
 */
import {
  type Data,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Message,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  type Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';

export const int32 = new Int32();
export const float64 = new Float64();
export const utf8 = new Utf8();
export const utcTime = new TimestampMillisecond('UTC');

/** FixedSizeList<float32>[points]; the item is nullable, as every other library writes it. */
export function fieldType(points: number): FixedSizeList<Float32> {
  return new FixedSizeList(points, new Field('item', new Float32(), true));
}

export function int32Data(values: ArrayLike<number>): Data {
  return makeData({ type: int32, length: values.length, nullCount: 0, data: Int32Array.from(values) });
}

/** @param times milliseconds since 1970-01-01 UTC */
export function float64Data(values: ArrayLike<number>): Data {
  const data = Float64Array.from(values);
  return makeData({ type: float64, length: data.length, nullCount: 0, data });
}

export function timeData(times: ArrayLike<number>): Data {
  const data = BigInt64Array.from({ length: times.length }, (_, i) => BigInt(times[i]!));
  return makeData({ type: utcTime, length: times.length, nullCount: 0, data });
}

export function utf8Data(texts: readonly string[]): Data {
  const parts = texts.map((text) => Buffer.from(text, 'utf8'));
  const valueOffsets = new Int32Array(texts.length + 1);
  parts.forEach((part, i) => {
    valueOffsets[i + 1] = valueOffsets[i]! + part.length;
  });
  return makeData({
    type: utf8,
    length: texts.length,
    nullCount: 0,
    valueOffsets,
    data: Buffer.concat(parts),
  });
}

/** @param values [row, point], kept by reference until the file is encoded */
export function fieldData(values: Float32Array, points: number): Data {
  const child = makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values });
  return makeData({ type: fieldType(points), length: values.length / points, nullCount: 0, child });
}

/**
 * The format wants the whole stream, schema message first, between the file's magic words; apache-arrow leaves
 * that message out, so that only readers of the footer understand its files.
 */
class WholeFileWriter extends RecordBatchFileWriter {
  protected override _writeSchema(schema: Schema): this {
    return super._writeSchema(schema)._writeMessage(Message.from(schema));
  }
}

/** Encodes an Arrow IPC file batch by batch, handing out the bytes as they come. */
export class IncrementalArrowFile {
  readonly #writer: CollectingWriter;
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#writer = new CollectingWriter();
    this.#writer.reset(undefined, schema);
  }

  /** @param columns one batch, in the schema's order @returns the bytes that follow those returned before */
  append(columns: readonly Data[]): Uint8Array {
    const type = new Struct(this.#schema.fields);
    const length = columns[0]!.length;
    this.#writer.write(
      new RecordBatch(this.#schema, makeData({ type, length, nullCount: 0, children: [...columns] })),
    );
    return this.#writer.take();
  }

  /** @returns the last bytes, footer included */
  finish(): Uint8Array {
    this.#writer.finish();
    return this.#writer.take();
  }
}

/** Keeps what it writes until it is taken, in place of a stream. */
class CollectingWriter extends WholeFileWriter {
  #parts: Uint8Array[] = [];

  protected override _write(chunk: Uint8Array): this {
    if (chunk.byteLength > 0) {
      this.#parts.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      this._position += chunk.byteLength;
    }
    return this;
  }

  take(): Uint8Array {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    return bytes;
  }
}

/** The whole bytes of an Arrow IPC file. @param batches each one array of columns, in the schema's order */
export function encodeArrowFile(schema: Schema, batches: Iterable<readonly Data[]>): Uint8Array {
  const file = new IncrementalArrowFile(schema);
  const parts: Uint8Array[] = [];
  for (const columns of batches) parts.push(file.append(columns));
  parts.push(file.finish());
  return Buffer.concat(parts);
}
