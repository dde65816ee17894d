/** Choice by a float mask: y = a where mask ≠ 0, else b; all three broadcast. The mask has no gradient. */
import type { Shape, Value } from '../graph.js';
import type { Operator } from '../operator.js';
import { broadcastShapes, broadcastStrides, walk } from '../shapes.js';
import { sumTo } from './binary.js';

export const where: Operator = {
  name: 'Where',
  infer: ([mask, a, b]) => broadcastShapes(broadcastShapes(mask!, a!, 'Where'), b!, 'Where'),
  gradient(ops, node, upstream, needed) {
    const [mask, a, b] = node.inputs as [Value, Value, Value];
    const zero = ops.scalar(0);
    return [
      null,
      needed[1] ? sumTo(ops, ops.where(mask, upstream, zero), a.shape) : null,
      needed[2] ? sumTo(ops, ops.where(mask, zero, upstream), b.shape) : null,
    ];
  },
  toOnnx: (writer, _node, [mask, a, b]) =>
    writer.node('Where', [writer.node('Cast', [mask!], { to: { int: 9 } }), a!, b!]),
  tfjs(backend, [mask, a, b], node) {
    // tfjs's where wants one shape for all three.
    const shape = [...node.output.shape];
    const chosen = backend.cast(backend.broadcastTo(mask!, shape), 'bool');
    return backend.where(chosen, backend.broadcastTo(a!, shape), backend.broadcastTo(b!, shape));
  },
  evaluate([mask, a, b], node, output) {
    const shape: Shape = node.output.shape;
    const operandStrides = node.inputs.map((input) => broadcastStrides(input.shape, shape));
    walk(shape, operandStrides, (i, at) => {
      output[i] = mask![at[0]!] !== 0 ? a![at[1]!]! : b![at[2]!]!;
    });
  },
};
