/**
 * What one turn of a loop over groups of rows goes through, as a graph: in it loops over smaller groups may be found
 * again, such as those of a batch's states and then of each state's tokens. Values made for one group have numbers of
 * their own, what is needed whole keeps its number.
 */
import { elements, type Graph, type GraphNode, type Value } from './graph.js';
import type { OnnxWriter } from './operator.js';
import type { RowLoop } from './rowLoops.js';
import { groupNode, groupShape } from './rowRules.js';

export interface LoopBody {
  readonly graph: Graph;
  /** The value inside for each of the loop's inputs, outputs and totals. */
  inside(value: Value): Value;
}

/** @param fresh gives a number that no value has yet */
export function loopBody(loop: RowLoop, fresh: () => number): LoopBody {
  const parts = new Map<number, Value>();
  for (const { id, shape } of loop.inputs) {
    parts.set(id, { id: fresh(), shape: groupShape(shape, loop.groups) });
  }
  const inside = (value: Value): Value => parts.get(value.id) ?? value;
  const nodes = loop.nodes.map(({ node, rule }): GraphNode => {
    const part = groupNode(node, rule, loop.groups);
    const inputs = node.inputs.map((value, i) => (rule.inputs[i] === 'rows' ? inside(value) : value));
    const output = { id: fresh(), shape: part.output.shape };
    parts.set(node.output.id, output);
    return { ...part, inputs, output };
  });
  const named = (values: readonly Value[]) =>
    values.map((value, i) => ({ name: `${i}`, value: inside(value) }));
  return {
    graph: {
      inputs: named(loop.inputs),
      outputs: named([...loop.totals, ...loop.outputs]),
      constants: [],
      nodes,
    },
    inside,
  };
}

/**
 * A node's result added to a sum of its shape: for a product over rows inside the product itself, which writes the sum
 * anyway.
 * @param written the node's result where it is written already
 */
export function writeSum(
  writer: OnnxWriter,
  node: GraphNode,
  inputs: readonly string[],
  sum: string,
  written: () => string,
): string {
  const [left, right] = node.inputs;
  const size = elements(node.output.shape);
  const columns = right?.shape.at(-1) ?? 1;
  if (node.operator !== 'MatMul' || left === undefined || size !== columns * (left.shape.at(-1) ?? 1)) {
    return writer.node('Add', [written(), sum]);
  }
  const rows = left.shape.at(-2) ?? 1;
  const flat = node.output.shape.length === 2;
  const matrix = (name: string, shape: readonly number[]): string =>
    flat ? name : writer.node('Reshape', [name, writer.int64(shape)]);
  const [a = '', b = ''] = inputs;
  const total = writer.node(
    'Gemm',
    [matrix(a, [rows, size / columns]), matrix(b, [rows, columns]), matrix(sum, [size / columns, columns])],
    { transA: { int: 1 } },
  );
  return matrix(total, node.output.shape);
}
