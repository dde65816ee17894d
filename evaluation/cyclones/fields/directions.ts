/**
 * Movements on the sphere as vectors in the plane that touches it (core/sphere/greatCircle.ts), in the Earth's own axes:
 * sums and means of movements need no special case at poles or the date line.
 */
import { dot, product, seenFrom, type UnitVector, type Vector } from '../../../core/sphere/greatCircle.js';

export function length(a: Vector): number {
  return Math.hypot(a[0], a[1], a[2]);
}

/** a + s b */
export function plus(a: Vector, b: Vector, s = 1): Vector {
  return [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]];
}

export function times(a: Vector, s: number): Vector {
  return [s * a[0], s * a[1], s * a[2]];
}

/** The movement at `from` that leads to `to` along a great circle, radians long; half round in any direction. */
export function movement(from: UnitVector, to: UnitVector): Vector {
  return seenFrom(from, to) ?? [0, 0, 0];
}

/** Where a movement leads, along a great circle. */
export function moved(from: UnitVector, by: Vector): UnitVector {
  const angle = length(by);
  return angle === 0 ? from : plus(times(from, Math.cos(angle)), by, Math.sin(angle) / angle);
}

/** A movement at `from` as it goes on at `to`: turned with the great circle between them (parallel transport). */
export function carried(by: Vector, from: UnitVector, to: UnitVector): Vector {
  const axis = product(from, to);
  const sine = length(axis);
  if (sine === 0) return by;
  const unit = times(axis, 1 / sine);
  const cosine = dot(from, to);
  const turned = plus(times(by, cosine), product(unit, by), sine);
  return plus(turned, unit, dot(unit, by) * (1 - cosine));
}
