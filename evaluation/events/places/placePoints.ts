/**
 * Places on a grid: which points they are, and with what weights. A point place is the points around it, weighted as in
 * bilinear interpolation; an area is the grid points that lie in it, weighted by their share of the area, for means.
 */
import { usageError } from '../../../core/errors.js';
import { describeGrid, type Grid, gridSize, rowWeights } from '../../../core/grid.js';
import { bilinearWeights } from '../../../core/regrid/bilinear.js';
import { distanceKm } from '../../../core/sphere/distance.js';
import { type Box, insideBoxes } from '../../regions/boxRegion.js';
import { type BoundPlace, describePlace, type Site } from './boundPlace.js';
import { pointsInCircle } from './circle.js';
import { covers, coversBox, coversCircle } from './gridExtent.js';
import { pointsInPolygon } from './polygon.js';

export interface PlacePoints {
  /** Indices of grid points, rising, each once, at least one. */
  readonly points: Int32Array;
  /** One a point, sum 1. */
  readonly weights: Float64Array;
  /** False where the place reaches past the edges of a regional grid, and only what lies inside is answered for. */
  readonly whole: boolean;
}

/** @throws {PlumeError} usage, when the place lies outside the grid or between its points, naming the nearest */
export function placePoints(place: BoundPlace, grid: Grid): PlacePoints {
  switch (place.kind) {
    case 'point': {
      const { latitude, longitude } = place.centre;
      const found = bilinearWeights(grid, latitude, longitude);
      if (found === null) throw outside(place, place.centre, grid);
      return { ...inOrder(found), whole: true };
    }
    case 'circle': {
      const points = pointsInCircle(grid, place.centre, place.radiusKm);
      if (points.length === 0) throw outside(place, place.centre, grid);
      return { ...byArea(points, grid), whole: coversCircle(grid, place.centre, place.radiusKm) };
    }
    case 'box': {
      const inside = insideBoxes([place.box], grid);
      const points = [...inside.keys()].filter((point) => inside[point] === 1);
      if (points.length === 0) throw outside(place, middleOfBox(place.box), grid);
      return { ...byArea(points, grid), whole: coversBox(grid, place.box) };
    }
    case 'polygon': {
      const points = pointsInPolygon(grid, place.polygon);
      const vertices = place.polygon.flat(2);
      if (points.length === 0) {
        const [longitude, latitude] = vertices[0]!;
        throw outside(place, { latitude, longitude }, grid);
      }
      const whole = vertices.every(([longitude, latitude]) => covers(grid, { latitude, longitude }));
      return { ...byArea(points, grid), whole };
    }
    case 'domain':
      return { ...byArea([...Array(gridSize(grid)).keys()], grid), whole: true };
  }
}

function inOrder(found: { readonly indices: readonly number[]; readonly weights: readonly number[] }) {
  const order = [...found.indices.keys()].sort((a, b) => found.indices[a]! - found.indices[b]!);
  return {
    points: Int32Array.from(order, (k) => found.indices[k]!),
    weights: Float64Array.from(order, (k) => found.weights[k]!),
  };
}

function byArea(points: readonly number[], grid: Grid): Omit<PlacePoints, 'whole'> {
  const rows = rowWeights(grid);
  const nlon = grid.longitudes.length;
  const weights = Float64Array.from(points, (point) => rows[Math.floor(point / nlon)]!);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { points: Int32Array.from(points), weights: weights.map((weight) => weight / total) };
}

function outside(place: BoundPlace, centre: Site, grid: Grid): Error {
  const nlon = grid.longitudes.length;
  let best = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (let point = 0; point < gridSize(grid); point++) {
    const [latitude, longitude] = [grid.latitudes[Math.floor(point / nlon)]!, grid.longitudes[point % nlon]!];
    const distance = distanceKm(centre.latitude, centre.longitude, latitude, longitude);
    if (distance < shortest) [best, shortest] = [point, distance];
  }
  const nearest = `${grid.latitudes[Math.floor(best / nlon)]}°N, ${grid.longitudes[best % nlon]}°E`;
  const reference =
    place.kind === 'polygon' ? 'its first vertex' : place.kind === 'box' ? 'its middle' : 'it';
  const radius = Math.ceil(shortest);
  const radiusNeeded = `within ${radius} km of ${centre.latitude},${centre.longitude}`;
  return usageError(
    `${describePlace(place)} ${place.kind === 'point' ? 'lies outside' : 'holds no point of'} the grid ` +
      `(${describeGrid(grid)}): the point nearest to ${reference} is ${nearest}, ${shortest.toFixed(1)} km away; ` +
      `ask at that point, or "${radiusNeeded}", which would hold it`,
  );
}

function middleOfBox({ north, south, west, east }: Box): Site {
  const width = (((east - west) % 360) + 360) % 360;
  const middle = west + width / 2;
  return { latitude: (north + south) / 2, longitude: middle > 360 ? middle - 360 : middle };
}
