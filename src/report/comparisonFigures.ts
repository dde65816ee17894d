/** Runs in one figure: scores of one channel by lead, and paired differences from the first run. */
import { type CompareRow, compareColumns } from '../../evaluation/compareRow.js';
import { displayUnit, formatValue, leadLabel } from './displayUnit.js';
import { figure, scrolled } from './figure.js';
import { tableData, unitColumn } from './figureData.js';
import { escapeHtml } from './html.js';
import { type Curve, type CurveOptions, leadCurves, legend } from './leadCurves.js';
import { looksOf } from './modelLook.js';
import { leadsOf } from './verification.js';

interface Kind {
  readonly metric: string;
  readonly title: string;
  readonly text: string;
  /** Whether the values have the unit of the variable. */
  readonly dimensional: boolean;
  readonly options: Omit<CurveOptions, 'description' | 'label' | 'factor'>;
}

const none = { value: 0, from: 0, to: 0 };
const kinds: readonly Kind[] = [
  {
    metric: 'crps',
    title: 'Fair CRPS',
    text: 'How far the forecast distribution lies from what happened; lower is better. Bands: 95&nbsp;% over start dates.',
    dimensional: true,
    options: { zero: true },
  },
  {
    metric: 'crps_difference',
    title: 'Fair CRPS less that of the first run',
    text: 'Compared start by start: below 0 is better than the first run, beyond chance where the whole band is.',
    dimensional: true,
    options: { zero: false, reference: none },
  },
  {
    metric: 'rmse',
    title: 'RMSE of the mean',
    text: 'How far the mean of the members lies from what happened; lower is better.',
    dimensional: true,
    options: { zero: true },
  },
  {
    metric: 'spread_skill_ratio',
    title: 'Spread–skill ratio',
    text: '1 is right, below is too sure, above too cautious. Grey: 0.9 to 1.1.',
    dimensional: false,
    options: { zero: false, reference: { value: 1, from: 0.9, to: 1.1 } },
  },
  {
    metric: 'crps_skill_score',
    title: 'CRPS skill against climatology',
    text: '1 is perfect, 0 no better than climatology.',
    dimensional: false,
    options: { zero: false, reference: none },
  },
];

/**
 * @param rows of one channel, region and season, no events
 * @param runs in the order of the comparison
 * @param unit stored unit of the channel
 * @param place for the names of files: channel and region
 */
export function comparisonFigures(
  rows: readonly CompareRow[],
  runs: readonly string[],
  unit: string,
  place: string,
): string[] {
  const looks = looksOf(runs);
  return kinds.flatMap(({ metric, title, text, dimensional, options }) => {
    const curves = runs.flatMap((run): (Curve & { readonly rows: readonly CompareRow[] })[] => {
      const [look, own] = [looks.get(run), rows.filter((row) => row.run === run && row.metric === metric)];
      return look === undefined || own.length === 0 ? [] : [{ ...look, rows: own }];
    });
    if (curves.length === 0) return [];
    const scale = dimensional ? displayUnit(unit) : { label: dimensionless(metric), factor: 1 };
    const drawn = leadCurves(curves, { ...options, ...scale, description: `${title} by lead` });
    const used = curves.flatMap((curve) => curve.rows);
    const data = tableData([...compareColumns(used), unitColumn(used.length, unit)]);
    return [figure({ title, text, body: legend(curves) + drawn, data, name: `${place} ${title}` })];
  });
}

function dimensionless(metric: string): string {
  return metric.endsWith('ratio') ? 'ratio' : 'skill';
}

const marks = { better: '▲ better', worse: '▼ worse', 'no evidence': '◦ no evidence' } as const;

/** Differences of fair CRPS from the first run, leads down, runs across; HTML. */
export function comparisonTable(rows: readonly CompareRow[], unit: string): string {
  const paired = rows.filter((row) => row.metric === 'crps_difference');
  const runs = [...new Set(paired.map((row) => row.run))];
  const [first] = paired;
  if (first === undefined) return '';
  const { label, factor } = displayUnit(unit);
  const heads = runs.map((run) => `<th scope="colgroup" colspan="3">${escapeHtml(run)}</th>`).join('');
  const body = leadsOf(paired).map((lead) => {
    const cells = runs.map((run) => {
      const own = paired.filter((row) => row.run === run);
      const row = own.find((each) => each.lead_hours === lead);
      if (row === undefined) return '<td colspan="3">–</td>';
      const size = Math.max(...own.map((each) => Math.abs(each.value))) * factor;
      const [value, low, high] = [row.value, row.ci_low, row.ci_high].map((each) => {
        const text = formatValue(each * factor, size);
        return each > 0 ? `+${text}` : text;
      });
      const range = Number.isFinite(row.ci_low) ? `${low} … ${high}` : '';
      const verdict = row.verdict ?? 'no evidence';
      return `<td>${value}</td><td class="ci">${range}</td><td class="verdict ${verdict.replace(' ', '-')}">${marks[verdict]}</td>`;
    });
    return `<tr><th scope="row">${leadLabel(lead)}</th>${cells.join('')}</tr>`;
  });
  const caption =
    `Fair CRPS less that of ${escapeHtml(first.against ?? '')}, ${escapeHtml(label)}; in grey the 95&nbsp;% interval of the paired difference. ` +
    'Below zero is better.';
  return scrolled(
    `<table class="differences"><caption>${caption}</caption><thead><tr><th scope="col">lead</th>${heads}</tr></thead><tbody>${body.join('')}</tbody></table>`,
    'differences from the first run',
  );
}
