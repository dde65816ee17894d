/** The cone of the ensemble: the circles around its mean track that hold two thirds of the members, and the days along it. */
import { geoCircle } from 'd3-geo';
import { kmPerDegree } from '../../evaluation/cyclones/fields/sphereGrid.js';
import { cone } from '../../evaluation/cyclones/products/cone.js';
import type { Storm } from '../../evaluation/cyclones/track.js';
import { type TrackFrame, trackMap } from './trackFrame.js';
import { meanLine } from './trackSpaghetti.js';

/** Hours between circles: near enough to each other that they make one shape. */
const circleHours = 3;

/** SVG. */
export function coneMap(frame: TrackFrame, storm: Storm, label: string): string {
  const circles = cone(storm, { stepHours: circleHours }).filter(({ radiusKm }) => !Number.isNaN(radiusKm));
  const shapes = circles.map(({ latitude, longitude, radiusKm }) => {
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
