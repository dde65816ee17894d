/**
 * Great circles by unit vectors (n-vectors: Gade 2010, doi:10.1017/S0373463309990415): angles, points between, the nearest
 * point of an arc, means of places, places seen from another. No pole and no date line is special. Angles in radians; an angle times
 * the radius of the sphere is a distance (distance.ts).
 */

/** Length 1: x towards 0° N 0° E, y towards 0° N 90° E, z towards the north pole. */
export type UnitVector = readonly [x: number, y: number, z: number];

const radians = Math.PI / 180;

/** @param latitude, longitude degrees */
export function unitVector(latitude: number, longitude: number): UnitVector {
  const cosine = Math.cos(latitude * radians);
  return [
    cosine * Math.cos(longitude * radians),
    cosine * Math.sin(longitude * radians),
    Math.sin(latitude * radians),
  ];
}

/** Degrees; longitude within −180 … 180. Any length but 0. */
export function placeOf([x, y, z]: UnitVector): { latitude: number; longitude: number } {
  return { latitude: Math.atan2(z, Math.hypot(x, y)) / radians, longitude: Math.atan2(y, x) / radians };
}

/** 0 … π; exact for neighbours and antipodes alike, where arc cosines lose half their digits. */
export function angleBetween(a: UnitVector, b: UnitVector): number {
  const cross = product(a, b);
  return Math.atan2(lengthOf(cross), dot(a, b));
}

/**
 * On the shorter arc from a to b.
 * @param share 0 at a, 1 at b
 * @returns null between antipodes, where there is no shorter arc
 */
export function between(a: UnitVector, b: UnitVector, share: number): UnitVector | null {
  if (share === 0) return a;
  if (share === 1) return b;
  const angle = angleBetween(a, b);
  if (angle === 0) return a;
  const sine = Math.sin(angle);
  if (sine < leastSine && angle > 1) return null;
  const first = Math.sin((1 - share) * angle) / sine;
  const second = Math.sin(share * angle) / sine;
  return toUnit([first * a[0] + second * b[0], first * a[1] + second * b[1], first * a[2] + second * b[2]]);
}

/** Below this two places are the same or opposite ones: 6 µm on the Earth. */
const leastSine = 1e-12;

/**
 * From a point to the nearest one of the shorter arc a–b: to its great circle where the foot of the perpendicular lies on the
 * arc, else to the nearer end. Between antipodes there is no arc, and the ends are all there is.
 */
export function angleToArc(point: UnitVector, a: UnitVector, b: UnitVector): number {
  const normal = product(a, b);
  const length = lengthOf(normal);
  // The foot lies beyond a, or beyond b, where the point is behind the plane that stands on the arc there.
  const onArc =
    length > leastSine && dot(product(normal, a), point) >= 0 && dot(product(b, normal), point) >= 0;
  if (!onArc) return Math.min(angleBetween(point, a), angleBetween(point, b));
  const aside = dot(normal, point) / length;
  const along = product(normal, point);
  return Math.atan2(Math.abs(aside), lengthOf(along) / length);
}

/**
 * Whether a point lies within an angle of an arc: {@link angleToArc} ≤ angle without arc functions, for maps of many points.
 * To an end by the chord, |p − a|² ≤ (2 sin(angle/2))²; to the circle by the sine of the angle to its plane.
 * @returns for the point (x, y, z), of length 1
 */
export function reachOfArc(
  a: UnitVector,
  b: UnitVector,
  angle: number,
): (x: number, y: number, z: number) => boolean {
  if (angle >= Math.PI) return () => true;
  const chord = (2 * Math.sin(angle / 2)) ** 2;
  const sine = angle < Math.PI / 2 ? Math.sin(angle) : Number.POSITIVE_INFINITY;
  const normal = product(a, b);
  const isArc = lengthOf(normal) > leastSine;
  const [nx, ny, nz] = isArc ? toUnit(normal) : normal;
  const [ax, ay, az] = product(normal, a);
  const [bx, by, bz] = product(b, normal);
  return (x, y, z) => {
    if ((x - a[0]) ** 2 + (y - a[1]) ** 2 + (z - a[2]) ** 2 <= chord) return true;
    if ((x - b[0]) ** 2 + (y - b[1]) ** 2 + (z - b[2]) ** 2 <= chord) return true;
    return (
      isArc &&
      Math.abs(nx * x + ny * y + nz * z) <= sine &&
      ax * x + ay * y + az * z >= 0 &&
      bx * x + by * y + bz * z >= 0
    );
  };
}

/**
 * Mean of places: the direction of the sum of their vectors, which has the least mean squared chord to them.
 * @returns null where they cancel (two antipodes): then there is no mean
 */
export function meanDirection(vectors: readonly UnitVector[]): UnitVector | null {
  let [x, y, z] = [0, 0, 0];
  for (const vector of vectors) {
    x += vector[0];
    y += vector[1];
    z += vector[2];
  }
  return lengthOf([x, y, z]) > 1e-9 * vectors.length ? toUnit([x, y, z]) : null;
}

/**
 * Where a place lies as seen from a centre: a vector in the plane that touches the sphere there, in the direction of the great circle to the
 * place and as long as the angle to it (the azimuthal equidistant projection). 0 for the centre itself; for its antipode, which lies
 * in every direction, the plane has no answer: null.
 */
export function seenFrom(centre: UnitVector, place: UnitVector): Vector | null {
  const angle = angleBetween(centre, place);
  const along = dot(centre, place);
  const away: Vector = [
    place[0] - along * centre[0],
    place[1] - along * centre[1],
    place[2] - along * centre[2],
  ];
  const length = lengthOf(away);
  if (length < leastSine) return angle > 1 ? null : away;
  const scale = angle / length;
  return [scale * away[0], scale * away[1], scale * away[2]];
}

/** Any length. */
export type Vector = readonly [x: number, y: number, z: number];

/** East and north at a place; at a pole, those of the meridian that its longitude names. */
export function eastAndNorth(latitude: number, longitude: number): { east: UnitVector; north: UnitVector } {
  const [sinLatitude, cosLatitude] = [Math.sin(latitude * radians), Math.cos(latitude * radians)];
  const [sinLongitude, cosLongitude] = [Math.sin(longitude * radians), Math.cos(longitude * radians)];
  return {
    east: [-sinLongitude, cosLongitude, 0],
    north: [-sinLatitude * cosLongitude, -sinLatitude * sinLongitude, cosLatitude],
  };
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Squares neither vanish nor overflow here, and Math.hypot, which minds both, is many times slower. */
function lengthOf(vector: Vector): number {
  return Math.sqrt(dot(vector, vector));
}

/** a × b. */
export function product(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The direction of a vector; NaN of one without length. */
export function toUnit(vector: Vector): UnitVector {
  const length = lengthOf(vector);
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}
