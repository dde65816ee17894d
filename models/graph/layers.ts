/**
 * Layers as compositions of operators: nothing here is new to an executor or to the gradient.
 * Fields are [..., row, column, channel], so a convolution is one matrix product of windows and weights.
 */

import { usageError } from '../../core/errors.js';
import type { GraphBuilder } from './builder.js';
import type { Shape, Value } from './graph.js';
import { type WindowOptions, windowIndices } from './windowIndices.js';

export type { Padding, WindowOptions } from './windowIndices.js';

/** Local windows (im2col): [..., row, column, channel] → [..., row, column, size · size · channel]. */
export function windows(b: GraphBuilder, x: Value, options: WindowOptions): Value {
  const [rows, columns, channels] = x.shape.slice(-3) as [number, number, number];
  const lead: Shape = x.shape.slice(0, -3);
  const { size, margin = (size - 1) / 2 } = options;
  const points = b.reshape(x, [...lead, rows * columns, channels]);
  const gathered = b.gather(points, windowIndices(rows, columns, options), lead.length);
  const grown = 2 * margin - size + 1;
  return b.reshape(gathered, [...lead, rows + grown, columns + grown, size * size * channels]);
}

/**
 * Convolution, stride 1, same size unless a margin says otherwise.
 * @param x [..., row, column, channel]
 * @param weights [size · size · channel, out]; or one kernel per weight sample, [sample, size · size · channel,
 *   out], against x of [sample, ..., row, column, channel]
 * @returns [..., row, column, out]
 */
export function convolution(b: GraphBuilder, x: Value, weights: Value, options: WindowOptions): Value {
  const {
    size,
    margin = (size - 1) / 2,
    rows: rowPadding = 'zero',
    columns: columnPadding = 'zero',
  } = options;
  if (weights.shape.length === 3) return linear(b, windows(b, x, options), weights);
  const [rows, columns, channels] = x.shape.slice(-3) as [number, number, number];
  if (!Number.isInteger(margin)) throw usageError(`convolution: size ${size} is even, give a margin`);
  const images = b.reshape(x, [-1, rows, columns, channels]);
  const zeros = rowPadding === 'zero' && columnPadding === 'zero';
  const framed = zeros ? images : frame(b, images, margin, options);
  const result = b.convolution(framed, weights, size, zeros ? margin : 0);
  return b.reshape(result, [...x.shape.slice(0, -3), ...result.shape.slice(1)]);
}

/** Points added around each field: [image, row, column, channel] → [image, row + 2·margin, column + 2·margin, …]. */
function frame(b: GraphBuilder, x: Value, margin: number, options: WindowOptions): Value {
  const [images, rows, columns, channels] = x.shape as [number, number, number, number];
  const points = b.reshape(x, [images, rows * columns, channels]);
  const indices = windowIndices(rows, columns, { ...options, size: 1, margin });
  return b.reshape(b.gather(points, indices, 1), [images, rows + 2 * margin, columns + 2 * margin, channels]);
}

/**
 * The last axis through a matrix.
 * @param x [..., in]
 * @param weights [in, out], or [sample, in, out] against x of [sample, ..., in]
 * @returns [..., out]
 */
export function linear(b: GraphBuilder, x: Value, weights: Value): Value {
  if (weights.shape.length === 2) return b.matMul(x, weights);
  const [samples, inner, out] = weights.shape as [number, number, number];
  const product = b.matMul(b.reshape(x, [samples, -1, inner]), weights);
  return b.reshape(product, [...x.shape.slice(0, -1), out]);
}

/**
 * `linear` for forecasts that must not depend on how many members are computed together: ONNX Runtime's CPU
 * provider has other kernels, which round otherwise, for a single row and for a single output. Both are avoided
 * by computing a second one and dropping it. Holds for one thread (session.ts has the measurements).
 * @param x [..., in], or [sample, ..., in] against weights [sample, in, out]
 */
export function steadyLinear(b: GraphBuilder, x: Value, weights: Value): Value {
  const [inner, out] = weights.shape.slice(-2) as [number, number];
  const lead = weights.shape.slice(0, -2);
  const rows = b.reshape(x, [...lead, -1, inner]);
  const count = rows.shape.at(-2) ?? 1;
  const zeros = rows.shape.map(() => 0);
  const padded = (value: Value, axis: number) =>
    b.pad(
      value,
      zeros,
      zeros.map((_, i) => (i === zeros.length + axis ? 1 : 0)),
    );
  const product = b.matMul(count === 1 ? padded(rows, -2) : rows, out === 1 ? padded(weights, -1) : weights);
  return b.reshape(b.slice(product, zeros, [...lead, count, out]), [...x.shape.slice(0, -1), out]);
}

/** Floats in the widest vector of a CPU (AVX-512). */
const vectorWidth = 16;

/**
 * log(1 + eˣ) of [..., n], the same in every batch: ONNX Runtime computes what is left after whole vectors of the
 * flat array by another formula, so the last axis is filled up to whole vectors meanwhile.
 */
export function steadySoftplus(b: GraphBuilder, x: Value): Value {
  const missing = -(x.shape.at(-1) ?? 0) & (vectorWidth - 1);
  if (missing === 0) return b.softplus(x);
  const zeros = x.shape.map(() => 0);
  const padded = b.pad(x, zeros, [...zeros.slice(1), missing]);
  return b.slice(b.softplus(padded), zeros, x.shape);
}

/** Layer normalisation over the last axis (Ba et al. 2016, arXiv:1607.06450), without its scale and shift. */
export function layerNorm(b: GraphBuilder, x: Value, epsilon = 1e-5): Value {
  return b.normalise(x, epsilon);
}
