/**
 * Local minima and maxima of a field: points that no point of the square about them (sphereGrid.ts) undercuts. Of equal
 * values that touch, a plateau, one point stands for all: that nearest to their middle. A plateau is none where
 * everything is equal, nor where it is so wide that it has no place. Points at the edge of a regional grid and beside missing values are none: nobody knows what lies
 * there.
 */
import { dot, unitVector, type Vector } from '../../../core/sphere/greatCircle.js';
import { plus } from './directions.js';
import { isPoleRow, outside, type SphereGrid, visitSquare, wrapLongitude } from './sphereGrid.js';

/** Points of a plateau beyond which it is no place: ten degrees across on a grid of 0.25°. */
const widestPlateau = 2000;

/**
 * @param values [lat, lon]
 * @returns points, from north to south and west to east of the first column
 */
export function localMinima(sphere: SphereGrid, values: Float32Array): number[] {
  return extrema(sphere, values, 1);
}

export function localMaxima(sphere: SphereGrid, values: Float32Array): number[] {
  return extrema(sphere, values, -1);
}

function extrema(sphere: SphereGrid, values: Float32Array, sign: 1 | -1): number[] {
  const { rows, columns } = sphere;
  const found: number[] = [];
  // 1 on plateaus that were looked at; made only where there is one.
  let settled: Uint8Array | null = null;
  for (let row = 0; row < rows; row++) {
    const pole = isPoleRow(sphere, row);
    for (let column = 0; column < (pole ? 1 : columns); column++) {
      const point = row * columns + column;
      // Most points have a lower one beside them.
      const own = sign * values[point]!;
      if (column > 0 && sign * values[point - 1]! < own) continue;
      if (column + 1 < columns && !pole && sign * values[point + 1]! < own) continue;
      if (row > 0 && sign * values[point - columns]! < own) continue;
      if (row + 1 < rows && sign * values[point + columns]! < own) continue;
      if (settled !== null && column > 0 && settled[point - 1] === 1 && sign * values[point - 1]! === own) {
        settled[point] = 1;
        continue;
      }
      switch (amongNeighbours(sphere, values, point, sign)) {
        case 'lowest':
          found.push(point);
          break;
        case 'level':
          settled ??= new Uint8Array(values.length);
          if (settled[point] === 0) {
            const one = settlePlateau(sphere, values, point, sign, settled);
            if (one !== null) found.push(one);
          }
          break;
        case 'no':
          break;
      }
    }
  }
  return found.sort((a, b) => a - b);
}

/** Whether a point is below all its neighbours, or level with some, or not an extreme (or not known to be). */
function amongNeighbours(
  sphere: SphereGrid,
  values: Float32Array,
  point: number,
  sign: 1 | -1,
): 'lowest' | 'level' | 'no' {
  const own = sign * values[point]!;
  let level = false;
  const undercut = visitSquare(sphere, point, (neighbour) => {
    if (neighbour === outside) return true;
    const there = sign * values[neighbour]!;
    if (there === own) level = true;
    // Missing values compare as false.
    return !(there >= own);
  });
  if (undercut || Number.isNaN(own)) return 'no';
  return level ? 'level' : 'lowest';
}

/**
 * The point that stands for the plateau, or null where it is no extreme. Its points are settled; where it is known to be
 * none before all of them were seen, the others are settled by touching those.
 */
function settlePlateau(
  sphere: SphereGrid,
  values: Float32Array,
  start: number,
  sign: 1 | -1,
  settled: Uint8Array,
): number | null {
  const own = values[start]!;
  const plateau = [start];
  const seen = new Set(plateau);
  let higher = false;
  let isExtreme = true;
  for (let i = 0; i < plateau.length && isExtreme; i++) {
    visitSquare(sphere, plateau[i]!, (neighbour) => {
      const there = neighbour === outside ? Number.NaN : values[neighbour]!;
      if (there === own) {
        if (settled[neighbour] === 1 || seen.size > widestPlateau) isExtreme = false;
        if (!seen.has(neighbour)) {
          seen.add(neighbour);
          plateau.push(neighbour);
        }
      } else if (sign * there > sign * own) higher = true;
      else isExtreme = false;
      return !isExtreme;
    });
  }
  for (const point of plateau) settled[point] = 1;
  return isExtreme && higher ? middleOf(sphere, plateau) : null;
}

/** Of points as near to the middle as each other the one furthest west of it, then the nearest to the equator. */
function middleOf(sphere: SphereGrid, plateau: readonly number[]): number {
  const { latitudes, longitudes } = sphere.grid;
  const latitudeOf = (point: number): number => latitudes[Math.floor(point / sphere.columns)]!;
  const longitudeOf = (point: number): number => longitudes[point % sphere.columns]!;
  const place = (point: number): Vector => unitVector(latitudeOf(point), longitudeOf(point));
  const middle = plateau.reduce<Vector>((sum, point) => plus(sum, place(point)), [0, 0, 0]);
  const east = Math.atan2(middle[1], middle[0]) * (180 / Math.PI);
  const order = plateau.map((point) => ({
    point,
    near: Math.round(dot(place(point), middle) * 1e9),
    east: Math.round(wrapLongitude(longitudeOf(point) - east) * 1e6),
    polar: Math.abs(latitudeOf(point)),
  }));
  order.sort((a, b) => b.near - a.near || a.east - b.east || a.polar - b.polar || a.point - b.point);
  return order[0]!.point;
}
