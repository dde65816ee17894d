/**
 * Is a rank histogram flat? Pearson's chi-square over all M + 1 ranks, and the parts of it that have a meaning
 * (Jolliffe & Primo 2008, doi:10.1175/2007MWR2219.1): with x_r = (n_r − e)/√e, e = N/(M + 1), and orthonormal
 * contrasts u,  χ² = Σ (u·x)², each part with one degree of freedom for independent cases.
 *
 *   slope       u ∝ r − M/2: the truth lies too often high or low, a bias
 *   convexity   u ∝ (r − M/2)² less its mean: too often outside the members (positive) or amid them (negative)
 */
import { chiSquaredTail } from '../scores/incompleteGamma.js';

export interface FlatnessTest {
  readonly statistic: number;
  /** Of a flat histogram having a statistic as large; for independent cases. */
  readonly pValue: number;
}

export interface FlatnessTests {
  readonly chiSquare: FlatnessTest;
  readonly slope: FlatnessTest;
  readonly convexity: FlatnessTest;
}

export type FlatnessPart = 'slope' | 'convexity';

/**
 * @param counts [M + 1], numbers of independent cases
 * @returns NaN where a part does not exist: convexity for one member
 */
export function flatnessTests(counts: Float64Array): FlatnessTests {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const part = (name: FlatnessPart): FlatnessTest => {
    const statistic = total * flatnessPart(counts, name) ** 2;
    return { statistic, pValue: chiSquaredTail(statistic, 1) };
  };
  return {
    chiSquare: { statistic: chiSquare, pValue: chiSquaredTail(chiSquare, counts.length - 1) },
    slope: part('slope'),
    convexity: part('convexity'),
  };
}

/**
 * √(M + 1) Σ u_r f_r with f_r the share of cases at rank r: 0 for a flat histogram whatever the number of cases,
 * and N times its square is the part of chi-square. Linear in the histogram, so that means of it mean something.
 * @param counts [M + 1], numbers or shares
 */
export function flatnessPart(counts: Float64Array, part: FlatnessPart): number {
  const contrast = contrastOf(counts.length, part);
  let sum = 0;
  let total = 0;
  for (let r = 0; r < counts.length; r++) {
    sum += contrast[r]! * counts[r]!;
    total += counts[r]!;
  }
  return (Math.sqrt(counts.length) * sum) / total;
}

/** Orthonormal contrast over the ranks: sum 0, sum of squares 1. NaN where there is none. */
export function contrastOf(ranks: number, part: FlatnessPart): Float64Array {
  const middle = (ranks - 1) / 2;
  const raw = Float64Array.from({ length: ranks }, (_, r) => {
    const away = r - middle;
    return part === 'slope' ? away : away * away;
  });
  const mean = raw.reduce((sum, value) => sum + value, 0) / ranks;
  const centred = raw.map((value) => value - mean);
  const size = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0));
  return centred.map((value) => value / size);
}
