/**
 * Which unit a metric has: that of the variable, its square, or none. The variogram score of order ½ squares differences
 * of square roots: the unit of the variable again.
 */
import { type DisplayUnit, displayUnit, squaredUnit } from './displayUnit.js';

const without =
  /ratio|share|skill|coverage|^acc$|^brier|^reliability$|^resolution$|^uncertainty$|^roc|^value_max$|frequency|^rps|^rank_|^histogram_|^members$|^scored$|ignorance|p_value/;
const squared = /_variance$|^mse$/;

/** @param unit stored unit of the variable */
export function metricUnit(metric: string, unit: string): DisplayUnit {
  // A skill of anything is a number, its name notwithstanding.
  if (without.test(metric)) return { label: '', factor: 1 };
  if (squared.test(metric)) return squaredUnit(unit);
  return displayUnit(unit);
}
