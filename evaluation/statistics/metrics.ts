/**
 * Metrics: what people read, each a function of the means of statistics over cases; roots and ratios are taken last.
 * Statistics that a model does not have (no spread of a single field, no two variances without a nested design) make
 * no metric. With m(·) the mean over cases and M the number of members:
 *
 *   crps …               m of the statistic; of a single field the mean absolute error, which is its CRPS
 *   rmse                 √m(squared_error)                     bias, mae   m(error), m(absolute_error)
 *   rmse_debiased        √(m(squared_error) − m(variance)/M)   what the mean of infinitely many members would have
 *   acc                  m(product of anomalies) / √(m(forecast anomaly²) m(truth anomaly²))
 *   spread               √m(variance)
 *   spread_skill_ratio   √((M + 1)/M) spread/rmse (scores/spreadSkill.ts)
 *   epistemic_variance   max(0, m(epistemic)): cut at 0 after averaging, or noise around 0 would count as variance
 *   epistemic_share      of epistemic and aleatoric variance together
 *   epistemic_crps, epistemic_crps_share   likewise of the sources of the CRPS entropy, which add up to what the fair CRPS
 *                        of a perfect ensemble averages to
 *   rps, rps_fair        Σ m(brier), Σ m(brier_fair) over the events: ranked probability score of the categories
 *                        between the thresholds (Epstein 1969), not divided by their number
 *   uncertainty          f(1 − f), f = event_frequency = m(event)
 *
 * Those of curves are in curveMetrics.ts.
 */
import { anomalyCorrelation } from '../scores/anomalyCorrelation.js';
import { debiasedMeanSquaredError, spreadSkillRatio } from '../scores/spreadSkill.js';
import type { OfMeans } from '../significance/blockBootstrap.js';
import { curveMetricsOf } from './curveMetrics.js';
import type { Metric } from './metric.js';
import { columnsOfStatistics, rankedEvents } from './statisticColumns.js';

export type { Metric } from './metric.js';

/** Statistics every model has: area means of the score and of the error of the mean. */
export const meanStatistics = ['crps', 'squared_error', 'error', 'absolute_error'] as const;

/** Statistics whose mean is the metric, and what the metric is called; in reading order. */
const plainMetrics: Readonly<Record<string, string>> = {
  crps_energy: 'crps_energy',
  crps_almost_fair: 'crps_almost_fair',
  error: 'bias',
  absolute_error: 'mae',
  ignorance: 'ignorance',
  quantile_score_10: 'quantile_score_10',
  quantile_score_50: 'quantile_score_50',
  quantile_score_90: 'quantile_score_90',
  interval_score_80: 'interval_score_80',
  interval_width_80: 'interval_width_80',
  coverage_80: 'coverage_80',
  energy_score: 'energy_score',
  variogram_score: 'variogram_score',
  members: 'members',
  scored: 'scored',
  aleatoric: 'aleatoric_variance',
  epistemic_negative: 'epistemic_negative_share',
  aleatoric_crps: 'aleatoric_crps',
  epistemic_crps_negative: 'epistemic_crps_negative_share',
};

const plainEventMetrics: Readonly<Record<string, string>> = {
  brier: 'brier',
  brier_fair: 'brier_fair',
  twcrps: 'twcrps',
  event: 'event_frequency',
};

/** 'rank_00' … 'rank_48': share of cases with that many members below the truth. */
export function rankName(rank: number, memberCount: number): string {
  return `rank_${String(rank).padStart(Math.max(2, String(memberCount).length), '0')}`;
}

/**
 * Every metric there is to be had.
 * @param statistics names of the columns that means come in
 * @param memberCount for the spread–skill ratio; Infinity for a distribution in closed form
 */
export function metricsOf(statistics: readonly string[], memberCount: number): Metric[] {
  return [...singleMetricsOf(statistics, memberCount), ...curveMetricsOf(statistics)];
}

/** Those that are made of a few columns (statisticColumns.ts, singleStatistics). */
export function singleMetricsOf(statistics: readonly string[], memberCount: number): Metric[] {
  const { plain, events } = columnsOfStatistics(statistics);
  const metrics: Metric[] = [];
  /** Adds the metric where all its statistics are there. */
  const add = (name: string, needs: readonly string[], of: (...means: number[]) => number): void => {
    const columns = needs.map((need) => plain.get(need) ?? -1);
    if (columns.includes(-1)) return;
    metrics.push({ name, event: null, of: ofColumns(of, columns) });
  };
  const itself = (mean: number): number => mean;
  const pointForecast = memberCount === 1 && !plain.has('crps');
  add('crps', [pointForecast ? 'absolute_error' : 'crps'], itself);
  add('rmse', ['squared_error'], Math.sqrt);
  if (memberCount > 1 && Number.isFinite(memberCount)) {
    add('rmse_debiased', ['squared_error', 'variance'], (squared, variance) =>
      Math.sqrt(debiasedMeanSquaredError(squared, variance, memberCount)),
    );
  }
  add(
    'acc',
    ['forecast_anomaly_product', 'forecast_anomaly_squared', 'truth_anomaly_squared'],
    anomalyCorrelation,
  );
  add('spread', ['variance'], Math.sqrt);
  add('spread_skill_ratio', ['variance', 'squared_error'], (variance, squared) =>
    ratio(variance, squared, memberCount),
  );
  for (const [statistic, name] of Object.entries(plainMetrics)) add(name, [statistic], itself);
  const cut = (estimate: number): number => Math.max(0, estimate);
  const share = (epistemic: number, aleatoric: number): number =>
    cut(epistemic) / (cut(epistemic) + aleatoric);
  add('epistemic_variance', ['epistemic'], cut);
  add('epistemic_share', ['epistemic', 'aleatoric'], share);
  add('epistemic_crps', ['epistemic_crps'], cut);
  add('epistemic_crps_share', ['epistemic_crps', 'aleatoric_crps'], share);

  const ranked = rankedEvents(events);
  for (const [statistic, name] of [
    ['brier', 'rps'],
    ['brier_fair', 'rps_fair'],
  ] as const) {
    const columns = ranked.map((event) => event.plain.get(statistic) ?? -1);
    if (columns.length === 0 || columns.includes(-1)) continue;
    metrics.push({ name, event: null, of: (means) => columns.reduce((sum, c) => sum + means[c]!, 0) });
  }
  for (const event of events) {
    for (const [statistic, name] of Object.entries(plainEventMetrics)) {
      const column = event.plain.get(statistic);
      if (column !== undefined) metrics.push({ name, event: event.label, of: (means) => means[column]! });
    }
    const frequency = event.plain.get('event');
    if (frequency !== undefined) {
      const of: OfMeans = (means) => means[frequency]! * (1 - means[frequency]!);
      metrics.push({ name: 'uncertainty', event: event.label, of });
    }
  }
  return metrics;
}

/** Asked a thousand times a metric: no list is made for up to three columns. */
function ofColumns(of: (...means: number[]) => number, columns: readonly number[]): OfMeans {
  const [a = 0, b = 0, c = 0] = columns;
  switch (columns.length) {
    case 1:
      return (means) => of(means[a]!);
    case 2:
      return (means) => of(means[a]!, means[b]!);
    case 3:
      return (means) => of(means[a]!, means[b]!, means[c]!);
    default:
      return (means) => of(...columns.map((column) => means[column]!));
  }
}

function ratio(variance: number, squaredError: number, memberCount: number): number {
  return Number.isFinite(memberCount)
    ? spreadSkillRatio(variance, squaredError, memberCount)
    : Math.sqrt(variance / squaredError);
}
