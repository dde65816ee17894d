/**
 * Edges of the cells of a latitude–longitude grid: half-way between neighbours; the outermost cells reach as far out
 * as in. Where a further row would lie at the pole or past it, the outermost cell reaches the pole, so that a global
 * grid covers the globe (Gaussian grids too). Latitudes as sines: cell area = Δ sin φ · Δλ.
 */
import { dataError } from '../errors.js';
import { type Grid, wrapsInLongitude } from '../grid.js';

export interface CellEdges {
  /** sin φ of edges, north to south, [row + 1]. */
  readonly sines: Float64Array;
  /** Degrees east, rising, [column + 1]; spans 360 exactly where the columns close the circle. */
  readonly longitudes: Float64Array;
}

/** Single-precision axes: a pole may be missed by this, degrees. */
const tolerance = 1e-4;

/** @throws {PlumeError} data, when an axis has one point only: its cell has no width */
export function cellEdges(grid: Grid, name: string): CellEdges {
  const { latitudes, longitudes } = grid;
  if (latitudes.length < 2 || longitudes.length < 2) {
    throw dataError(
      `${name} has ${latitudes.length} × ${longitudes.length} points: cells of a single row or column have no ` +
        'width, which conservative regridding needs; use --regrid bilinear',
    );
  }
  const lat = between(latitudes);
  lat[0] = outermost(lat[0]!, latitudes[0]! - latitudes[1]!, latitudes[0]!);
  const south = latitudes.length - 1;
  lat[south + 1] = -outermost(
    -lat[south + 1]!,
    latitudes[south - 1]! - latitudes[south]!,
    -latitudes[south]!,
  );
  const lon = between(longitudes);
  if (wrapsInLongitude(grid)) {
    const seam = (longitudes[0]! + longitudes[longitudes.length - 1]! - 360) / 2;
    lon[0] = seam;
    lon[longitudes.length] = seam + 360;
  }
  return { sines: lat.map((degrees) => Math.sin((degrees * Math.PI) / 180)), longitudes: lon };
}

function between(axis: Float64Array): Float64Array {
  const n = axis.length;
  const edges = new Float64Array(n + 1);
  for (let i = 1; i < n; i++) edges[i] = (axis[i - 1]! + axis[i]!) / 2;
  edges[0] = axis[0]! - (axis[1]! - axis[0]!) / 2;
  edges[n] = axis[n - 1]! + (axis[n - 1]! - axis[n - 2]!) / 2;
  return edges;
}

/** Northern edge of the northernmost row (the southern one mirrored). */
function outermost(edge: number, spacing: number, row: number): number {
  return row + spacing >= 90 - tolerance ? 90 : edge;
}

/** Area of every cell on the unit sphere, [lat, lon], steradians. */
export function cellAreas(grid: Grid, name = 'the grid'): Float64Array {
  const { sines, longitudes } = cellEdges(grid, name);
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const areas = new Float64Array(nlat * nlon);
  for (let row = 0; row < nlat; row++) {
    for (let column = 0; column < nlon; column++) {
      const width = ((longitudes[column + 1]! - longitudes[column]!) * Math.PI) / 180;
      areas[row * nlon + column] = (sines[row]! - sines[row + 1]!) * width;
    }
  }
  return areas;
}
