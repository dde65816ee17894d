/**
 * Rings of polygons on the sphere: closed lines of great-circle arcs, each the shorter way. A ring has to be simple: it
 * neither crosses nor touches itself. Spikes out and straight back (files that go round a pole in a plane lead to it along
 * the date line) and positions that repeat enclose nothing and are left out before that is asked.
 */
import { chord, cross, dot, isOnArc, normalised, type UnitVector, unitVector } from './unitVector.js';

/** [longitude, latitude], degrees, as in GeoJSON. */
export type Position = readonly [number, number];
export type Ring = readonly Position[];

/** Radians within which two places are one: less than a millimetre. */
const samePlace = 1e-10;

/** A vertex of a cleaned ring; number: its place in the ring as it was written, from 1. */
interface Vertex {
  readonly number: number;
  readonly position: Position;
  readonly vector: UnitVector;
}

/**
 * What is wrong with a ring, in words that name its vertices; null where nothing is.
 * @param ring as written, the last position the first again
 */
export function faultOfRing(ring: Ring): string | null {
  if (ring.length < 4) {
    return `has ${ring.length} positions; a ring needs at least 4, the last one the first again`;
  }
  for (const [i, [longitude, latitude]] of ring.entries()) {
    if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 360)) {
      return (
        `, vertex ${i + 1}: [${longitude}, ${latitude}] is no place in degrees; expected [longitude within ±360, ` +
        'latitude within ±90] (metres of a map projection have to be turned into degrees first)'
      );
    }
  }
  const [first, last] = [ring[0]!, ring[ring.length - 1]!];
  if (chord(vectorOf(first), vectorOf(last)) > samePlace) {
    return (
      ` is not closed: vertex ${ring.length} is [${last.join(', ')}], the first [${first.join(', ')}]; ` +
      'repeat the first position at the end'
    );
  }
  const vertices = cleaned(ring);
  if (vertices.length < 3) {
    return ' encloses nothing: between its vertices lie great circles, and these go out and back the same way';
  }
  return faultOfEdges(vertices);
}

/** The ring without repeated positions and spikes, not closed; fewer than three where it encloses nothing. */
export function cleanRing(ring: Ring): Position[] {
  return cleaned(ring).map(({ position }) => position);
}

function vectorOf([longitude, latitude]: Position): UnitVector {
  return unitVector(latitude, longitude);
}

function cleaned(ring: Ring): Vertex[] {
  const kept: Vertex[] = [];
  const push = (vertex: Vertex): void => {
    kept.push(vertex);
    for (;;) {
      const [a, b, c] = kept.slice(-3);
      if (kept.length >= 2 && chord(kept.at(-2)!.vector, kept.at(-1)!.vector) <= samePlace) kept.pop();
      else if (kept.length >= 3 && turnsBack(a!.vector, b!.vector, c!.vector)) kept.splice(-2, 1);
      else return;
    }
  };
  ring.slice(0, -1).forEach((position, i) => {
    push({ number: i + 1, position, vector: vectorOf(position) });
  });
  // What meets at the seam of the list is seen to last.
  for (;;) {
    const n = kept.length;
    if (n < 3) return kept;
    const at = (i: number): UnitVector => kept[(i + n) % n]!.vector;
    if (chord(at(0), at(-1)) <= samePlace || turnsBack(at(-2), at(-1), at(0))) kept.pop();
    else if (turnsBack(at(-1), at(0), at(1))) kept.shift();
    else return kept;
  }
}

/** True where the way a → b → c goes back on itself at b. */
function turnsBack(a: UnitVector, b: UnitVector, c: UnitVector): boolean {
  const [before, after] = [normalised(cross(a, b)), normalised(cross(b, c))];
  if (before === null || after === null) return false;
  if (dot(before, after) > 0) return false;
  return isOnArc(c, a, b, before, samePlace) || isOnArc(a, b, c, after, samePlace);
}

interface Edge {
  readonly index: number;
  readonly from: Vertex;
  readonly to: Vertex;
  readonly normal: UnitVector;
  /** Box around the arc. */
  readonly low: UnitVector;
  readonly high: UnitVector;
}

function faultOfEdges(vertices: readonly Vertex[]): string | null {
  const edges: Edge[] = [];
  for (const [index, from] of vertices.entries()) {
    const to = vertices[(index + 1) % vertices.length]!;
    const normal = normalised(cross(from.vector, to.vector));
    if (normal === null || dot(from.vector, to.vector) < -1 + 1e-12) {
      return (
        `, vertices ${from.number} and ${to.number}: [${from.position.join(', ')}] and [${to.position.join(', ')}] lie opposite ` +
        'each other on the globe, and no great circle between them is the shorter; put a vertex between them'
      );
    }
    edges.push({ index, from, to, normal, ...boxAround(from.vector, to.vector) });
  }
  // Edges by their westernmost x; only those whose boxes overlap are held against each other.
  edges.sort((a, b) => a.low[0] - b.low[0]);
  const open: Edge[] = [];
  for (const edge of edges) {
    for (let k = open.length - 1; k >= 0; k--) {
      const other = open[k]!;
      if (other.high[0] < edge.low[0]) open.splice(k, 1);
      else if (boxesOverlap(edge, other)) {
        const fault = faultOfPair(edge, other, vertices.length);
        if (fault !== null) return fault;
      }
    }
    open.push(edge);
  }
  return null;
}

/** An arc bulges out of its chord by no more than 1 − cos(angle / 2). */
function boxAround(a: UnitVector, b: UnitVector): { low: UnitVector; high: UnitVector } {
  const bulge = 1 - Math.sqrt(Math.max(0, 1 - chord(a, b) ** 2 / 4)) + samePlace;
  const low = [0, 1, 2].map((i) => Math.min(a[i]!, b[i]!) - bulge);
  const high = [0, 1, 2].map((i) => Math.max(a[i]!, b[i]!) + bulge);
  return { low: [low[0]!, low[1]!, low[2]!], high: [high[0]!, high[1]!, high[2]!] };
}

function boxesOverlap(a: Edge, b: Edge): boolean {
  return [0, 1, 2].every((i) => a.low[i]! <= b.high[i]! && b.low[i]! <= a.high[i]!);
}

function faultOfPair(a: Edge, b: Edge, edges: number): string | null {
  const [first, second] = a.index < b.index ? [a, b] : [b, a];
  const apart = second.index - first.index;
  const named =
    `the edge from vertex ${first.from.number} to ${first.to.number} and the one from vertex ` +
    `${second.from.number} to ${second.to.number}`;
  const advice =
    'a polygon must not intersect itself; repair it (QGIS, PostGIS: make valid) or draw it as several';
  // Neighbours share an end; a spike, the only way that they could share more, is cleaned away.
  if (apart === 1 || apart === edges - 1) return null;
  for (const [vertex, edge] of [
    [first.from, second],
    [first.to, second],
    [second.from, first],
    [second.to, first],
  ] as const) {
    if (isOnArc(vertex.vector, edge.from.vector, edge.to.vector, edge.normal, samePlace)) {
      return ` intersects itself: vertex ${vertex.number} at [${vertex.position.join(', ')}] touches the edge from vertex ${edge.from.number} to ${edge.to.number}; ${advice}`;
    }
  }
  return arcsCross(first, second) ? ` intersects itself: ${named} cross; ${advice}` : null;
}

/** Ends of each lie on different sides of the other, and the arcs meet on the same side of the globe. */
function arcsCross(a: Edge, b: Edge): boolean {
  const sides = [
    -dot(a.normal, b.from.vector),
    dot(a.normal, b.to.vector),
    dot(b.normal, a.from.vector),
    -dot(b.normal, a.to.vector),
  ];
  return sides.every((side) => side > 0) || sides.every((side) => side < 0);
}
