/**
 * Muon as operators: momentum whose matrices are made orthogonal before they are applied, so that every direction of
 * a matrix learns at one rate, the faint ones too.
 *   m ← μ m + (1 − μ) g,   u = orthogonal part of (1 − μ) g + μ m,   w ← w − η (λ w + 0.2 √max(in, out) u)
 * u ≈ U Vᵀ of the singular value decomposition, by five steps of Newton–Schulz, X ← a X + (b A + c A²) X, A = X Xᵀ.
 * Jordan et al. 2024, https://kellerjordan.github.io/posts/muon (coefficients); the factor 0.2 √max gives updates the
 * size of AdamW's, so that both share a learning rate: Liu et al. 2025, arXiv:2502.16982, eq. 4.
 */
import { usageError } from '../../core/errors.js';
import type { GraphBuilder } from './builder.js';
import type { Value } from './graph.js';

export interface MuonParameter {
  /** [in, out] */
  readonly value: Value;
  readonly gradient: Value;
  /** Momentum, shape of the parameter. */
  readonly momentum: Value;
  readonly weightDecay: number;
  readonly rateFactor?: number;
}

const steps = 5;
const [a, b3, c5] = [3.4445, -4.775, 2.0315];

/** Appends one update of a matrix. @throws a usage error when the parameter is no matrix */
export function muon(
  b: GraphBuilder,
  { value, gradient, momentum, weightDecay, rateFactor = 1 }: MuonParameter,
  learningRate: Value,
  decay = 0.95,
): { readonly value: Value; readonly momentum: Value } {
  const [rows, columns] = value.shape;
  if (value.shape.length !== 2 || rows === undefined || columns === undefined) {
    throw usageError(`Muon: a parameter of shape [${value.shape}], expected a matrix`);
  }
  const next = b.add(b.mul(momentum, b.scalar(decay)), b.mul(gradient, b.scalar(1 - decay)));
  const ahead = b.add(b.mul(next, b.scalar(decay)), b.mul(gradient, b.scalar(1 - decay)));
  const update = orthogonalised(b, ahead);
  const rate = b.mul(learningRate, b.scalar(rateFactor));
  const size = b.scalar(0.2 * Math.sqrt(Math.max(rows, columns)));
  const kept =
    weightDecay === 0 ? value : b.mul(value, b.sub(b.scalar(1), b.mul(rate, b.scalar(weightDecay))));
  return { value: b.sub(kept, b.mul(update, b.mul(rate, size))), momentum: next };
}

/** Nearly the orthogonal factor of a matrix [rows, columns]: singular values between 0.7 and 1.2. */
export function orthogonalised(b: GraphBuilder, matrix: Value): Value {
  const [rows = 1, columns = 1] = matrix.shape;
  const tall = rows > columns;
  const norm = b.sqrt(b.add(b.reduceSum(b.mul(matrix, matrix)), b.scalar(1e-30)));
  let x = b.div(matrix, norm);
  for (let i = 0; i < steps; i++) {
    const square = tall ? b.matMul(x, x, { transposeA: true }) : b.matMul(x, x, { transposeB: true });
    const polynomial = b.add(b.mul(square, b.scalar(b3)), b.mul(b.matMul(square, square), b.scalar(c5)));
    const turned = tall ? b.matMul(x, polynomial) : b.matMul(polynomial, x);
    x = b.add(b.mul(x, b.scalar(a)), turned);
  }
  return x;
}
