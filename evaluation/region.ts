/** Named boxes of latitude and longitude over which scores are averaged, with area weights. */
import { usageError } from '../core/errors.js';
import { describeGrid, type Grid, pointWeights } from '../core/grid.js';

export interface Region {
  readonly name: string;
  /** Degrees; null is the whole domain. West to east: a box may cross the date line. */
  readonly box: {
    readonly north: number;
    readonly south: number;
    readonly west: number;
    readonly east: number;
  } | null;
}

export const wholeDomain: Region = { name: 'all', box: null };

/**
 * Area weights inside the region, 0 outside.
 * @returns [lat, lon] flattened
 * @throws {PlumeError} usage, when the region holds no point of the grid
 */
export function regionWeights(region: Region, grid: Grid): Float64Array {
  const weights = pointWeights(grid);
  const { box } = region;
  if (box === null) return weights;
  const nlon = grid.longitudes.length;
  const eastward = (from: number, to: number): number => (((to - from) % 360) + 360) % 360;
  const width = box.east - box.west >= 360 ? 360 : eastward(box.west, box.east);
  const inside = weights.map((weight, point) => {
    const lat = grid.latitudes[Math.floor(point / nlon)]!;
    const lon = grid.longitudes[point % nlon]!;
    return lat <= box.north && lat >= box.south && eastward(box.west, lon) <= width ? weight : 0;
  });
  if (!inside.some((weight) => weight > 0)) {
    throw usageError(
      `region "${region.name}" (${box.south}…${box.north}°N, ${box.west}…${box.east}°E) holds no point of the ` +
        `grid (${describeGrid(grid)}); choose one that overlaps it`,
    );
  }
  return inside;
}
