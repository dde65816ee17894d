/**
 * Named float32 tensors in one Arrow IPC file: rows (name, shape, values), in the order given. Tensors that need no
 * more may be kept as float16, in column `halves` instead of `values`: two bytes a number, three digits.
 * Holds a model's weights and a training checkpoint; any Arrow client reads it.
 */
import {
  type Data,
  type DataType,
  Field,
  Float16,
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
  util,
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
 * @param isHalf by name: kept as float16
 * @returns the bytes of an Arrow IPC file, the same for the same tensors
 */
export function encodeTensors(
  tensors: Tensors,
  metadata: Readonly<Record<string, string>> = {},
  isHalf: (name: string) => boolean = () => false,
): Uint8Array {
  const entries = [...tensors];
  const part = (half: boolean): Float32Array[] =>
    entries.map(([name, { values }]) => (isHalf(name) === half ? values : new Float32Array(0)));
  const names = vectorFromArray(
    entries.map(([name]) => name),
    new Utf8(),
  ).data[0]!;
  const flatShapes = Int32Array.from(entries.flatMap(([, tensor]) => [...tensor.shape]));
  const shapes = listData(
    entries.map(([, tensor]) => tensor.shape.length),
    makeData({ type: new Int32(), length: flatShapes.length, nullCount: 0, data: flatShapes }),
  );
  const flatValues = concatenate(part(false));
  const values = listData(
    part(false).map(({ length }) => length),
    makeData({ type: new Float32(), length: flatValues.length, nullCount: 0, data: flatValues }),
  );
  const flatHalves = Uint16Array.from(concatenate(part(true)), toHalf);
  const halves = listData(
    part(true).map(({ length }) => length),
    makeData({ type: new Float16(), length: flatHalves.length, nullCount: 0, data: flatHalves }),
  );
  const schema = new Schema(
    [
      new Field('name', new Utf8(), false),
      new Field('shape', shapes.type, false),
      new Field('values', values.type, false),
      new Field('halves', halves.type, false),
    ],
    new Map(Object.entries(metadata)),
  );
  const batch = new RecordBatch(
    schema,
    makeData({
      type: new Struct(schema.fields),
      length: entries.length,
      nullCount: 0,
      children: [names, shapes, values, halves],
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
        const list = (column: string) =>
          (
            batch.getChild(column)?.get(row) as { toArray(): Float32Array | Uint16Array } | undefined
          )?.toArray();
        const halves = list('halves');
        const values =
          halves === undefined || halves.length === 0
            ? Float32Array.from(list('values')!)
            : Float32Array.from(halves, util.uint16ToFloat64);
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

/** The bits of the nearest float16 (IEEE 754 binary16); what is too large becomes infinite. */
export function toHalf(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  if (size >= 65520) return sign | 0x7c00;
  // units in the last place: below 2⁻¹⁴ they no longer shrink; a carry out of the fraction raises the exponent
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 1e-9)));
  const units = Math.round(size / 2 ** (exponent - 10));
  return sign | (exponent === -14 && units < 1024 ? units : ((exponent + 15) << 10) + units - 1024);
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
