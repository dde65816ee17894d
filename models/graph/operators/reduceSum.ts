/**
 * Sum over axes: attributes { axes, keepDims }. Gradient: the upstream repeated along the summed axes.
 * ONNX Runtime's CPU provider sums the rows of a long matrix a few columns at a time, each time through all of its
 * memory (12288 rows of 192 numbers: 57 ms on a busy machine, where the same sum as a matrix product with ones, which
 * reads every row once, took 0.5 ms). Long sums of rows, the gradients of biases, are written as that product.
 */
import { elements, type GraphNode, type Shape } from '../graph.js';
import type { OnnxWriter, Operator } from '../operator.js';
import { normaliseAxis, strides, walk } from '../shapes.js';

function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

/** Fewest rows, and numbers in a row, from which on the product is the better way. */
const [longSum, wideRow] = [256, 16];

/** The sum as [outer, 1, rows] × [outer, rows, inner]; undefined where it is no sum of many wide rows. */
function asProduct(writer: OnnxWriter, node: GraphNode, x: string): string | undefined {
  const { shape } = node.inputs[0]!;
  const axes = [...(node.attributes.axes as readonly number[])].sort((a, b) => a - b);
  const [first = 0] = axes;
  const last = axes.at(-1) ?? 0;
  const rows = elements(shape.slice(first, last + 1));
  const inner = elements(shape.slice(last + 1));
  const together = last - first + 1 === axes.length;
  if (!writer.contrib || !together || rows < longSum || inner < wideRow) return undefined;
  const outer = elements(shape.slice(0, first));
  const matrix = writer.node('Reshape', [x, writer.int64([outer, rows, inner])]);
  const ones = writer.node('Expand', [writer.float(1), writer.int64([1, rows])]);
  const sums = writer.node('MatMul', [ones, matrix]);
  return writer.node('Reshape', [sums, writer.int64(node.output.shape)]);
}

export const reduceSum: Operator = {
  name: 'ReduceSum',
  infer([x], attributes) {
    const axes = (attributes.axes as readonly number[]).map((axis) => normaliseAxis(axis, x!, 'ReduceSum'));
    return attributes.keepDims === true ? keptShape(x!, axes) : x!.filter((_, axis) => !axes.includes(axis));
  },
  gradient(ops, node, upstream) {
    const { shape } = node.inputs[0]!;
    const kept = ops.reshape(upstream, keptShape(shape, node.attributes.axes as readonly number[]));
    return [ops.expand(kept, shape)];
  },
  toOnnx: (writer, node, [x]) =>
    asProduct(writer, node, x!) ??
    writer.node('ReduceSum', [x!, writer.int64(node.attributes.axes as readonly number[])], {
      keepdims: { int: node.attributes.keepDims === true ? 1 : 0 },
    }),
  tfjs: (backend, [x], node) =>
    backend.sum(x!, [...(node.attributes.axes as readonly number[])], node.attributes.keepDims === true),
  evaluate([x], node, output) {
    const { shape } = node.inputs[0]!;
    const kept = keptShape(shape, node.attributes.axes as readonly number[]);
    output.fill(0);
    walk(shape, [strides(kept, true).map((stride, axis) => (kept[axis] === 1 ? 0 : stride))], (i, at) => {
      output[at[0]!]! += x![i]!;
    });
  },
};
