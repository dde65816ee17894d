/** Sum over axes: attributes { axes, keepDims }. Gradient: the upstream repeated along the summed axes. */
import type { Shape } from '../graph.js';
import type { Operator } from '../operator.js';
import { normaliseAxis, strides, walk } from '../shapes.js';

function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
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
