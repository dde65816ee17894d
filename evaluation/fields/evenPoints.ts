/**
 * A few points of a region that cover it evenly: first the one nearest to its middle, then again and again the point
 * farthest from all chosen so far (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5), by distance on the sphere. Whatever
 * the region's shape, each chosen point then stands for about the same area.
 */
import type { Grid } from '../../core/grid.js';
import { distanceKm } from '../../core/sphere/distance.js';
import { regionLattice } from './regionLattice.js';

/** Points that are chosen from, of very many. */
const candidates = 16384;

/**
 * @param weights [point], 0 outside the region
 * @returns at most `most` points, rising
 */
export function evenPoints(grid: Grid, weights: Float64Array, most: number): Int32Array {
  const inside = regionLattice(grid, weights, candidates);
  if (inside.length <= most) return inside;
  const places = directions(grid, inside);
  const chosen: number[] = [];
  // Squared chord to the nearest point chosen: rises with the distance on the sphere.
  const nearest = new Float64Array(inside.length).fill(Number.POSITIVE_INFINITY);
  let next = middleOf(places, inside, weights);
  while (chosen.length < most) {
    chosen.push(inside[next]!);
    const [x, y, z] = [places[3 * next]!, places[3 * next + 1]!, places[3 * next + 2]!];
    let farthest = 0;
    for (let i = 0; i < inside.length; i++) {
      const chord = (places[3 * i]! - x) ** 2 + (places[3 * i + 1]! - y) ** 2 + (places[3 * i + 2]! - z) ** 2;
      if (chord < nearest[i]!) nearest[i] = chord;
      if (nearest[i]! > nearest[farthest]!) farthest = i;
    }
    // All that is left coincides with what is chosen (a row at the pole).
    if (nearest[farthest]! < 1e-12) break;
    next = farthest;
  }
  return Int32Array.from(chosen).sort();
}

/** Unit vectors, [point, 3]. */
function directions(grid: Grid, points: Int32Array): Float64Array {
  const columns = grid.longitudes.length;
  const out = new Float64Array(3 * points.length);
  for (const [i, point] of points.entries()) {
    const latitude = (grid.latitudes[Math.floor(point / columns)]! * Math.PI) / 180;
    const longitude = (grid.longitudes[point % columns]! * Math.PI) / 180;
    out[3 * i] = Math.cos(latitude) * Math.cos(longitude);
    out[3 * i + 1] = Math.cos(latitude) * Math.sin(longitude);
    out[3 * i + 2] = Math.sin(latitude);
  }
  return out;
}

/** Position of the point nearest to the mean direction. */
function middleOf(places: Float64Array, points: Int32Array, weights: Float64Array): number {
  const mean = [0, 0, 0];
  for (const [i, point] of points.entries())
    for (let d = 0; d < 3; d++) mean[d]! += weights[point]! * places[3 * i + d]!;
  let best = 0;
  let closest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < points.length; i++) {
    const along = mean[0]! * places[3 * i]! + mean[1]! * places[3 * i + 1]! + mean[2]! * places[3 * i + 2]!;
    if (along > closest) {
      closest = along;
      best = i;
    }
  }
  return best;
}

/** Distances on the sphere, kilometres, [point, point]. */
export function distancesBetween(grid: Grid, points: Int32Array): Float64Array {
  const columns = grid.longitudes.length;
  const latitude = (point: number): number => grid.latitudes[Math.floor(point / columns)]!;
  const longitude = (point: number): number => grid.longitudes[point % columns]!;
  const out = new Float64Array(points.length ** 2);
  for (const [i, a] of points.entries())
    for (const [j, b] of points.entries())
      out[i * points.length + j] = distanceKm(latitude(a), longitude(a), latitude(b), longitude(b));
  return out;
}
