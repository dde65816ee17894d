/**
 * A latitude–longitude grid as points on a sphere that have neighbours: the columns close where they go around, a row at a
 * pole is one point (its first), and a global grid without such rows goes on beyond the pole in the opposite column.
 * Points are `row · columns + column`; outside marks what lies beyond the edge of a regional grid.
 */
import { type Grid, wrapsInLongitude } from '../../../core/grid.js';
import { earthRadiusKm } from '../../../core/sphere/distance.js';

export const outside = -1;

/** Kilometres along a great circle of one degree. */
export const kmPerDegree = (Math.PI / 180) * earthRadiusKm;

export interface SphereGrid {
  readonly grid: Grid;
  readonly rows: number;
  readonly columns: number;
  /** True where the columns close the circle. */
  readonly wraps: boolean;
  /** sin φ and cos φ of rows. */
  readonly sines: Float64Array;
  readonly cosines: Float64Array;
  /** What one calls a grid length: the distance from row to row. */
  readonly spacingKm: number;
  /** How the grid ends north and south. */
  readonly north: RowEnd;
  readonly south: RowEnd;
  /** Columns on either side that make a cell about as wide as it is high, [row], at least 1. */
  readonly squareColumns: Int32Array;
}

/** The outermost row is the pole, or the next row is beyond the pole, or the grid ends there. */
export type RowEnd = 'pole' | 'acrossPole' | 'edge';

export function sphereGrid(grid: Grid): SphereGrid {
  const { latitudes, longitudes } = grid;
  const [rows, columns] = [latitudes.length, longitudes.length];
  const radians = Math.PI / 180;
  const wraps = wrapsInLongitude(grid);
  const cosines = latitudes.map((latitude) => Math.cos(latitude * radians));
  const rowDegrees = rows > 1 ? (latitudes[0]! - latitudes[rows - 1]!) / (rows - 1) : Number.NaN;
  const columnDegrees =
    columns > 1 ? (longitudes[columns - 1]! - longitudes[0]!) / (columns - 1) : Number.NaN;
  const end = (latitude: number): RowEnd => {
    if (!wraps) return 'edge';
    const toPole = 90 - Math.abs(latitude);
    if (toPole < 1e-4) return 'pole';
    return columns % 2 === 0 && toPole < 0.75 * rowDegrees ? 'acrossPole' : 'edge';
  };
  // No more than a sixth of the circle: beyond that, columns of a row lie on either side of the pole.
  const most = Math.max(1, Math.floor(60 / columnDegrees));
  return {
    grid,
    rows,
    columns,
    wraps,
    sines: latitudes.map((latitude) => Math.sin(latitude * radians)),
    cosines,
    spacingKm: rowDegrees * kmPerDegree,
    north: end(latitudes[0]!),
    south: end(latitudes[rows - 1]!),
    squareColumns: Int32Array.from(cosines, (cosine) =>
      Math.max(1, Math.min(most, Math.floor((rowDegrees + 1e-9) / (columnDegrees * Math.max(cosine, 1e-9))))),
    ),
  };
}

export function isPoleRow(sphere: SphereGrid, row: number): boolean {
  return (row === 0 && sphere.north === 'pole') || (row === sphere.rows - 1 && sphere.south === 'pole');
}

/** The column `steps` east of a column, or outside. */
export function columnAt(sphere: SphereGrid, column: number, steps: number): number {
  const to = column + steps;
  if (to >= 0 && to < sphere.columns) return to;
  return sphere.wraps ? ((to % sphere.columns) + sphere.columns) % sphere.columns : outside;
}

/** The point a number of columns east in the row or the next row (−1: north, 0, 1: south), or outside. */
export function pointAt(sphere: SphereGrid, row: number, column: number, down: number, east: number): number {
  const { rows, columns } = sphere;
  const to = row + down;
  if (to < 0 || to >= rows) {
    if ((to < 0 ? sphere.north : sphere.south) !== 'acrossPole') return outside;
    return row * columns + columnAt(sphere, column, columns / 2 + east);
  }
  if (isPoleRow(sphere, to)) return to * columns;
  const there = columnAt(sphere, column, east);
  return there === outside ? outside : to * columns + there;
}

/** What is called with each neighbour of a point, or with `outside`; true ends the round. */
export type NeighbourVisit = (neighbour: number) => boolean;

/**
 * The four neighbours along rows and columns, of a pole all points of the next row.
 * @returns true where a visit ended it
 */
export function visitEdgeNeighbours(sphere: SphereGrid, point: number, visit: NeighbourVisit): boolean {
  const row = Math.floor(point / sphere.columns);
  const column = point - row * sphere.columns;
  if (isPoleRow(sphere, row)) return visitRow(sphere, row === 0 ? 1 : row - 1, visit);
  return (
    visit(pointAt(sphere, row, column, -1, 0)) ||
    visit(pointAt(sphere, row, column, 0, -1)) ||
    visit(pointAt(sphere, row, column, 0, 1)) ||
    visit(pointAt(sphere, row, column, 1, 0))
  );
}

/**
 * The points of a square about a point, two grid lengths wide: 3 × 3 near the equator, more columns where these lie
 * closer; of a pole all points of the next row. One is another's neighbour where the other is its.
 */
export function visitSquare(sphere: SphereGrid, point: number, visit: NeighbourVisit): boolean {
  const row = Math.floor(point / sphere.columns);
  const column = point - row * sphere.columns;
  if (isPoleRow(sphere, row)) return visitRow(sphere, row === 0 ? 1 : row - 1, visit);
  const own = sphere.squareColumns[row]!;
  for (let down = -1; down <= 1; down++) {
    const to = row + down;
    const inside = to >= 0 && to < sphere.rows;
    if (inside && isPoleRow(sphere, to)) {
      if (visit(to * sphere.columns)) return true;
      continue;
    }
    const most = inside ? Math.max(own, sphere.squareColumns[to]!) : own;
    for (let east = -most; east <= most; east++) {
      if (down === 0 && east === 0) continue;
      const neighbour = pointAt(sphere, row, column, down, east);
      // Columns beyond the next one only make the cell square: at an edge they may be missing.
      if (neighbour === outside && Math.abs(east) > 1) continue;
      if (visit(neighbour)) return true;
    }
  }
  return false;
}

function visitRow(sphere: SphereGrid, row: number, visit: NeighbourVisit): boolean {
  for (let column = 0; column < sphere.columns; column++) {
    if (visit(row * sphere.columns + column)) return true;
  }
  return false;
}

/** Degrees, −180 … 180 (180 itself is −180). */
export function wrapLongitude(longitude: number): number {
  return ((((longitude + 180) % 360) + 360) % 360) - 180;
}
