/** How deep or windy a storm is in every member, lead by lead: a line each, the median, and the band of four members in five. */
import * as Plot from '@observablehq/plot';
import { quantileSorted } from 'simple-statistics';
import { onLeads, present } from '../../evaluation/cyclones/products/onLeads.js';
import type { Storm } from '../../evaluation/cyclones/track.js';
import { escapeHtml } from './html.js';
import { leadAxis, leadUnitHours } from './leadAxis.js';
import { chartText, drawingDocument } from './leadCurves.js';
import { tickText } from './valueAxis.js';

export const plumeSize = { width: 520, height: 300 };

/** SVG; '' where no member knows the value. @param what is shown, in hPa or m s⁻¹ */
export function intensityPlume(
  storm: Storm,
  what: 'wind' | 'pressure',
  stepHours: number,
  label: string,
): string {
  const factor = what === 'pressure' ? 0.01 : 1;
  const leads = onLeads(storm, { stepHours });
  const shown = leads.map(({ leadHours }) => leadHours);
  const unit = leadUnitHours(shown.length > 8 ? [24] : shown);
  const lines = leads.flatMap(({ leadHours, fixes }) =>
    fixes.flatMap((fix, i) => {
      const value = fix === null ? Number.NaN : factor * fix[what];
      return Number.isNaN(value) ? [] : [{ lead: leadHours / unit, value, member: storm.tracks[i]!.member }];
    }),
  );
  if (lines.length === 0) return '';
  const bands = leads.flatMap(({ leadHours, fixes }) => {
    const values = present(fixes)
      .map((fix) => factor * fix[what])
      .filter((value) => !Number.isNaN(value))
      .sort((a, b) => a - b);
    if (values.length < 5) return [];
    const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => quantileSorted(values, share));
    return [{ lead: leadHours / unit, low, middle, high }];
  });
  const ticks = shown.filter((hours) => hours % 24 === 0);
  const chart = Plot.plot({
    document: drawingDocument(),
    ...plumeSize,
    marginLeft: 46,
    marginRight: 14,
    marginTop: 26,
    marginBottom: 36,
    x: leadAxis(shown.length > 8 ? ticks : shown),
    y: {
      label: what === 'pressure' ? 'hPa' : 'm s⁻¹',
      labelArrow: 'none',
      grid: true,
      nice: true,
      ticks: 5,
      tickSize: 0,
      tickFormat: tickText,
    },
    marks: [
      Plot.areaY(bands, { x: 'lead', y1: 'low', y2: 'high', fill: 'var(--ensemble)', fillOpacity: 0.2 }),
      Plot.lineY(lines, {
        x: 'lead',
        y: 'value',
        z: 'member',
        stroke: 'var(--ensemble)',
        strokeWidth: 0.7,
        strokeOpacity: 0.45,
      }),
      Plot.lineY(bands, { x: 'lead', y: 'middle', stroke: 'var(--ensemble)', strokeWidth: 2.4 }),
    ],
  });
  return chartText(chart, escapeHtml(label));
}
