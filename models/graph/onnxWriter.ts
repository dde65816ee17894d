/**
 * Collects the nodes and initializers of an ONNX model, and of the bodies of its loops. A body sees what is written
 * outside; a node of a body that needs nothing from inside is written outside, once for all turns.
 */
import onnxProto, { type onnx } from 'onnx-proto';
import type { Shape } from './graph.js';
import type { OnnxAttributes, OnnxWriter } from './operator.js';

// A CommonJS package without names Node can see: types by name, values through the default export.
const { AttributeProto } = onnxProto.onnx;

const float32 = 1;
const int64 = 7;

export interface OnnxModelOptions {
  /** Use com.microsoft operators that only ONNX Runtime's CPU provider has (default false). */
  readonly contrib?: boolean;
  /** Block of com.microsoft.nchwc convolutions, see blockedLayout.ts; 0 (default) does without. */
  readonly convolutionBlock?: number;
}

/** Name, type and shape of a float32 value. */
export function described(name: string, shape: Shape): onnx.IValueInfoProto {
  const dim = shape.map((size) => ({ dimValue: size }));
  return { name, type: { tensorType: { elemType: float32, shape: { dim } } } };
}

function attributeProtos(attributes: OnnxAttributes): onnx.IAttributeProto[] {
  return Object.entries(attributes).map(([name, value]) => {
    if ('int' in value) return { name, type: AttributeProto.AttributeType.INT, i: value.int };
    if ('ints' in value) return { name, type: AttributeProto.AttributeType.INTS, ints: [...value.ints] };
    return { name, type: AttributeProto.AttributeType.FLOAT, f: value.float };
  });
}

function keyOf(...parts: readonly unknown[]): string {
  return JSON.stringify(parts);
}

/** A model or the body of a loop: where nodes and further loops go. */
export interface Scope extends OnnxWriter {
  /** Begins the body of a loop; end it by `scan`. */
  body(): BodyWriter;
  /**
   * A loop over the first axis of `rows`: states go from turn to turn, results are put together along a first axis.
   * @returns names of the last states, then of the results
   */
  scan(body: BodyWriter, inputs: LoopInputs): string[];
}

export interface LoopInputs {
  readonly states: readonly string[];
  readonly rows: readonly string[];
}

function scanProto(body: BodyWriter, { states, rows }: LoopInputs, output: string[]): onnx.INodeProto {
  const name = `${body.prefix}loop`;
  return {
    ...{ name, opType: 'Scan', domain: '', input: [...states, ...rows], output },
    attribute: [
      { name: 'num_scan_inputs', type: AttributeProto.AttributeType.INT, i: rows.length },
      {
        name: 'body',
        type: AttributeProto.AttributeType.GRAPH,
        g: { name, node: body.nodes, input: body.inputs, output: body.outputs },
      },
    ],
  };
}

function scanOutputs(body: BodyWriter): string[] {
  return body.outputs.map((_, i) => `${body.prefix}loop.${i}`);
}

/** What the output i of a node is called whose first is `name`. */
function outputNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}.${i}`));
}

export class ModelWriter implements Scope {
  readonly contrib: boolean;
  readonly convolutionBlock: number;
  readonly nodes: onnx.INodeProto[] = [];
  readonly initializers: onnx.ITensorProto[] = [];
  /** Of all nodes, those of bodies too. */
  readonly domains = new Set<string>();
  readonly #known = new Map<string, string>();
  readonly #written = new Map<string, string>();
  #bodies = 0;

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
    const key = keyOf(operator, inputs, attributes, domain, outputs);
    const written = this.#written.get(key);
    if (written !== undefined) return written;
    const output = `#t${this.nodes.length}`;
    this.#written.set(key, output);
    this.domains.add(domain);
    this.nodes.push({
      ...{ name: `${operator}_${this.nodes.length}`, opType: operator, domain, input: [...inputs] },
      ...{ output: outputNames(output, outputs), attribute: attributeProtos(attributes) },
    });
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

  body(): BodyWriter {
    return new BodyWriter(this, `#b${this.#bodies++}`);
  }

  scan(body: BodyWriter, inputs: LoopInputs): string[] {
    const output = scanOutputs(body);
    this.nodes.push(scanProto(body, inputs, output));
    return output;
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

export class BodyWriter implements Scope {
  readonly contrib: boolean;
  readonly convolutionBlock: number;
  readonly nodes: onnx.INodeProto[] = [];
  readonly inputs: onnx.IValueInfoProto[] = [];
  readonly outputs: onnx.IValueInfoProto[] = [];
  readonly prefix: string;
  readonly domains: Set<string>;
  readonly #outside: ModelWriter | BodyWriter;
  #bodies = 0;
  readonly #inside = new Set<string>();
  readonly #written = new Map<string, string>();

  constructor(outside: ModelWriter | BodyWriter, prefix: string) {
    this.contrib = outside.contrib;
    this.convolutionBlock = outside.convolutionBlock;
    this.prefix = prefix;
    this.domains = outside.domains;
    this.#outside = outside;
  }

  /** A state or the rows of a turn, in this order: all states first. */
  input(shape: Shape): string {
    const name = `${this.prefix}i${this.inputs.length}`;
    this.inputs.push(described(name, shape));
    this.#inside.add(name);
    return name;
  }

  /** States first; an Identity names each, the same value may be given twice or be an input. */
  output(value: string, shape: Shape): void {
    const name = `${this.prefix}o${this.outputs.length}`;
    this.nodes.push({ name: `#out ${name}`, opType: 'Identity', input: [value], output: [name] });
    this.outputs.push(described(name, shape));
  }

  node(
    operator: string,
    inputs: readonly string[],
    attributes: OnnxAttributes = {},
    domain = '',
    outputs = 1,
  ): string {
    if (!inputs.some((input) => this.#inside.has(input))) {
      return this.#outside.node(operator, inputs, attributes, domain, outputs);
    }
    const key = keyOf(operator, inputs, attributes, domain, outputs);
    const written = this.#written.get(key);
    if (written !== undefined) return written;
    const output = `${this.prefix}t${this.nodes.length}`;
    this.#written.set(key, output);
    this.domains.add(domain);
    const names = outputNames(output, outputs);
    for (const name of names) this.#inside.add(name);
    this.nodes.push({
      ...{ name: `${operator}_${output}`, opType: operator, domain, input: [...inputs], output: names },
      attribute: attributeProtos(attributes),
    });
    return output;
  }

  body(): BodyWriter {
    return new BodyWriter(this, `${this.prefix}b${this.#bodies++}`);
  }

  scan(body: BodyWriter, inputs: LoopInputs): string[] {
    const output = scanOutputs(body);
    for (const name of output) this.#inside.add(name);
    this.nodes.push(scanProto(body, inputs, output));
    return output;
  }

  int64(values: readonly number[]): string {
    return this.#outside.int64(values);
  }

  float(value: number): string {
    return this.#outside.float(value);
  }
}
