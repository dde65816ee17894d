/**
 * One case per operator (several where an operator has several ways to run) for graphOperators.test.ts, and the
 * comparisons both graph tests use. Inputs come from a small deterministic generator: the cases never change.
 */
import { expect } from 'vitest';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Graph, type Shape, type Value } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';

/** Where inputs are drawn from: anywhere in (−1.5, 1.5), or away from zero on the positive side. */
export type Domain = 'any' | 'positive';

export interface OperatorCase {
  readonly operator: string;
  readonly label?: string;
  readonly inputs: readonly { readonly shape: Shape; readonly domain?: Domain }[];
  readonly build: (b: GraphBuilder, inputs: readonly Value[]) => Value;
  /** Inputs that are differentiated (default all). */
  readonly wrt?: readonly number[];
}

/** Uniform numbers in [0, 1): a linear congruential generator (Numerical Recipes), enough for test data. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function draw(shape: Shape, domain: Domain, random: () => number): Float32Array {
  return Float32Array.from({ length: elements(shape) }, () =>
    domain === 'positive' ? 0.3 + 1.5 * random() : 3 * random() - 1.5,
  );
}

const unaryCase = (operator: string, call: keyof GraphBuilder, domain: Domain = 'any'): OperatorCase => ({
  operator,
  inputs: [{ shape: [3, 4], domain }],
  build: (b, [x]) => (b[call] as (x: Value) => Value)(x!),
});

const binaryCases = (operator: string, call: keyof GraphBuilder, domain: Domain = 'any'): OperatorCase[] =>
  (
    [
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
      [
        [4, 1, 3],
        [2, 1],
      ],
      [[], [2, 2]],
    ] as const
  ).map(([a, b]) => ({
    operator,
    label: `[${a}] with [${b}]`,
    inputs: [{ shape: a }, { shape: b, domain }],
    build: (builder, [x, y]) => (builder[call] as (x: Value, y: Value) => Value)(x!, y!),
  }));

const matMulCases: OperatorCase[] = (
  [
    [[3, 4], [4, 2], false, false],
    [[4, 3], [4, 2], true, false],
    [[3, 4], [2, 4], false, true],
    [[4, 3], [2, 4], true, true],
    [[2, 3, 4], [2, 4, 5], false, false],
    [[2, 4, 3], [2, 4, 5], true, false],
    [[2, 3, 4], [2, 5, 4], false, true],
    [[2, 4, 3], [2, 5, 4], true, true],
    [[2, 3, 4], [4, 5], false, false],
    [[3, 1, 2, 4], [2, 4, 5], false, false],
    [[3, 4], [2, 5, 4], false, true],
  ] as const
).map(([a, b, transposeA, transposeB]) => ({
  operator: 'MatMul',
  label: `[${a}]${transposeA ? 'ᵀ' : ''} × [${b}]${transposeB ? 'ᵀ' : ''}`,
  inputs: [{ shape: a }, { shape: b }],
  build: (builder, [x, y]) => builder.matMul(x!, y!, { transposeA, transposeB }),
}));

const convolutionCases: OperatorCase[] = (
  [
    [[2, 4, 5, 3], 3, 1, 2],
    [[1, 4, 5, 2], 3, 0, 4],
    [[1, 3, 4, 2], 3, 2, 1],
    [[1, 5, 5, 1], 5, 2, 2],
    [[1, 4, 4, 2], 2, 1, 2],
    [[2, 3, 4, 16], 3, 1, 32],
  ] as const
).map(([shape, size, margin, out]) => ({
  operator: 'Convolution',
  label: `[${shape}], size ${size}, margin ${margin}, ${out} out`,
  inputs: [{ shape }, { shape: [size * size * shape[3], out] }],
  build: (b, [x, w]) => b.convolution(x!, w!, size, margin),
}));

const one = (
  operator: string,
  label: string,
  shape: Shape,
  build: (b: GraphBuilder, x: Value) => Value,
): OperatorCase => ({ operator, label, inputs: [{ shape }], build: (b, [x]) => build(b, x!) });

export const operatorCases: readonly OperatorCase[] = [
  unaryCase('Neg', 'neg'),
  unaryCase('Abs', 'abs'),
  unaryCase('Sign', 'sign'),
  unaryCase('Sqrt', 'sqrt', 'positive'),
  unaryCase('Exp', 'exp'),
  unaryCase('Log', 'log', 'positive'),
  unaryCase('Tanh', 'tanh'),
  unaryCase('Sigmoid', 'sigmoid'),
  unaryCase('Softplus', 'softplus'),
  unaryCase('Erf', 'erf'),
  unaryCase('Relu', 'relu'),
  unaryCase('Gelu', 'gelu'),
  ...binaryCases('Add', 'add'),
  ...binaryCases('Sub', 'sub'),
  ...binaryCases('Mul', 'mul'),
  ...binaryCases('Div', 'div', 'positive'),
  ...binaryCases('Max', 'max'),
  ...binaryCases('Min', 'min'),
  ...binaryCases('Greater', 'greater'),
  ...[2, 3, -1.5, 0.5].map(
    (exponent): OperatorCase => ({
      operator: 'Pow',
      label: `exponent ${exponent}`,
      inputs: [{ shape: [5], domain: 'positive' }],
      build: (b, [x]) => b.pow(x!, exponent),
    }),
  ),
  {
    operator: 'Where',
    inputs: [{ shape: [2, 3] }, { shape: [3] }, { shape: [2, 1] }],
    build: (b, [mask, x, y]) => b.where(b.greater(mask!, b.scalar(0)), x!, y!),
    wrt: [1, 2],
  },
  {
    operator: 'Sum',
    inputs: [{ shape: [2, 2] }, { shape: [2, 2] }, { shape: [2, 2] }],
    build: (b, values) => b.sum([...values, b.tanh(values[0]!)]),
  },
  ...matMulCases,
  ...convolutionCases,
  one('Softmax', 'last axis', [2, 4], (b, x) => b.softmax(x)),
  one('Softmax', 'middle axis', [2, 3, 2], (b, x) => b.softmax(x, 1)),
  one('LayerNormalization', 'odd length', [3, 5], (b, x) => b.normalise(x, 1e-3)),
  one('LayerNormalization', 'with its deviation', [2, 2, 6], (b, x) =>
    b.mul(b.normalise(x, 1e-2), b.inverseDeviation(x, 1e-2)),
  ),
  one('InverseDeviation', 'alone', [3, 4], (b, x) => b.inverseDeviation(x, 1e-2)),
  one('ReduceSum', 'all', [2, 3], (b, x) => b.reduceSum(x)),
  one('ReduceSum', 'many wide rows', [2, 1, 16], (b, x) =>
    b.reduceSum(b.mul(x, b.constant(draw([2, 260, 16], 'any', uniform(3)), [2, 260, 16])), [1]),
  ),
  one('ReduceSum', 'many wide rows on two axes kept', [16], (b, x) =>
    b.reduceSum(b.mul(x, b.constant(draw([8, 40, 16], 'any', uniform(4)), [8, 40, 16])), [0, 1], true),
  ),
  one('ReduceSum', 'one axis', [2, 3, 2], (b, x) => b.reduceSum(x, [1])),
  one('ReduceSum', 'two axes kept', [2, 3, 2], (b, x) => b.reduceMean(x, [0, -1], true)),
  one('Reshape', 'inferred', [2, 6], (b, x) => b.reshape(x, [3, -1])),
  one('Transpose', 'three axes', [2, 3, 4], (b, x) => b.transpose(x, [2, 0, 1])),
  one('Expand', 'new and repeated axes', [3, 1], (b, x) => b.expand(x, [2, 3, 4])),
  one('Slice', 'box', [4, 5], (b, x) => b.slice(x, [1, 0], [2, 3])),
  one('Pad', 'all sides', [2, 3], (b, x) => b.pad(x, [1, 0], [0, 2])),
  one('Gather', 'repeated, left out, zeros', [2, 4, 2], (b, x) => b.gather(x, [3, 0, 0, -1, 3, 3], 1)),
  one('Gather', 'reversed', [3, 2], (b, x) => b.gather(x, [2, 1, 0], 0)),
  one('Gather', 'one row to many places', [20, 2], (b, x) =>
    b.gather(x, [...Array.from({ length: 9 }, () => 0), ...Array.from({ length: 19 }, (_, i) => i + 1)], 0),
  ),
  {
    operator: 'Concat',
    inputs: [{ shape: [2, 1, 3] }, { shape: [2, 2, 3] }],
    build: (b, [x, y]) => b.concat([x!, y!, x!], 1),
  },
];

export interface DifferentiatedGraph {
  readonly graph: Graph;
  /** Names of inputs whose gradients are the outputs "d <name>". */
  readonly wrt: readonly string[];
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** A graph with outputs "y", "loss" = Σ y ⊙ c for random c (so every element of y counts), and "d …". */
export function differentiate(testCase: OperatorCase, seed: number): DifferentiatedGraph {
  const random = uniform(seed);
  const b = new GraphBuilder();
  const values = testCase.inputs.map(({ shape }, i) => b.input(`x${i}`, shape));
  const y = testCase.build(b, values);
  const weights = b.constant(draw(y.shape, 'any', random), y.shape);
  const loss = b.reduceSum(b.mul(y, weights));
  const chosen = testCase.wrt ?? values.map((_, i) => i);
  const gradients = gradient(
    b,
    loss,
    chosen.map((i) => values[i]!),
  );
  b.output('y', y);
  b.output('loss', loss);
  chosen.forEach((index, i) => {
    b.output(`d x${index}`, gradients[i]!);
  });
  return {
    graph: b.build(),
    wrt: chosen.map((i) => `x${i}`),
    inputs: Object.fromEntries(
      testCase.inputs.map(({ shape, domain = 'any' }, i) => [`x${i}`, draw(shape, domain, random)]),
    ),
  };
}

/** Central differences of "loss" in float64; error about step² = 1e-10 relative to the third derivative. */
export function centralDifferences({ graph, inputs }: DifferentiatedGraph, name: string): Float64Array {
  const step = 1e-5;
  const only = { ...graph, outputs: graph.outputs.filter((output) => output.name === 'loss') };
  const lossAt = (i: number, change: number): number => {
    const moved = Float64Array.from(inputs[name]!);
    moved[i]! += change;
    return runReference(only, { ...inputs, [name]: moved }).loss![0]!;
  };
  return Float64Array.from(inputs[name]!, (_, i) => (lossAt(i, step) - lossAt(i, -step)) / (2 * step));
}

/** Largest difference over the largest expected magnitude (over 1e-6 where everything expected is zero). */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  let difference = 0;
  let scale = 1e-6;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!);
    difference = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(difference, error);
    scale = Math.max(scale, Math.abs(expected[i]!));
  }
  return difference / scale;
}
