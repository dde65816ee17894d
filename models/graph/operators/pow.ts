/** x to a constant power: attributes { exponent }. Gradient: exponent · x^(exponent − 1). */
import type { Operator } from '../operator.js';

export const pow: Operator = {
  name: 'Pow',
  infer: ([x]) => x ?? [],
  gradient(ops, node, upstream) {
    const x = node.inputs[0]!;
    const exponent = node.attributes.exponent as number;
    const slope = ops.mul(ops.pow(x, exponent - 1), ops.scalar(exponent));
    return [ops.mul(upstream, slope)];
  },
  toOnnx: (writer, node, [x]) => writer.node('Pow', [x!, writer.float(node.attributes.exponent as number)]),
  tfjs: (backend, [x], node) => backend.pow(x!, backend.scalar(node.attributes.exponent as number)),
  evaluate([x], node, output) {
    const exponent = Math.fround(node.attributes.exponent as number);
    for (let i = 0; i < output.length; i++) output[i] = x![i]! ** exponent;
  },
};
