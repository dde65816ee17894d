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
  const marks = days.map(({ point, day }) =>
    point === null
      ? ''
      : `<circle cx="${point[0].toFixed(1)}" cy="${point[1].toFixed(1)}" r="3.2" fill="#fff" stroke="#16191c" stroke-width="1.4"/>` +
        `<text x="${(point[0] + 6).toFixed(1)}" y="${(point[1] - 5).toFixed(1)}" font-size="11" fill="#16191c" stroke="#fff" stroke-width="2.4" paint-order="stroke">${day}</text>`,
  );
  return trackMap(frame, label, {
    areas: `<g fill="#0072b2" opacity="0.28">${shapes.join('')}</g>`,
    lines: `${meanLine(frame, circles)}${marks.join('')}`,
  });
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
