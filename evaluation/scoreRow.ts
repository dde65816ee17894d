/**
 * Tidy scores: one row for each model, channel, lead, region, season, event and metric, with its 95 % interval over
 * start dates and the number of starts it rests on. The columns of scores.arrow.
 */
import type { Column, TidyTable } from '../core/store/table.js';
import { type Verdict, verdict } from './significance/verdict.js';
import { columnsOf, type RowLayout, rowsOf } from './tidyRows.js';

export type { Verdict };

export interface ScoreRow {
  readonly model: string;
  readonly variable: string;
  /** hPa, or null at the surface. */
  readonly level: number | null;
  readonly lead_hours: number;
  readonly region: string;
  /** Of the valid time: 'all', 'DJF', 'MAM', 'JJA', 'SON'. */
  readonly season: string;
  /** Threshold of the scores of an event: 'above p90', 'above 98000'; null for scores of the whole distribution. */
  readonly event: string | null;
  readonly metric: string;
  /** Unit of the variable; squared for variances; 1 for ratios, shares and skill. */
  readonly value: number;
  /** NaN where there are too few starts for an interval. */
  readonly ci_low: number;
  readonly ci_high: number;
  /**
   * Of the difference of two scores being 0, and of the slope or convexity of a rank histogram, which is 0 for a reliable
   * forecast; NaN where there are too few starts to tell; null for anything else.
   */
  readonly p_value: number | null;
  /** Number of starts. */
  readonly n: number;
}

const layout: RowLayout<ScoreRow> = {
  model: 'utf8',
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
  n: 'int32',
};

/** Columns for core/store `writeTable`. */
export function scoreColumns(rows: readonly ScoreRow[]): Column[] {
  return columnsOf(layout, rows);
}

/** @throws {PlumeError} data, when a column is missing */
export function scoreRows(table: TidyTable, name: string): ScoreRow[] {
  return rowsOf(layout, table, name);
}

/** Prefix of the metric that compares the fair CRPS of the ensemble with a reference's, start by start. */
export const differencePrefix = 'crps_difference_vs_';

/** What a paired difference of scores (ensemble less reference, smaller is better) says at the 95 % level. */
export function verdictOf({ ci_low, ci_high, p_value }: ScoreRow): Verdict {
  return verdict({ low: ci_low, high: ci_high }, p_value);
}
