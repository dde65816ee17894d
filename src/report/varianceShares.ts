/** The two variances by lead, one on top of the other: their sum is the ensemble's variance. */
import * as Plot from '@observablehq/plot';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { leadAxis, leadUnitHours } from './leadAxis.js';
import { chartText, drawingDocument } from './leadCurves.js';
import { tickMargin, tickText } from './valueAxis.js';

export function varianceShares(
  epistemic: readonly ScoreRow[],
  aleatoric: readonly ScoreRow[],
  factor: number,
  label: string,
): string {
  const leads = aleatoric.map((row) => row.lead_hours);
  const unit = leadUnitHours(leads);
  const lead = (row: ScoreRow): number => row.lead_hours / unit;
  const below = aleatoric.map((row) => ({ lead: lead(row), from: 0, to: row.value * factor }));
  const above = epistemic.map((row) => {
    const base = (aleatoric.find((other) => other.lead_hours === row.lead_hours)?.value ?? 0) * factor;
    return { lead: lead(row), from: base, to: base + row.value * factor };
  });
  const area = (points: typeof below, colour: string): Plot.Markish[] => [
    Plot.areaY(points, { x: 'lead', y1: 'from', y2: 'to', fill: colour, fillOpacity: 0.5 }),
    Plot.lineY(points, { x: 'lead', y: 'to', stroke: colour, strokeWidth: 2 }),
  ];
  const chart = Plot.plot({
    document: drawingDocument(),
    width: 520,
    height: 270,
    marginLeft: tickMargin(above.map(({ to }) => to)),
    marginRight: 14,
    marginTop: 26,
    marginBottom: 36,
    x: leadAxis(leads),
    y: {
      label,
      labelArrow: 'none',
      grid: true,
      zero: true,
      nice: true,
      ticks: 5,
      tickSize: 0,
      tickFormat: tickText,
    },
    marks: [
      ...area(below, 'var(--aleatoric)'),
      ...area(above, 'var(--epistemic)'),
      Plot.ruleY([0], { strokeOpacity: 0.4 }),
    ],
  });
  return chartText(chart, 'aleatoric and epistemic variance by lead');
}
