/**
 * Which way a metric is better, for those that rank forecasts. The others (spread, frequency of an event, width of an
 * interval …) describe; bias, coverage and the spread–skill ratio are best somewhere in between, and of them only the
 * ratio is compared: by its distance from 1, |ln r|, which treats half and double alike.
 */

/** |ln r| of the spread–skill ratio r. */
export const spreadSkillDistance = 'spread_skill_distance';

const smaller: readonly string[] = [
  'crps',
  'crps_energy',
  'crps_almost_fair',
  'rmse',
  'rmse_debiased',
  'mae',
  'ignorance',
  'quantile_score_10',
  'quantile_score_50',
  'quantile_score_90',
  'interval_score_80',
  'energy_score',
  'variogram_score',
  'rps',
  'rps_fair',
  'brier',
  'brier_fair',
  'twcrps',
  'reliability',
  spreadSkillDistance,
];
const larger: readonly string[] = ['acc', 'resolution', 'roc_area', 'value_max'];

/** Scores whose skill against a reference is given: 0 at best (statistics/skillScores.ts). */
export const skillMetrics: readonly string[] = ['crps', 'mse', 'rps', 'energy_score', 'brier', 'twcrps'];

/** @returns null where neither is better */
export function betterWhen(metric: string): 'smaller' | 'larger' | null {
  if (smaller.includes(metric)) return 'smaller';
  return larger.includes(metric) ? 'larger' : null;
}
