/**
 * Empirical orthogonal functions: the eigenvectors of the covariance of anomalies over time, each weighted by
 * the root of its area, leading variance first (Lorenz 1956; von Storch & Zwiers 1999, ch. 13).
 * Found from whichever of the two Gram matrices is smaller, point × point or time × time; their non-zero
 * eigenvalues are the same.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { addGram } from './denseProduct.js';

export interface Eofs {
  /** [point, eof]: orthonormal columns, in the space of area-weighted anomalies. */
  readonly patterns: Float64Array;
  readonly count: number;
  /** [eof]: sum of squares over time, falling. */
  readonly squares: Float64Array;
  /** Sum of squares of everything, kept or not. */
  readonly total: number;
}

/**
 * @param anomalies [time, point], area-weighted
 * @param share of the total variance that the EOFs kept must hold, below 1
 * @param most EOFs kept at most
 */
export function leadingEofs(anomalies: Float64Array, points: number, share: number, most: number): Eofs {
  const times = anomalies.length / points;
  const byPoint = points <= times;
  const size = byPoint ? points : times;
  const gram = new Float64Array(size * size);
  if (byPoint) addGram(anomalies, points, anomalies, points, 0, times, gram);
  else rowProducts(anomalies, times, points, gram);
  const { values, vectors } = symmetricEigen(gram, size);
  let total = 0;
  for (const value of values) total += Math.max(0, value);
  let count = 0;
  for (let held = 0; count < Math.min(most, size) && held < share * total; count++) held += values[count]!;
  count = Math.max(1, count);
  const patterns = new Float64Array(points * count);
  if (byPoint) {
    for (let point = 0; point < points; point++)
      for (let k = 0; k < count; k++) patterns[point * count + k] = vectors.get(point, order(k, size));
  } else {
    // A pattern is the anomalies' projection on its series u_k: e_k = Aᵀ u_k / √λ_k.
    for (let t = 0; t < times; t++) {
      for (let k = 0; k < count; k++) {
        const factor = vectors.get(t, order(k, size)) / Math.sqrt(values[k]!);
        for (let point = 0; point < points; point++)
          patterns[point * count + k]! += factor * anomalies[t * points + point]!;
      }
    }
  }
  return { patterns, count, squares: values.slice(0, count), total };
}

/** Column of the k-th largest eigenvalue: the decomposition returns them rising. */
function order(k: number, size: number): number {
  return size - 1 - k;
}

/** Eigenvalues falling; vectors in columns, in the order of the decomposition (rising). */
function symmetricEigen(gram: Float64Array, size: number): { values: Float64Array; vectors: Matrix } {
  const rows = Array.from({ length: size }, (_, i) => gram.subarray(i * size, (i + 1) * size));
  const eigen = new EigenvalueDecomposition(new Matrix(rows as unknown as number[][]), {
    assumeSymmetric: true,
  });
  return { values: Float64Array.from(eigen.realEigenvalues).reverse(), vectors: eigen.eigenvectorMatrix };
}

/** Eigenvalues rising and eigenvectors [size, size] in columns, row-major. */
export function eigenOf(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const { values, vectors } = symmetricEigen(matrix, size);
  const flat = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) flat[i * size + j] = vectors.get(i, j);
  return { values: values.reverse(), vectors: flat };
}

function rowProducts(a: Float64Array, rows: number, columns: number, out: Float64Array): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += a[i * columns + c]! * a[j * columns + c]!;
      out[i * rows + j] = sum;
      out[j * rows + i] = sum;
    }
  }
}
