/**
 * Spread of a Gaussian forecast from its own errors: a variance at every point that may follow the season,
 *   σ²(t) = s₀ + Σ_h s_h cos hωt + r_h sin hωt,
 * fitted to squared errors of years that the forecast had not seen. The number of harmonics (0 … 2) is the one
 * whose variance, fitted to the other years, gives the lowest Gaussian CRPS of each year's errors.
 */

import { seasonTerms } from '../../core/season.js';
import { crpsGaussian } from '../scores/crpsGaussian.js';
import { fitHarmonics, harmonicBasis } from './seasonalHarmonics.js';

export interface ResidualSpread {
  readonly harmonics: number;
  /** [term, point], unit squared. */
  readonly coefficients: Float64Array;
  /** [point]: least variance allowed, where the harmonics dip too low. */
  readonly floor: Float64Array;
}

const most = 2;
/** The harmonics of a variance may dip below nothing: not below this share of the point's mean variance. */
const floorShare = 0.1;

/**
 * @param residuals [row, point]: errors of forecasts, each from a fit that had not seen its year
 * @param validTimes [row], milliseconds since 1970
 * @param years [row], the block each row belongs to
 * @param weights [point]
 */
export function fitResidualSpread(
  residuals: Float64Array,
  validTimes: Float64Array,
  years: Int32Array,
  weights: Float64Array,
): ResidualSpread {
  const points = weights.length;
  const squares = residuals.map((error) => error * error);
  const blocks = [...new Set(years)];
  let best = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let harmonics = 0; blocks.length > 1 && harmonics <= most; harmonics++) {
    let total = 0;
    for (const held of blocks) {
      const others = rowsWhere(years, (year) => year !== held);
      const spread = fitVariance(squares, validTimes, others, points, harmonics);
      total += scoreOf(
        residuals,
        validTimes,
        rowsWhere(years, (year) => year === held),
        spread,
        weights,
      );
    }
    if (total < lowest) {
      lowest = total;
      best = harmonics;
    }
  }
  const all = rowsWhere(years, () => true);
  return fitVariance(squares, validTimes, all, points, best);
}

/** Standard deviation at every point, [point]. */
export function sigmaAt(spread: ResidualSpread, validTime: number, sigma: Float64Array): void {
  const basis = harmonicBasis([validTime], spread.harmonics);
  const points = spread.floor.length;
  for (let point = 0; point < points; point++) {
    let variance = 0;
    for (let term = 0; term < basis.length; term++)
      variance += basis[term]! * spread.coefficients[term * points + point]!;
    sigma[point] = Math.sqrt(Math.max(variance, spread.floor[point]!));
  }
}

function fitVariance(
  squares: Float64Array,
  validTimes: Float64Array,
  rows: readonly number[],
  points: number,
  harmonics: number,
): ResidualSpread {
  const values = new Float64Array(rows.length * points);
  for (const [i, row] of rows.entries())
    values.set(squares.subarray(row * points, (row + 1) * points), i * points);
  const times = rows.map((row) => validTimes[row]!);
  const coefficients = fitHarmonics(harmonicBasis(times, harmonics), seasonTerms(harmonics), values, points);
  const floor = new Float64Array(points);
  for (let i = 0; i < values.length; i++) floor[i % points]! += values[i]!;
  for (let point = 0; point < points; point++) floor[point]! *= floorShare / rows.length;
  return { harmonics, coefficients, floor };
}

/** Sum over rows and points of the area-weighted Gaussian CRPS. */
function scoreOf(
  residuals: Float64Array,
  validTimes: Float64Array,
  rows: readonly number[],
  spread: ResidualSpread,
  weights: Float64Array,
): number {
  const points = weights.length;
  const sigma = new Float64Array(points);
  let total = 0;
  for (const row of rows) {
    sigmaAt(spread, validTimes[row]!, sigma);
    for (let point = 0; point < points; point++)
      total += weights[point]! * crpsGaussian(0, sigma[point]!, residuals[row * points + point]!);
  }
  return total;
}

function rowsWhere(years: Int32Array, keep: (year: number) => boolean): number[] {
  const rows: number[] = [];
  for (const [row, year] of years.entries()) if (keep(year)) rows.push(row);
  return rows;
}
