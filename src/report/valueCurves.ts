/**
 * Relative economic value (Richardson 2000, doi:10.1002/qj.49712656313): what the forecast saves someone who pays a cost
 * to avert a loss, as a share of what perfect knowledge would save; one curve a lead, everyone acting at the probability
 * that suits his ratio of cost to loss best.
 */
import * as Plot from '@observablehq/plot';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import { diagramSize, unitSquareAxis } from './diagramFrame.js';
import { leadLabel } from './displayUnit.js';
import { chartText, drawingDocument, legend } from './leadCurves.js';
import { leadLook } from './modelLook.js';

/** @param rows of one model, channel, region, season and event, diagram 'value' @returns HTML: key and drawing */
export function valueCurves(rows: readonly DiagramRow[], leads: readonly number[]): string {
  const curves = leads
    .map((lead, i) => ({ lead, ...leadLook(i), points: curveOf(rows, lead) }))
    .filter(({ points }) => points.length > 0);
  const chart = Plot.plot({
    document: drawingDocument(),
    ...diagramSize,
    x: unitSquareAxis('cost of acting / loss averted'),
    y: unitSquareAxis('share of perfect value', 'top'),
    marks: [
      Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }),
      ...curves.map(({ points, colour, dash }) =>
        Plot.line(points, {
          x: 'x',
          y: (point: { y: number }) => Math.max(0, point.y),
          stroke: colour,
          strokeWidth: 2,
          ...(dash === undefined ? {} : { strokeDasharray: dash }),
        }),
      ),
    ],
  });
  const keys = curves.map(({ lead, colour, dash, points }) => {
    const most = Math.max(0, ...points.map(({ y }) => y));
    const name = `${leadLabel(lead)}: at most ${most.toFixed(2)}`;
    return { name, colour, ...(dash === undefined ? {} : { dash }) };
  });
  const said = keys.map(({ name }) => name).join('; ');
  return legend(keys) + chartText(chart, 'relative economic value by lead', said);
}

function curveOf(rows: readonly DiagramRow[], lead: number): DiagramRow[] {
  return rows.filter((row) => row.lead_hours === lead && Number.isFinite(row.y)).sort((a, b) => a.x - b.x);
}
