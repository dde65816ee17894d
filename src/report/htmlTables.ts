/** The scores as HTML tables: the ensemble against each reference, and everything. */
import { differencePrefix, type ScoreRow, verdictOf } from '../../evaluation/scoreRow.js';
import { displayUnit, formatValue, leadLabel } from './displayUnit.js';
import { eventName, eventsOf } from './eventNames.js';
import { scrolled } from './figure.js';
import { escapeHtml } from './html.js';
import { differencesIn, modelNames } from './keySentence.js';
import { metricUnit } from './metricUnits.js';
import { metricNames, metricsIn, type ScoreGroup } from './scoreTable.js';

const marks = { better: '▲ better', worse: '▼ worse', 'no evidence': '◦ no evidence' } as const;

/** Differences of fair CRPS with intervals and what they say: leads down, references across. */
export function differenceTable(group: ScoreGroup, unit: string): string {
  const { label, factor } = displayUnit(unit);
  const metrics = differencesIn(group.rows);
  if (metrics.length === 0) return '';
  const heads = metrics.map((metric) => {
    const name = metric.slice(differencePrefix.length);
    return `<th scope="colgroup" colspan="3">less ${escapeHtml(modelNames[name] ?? name)}</th>`;
  });
  const body = group.leads.map((lead) => {
    const cells = metrics.map((metric) => {
      const row = group.rows.find((each) => each.metric === metric && each.lead_hours === lead);
      if (!row) return '<td colspan="3">–</td>';
      const size = largest(group.rows.filter((each) => each.metric === metric)) * factor;
      const verdict = verdictOf(row);
      const range = Number.isFinite(row.ci_low)
        ? `${signed(row.ci_low * factor, size)} … ${signed(row.ci_high * factor, size)}`
        : '';
      const kind = verdict.replace(' ', '-');
      return `<td>${signed(row.value * factor, size)}</td><td class="ci">${range}</td><td class="verdict ${kind}">${marks[verdict]}</td>`;
    });
    return `<tr><th scope="row">${leadLabel(lead)}</th>${cells.join('')}</tr>`;
  });
  return scrolled(
    `<table class="differences"><caption>Fair CRPS of the ensemble less that of each reference, ${label}; ` +
      'in grey the 95&nbsp;% interval of the paired difference. Below zero, the ensemble is better.</caption>' +
      `<thead><tr><th scope="col">lead</th>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`,
    'differences from the references',
  );
}

function signed(value: number, size: number): string {
  return value > 0 ? `+${formatValue(value, size)}` : formatValue(value, size);
}

/** Every metric but the ranks, leads across, with the 95 % interval beneath each value. */
export function scoreTable(group: ScoreGroup, unit: string): string {
  const bodies = metricsIn(group.rows).map((metric) => {
    const { label, factor } = metricUnit(metric, unit);
    const rows = group.rows.filter((row) => row.metric === metric);
    return metricBody(rows, group.leads, spoken(metric), label, factor);
  });
  const counts = group.leads.map((lead) => {
    const row = group.rows.find((each) => each.lead_hours === lead);
    return `<td>${row?.n ?? 0}</td>`;
  });
  const starts = `<tbody><tr class="metric"><th scope="row">start dates</th>${counts.join('')}</tr></tbody>`;
  const caption = 'Every score; in grey its 95&nbsp;% interval over start dates.';
  return leadTable(caption, group.leads, [...bodies, starts].join(''));
}

/** Scores of events, leads across. @param rows of one channel and region; empty: nothing is drawn */
export function eventTable(rows: readonly ScoreRow[], unit: string): string {
  const leads = [...new Set(rows.map((row) => row.lead_hours))].sort((a, b) => a - b);
  const bodies = eventsOf(rows).flatMap((event) => {
    const own = rows.filter((row) => row.event === event && !row.metric.startsWith(differencePrefix));
    return metricsIn(own).map((metric) => {
      const { label, factor } = metricUnit(metric, unit);
      const name = `${spoken(metric)}, ${eventName(event, unit)}`;
      return metricBody(
        own.filter((row) => row.metric === metric),
        leads,
        name,
        label,
        factor,
      );
    });
  });
  return bodies.length === 0 ? '' : leadTable('Scores of events.', leads, bodies.join(''));
}

function leadTable(caption: string, leads: readonly number[], bodies: string): string {
  const head = leads.map((lead) => `<th scope="col">${leadLabel(lead)}</th>`).join('');
  return scrolled(
    `<table class="scores"><caption>${caption}</caption><thead><tr><th scope="col">lead</th>${head}</tr></thead>${bodies}</table>`,
    'scores by lead',
  );
}

/** A metric's heading and a row for each model that has it. */
function metricBody(
  rows: readonly ScoreRow[],
  leads: readonly number[],
  name: string,
  label: string,
  factor: number,
): string {
  const models = [...new Set(rows.map((row) => row.model))];
  const lines = models.map((model) => {
    const found = leads.map((lead) => rows.find((row) => row.model === model && row.lead_hours === lead));
    const size = largest(found.filter((row) => row !== undefined)) * factor;
    const cells = found.map((row) => (row ? valueCell(row, factor, size) : '<td></td>'));
    return `<tr><th scope="row">${escapeHtml(modelNames[model] ?? model)}</th>${cells.join('')}</tr>`;
  });
  const title = `${escapeHtml(name)}${label ? ` <span class="ci">${escapeHtml(label)}</span>` : ''}`;
  return `<tbody><tr class="metric"><th scope="colgroup" colspan="${leads.length + 1}">${title}</th></tr>${lines.join('')}</tbody>`;
}

function spoken(metric: string): string {
  return metricNames[metric] ?? metric.replaceAll('_', ' ');
}

/** Largest absolute value. */
function largest(rows: readonly ScoreRow[]): number {
  return Math.max(...rows.map((row) => Math.abs(row.value)));
}

function valueCell(row: ScoreRow, factor: number, size: number): string {
  const range = Number.isFinite(row.ci_low)
    ? `<span class="ci">${formatValue(row.ci_low * factor, size)} … ${formatValue(row.ci_high * factor, size)}</span>`
    : '';
  return `<td>${formatValue(row.value * factor, size)}${range}</td>`;
}
