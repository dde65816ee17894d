/**
 * Bilinear interpolation in latitude and longitude (degrees): exact for functions a + bφ + cλ + dφλ inside a cell.
 * Columns that close the circle are interpolated across the seam. Between the outermost row of a global grid and
 * the pole stands a pole value, the mean of that row (as ESMF's "allavg" pole), so every point of the globe has one.
 * That mean says little for wind components; grids with rows at the poles need none.
 */
import { type Grid, wrapsInLongitude } from '../grid.js';
import type { WeightedPoints } from './sparseWeights.js';

/** Degrees by which a point may lie outside and count as on the edge: axes rounded to single precision. */
const tolerance = 1e-4;

/** Two neighbours on an axis: value = (1 − share) · x[first] + share · x[second]. */
interface Bracket {
  readonly first: number;
  readonly second: number;
  readonly share: number;
}

/**
 * Weights, summing to 1, of the source points around a place.
 * @param latitude, longitude degrees, any convention of longitude
 * @returns null where the place lies outside the points of the grid
 */
export function bilinearWeights(grid: Grid, latitude: number, longitude: number): WeightedPoints | null {
  const column = columnBracket(grid, longitude);
  if (column === null) return null;
  const nlon = grid.longitudes.length;
  const { latitudes } = grid;
  const south = latitudes.length - 1;
  const outermost = latitude > latitudes[0]! ? 0 : latitude < latitudes[south]! ? south : null;
  if (outermost === null) return inside(rowBracket(latitudes, latitude), column, nlon);
  const edge = latitudes[outermost]!;
  const edgeRow = { first: outermost, second: outermost, share: 0 };
  if (Math.abs(latitude - edge) <= tolerance) return inside(edgeRow, column, nlon);
  if (!reachesPole(grid, outermost) || Math.abs(latitude) > 90 + tolerance) return null;
  const towardsPole = Math.min(1, Math.abs(latitude - edge) / (90 - Math.abs(edge)));
  return polar(inside(edgeRow, column, nlon), outermost * nlon, nlon, towardsPole);
}

/** True where a further row would lie at the pole or past it, and the columns close the circle. */
function reachesPole(grid: Grid, row: number): boolean {
  const { latitudes } = grid;
  if (latitudes.length < 2 || !wrapsInLongitude(grid)) return false;
  const inner = row === 0 ? 1 : row - 1;
  const spacing = Math.abs(latitudes[row]! - latitudes[inner]!);
  return latitudes[row]! > 0 === (row === 0) && Math.abs(latitudes[row]!) + spacing >= 90 - tolerance;
}

/** (1 − t) of the outermost row at the longitude, t of its mean. */
function polar(atEdge: WeightedPoints, rowStart: number, nlon: number, t: number): WeightedPoints {
  const weights = new Array<number>(nlon).fill(t / nlon);
  atEdge.indices.forEach((index, k) => {
    weights[index - rowStart]! += (1 - t) * atEdge.weights[k]!;
  });
  return { indices: weights.map((_, column) => rowStart + column), weights };
}

function inside(row: Bracket, column: Bracket, nlon: number): WeightedPoints {
  const found = new Map<number, number>();
  const add = (r: number, c: number, weight: number): void => {
    if (weight !== 0) found.set(r * nlon + c, (found.get(r * nlon + c) ?? 0) + weight);
  };
  add(row.first, column.first, (1 - row.share) * (1 - column.share));
  add(row.first, column.second, (1 - row.share) * column.share);
  add(row.second, column.first, row.share * (1 - column.share));
  add(row.second, column.second, row.share * column.share);
  return { indices: [...found.keys()], weights: [...found.values()] };
}

/** Between two rows; the latitude lies within the axis. */
function rowBracket(latitudes: Float64Array, latitude: number): Bracket {
  if (latitudes.length === 1) return { first: 0, second: 0, share: 0 };
  let low = 0;
  let high = latitudes.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (latitudes[middle]! >= latitude) low = middle;
    else high = middle;
  }
  return {
    first: low,
    second: high,
    share: (latitudes[low]! - latitude) / (latitudes[low]! - latitudes[high]!),
  };
}

function columnBracket(grid: Grid, longitude: number): Bracket | null {
  const { longitudes } = grid;
  const last = longitudes.length - 1;
  const west = longitudes[0]!;
  const width = longitudes[last]! - west;
  // A longitude just west of the first column is meant to be that column, not one 360° to the east.
  const offset = positiveModulo(longitude - west + tolerance, 360) - tolerance;
  if (offset <= 0) return { first: 0, second: 0, share: 0 };
  if (offset > width) {
    if (offset <= width + tolerance) return { first: last, second: last, share: 0 };
    if (!wrapsInLongitude(grid)) return null;
    return { first: last, second: 0, share: (offset - width) / (360 - width) };
  }
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (longitudes[middle]! - west <= offset) low = middle;
    else high = middle;
  }
  const [from, to] = [longitudes[low]! - west, longitudes[high]! - west];
  return { first: low, second: high, share: (offset - from) / (to - from) };
}

function positiveModulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}
