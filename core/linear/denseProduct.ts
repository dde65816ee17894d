/**
 * Products of dense row-major float64 matrices, written so that the innermost loop runs along a row of the
 * result: contiguous reads and writes, which is what V8 makes fast (about 1e9 multiply–adds a second).
 */

/** out[p, q] += a[rows, p]ᵀ · b[rows, q], over rows `first` … `end` − 1. */
export function addGram(
  a: Float64Array,
  p: number,
  b: Float64Array,
  q: number,
  first: number,
  end: number,
  out: Float64Array,
): void {
  for (let row = first; row < end; row++) {
    for (let i = 0; i < p; i++) {
      const factor = a[row * p + i]!;
      const to = i * q;
      const from = row * q;
      for (let j = 0; j < q; j++) out[to + j] = out[to + j]! + factor * b[from + j]!;
    }
  }
}

/** aᵀ · b for a [rows, p] and b [rows, q]: [p, q] */
export function transposedProduct(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  p: number,
  q: number,
): Float64Array {
  const out = new Float64Array(p * q);
  addGram(a, p, b, q, 0, rows, out);
  return out;
}

/** a · b for a [m, k] and b [k, n]: [m, n] */
export function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    const to = i * n;
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l]!;
      const from = l * n;
      for (let j = 0; j < n; j++) out[to + j] = out[to + j]! + factor * b[from + j]!;
    }
  }
  return out;
}

/** Rows and columns of a matrix with `columns` columns, in the given order. */
export function submatrix(
  matrix: Float64Array,
  columns: number,
  rowIndex: ArrayLike<number>,
  columnIndex: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(rowIndex.length * columnIndex.length);
  for (let i = 0; i < rowIndex.length; i++) {
    const from = rowIndex[i]! * columns;
    const to = i * columnIndex.length;
    for (let j = 0; j < columnIndex.length; j++) out[to + j] = matrix[from + columnIndex[j]!]!;
  }
  return out;
}

/** a − b, in a. */
export function subtractFrom(a: Float64Array, b: Float64Array): Float64Array {
  for (let i = 0; i < a.length; i++) a[i] = a[i]! - b[i]!;
  return a;
}
