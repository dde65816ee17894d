/**
 * A graph as the bytes of an ONNX model (protobuf through onnx-proto): what ONNX Runtime loads and any other
 * ONNX tool opens. Operator set 20 (the first with Gelu); contrib operators of ONNX Runtime only where asked for, and
 * loops over rows (rowLoops.ts) as Scan.
 */
import onnxProto from 'onnx-proto';
import type { Graph, Value } from './graph.js';
import { described, ModelWriter, type OnnxModelOptions as WriterOptions } from './onnxWriter.js';
import { operatorNamed } from './operators/registry.js';
import { planRowLoops, type RowLoop, type RowLoopOptions } from './rowLoops.js';
import { groupNode, groupShape } from './rowRules.js';

// A CommonJS package without names Node can see: types by name, values through the default export.
const { ModelProto } = onnxProto.onnx;

const operatorSet = 20;

export interface OnnxModelOptions extends WriterOptions {
  /** Takes groups of rows through many operators one after another (default: not): for training on the CPU provider. */
  readonly rowLoops?: RowLoopOptions;
}

/** What values are called. */
type Names = Map<number, string>;

function nameIn(names: Names, { id }: Value): string {
  return names.get(id) as string;
}

/** Writes a loop over groups of rows: one Scan, totals as its states. */
function writeLoop(writer: ModelWriter, names: Names, loop: RowLoop): void {
  const { groups } = loop;
  const part = (value: Value) => groupShape(value.shape, groups);
  const body = writer.body();
  const inside: Names = new Map();
  const sums = new Map(loop.totals.map((value) => [value.id, body.input(value.shape)]));
  for (const value of loop.inputs) inside.set(value.id, body.input(part(value)));
  for (const { node, rule } of loop.nodes) {
    const inputs = node.inputs.map((value, i) => nameIn(rule.inputs[i] === 'rows' ? inside : names, value));
    const written = operatorNamed(node.operator).toOnnx(body, groupNode(node, rule, groups), inputs);
    const sum = sums.get(node.output.id);
    inside.set(node.output.id, sum === undefined ? written : body.node('Add', [written, sum]));
  }
  for (const value of loop.totals) body.output(nameIn(inside, value), value.shape);
  for (const value of loop.outputs) body.output(nameIn(inside, value), part(value));
  const reshaped = (name: string, shape: readonly number[]) =>
    writer.node('Reshape', [name, writer.int64(shape)]);
  const results = writer.scan(body, {
    states: loop.totals.map(({ shape }) => writer.node('Expand', [writer.float(0), writer.int64(shape)])),
    rows: loop.inputs.map((value) => reshaped(nameIn(names, value), [groups, ...part(value)])),
  });
  [...loop.totals, ...loop.outputs].forEach((value, i) => {
    const name = results[i] as string;
    names.set(value.id, i < loop.totals.length ? name : reshaped(name, value.shape));
  });
}

/** Encodes a graph; inputs and outputs keep their names and order, everything else is named "#…". */
export function encodeOnnx(graph: Graph, options: OnnxModelOptions = {}): Uint8Array {
  const writer = new ModelWriter(options);
  const names: Names = new Map();
  for (const { name, value } of graph.inputs) names.set(value.id, name);
  for (const { value, data } of graph.constants) {
    const name = `#c${value.id}`;
    names.set(value.id, name);
    writer.tensor(name, value.shape, data);
  }
  const plan =
    options.rowLoops === undefined
      ? graph.nodes.map((node) => ({ node }))
      : planRowLoops(graph, options.rowLoops);
  for (const planned of plan) {
    if ('loop' in planned) {
      writeLoop(writer, names, planned.loop);
      continue;
    }
    const { node } = planned;
    const inputs = node.inputs.map((value) => nameIn(names, value));
    names.set(node.output.id, operatorNamed(node.operator).toOnnx(writer, node, inputs));
  }
  // An Identity names each result: the same value may be named twice, or be an input.
  for (const { name, value } of graph.outputs) {
    const input = [nameIn(names, value)];
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
