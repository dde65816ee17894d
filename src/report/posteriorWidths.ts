/** How wide the posterior is, tensor by tensor: σ relative to the size of the weights, on a logarithmic axis. */
import * as Plot from '@observablehq/plot';
import type { TrainingAccount } from '../training/trainingAccount.js';
import { figure } from './figure.js';
import { tableData } from './figureData.js';
import { chartText, drawingDocument } from './leadCurves.js';
import { networkLegend, networkLooks } from './trainingLook.js';

/** Tensors drawn, the largest ones; the data hold all. */
const mostDrawn = 40;

/** HTML; empty where no width is recorded, as of points. */
export function widthFigure({ components, training: { record } }: TrainingAccount): string {
  const rows = (record.widths ?? []).flatMap((tensors, component) =>
    tensors.map((tensor) => ({ component, ...tensor })),
  );
  if (rows.length === 0) return '';
  const largest = [...(record.widths?.[0] ?? [])].sort((a, b) => b.weights - a.weights).slice(0, mostDrawn);
  const shown = new Set(largest.map(({ tensor }) => tensor));
  const names = (record.widths?.[0] ?? []).map(({ tensor }) => tensor).filter((name) => shown.has(name));
  const looks = networkLooks(components);
  const points = rows
    .filter(({ tensor, rms }) => shown.has(tensor) && rms > 0)
    .map(({ tensor, component, sigma, rms }) => ({
      ...{ tensor, share: sigma / rms },
      colour: looks[component]?.colour ?? 'currentColor',
    }));
  const longest = Math.max(...names.map((name) => name.length));
  const title = 'Widths of the posterior';
  const rest = new Set(rows.map(({ tensor }) => tensor)).size - names.length;
  const chart = Plot.plot({
    document: drawingDocument(),
    width: 520,
    height: Math.max(160, 64 + 18 * names.length),
    marginLeft: Math.min(200, 20 + 6.2 * longest),
    marginRight: 16,
    marginTop: 14,
    marginBottom: 36,
    x: {
      type: 'log',
      label: 'σ / size of the weights',
      labelArrow: 'none',
      grid: true,
      tickSize: 0,
      tickFormat: shareText,
      ticks: 4,
      nice: true,
    },
    y: { domain: names, label: null, tickSize: 0 },
    marks: [
      Plot.ruleY(names, { stroke: 'currentColor', strokeOpacity: 0.08 }),
      Plot.dot(points, { x: 'share', y: 'tensor', fill: 'colour', r: 4, fillOpacity: 0.85 }),
    ],
  });
  const ratios = points.map(({ share }) => share);
  const description = `Between ${shareText(Math.min(...ratios))} and ${shareText(Math.max(...ratios))} of the weights’ size.`;
  return figure({
    title,
    text:
      'σ: how far weight samples lie from their centre; beside it, the root mean square of the centre. Far to the right, ' +
      `data say little about these weights.${rest > 0 ? ` The ${names.length} largest tensors; the data hold ${rest} more.` : ''}`,
    body: networkLegend(components) + chartText(chart, title, description),
    data: tableData([
      { name: 'network', type: 'int32', values: rows.map(({ component }) => component + 1) },
      { name: 'tensor', type: 'utf8', values: rows.map(({ tensor }) => tensor) },
      { name: 'weights', type: 'int32', values: rows.map(({ weights }) => weights) },
      { name: 'sigma', type: 'float64', values: rows.map(({ sigma }) => sigma) },
      { name: 'rms', type: 'float64', values: rows.map(({ rms }) => rms) },
      { name: 'kl_nats', type: 'float64', values: rows.map(({ kl_nats }) => kl_nats ?? null) },
    ]),
    name: 'posterior-widths',
  });
}

/** '0.03', '2' */
function shareText(share: number): string {
  return String(Number(share.toPrecision(2)));
}
