/**
 * Grid points in polygons on the sphere. Edges are great circles; a point within a metre of one is inside. d3-geo tells inside
 * from outside by the sense of a ring and takes the side clockwise of it as seen from above; files come in both senses, so
 * that here every ring is turned to enclose the smaller side of the globe, and a hole is what lies inside it. A
 * polygon of more than half of the globe cannot be said so: say `not` of what is left.
 */
import { type GeoPermissibleObjects, geoArea, geoContains } from 'd3-geo';
import type { Grid } from '../../../core/grid.js';
import type { SphericalPolygon } from '../event.js';
import { pointsOfRing, type RingPoints, type ScannedEdge, scannedEdge } from './meridianScan.js';
import { cleanRing, type Ring } from './ring.js';
import { chord, cross, isOnArc, normalised, type UnitVector, unitVector } from './unitVector.js';

/** Radians: a metre. */
const edgeWidth = 1 / 6_371_229;

/** One ring, made ready to be asked often. */
interface PreparedRing {
  readonly shape: GeoPermissibleObjects;
  readonly arcs: readonly {
    readonly from: UnitVector;
    readonly to: UnitVector;
    readonly normal: UnitVector;
  }[];
  /** null where one passes so near a pole that the ring has to be asked point by point. */
  readonly edges: readonly ScannedEdge[] | null;
  /** No point of the ring is farther from the middle than this chord; 2 where the ring is too wide to have such a cap. */
  readonly middle: UnitVector;
  readonly reach: number;
}

export type PreparedPolygon = readonly (readonly PreparedRing[])[];

/** @param polygon checked (geojson.ts); rings in either sense */
export function preparePolygon(polygon: SphericalPolygon): PreparedPolygon {
  return polygon.map((rings) => rings.map(prepareRing));
}

function prepareRing(ring: Ring): PreparedRing {
  const open = cleanRing(ring);
  const closed = [...open, open[0]!].map(([longitude, latitude]) => [longitude, latitude]);
  const asWritten = { type: 'Polygon' as const, coordinates: [closed] };
  const shape =
    geoArea(asWritten) <= 2 * Math.PI
      ? asWritten
      : { type: 'Polygon' as const, coordinates: [closed.toReversed()] };
  const vectors = open.map(([longitude, latitude]) => unitVector(latitude, longitude));
  const arcs = vectors.map((from, i) => {
    const to = vectors[(i + 1) % vectors.length]!;
    // Cleaned and checked rings have no edges without a normal.
    return { from, to, normal: normalised(cross(from, to)) ?? ([0, 0, 0] as const) };
  });
  const edges = arcs.map((arc, i) => scannedEdge(open[i]!, open[(i + 1) % open.length]!, arc));
  const scannable = edges.every((edge) => edge !== null);
  return { shape, arcs, edges: scannable ? edges : null, ...capAround(vectors) };
}

/** A cap smaller than a hemisphere is convex, so that it holds the edges of a ring with its vertices, and the smaller side. */
function capAround(vectors: readonly UnitVector[]): { middle: UnitVector; reach: number } {
  const sum = vectors.reduce<UnitVector>(([x, y, z], v) => [x + v[0], y + v[1], z + v[2]], [0, 0, 0]);
  const middle = normalised(sum) ?? [0, 0, 1];
  const reach = Math.max(...vectors.map((vector) => chord(middle, vector)));
  return { middle, reach: reach < 1.4 ? reach + edgeWidth : 2 };
}

/** True inside one of the polygons or on its edges, and not within one of its holes. */
export function isInside(polygon: PreparedPolygon, latitude: number, longitude: number): boolean {
  const place = unitVector(latitude, longitude);
  return polygon.some(([exterior, ...holes]) => {
    if (exterior === undefined || chord(place, exterior.middle) > exterior.reach) return false;
    if (isOnEdge(exterior, place)) return true;
    if (!geoContains(exterior.shape, [longitude, latitude])) return false;
    return !holes.some(
      (hole) =>
        chord(place, hole.middle) <= hole.reach &&
        !isOnEdge(hole, place) &&
        geoContains(hole.shape, [longitude, latitude]),
    );
  });
}

function isOnEdge({ arcs }: PreparedRing, place: UnitVector): boolean {
  return arcs.some(({ from, to, normal }) => isOnArc(place, from, to, normal, edgeWidth));
}

/** @returns indices of grid points, rising; empty where there are none */
export function pointsInPolygon(grid: Grid, polygon: SphericalPolygon): number[] {
  const found = new Set<number>();
  for (const rings of preparePolygon(polygon)) {
    const [exterior, ...holes] = rings.map((ring) => ringOnGrid(grid, ring));
    if (exterior === undefined) continue;
    for (const point of exterior.onEdge) found.add(point);
    for (const point of exterior.inside) {
      if (!holes.some(({ inside, onEdge }) => inside.has(point) && !onEdge.has(point))) found.add(point);
    }
  }
  return [...found].sort((a, b) => a - b);
}

function ringOnGrid(grid: Grid, ring: PreparedRing): RingPoints {
  if (ring.edges !== null) {
    return pointsOfRing(grid, ring.edges, geoContains(ring.shape, [0, -90]), edgeWidth);
  }
  const [inside, onEdge] = [new Set<number>(), new Set<number>()];
  const nlon = grid.longitudes.length;
  for (const [row, latitude] of grid.latitudes.entries()) {
    for (const [column, longitude] of grid.longitudes.entries()) {
      const place = unitVector(latitude, longitude);
      if (chord(place, ring.middle) > ring.reach) continue;
      if (geoContains(ring.shape, [longitude, latitude])) inside.add(row * nlon + column);
      if (isOnEdge(ring, place)) onEdge.add(row * nlon + column);
    }
  }
  return { inside, onEdge };
}
