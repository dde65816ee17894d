/**
 * Reliability diagrams: how often an event happened when it was given a probability, one panel a lead. Bars reach
 * over 95 % of what a reliable forecast of as many cases would show (consistency bars: Bröcker & Smith 2007,
 * doi:10.1175/WAF993.1), the inset how often each probability was given (sharpness), the dotted line how often the
 * event happened at all.
 */
import * as Plot from '@observablehq/plot';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import { diagramSize, percent, unitSquareAxis } from './diagramFrame.js';
import { leadLabel } from './displayUnit.js';
import { chartText, drawingDocument } from './leadCurves.js';

/** Where the inset stands, in the axes: reliable and overconfident forecasts leave it free. */
const inset = { left: 0.03, right: 0.43, bottom: 0.72, top: 0.95 };

/** @param rows of one model, channel, region, season and event, diagram 'reliability' */
export function reliabilityPanels(
  rows: readonly DiagramRow[],
  leads: readonly number[],
): { caption: string; svg: string }[] {
  return leads
    .map((lead) => ({
      lead,
      bins: pooled(rows.filter((row) => row.lead_hours === lead).sort((a, b) => a.x - b.x)),
    }))
    .filter(({ bins }) => bins.some(({ y }) => Number.isFinite(y)))
    .map(({ lead, bins }) => ({ caption: leadLabel(lead), svg: reliabilityDiagram(bins, leadLabel(lead)) }));
}

/** More classes than this hide in their scatter what they say together. */
const mostClasses = 20;
const pooledClasses = 10;

/**
 * Many classes drawn as ten: means over neighbours, weighted by how often each was given. The mean of their ranges is as
 * wide as if they erred together: never too narrow.
 */
function pooled(bins: readonly DiagramRow[]): DiagramRow[] {
  if (bins.length <= mostClasses) return [...bins];
  const groups = new Map<number, DiagramRow[]>();
  for (const bin of bins) {
    const group = Math.round(bin.x * pooledClasses);
    groups.set(group, [...(groups.get(group) ?? []), bin]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const filled = group.filter(({ y }) => Number.isFinite(y));
    const weight = filled.reduce((sum, each) => sum + (each.weight ?? 0), 0);
    if (first === undefined || !(weight > 0)) return [];
    const mean = (value: (bin: DiagramRow) => number): number =>
      filled.reduce((sum, each) => sum + ((each.weight ?? 0) * value(each)) / weight, 0);
    const [x, y] = [mean((each) => each.x), mean((each) => each.y)];
    const [ci_low, ci_high] = [mean((each) => each.ci_low), mean((each) => each.ci_high)];
    return [{ ...first, x, y, ci_low, ci_high, weight }];
  });
}

function reliabilityDiagram(bins: readonly DiagramRow[], lead: string): string {
  const filled = bins.filter(({ y }) => Number.isFinite(y));
  const cases = filled.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  const frequency = filled.reduce((sum, { weight, y }) => sum + (weight ?? 0) * y, 0) / (cases || 1);
  const most = Math.max(...filled.map(({ weight }) => weight ?? 0), 1e-12);
  const along = (x: number): number => inset.left + (inset.right - inset.left) * x;
  const half = (inset.right - inset.left) / Math.max(20, 2.6 * filled.length);
  const bars = filled.map(({ x, weight }) => ({
    from: Math.max(inset.left, along(x) - half),
    to: Math.min(inset.right, along(x) + half),
    base: inset.bottom,
    top: inset.bottom + ((inset.top - inset.bottom) * (weight ?? 0)) / most,
  }));
  const chart = Plot.plot({
    document: drawingDocument(),
    ...diagramSize,
    x: unitSquareAxis('probability given'),
    y: unitSquareAxis('frequency of the event', 'top'),
    marks: [
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: 'currentColor', strokeOpacity: 0.55 },
      ),
      Plot.ruleY([frequency], { stroke: 'currentColor', strokeOpacity: 0.45, strokeDasharray: '1,3' }),
      Plot.rect([inset], {
        x1: 'left',
        x2: 'right',
        y1: 'bottom',
        y2: 'top',
        fill: 'var(--card)',
        fillOpacity: 0.8,
      }),
      Plot.rect(bars, { x1: 'from', x2: 'to', y1: 'base', y2: 'top', fill: 'var(--quiet)' }),
      Plot.link([inset], {
        x1: 'left',
        x2: 'right',
        y1: 'bottom',
        y2: 'bottom',
        stroke: 'currentColor',
        strokeOpacity: 0.5,
      }),
      Plot.link(
        filled.filter(({ ci_low }) => Number.isFinite(ci_low)),
        {
          x1: 'x',
          x2: 'x',
          y1: 'ci_low',
          y2: 'ci_high',
          stroke: 'currentColor',
          strokeOpacity: 0.35,
          strokeWidth: 4,
        },
      ),
      Plot.line(filled, { x: 'x', y: 'y', stroke: 'var(--ensemble)', strokeWidth: 1.8 }),
      Plot.dot(filled, { x: 'x', y: 'y', fill: 'var(--ensemble)', r: 2.8 }),
    ],
  });
  const outside = filled.filter(({ y, ci_low, ci_high }) => y < ci_low || y > ci_high).length;
  const banded = filled.some(({ ci_low }) => Number.isFinite(ci_low));
  const said = banded
    ? `${outside} of ${filled.length} points lie beyond the range of a reliable forecast. `
    : '';
  return chartText(
    chart,
    `reliability diagram, ${lead}`,
    `${said}The event happened in ${percent(frequency)} of cases.`,
  );
}
