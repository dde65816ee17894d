/**
 * Points that two grids share: the same place in another order of columns, another convention of longitude, or a
 * part cut out of a larger grid. No value is changed by taking them over.
 */
import type { Grid } from '../grid.js';

/** Degrees; single-precision files round their axes (core/grid `sameGrid`). */
const tolerance = 1e-5;

/** @returns source point of every target point, or null where a target has none */
export function coincidentPoints(source: Grid, target: Grid): Int32Array | null {
  const rows = indicesOf(source.latitudes, target.latitudes, (a, b) => Math.abs(a - b));
  const columns = indicesOf(source.longitudes, target.longitudes, angle);
  if (rows === null || columns === null) return null;
  const nlon = source.longitudes.length;
  return Int32Array.from(rows.flatMap((row) => columns.map((column) => row * nlon + column)));
}

/** Size of the angle between two longitudes, degrees. */
function angle(a: number, b: number): number {
  const difference = Math.abs(a - b) % 360;
  return Math.min(difference, 360 - difference);
}

function indicesOf(
  source: Float64Array,
  target: Float64Array,
  distance: (a: number, b: number) => number,
): number[] | null {
  const found: number[] = [];
  for (const value of target) {
    const index = source.findIndex((candidate) => distance(candidate, value) < tolerance);
    if (index < 0) return null;
    found.push(index);
  }
  return found;
}
