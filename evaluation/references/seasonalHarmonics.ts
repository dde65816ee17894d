/**
 * The smooth seasonal cycle: mean plus annual harmonics, least squares, with the number of harmonics chosen
 * by predicting each training year from the others.
 *   c(t) = a₀ + Σ_h a_h cos hωt + b_h sin hωt,   ω = 2π / 365.2425 days
 */
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { addGram, product, transposedProduct } from '../../core/linear/denseProduct.js';
import { seasonBasis, seasonTerms } from '../../core/season.js';

/** [time, term] */
export function harmonicBasis(times: ArrayLike<number>, harmonics: number): Float64Array {
  const terms = seasonTerms(harmonics);
  const basis = new Float64Array(times.length * terms);
  for (let row = 0; row < times.length; row++) basis.set(seasonBasis(times[row]!, harmonics), row * terms);
  return basis;
}

/**
 * @param basis [row, term]
 * @param values [row, column]
 * @returns [term, column]
 */
export function fitHarmonics(
  basis: Float64Array,
  terms: number,
  values: Float64Array,
  columns: number,
): Float64Array {
  const rows = values.length / columns;
  const gram = transposedProduct(basis, basis, rows, terms, terms);
  const right = transposedProduct(basis, values, rows, terms, columns);
  return solveTerms(gram, right, terms, columns);
}

/** Normal equations of a cycle; a trace-sized ridge of 1e-10 keeps a period of one season solvable. */
export function solveTerms(
  gram: Float64Array,
  right: Float64Array,
  terms: number,
  columns: number,
): Float64Array {
  const matrix = Float64Array.from(gram);
  for (let i = 0; i < terms; i++) matrix[i * terms + i]! += 1e-10 * gram[0]!;
  return solveSymmetric(matrix, right, terms, columns, 'seasonal cycle');
}

/**
 * Number of harmonics (1 … most) with the lowest squared error of each block predicted from the others.
 * @param values [row, column], columns weighted as the error should be
 * @param blocks rows of each block (calendar years)
 */
export function chooseHarmonics(
  times: Float64Array,
  values: Float64Array,
  columns: number,
  blocks: readonly (readonly number[])[],
  most: number,
): number {
  let best = 1;
  let lowest = Number.POSITIVE_INFINITY;
  for (let harmonics = 1; harmonics <= most; harmonics++) {
    const terms = seasonTerms(harmonics);
    const basis = harmonicBasis(times, harmonics);
    const grams = blocks.map(() => new Float64Array(terms * terms));
    const rights = blocks.map(() => new Float64Array(terms * columns));
    for (const [b, rows] of blocks.entries()) {
      for (const row of rows) {
        addGram(basis, terms, basis, terms, row, row + 1, grams[b]!);
        addGram(basis, terms, values, columns, row, row + 1, rights[b]!);
      }
    }
    let error = 0;
    for (let held = 0; held < blocks.length; held++) {
      const others = (all: readonly Float64Array[]) => sumExcept(all, held);
      const fitted = solveTerms(others(grams), others(rights), terms, columns);
      // |y − Hβ|² − |y|² = βᵀHᵀHβ − 2 βᵀHᵀy: what differs between the candidates.
      const shaped = product(grams[held]!, fitted, terms, terms, columns);
      for (let i = 0; i < fitted.length; i++) error += fitted[i]! * (shaped[i]! - 2 * rights[held]![i]!);
    }
    if (error < lowest) {
      lowest = error;
      best = harmonics;
    }
  }
  return best;
}

/** Sum of all arrays but one. */
export function sumExcept(arrays: readonly Float64Array[], left: number): Float64Array {
  const sum = new Float64Array(arrays[0]!.length);
  for (const [i, array] of arrays.entries()) {
    if (i === left) continue;
    for (let j = 0; j < sum.length; j++) sum[j] = sum[j]! + array[j]!;
  }
  return sum;
}
