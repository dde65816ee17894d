/** Points of a grid and what people call them. */
import type { Grid } from '../../core/grid.js';

export interface Place {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

export function placeOf(grid: Grid, point: number): Place {
  const nlon = grid.longitudes.length;
  return {
    latitude: grid.latitudes[Math.floor(point / nlon)]!,
    longitude: grid.longitudes[point % nlon]!,
  };
}

/** '45°N 120°W'; whole degrees, which is finer than the grids these pages are about. */
export function placeName({ latitude, longitude }: Place): string {
  const north = Math.round(latitude);
  const east = Math.round(((longitude + 540) % 360) - 180);
  const along =
    Math.abs(north) === 90 ? '' : ` ${Math.abs(east)}°${east % 180 === 0 ? '' : east < 0 ? 'W' : 'E'}`;
  return `${Math.abs(north)}°${north === 0 ? '' : north < 0 ? 'S' : 'N'}${along}`;
}

/** Index of the grid point nearest to a place, by row and column. */
export function pointAt(grid: Grid, { latitude, longitude }: Place): number {
  const nearest = (axis: Float64Array, away: (value: number) => number): number =>
    axis.reduce((best, value, i) => (away(value) < away(axis[best]!) ? i : best), 0);
  const row = nearest(grid.latitudes, (value) => Math.abs(value - latitude));
  const turned = (value: number): number => Math.abs(((value - longitude + 540) % 360) - 180);
  return row * grid.longitudes.length + nearest(grid.longitudes, turned);
}
