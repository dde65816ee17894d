/**
 * Points of a grid within a great-circle distance of a place, and what is made of their values: largest and smallest,
 * means of discs and rings. In each row the points within are a run of columns, cos Δλ ≥ (cos d − sin φ sin φ₀)/(cos φ cos φ₀),
 * across the date line and over poles.
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { isPoleRow, kmPerDegree, type SphereGrid } from './sphereGrid.js';

/** Visits each point once, row by row; a row at a pole is its first point. */
export function visitWithin(
  sphere: SphereGrid,
  latitude: number,
  longitude: number,
  km: number,
  visit: (point: number, row: number) => void,
): void {
  const { latitudes, longitudes } = sphere.grid;
  const { rows, columns } = sphere;
  const radians = Math.PI / 180;
  const reach = km / kmPerDegree + 1e-9;
  const cosReach = Math.cos(Math.min(Math.PI, km / earthRadiusKm + 1e-11));
  const [sine, cosine] = [Math.sin(latitude * radians), Math.cos(latitude * radians)];
  for (let row = firstRow(latitudes, latitude + reach); row < rows; row++) {
    if (latitudes[row]! < latitude - reach) break;
    if (isPoleRow(sphere, row)) {
      visit(row * columns, row);
      continue;
    }
    const needed = cosReach - sphere.sines[row]! * sine;
    const across = sphere.cosines[row]! * cosine;
    if (needed > across) continue;
    const half = needed <= -across ? 180 : Math.acos(needed / across) / radians + 1e-9;
    const west = eastOf(longitudes[0]!, longitude - half);
    const first = half >= 180 ? 0 : lowerBound(longitudes, longitudes[0]! + west);
    for (let step = 0; step < columns; step++) {
      const column = (first + step) % columns;
      if (half < 180 && eastOf(longitude - half, longitudes[column]!) > 2 * half) break;
      visit(row * columns + column, row);
    }
  }
}

/** Degrees from one longitude eastward to another, 0 … 360. */
function eastOf(from: number, to: number): number {
  return (((to - from) % 360) + 360) % 360;
}

/** Index of the first of falling latitudes that is not above, or their number. */
function firstRow(latitudes: Float64Array, northern: number): number {
  let [low, high] = [0, latitudes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (latitudes[middle]! > northern) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first of rising values that is not below, or their number. */
function lowerBound(values: Float64Array, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface Extreme {
  readonly value: number;
  readonly point: number;
}

/**
 * Largest of sign · value within a distance; missing values are passed over.
 * @returns the value as it is in the field, or null where there is none
 */
export function largestWithin(
  sphere: SphereGrid,
  values: ArrayLike<number>,
  latitude: number,
  longitude: number,
  km: number,
  sign: 1 | -1 = 1,
): Extreme | null {
  let best = Number.NEGATIVE_INFINITY;
  let at = -1;
  visitWithin(sphere, latitude, longitude, km, (point) => {
    const value = sign * values[point]!;
    if (value > best) {
      best = value;
      at = point;
    }
  });
  return at < 0 ? null : { value: sign * best, point: at };
}

/** Mean over the area between two distances; NaN where no point lies there. Missing values are passed over. */
export function meanWithin(
  sphere: SphereGrid,
  values: ArrayLike<number>,
  latitude: number,
  longitude: number,
  toKm: number,
  fromKm = 0,
): number {
  let [sum, weights] = [0, 0];
  const add = (sign: number) => (point: number, row: number) => {
    const value = values[point]!;
    if (Number.isNaN(value)) return;
    // A pole stands for the cap about it, of radius half a row.
    const weight = isPoleRow(sphere, row) ? poleWeight(sphere) : sphere.cosines[row]!;
    sum += sign * weight * value;
    weights += sign * weight;
  };
  visitWithin(sphere, latitude, longitude, toKm, add(1));
  if (fromKm > 0) visitWithin(sphere, latitude, longitude, fromKm, add(-1));
  return weights > 1e-9 ? sum / weights : Number.NaN;
}

/** Area of the cap about a pole, half a row in radius, where a point of a row counts cos φ. */
function poleWeight(sphere: SphereGrid): number {
  const half = sphere.spacingKm / earthRadiusKm / 2;
  return (sphere.columns * (1 - Math.cos(half))) / (2 * Math.sin(half));
}
