/** How far a grid reaches: to the edges of its outermost cells. What lies beyond is not answered for. */
import { type Grid, wrapsInLongitude } from '../../../core/grid.js';
import type { Box } from '../../regions/boxRegion.js';
import type { Site } from './boundPlace.js';
import { destination } from './circle.js';

/** Degrees by which axes and edges may be rounded. */
const tolerance = 1e-5;

/** Edges of the outermost cells: half a spacing beyond the points, no further than the poles. */
function extent(grid: Grid): Box {
  const { latitudes: lat, longitudes: lon } = grid;
  const half = (axis: Float64Array, i: number, j: number): number =>
    axis.length < 2 ? 0 : Math.abs(axis.at(i)! - axis.at(j)!) / 2;
  return {
    north: Math.min(90, lat[0]! + half(lat, 0, 1)) + tolerance,
    south: Math.max(-90, lat.at(-1)! - half(lat, -1, -2)) - tolerance,
    west: lon[0]! - half(lon, 0, 1) - tolerance,
    east: lon.at(-1)! + half(lon, -1, -2) + tolerance,
  };
}

/** True where the place lies in a cell of the grid. */
export function covers(grid: Grid, { latitude, longitude }: Site): boolean {
  return coversBox(grid, { north: latitude, south: latitude, west: longitude, east: longitude });
}

export function coversBox(grid: Grid, box: Box): boolean {
  const { north, south, west, east } = extent(grid);
  const globalRows = wrapsInLongitude(grid) && reachesPoles(grid);
  if (!globalRows && (box.north > north || box.south < south)) return false;
  if (wrapsInLongitude(grid)) return true;
  const eastward = (from: number, to: number): number => (((to - from) % 360) + 360) % 360;
  const width = box.east - box.west >= 360 ? 360 : eastward(box.west, box.east);
  return eastward(west, box.west) + width <= east - west;
}

/** As in bilinear.ts: a further row would lie at the pole or past it. */
function reachesPoles(grid: Grid): boolean {
  const { latitudes: lat } = grid;
  if (lat.length < 2) return false;
  return 2 * lat[0]! - lat[1]! >= 90 - tolerance && 2 * lat.at(-1)! - lat.at(-2)! <= -90 + tolerance;
}

export function coversCircle(grid: Grid, centre: Site, radiusKm: number): boolean {
  if (coversBox(grid, { north: 90, south: -90, west: 0, east: 360 })) return true;
  for (let bearing = 0; bearing < 360; bearing += 5) {
    if (!covers(grid, destination(centre, bearing, radiusKm))) return false;
  }
  return covers(grid, centre);
}
