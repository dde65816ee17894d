/**
 * How a grid is drawn on paper: a region keeps its areas (conic equal-area, standard parallels a sixth in from
 * its edges; Snyder 1987, ch. 14), a wide or global grid lies flat (equirectangular). Coordinates are those of
 * an SVG view box, y downward.
 */
import { createRequire } from 'node:module';
import {
  type GeoPermissibleObjects,
  type GeoProjection,
  geoConicEqualArea,
  geoEquirectangular,
  geoGraticule,
  geoPath,
} from 'd3-geo';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';
import { type Grid, wrapsInLongitude } from '../../core/grid.js';

export interface MapFrame {
  readonly width: number;
  readonly height: number;
  /** Fractional column and row of the grid (cell centres at +½) → view box. */
  point(column: number, row: number): readonly [number, number];
  /** The grid's outline, as SVG path data. */
  readonly outline: string;
  readonly coastlines: string;
  readonly graticule: string;
}

const margin = 1;

/** @param width of the view box; the height follows from the grid */
export function mapFrame(grid: Grid, width: number): MapFrame {
  const edges = gridEdges(grid);
  const { north, south, west, east } = edges;
  const wide = east - west > 200 || north - south > 100 || wrapsInLongitude(grid);
  const middle = (north + south) / 2;
  const conic = !wide && Math.abs(middle) > 15 && north < 89 && south > -89;
  const projection: GeoProjection = conic
    ? geoConicEqualArea().parallels([south + (north - south) / 6, north - (north - south) / 6])
    : geoEquirectangular();
  projection
    .rotate([-(west + east) / 2, 0])
    .scale(1)
    .translate([0, 0])
    .precision(0.1);
  // A conic unrolls about its centre meridian: the outline, not the corners, bounds it.
  const border = borderPoints(grid);
  const raw = border.map(([column, row]) => project(projection, edges, column, row));
  const xs = raw.map(([x]) => x);
  const ys = raw.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (width - 2 * margin) / (right - left);
  const height = Math.round((bottom - top) * scale + 2 * margin);
  projection.scale(scale).translate([margin - left * scale, margin - top * scale]);
  projection.clipExtent([
    [-2, -2],
    [width + 2, height + 2],
  ]);
  const draw = geoPath(projection).digits(1);
  const spacing = east - west > 100 ? 30 : east - west > 30 ? 10 : 5;
  return {
    width,
    height,
    point: (column, row) => project(projection, edges, column, row),
    outline: `M${border
      .map(([c, r]) =>
        project(projection, edges, c, r)
          .map((v) => v.toFixed(1))
          .join(','),
      )
      .join('L')}Z`,
    coastlines: draw(land(east - west < 150 ? '50m' : '110m')) ?? '',
    graticule: draw(geoGraticule().step([spacing, spacing])()) ?? '',
  };
}

interface Edges {
  readonly north: number;
  readonly south: number;
  readonly west: number;
  readonly east: number;
  /** Latitude at a fractional row, longitude at a fractional column. */
  latitude(row: number): number;
  longitude(column: number): number;
}

function gridEdges(grid: Grid): Edges {
  const along = (axis: Float64Array, position: number): number => {
    const last = axis.length - 1;
    if (last === 0) return axis[0]! + (position - 0.5) * 1;
    const at = Math.max(0, Math.min(last - 1, Math.floor(position - 0.5)));
    return axis[at]! + (position - 0.5 - at) * (axis[at + 1]! - axis[at]!);
  };
  const latitude = (row: number) => Math.max(-90, Math.min(90, along(grid.latitudes, row)));
  const longitude = (column: number) => along(grid.longitudes, column);
  return {
    north: latitude(0),
    south: latitude(grid.latitudes.length),
    west: longitude(0),
    east: longitude(grid.longitudes.length),
    latitude,
    longitude,
  };
}

/** Points beyond the projection's own seam stay on their side: the seam lies at the grid's edges. */
function project(
  projection: GeoProjection,
  edges: Edges,
  column: number,
  row: number,
): readonly [number, number] {
  const inset = 1e-6;
  const longitude = Math.min(edges.east - inset, Math.max(edges.west + inset, edges.longitude(column)));
  return projection([longitude, edges.latitude(row)]) ?? [Number.NaN, Number.NaN];
}

function borderPoints(grid: Grid): (readonly [number, number])[] {
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const points: (readonly [number, number])[] = [];
  for (let column = 0; column < nlon; column++) points.push([column, 0]);
  for (let row = 0; row < nlat; row++) points.push([nlon, row]);
  for (let column = nlon; column > 0; column--) points.push([column, nlat]);
  for (let row = nlat; row > 0; row--) points.push([0, row]);
  return points;
}

const require = createRequire(import.meta.url);

/** Natural Earth coastlines (public domain), from the world-atlas package. */
export function land(resolution: '50m' | '110m'): GeoPermissibleObjects {
  const topology = require(`world-atlas/land-${resolution}.json`) as Topology;
  return feature(topology, topology.objects.land!);
}
