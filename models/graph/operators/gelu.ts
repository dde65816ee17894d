/**
 * GELU: y = x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415), exact form.
 * ONNX has it as one operator since opset 20; the gradient is Φ(x) + x φ(x), φ the normal density.
 */
import type { Operator } from '../operator.js';
import { erf } from './erf.js';

export const gelu: Operator = {
  name: 'Gelu',
  infer: ([x]) => x ?? [],
  gradient(ops, node, upstream) {
    const x = node.inputs[0]!;
    const half = ops.scalar(0.5);
    const distribution = ops.add(ops.mul(ops.erf(ops.mul(x, ops.scalar(Math.SQRT1_2))), half), half);
    const scaled = ops.mul(x, ops.scalar(1 / Math.sqrt(2 * Math.PI)));
    const density = ops.exp(ops.mul(ops.mul(x, x), ops.scalar(-0.5)));
    return [ops.mul(upstream, ops.add(distribution, ops.mul(scaled, density)))];
  },
  toOnnx: (writer, _node, inputs) => writer.node('Gelu', inputs),
  tfjs(backend, [x]) {
    const distribution = backend.add(backend.erf(backend.mul(x!, Math.SQRT1_2)), 1);
    return backend.mul(backend.mul(x!, 0.5), distribution);
  },
  evaluate([x], _node, output) {
    for (let i = 0; i < output.length; i++) output[i] = 0.5 * x![i]! * (1 + erf(x![i]! * Math.SQRT1_2));
  },
};
