/** The cone of the ensemble: the circles around its mean track that hold two thirds of the members, and the days along it. */
import { geoCircle } from 'd3-geo';
import { distanceKm } from '../../core/sphere/distance.js';
import { kmPerDegree } from '../../evaluation/cyclones/fields/sphereGrid.js';
import { type ConeCircle, cone } from '../../evaluation/cyclones/products/cone.js';
import type { Storm } from '../../evaluation/cyclones/track.js';
import { type TrackFrame, trackMap } from './trackFrame.js';
import { meanLine } from './trackSpaghetti.js';

/** Circles this near to each other, as a share of their radius, make one shape. */
const nearShare = 0.4;

/** SVG. */
export function coneMap(frame: TrackFrame, storm: Storm, label: string): string {
  const circles = cone(storm, { stepHours: 1 }).filter(({ radiusKm }) => !Number.isNaN(radiusKm));
  const shapes = thinned(circles).map(({ latitude, longitude, radiusKm }) => {
    const shape = geoCircle()
      .center([longitude, latitude])
      .radius(Math.max(0.05, radiusKm / kmPerDegree))
      .precision(8)();
    return `<path d="${frame.path(shape)}"/>`;
  });
  const days = circles
    .filter(({ leadHours }) => leadHours % 24 === 0)
    .map((circle) => ({ point: frame.point(circle), day: circle.leadHours / 24 }));
  const placed = days.flatMap(({ point, day }) => (point === null ? [] : [{ point, day }]));
  const marks = placed.map(
    ({ point: [x, y] }) =>
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.2" fill="#fff" stroke="#16191c" stroke-width="1.4"/>`,
  );
  const numbers = dayLabels(placed).map(
    ({ x, y, day }) =>
      `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="11" fill="#16191c" stroke="#fff" stroke-width="2.4" paint-order="stroke">${day}</text>`,
  );
  return trackMap(frame, label, {
    areas: `<g fill="#0072b2" opacity="0.28">${shapes.join('')}</g>`,
    lines: `${meanLine(frame, circles)}${marks.join('')}${numbers.join('')}`,
  });
}

interface DayLabel {
  /** Left end and foot of the number. */
  readonly x: number;
  readonly y: number;
  readonly day: number;
}

/** Width of a digit and height of a number, view box units. */
const [digit, high] = [6.5, 9];

/**
 * Numbers beside their marks, to the right above where there is room, else on another side. One that would lie on another number or
 * mark everywhere is left out: the first and the last are placed first.
 */
export function dayLabels(
  days: readonly { readonly point: readonly [number, number]; readonly day: number }[],
): DayLabel[] {
  const labels: DayLabel[] = [];
  const widthOf = (day: number): number => digit * String(day).length;
  const isFree = (x: number, y: number, day: number): boolean =>
    labels.every(
      (other) =>
        x > other.x + widthOf(other.day) || x + widthOf(day) < other.x || Math.abs(y - other.y) > high,
    ) &&
    days.every(
      ({ point: [px, py] }) => px < x - 3 || px > x + widthOf(day) + 3 || py < y - high - 3 || py > y + 3,
    );
  const ends = [days.at(0), days.at(-1)];
  for (const one of [...days].sort((a, b) => Number(ends.includes(b)) - Number(ends.includes(a)))) {
    const { point, day } = one;
    const left = -6 - widthOf(day);
    const place = [
      [6, -5],
      [6, 12],
      [left, -5],
      [left, 12],
    ].find(([x, y]) => isFree(point[0] + x!, point[1] + y!, day));
    if (place) labels.push({ x: point[0] + place[0]!, y: point[1] + place[1]!, day });
  }
  return labels.sort((a, b) => a.day - b.day);
}

/** Those of which the shape is made: the first, the last, and where the middle or the radius has changed enough. */
function thinned(circles: readonly ConeCircle[]): ConeCircle[] {
  const kept: ConeCircle[] = [];
  for (const [i, circle] of circles.entries()) {
    const last = kept.at(-1);
    const away =
      last === undefined
        ? Number.POSITIVE_INFINITY
        : distanceKm(last.latitude, last.longitude, circle.latitude, circle.longitude) +
          Math.abs(circle.radiusKm - last.radiusKm);
    if (i === circles.length - 1 || away >= nearShare * Math.min(circle.radiusKm, last?.radiusKm ?? 0))
      kept.push(circle);
  }
  return kept;
}
