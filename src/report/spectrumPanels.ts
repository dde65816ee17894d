/**
 * Zonal power spectra, one panel a lead: how much variance there is at each number of waves round a circle of latitude,
 * in the truth, in single members and in their mean. Both axes are logarithmic.
 */
import * as Plot from '@observablehq/plot';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import { leadLabel } from './displayUnit.js';
import { chartText, drawingDocument } from './leadCurves.js';

/** In the order in which they are drawn. */
export const spectrumSeries: readonly {
  readonly series: string;
  readonly name: string;
  readonly colour: string;
  readonly dash?: string;
}[] = [
  { series: 'mean', name: 'mean of the members', colour: 'var(--climatology)', dash: '5,2' },
  { series: 'truth', name: 'what happened', colour: 'var(--truth)' },
  { series: 'members', name: 'single members, on average', colour: 'var(--ensemble)', dash: '9,2' },
];

/**
 * @param rows of one model, channel and region, diagram 'spectrum'
 * @param factor of the squared unit
 */
export function spectrumPanels(
  rows: readonly DiagramRow[],
  leads: readonly number[],
  { factor, label }: { readonly factor: number; readonly label: string },
): { caption: string; svg: string }[] {
  const usable = rows.filter((row) => row.x > 0 && row.y > 0 && leads.includes(row.lead_hours));
  if (usable.length === 0) return [];
  const powers = usable.map((row) => row.y * factor);
  const top = Math.max(...powers);
  // Rounding errors at the last wavenumbers would take most of the axis.
  const bottom = Math.max(Math.min(...powers), top * 1e-9);
  const inside = (power: number): number => (power > 0 ? Math.max(bottom, power * factor) : Number.NaN);
  const widest = Math.max(...usable.map((row) => row.x));
  return leads.flatMap((lead) => {
    const own = usable.filter((row) => row.lead_hours === lead);
    if (own.length === 0) return [];
    const marks = spectrumSeries.flatMap(({ series, colour, dash }): Plot.Markish[] => {
      const points = own
        .filter((row) => row.series === series)
        .sort((a, b) => a.x - b.x)
        .map((row) => ({ x: row.x, y: inside(row.y), low: inside(row.ci_low), high: inside(row.ci_high) }));
      const banded = points.filter(({ low }) => low > 0);
      return [
        Plot.areaY(banded, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.14 }),
        Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke: colour,
          strokeWidth: 1.8,
          ...(dash === undefined ? {} : { strokeDasharray: dash }),
        }),
      ];
    });
    const chart = Plot.plot({
      document: drawingDocument(),
      width: 300,
      height: 250,
      marginLeft: 44,
      marginRight: 10,
      marginTop: 24,
      marginBottom: 36,
      x: {
        type: 'log',
        domain: [1, widest],
        label: 'waves round the circle of latitude',
        labelArrow: 'none',
        ticks: [1, 2, 5, 10, 20, 50, 100, 200, 500].filter((tick) => tick <= widest),
        tickFormat: String,
        tickSize: 0,
        grid: true,
      },
      y: {
        type: 'log',
        domain: [bottom, top * 1.5],
        label: `power, ${label}`,
        labelArrow: 'none',
        ticks: 5,
        tickFormat: powerOfTen,
        tickSize: 0,
        grid: true,
      },
      marks,
    });
    const caption = leadLabel(lead);
    return [{ caption, svg: chartText(chart, `spectra, ${caption}`, lostPower(own)) }];
  });
}

/** What the smallest scales of members have of the truth's power, in words. */
function lostPower(rows: readonly DiagramRow[]): string {
  const last = Math.max(...rows.map((row) => row.x));
  const upper = (series: string): number =>
    rows.filter((row) => row.series === series && row.x > last / 2).reduce((sum, row) => sum + row.y, 0);
  const share = upper('members') / upper('truth');
  return Number.isFinite(share)
    ? `In the finer half of the scales members have ${share.toFixed(2)} times the power of what happened.`
    : '';
}

function powerOfTen(value: number): string {
  const power = Math.log10(value);
  if (Math.abs(power - Math.round(power)) > 1e-9) return '';
  const raised = [...String(Math.round(power))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '⁻');
  return `10${raised.join('')}`;
}
