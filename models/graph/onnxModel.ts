/**
 * A graph as the bytes of an ONNX model (protobuf through onnx-proto): what ONNX Runtime loads and any other
 * ONNX tool opens. Operator set 20 (the first with Gelu); contrib operators of ONNX Runtime only where asked for, and
 * loops over rows (rowLoops.ts) as Scan.
 */
import onnxProto from 'onnx-proto';
import type { Graph, Value } from './graph.js';
import { described, ModelWriter, type Scope, type OnnxModelOptions as WriterOptions } from './onnxWriter.js';
import { operatorNamed } from './operators/registry.js';
import { loopBody, writeSum } from './rowLoopBody.js';
import { planRowLoops, type RowLoop, type RowLoopOptions } from './rowLoops.js';

// A CommonJS package without names Node can see: types by name, values through the default export.
const { ModelProto } = onnxProto.onnx;

const operatorSet = 20;

export interface OnnxModelOptions extends WriterOptions {
  /** Takes groups of rows through many operators one after another (default: not): for training on the CPU provider. */
  readonly rowLoops?: RowLoopOptions;
}

/** What is the same for a model and all bodies of its loops. */
interface Writing {
  readonly rowLoops: RowLoopOptions | undefined;
  /** What values are called. */
  readonly names: Map<number, string>;
  /** A number that no value has yet. */
  fresh(): number;
}

function nameOf({ names }: Writing, { id }: Value): string {
  return names.get(id) as string;
}

/** @param sums what results are added to, by their value's number */
function writeNodes(scope: Scope, writing: Writing, graph: Graph, sums: ReadonlyMap<number, string>): void {
  const { rowLoops, names } = writing;
  const plan = rowLoops === undefined ? graph.nodes.map((node) => ({ node })) : planRowLoops(graph, rowLoops);
  for (const planned of plan) {
    if ('loop' in planned) {
      writeLoop(scope, writing, planned.loop, sums);
      continue;
    }
    const { node } = planned;
    const inputs = node.inputs.map((value) => nameOf(writing, value));
    const sum = sums.get(node.output.id);
    const plain = () => operatorNamed(node.operator).toOnnx(scope, node, inputs);
    names.set(node.output.id, sum === undefined ? plain() : writeSum(scope, node, inputs, sum, plain));
  }
}

/** Writes a loop over groups of rows: one Scan, totals as its states, each from its sum on or from zero. */
function writeLoop(scope: Scope, writing: Writing, loop: RowLoop, sums: ReadonlyMap<number, string>): void {
  const { groups, totals, inputs, outputs } = loop;
  const { graph, inside } = loopBody(loop, writing.fresh);
  const body = scope.body();
  const states = new Map(totals.map((value) => [inside(value).id, body.input(value.shape)]));
  for (const value of inputs) writing.names.set(inside(value).id, body.input(inside(value).shape));
  writeNodes(body, { ...writing, rowLoops: { ...writing.rowLoops, elementwise: true } }, graph, states);
  for (const value of [...totals, ...outputs]) {
    body.output(nameOf(writing, inside(value)), inside(value).shape);
  }
  const reshaped = (name: string, shape: readonly number[]) =>
    scope.node('Reshape', [name, scope.int64(shape)]);
  const results = scope.scan(body, {
    states: totals.map(
      ({ id, shape }) => sums.get(id) ?? scope.node('Expand', [scope.float(0), scope.int64(shape)]),
    ),
    rows: inputs.map((value) => reshaped(nameOf(writing, value), [groups, ...inside(value).shape])),
  });
  [...totals, ...outputs].forEach((value, i) => {
    const name = results[i] as string;
    if (i < totals.length) {
      writing.names.set(value.id, name);
      return;
    }
    const whole = reshaped(name, value.shape);
    const sum = sums.get(value.id);
    writing.names.set(value.id, sum === undefined ? whole : scope.node('Add', [whole, sum]));
  });
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
  // values of loops' bodies are numbered below zero
  let last = 0;
  const writing: Writing = { rowLoops: options.rowLoops, names, fresh: () => --last };
  writeNodes(writer, writing, graph, new Map());
  // An Identity names each result: the same value may be named twice, or be an input.
  for (const { name, value } of graph.outputs) {
    const input = [nameOf(writing, value)];
    writer.nodes.push({ name: `#out ${name}`, opType: 'Identity', input, output: [name] });
  }
  return ModelProto.encode({
    irVersion: 8,
    producerName: 'plume',
    opsetImport: [
      { domain: '', version: operatorSet },
      ...[...writer.domains].filter((domain) => domain !== '').map((domain) => ({ domain, version: 1 })),
    ],
    graph: {
      name: 'plume',
      node: writer.nodes,
      initializer: writer.initializers,
      input: graph.inputs.map(({ name, value }) => described(name, value.shape)),
      output: graph.outputs.map(({ name, value }) => described(name, value.shape)),
    },
  }).finish();
}
