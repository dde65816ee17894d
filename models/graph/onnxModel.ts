/**
 * A graph as the bytes of an ONNX model (protobuf through onnx-proto): what ONNX Runtime loads and any other
 * ONNX tool opens. Operator set 20 (the first with Gelu); contrib operators of ONNX Runtime only where asked for.
 */
import onnxProto, { type onnx } from 'onnx-proto';
import type { Graph, Value } from './graph.js';
import type { OnnxAttributes, OnnxWriter } from './operator.js';
import { operatorNamed } from './operators/registry.js';

// A CommonJS package without names Node can see: types by name, values through the default export.
const { AttributeProto, ModelProto } = onnxProto.onnx;

const operatorSet = 20;
const float32 = 1;
const int64 = 7;

class ModelWriter implements OnnxWriter {
  readonly contrib: boolean;
  readonly convolutionBlock: number;
  readonly nodes: onnx.INodeProto[] = [];
  readonly initializers: onnx.ITensorProto[] = [];
  readonly #known = new Map<string, string>();
  readonly #written = new Map<string, string>();

  constructor(options: OnnxModelOptions) {
    this.contrib = options.contrib === true;
    this.convolutionBlock = options.convolutionBlock ?? 0;
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: OnnxAttributes = {},
    domain = '',
    outputs = 1,
  ): string {
    const key = JSON.stringify([operator, inputs, attributes, domain, outputs]);
    const written = this.#written.get(key);
    if (written !== undefined) return written;
    const output = `#t${this.nodes.length}`;
    this.#written.set(key, output);
    const attribute = Object.entries(attributes).map(([name, value]) => {
      if ('int' in value) return { name, type: AttributeProto.AttributeType.INT, i: value.int };
      if ('ints' in value) return { name, type: AttributeProto.AttributeType.INTS, ints: [...value.ints] };
      return { name, type: AttributeProto.AttributeType.FLOAT, f: value.float };
    });
    const name = `${operator}_${this.nodes.length}`;
    const all = Array.from({ length: outputs }, (_, i) => (i === 0 ? output : `${output}.${i}`));
    this.nodes.push({ name, opType: operator, input: [...inputs], output: all, attribute, domain });
    return output;
  }

  int64(values: readonly number[]): string {
    return this.#initializer(`int64 ${values}`, int64, [values.length], BigInt64Array.from(values, BigInt));
  }

  float(value: number): string {
    return this.#initializer(`float ${value}`, float32, [], Float32Array.of(value));
  }

  tensor(name: string, dims: readonly number[], data: Float32Array): void {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dataType: float32, dims: [...dims], rawData });
  }

  #initializer(
    key: string,
    dataType: number,
    dims: readonly number[],
    data: Float32Array | BigInt64Array,
  ): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = `#k${this.#known.size}`;
    this.#known.set(key, name);
    this.initializers.push({ name, dataType, dims: [...dims], rawData: new Uint8Array(data.buffer) });
    return name;
  }
}

function described(name: string, { shape }: Value): onnx.IValueInfoProto {
  const dim = shape.map((size) => ({ dimValue: size }));
  return { name, type: { tensorType: { elemType: float32, shape: { dim } } } };
}

export interface OnnxModelOptions {
  /** Use com.microsoft operators that only ONNX Runtime's CPU provider has (default false). */
  readonly contrib?: boolean;
  /** Block of com.microsoft.nchwc convolutions, see blockedLayout.ts; 0 (default) does without. */
  readonly convolutionBlock?: number;
}

/** Encodes a graph; inputs and outputs keep their names and order, everything else is named "#…". */
export function encodeOnnx(graph: Graph, options: OnnxModelOptions = {}): Uint8Array {
  const writer = new ModelWriter(options);
  const names = new Map<number, string>();
  for (const { name, value } of graph.inputs) names.set(value.id, name);
  for (const { value, data } of graph.constants) {
    const name = `#c${value.id}`;
    names.set(value.id, name);
    writer.tensor(name, value.shape, data);
  }
  const nameOf = (value: Value): string => names.get(value.id) as string;
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(nameOf);
    names.set(node.output.id, operatorNamed(node.operator).toOnnx(writer, node, inputs));
  }
  // An Identity names each result: the same value may be named twice, or be an input.
  for (const { name, value } of graph.outputs) {
    writer.nodes.push({ name: `#out ${name}`, opType: 'Identity', input: [nameOf(value)], output: [name] });
  }
  return ModelProto.encode({
    irVersion: 8,
    producerName: 'plume',
    opsetImport: [
      { domain: '', version: operatorSet },
      ...[...new Set(writer.nodes.map((node) => node.domain ?? ''))]
        .filter((domain) => domain !== '')
        .map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'plume',
      node: writer.nodes,
      initializer: writer.initializers,
      input: graph.inputs.map(({ name, value }) => described(name, value)),
      output: graph.outputs.map(({ name, value }) => described(name, value)),
    },
  }).finish();
}
