/**
 * Starts that count: those with a value. A start whose truth or members are missing has none: under policy omit where
 * nothing is left of a region, under policy propagate where anything in it is missing. The number of starts in every row
 * says how many were left.
 */
import type { StatisticGroup } from './statisticTable.js';

/** @param start position in the table */
export function isScored({ cases }: Pick<StatisticGroup, 'cases'>, start: number): boolean {
  if (!cases.has(start)) return false;
  // The error of the mean is what every kind of forecast has.
  if (cases.statistics.includes('squared_error') && Number.isNaN(cases.at(start, 'squared_error')))
    return false;
  return !cases.statistics.includes('scored') || cases.at(start, 'scored') > 0;
}
