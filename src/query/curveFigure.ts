/** Exceedance curves as an SVG file: one panel a place, with the band of the sampling interval and, behind it, what is usual. */
import * as Plot from '@observablehq/plot';
import { shortCalendar } from '../report/calendar.js';
import { displayUnit } from '../report/displayUnit.js';
import { escapeHtml } from '../report/html.js';
import { chartText, drawingDocument } from '../report/leadCurves.js';
import { type SvgPart, type SvgText, svgFile } from '../report/svgFile.js';
import { tickText } from '../report/valueAxis.js';
import type { AskedCurve } from './askCurves.js';
import { siteText } from './placeText.js';

const [panelWidth, panelHeight, margin, headHeight] = [640, 300, 20, 62];
/** More would make a page that nobody reads; files have all. */
const mostPanels = 20;

export function curveFigure(curves: readonly AskedCurve[], usual: string | null): string {
  const texts: SvgText[] = [];
  const parts: SvgPart[] = [];
  let y = 0;
  for (const asked of curves.slice(0, mostPanels)) {
    const { curve, site, latitude, longitude, start, members, cases } = asked;
    const where = site === null ? '' : `${siteText(site, latitude ?? 0, longitude ?? 0)}, `;
    const behind = cases === null || usual === null ? '' : `; grey: ${cases} cases of ${usual}`;
    texts.push({ x: margin, y: y + 28, text: curve, kind: 'title' });
    texts.push({
      x: margin,
      y: y + 48,
      text: `${where}${members} members from ${shortCalendar(start)}, band: 95 % ${capital(asked.interval.method)} interval${behind}`,
      kind: 'quiet',
    });
    parts.push({ x: margin, y: y + headHeight, width: panelWidth, height: panelHeight, svg: panel(asked) });
    y += headHeight + panelHeight + 10;
  }
  const label = curves.map(({ curve }) => `exceedance of ${curve}`).join('; ');
  return svgFile({ width: panelWidth + 2 * margin, height: y + 8, label, texts, parts });
}

function panel({ curve, unit, direction, exceedance, ofWindow, ofYears }: AskedCurve): string {
  const { label, factor } = displayUnit(unit);
  const points = exceedance.map(({ level, probability, low, high, usual }) => ({
    level: level * factor,
    probability: 100 * probability,
    low: 100 * low,
    high: 100 * high,
    usual: usual === null ? Number.NaN : 100 * usual,
  }));
  const ticks = ofWindow.map(({ oneIn, level }) => ({
    level: level * factor,
    share: 100 / oneIn,
    text: `1 in ${oneIn}`,
  }));
  const range = points.map(({ level }) => level);
  const years = (ofYears?.levels ?? [])
    .map(({ oneIn, level }) => ({ level: level * factor, text: `1 in ${oneIn} years` }))
    .filter(({ level }) => level >= Math.min(...range) && level <= Math.max(...range));
  const ensemble = 'var(--ensemble)';
  const chart = Plot.plot({
    document: drawingDocument(),
    width: panelWidth,
    height: panelHeight,
    marginLeft: 46,
    marginRight: 20,
    marginTop: 26,
    marginBottom: 36,
    x: { label, labelAnchor: 'center', labelArrow: 'none', tickSize: 0, tickFormat: tickText, ticks: 8 },
    y: {
      domain: [0, 100],
      label: `% of members that ${direction === 'above' ? 'exceed' : 'fall short of'} the level`,
      labelArrow: 'none',
      grid: true,
      ticks: 5,
      tickSize: 0,
    },
    marks: [
      Plot.areaY(points, { x: 'level', y1: 'low', y2: 'high', fill: ensemble, fillOpacity: 0.16 }),
      Plot.line(
        points.filter(({ usual }) => Number.isFinite(usual)),
        { x: 'level', y: 'usual', stroke: 'var(--climatology)', strokeWidth: 2, strokeDasharray: '5,4' },
      ),
      Plot.line(points, { x: 'level', y: 'probability', stroke: ensemble, strokeWidth: 2.2 }),
      Plot.dot(ticks, { x: 'level', y: 'share', fill: ensemble, r: 3 }),
      Plot.text(ticks, {
        ...{ x: 'level', y: 'share', text: 'text', dx: direction === 'above' ? 6 : -6, dy: -7 },
        textAnchor: direction === 'above' ? 'start' : 'end',
        fill: 'currentColor',
        fillOpacity: 0.75,
      }),
      Plot.ruleX(years, { x: 'level', stroke: 'var(--truth)', strokeDasharray: '2,3' }),
      Plot.text(years, {
        ...{ x: 'level', text: 'text', frameAnchor: 'top', dy: -12 },
        fill: 'var(--truth)',
      }),
    ],
  });
  return chartText(chart, escapeHtml(`exceedance of ${curve}`));
}

function capital(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
