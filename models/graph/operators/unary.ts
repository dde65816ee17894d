/**
 * Element-wise functions of one value: y = f(x), gradient f′(x) · upstream.
 * Rules are written in whichever of x and y makes the fewest passes over memory (tanh, sigmoid, sqrt, exp in y),
 * because on a CPU an element-wise pass costs as much as a good part of a matrix product.
 */

import type * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Value } from '../graph.js';
import type { Operations, Operator } from '../operator.js';
import { erf } from './erf.js';

interface Rule {
  readonly name: string;
  readonly f: (x: number) => number;
  /** Gradient of x; null when the derivative is zero wherever it exists. */
  readonly gradient: (ops: Operations, x: Value, y: Value, upstream: Value) => Value | null;
  readonly tfjs: (backend: typeof tf, x: Tensor) => Tensor;
}

function unary(rule: Rule): Operator {
  return {
    name: rule.name,
    infer: ([x]) => x ?? [],
    gradient: (ops, node, upstream) => [rule.gradient(ops, node.inputs[0]!, node.output, upstream)],
    toOnnx: (writer, _node, inputs) => writer.node(rule.name, inputs),
    tfjs: (backend, [x]) => rule.tfjs(backend, x!),
    evaluate([x], _node, output) {
      for (let i = 0; i < output.length; i++) output[i] = rule.f(x![i]!);
    },
  };
}

export const unaryOperators: readonly Operator[] = [
  unary({
    name: 'Neg',
    f: (x) => -x,
    gradient: (ops, _x, _y, g) => ops.neg(g),
    tfjs: (backend, x) => backend.neg(x),
  }),
  unary({
    name: 'Abs',
    f: Math.abs,
    gradient: (ops, x, _y, g) => ops.mul(g, ops.sign(x)),
    tfjs: (backend, x) => backend.abs(x),
  }),
  unary({
    name: 'Sign',
    f: Math.sign,
    gradient: () => null,
    tfjs: (backend, x) => backend.sign(x),
  }),
  unary({
    name: 'Sqrt',
    f: Math.sqrt,
    gradient: (ops, _x, y, g) => ops.div(ops.mul(g, ops.scalar(0.5)), y),
    tfjs: (backend, x) => backend.sqrt(x),
  }),
  unary({
    name: 'Exp',
    f: Math.exp,
    gradient: (ops, _x, y, g) => ops.mul(g, y),
    tfjs: (backend, x) => backend.exp(x),
  }),
  unary({
    name: 'Log',
    f: Math.log,
    gradient: (ops, x, _y, g) => ops.div(g, x),
    tfjs: (backend, x) => backend.log(x),
  }),
  unary({
    name: 'Tanh',
    f: Math.tanh,
    gradient(ops, _x, y, g) {
      return ops.sub(g, ops.mul(ops.mul(g, y), y));
    },
    tfjs: (backend, x) => backend.tanh(x),
  }),
  unary({
    name: 'Sigmoid',
    f: (x) => 1 / (1 + Math.exp(-x)),
    gradient(ops, _x, y, g) {
      const gy = ops.mul(g, y);
      return ops.sub(gy, ops.mul(gy, y));
    },
    tfjs: (backend, x) => backend.sigmoid(x),
  }),
  unary({
    name: 'Softplus',
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    gradient: (ops, x, _y, g) => ops.mul(g, ops.sigmoid(x)),
    tfjs: (backend, x) => backend.softplus(x),
  }),
  unary({
    name: 'Erf',
    f: erf,
    gradient(ops, x, _y, g) {
      const bell = ops.mul(ops.exp(ops.neg(ops.mul(x, x))), ops.scalar(2 / Math.sqrt(Math.PI)));
      return ops.mul(g, bell);
    },
    tfjs: (backend, x) => backend.erf(x),
  }),
  unary({
    name: 'Relu',
    f: (x) => Math.max(x, 0),
    // sign(y) is the 0/1 mask of the positive part: one float pass, no boolean tensor in between.
    gradient: (ops, _x, y, g) => ops.mul(g, ops.sign(y)),
    tfjs: (backend, x) => backend.relu(x),
  }),
];
