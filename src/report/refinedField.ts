/**
 * A global field on finer points, for lines without corners: cubic convolution (Keys 1981, IEEE Trans. ASSP 29, 1153,
 * a = −½: the Catmull–Rom spline, which passes through every given value) along both axes. Columns close the circle; beyond a
 * pole lies the row before it, half a turn away.
 */
import type { Grid } from '../../core/grid.js';

export interface RefinedField {
  /** [row, column] */
  readonly values: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** Degrees at fractional rows and columns, whole numbers being the points. */
  latitude(row: number): number;
  longitude(column: number): number;
}

/**
 * @param values [lat, lon] of a grid whose columns close the circle
 * @param factor points for each given one, along either axis
 * @param options.west degrees east where the columns begin, once round from there; default the grid's own first
 * @param options.overlap given columns repeated beyond either edge, so that what is drawn reaches past the seam; default 0
 * @param options.rows first and last given row wanted; default all
 */
export function refineField(
  values: ArrayLike<number>,
  grid: Grid,
  factor: number,
  options: {
    readonly west?: number;
    readonly overlap?: number;
    readonly rows?: readonly [first: number, last: number];
  } = {},
): RefinedField {
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const { west = grid.longitudes[0]!, overlap = 0, rows = [0, nlat - 1] } = options;
  const spacing = 360 / nlon;
  const firstColumn = Math.floor((west - grid.longitudes[0]!) / spacing) - overlap;
  const atPole = (row: number): boolean => Math.abs(grid.latitudes[row]!) > 90 - 1e-6;
  /** Value at any whole row and column. */
  const given = (row: number, column: number): number => {
    let [i, j] = [row, column];
    if (i < 0) {
      if (atPole(0)) [i, j] = [-i, j + nlon / 2];
      else i = 0;
    } else if (i >= nlat) {
      if (atPole(nlat - 1)) [i, j] = [2 * (nlat - 1) - i, j + nlon / 2];
      else i = nlat - 1;
    }
    const wrapped = ((Math.round(j) % nlon) + nlon) % nlon;
    return values[Math.max(0, Math.min(nlat - 1, i)) * nlon + wrapped]!;
  };
  const weights = Array.from({ length: factor }, (_, i) => cubicWeights(i / factor));
  const fineRows = (rows[1] - rows[0]) * factor + 1;
  const fineColumns = (nlon + 2 * overlap) * factor + 1;
  // Along the columns first, two rows beyond the wanted ones on either side.
  const firstRow = rows[0] - 1;
  const givenRows = rows[1] - rows[0] + 4;
  const along = new Float64Array(givenRows * fineColumns);
  for (let i = 0; i < givenRows; i++) {
    for (let j = 0; j < fineColumns; j++) {
      const base = firstColumn + Math.floor(j / factor);
      const w = weights[j % factor]!;
      let sum = 0;
      for (let k = 0; k < 4; k++) if (w[k] !== 0) sum += w[k]! * given(firstRow + i, base + k - 1);
      along[i * fineColumns + j] = sum;
    }
  }
  const out = new Float64Array(fineRows * fineColumns);
  for (let i = 0; i < fineRows; i++) {
    const base = Math.floor(i / factor);
    const w = weights[i % factor]!;
    for (let j = 0; j < fineColumns; j++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) if (w[k] !== 0) sum += w[k]! * along[(base + k) * fineColumns + j]!;
      out[i * fineColumns + j] = sum;
    }
  }
  return {
    values: out,
    rows: fineRows,
    columns: fineColumns,
    latitude: (row) => interpolate(grid.latitudes, rows[0] + row / factor),
    longitude: (column) => grid.longitudes[0]! + (firstColumn + column / factor) * spacing,
  };
}

/** Of the four neighbours −1, 0, 1, 2 at 0 ≤ t < 1. */
function cubicWeights(t: number): readonly [number, number, number, number] {
  const [t2, t3] = [t * t, t * t * t];
  return [(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2, (t3 - t2) / 2];
}

/** Along an axis, straight on beyond its ends but not beyond the poles. */
function interpolate(axis: Float64Array, position: number): number {
  const at = Math.max(0, Math.min(axis.length - 2, Math.floor(position)));
  const value = axis[at]! + (position - at) * (axis[at + 1]! - axis[at]!);
  return Math.max(-90, Math.min(90, value));
}
