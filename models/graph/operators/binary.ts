/**
 * Element-wise functions of two values, broadcasting as numpy does.
 * The gradient of an operand that was repeated by broadcasting is the sum over its repetitions.
 */

import type * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { GraphNode, Shape, Value } from '../graph.js';
import type { Operations, Operator } from '../operator.js';
import { broadcastAxes, broadcastShapes, broadcastStrides, walk } from '../shapes.js';

/** Sums a gradient back to the shape its operand had before broadcasting. */
export function sumTo(ops: Operations, value: Value, shape: Shape): Value {
  const axes = broadcastAxes(shape, value.shape);
  return ops.reshape(axes.length === 0 ? value : ops.reduceSum(value, axes), shape);
}

interface Operands {
  readonly a: Value;
  readonly b: Value;
  readonly y: Value;
  readonly upstream: Value;
}

interface Rule {
  readonly name: string;
  readonly f: (a: number, b: number) => number;
  /** Gradients of a and b in the broadcast shape; null where there is none. */
  readonly gradientA: ((ops: Operations, operands: Operands) => Value) | null;
  readonly gradientB: ((ops: Operations, operands: Operands) => Value) | null;
  readonly tfjs: (backend: typeof tf, a: Tensor, b: Tensor) => Tensor;
  readonly toOnnx?: Operator['toOnnx'];
}

function binary(rule: Rule): Operator {
  return {
    name: rule.name,
    infer: ([a, b]) => broadcastShapes(a ?? [], b ?? [], rule.name),
    gradient(ops, node: GraphNode, upstream, needed) {
      const [a, b] = node.inputs as [Value, Value];
      const operands = { a, b, y: node.output, upstream };
      return [rule.gradientA, rule.gradientB].map((gradient, i) => {
        if (gradient === null || !needed[i]) return null;
        return sumTo(ops, gradient(ops, operands), node.inputs[i]!.shape);
      });
    },
    toOnnx: rule.toOnnx ?? ((writer, _node, inputs) => writer.node(rule.name, inputs)),
    tfjs(backend, [a, b], node) {
      // Broadcast here: tfjs's own gradients of maximum and minimum forget to sum over repetitions.
      const shape = [...node.output.shape];
      return rule.tfjs(backend, backend.broadcastTo(a!, shape), backend.broadcastTo(b!, shape));
    },
    evaluate([a, b], node, output) {
      const [left, right] = node.inputs as [Value, Value];
      const { shape } = node.output;
      walk(shape, [broadcastStrides(left.shape, shape), broadcastStrides(right.shape, shape)], (i, at) => {
        output[i] = rule.f(a![at[0]!]!, b![at[1]!]!);
      });
    },
  };
}

export const binaryOperators: readonly Operator[] = [
  binary({
    name: 'Add',
    f: (a, b) => a + b,
    gradientA: (_ops, { upstream }) => upstream,
    gradientB: (_ops, { upstream }) => upstream,
    tfjs: (backend, a, b) => backend.add(a, b),
  }),
  binary({
    name: 'Sub',
    f: (a, b) => a - b,
    gradientA: (_ops, { upstream }) => upstream,
    gradientB: (ops, { upstream }) => ops.neg(upstream),
    tfjs: (backend, a, b) => backend.sub(a, b),
  }),
  binary({
    name: 'Mul',
    f: (a, b) => a * b,
    gradientA: (ops, { b, upstream }) => ops.mul(upstream, b),
    gradientB: (ops, { a, upstream }) => ops.mul(upstream, a),
    tfjs: (backend, a, b) => backend.mul(a, b),
  }),
  binary({
    name: 'Div',
    f: (a, b) => a / b,
    gradientA: (ops, { b, upstream }) => ops.div(upstream, b),
    gradientB: (ops, { b, y, upstream }) => ops.neg(ops.div(ops.mul(upstream, y), b)),
    tfjs: (backend, a, b) => backend.div(a, b),
  }),
  // At a tie the whole gradient goes to b for Max and Min alike: a subgradient, as relu'(0) = 0 is.
  binary({
    name: 'Max',
    f: Math.max,
    gradientA: (ops, { a, b, upstream }) => ops.mul(upstream, ops.greater(a, b)),
    gradientB(ops, { a, b, upstream }) {
      return ops.sub(upstream, ops.mul(upstream, ops.greater(a, b)));
    },
    tfjs: (backend, a, b) => backend.maximum(a, b),
  }),
  binary({
    name: 'Min',
    f: Math.min,
    gradientA: (ops, { a, b, upstream }) => ops.mul(upstream, ops.greater(b, a)),
    gradientB(ops, { a, b, upstream }) {
      return ops.sub(upstream, ops.mul(upstream, ops.greater(b, a)));
    },
    tfjs: (backend, a, b) => backend.minimum(a, b),
  }),
  binary({
    name: 'Greater',
    f: (a, b) => (a > b ? 1 : 0),
    gradientA: null,
    gradientB: null,
    tfjs: (backend, a, b) => backend.step(backend.sub(a, b)),
    // ONNX answers in booleans; values are float32 throughout.
    toOnnx: (writer, _node, inputs) =>
      writer.node('Cast', [writer.node('Greater', inputs)], { to: { int: 1 } }),
  }),
];
