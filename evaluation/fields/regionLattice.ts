/**
 * Points of a region on every s-th row and column of the grid, s the least that leaves no more than some: an even lattice,
 * each point of which stands for its own cell's area like all others.
 */
import type { Grid } from '../../core/grid.js';

/**
 * @param weights [point], 0 outside the region
 * @returns about `most` points or fewer, rising; all where there are no more
 */
export function regionLattice(grid: Grid, weights: Float64Array, most: number): Int32Array {
  const columns = grid.longitudes.length;
  let count = 0;
  for (let point = 0; point < weights.length; point++) if (weights[point]! > 0) count++;
  const inside = new Int32Array(count);
  for (let point = 0, i = 0; point < weights.length; point++) if (weights[point]! > 0) inside[i++] = point;
  for (let stride = Math.max(1, Math.floor(Math.sqrt(count / most))); ; stride++) {
    const middle = Math.floor(stride / 2);
    const kept = inside.filter(
      (point) => Math.floor(point / columns) % stride === middle && (point % columns) % stride === middle,
    );
    // Stations and thin masks may miss a wide lattice: then a plain share of the points.
    if (kept.length === 0 && count > 0) return inside.filter((_, i) => i % Math.ceil(count / most) === 0);
    if (kept.length <= most) return kept;
  }
}
