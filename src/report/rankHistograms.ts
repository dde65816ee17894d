/**
 * Rank histograms, one a lead: how often the truth had that many members below it, relative to the flat
 * histogram of a reliable ensemble (the line at 1). Thin lines are 95 % intervals.
 */
import * as Plot from '@observablehq/plot';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { leadLabel } from './displayUnit.js';
import { chartText, drawingDocument } from './leadCurves.js';

/** @param rows of one channel and region, metrics rank_… */
export function rankHistograms(rows: readonly ScoreRow[]): string {
  const leads = [...new Set(rows.map((row) => row.lead_hours))];
  const highest = Math.max(...leads.map((lead) => tallest(ofLead(rows, lead))));
  const top = Math.max(2, Math.ceil(highest * 2) / 2);
  return leads
    .map((lead) => {
      const bins = ofLead(rows, lead);
      const bars = bins.map((row, rank) => ({
        rank,
        next: rank + 1,
        value: row.value * bins.length,
        low: row.ci_low * bins.length,
        high: Math.min(top, row.ci_high * bins.length),
      }));
      const chart = Plot.plot({
        document: drawingDocument(),
        width: 250,
        height: 140,
        marginLeft: 26,
        marginRight: 6,
        marginTop: 8,
        marginBottom: 22,
        x: {
          label: null,
          ticks: [0, bins.length],
          tickFormat: (t: number) => String(t === 0 ? 0 : bins.length - 1),
          tickSize: 0,
        },
        y: { label: null, domain: [0, top], ticks: [0, 1, top], tickSize: 0 },
        marks: [
          Plot.rectY(bars, {
            x1: 'rank',
            x2: 'next',
            y: 'value',
            fill: 'var(--ensemble)',
            fillOpacity: 0.75,
            insetLeft: 0.2,
            insetRight: 0.2,
          }),
          Plot.ruleX(
            bars.filter((bar) => Number.isFinite(bar.low)),
            {
              x: (bar: { rank: number }) => bar.rank + 0.5,
              y1: 'low',
              y2: 'high',
              stroke: 'currentColor',
              strokeOpacity: 0.45,
              strokeWidth: 0.8,
            },
          ),
          Plot.ruleY([1], { stroke: 'currentColor', strokeOpacity: 0.8, strokeDasharray: '3,2' }),
        ],
      });
      const label = leadLabel(lead);
      return `<figure><figcaption>${label}</figcaption>${chartText(chart, `rank histogram, ${label}`)}</figure>`;
    })
    .join('');
}

function ofLead(rows: readonly ScoreRow[], lead: number): ScoreRow[] {
  return rows
    .filter((row) => row.lead_hours === lead && row.metric.startsWith('rank_'))
    .sort((a, b) => a.metric.localeCompare(b.metric));
}

function tallest(bins: readonly ScoreRow[]): number {
  return Math.max(0, ...bins.map((row) => row.value * bins.length));
}
