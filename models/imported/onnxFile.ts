/**
 * An ONNX file taken apart without reading its weights: operators, inputs and outputs decoded, and for every tensor
 * its type, its shape and where its bytes lie, in the file itself or in one beside it (external data).
 * Constants written as nodes are told as initializers are. Field numbers: onnx.proto of ONNX 1.18, ir_version 3 … 12.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import onnxProto, { type onnx } from 'onnx-proto';
import { dataError, isPlumeError } from '../../core/errors.js';
import { elements, type Shape } from '../graph/graph.js';
import { FileReader, type Span } from './wire.js';

const { NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto } = onnxProto.onnx;

/** Element types by their number in TensorProto.DataType, with bytes each; 0 where elements share bytes. */
const elementTypes: ReadonlyMap<number, readonly [name: string, bytes: number]> = new Map([
  [1, ['float32', 4]],
  [2, ['uint8', 1]],
  [3, ['int8', 1]],
  [4, ['uint16', 2]],
  [5, ['int16', 2]],
  [6, ['int32', 4]],
  [7, ['int64', 8]],
  [8, ['string', 0]],
  [9, ['bool', 1]],
  [10, ['float16', 2]],
  [11, ['float64', 8]],
  [12, ['uint32', 4]],
  [13, ['uint64', 8]],
  [16, ['bfloat16', 2]],
]);

export function elementTypeName(type: number): string {
  return elementTypes.get(type)?.[0] ?? `element type ${type}`;
}

/** Bytes of a number in raw form; 0 where that is not known. */
export function elementBytes(type: number): number {
  return elementTypes.get(type)?.[1] ?? 0;
}

/** Bytes in a file, little-endian, row-major. */
export interface Location {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export interface OnnxTensor {
  readonly name: string;
  readonly shape: Shape;
  /** TensorProto.DataType: 1 is float32. */
  readonly type: number;
  /** Where the numbers lie raw; undefined where they are written another way, which `proto` then holds. */
  readonly location: Location | undefined;
  /** The tensor without what `location` points at. */
  readonly proto: onnx.ITensorProto;
  /** True where the file says that they lie in a file beside it. */
  readonly external: boolean;
}

export interface OnnxTensorInfo {
  readonly name: string;
  readonly type: number;
  /** null: an axis whose size is given when the model runs. */
  readonly shape: readonly (number | null)[];
}

/** What a field of the graph is, for writing the file anew. */
export type GraphPart =
  | { readonly kind: 'other'; readonly whole: Span }
  | { readonly kind: 'tensor'; readonly whole: Span; readonly tensor: OnnxTensor };

export interface OnnxFile {
  readonly path: string;
  /** Version by domain; '' is ONNX's own. */
  readonly operatorSets: ReadonlyMap<string, number>;
  readonly producer: string;
  /** Operators in topological order, without constants. */
  readonly nodes: readonly onnx.INodeProto[];
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
  /** Without those that initializers fill. */
  readonly inputs: readonly OnnxTensorInfo[];
  readonly outputs: readonly OnnxTensorInfo[];
  /** Names listed as inputs of the graph, initializers among them. */
  readonly listedInputs: ReadonlySet<string>;
  /** Fields of the model outside its graph, in their order, and those of the graph. */
  readonly around: readonly Span[];
  readonly parts: readonly GraphPart[];
}

/** Tensors below so many bytes are read where they stand. */
const inlineBytes = 1024;

/**
 * Takes a model apart.
 * @throws {PlumeError} data, when there is no such file, or it is no ONNX model, or its external data are missing
 */
export function readOnnxFile(path: string): OnnxFile {
  const reader = new FileReader(path);
  try {
    return readModel(reader);
  } catch (error) {
    if (isPlumeError(error)) throw error;
    throw dataError(`model "${path}" is no ONNX model: ${(error as Error).message}; export it again`, {
      cause: error,
    });
  } finally {
    reader.close();
  }
}

function readModel(reader: FileReader): OnnxFile {
  const around: Span[] = [];
  const operatorSets = new Map<string, number>();
  let producer = '';
  let graph: Span | undefined;
  for (const { number, value, whole, wireType } of reader.fields({ start: 0, end: reader.size })) {
    if (number === 7 && wireType === 2) {
      graph = value;
      continue;
    }
    around.push(whole);
    if (number === 8) {
      const set = OperatorSetIdProto.decode(reader.bytes(value));
      operatorSets.set(set.domain === 'ai.onnx' ? '' : (set.domain ?? ''), Number(set.version));
    }
    if (number === 2) producer = new TextDecoder().decode(reader.bytes(value));
  }
  if (graph === undefined || operatorSets.size === 0) {
    throw dataError(
      `model "${reader.path}" is no ONNX model: it has no ${graph === undefined ? 'graph' : 'operator set'}; ` +
        'give a file that ends in .onnx as PyTorch and other tools write it',
    );
  }
  return { path: reader.path, operatorSets, producer, around, ...readGraph(reader, graph) };
}

function readGraph(reader: FileReader, graph: Span) {
  const parts: GraphPart[] = [];
  const nodes: onnx.INodeProto[] = [];
  const tensors = new Map<string, OnnxTensor>();
  const inputs: OnnxTensorInfo[] = [];
  const outputs: OnnxTensorInfo[] = [];
  for (const { number, value, whole } of reader.fields(graph)) {
    const constant = number === 1 ? constantTensor(reader, value) : undefined;
    const tensor = number === 5 ? readTensor(reader, value) : constant;
    if (tensor !== undefined) {
      tensors.set(tensor.name, tensor);
      parts.push({ kind: 'tensor', whole, tensor });
      continue;
    }
    parts.push({ kind: 'other', whole });
    if (number === 1) nodes.push(NodeProto.decode(reader.bytes(value)));
    if (number === 11) inputs.push(infoOf(ValueInfoProto.decode(reader.bytes(value))));
    if (number === 12) outputs.push(infoOf(ValueInfoProto.decode(reader.bytes(value))));
  }
  return {
    parts,
    nodes,
    tensors,
    outputs,
    inputs: inputs.filter(({ name }) => !tensors.has(name)),
    listedInputs: new Set(inputs.map(({ name }) => name)),
  };
}

/** The tensor of a Constant node, named as its output; undefined for other nodes, and for constants of other kinds. */
function constantTensor(reader: FileReader, node: Span): OnnxTensor | undefined {
  let output = '';
  let operator = '';
  let tensor: Span | undefined;
  for (const { number, value } of reader.fields(node)) {
    if (number === 2) output = new TextDecoder().decode(reader.bytes(value));
    if (number === 4) operator = new TextDecoder().decode(reader.bytes(value));
    if (number !== 5) continue;
    for (const part of reader.fields(value))
      if (part.number === 5 && part.wireType === 2) tensor = part.value;
  }
  return operator === 'Constant' && tensor !== undefined ? readTensor(reader, tensor, output) : undefined;
}

/** Fields of TensorProto that hold numbers: float_data 4, int32_data 5, int64_data 7, raw_data 9, double_data 10, … */
const payloads = new Set([4, 5, 7, 9, 10, 11]);

function readTensor(reader: FileReader, span: Span, called?: string): OnnxTensor {
  const kept: Uint8Array[] = [];
  const large: { readonly number: number; readonly value: Span; readonly whole: Span }[] = [];
  for (const { number, wireType, whole, value } of reader.fields(span)) {
    const payload = payloads.has(number) && wireType === 2;
    if (payload && value.end - value.start >= inlineBytes) large.push({ number, value, whole });
    else kept.push(reader.bytes(whole));
  }
  // Lists of floats are the raw bytes; anything else, or a list in pieces, is read as it is written.
  const [first, ...others] = large;
  const raw = first !== undefined && others.length === 0 && (first.number === 9 || first.number === 4);
  if (!raw) for (const { whole } of large) kept.push(reader.bytes(whole));
  const proto = TensorProto.decode(Buffer.concat(kept));
  const name = called ?? proto.name ?? '';
  const shape = (proto.dims ?? []).map(Number);
  const type = proto.dataType ?? 0;
  const tensor = { name, shape, type, proto };
  if (proto.dataLocation === 1) {
    return { ...tensor, external: true, location: externalLocation(reader.path, tensor) };
  }
  const location =
    raw && first !== undefined
      ? { file: reader.path, offset: first.value.start, length: first.value.end - first.value.start }
      : undefined;
  if (location !== undefined) requireLength(reader.path, tensor, location.length);
  return { ...tensor, external: false, location };
}

type Described = Pick<OnnxTensor, 'name' | 'shape' | 'type' | 'proto'>;

function requireLength(path: string, { name, shape, type }: Described, found: number): void {
  const expected = elements(shape) * elementBytes(type);
  if (expected === 0 || expected === found) return;
  throw dataError(
    `model "${path}": tensor "${name}" has ${found} bytes, its shape [${shape}] of ${elementTypeName(type)} needs ` +
      `${expected}; the file is damaged, export or download it again`,
  );
}

function externalLocation(path: string, tensor: Described): Location {
  const entries = new Map((tensor.proto.externalData ?? []).map(({ key, value }) => [key, value ?? '']));
  const name = entries.get('location') ?? '';
  const inside = normalize(name);
  if (name === '' || isAbsolute(name) || inside.startsWith('..')) {
    throw dataError(
      `model "${path}": tensor "${tensor.name}" lies in "${name}", outside the directory of the model; ` +
        'put its data beside the model',
    );
  }
  const file = join(dirname(path), inside);
  if (!existsSync(file)) {
    throw dataError(
      `model "${path}": tensor "${tensor.name}" lies in "${name}", which is not there; put the file of weights ` +
        'that came with the model beside it',
    );
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? elements(tensor.shape) * elementBytes(tensor.type));
  requireLength(path, tensor, length);
  const { size } = statSync(file);
  if (offset + length > size) {
    throw dataError(
      `model "${path}": tensor "${tensor.name}" ends at byte ${offset + length} of "${name}", which has ${size}; ` +
        'the file is cut short, export or download it again',
    );
  }
  return { file, offset, length };
}

function infoOf({ name, type }: onnx.IValueInfoProto): OnnxTensorInfo {
  const tensor = type?.tensorType;
  const shape = (tensor?.shape?.dim ?? []).map(({ dimValue }) => {
    const size = Number(dimValue ?? 0);
    return size > 0 ? size : null;
  });
  return { name: name ?? '', type: tensor?.elemType ?? 0, shape };
}
