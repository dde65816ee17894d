/**
 * Metrics: what people read, each a function of the means of statistics over cases. Statistics that a model
 * does not have (no spread of a single field, no two variances without a nested design) make no metric.
 */

import { spreadSkillRatio } from '../scores/spreadSkill.js';
import type { OfMeans } from '../significance/blockBootstrap.js';

export interface Metric {
  readonly name: string;
  readonly of: OfMeans;
}

/** Statistics every model has: area means of the score and of the error of the mean. */
export const meanStatistics = ['crps', 'squared_error', 'error', 'absolute_error'] as const;

/** 'rank_00' … 'rank_48': share of cases with that many members below the truth. */
export function rankName(rank: number, memberCount: number): string {
  return `rank_${String(rank).padStart(Math.max(2, String(memberCount).length), '0')}`;
}

/**
 * @param statistics names of the columns that means come in
 * @param memberCount for the spread–skill ratio; Infinity for a distribution in closed form
 */
export function metricsOf(statistics: readonly string[], memberCount: number): Metric[] {
  const column = (name: string): number => statistics.indexOf(name);
  const plain = (name: string, statistic = name): Metric => ({
    name,
    of: (means) => means[column(statistic)]!,
  });
  const rootOf = (name: string, statistic: string): Metric => ({
    name,
    of: (means) => Math.sqrt(means[column(statistic)]!),
  });
  const metrics: Metric[] = [];
  if (column('crps') >= 0) metrics.push(plain('crps'));
  metrics.push(rootOf('rmse', 'squared_error'), plain('bias', 'error'), plain('mae', 'absolute_error'));
  if (column('variance') >= 0) {
    metrics.push(rootOf('spread', 'variance'), {
      name: 'spread_skill_ratio',
      of: (means) => ratio(means[column('variance')]!, means[column('squared_error')]!, memberCount),
    });
  }
  if (column('epistemic') >= 0) {
    // The cut at 0 comes after the averaging: before it, noise around 0 would count as epistemic variance.
    const epistemic: OfMeans = (means) => Math.max(0, means[column('epistemic')]!);
    metrics.push(
      { name: 'epistemic_variance', of: epistemic },
      plain('aleatoric_variance', 'aleatoric'),
      {
        name: 'epistemic_share',
        of: (means) => epistemic(means) / (epistemic(means) + means[column('aleatoric')]!),
      },
      plain('epistemic_negative_share', 'epistemic_negative'),
    );
  }
  for (const name of statistics) if (name.startsWith('rank_')) metrics.push(plain(name));
  return metrics;
}

function ratio(variance: number, squaredError: number, memberCount: number): number {
  return Number.isFinite(memberCount)
    ? spreadSkillRatio(variance, squaredError, memberCount)
    : Math.sqrt(variance / squaredError);
}
