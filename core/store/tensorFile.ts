/**
 * Named float32 tensors in one Arrow IPC file: rows (name, shape, values), in the order given.
 * Holds a model's weights and a training checkpoint; any Arrow client reads it.
 */
import {
  type Data,
  type DataType,
  Field,
  Float32,
  Int32,
  List,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  tableFromIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { dataError } from '../errors.js';

export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export type Tensors = ReadonlyMap<string, Tensor>;

/**
 * @param metadata texts kept in the schema of the file
 * @returns the bytes of an Arrow IPC file, the same for the same tensors
 */
export function encodeTensors(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const entries = [...tensors];
  const names = vectorFromArray(
    entries.map(([name]) => name),
    new Utf8(),
  ).data[0]!;
  const flatShapes = Int32Array.from(entries.flatMap(([, tensor]) => [...tensor.shape]));
  const shapes = listData(
    entries.map(([, tensor]) => tensor.shape.length),
    makeData({ type: new Int32(), length: flatShapes.length, nullCount: 0, data: flatShapes }),
  );
  const flatValues = concatenate(entries.map(([, tensor]) => tensor.values));
  const values = listData(
    entries.map(([, tensor]) => tensor.values.length),
    makeData({ type: new Float32(), length: flatValues.length, nullCount: 0, data: flatValues }),
  );
  const schema = new Schema(
    [
      new Field('name', new Utf8(), false),
      new Field('shape', shapes.type, false),
      new Field('values', values.type, false),
    ],
    new Map(Object.entries(metadata)),
  );
  const batch = new RecordBatch(
    schema,
    makeData({
      type: new Struct(schema.fields),
      length: entries.length,
      nullCount: 0,
      children: [names, shapes, values],
    }),
  );
  const writer = new RecordBatchFileWriter();
  writer.write(batch);
  writer.finish();
  return writer.toUint8Array(true);
}

/** @throws {PlumeError} data, when the bytes are no such file, named `file` in the message */
export function decodeTensors(
  bytes: Uint8Array,
  file: string,
): { readonly tensors: Map<string, Tensor>; readonly metadata: ReadonlyMap<string, string> } {
  try {
    const table = tableFromIPC(bytes);
    const tensors = new Map<string, Tensor>();
    for (const batch of table.batches) {
      for (let row = 0; row < batch.numRows; row++) {
        const name = batch.getChild('name')!.get(row) as string;
        const shape = [...(batch.getChild('shape')!.get(row) as Iterable<number>)];
        const values = Float32Array.from(
          (batch.getChild('values')!.get(row) as { toArray(): Float32Array }).toArray(),
        );
        if (shape.reduce((product, size) => product * size, 1) !== values.length) {
          throw new Error(`tensor ${name} has ${values.length} values, its shape [${shape}] holds others`);
        }
        tensors.set(name, { shape, values });
      }
    }
    return { tensors, metadata: table.schema.metadata };
  } catch (error) {
    throw dataError(`"${file}" holds no readable tensors: ${(error as Error).message}`, { cause: error });
  }
}

/** Rows of a list column: where each ends, and the values of all behind each other. */
function listData<T extends DataType>(lengths: readonly number[], child: Data<T>): Data<List<T>> {
  const valueOffsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => {
    valueOffsets[i + 1] = valueOffsets[i]! + length;
  });
  const type = new List(new Field('item', child.type, false));
  return makeData({ type, length: lengths.length, nullCount: 0, valueOffsets, child });
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
