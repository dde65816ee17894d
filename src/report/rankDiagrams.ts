/**
 * Rank histograms from the points of diagrams: how often the truth had that many members below it, relative to the
 * flat histogram of a reliable ensemble (the line at 1). The band holds 95 % of what a reliable ensemble would show over
 * as many cases (Talagrand & Vautard 1997; Hamill 2001). Histograms of F(truth) of closed forms are drawn alike.
 */
import * as Plot from '@observablehq/plot';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import { leadLabel } from './displayUnit.js';
import { chartText, drawingDocument } from './leadCurves.js';

/** More bars than this are drawn as a line of steps. */
const mostBars = 70;

interface Bin {
  readonly from: number;
  readonly to: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** @param rows of one model, channel and region, diagram 'rank_histogram' or 'pit' */
export function rankPanels(
  rows: readonly DiagramRow[],
  leads: readonly number[],
): { caption: string; svg: string }[] {
  const histograms = leads
    .map((lead) => ({ lead, bins: binsOf(rows.filter((row) => row.lead_hours === lead)) }))
    .filter(({ bins }) => bins.length > 0);
  const highest = Math.max(1.5, ...histograms.flatMap(({ bins }) => bins.map(({ value }) => value)));
  const top = Math.ceil(highest * 2) / 2;
  return histograms.map(({ lead, bins }) => ({
    caption: leadLabel(lead),
    svg: histogram(bins, top, leadLabel(lead)),
  }));
}

/** Shares as multiples of the flat histogram's. */
function binsOf(rows: readonly DiagramRow[]): Bin[] {
  const sorted = [...rows].sort((a, b) => a.x - b.x);
  const count = sorted.length;
  return sorted.map(({ y, ci_low, ci_high }, i) => ({
    from: i,
    to: i + 1,
    value: y * count,
    low: ci_low * count,
    high: ci_high * count,
  }));
}

function histogram(bins: readonly Bin[], top: number, lead: string): string {
  const last = bins.length - 1;
  const banded = bins.filter(({ low }) => Number.isFinite(low));
  const clipped = banded.map((bin) => ({ ...bin, high: Math.min(top, bin.high) }));
  const bars =
    bins.length <= mostBars
      ? Plot.rectY(bins, {
          x1: 'from',
          x2: 'to',
          y: 'value',
          fill: 'var(--ensemble)',
          fillOpacity: 0.78,
          insetLeft: 0.3,
          insetRight: 0.3,
        })
      : Plot.areaY(bins, {
          x: 'from',
          y: 'value',
          fill: 'var(--ensemble)',
          fillOpacity: 0.78,
          curve: 'step-after',
        });
  const chart = Plot.plot({
    document: drawingDocument(),
    width: 300,
    height: 175,
    marginLeft: 30,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 36,
    x: {
      domain: [0, bins.length],
      label: 'members below the truth',
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: last > 0 ? [0.5, bins.length - 0.5] : [0.5],
      tickFormat: (t: number) => String(Math.floor(t)),
      tickSize: 0,
    },
    y: { label: null, domain: [0, top], ticks: [0, 1, top], tickSize: 0 },
    marks: [
      bars,
      Plot.rect(clipped, {
        x1: 'from',
        x2: 'to',
        y1: 'low',
        y2: 'high',
        fill: 'currentColor',
        fillOpacity: 0.22,
      }),
      Plot.ruleY([1], { stroke: 'currentColor', strokeOpacity: 0.8, strokeDasharray: '3,2' }),
    ],
  });
  const outside = banded.filter(({ value, low, high }) => value < low || value > high).length;
  const said =
    banded.length > 0
      ? `${outside} of ${bins.length} ranks lie beyond the range of a reliable ensemble.`
      : '';
  return chartText(chart, `rank histogram, ${lead}`, said);
}
