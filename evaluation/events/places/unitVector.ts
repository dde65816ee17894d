/** Places on the sphere as unit vectors (x to 0°E on the equator, z to the north pole), and what polygons need of them. */

export type UnitVector = readonly [number, number, number];

/** @param latitude, longitude degrees, any convention of longitude */
export function unitVector(latitude: number, longitude: number): UnitVector {
  const [φ, λ] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(φ) * Math.cos(λ), Math.cos(φ) * Math.sin(λ), Math.sin(φ)];
}

export function dot(a: UnitVector, b: UnitVector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: UnitVector, b: UnitVector): UnitVector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Length of the straight line between: twice the sine of half the angle, exact for small angles. */
export function chord(a: UnitVector, b: UnitVector): number {
  const [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return Math.sqrt(x * x + y * y + z * z);
}

/** The vector scaled to length 1; null where it has none. */
export function normalised(a: UnitVector): UnitVector | null {
  const length = Math.hypot(...a);
  return length < 1e-15 ? null : [a[0] / length, a[1] / length, a[2] / length];
}

/**
 * True where the place lies within `tolerance` (radians, small) of the shorter great-circle arc from `a` to `b`.
 * @param normal of the arc's plane, length 1; null where the ends are one place
 */
export function isOnArc(
  place: UnitVector,
  a: UnitVector,
  b: UnitVector,
  normal: UnitVector | null,
  tolerance: number,
): boolean {
  // A place near an end is near the plane: most places are told by this alone.
  if (normal !== null && Math.abs(dot(place, normal)) > tolerance) return false;
  if (chord(place, a) <= tolerance || chord(place, b) <= tolerance) return true;
  if (normal === null) return false;
  return dot(cross(normal, a), place) > 0 && dot(cross(b, normal), place) > 0;
}
