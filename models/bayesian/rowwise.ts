/**
 * Operators whose numbers for a row do not depend on how many rows are computed with it, so that a member is the
 * same to the bit in every batch. ONNX Runtime's CPU kernels mostly are so by themselves; two are not:
 *   a product with a single row takes another path (matrix times vector), which sums in another order;
 *   Softplus computes what is left after whole vectors of the flat array by another formula.
 */
import type { Value } from '../graph/graph.js';
import type { Operations } from '../graph/operator.js';

/** Floats in the widest vector of a CPU (AVX-512). */
const vectorWidth = 16;

/** x [..., row, in] × w [..., in, out]; a single row is computed twice. */
export function rowwiseProduct(ops: Operations, x: Value, w: Value): Value {
  const axis = x.shape.length - 2;
  if (x.shape[axis] !== 1) return ops.matMul(x, w);
  const product = ops.matMul(ops.concat([x, x], axis), w);
  const shape = product.shape.map((size, i) => (i === product.shape.length - 2 ? 1 : size));
  return ops.slice(
    product,
    shape.map(() => 0),
    shape,
  );
}

/** log(1 + eˣ) of [..., n], the last axis filled up to whole vectors meanwhile. */
export function rowwiseSoftplus(ops: Operations, x: Value): Value {
  const zeros = x.shape.map(() => 0);
  const missing = -(x.shape.at(-1) ?? 0) & (vectorWidth - 1);
  if (missing === 0) return ops.softplus(x);
  const padded = ops.pad(x, zeros, [...zeros.slice(1), missing]);
  return ops.slice(ops.softplus(padded), zeros, x.shape);
}
