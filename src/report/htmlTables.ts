/** The scores as HTML tables: the ensemble against each reference, and everything. */
import { differencePrefix, type ScoreRow, verdictOf } from '../../evaluation/scoreRow.js';
import { displayUnit, formatValue, leadLabel, squaredUnit } from './displayUnit.js';
import { escapeHtml } from './html.js';
import { differencesIn, modelNames } from './keySentence.js';
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
  return (
    `<div class="scroll"><table class="differences"><caption>Fair CRPS of the ensemble less that of each reference, ${label}; ` +
    'in grey the 95&nbsp;% interval of the paired difference. Below zero, the ensemble is better.</caption>' +
    `<thead><tr><th scope="col">lead</th>${heads.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
  );
}

function signed(value: number, size: number): string {
  return value > 0 ? `+${formatValue(value, size)}` : formatValue(value, size);
}

/** Every metric but the ranks, leads across, with the 95 % interval beneath each value. */
export function scoreTable(group: ScoreGroup, unit: string): string {
  const head = group.leads.map((lead) => `<th scope="col">${leadLabel(lead)}</th>`).join('');
  const models = [...new Set(group.rows.map((row) => row.model))];
  const bodies = metricsIn(group.rows).map((metric) => {
    const { label, factor } = unitOf(metric, unit);
    const rows = models.flatMap((model) => {
      const found = group.leads.map((lead) =>
        group.rows.find((row) => row.model === model && row.metric === metric && row.lead_hours === lead),
      );
      if (!found.some((row) => row)) return [];
      const size = largest(found.filter((row) => row !== undefined)) * factor;
      const cells = found.map((row) => (row ? valueCell(row, factor, size) : '<td></td>'));
      return [`<tr><th scope="row">${escapeHtml(modelNames[model] ?? model)}</th>${cells.join('')}</tr>`];
    });
    const title = `${escapeHtml(metricNames[metric] ?? metric)}${label ? ` <span class="ci">${label}</span>` : ''}`;
    return `<tbody><tr class="metric"><th scope="colgroup" colspan="${group.leads.length + 1}">${title}</th></tr>${rows.join('')}</tbody>`;
  });
  const counts = group.leads.map((lead) => {
    const row = group.rows.find((each) => each.lead_hours === lead);
    return `<td>${row?.n ?? 0}</td>`;
  });
  return (
    `<div class="scroll"><table class="scores"><thead><tr><th scope="col">lead</th>${head}</tr></thead>${bodies.join('')}` +
    `<tbody><tr class="metric"><th scope="row">start dates</th>${counts.join('')}</tr></tbody></table></div>`
  );
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

/** Ratios, shares and skill have no unit. */
function unitOf(metric: string, unit: string): { label: string; factor: number } {
  if (metric.endsWith('_variance')) return squaredUnit(unit);
  if (/ratio|share|skill/.test(metric)) return { label: '', factor: 1 };
  return displayUnit(unit);
}
