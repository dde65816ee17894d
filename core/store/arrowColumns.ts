/**
 * Arrow columns from typed arrays, without builders: the bytes are ours to the last, so equal values give equal
 * files. Columns of fields never hold nulls (a missing number is NaN).
 */
import {
  type Data,
  Field,
  FixedSizeList,
  Float32,
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

/** The whole bytes of an Arrow IPC file. @param batches each one array of columns, in the schema's order */
export function encodeArrowFile(schema: Schema, batches: Iterable<readonly Data[]>): Uint8Array {
  const writer = new WholeFileWriter();
  writer.reset(undefined, schema);
  const type = new Struct(schema.fields);
  for (const children of batches) {
    const length = children[0]!.length;
    writer.write(new RecordBatch(schema, makeData({ type, length, nullCount: 0, children: [...children] })));
  }
  writer.finish();
  return writer.toUint8Array(true);
}
