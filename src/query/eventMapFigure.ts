/**
 * Maps of probabilities with coastlines as an SVG file: one map a start and event, in steps of ten per cent, and beside it what
 * is usual where an archive is given. The whole Earth on a frame of equal areas, a region on its own.
 */
import { type Grid, wrapsInLongitude } from '../../core/grid.js';
import { shortCalendar } from '../report/calendar.js';
import { type ColourScale, colourBar, colourScale } from '../report/colourScale.js';
import { drawMap, mapDefinitions } from '../report/fieldMap.js';
import { equalEarthFrame } from '../report/globeFrame.js';
import { drawGlobe, globeDefinitions } from '../report/globeMap.js';
import { escapeHtml } from '../report/html.js';
import { mapFrame } from '../report/mapProjection.js';
import { type SvgPart, type SvgText, svgFile } from '../report/svgFile.js';
import type { EventMap } from './eventMap.js';

const mapWidth = 760;
const margin = 20;
const headHeight = 84;

interface Drawing {
  readonly height: number;
  readonly definitions: string;
  draw(values: Float64Array, label: string): string;
}

/** @param coast whether the world has land @param usual what is usual, in words; null without an archive */
export function eventMapFigure(
  grid: Grid,
  maps: readonly EventMap[],
  coast: boolean,
  usual: string | null,
): string {
  const scale = colourScale(0, 100, 'ylgnbu', 10);
  const drawing = drawingOn(grid, scale, coast);
  const texts: SvgText[] = [];
  const parts: SvgPart[] = [{ x: 0, y: 0, width: 0, height: 0, svg: drawing.definitions }];
  let y = 0;
  const panel = (title: string, meaning: string, values: Float32Array): void => {
    texts.push({ x: margin, y: y + 28, text: title, kind: 'title' });
    texts.push({ x: margin, y: y + 48, text: meaning, kind: 'quiet' });
    parts.push({ x: margin, y: y + 54, width: 352, height: 30, svg: colourBar(scale, '%', 'probability') });
    const percent = Float64Array.from(values, (share) => 100 * share);
    const svg = drawing.draw(percent, escapeHtml(`${title}: ${meaning}`));
    parts.push({ x: margin, y: y + headHeight + 6, width: mapWidth, height: drawing.height, svg });
    y += headHeight + drawing.height + 20;
  };
  for (const map of maps) {
    const { start, members, refused } = map;
    const event = map.event.replaceAll(' at here', '');
    const without = refused === 0 ? '' : `; ${refused} points without an answer`;
    panel(
      event,
      `share of ${members} members, forecast from ${shortCalendar(start)}${without}`,
      map.probability,
    );
    if (map.climatological !== null && usual !== null)
      panel('What is usual', `the same event, ${usual}`, map.climatological);
  }
  const label = maps.map(({ event }) => `probability of ${event}`).join('; ');
  return svgFile({ width: mapWidth + 2 * margin, height: y, label, texts, parts });
}

function drawingOn(grid: Grid, scale: ColourScale, coast: boolean): Drawing {
  const north = grid.latitudes[0] ?? 0;
  const south = grid.latitudes[grid.latitudes.length - 1] ?? 0;
  if (wrapsInLongitude(grid) && north > 75 && south < -75) {
    const middle = (grid.longitudes[0]! + grid.longitudes[grid.longitudes.length - 1]!) / 2;
    const frame = equalEarthFrame('event', mapWidth, middle > 90 ? 0 : Math.round(middle), coast);
    return {
      height: frame.height,
      definitions: globeDefinitions(frame),
      draw: (values, label) => drawGlobe({ grid, frame, fill: { values, scale }, label }),
    };
  }
  const plain = mapFrame(grid, mapWidth);
  const frame = coast ? plain : { ...plain, coastlines: '' };
  return {
    height: frame.height,
    definitions: mapDefinitions(frame, 'event'),
    // White coasts would be lost on the pale steps, which most of a map of rare events has.
    draw: (values, label) =>
      drawMap({ values, grid, frame, scale, lines: false, label }, 'event').replace(
        'class="map',
        'class="map pale',
      ),
  };
}
