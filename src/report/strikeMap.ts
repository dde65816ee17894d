/**
 * Where storms pass, and how likely: areas of what is asked at points that are even on the map, not on the globe, so that they
 * need no projecting and neither pole nor date line is special.
 */
import { contours } from 'd3-contour';
import { listedPoints, type MapPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import { strikeProbability } from '../../evaluation/cyclones/products/strikeProbability.js';
import type { Storm } from '../../evaluation/cyclones/track.js';
import { type ColourScale, colourScale } from './colourScale.js';
import type { Place } from './places.js';
import { type TrackFrame, trackMap } from './trackFrame.js';
import { meanLine } from './trackSpaghetti.js';

/** View box units between points. */
const cell = 4;

/** Per cent. */
const edges = [5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

export const strikeScale: ColourScale = {
  bounds: edges.slice(0, -1),
  colours: colourScale(0, 10, 'bupu', 10).colours,
  edges,
  ground: 'pale',
};

/** SVG. */
export function strikeMap(
  frame: TrackFrame,
  storm: Storm,
  radiusKm: number,
  label: string,
  mean: readonly Place[],
): string {
  const areas = filledAreas(frame, strikeScale, (points) =>
    strikeProbability(storm, points, { radiusKm }).probability.map((share) => 100 * share),
  );
  return trackMap(frame, label, { areas, lines: meanLine(frame, mean) });
}

/**
 * SVG of the areas above each bound of a scale.
 * @param ask values in units of the scale, [point]
 */
export function filledAreas(
  frame: TrackFrame,
  { bounds, colours }: ColourScale,
  ask: (points: MapPoints) => Float64Array,
): string {
  const [columns, rows] = [Math.ceil(frame.width / cell) + 1, Math.ceil(frame.height / cell) + 1];
  const places: Place[] = [];
  const at: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = frame.placeAt(column * cell, row * cell);
      if (place === null) continue;
      places.push(place);
      at.push(row * columns + column);
    }
  }
  const points = listedPoints(
    places.map(({ latitude }) => latitude),
    places.map(({ longitude }) => longitude),
  );
  const asked = ask(points);
  const values = new Float64Array(rows * columns);
  for (const [i, point] of at.entries()) values[point] = asked[i]!;
  return contours()
    .size([columns, rows])
    .thresholds([...bounds])(Array.from(values))
    .map((band, i) => {
      const rings = band.coordinates.flat().map((ring) => ring.map(([x, y]) => written(x!, y!)));
      const data = rings.map((ring) => `M${ring.join('L')}Z`).join('');
      return data === '' ? '' : `<path fill="${colours[i]}" d="${data}"/>`;
    })
    .join('');
}

/** Contours count cells from their corner, points lie in their middle. */
function written(x: number, y: number): string {
  return `${((x - 0.5) * cell).toFixed(1)},${((y - 0.5) * cell).toFixed(1)}`;
}
