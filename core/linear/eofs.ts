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
  if (points <= times) {
    const gram = new Float64Array(points * points);
    addGram(anomalies, points, anomalies, points, 0, times, gram);
    return eofsOfCovariance(gram, points, share, most);
  }
  const gram = new Float64Array(times * times);
  rowProducts(anomalies, times, points, gram);
  const { series, ...eofs } = seriesOfGram(gram, times, share, most);
  const patterns = new Float64Array(points * eofs.count);
  for (let t = 0; t < times; t++) {
    addPattern(series, t, eofs.count, anomalies.subarray(t * points, (t + 1) * points), patterns);
  }
  return { patterns, ...eofs };
}

/** @param gram [point, point]: sums of products over time of area-weighted anomalies */
export function eofsOfCovariance(gram: Float64Array, points: number, share: number, most: number): Eofs {
  const { series: patterns, ...eofs } = keptVectors(gram, points, share, most);
  return { patterns, ...eofs };
}

export interface EofSeries extends Omit<Eofs, 'patterns'> {
  /** [time, eof]: u_k / √λ_k; a pattern is the anomalies' projection on it, e_k = Aᵀ u_k / √λ_k. */
  readonly series: Float64Array;
}

/** @param gram [time, time]: sums of products over points of area-weighted anomalies */
export function seriesOfGram(gram: Float64Array, times: number, share: number, most: number): EofSeries {
  const { series, ...eofs } = keptVectors(gram, times, share, most);
  for (let t = 0; t < times; t++) {
    for (let k = 0; k < eofs.count; k++) series[t * eofs.count + k]! /= Math.sqrt(eofs.squares[k]!);
  }
  return { series, ...eofs };
}

/** Adds what one time gives to every pattern, [point, eof]. */
export function addPattern(
  series: Float64Array,
  time: number,
  count: number,
  anomalies: Float64Array,
  patterns: Float64Array,
): void {
  for (let k = 0; k < count; k++) {
    const factor = series[time * count + k]!;
    for (let point = 0; point < anomalies.length; point++)
      patterns[point * count + k]! += factor * anomalies[point]!;
  }
}

/** The leading vectors of a Gram matrix, [row, vector], and what they hold. */
function keptVectors(gram: Float64Array, size: number, share: number, most: number): EofSeries {
  const { values, vectors } = symmetricEigen(gram, size);
  let total = 0;
  for (const value of values) total += Math.max(0, value);
  let count = 0;
  for (let held = 0; count < Math.min(most, size) && held < share * total; count++) held += values[count]!;
  count = Math.max(1, count);
  const series = new Float64Array(size * count);
  for (let row = 0; row < size; row++)
    for (let k = 0; k < count; k++) series[row * count + k] = vectors.get(row, order(k, size));
  return { series, count, squares: values.slice(0, count), total };
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
