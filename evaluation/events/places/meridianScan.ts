/**
 * All points of a grid inside a ring at once. Columns of a grid are meridians: going north along one, inside and outside
 * change places wherever an edge crosses it, so that an edge is looked at once a column that it spans and not once a point.
 * d3-geo is asked what the south pole is. An edge with normal n crosses the meridian λ at
 *   tan φ = −(n_x cos λ + n_y sin λ) / n_z,
 * and of an end that lies on the meridian, only the side east of it counts.
 */
import type { Grid } from '../../../core/grid.js';
import { isOnArc, type UnitVector, unitVector } from './unitVector.js';

export interface ScannedEdge {
  readonly from: UnitVector;
  readonly to: UnitVector;
  readonly normal: UnitVector;
  /** Degrees. */
  readonly west: number;
  readonly width: number;
  /** Largest distance of the ends from the equator, degrees. */
  readonly outermost: number;
}

/** Points of a ring on a grid: [0] inside, [1] on its edges. */
export interface RingPoints {
  readonly inside: ReadonlySet<number>;
  readonly onEdge: ReadonlySet<number>;
}

const degrees = 180 / Math.PI;

/** Ends of an edge from and to, [longitude, latitude]; null where it passes so near a pole that meridians do not cut it well. */
export function scannedEdge(
  [fromLongitude, fromLatitude]: readonly [number, number],
  [toLongitude, toLatitude]: readonly [number, number],
  arc: { readonly from: UnitVector; readonly to: UnitVector; readonly normal: UnitVector },
): ScannedEdge | null {
  const east = modulo(toLongitude - fromLongitude + 180) - 180;
  const outermost = Math.max(Math.abs(fromLatitude), Math.abs(toLatitude));
  if (Math.abs(east) > 90 || outermost > 89.9) return null;
  return { ...arc, west: east < 0 ? toLongitude : fromLongitude, width: Math.abs(east), outermost };
}

/** @param tolerance radians from an edge within which a point is on it */
export function pointsOfRing(
  grid: Grid,
  edges: readonly ScannedEdge[],
  southPoleInside: boolean,
  tolerance: number,
): RingPoints {
  const nlon = grid.longitudes.length;
  const inside = new Set<number>();
  const onEdge = new Set<number>();
  for (const [column, { crossings, near }] of columnsOf(grid, edges, tolerance, southPoleInside)) {
    crossings.sort((a, b) => a - b);
    let passed = 0;
    for (let row = grid.latitudes.length - 1; row >= 0; row--) {
      const latitude = grid.latitudes[row]!;
      while (passed < crossings.length && crossings[passed]! < latitude) passed++;
      const point = row * nlon + column;
      if ((passed % 2 === 1) !== southPoleInside) inside.add(point);
      const place = unitVector(latitude, grid.longitudes[column]!);
      if (near.some(({ from, to, normal }) => isOnArc(place, from, to, normal, tolerance))) onEdge.add(point);
    }
  }
  return { inside, onEdge };
}

interface Column {
  /** Latitudes at which edges cross it. */
  readonly crossings: number[];
  /** Edges that come near enough to hold a point of it. */
  readonly near: ScannedEdge[];
}

function columnsOf(
  grid: Grid,
  edges: readonly ScannedEdge[],
  tolerance: number,
  everyColumn: boolean,
): Map<number, Column> {
  const columns = new Map<number, Column>();
  const columnAt = (column: number): Column => {
    const found = columns.get(column) ?? { crossings: [], near: [] };
    columns.set(column, found);
    return found;
  };
  if (everyColumn) for (const column of grid.longitudes.keys()) columnAt(column);
  const order = [...grid.longitudes.keys()].sort(
    (a, b) => modulo(grid.longitudes[a]!) - modulo(grid.longitudes[b]!),
  );
  const sorted = order.map((column) => modulo(grid.longitudes[column]!));
  for (const edge of edges) {
    const slack = (2 * tolerance * degrees) / Math.cos(edge.outermost / degrees) + 1e-9;
    const begin = modulo(edge.west - slack);
    const first = lowerBound(sorted, begin);
    for (let step = 0; step < order.length; step++) {
      const k = (first + step) % order.length;
      if (modulo(sorted[k]! - begin) > edge.width + 2 * slack) break;
      const { crossings, near } = columnAt(order[k]!);
      near.push(edge);
      const longitude = grid.longitudes[order[k]!]!;
      // of both ends: is it east of the meridian, or on it?
      const fromEast = isEast(edge.west, longitude);
      const toEast = isEast(edge.west + edge.width, longitude);
      if (fromEast !== toEast) crossings.push(crossingLatitude(edge.normal, longitude));
    }
  }
  return columns;
}

/** The same of equal longitudes in any convention, or vertices that edges share would fall on both sides. */
function isEast(longitude: number, meridian: number): boolean {
  const east = modulo(longitude - meridian + 180) - 180;
  return east > -1e-10;
}

function crossingLatitude([x, y, z]: UnitVector, longitude: number): number {
  const [cosine, sine] = [Math.cos(longitude / degrees), Math.sin(longitude / degrees)];
  return Math.atan(-(x * cosine + y * sine) / z) * degrees;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low === sorted.length ? 0 : low;
}

function modulo(value: number): number {
  return ((value % 360) + 360) % 360;
}
