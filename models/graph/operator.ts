/**
 * What an operator is: its shape rule, its gradient as more operators, and its meaning for each executor.
 * A new operator is one object of this type in operators/ and one line in operators/registry.ts.
 */

import type * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Attributes, GraphNode, Shape, Value } from './graph.js';

export interface Operator {
  /** The ONNX name where ONNX has the operator. */
  readonly name: string;
  /** Shape of the output. @throws a usage error when the inputs do not fit */
  infer(shapes: readonly Shape[], attributes: Attributes): Shape;
  /**
   * Reverse mode: the gradient of each input given the gradient `upstream` of the output (same shape as the
   * output). null where an input has no gradient. `needed[i]` false spares the work for input i.
   */
  gradient(
    ops: Operations,
    node: GraphNode,
    upstream: Value,
    needed: readonly boolean[],
  ): readonly (Value | null)[];
  /** Writes the ONNX nodes that compute this node and returns the name of the result. */
  toOnnx(writer: OnnxWriter, node: GraphNode, inputs: readonly string[]): string;
  /** The same in tfjs, differentiable by tfjs's own autodiff. */
  tfjs(backend: typeof tf, inputs: readonly Tensor[], node: GraphNode): Tensor;
  /** The same in float64 by plain loops: what the other executors are tested against. */
  evaluate(inputs: readonly Float64Array[], node: GraphNode, output: Float64Array): void;
}

/** Where ONNX nodes go. */
export interface OnnxWriter {
  /** Contrib operators of ONNX Runtime's CPU provider (domain com.microsoft) may be used. */
  readonly contrib: boolean;
  /** Channels per block of the CPU provider's blocked convolution (com.microsoft.nchwc); 0 where it has none. */
  readonly convolutionBlock: number;
  /**
   * Appends a node and returns the name of its output; an equal node is written once. Where it has several, output i
   * is named `${name}.${i}` from the second (i = 1) on.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes?: OnnxAttributes,
    domain?: string,
    outputs?: number,
  ): string;
  /** An int64 vector initializer (shape [n]). */
  int64(values: readonly number[]): string;
  /** A float32 scalar initializer (shape []). */
  float(value: number): string;
}

export type OnnxAttributes = Readonly<
  Record<string, { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number }>
>;

export interface MatMulOptions {
  /** Use the transpose of the last two axes of a. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The vocabulary in which networks and gradients are written. Element-wise operators broadcast as numpy does. */
export interface Operations {
  /** A constant of shape []; equal scalars are stored once. */
  scalar(value: number): Value;
  constant(data: Float32Array, shape: Shape): Value;

  add(a: Value, b: Value): Value;
  sub(a: Value, b: Value): Value;
  mul(a: Value, b: Value): Value;
  div(a: Value, b: Value): Value;
  max(a: Value, b: Value): Value;
  min(a: Value, b: Value): Value;
  /** 1 where a > b, else 0. No gradient. */
  greater(a: Value, b: Value): Value;
  /** x to a constant power. */
  pow(x: Value, exponent: number): Value;
  /** a where mask ≠ 0, else b. No gradient for the mask. */
  where(mask: Value, a: Value, b: Value): Value;
  /** Sum of values of one shape, in one pass. */
  sum(values: readonly Value[]): Value;

  neg(x: Value): Value;
  abs(x: Value): Value;
  /** −1, 0 or 1. No gradient. */
  sign(x: Value): Value;
  sqrt(x: Value): Value;
  exp(x: Value): Value;
  log(x: Value): Value;
  tanh(x: Value): Value;
  sigmoid(x: Value): Value;
  /** log(1 + eˣ) */
  softplus(x: Value): Value;
  erf(x: Value): Value;
  relu(x: Value): Value;
  /** x Φ(x), exact. */
  gelu(x: Value): Value;

  /** [..., m, k] × [..., k, n] → [..., m, n], leading axes broadcast. */
  matMul(a: Value, b: Value, options?: MatMulOptions): Value;
  /**
   * Convolution, stride 1, `margin` zero points around: x [image, row, column, channel] with weights
   * [size · size · channel, out] → [image, row + 2·margin − size + 1, column + 2·margin − size + 1, out].
   */
  convolution(x: Value, weights: Value, size: number, margin: number): Value;
  /** Mean 0 and variance 1 along the last axis: (x − mean) / √(variance + epsilon). */
  normalise(x: Value, epsilon: number): Value;
  /** [..., n] → [..., 1]: what `normalise` multiplies with, 1 / √(variance + epsilon). */
  inverseDeviation(x: Value, epsilon: number): Value;
  /** Softmax along one axis (default the last). */
  softmax(x: Value, axis?: number): Value;

  /** One −1 in `shape` is inferred. */
  reshape(x: Value, shape: Shape): Value;
  /** Axis i of the result is axis permutation[i] of x. */
  transpose(x: Value, permutation: readonly number[]): Value;
  expand(x: Value, shape: Shape): Value;
  concat(values: readonly Value[], axis: number): Value;
  /** The box that begins at `starts` and has the sizes `sizes`, one of each per axis. */
  slice(x: Value, starts: readonly number[], sizes: readonly number[]): Value;
  /** Zeros before and after each axis. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value;
  /** Rows of `axis` by constant indices; an index −1 gives zeros. */
  gather(x: Value, indices: readonly number[], axis: number): Value;
  /** Sum over axes (default all), which are dropped unless keepDims. */
  reduceSum(x: Value, axes?: readonly number[], keepDims?: boolean): Value;
  reduceMean(x: Value, axes?: readonly number[], keepDims?: boolean): Value;
}
