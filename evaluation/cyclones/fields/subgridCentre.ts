/**
 * Where between the points of a grid a minimum or maximum lies: a quadratic surface
 *   f = c + g·x + ½ xᵀ H x
 * fitted by least squares to the square of points about the extreme, in the tangent plane there (distances and bearings
 * from it are true); the centre is at −H⁻¹ g, no further than one grid length. Where the surface has no such point, the
 * centre is the grid's.
 */
import { solveSymmetric } from '../../../core/linear/cholesky.js';
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { dot, eastAndNorth, placeOf, type UnitVector, unitVector } from '../../../core/sphere/greatCircle.js';
import { length, moved, movement, plus, times } from './directions.js';
import { isPoleRow, outside, pointAt, type SphereGrid, wrapLongitude } from './sphereGrid.js';

/** Numbers of the surface: c, gx, gy, hxx/2, hxy, hyy/2. */
const terms = 6;

/**
 * @param point a local extreme of the values
 * @param kind which of both
 * @returns degrees
 */
export function subgridCentre(
  sphere: SphereGrid,
  values: Float32Array,
  point: number,
  kind: 'minimum' | 'maximum',
): { latitude: number; longitude: number } {
  const { latitudes, longitudes } = sphere.grid;
  const { columns } = sphere;
  const row = Math.floor(point / columns);
  const [latitude, longitude] = [latitudes[row]!, longitudes[point % columns]!];
  const centre = unitVector(latitude, longitude);
  const { east, north } = eastAndNorth(latitude, longitude);
  const gridLength = sphere.spacingKm / earthRadiusKm;
  const sign = kind === 'minimum' ? 1 : -1;
  const normal = new Float64Array(terms * terms);
  const right = new Float64Array(terms);
  for (const neighbour of stencil(sphere, point)) {
    const value = neighbour === outside ? Number.NaN : sign * (values[neighbour]! - values[point]!);
    if (Number.isNaN(value)) return placeAt(centre);
    const there = unitVector(latitudes[Math.floor(neighbour / columns)]!, longitudes[neighbour % columns]!);
    const way = movement(centre, there);
    const [x, y] = [dot(way, east) / gridLength, dot(way, north) / gridLength];
    const basis = [1, x, y, x * x, x * y, y * y];
    for (let i = 0; i < terms; i++) {
      right[i]! += basis[i]! * value;
      for (let j = 0; j <= i; j++) normal[i * terms + j]! += basis[i]! * basis[j]!;
    }
  }
  const surface = solveSymmetric(normal, right, terms, 1, 'the centre of an extreme');
  const [gx, gy, a, b, d] = [surface[1]!, surface[2]!, surface[3]!, surface[4]!, surface[5]!];
  // H = [[2a, b], [b, 2d]]: positive definite, or the surface has no lowest point.
  const determinant = 4 * a * d - b * b;
  if (!(a > 0 && determinant > 1e-12 * a * a)) return placeAt(centre);
  const x = (b * gy - 2 * d * gx) / determinant;
  const y = (b * gx - 2 * a * gy) / determinant;
  const way = times(plus(times(east, x), north, y), gridLength);
  const far = length(way);
  return placeAt(moved(centre, far > gridLength ? times(way, gridLength / far) : way));
}

function placeAt(vector: UnitVector): { latitude: number; longitude: number } {
  const { latitude, longitude } = placeOf(vector);
  return { latitude, longitude: wrapLongitude(longitude) };
}

/** Nine points: 3 × 3 with columns so far apart as make a square; of a pole itself and eight of the next row. */
function stencil(sphere: SphereGrid, point: number): number[] {
  const { columns } = sphere;
  const row = Math.floor(point / columns);
  const column = point % columns;
  if (isPoleRow(sphere, row)) {
    const next = row === 0 ? 1 : row - 1;
    const around = Array.from({ length: 8 }, (_, k) => next * columns + Math.floor((k * columns) / 8));
    return [point, ...around];
  }
  const wide = sphere.squareColumns[row]!;
  return [-1, 0, 1].flatMap((down) =>
    [-wide, 0, wide].map((east) => pointAt(sphere, row, column, down, east)),
  );
}
