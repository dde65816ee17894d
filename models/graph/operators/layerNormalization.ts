/**
 * Layer normalisation over the last axis, without scale and shift (Ba et al. 2016, arXiv:1607.06450), and the factor it
 * multiplies with: attributes { epsilon }.
 *   y = (x − μ) r,   r = 1 / √(mean (x − μ)² + ε),   ∂L/∂x = r (g − mean g − y mean (g y))
 * ONNX has both as outputs of one node (opset 17), which the writer stores once; its CPU kernel goes row by row, so
 * that a row's numbers do not depend on the batch.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { GraphNode, Shape } from '../graph.js';
import type { OnnxWriter, Operator } from '../operator.js';

function epsilonOf(node: GraphNode): number {
  return node.attributes.epsilon as number;
}

function lengthOf(node: GraphNode): number {
  return node.inputs[0]!.shape.at(-1)!;
}

function written(writer: OnnxWriter, node: GraphNode, x: string): string {
  const scale = writer.node('Expand', [writer.float(1), writer.int64([lengthOf(node)])]);
  const attributes = { axis: { int: -1 }, epsilon: { float: epsilonOf(node) } };
  return writer.node('LayerNormalization', [x, scale], attributes, '', 3);
}

function moments(backend: typeof tf, x: Tensor, epsilon: number): { centred: Tensor; inverse: Tensor } {
  const centred = backend.sub(x, backend.mean(x, -1, true));
  const variance = backend.mean(backend.mul(centred, centred), -1, true);
  return { centred, inverse: backend.div(1, backend.sqrt(backend.add(variance, epsilon))) };
}

/** Mean and 1 / √(variance + ε) of the numbers from `start` on. */
function rowMoments(x: Float64Array, start: number, length: number, epsilon: number): [number, number] {
  let mean = 0;
  for (let i = start; i < start + length; i++) mean += x[i]! / length;
  let variance = 0;
  for (let i = start; i < start + length; i++) variance += (x[i]! - mean) ** 2 / length;
  return [mean, 1 / Math.sqrt(variance + epsilon)];
}

export const layerNormalization: Operator = {
  name: 'LayerNormalization',
  infer: ([x]) => x!,
  gradient(ops, node, upstream) {
    const [x] = node.inputs;
    const y = node.output;
    const parallel = ops.mul(y, ops.reduceMean(ops.mul(upstream, y), [-1], true));
    const across = ops.sub(ops.sub(upstream, ops.reduceMean(upstream, [-1], true)), parallel);
    return [ops.mul(across, ops.inverseDeviation(x!, epsilonOf(node)))];
  },
  toOnnx: (writer, node, [x]) => written(writer, node, x!),
  tfjs(backend, [x], node) {
    const { centred, inverse } = moments(backend, x!, epsilonOf(node));
    return backend.mul(centred, inverse);
  },
  evaluate([x], node, output) {
    const length = lengthOf(node);
    for (let start = 0; start < output.length; start += length) {
      const [mean, inverse] = rowMoments(x!, start, length, epsilonOf(node));
      for (let i = start; i < start + length; i++) output[i] = (x![i]! - mean) * inverse;
    }
  },
};

/** ∂r/∂x = −r² y / n */
export const inverseDeviation: Operator = {
  name: 'InverseDeviation',
  infer: ([x]): Shape => [...x!.slice(0, -1), 1],
  gradient(ops, node, upstream) {
    const [x] = node.inputs;
    const squared = ops.mul(ops.mul(node.output, node.output), ops.scalar(-1 / lengthOf(node)));
    return [ops.mul(ops.mul(upstream, squared), ops.normalise(x!, epsilonOf(node)))];
  },
  toOnnx: (writer, node, [x]) => `${written(writer, node, x!)}.2`,
  tfjs: (backend, [x], node) => moments(backend, x!, epsilonOf(node)).inverse,
  evaluate([x], node, output) {
    const length = lengthOf(node);
    for (let row = 0; row < output.length; row++) {
      output[row] = rowMoments(x!, row * length, length, epsilonOf(node))[1];
    }
  },
};
