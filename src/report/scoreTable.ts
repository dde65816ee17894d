/** Scores as a table to read in a terminal: leads across, one block a channel and region. */
import { differencePrefix, type ScoreRow, verdictOf } from '../../evaluation/scoreRow.js';

/** Metrics in the order in which one asks for them; others follow, ranks are left to the report. */
export const metricOrder = [
  'crps',
  'crps_skill_score',
  'rmse',
  'mae',
  'bias',
  'spread',
  'spread_skill_ratio',
  'epistemic_variance',
  'aleatoric_variance',
  'epistemic_share',
  'epistemic_negative_share',
];

/** What the metrics are called when people read them. */
export const metricNames: Readonly<Record<string, string>> = {
  crps: 'fair CRPS',
  crps_skill_score: 'CRPS skill against climatology',
  rmse: 'RMSE of the mean',
  mae: 'MAE of the mean',
  bias: 'bias of the mean',
  spread: 'spread',
  spread_skill_ratio: 'spread–skill ratio',
  epistemic_variance: 'epistemic variance',
  aleatoric_variance: 'aleatoric variance',
  epistemic_share: 'epistemic share',
  epistemic_negative_share: 'points with B < W/J',
};

/** Rows of one channel and region. */
export interface ScoreGroup {
  readonly variable: string;
  readonly level: number | null;
  readonly region: string;
  readonly leads: readonly number[];
  readonly rows: readonly ScoreRow[];
}

export function groupScores(rows: readonly ScoreRow[]): ScoreGroup[] {
  const groups = new Map<string, ScoreRow[]>();
  for (const row of rows) {
    const key = `${row.variable}/${row.level}/${row.region}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((members) => {
    const { variable, level, region } = members[0]!;
    const leads = [...new Set(members.map((row) => row.lead_hours))].sort((a, b) => a - b);
    return { variable, level, region, leads, rows: members };
  });
}

/** Metric names of a group without ranks and differences, in reading order. */
export function metricsIn(rows: readonly ScoreRow[]): string[] {
  const found = [...new Set(rows.map((row) => row.metric))].filter(
    (metric) => !metric.startsWith('rank_') && !metric.startsWith(differencePrefix),
  );
  const place = (metric: string): number =>
    (metricOrder.indexOf(metric) + metricOrder.length + 1) % (metricOrder.length + 1);
  return found.sort((a, b) => place(a) - place(b));
}

/**
 * Text for a terminal. Values in stored units; a difference of fair CRPS carries "+" where the ensemble is
 * better, "-" where it is worse (95 %), and "~" where there is no evidence either way.
 */
export function formatScores(rows: readonly ScoreRow[]): string {
  return groupScores(rows).map(formatGroup).join('\n');
}

function formatGroup({ variable, level, region, leads, rows }: ScoreGroup): string {
  const channel = level === null ? variable : `${variable}${level}`;
  const lines: string[][] = [[`${channel}, region ${region}`, ...leads.map((hours) => `${hours} h`)]];
  const cells = (model: string, metric: string, show: (row: ScoreRow) => string): string[] =>
    leads.map((hours) => {
      const row = rows.find((r) => r.model === model && r.metric === metric && r.lead_hours === hours);
      return row ? show(row) : '';
    });
  const models = [...new Set(rows.map((row) => row.model))];
  for (const metric of metricsIn(rows)) {
    for (const model of models) {
      const found = cells(model, metric, (row) => plainNumber(row.value));
      if (found.some((cell) => cell !== ''))
        lines.push([`${metricNames[metric] ?? metric}  ${model}`, ...found]);
    }
  }
  const differences = [...new Set(rows.map((row) => row.metric))].filter((m) =>
    m.startsWith(differencePrefix),
  );
  for (const metric of differences) {
    const model = rows.find((row) => row.metric === metric)!.model;
    const against = metric.slice(differencePrefix.length);
    const signs = { better: '+', worse: '-', 'no evidence': '~' } as const;
    const found = cells(model, metric, (row) => `${plainNumber(row.value)} ${signs[verdictOf(row)]}`);
    lines.push([`fair CRPS less ${against}'s`, ...found]);
  }
  lines.push(['starts', ...cells(models[0]!, 'rmse', (row) => String(row.n))]);
  return `${aligned(lines)}\n`;
}

function plainNumber(value: number): string {
  if (Number.isNaN(value)) return 'n/a';
  const size = Math.abs(value);
  return value.toFixed(size >= 1000 ? 0 : size >= 10 ? 1 : 3);
}

/** Columns in line: the first to the left, the others to the right. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
