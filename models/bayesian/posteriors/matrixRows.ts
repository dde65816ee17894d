/**
 * Factors on the rows of matrices. A unit that feeds a matrix multiplies one of its rows, or, in a convolution, one row
 * of every tap: rows [taps · period] with row = tap · period + unit (networks/network.ts, HiddenRows).
 */
import { internalError } from '../../../core/errors.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';

/** Two axes, both longer than one: biases and scales are none. */
export function isMatrix(shape: Shape | undefined): shape is readonly [number, number] {
  return shape?.length === 2 && shape.every((size) => size > 1);
}

/** Rows that have a factor of their own: the units of one tap where they are known, else all rows. */
export function rowPeriod(network: Pick<Network, 'parameters' | 'hiddenRows'>, name: string): number {
  const rows = network.parameters.get(name)?.[0] ?? 1;
  const period = network.hiddenRows(name)?.period ?? rows;
  if (rows % period !== 0) {
    throw internalError(`parameter "${name}" has ${rows} rows, no multiple of the ${period} of a tap`);
  }
  return period;
}

/**
 * Matrices times factors of their rows.
 * @param matrix [1 or S, taps · period, out]
 * @param factors [S, period]
 * @returns [S, taps · period, out]
 */
export function timesRows(b: GraphBuilder, matrix: Value, factors: Value): Value {
  const [lead, rows, out] = matrix.shape as [number, number, number];
  const [samples, period] = factors.shape as [number, number];
  const byTap = b.reshape(matrix, [lead, rows / period, period, out]);
  const product = b.mul(byTap, b.reshape(factors, [samples, 1, period, 1]));
  return b.reshape(product, [samples, rows, out]);
}

/**
 * One matrix times factors of its rows and columns, float32.
 * @param matrix [taps · period, out]
 * @param rows [period]
 * @param columns [out]; absent: all 1
 */
export function scaledMatrix(
  matrix: Float32Array,
  rows: ArrayLike<number>,
  columns: ArrayLike<number> | undefined,
  out: number,
): Float32Array {
  return matrix.map((value, i) => {
    const row = rows[Math.floor(i / out) % rows.length]!;
    return value * row * (columns?.[i % out] ?? 1);
  });
}
