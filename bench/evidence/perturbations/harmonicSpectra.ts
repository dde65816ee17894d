/**
 * How an ensemble spreads and errs by total wavenumber n: of the harmonics' coefficients (mean square 1 each),
 *   spread²(n) = (M + 1)/M Σₘ Var(members),   error²(n) = Σₘ (truth − mean of members)²,
 * Var with M − 1 for M members. The two have the same expectation where truth is like one more member (Fortin et al. 2014,
 * J. Hydrometeor. 15, 1708, eq. 15); their sums over n are area means, unit squared.
 */
import { type Grid, gridSize } from '../../../core/grid.js';
import { makeTransform } from '../../../core/sphere/sphericalTransform.js';

export interface SpreadAndError {
  /** By n from 0. */
  readonly spread: Float64Array;
  readonly error: Float64Array;
}

export interface HarmonicSpectra {
  /** Highest n. */
  readonly degree: number;
  /**
   * Adds one case to sums.
   * @param members [member, lat, lon]
   * @param truth [lat, lon]
   */
  add(members: Float32Array, truth: Float32Array, sums: SpreadAndError): void;
}

export function emptySums(degree: number): SpreadAndError {
  return { spread: new Float64Array(degree + 1), error: new Float64Array(degree + 1) };
}

/** @param grid regular, with both poles, as the nature run's */
export function createHarmonicSpectra(grid: Grid): HarmonicSpectra {
  const [rows, columns] = [grid.latitudes.length, grid.longitudes.length];
  const degree = Math.min(rows - 2, columns / 2 - 1);
  const transform = makeTransform({ truncation: degree, latitudes: 'regular', rows, columns });
  const points = gridSize(grid);
  const { coefficients, degrees } = transform;
  return {
    degree,
    add(members, truth, sums) {
      const count = members.length / points;
      const fields = count + 1;
      const values = new Float64Array(points * fields);
      for (let point = 0; point < points; point++) {
        for (let member = 0; member < count; member++)
          values[point * fields + member] = members[member * points + point]!;
        values[point * fields + count] = truth[point]!;
      }
      const spectral = new Float64Array(2 * coefficients * fields);
      transform.analyze(values, fields, spectral);
      for (let row = 0; row < 2 * coefficients; row++) {
        const n = degrees[row >> 1]!;
        if (n > degree) continue;
        const of = spectral.subarray(row * fields, row * fields + count);
        const mean = of.reduce((sum, value) => sum + value, 0) / count;
        const squares = of.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        if (count > 1) sums.spread[n]! += ((count + 1) / count) * (squares / (count - 1));
        sums.error[n]! += (spectral[row * fields + count]! - mean) ** 2;
      }
    },
  };
}
