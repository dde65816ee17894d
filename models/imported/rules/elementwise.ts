/** Element-wise operators of ONNX: arithmetic, activations, comparisons, choices. Broadcasting is numpy's in both. */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { broadcastShapes, broadcastStrides, walk } from '../../graph/shapes.js';
import { type KnownNumbers, type NodeContext, perChannel, type Rule } from './rule.js';

const unary =
  (operation: (b: GraphBuilder, x: Value) => Value): Rule =>
  (node) =>
    operation(node.b, node.x());
const binary =
  (operation: (b: GraphBuilder, x: Value, y: Value) => Value): Rule =>
  (node) =>
    operation(node.b, node.x(0), node.x(1));

/** Any number of operands, from the left. */
const several =
  (operation: (b: GraphBuilder, x: Value, y: Value) => Value): Rule =>
  (node) =>
    node.operands.map((_, i) => node.x(i)).reduce((x, y) => operation(node.b, x, y));

/** What is only wanted of numbers that are known: arithmetic of shapes and masks. */
const knownBinary =
  (f: (x: number, y: number) => number): Rule =>
  (node) => {
    const [x, y] = [node.numbers(0), node.numbers(1)];
    const shape = broadcastShapes(x.shape, y.shape, 'constants');
    const numbers = new Float64Array(shape.reduce((product, size) => product * size, 1));
    walk(shape, [broadcastStrides(x.shape, shape), broadcastStrides(y.shape, shape)], (i, at) => {
      numbers[i] = f(x.numbers[at[0]!]!, y.numbers[at[1]!]!);
    });
    return { shape, numbers, integer: true };
  };
const knownUnary =
  (f: (x: number) => number): Rule =>
  (node) => {
    const { shape, numbers, integer } = node.numbers(0);
    return { shape, numbers: numbers.map(f), integer };
  };

/** 1 − mask */
const not = (b: GraphBuilder, mask: Value): Value => b.sub(b.scalar(1), mask);

/** max(x, 0) + slope · min(x, 0) */
function leaky(b: GraphBuilder, x: Value, slope: Value): Value {
  return b.add(b.relu(x), b.mul(slope, b.min(x, b.scalar(0))));
}

/** Whole numbers divide to whole ones, towards zero. */
const divide: Rule = (node) =>
  node.operand(0).integer && node.operand(1).integer
    ? knownBinary((x, y) => Math.trunc(x / y))(node)
    : node.b.div(node.x(0), node.x(1));

const power: Rule = (node) => {
  const { b } = node;
  const exponent = node.operand(1).known?.numbers;
  const [first] = exponent ?? [];
  if (first === undefined || exponent?.some((one) => one !== first)) {
    return b.exp(b.mul(node.x(1), b.log(node.x(0))));
  }
  // x² and √x as themselves: their gradients know no negative base and no 0⁻¹.
  const x = node.x(0);
  if (first === 2) return b.mul(x, x);
  return first === 0.5 ? b.sqrt(x) : b.pow(x, first);
};

const clip: Rule = (node) => {
  const { b } = node;
  const bound = (input: number, attribute: string): Value | undefined => {
    if (node.has(input)) return node.x(input);
    const given = node.float(attribute, Number.NaN);
    return Number.isNaN(given) ? undefined : b.scalar(given);
  };
  const [least, most] = [bound(1, 'min'), bound(2, 'max')];
  const raised = least === undefined ? node.x() : b.max(node.x(), least);
  return most === undefined ? raised : b.min(raised, most);
};

const gelu: Rule = (node) => {
  const { b } = node;
  const x = node.x();
  if (node.text('approximate', 'none') === 'none') return b.gelu(x);
  const cubic = b.mul(b.mul(b.mul(x, x), x), b.scalar(0.044715));
  const inner = b.mul(b.add(x, cubic), b.scalar(Math.sqrt(2 / Math.PI)));
  return b.mul(b.mul(x, b.scalar(0.5)), b.add(b.tanh(inner), b.scalar(1)));
};

/** Float32 throughout: a cast to another float does nothing, a cast of known numbers is done here. */
const cast: Rule = (node) => {
  const to = node.int('to', 1);
  const isFloat = [1, 10, 11, 16].includes(to);
  const { known, integer } = node.operand(0);
  if (known === undefined) {
    if (isFloat || integer) return node.x();
    return node.fail(`casts numbers of the state to element type ${to}, which rounds them`);
  }
  const convert = isFloat ? (x: number) => x : to === 9 ? (x: number) => (x === 0 ? 0 : 1) : Math.trunc;
  return {
    shape: known.shape,
    numbers: known.numbers.map(convert),
    integer: !isFloat,
  } satisfies KnownNumbers;
};

const hardSigmoid = (node: NodeContext, slope: number, offset: number): Value => {
  const { b } = node;
  const line = b.add(b.mul(node.x(), b.scalar(slope)), b.scalar(offset));
  return b.min(b.max(line, b.scalar(0)), b.scalar(1));
};

const elu = (node: NodeContext, alpha: number, gamma = 1): Value => {
  const { b } = node;
  const x = node.x();
  const below = b.mul(b.sub(b.exp(b.min(x, b.scalar(0))), b.scalar(1)), b.scalar(alpha));
  return b.mul(b.add(b.relu(x), below), b.scalar(gamma));
};

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: binary((b, x, y) => b.add(x, y)),
  Sub: binary((b, x, y) => b.sub(x, y)),
  Mul: binary((b, x, y) => b.mul(x, y)),
  Div: divide,
  Pow: power,
  Sum: several((b, x, y) => b.add(x, y)),
  Mean: (node) =>
    node.b.div(
      node.operands.map((_, i) => node.x(i)).reduce((x, y) => node.b.add(x, y)),
      node.b.scalar(node.operands.length),
    ),
  Max: several((b, x, y) => b.max(x, y)),
  Min: several((b, x, y) => b.min(x, y)),
  Neg: unary((b, x) => b.neg(x)),
  Abs: unary((b, x) => b.abs(x)),
  Sign: unary((b, x) => b.sign(x)),
  Sqrt: unary((b, x) => b.sqrt(x)),
  Reciprocal: unary((b, x) => b.div(b.scalar(1), x)),
  Exp: unary((b, x) => b.exp(x)),
  Log: unary((b, x) => b.log(x)),
  Tanh: unary((b, x) => b.tanh(x)),
  Sigmoid: unary((b, x) => b.sigmoid(x)),
  Softplus: unary((b, x) => b.softplus(x)),
  Softsign: unary((b, x) => b.div(x, b.add(b.abs(x), b.scalar(1)))),
  Erf: unary((b, x) => b.erf(x)),
  Relu: unary((b, x) => b.relu(x)),
  Mish: unary((b, x) => b.mul(x, b.tanh(b.softplus(x)))),
  Swish: (node) =>
    node.b.mul(node.x(), node.b.sigmoid(node.b.mul(node.x(), node.b.scalar(node.float('alpha', 1))))),
  Gelu: gelu,
  LeakyRelu: (node) => leaky(node.b, node.x(), node.b.scalar(node.float('alpha', 0.01))),
  PRelu: (node) => {
    const [x, slope] = [node.x(0), node.x(1)];
    const channelwise = slope.shape.length === 1 && x.shape.length > 2 && slope.shape[0] === x.shape[1];
    return leaky(node.b, x, channelwise ? perChannel(node.b, slope, x.shape.length) : slope);
  },
  Elu: (node) => elu(node, node.float('alpha', 1)),
  Selu: (node) => elu(node, node.float('alpha', 1.6732631921768188), node.float('gamma', 1.0507010221481323)),
  HardSigmoid: (node) => hardSigmoid(node, node.float('alpha', 0.2), node.float('beta', 0.5)),
  HardSwish: (node) => node.b.mul(node.x(), hardSigmoid(node, 1 / 6, 0.5)),
  Clip: clip,
  Cast: cast,
  Identity: (node) => node.operand(0).known ?? node.x(),
  Dropout: (node) => node.operand(0).known ?? node.x(),
  Greater: binary((b, x, y) => b.greater(x, y)),
  Less: binary((b, x, y) => b.greater(y, x)),
  GreaterOrEqual: binary((b, x, y) => not(b, b.greater(y, x))),
  LessOrEqual: binary((b, x, y) => not(b, b.greater(x, y))),
  Not: unary(not),
  Where: (node) => node.b.where(node.x(0), node.x(1), node.x(2)),
  Equal: knownBinary((x, y) => (x === y ? 1 : 0)),
  And: knownBinary((x, y) => (x !== 0 && y !== 0 ? 1 : 0)),
  Or: knownBinary((x, y) => (x !== 0 || y !== 0 ? 1 : 0)),
  Mod: knownBinary((x, y) => x - y * Math.floor(x / y)),
  Floor: knownUnary(Math.floor),
  Ceil: knownUnary(Math.ceil),
};
