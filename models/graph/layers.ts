/**
 * Layers as compositions of operators: nothing here is new to an executor or to the gradient.
 * Fields are [..., row, column, channel], so a convolution is one matrix product of windows and weights.
 */
import type { GraphBuilder } from './builder.js';
import type { Shape, Value } from './graph.js';

/** What lies outside the grid: nothing, the nearest point, or (longitudes of a global grid) the other side. */
export type Padding = 'zero' | 'edge' | 'wrap';

export interface WindowOptions {
  /** Points along one side of the window, odd. */
  readonly size: number;
  readonly rows?: Padding;
  readonly columns?: Padding;
}

/** The index that an index outside 0…n−1 stands for; −1 for a zero. */
function resolveIndex(index: number, n: number, padding: Padding): number {
  if (index >= 0 && index < n) return index;
  switch (padding) {
    case 'zero':
      return -1;
    case 'edge':
      return Math.min(Math.max(index, 0), n - 1);
    case 'wrap':
      return ((index % n) + n) % n;
  }
}

/**
 * For every point the values of the points around it, as indices into row·columns + column.
 * @returns [rows · columns, size · size], window positions from north-west in reading order; −1 is a zero
 */
export function windowIndices(rows: number, columns: number, options: WindowOptions): number[] {
  const { size, rows: rowPadding = 'zero', columns: columnPadding = 'zero' } = options;
  const half = (size - 1) / 2;
  const indices: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let dy = -half; dy <= half; dy++) {
        for (let dx = -half; dx <= half; dx++) {
          const y = resolveIndex(row + dy, rows, rowPadding);
          const x = resolveIndex(column + dx, columns, columnPadding);
          indices.push(y < 0 || x < 0 ? -1 : y * columns + x);
        }
      }
    }
  }
  return indices;
}

/** Local windows (im2col): [..., row, column, channel] → [..., row, column, size · size · channel]. */
export function windows(b: GraphBuilder, x: Value, options: WindowOptions): Value {
  const [rows, columns, channels] = x.shape.slice(-3) as [number, number, number];
  const lead: Shape = x.shape.slice(0, -3);
  const points = b.reshape(x, [...lead, rows * columns, channels]);
  const gathered = b.gather(points, windowIndices(rows, columns, options), lead.length);
  return b.reshape(gathered, [...lead, rows, columns, options.size * options.size * channels]);
}

/**
 * Convolution, stride 1, same size.
 * @param x [..., row, column, channel]
 * @param weights [size · size · channel, out], or [sample, size · size · channel, out] against x of
 *   [sample, ..., row, column, channel]
 * @returns [..., row, column, out]
 */
export function convolution(b: GraphBuilder, x: Value, weights: Value, options: WindowOptions): Value {
  return linear(b, windows(b, x, options), weights);
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

/** Layer normalisation over the last axis (Ba et al. 2016, arXiv:1607.06450), without its scale and shift. */
export function layerNorm(b: GraphBuilder, x: Value, epsilon = 1e-5): Value {
  const centred = b.sub(x, b.reduceMean(x, [-1], true));
  const variance = b.reduceMean(b.mul(centred, centred), [-1], true);
  return b.div(centred, b.sqrt(b.add(variance, b.scalar(epsilon))));
}
