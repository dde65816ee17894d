/**
 * Tables of a spherical-harmonic transform: for every order m and parity of n − m, a small matrix from the degrees
 * n = m + parity, m + parity + 2, … ≤ T + 1 to the rows of one hemisphere, and one back. P̄ₙᵐ is even in sin φ where
 * n − m is even and odd where it is odd, so a northern row and its southern mirror image need one value: their sum and
 * difference belong to the two parities. Row pairs run from pole to equator; the equator of an odd number of rows is a
 * pair of its own.
 *
 * Constant factors of the Fourier sums are folded in, all of them powers of two times 1/columns:
 *   synthesis  P̄ₙᵐ(sin φ), halved for m > 0 (a real wave is two complex ones);
 *   analysis   ½ w P̄ₙᵐ / columns by quadrature, half of that for the fold of two complex waves;
 *              or the rows of the area-weighted pseudo-inverse of synthesis for n ≤ T, zero for n = T + 1.
 */
import { Matrix, QrDecomposition } from 'ml-matrix';
import type { Latitudes } from './latitudes.js';
import { coefficientCount, legendre, orderOffset } from './legendre.js';

/** One order and parity. */
export interface TransformBlock {
  readonly order: number;
  /** First of its coefficients; they are every second one of the order. */
  readonly coefficient: number;
  readonly degrees: number;
  /** Place in the synthesis table: [pair (padded), degree]. */
  readonly synthesis: number;
  /** Place in the analysis table: [degree (padded), pair]. */
  readonly analysis: number;
}

export interface TransformTables {
  /** Rows of one hemisphere, the equator's included. */
  readonly pairs: number;
  /** Ordered by m, then even and odd n − m. */
  readonly blocks: readonly TransformBlock[];
  readonly synthesis: Float64Array;
  readonly analysis: Float64Array;
}

/** How to come back from rows to a spectrum: by their quadrature, by least squares weighted with it, or not at all. */
export type Inverse = 'quadrature' | 'leastSquares' | 'none';

/** Rows of matrices come in twos, the last one of zeros where the number is odd: kernels take them so. */
export function padded(rows: number): number {
  return rows + (rows & 1);
}

/** Numbers in both tables. */
export function tableSize(truncation: number, rows: number, inverse: Inverse): number {
  const pairs = Math.ceil(rows / 2);
  const { synthesis, analysis } = tableLengths(listBlocks(truncation, pairs), pairs, inverse);
  return synthesis + analysis;
}

function tableLengths(
  blocks: readonly TransformBlock[],
  pairs: number,
  inverse: Inverse,
): { synthesis: number; analysis: number } {
  const end = blocks[blocks.length - 1]!;
  return {
    synthesis: end.synthesis + padded(pairs) * end.degrees,
    analysis: inverse === 'none' ? 0 : end.analysis + padded(end.degrees) * pairs,
  };
}

/**
 * @param latitudes rows that mirror at the equator
 * @param allocate makes zeros where the kernels have them, so that tables are never held twice
 */
export function makeTables(
  truncation: number,
  latitudes: Latitudes,
  columns: number,
  inverse: Inverse,
  allocate: (length: number) => Float64Array,
): TransformTables {
  const rows = latitudes.sines.length;
  const pairs = Math.ceil(rows / 2);
  const top = truncation + 1;
  const count = coefficientCount(top);
  const blocks = listBlocks(truncation, pairs);
  const lengths = tableLengths(blocks, pairs, inverse);
  const synthesis = allocate(lengths.synthesis);
  const analysis = allocate(lengths.analysis);
  const ofRow = new Float64Array(count);
  for (let pair = 0; pair < pairs; pair++) {
    legendre(latitudes.sines[pair]!, latitudes.cosines[pair]!, top, ofRow);
    for (const { order, coefficient, degrees, synthesis: start } of blocks) {
      const wave = waveFactor(order);
      for (let k = 0; k < degrees; k++) {
        synthesis[start + pair * degrees + k] = wave * ofRow[coefficient + 2 * k]!;
      }
    }
  }
  if (inverse === 'none') return { pairs, blocks, synthesis, analysis };
  for (const block of blocks) {
    const { order, degrees } = block;
    const parity = block.coefficient - firstCoefficient(order, truncation);
    const wave = waveFactor(order);
    // the factor is a power of two: nothing is lost
    const at = (pair: number, k: number): number => synthesis[block.synthesis + pair * degrees + k]! / wave;
    if (inverse === 'quadrature') {
      for (let k = 0; k < degrees; k++) {
        for (let pair = 0; pair < pairs; pair++) {
          const weight = latitudes.weights[pair]! / (4 * columns);
          analysis[block.analysis + k * pairs + pair] = weight * at(pair, k);
        }
      }
    } else {
      const known = Math.floor((truncation - order - parity) / 2) + 1;
      leastSquares(latitudes, known, at).forEach((row, k) => {
        row.forEach((value, pair) => {
          // Sums over a pair of rows, and over two complex waves, are twice (the equator's once) what they invert.
          const twice = 2 * pair + 1 === rows ? 1 : 2;
          // A sum of cos² over the columns is half their number, for m = 0 all of it.
          analysis[block.analysis + k * pairs + pair] = value / (twice * 2 * wave * columns);
        });
      });
    }
  }
  return { pairs, blocks, synthesis, analysis };
}

/** A real wave is two complex ones. */
function waveFactor(order: number): number {
  return order === 0 ? 1 : 0.5;
}

/** Place of (m, m) among coefficients ordered by m ≤ T, then n from m to T + 1. */
export function firstCoefficient(m: number, truncation: number): number {
  return orderOffset(m, truncation + 1);
}

function listBlocks(truncation: number, pairs: number): TransformBlock[] {
  const blocks: TransformBlock[] = [];
  let synthesis = 0;
  let analysis = 0;
  for (let order = 0; order <= truncation; order++) {
    for (let parity = 0; parity < 2; parity++) {
      const degrees = Math.floor((truncation + 1 - order - parity) / 2) + 1;
      const coefficient = firstCoefficient(order, truncation) + parity;
      blocks.push({ order, coefficient, degrees, synthesis, analysis });
      synthesis += padded(pairs) * degrees;
      analysis += padded(degrees) * pairs;
    }
  }
  return blocks;
}

/** Pseudo-inverse [degree][pair] of P[pair, degree] in the norm of the quadrature, by QR. */
function leastSquares(
  { weights }: Latitudes,
  degrees: number,
  at: (pair: number, k: number) => number,
): number[][] {
  if (degrees === 0) return [];
  const rows = weights.length;
  const pairs = Math.ceil(rows / 2);
  const roots = Array.from({ length: pairs }, (_, pair) =>
    Math.sqrt(weights[pair]! * (2 * pair + 1 === rows ? 1 : 2)),
  );
  const matrix = new Matrix(pairs, degrees);
  for (let pair = 0; pair < pairs; pair++) {
    for (let k = 0; k < degrees; k++) matrix.set(pair, k, roots[pair]! * at(pair, k));
  }
  const inverse = new QrDecomposition(matrix).solve(Matrix.eye(pairs));
  return Array.from({ length: degrees }, (_, k) => roots.map((root, pair) => root * inverse.get(k, pair)));
}
