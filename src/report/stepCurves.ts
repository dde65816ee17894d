/** Curves by step of training: Observable Plot on a document of its own, out as SVG text. */
import * as Plot from '@observablehq/plot';
import { chartText, drawingDocument } from './leadCurves.js';
import { tickMargin, tickText } from './valueAxis.js';

export interface StepPoint {
  readonly step: number;
  /** NaN or infinite where there is none: the line is broken there. */
  readonly value: number;
}

export interface StepCurve {
  /** CSS colour. */
  readonly colour: string;
  readonly dash?: string;
  /** Behind: thin and pale. Front: with a dot at every point. Line: without. */
  readonly kind: 'behind' | 'front' | 'line';
  readonly points: readonly StepPoint[];
  /** Point that is ringed. */
  readonly kept?: StepPoint;
}

export interface StepCurveOptions {
  readonly label: string;
  /** Steps of the whole axis. */
  readonly steps: number;
  /** First steps of phases after the first, with what begins there. */
  readonly phases?: readonly { readonly step: number; readonly text: string }[];
  /** A level that matters, drawn across, and a band about it. */
  readonly reference?: { readonly value: number; readonly from: number; readonly to: number };
  /** Axis from zero. */
  readonly zero?: boolean;
  /** Values above are cut off: the first steps of a training lie far above the rest. */
  readonly top?: number;
  readonly title: string;
  /** What it shows, in a sentence, for screen readers. */
  readonly description: string;
}

const size = { width: 520, height: 270, marginRight: 24, marginTop: 34, marginBottom: 36 };

export function stepCurves(curves: readonly StepCurve[], options: StepCurveOptions): string {
  const { reference, phases = [], top = Number.POSITIVE_INFINITY } = options;
  const drawn = curves.flatMap(({ points }) =>
    points.map(({ value }) => value).filter((value) => Number.isFinite(value) && value <= top),
  );
  const all = reference === undefined ? drawn : [...drawn, reference.from, reference.to];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const domain = options.zero ? [Math.min(0, low), high] : [low, high];
  const marks: Plot.Markish[] = [];
  if (reference) {
    marks.push(
      Plot.rectY([reference], { y1: 'from', y2: 'to', fill: 'currentColor', fillOpacity: 0.06 }),
      Plot.ruleY([reference.value], { stroke: 'currentColor', strokeOpacity: 0.55 }),
    );
  }
  marks.push(
    Plot.ruleX(phases, { x: 'step', stroke: 'currentColor', strokeOpacity: 0.35, strokeDasharray: '2,3' }),
    Plot.text(phases, {
      ...{ x: 'step', text: 'text', frameAnchor: 'top', textAnchor: 'start', dx: 3, dy: -13 },
      ...{ fill: 'currentColor', fillOpacity: 0.7 },
    }),
  );
  for (const { points, colour, kind, dash } of [...curves].sort((a, b) => order(a) - order(b))) {
    const line = { x: 'step', y: 'value', stroke: colour, clip: true as const };
    const dashes = dash === undefined ? {} : { strokeDasharray: dash };
    if (kind === 'behind') {
      marks.push(Plot.line(points, { ...line, strokeWidth: 1.2, strokeOpacity: 0.6 }));
    } else {
      marks.push(
        Plot.line(points, { ...line, strokeWidth: 1.8, ...dashes }),
        ...(kind === 'line' ? [] : [Plot.dot(points, { x: 'step', y: 'value', fill: colour, r: 2.2 })]),
      );
    }
  }
  for (const { kept, colour } of curves) {
    if (kept === undefined) continue;
    marks.push(
      Plot.dot([kept], { x: 'step', y: 'value', stroke: colour, strokeWidth: 2, fill: 'var(--card)', r: 5 }),
    );
  }
  const chart = Plot.plot({
    document: drawingDocument(),
    ...size,
    marginLeft: tickMargin(all),
    x: {
      domain: [0, options.steps],
      label: 'step',
      labelArrow: 'none',
      ticks: 5,
      tickSize: 0,
      tickFormat: tickText,
    },
    y: {
      ...{ domain, nice: true, label: options.label, labelArrow: 'none', grid: true },
      ...{ ticks: 5, tickSize: 0, tickFormat: tickText },
    },
    marks,
  });
  return chartText(chart, options.title, options.description);
}

function order({ kind }: StepCurve): number {
  return kind === 'behind' ? 0 : 1;
}
