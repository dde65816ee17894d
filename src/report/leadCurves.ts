/** Curves by lead with their confidence bands: Observable Plot on a document of its own, out as SVG text. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import { leadLabel } from './displayUnit.js';
import { escapeHtml } from './html.js';
import { leadAxis, leadUnitHours } from './leadAxis.js';
import { tickMargin, tickText } from './valueAxis.js';

/** A value at a lead with its 95 % interval, NaN where there is none: a row of scores is one. */
export interface LeadPoint {
  readonly lead_hours: number;
  readonly value: number;
  readonly ci_low: number;
  readonly ci_high: number;
}

export interface Curve {
  readonly name: string;
  /** CSS colour; a variable keeps to the page's light or dark palette. */
  readonly colour: string;
  readonly dash?: string;
  readonly rows: readonly LeadPoint[];
}

export interface CurveOptions {
  readonly label: string;
  /** Stored values × factor are drawn. */
  readonly factor: number;
  readonly zero: boolean;
  /** A level that matters (1 for a ratio), drawn across, and a band about it. */
  readonly reference?: { readonly value: number; readonly from: number; readonly to: number };
  /** A value that the axis reaches even where no curve does. */
  readonly reach?: number;
  /** Accessible description. */
  readonly description: string;
}

const size = { width: 520, height: 270, marginRight: 14, marginTop: 26, marginBottom: 36 };

let drawing: Document | undefined;

/** The document Plot draws on; nothing of it is shared between charts but itself. */
export function drawingDocument(): Document {
  drawing ??= new JSDOM('').window.document;
  return drawing;
}

/**
 * A chart as text: what Plot sets on every chart alike goes into the page's style sheet instead.
 * @param title its name for a screen reader
 * @param description what it shows, in a sentence
 */
export function chartText(chart: ReturnType<typeof Plot.plot>, title: string, description = ''): string {
  for (const style of chart.querySelectorAll('style')) style.remove();
  chart.setAttribute('class', 'chart');
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', title);
  const text = shortened(chart.outerHTML);
  if (description === '') return text;
  const inside = text.indexOf('>') + 1;
  return `${text.slice(0, inside)}<desc>${escapeHtml(description)}</desc>${text.slice(inside)}`;
}

/** Shapes closed in their tag, and places to a hundredth of a unit: a third of the page's charts, and nothing that is seen. */
function shortened(svg: string): string {
  return svg
    .replace(/><\/(?:line|path|rect|circle)>/g, '/>')
    .replace(/ (?:d|transform|[cxy][xy]?[12]?|width|height|r)="[^"]*"/g, (attribute) =>
      attribute.replace(/\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
    );
}

export function leadCurves(curves: readonly Curve[], options: CurveOptions): string {
  const { factor, reference } = options;
  const leads = [...new Set(curves.flatMap((curve) => curve.rows.map((row) => row.lead_hours)))];
  const unit = leadUnitHours(leads);
  const marks: Plot.Markish[] = [];
  if (reference) {
    const band = [{ from: reference.from, to: reference.to }];
    marks.push(
      Plot.rectY(band, { y1: 'from', y2: 'to', fill: 'currentColor', fillOpacity: 0.06 }),
      Plot.ruleY([reference.value], { stroke: 'currentColor', strokeOpacity: 0.55 }),
    );
  } else if (options.zero) marks.push(Plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.4 }));
  for (const curve of curves) {
    const points = curve.rows.map((row) => ({
      lead: row.lead_hours / unit,
      value: row.value * factor,
      low: row.ci_low * factor,
      high: row.ci_high * factor,
    }));
    const banded = points.filter((point) => Number.isFinite(point.low));
    const dash = curve.dash === undefined ? {} : { strokeDasharray: curve.dash };
    marks.push(
      Plot.areaY(banded, { x: 'lead', y1: 'low', y2: 'high', fill: curve.colour, fillOpacity: 0.14 }),
      Plot.lineY(points, { x: 'lead', y: 'value', stroke: curve.colour, strokeWidth: 2, ...dash }),
      Plot.dot(points, { x: 'lead', y: 'value', fill: curve.colour, r: 2.6 }),
    );
  }
  if (options.reach !== undefined) marks.push(Plot.ruleY([options.reach], { strokeOpacity: 0 }));
  const drawn = curves.flatMap((curve) => curve.rows.flatMap((row) => [row.value, row.ci_low, row.ci_high]));
  const chart = Plot.plot({
    document: drawingDocument(),
    ...size,
    marginLeft: tickMargin(drawn.map((value) => value * factor)),
    x: leadAxis(leads),
    y: {
      label: options.label,
      labelArrow: 'none',
      grid: true,
      zero: options.zero,
      nice: true,
      ticks: 5,
      tickSize: 0,
      tickFormat: tickText,
    },
    marks,
  });
  return chartText(chart, options.description, curves.map((curve) => said(curve, options)).join(' '));
}

/** 'ensemble: 1.2 hPa at day 1, 3.4 hPa at day 10.' */
function said({ name, rows }: Curve, { factor, label }: CurveOptions): string {
  const ends = rows.length > 1 ? [rows[0], rows[rows.length - 1]] : rows;
  const texts = ends.map((row) =>
    row === undefined
      ? ''
      : `${Number((row.value * factor).toPrecision(3))} ${label} at ${leadLabel(row.lead_hours)}`,
  );
  return `${name}: ${texts.join(', ')}.`;
}

/** Names and line samples of curves, as HTML. */
export function legend(curves: readonly Pick<Curve, 'name' | 'colour' | 'dash'>[]): string {
  const entries = curves.map(
    ({ name, colour, dash }) =>
      `<span><svg viewBox="0 0 26 8" width="26" height="8" aria-hidden="true"><line x1="1" y1="4" x2="25" y2="4" ` +
      `stroke="${colour}" stroke-width="2.4"${dash ? ` stroke-dasharray="${dash}"` : ''}/></svg>${escapeHtml(name)}</span>`,
  );
  return `<p class="legend">${entries.join('')}</p>`;
}
