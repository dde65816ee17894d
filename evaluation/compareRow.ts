/**
 * Tidy rows of a comparison of runs: one row for each run (or reference), channel, lead, region, season, event and
 * metric, with its 95 % interval over start dates. All rest on the starts that everything compared has; rows with
 * `against` compare a run with the first one. The columns of compare.arrow. Metrics of a run alone are those of
 * verification (statistics/metrics.ts), and against climatology, where that is among the references,
 *
 *   crps_skill_score, mse_skill_score …   1 − score / score of climatology (significance/orientation.ts says of which)
 *
 * What a run is beside the first run, a:
 *
 *   crps_difference, rmse_difference …    score of the run less that of a, of every metric that is better when smaller
 *   acc_difference …                      likewise of those that are better when larger
 *   spread_skill_distance_difference      |ln r| − |ln r_a| of the spread–skill ratios: negative is nearer to 1
 *   crps_skill_ratio                      CRPS skill against climatology of the run over that of a: above 1 is better
 */
import type { Column, TidyTable } from '../core/store/table.js';
import type { Verdict } from './scoreRow.js';
import { columnsOf, type RowLayout, rowsOf } from './tidyRows.js';

export interface CompareRow {
  readonly run: string;
  /** The first run, or null where the row is a score of the run alone. */
  readonly against: string | null;
  readonly variable: string;
  /** hPa, or null at the surface. */
  readonly level: number | null;
  readonly lead_hours: number;
  readonly region: string;
  /** Of the valid time: 'all', 'DJF', 'MAM', 'JJA', 'SON'. */
  readonly season: string;
  /** Threshold of the scores of an event; null for scores of the whole distribution. */
  readonly event: string | null;
  readonly metric: string;
  /** Unit of the variable; 1 for ratios and skill. */
  readonly value: number;
  /** NaN where there are too few starts for an interval. */
  readonly ci_low: number;
  readonly ci_high: number;
  /** Of no difference; null where the row is a score of the run alone. */
  readonly p_value: number | null;
  /** Null where the row is a score of the run alone. */
  readonly verdict: Verdict | null;
  /** Number of starts. */
  readonly n: number;
}

const layout: RowLayout<CompareRow> = {
  run: 'utf8',
  against: 'utf8',
  variable: 'utf8',
  level: 'float64',
  lead_hours: 'int32',
  region: 'utf8',
  season: 'utf8',
  event: 'utf8',
  metric: 'utf8',
  value: 'float64',
  ci_low: 'float64',
  ci_high: 'float64',
  p_value: 'float64',
  verdict: 'utf8',
  n: 'int32',
};

/** Columns for core/store `writeTable`. */
export function compareColumns(rows: readonly CompareRow[]): Column[] {
  return columnsOf(layout, rows);
}

/** @throws {PlumeError} data, when a column is missing */
export function compareRows(table: TidyTable, name: string): CompareRow[] {
  return rowsOf(layout, table, name);
}
