/**
 * Latitude–longitude grids, global or regional, with their cell areas.
 * Rows run north → south, columns west → east; a point's index is `row · nlon + column`.
 * Degrees north and east; longitudes rise strictly, in whichever convention keeps a region in one piece.
 */
import { createHash } from 'node:crypto';
import { dataError } from './errors.js';

export interface Grid {
  /** Degrees north, strictly falling. */
  readonly latitudes: Float64Array;
  /** Degrees east, strictly rising, spanning less than 360. */
  readonly longitudes: Float64Array;
}

/** @throws {PlumeError} data, when an axis is empty, not finite, not strictly monotonic or out of range */
export function makeGrid(latitudes: ArrayLike<number>, longitudes: ArrayLike<number>): Grid {
  const lat = Float64Array.from(latitudes);
  const lon = Float64Array.from(longitudes);
  if (lat.length === 0 || lon.length === 0) throw dataError('grid: an axis is empty');
  for (let i = 0; i < lat.length; i++) {
    if (!(Math.abs(lat[i]!) <= 90 + 1e-6)) throw dataError(`grid: latitude ${lat[i]} is outside −90…90`);
    if (i > 0 && !(lat[i]! < lat[i - 1]!))
      throw dataError('grid: latitudes must fall strictly from north to south');
  }
  for (let j = 0; j < lon.length; j++) {
    if (!Number.isFinite(lon[j]!)) throw dataError(`grid: longitude ${lon[j]} is not a number`);
    if (j > 0 && !(lon[j]! > lon[j - 1]!))
      throw dataError('grid: longitudes must rise strictly from west to east');
  }
  if (lon[lon.length - 1]! - lon[0]! >= 360) throw dataError('grid: longitudes span 360° or more');
  return { latitudes: lat, longitudes: lon };
}

export function gridSize(grid: Grid): number {
  return grid.latitudes.length * grid.longitudes.length;
}

/** Equal axes to a hundred-thousandth of a degree (single-precision files round their axes). */
export function sameGrid(a: Grid, b: Grid): boolean {
  return sameAxis(a.latitudes, b.latitudes) && sameAxis(a.longitudes, b.longitudes);
}

function sameAxis(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) < 1e-5);
}

/** "17 × 33 points, 70…30°N, −70…10°E" */
export function describeGrid(grid: Grid): string {
  const { latitudes: lat, longitudes: lon } = grid;
  return (
    `${lat.length} × ${lon.length} points, ${lat[0]}…${lat[lat.length - 1]}°N, ` +
    `${lon[0]}…${lon[lon.length - 1]}°E`
  );
}

/** True where the columns close the circle, to within one and a half spacings. */
export function wrapsInLongitude(grid: Grid): boolean {
  const lon = grid.longitudes;
  if (lon.length < 3) return false;
  const spacing = (lon[lon.length - 1]! - lon[0]!) / (lon.length - 1);
  return lon[0]! + 360 - lon[lon.length - 1]! < 1.5 * spacing;
}

/**
 * Weight of every row: the area between its edges, sin φ₂ − sin φ₁, scaled to mean 1.
 * Edges lie half-way between rows; the outermost rows reach as far out as in, and no further than the pole.
 */
export function rowWeights(grid: Grid): Float64Array {
  const lat = grid.latitudes;
  const n = lat.length;
  if (n === 1) return Float64Array.of(1);
  const sine = (degrees: number): number => Math.sin((Math.max(-90, Math.min(90, degrees)) * Math.PI) / 180);
  const edge = (i: number): number => {
    if (i === 0) return lat[0]! + (lat[0]! - lat[1]!) / 2;
    if (i === n) return lat[n - 1]! - (lat[n - 2]! - lat[n - 1]!) / 2;
    return (lat[i - 1]! + lat[i]!) / 2;
  };
  const weights = Float64Array.from({ length: n }, (_, i) => sine(edge(i)) - sine(edge(i + 1)));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / n;
  return weights.map((weight) => weight / mean);
}

/** Row weights spread to every point, [lat, lon], mean 1. */
export function pointWeights(grid: Grid): Float64Array {
  const rows = rowWeights(grid);
  const nlon = grid.longitudes.length;
  return Float64Array.from({ length: gridSize(grid) }, (_, point) => rows[Math.floor(point / nlon)]!);
}

/**
 * Mean of a field over the area; NaN where any value is missing.
 * @param field [lat, lon]
 * @param weights [lat, lon] of {@link pointWeights}
 */
export function areaMean(field: Float32Array | Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let point = 0; point < field.length; point++) sum += weights[point]! * field[point]!;
  return sum / field.length;
}

/** Hexadecimal SHA-256 of the axes, rounded to 1e-5 degrees. */
export function gridDigest(grid: Grid): string {
  const rounded = [grid.latitudes, grid.longitudes].map((axis) => [...axis].map((x) => Math.round(x * 1e5)));
  return createHash('sha256').update(JSON.stringify(rounded)).digest('hex');
}
