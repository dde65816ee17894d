/**
 * Solving A x = b for a symmetric positive definite A and many right-hand sides, by Cholesky's factors L Lᵀ.
 * Matrices are row-major float64; right-hand sides are [n, columns].
 * Golub & Van Loan, Matrix Computations, 4th ed., alg. 4.2.1 and section 3.1.
 */
import { dataError } from '../errors.js';

/**
 * @param matrix [n, n], its lower triangle is read
 * @param right [n, columns]
 * @returns x, [n, columns]
 * @throws {PlumeError} data, when the matrix is not positive definite; `what` names it
 */
export function solveSymmetric(
  matrix: Float64Array,
  right: Float64Array,
  n: number,
  columns: number,
  what: string,
): Float64Array {
  const l = factor(matrix, n, what);
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    eliminate(x, l, i, 0, i, n, columns, false);
    scaleRow(x, i, columns, 1 / l[i * n + i]!);
  }
  for (let i = n - 1; i >= 0; i--) {
    eliminate(x, l, i, i + 1, n, n, columns, true);
    scaleRow(x, i, columns, 1 / l[i * n + i]!);
  }
  return x;
}

function factor(matrix: Float64Array, n: number, what: string): Float64Array {
  const l = Float64Array.from(matrix);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i === j && !(sum > 0))
        throw dataError(`${what}: the equations are singular; the data vary too little`);
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j]!;
    }
  }
  return l;
}

/** Row i of x minus the rows k in [from, to) times L[i, k], or L[k, i] where `transposed`. */
function eliminate(
  x: Float64Array,
  l: Float64Array,
  i: number,
  from: number,
  to: number,
  n: number,
  columns: number,
  transposed: boolean,
): void {
  for (let k = from; k < to; k++) {
    const factorValue = transposed ? l[k * n + i]! : l[i * n + k]!;
    for (let c = 0; c < columns; c++) x[i * columns + c]! -= factorValue * x[k * columns + c]!;
  }
}

function scaleRow(x: Float64Array, i: number, columns: number, by: number): void {
  for (let c = 0; c < columns; c++) x[i * columns + c]! *= by;
}
