/** At how many points of a map something passes near, each path counted once at a point however often it comes back. */
import { usageError } from '../../../core/errors.js';
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { angleBetween, between, reachOfArc } from '../../../core/sphere/greatCircle.js';
import type { Arc } from './arcs.js';
import type { MapPoints } from './mapPoints.js';

/**
 * @param paths each the arcs of one track, or of all tracks of one member
 * @param sphereRadiusKm of the sphere on which the radius is measured
 * @returns [point]: paths with an arc within the radius, the radius itself included
 * @throws {PlumeError} usage, for a radius that is none
 */
export function countNear(
  paths: Iterable<readonly Arc[]>,
  points: MapPoints,
  radiusKm: number,
  sphereRadiusKm = earthRadiusKm,
): Uint32Array {
  if (!(radiusKm > 0 && Number.isFinite(radiusKm)))
    throw usageError(`radius around tracks is ${radiusKm} km; expected a number above 0`);
  const angle = radiusKm / sphereRadiusKm;
  const counts = new Uint32Array(points.count);
  const lastPath = new Int32Array(points.count);
  let number = 0;
  for (const arcs of paths) {
    number++;
    for (const { from, to } of arcs) {
      const middle = between(from, to, 0.5) ?? from;
      const isWithin = reachOfArc(from, to, angle);
      points.near(middle, angle + angleBetween(from, to) / 2, (point, x, y, z) => {
        if (lastPath[point] === number || !isWithin(x, y, z)) return;
        lastPath[point] = number;
        counts[point]!++;
      });
    }
  }
  return counts;
}

/** @returns [point] */
export function perMember(counts: Uint32Array, members: number): Float64Array {
  const out = new Float64Array(counts.length);
  for (let point = 0; point < counts.length; point++) out[point] = counts[point]! / members;
  return out;
}
