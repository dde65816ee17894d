/** Softmax along one axis: attributes { axis }. Gradient: y ⊙ (g − Σ g ⊙ y). */
import type { Operator } from '../operator.js';
import { normaliseAxis } from '../shapes.js';

export const softmax: Operator = {
  name: 'Softmax',
  infer([x], attributes) {
    normaliseAxis(attributes.axis as number, x!, 'Softmax');
    return x!;
  },
  gradient(ops, node, upstream) {
    const gy = ops.mul(upstream, node.output);
    const total = ops.reduceSum(gy, [node.attributes.axis as number], true);
    return [ops.sub(gy, ops.mul(node.output, total))];
  },
  toOnnx: (writer, node, inputs) =>
    writer.node('Softmax', inputs, { axis: { int: node.attributes.axis as number } }),
  tfjs(backend, [x], node) {
    // tfjs knows softmax along the last axis only.
    const axis = node.attributes.axis as number;
    const order = Array.from({ length: x!.rank }, (_, i) => i);
    order[axis] = x!.rank - 1;
    order[x!.rank - 1] = axis;
    return backend.transpose(backend.softmax(backend.transpose(x!, order)), order);
  },
  evaluate([x], node, output) {
    const { shape } = node.output;
    const axis = node.attributes.axis as number;
    const size = shape[axis]!;
    const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    for (let start = 0; start < output.length; start += size * inner) {
      for (let j = start; j < start + inner; j++) {
        let largest = -Infinity;
        for (let i = 0; i < size; i++) largest = Math.max(largest, x![j + i * inner]!);
        let total = 0;
        for (let i = 0; i < size; i++) total += Math.exp(x![j + i * inner]! - largest);
        for (let i = 0; i < size; i++) output[j + i * inner] = Math.exp(x![j + i * inner]! - largest) / total;
      }
    }
  },
};
