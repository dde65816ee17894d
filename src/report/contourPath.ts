/**
 * Contours of a refined field as SVG path data, small: points that a line can do without are left out
 * (Douglas & Peucker 1973) and the rest are written as whole steps from one to the next.
 */
import { contours } from 'd3-contour';
import type { GlobeFrame } from './globeFrame.js';
import type { RefinedField } from './refinedField.js';

type Point = readonly [x: number, y: number];

/** How far a drawn line may lie from the true one, view box units. */
const tolerance = 0.6;

/** Closed areas where the field is at least the bound, bounds rising: path data for each bound, '' where there is none. */
export function areasAbove(field: RefinedField, bounds: readonly number[], frame: GlobeFrame): string[] {
  return rings(field, bounds).map((each) =>
    each
      .map((ring) => stepsOf(simplified(ring.map((point) => projected(field, frame, point)))))
      .map((steps) => (steps === '' ? '' : `${steps}z`))
      .join(''),
  );
}

/** Lines where the field equals the bound, open where they leave the map: one path for all bounds. */
export function lines(field: RefinedField, bounds: readonly number[], frame: GlobeFrame): string {
  const parts: string[] = [];
  for (const each of rings(field, bounds)) {
    for (const ring of each) {
      for (const piece of withoutBorder(ring, field))
        parts.push(stepsOf(simplified(piece.map((point) => projected(field, frame, point)))));
    }
  }
  return parts.join('');
}

/** Rings of every bound, in columns and rows of the field (points at whole numbers). */
function rings(field: RefinedField, bounds: readonly number[]): Point[][][] {
  const made = contours()
    .size([field.columns, field.rows])
    .thresholds([...bounds])(field.values as unknown as number[]);
  return made.map(({ coordinates }) =>
    coordinates.flat().map((ring) => ring.map(([x, y]): Point => [x! - 0.5, y! - 0.5])),
  );
}

function projected(field: RefinedField, frame: GlobeFrame, [column, row]: Point): Point {
  return frame.point(field.longitude(column), field.latitude(row));
}

/** A ring runs along the field's border where the area does: there is no line there. */
function withoutBorder(ring: readonly Point[], field: RefinedField): Point[][] {
  const outside = ([x, y]: Point): boolean => x < 0 || y < 0 || x > field.columns - 1 || y > field.rows - 1;
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  for (const point of ring) {
    if (outside(point)) {
      if (piece.length > 1) pieces.push(piece);
      piece = [];
    } else piece.push(point);
  }
  if (piece.length > 1) pieces.push(piece);
  return pieces;
}

function simplified(points: readonly Point[]): Point[] {
  const keep = new Uint8Array(points.length);
  keep[0] = 1;
  keep[points.length - 1] = 1;
  // A closed ring has no chord to measure from: its farthest point halves it.
  const stack: [number, number][] = [[0, points.length - 1]];
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const [from, to] = span;
    let farthest = -1;
    let most = tolerance;
    for (let i = from + 1; i < to; i++) {
      const away = distance(points[i]!, points[from]!, points[to]!);
      if (away > most) [farthest, most] = [i, away];
    }
    if (farthest < 0) continue;
    keep[farthest] = 1;
    stack.push([from, farthest], [farthest, to]);
  }
  return points.filter((_, i) => keep[i] === 1);
}

/** From a point to the line through two others, or to the first where they coincide. */
function distance([x, y]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy);
  if (length < 1e-9) return Math.hypot(x - x1, y - y1);
  return Math.abs(dx * (y1 - y) - dy * (x1 - x)) / length;
}

/** 'm10 20l3 -4…': whole numbers, each step from where the one before ended, so that roundings do not add up. */
function stepsOf(points: readonly Point[]): string {
  if (points.length < 2) return '';
  let [x, y] = points[0]!.map(Math.round) as [number, number];
  let text = `M${x} ${y}l`;
  let steps = 0;
  for (const point of points.slice(1)) {
    const [nextX, nextY] = [Math.round(point[0]), Math.round(point[1])];
    const [dx, dy] = [nextX - x, nextY - y];
    if (dx === 0 && dy === 0) continue;
    text += `${steps === 0 || dx < 0 ? '' : ' '}${dx}${dy < 0 ? '' : ' '}${dy}`;
    [x, y] = [nextX, nextY];
    steps++;
  }
  return steps === 0 ? '' : text;
}
