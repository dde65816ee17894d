/**
 * Lists of places as regions: every station counts alike. Its scores are those of the nearest point of the grid, or
 * of the four points around, weighted as in bilinear interpolation (the mean of their scores, not the score of an
 * interpolated forecast).
 */
import { usageError } from '../../core/errors.js';
import { describeGrid, type Grid, gridSize } from '../../core/grid.js';
import { bilinearWeights } from '../../core/regrid/bilinear.js';
import { distanceKm, earthRadiusKm } from '../../core/sphere/distance.js';

export interface Station {
  readonly name: string;
  /** Degrees north and east, any convention of longitude. */
  readonly latitude: number;
  readonly longitude: number;
}

export const stationMethods = ['nearest', 'bilinear'] as const;
export type StationMethod = (typeof stationMethods)[number];

/**
 * @returns [point], sum 1; a point near several stations counts for each of them
 * @throws {PlumeError} usage, naming the stations that lie outside the grid
 */
export function stationWeights(
  stations: readonly Station[],
  method: StationMethod,
  grid: Grid,
): Float64Array {
  const weights = new Float64Array(gridSize(grid));
  const outside: Station[] = [];
  for (const station of stations) {
    const found = method === 'nearest' ? nearest(grid, station) : around(grid, station);
    if (found === null) outside.push(station);
    found?.indices.forEach((point, k) => {
      weights[point]! += found.weights[k]! / stations.length;
    });
  }
  if (outside.length > 0 || stations.length === 0) {
    const named = outside
      .slice(0, 5)
      .map(({ name, latitude, longitude }) => `${name} (${latitude}°N, ${longitude}°E)`);
    throw usageError(
      stations.length === 0
        ? 'a list of stations is empty; it needs at least one line with a latitude and a longitude'
        : `${outside.length} of ${stations.length} stations lie outside the grid (${describeGrid(grid)}): ` +
            `${named.join(', ')}${outside.length > 5 ? ', …' : ''}; leave them out of the list`,
    );
  }
  return weights;
}

function around(grid: Grid, { latitude, longitude }: Station) {
  return bilinearWeights(grid, latitude, longitude);
}

/** The nearest point, or null where it is further off than the diagonal of a cell. */
function nearest(grid: Grid, { latitude, longitude }: Station) {
  const nlon = grid.longitudes.length;
  let best = -1;
  let shortest = Number.POSITIVE_INFINITY;
  for (let point = 0; point < gridSize(grid); point++) {
    const distance = distanceKm(
      latitude,
      longitude,
      grid.latitudes[Math.floor(point / nlon)]!,
      grid.longitudes[point % nlon]!,
    );
    if (distance < shortest) [best, shortest] = [point, distance];
  }
  const reach =
    (Math.hypot(spacing(grid.latitudes), spacing(grid.longitudes)) * Math.PI * earthRadiusKm) / 180;
  return shortest > reach ? null : { indices: [best], weights: [1] };
}

/** Mean spacing of an axis, degrees; a single point reaches one degree. */
function spacing(axis: Float64Array): number {
  return axis.length < 2 ? 1 : Math.abs(axis[axis.length - 1]! - axis[0]!) / (axis.length - 1);
}
