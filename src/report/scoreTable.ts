/** Scores as a table to read in a terminal: leads across, one block a channel and region. */
import { differencePrefix, type ScoreRow, verdictOf } from '../../evaluation/scoreRow.js';

/** What the metrics are called when people read them, in the order in which one asks for them; others follow. */
export const metricNames: Readonly<Record<string, string>> = {
  crps: 'fair CRPS',
  crps_skill_score: 'CRPS skill against climatology',
  crps_skill_vs_persistence: 'CRPS skill against persistence',
  rmse: 'RMSE of the mean',
  rmse_debiased: 'RMSE of the mean of infinitely many members',
  mse_skill_score: 'MSE skill against climatology',
  mse_skill_vs_persistence: 'MSE skill against persistence',
  mae: 'MAE of the mean',
  bias: 'bias of the mean',
  acc: 'anomaly correlation of the mean',
  spread: 'spread',
  spread_skill_ratio: 'spread–skill ratio',
  epistemic_variance: 'epistemic variance',
  aleatoric_variance: 'aleatoric variance',
  epistemic_share: 'epistemic share',
  epistemic_negative_share: 'points with B < W/J',
  epistemic_crps: 'epistemic part of the CRPS entropy',
  aleatoric_crps: 'aleatoric part of the CRPS entropy',
  epistemic_crps_share: 'epistemic share by CRPS',
  epistemic_crps_negative_share: 'points with an epistemic CRPS below 0',
  histogram_slope: 'slope of the rank histogram',
  histogram_convexity: 'convexity of the rank histogram',
  rps: 'ranked probability score',
  rps_fair: 'fair ranked probability score',
  rps_skill_score: 'RPS skill against climatology',
  ignorance: 'ignorance, bits',
  quantile_score_10: 'quantile score, 10 %',
  quantile_score_50: 'quantile score, 50 %',
  quantile_score_90: 'quantile score, 90 %',
  interval_score_80: 'interval score, 80 %',
  interval_width_80: 'width of the 80 % interval',
  coverage_80: 'coverage of the 80 % interval',
  crps_almost_fair: 'almost fair CRPS',
  crps_energy: 'CRPS of the empirical distribution',
  energy_score: 'energy score',
  energy_score_skill_score: 'energy score skill against climatology',
  variogram_score: 'variogram score',
  members: 'members',
  scored: 'share of the area scored',
  event_frequency: 'frequency of the event',
  brier: 'Brier score',
  brier_fair: 'fair Brier score',
  brier_skill_score: 'Brier skill against climatology',
  reliability: 'reliability',
  resolution: 'resolution',
  uncertainty: 'uncertainty',
  roc_area: 'area under the ROC curve',
  value_max: 'largest economic value',
  twcrps: 'threshold-weighted CRPS',
  twcrps_skill_score: 'twCRPS skill against climatology',
};

/** In reading order. */
export const metricOrder = Object.keys(metricNames);

/** Those that a terminal shows: the rest is in the file. */
const terminalMetrics = [
  'crps',
  'crps_skill_score',
  'crps_skill_vs_persistence',
  'rmse',
  'mae',
  'bias',
  'acc',
  'spread',
  'spread_skill_ratio',
  'epistemic_share',
  'epistemic_crps_share',
  'rps_skill_score',
];
/** Of every event. */
const terminalEventMetrics = ['brier_skill_score', 'roc_area'];

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
 * Text for a terminal: the usual metrics over all starts. Values in stored units; a difference of fair CRPS carries "+"
 * where the ensemble is better, "-" where it is worse, and "~" where there is no evidence either way; no sign where starts are too few to tell.
 */
export function formatScores(rows: readonly ScoreRow[]): string {
  return groupScores(rows.filter(({ season }) => season === 'all'))
    .map(formatGroup)
    .join('\n');
}

function formatGroup({ variable, level, region, leads, rows }: ScoreGroup): string {
  const channel = level === null ? variable : `${variable}${level}`;
  const lines: string[][] = [[`${channel}, region ${region}`, ...leads.map((hours) => `${hours} h`)]];
  const cells = (from: readonly ScoreRow[], show: (row: ScoreRow) => string): string[] =>
    leads.map((hours) => {
      const row = from.find(({ lead_hours }) => lead_hours === hours);
      return row ? show(row) : '';
    });
  const add = (name: string, from: readonly ScoreRow[], metric: string): void => {
    for (const model of new Set(from.map((row) => row.model))) {
      const own = from.filter((row) => row.model === model && row.metric === metric);
      if (own.length > 0) lines.push([`${name}  ${model}`, ...cells(own, (row) => plainNumber(row.value))]);
    }
  };
  const whole = rows.filter(({ event }) => event === null);
  for (const metric of metricsIn(whole))
    if (terminalMetrics.includes(metric)) add(metricNames[metric] ?? metric, whole, metric);
  for (const event of new Set(rows.map((row) => row.event))) {
    if (event === null) continue;
    const own = rows.filter((row) => row.event === event && row.model === rows[0]?.model);
    for (const metric of terminalEventMetrics) add(`${metricNames[metric] ?? metric}, ${event}`, own, metric);
  }
  const differences = [...new Set(rows.map((row) => row.metric))].filter((m) =>
    m.startsWith(differencePrefix),
  );
  for (const metric of differences) {
    const against = metric.slice(differencePrefix.length);
    const signs = { better: '+', worse: '-', 'no evidence': '~' } as const;
    const own = rows.filter((row) => row.metric === metric);
    const found = cells(own, (row) => {
      const told = Number.isFinite(row.ci_low);
      return told ? `${plainNumber(row.value)} ${signs[verdictOf(row)]}` : plainNumber(row.value);
    });
    lines.push([`fair CRPS less ${against}'s`, ...found]);
  }
  const counted = rows.filter((row) => row.model === rows[0]?.model && row.metric === 'rmse');
  lines.push(['starts', ...cells(counted, (row) => String(row.n))]);
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
