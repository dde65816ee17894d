/**
 * What was chosen once the weights were trained: noise scale and relaxation, each trial with its score on the validation
 * period, and the calibrated scores by lead.
 */
import * as Plot from '@observablehq/plot';
import type { TrainingAccount } from '../training/trainingAccount.js';
import { displayUnit } from './displayUnit.js';
import { figure } from './figure.js';
import { tableData } from './figureData.js';
import { chartText, drawingDocument, type LeadPoint, leadCurves } from './leadCurves.js';
import { tickMargin, tickText } from './valueAxis.js';

/** HTML; empty before the calibration, and of records that do not hold it. */
export function calibrationFigures(account: TrainingAccount): string {
  const parts = [trialFigure(account), leadFigure(account, 'crps'), leadFigure(account, 'spread')];
  const body = parts.join('');
  return body === '' ? '' : `<div class="charts">${body}</div>`;
}

/** Unit of recorded CRPS: that of a single channel, else of each channel's scale. */
export function recordedUnit({ channels }: TrainingAccount): {
  readonly label: string;
  readonly factor: number;
} {
  const [only, another] = channels;
  return only !== undefined && another === undefined
    ? displayUnit(only.unit)
    : { label: 'of each channel’s scale', factor: 1 };
}

/** Geometric mean over leads: what trials are compared by. */
function meanOverLeads(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function trialFigure(account: TrainingAccount): string {
  const { record } = account.training;
  const trials = record.calibration_trials ?? [];
  if (trials.length === 0) return '';
  const { label, factor } = recordedUnit(account);
  const points = trials.map(({ noise, relaxation, fair_crps, spread_skill_ratio }, i) => ({
    ...{
      noise,
      relaxation,
      crps: factor * meanOverLeads(fair_crps),
      ratio: meanOverLeads(spread_skill_ratio),
    },
    name: `× ${Number(noise.toPrecision(3))}`,
    // trials of one relaxation lie close together: the last of them is named
    named: !trials.slice(i + 1).some((later) => later.relaxation === relaxation),
    // the last trial is the chosen pair with its noise matched once more
    chosen: i === trials.length - 1,
  }));
  const title = 'Noise and relaxation that were tried';
  const widest = Math.max(...points.map(({ relaxation }) => relaxation), 0.01);
  const chart = Plot.plot({
    document: drawingDocument(),
    ...{ width: 520, height: 270, marginRight: 50, marginTop: 28, marginBottom: 36 },
    marginLeft: tickMargin(points.map(({ crps }) => crps)),
    x: {
      domain: [-0.05 * widest, 1.1 * widest],
      label: 'relaxation γ, share of the anomaly given up each step',
      labelArrow: 'none',
      tickSize: 0,
      ticks: [...new Set(points.map(({ relaxation }) => relaxation))],
      tickFormat: tickText,
    },
    y: {
      label: `fair CRPS, ${label}`,
      labelArrow: 'none',
      grid: true,
      tickSize: 0,
      ticks: 5,
      nice: true,
      tickFormat: tickText,
    },
    marks: [
      Plot.dot(points, {
        filter: 'chosen',
        ...{ x: 'relaxation', y: 'crps', r: 8, stroke: 'var(--truth)', strokeWidth: 2 },
      }),
      Plot.dot(points, { x: 'relaxation', y: 'crps', r: 3.5, fill: 'var(--ensemble)' }),
      Plot.text(points, {
        filter: 'named',
        ...{ x: 'relaxation', y: 'crps', text: 'name', textAnchor: 'start', dx: 12 },
        ...{ fill: 'currentColor', fillOpacity: 0.75 },
      }),
    ],
  });
  const chosen = points.at(-1);
  return figure({
    title,
    text:
      'Each dot is a trial on the validation period, the last of each relaxation with its factor on the noise; its CRPS is the geometric mean ' +
      'over leads. For each relaxation the noise is set so that spread matches error; ringed: what was chosen.',
    body: chartText(
      chart,
      title,
      chosen === undefined ? '' : `Chosen: noise ${chosen.name}, relaxation ${chosen.relaxation}.`,
    ),
    data: tableData(
      ['noise', 'relaxation', 'crps', 'ratio'].map((name) => ({
        name: { crps: 'fair_crps', ratio: 'spread_skill_ratio' }[name] ?? name,
        type: 'float64' as const,
        values: points.map((point) =>
          name === 'crps' ? point.crps / factor : (point[name as 'noise'] as number),
        ),
      })),
    ),
    name: 'calibration-trials',
  });
}

function leadFigure(account: TrainingAccount, kind: 'crps' | 'spread'): string {
  const { record } = account.training;
  const values = kind === 'crps' ? record.validation_fair_crps : record.validation_spread_skill_ratio;
  if (values === undefined || values.length === 0) return '';
  const unit = recordedUnit(account);
  const { label, factor } = kind === 'crps' ? unit : { label: '', factor: 1 };
  const rows: LeadPoint[] = values.map((value, i) => ({
    lead_hours: (i + 1) * account.step_hours,
    ...{ value, ci_low: Number.NaN, ci_high: Number.NaN },
  }));
  const title = kind === 'crps' ? 'Calibrated fair CRPS by lead' : 'Calibrated spread–skill ratio by lead';
  return figure({
    title,
    text:
      kind === 'crps'
        ? 'On the validation period, with the noise and relaxation that were chosen on it: somewhat better than on other years.'
        : '1: spread tells the truth; grey, within 5&nbsp;%. Its geometric mean over leads is 1 by choice of the noise: what is left to see is its shape.',
    body: leadCurves([{ name: 'validation', colour: 'var(--ensemble)', rows }], {
      label,
      factor,
      zero: kind === 'crps',
      ...(kind === 'crps' ? {} : { reference: { value: 1, from: 0.95, to: 1.05 }, reach: 0.9 }),
      description: title,
    }),
    data: tableData([
      { name: 'lead_hours', type: 'float64', values: rows.map(({ lead_hours }) => lead_hours) },
      { name: kind === 'crps' ? 'fair_crps' : 'spread_skill_ratio', type: 'float64', values },
    ]),
    name: kind === 'crps' ? 'calibrated-crps' : 'calibrated-spread-skill',
  });
}
