/** The numbers of a tensor of an ONNX file, in whichever of its ways they are written. Little-endian, row-major. */
import { dataError } from '../../core/errors.js';
import { elements } from '../graph/graph.js';
import { elementTypeName, type OnnxTensor } from './onnxFile.js';
import { FileReader } from './wire.js';

/** The raw bytes, or undefined where numbers are written as a list. */
export function rawBytes({ location, proto }: OnnxTensor): Uint8Array | undefined {
  if (location !== undefined) {
    const reader = new FileReader(location.file);
    try {
      return reader.bytes({ start: location.offset, end: location.offset + location.length });
    } finally {
      reader.close();
    }
  }
  const raw = proto.rawData;
  return raw !== undefined && raw !== null && raw.length > 0 ? Uint8Array.from(raw) : undefined;
}

/** @throws {PlumeError} data, when the tensor is not float32 */
export function float32Numbers(tensor: OnnxTensor): Float32Array {
  if (tensor.type !== 1) {
    throw dataError(
      `tensor "${tensor.name}" is ${elementTypeName(tensor.type)}, expected float32; export the model in single precision`,
    );
  }
  const raw = rawBytes(tensor);
  const values =
    raw === undefined ? Float32Array.from(tensor.proto.floatData ?? []) : new Float32Array(raw.buffer);
  return requireCount(tensor, values);
}

const pieceNumbers = 1 << 20;

/** The numbers of a float32 tensor a few megabytes at a time; each piece is overwritten by the next. */
export function* float32Pieces(tensor: OnnxTensor): Generator<Float32Array> {
  const { location } = tensor;
  if (location === undefined || tensor.type !== 1) {
    yield float32Numbers(tensor);
    return;
  }
  const reader = new FileReader(location.file);
  try {
    const count = location.length / 4;
    const piece = new Float32Array(Math.min(pieceNumbers, count));
    for (let done = 0; done < count; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, count - done));
      reader.into(location.offset + 4 * done, new Uint8Array(part.buffer, 0, part.byteLength));
      yield part;
    }
  } finally {
    reader.close();
  }
}

/**
 * Numbers of any type as float64: whole ones beyond 2⁵³ (exporters write 2⁶³ − 1 for "to the end") are rounded.
 * @throws {PlumeError} data, for texts and other types that are no numbers
 */
export function anyNumbers(tensor: OnnxTensor): Float64Array {
  const raw = rawBytes(tensor);
  const { proto, type } = tensor;
  if (raw === undefined) {
    const lists = [proto.floatData, proto.int64Data, proto.int32Data, proto.doubleData, proto.uint64Data];
    const list = lists.find(
      (candidate) => candidate !== undefined && candidate !== null && candidate.length > 0,
    );
    return requireCount(tensor, Float64Array.from(list ?? [], Number));
  }
  return requireCount(tensor, Float64Array.from(typedView(tensor, type, raw), Number));
}

function typedView(tensor: OnnxTensor, type: number, raw: Uint8Array): ArrayLike<number | bigint> {
  switch (type) {
    case 1:
      return new Float32Array(raw.buffer);
    case 2:
    case 9:
      return raw;
    case 3:
      return new Int8Array(raw.buffer);
    case 6:
      return new Int32Array(raw.buffer);
    case 7:
      return new BigInt64Array(raw.buffer);
    case 11:
      return new Float64Array(raw.buffer);
    default:
      throw dataError(
        `tensor "${tensor.name}" is ${elementTypeName(type)}; numbers that can be read are float32, float64, int64, ` +
          'int32, int8, uint8 and bool: export the model in single precision',
      );
  }
}

function requireCount<Numbers extends Float32Array | Float64Array>(
  tensor: OnnxTensor,
  values: Numbers,
): Numbers {
  const expected = elements(tensor.shape);
  if (values.length === expected) return values;
  throw dataError(
    `tensor "${tensor.name}" holds ${values.length} numbers, its shape [${tensor.shape}] needs ${expected}; ` +
      'the model is damaged, export or download it again',
  );
}
