/**
 * An EPSgram as an SVG file: one panel a quantity, a box plume for each lead over the valid time, the mean of the members as
 * a line, and behind them what is usual (half and eight tenths of other years, and their median).
 */
import * as Plot from '@observablehq/plot';
import { millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import { shortCalendar } from '../report/calendar.js';
import { escapeHtml } from '../report/html.js';
import { chartText, drawingDocument } from '../report/leadCurves.js';
import { type SvgPart, type SvgText, svgFile } from '../report/svgFile.js';
import { tickMargin, tickText } from '../report/valueAxis.js';
import type { BoxPlume } from './boxPlumes.js';
import { unitLabel } from './unitLabel.js';

const [panelWidth, panelHeight, margin, headHeight] = [760, 178, 20, 64];
const colour = 'var(--ensemble)';
const usualColour = 'var(--climatology)';

export interface EpsgramWords {
  /** 'Rotterdam, 51.95°N 4.05°E' */
  readonly place: string;
  readonly start: number;
  readonly members: number;
  /** What is usual, in words; null without an archive. */
  readonly usual: string | null;
}

export function epsgramFigure(plumes: readonly BoxPlume[], words: EpsgramWords): string {
  const { place, start, members, usual } = words;
  const behind = usual === null ? '' : `; grey: ${usual}`;
  const texts: SvgText[] = [
    { x: margin, y: 28, text: place, kind: 'title' },
    {
      x: margin,
      y: 48,
      text: `${members} members from ${shortCalendar(start)}: boxes hold half of them, thin parts eight tenths, lines all; curve: mean${behind}`,
      kind: 'quiet',
    },
  ];
  const parts: SvgPart[] = [];
  let y = headHeight;
  for (const plume of plumes) {
    texts.push({ x: margin, y: y + 14, text: `${plume.title}, ${unitLabel(plume.unit)}`, kind: 'over' });
    parts.push({ x: margin, y: y + 18, width: panelWidth, height: panelHeight, svg: panel(plume, place) });
    y += panelHeight + 30;
  }
  return svgFile({ width: panelWidth + 2 * margin, height: y, label: `EPSgram of ${place}`, texts, parts });
}

/** Half the width of a box, hours: what leaves a gap between neighbours, and at most four hours. */
function halfBox(hours: readonly number[]): number {
  const gaps = hours.slice(1).map((hour, i) => hour - hours[i]!);
  return Math.min(5, 0.32 * (gaps.length === 0 ? 12 : Math.min(...gaps)));
}

function panel({ leads, title, quantity }: BoxPlume, place: string): string {
  const hours = leads.map(({ leadHours }) => leadHours);
  const half = halfBox(hours);
  const time = (lead: number): Date =>
    new Date(leads[0]!.validTime + (lead - leads[0]!.leadHours) * millisecondsPerHour);
  const boxes = leads.map(({ leadHours, box, mean }) => ({
    ...{ time: time(leadHours), mean },
    ...{ from: time(leadHours - half), to: time(leadHours + half) },
    ...{ thinFrom: time(leadHours - 0.5 * half), thinTo: time(leadHours + 0.5 * half) },
    ...{ min: box[0], q10: box[1], q25: box[2], q50: box[3], q75: box[4], q90: box[5], max: box[6] },
  }));
  const usual = leads.flatMap(({ leadHours, usual: of }) =>
    of === null
      ? []
      : [{ time: time(leadHours), q10: of[1], q25: of[2], q50: of[3], q75: of[4], q90: of[5] }],
  );
  const drawn = [
    ...boxes.flatMap(({ min, max }) => [min, max]),
    ...usual.flatMap(({ q10, q90 }) => [q10, q90]),
  ];
  const span = boxes.at(-1)!.to.getTime() - boxes[0]!.from.getTime();
  const chart = Plot.plot({
    document: drawingDocument(),
    width: panelWidth,
    height: panelHeight,
    marginLeft: tickMargin(drawn),
    marginRight: 10,
    marginTop: 8,
    marginBottom: 24,
    x: {
      type: 'utc',
      domain: [boxes[0]!.from, boxes.at(-1)!.to],
      label: null,
      insetLeft: 6,
      insetRight: 6,
      tickSize: 0,
      ticks: dayTicks(boxes[0]!.from, boxes.at(-1)!.to, span),
      tickFormat: (date: Date) => dayText(date),
    },
    y: {
      label: null,
      grid: true,
      nice: true,
      ticks: 5,
      tickSize: 0,
      tickFormat: tickText,
      ...(quantity.startsWith('wind') || quantity === 'tp' ? { zero: true } : {}),
    },
    marks: [
      Plot.areaY(usual, { x: 'time', y1: 'q10', y2: 'q90', fill: usualColour, fillOpacity: 0.16 }),
      Plot.areaY(usual, { x: 'time', y1: 'q25', y2: 'q75', fill: usualColour, fillOpacity: 0.22 }),
      Plot.line(usual, { x: 'time', y: 'q50', stroke: usualColour, strokeDasharray: '4,3' }),
      Plot.ruleX(boxes, { x: 'time', y1: 'min', y2: 'max', stroke: colour, strokeWidth: 1 }),
      Plot.rect(boxes, {
        x1: 'thinFrom',
        x2: 'thinTo',
        y1: 'q10',
        y2: 'q90',
        fill: 'var(--card)',
        stroke: colour,
      }),
      Plot.rect(boxes, {
        x1: 'thinFrom',
        x2: 'thinTo',
        y1: 'q10',
        y2: 'q90',
        fill: colour,
        fillOpacity: 0.28,
      }),
      Plot.rect(boxes, { x1: 'from', x2: 'to', y1: 'q25', y2: 'q75', fill: 'var(--card)', stroke: colour }),
      Plot.rect(boxes, { x1: 'from', x2: 'to', y1: 'q25', y2: 'q75', fill: colour, fillOpacity: 0.5 }),
      Plot.link(boxes, {
        x1: 'from',
        x2: 'to',
        y1: 'q50',
        y2: 'q50',
        stroke: 'currentColor',
        strokeWidth: 1.6,
      }),
      Plot.line(boxes, { x: 'time', y: 'mean', stroke: 'var(--truth)', strokeWidth: 1.4 }),
    ],
  });
  return chartText(chart, escapeHtml(`${title} at ${place}`));
}

/** 00 UTC of every day, or of every n-th where there are many. */
function dayTicks(from: Date, to: Date, span: number): Date[] {
  const every = Math.max(1, Math.ceil(span / millisecondsPerDay / 12)) * millisecondsPerDay;
  const first = Math.ceil(from.getTime() / millisecondsPerDay) * millisecondsPerDay;
  const count = Math.max(0, Math.floor((to.getTime() - first) / every) + 1);
  return count === 0 ? [from] : Array.from({ length: count }, (_, i) => new Date(first + i * every));
}

/** 'Mon 3 Mar' */
function dayText(date: Date): string {
  const options = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return new Date(date).toLocaleDateString('en-GB', options).replace(',', '');
}
