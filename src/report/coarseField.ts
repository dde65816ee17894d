/** A field on fewer points, means of blocks of cells: as fine as a small map can show, and small enough to put into a page. */
import { type Grid, gridSize, makeGrid, wrapsInLongitude } from '../../core/grid.js';

export interface Coarsening {
  readonly grid: Grid;
  /** @param values [lat, lon] of the fine grid @returns [lat, lon] of the coarse; NaN where a block has no value */
  field(values: ArrayLike<number>): Float32Array;
}

/** @param mostColumns columns of the coarse grid, at most (where the fine one closes the circle, about) */
export function coarsening(grid: Grid, mostColumns: number): Coarsening {
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const wanted = Math.max(1, Math.ceil(nlon / mostColumns));
  // Equal blocks round the circle: a narrower last one would put a seam into the map.
  const stride = wrapsInLongitude(grid) ? divisorFrom(nlon, wanted) : wanted;
  if (stride === 1) return { grid, field: (values) => Float32Array.from(values) };
  const [rows, columns] = [Math.ceil(nlat / stride), Math.ceil(nlon / stride)];
  const centres = (axis: Float64Array): number[] =>
    Array.from({ length: Math.ceil(axis.length / stride) }, (_, i) => {
      const block = axis.subarray(i * stride, (i + 1) * stride);
      return block.reduce((sum, value) => sum + value, 0) / block.length;
    });
  const coarse = makeGrid(centres(grid.latitudes), centres(grid.longitudes));
  return {
    grid: coarse,
    field: (values) => {
      const [sums, counts] = [new Float64Array(rows * columns), new Int32Array(rows * columns)];
      for (let point = 0; point < gridSize(grid); point++) {
        const value = values[point] ?? Number.NaN;
        if (!Number.isFinite(value)) continue;
        const [row, column] = [Math.floor(point / nlon), point % nlon];
        const block = Math.floor(row / stride) * columns + Math.floor(column / stride);
        sums[block] = (sums[block] ?? 0) + value;
        counts[block] = (counts[block] ?? 0) + 1;
      }
      return Float32Array.from(sums, (sum, block) => sum / (counts[block] ?? 0));
    },
  };
}

/** Smallest divisor not below a number, at most twice it; else the number. */
function divisorFrom(whole: number, least: number): number {
  for (let divisor = least; divisor <= 2 * least; divisor++) if (whole % divisor === 0) return divisor;
  return least;
}
