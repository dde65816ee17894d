/**
 * ROC curves: hit rate against false-alarm rate as the least probability that counts as a warning goes from certain to
 * any, one curve a lead (Mason 1982; signal detection). The diagonal is what guessing reaches.
 */
import * as Plot from '@observablehq/plot';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import { diagramSize, unitSquareAxis } from './diagramFrame.js';
import { leadLabel } from './displayUnit.js';
import { chartText, drawingDocument, legend } from './leadCurves.js';
import { leadLook } from './modelLook.js';

/**
 * @param rows of one model, channel, region, season and event, diagram 'roc'
 * @param areas area under the curve by lead, where known
 * @returns HTML: key and drawing
 */
export function rocCurves(
  rows: readonly DiagramRow[],
  leads: readonly number[],
  areas: ReadonlyMap<number, number>,
): string {
  const curves = leads
    .map((lead, i) => ({ lead, ...leadLook(i), points: curveOf(rows, lead) }))
    .filter(({ points }) => points.length > 0);
  const chart = Plot.plot({
    document: drawingDocument(),
    ...diagramSize,
    x: unitSquareAxis('false-alarm rate'),
    y: unitSquareAxis('hit rate', 'top'),
    marks: [
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: 'currentColor', strokeOpacity: 0.55 },
      ),
      ...curves.map(({ points, colour, dash }) =>
        Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke: colour,
          strokeWidth: 2,
          ...(dash === undefined ? {} : { strokeDasharray: dash }),
        }),
      ),
    ],
  });
  const keys = curves.map(({ lead, colour, dash }) => {
    const area = areas.get(lead);
    const name = area === undefined ? leadLabel(lead) : `${leadLabel(lead)}: area ${area.toFixed(2)}`;
    return { name, colour, ...(dash === undefined ? {} : { dash }) };
  });
  const said = keys.map(({ name }) => name).join('; ');
  return legend(keys) + chartText(chart, 'ROC curves by lead', said);
}

/** From the strictest warning (0, 0) to the laxest (1, 1). */
function curveOf(rows: readonly DiagramRow[], lead: number): { x: number; y: number }[] {
  const own = rows
    .filter((row) => row.lead_hours === lead && Number.isFinite(row.x) && Number.isFinite(row.y))
    .map(({ x, y }) => ({ x, y }))
    .sort((a, b) => a.x - b.x || a.y - b.y);
  return own.length === 0 ? [] : [{ x: 0, y: 0 }, ...own, { x: 1, y: 1 }];
}
