/**
 * How deep a low lies within a distance: the rise of the lowest pass on the ways along the grid that lead out of it,
 *   depth = min over ways out ( max over the points of the way within the distance ) − value at the start.
 * A contour of the value + δ closes about the start within the distance exactly where depth ≥ δ, as the closed-contour
 * test of TempestExtremes has it (Ullrich & Zarzycki 2017, doi:10.5194/gmd-10-1069-2017, sec. 2.4): the fill from the
 * start goes from point to the four beside it and must stop before it comes to a point beyond the distance. The edge of
 * a regional grid and missing values are a way out: what lies there is not known.
 */

import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { dot, type UnitVector, unitVector } from '../../../core/sphere/greatCircle.js';
import { outside, type SphereGrid, visitEdgeNeighbours } from './sphereGrid.js';

/**
 * @param point where it starts
 * @param kind the depth of a minimum, or the height of a maximum
 * @param km great-circle distance from the point
 * @param enough the search ends where the depth is at least this
 * @returns the depth, unit of the values, or `enough` where it is not less; 0 where there is a way down at once
 */
export function contourDepth(
  sphere: SphereGrid,
  values: Float32Array,
  point: number,
  kind: 'minimum' | 'maximum',
  km: number,
  enough = Number.POSITIVE_INFINITY,
): number {
  const { latitudes, longitudes } = sphere.grid;
  const sign = kind === 'minimum' ? 1 : -1;
  const place = (at: number): UnitVector =>
    unitVector(latitudes[Math.floor(at / sphere.columns)]!, longitudes[at % sphere.columns]!);
  const centre = place(point);
  const nearest = Math.cos(Math.min(Math.PI, km / earthRadiusKm + 1e-11));
  const own = values[point]!;
  if (Number.isNaN(own)) return 0;
  const seen = new Set([point]);
  const front = new LowestFirst();
  front.push(0, point);
  for (let level = 0; ; ) {
    const next = front.pop();
    // The whole sphere lies within the distance: there is no way out.
    if (next === null) return enough;
    level = Math.max(level, next.level);
    if (level >= enough) return enough;
    const leads = visitEdgeNeighbours(sphere, next.point, (neighbour) => {
      if (neighbour === outside) return true;
      if (seen.has(neighbour)) return false;
      seen.add(neighbour);
      const rise = sign * (values[neighbour]! - own);
      if (Number.isNaN(rise) || dot(centre, place(neighbour)) < nearest) return true;
      front.push(rise, neighbour);
      return false;
    });
    if (leads) return level;
  }
}

/** A binary heap of points by their level. */
class LowestFirst {
  readonly #levels: number[] = [];
  readonly #points: number[] = [];

  push(level: number, point: number): void {
    let at = this.#levels.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#levels[parent]! <= level) break;
      this.#levels[at] = this.#levels[parent]!;
      this.#points[at] = this.#points[parent]!;
      at = parent;
    }
    this.#levels[at] = level;
    this.#points[at] = point;
  }

  pop(): { level: number; point: number } | null {
    const size = this.#levels.length - 1;
    if (size < 0) return null;
    const top = { level: this.#levels[0]!, point: this.#points[0]! };
    const [level, point] = [this.#levels.pop()!, this.#points.pop()!];
    if (size === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#levels[child + 1]! < this.#levels[child]!) child++;
      if (this.#levels[child]! >= level) break;
      this.#levels[at] = this.#levels[child]!;
      this.#points[at] = this.#points[child]!;
      at = child;
    }
    this.#levels[at] = level;
    this.#points[at] = point;
    return top;
  }
}
