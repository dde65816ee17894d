/**
 * Tidy scores: one row for each model, channel, lead, region and metric, with its 95 % interval over start
 * dates and the number of starts it rests on. The columns of scores.arrow.
 */

import { dataError } from '../core/errors.js';
import type { Column, TidyTable } from '../core/store/table.js';

export interface ScoreRow {
  readonly model: string;
  readonly variable: string;
  /** hPa, or null at the surface. */
  readonly level: number | null;
  readonly lead_hours: number;
  readonly region: string;
  readonly metric: string;
  /** Unit of the variable; squared for variances; 1 for ratios, shares and skill. */
  readonly value: number;
  /** NaN where there are too few starts for an interval. */
  readonly ci_low: number;
  readonly ci_high: number;
  /** Number of starts. */
  readonly n: number;
}

/** Columns for core/store `writeTable`. */
export function scoreColumns(rows: readonly ScoreRow[]): Column[] {
  const text = (name: 'model' | 'variable' | 'region' | 'metric'): Column => ({
    name,
    type: 'utf8',
    values: rows.map((row) => row[name]),
  });
  const number = (name: 'level' | 'value' | 'ci_low' | 'ci_high'): Column => ({
    name,
    type: 'float64',
    values: rows.map((row) => row[name]),
  });
  const whole = (name: 'lead_hours' | 'n'): Column => ({
    name,
    type: 'int32',
    values: rows.map((row) => row[name]),
  });
  return [
    text('model'),
    text('variable'),
    number('level'),
    whole('lead_hours'),
    text('region'),
    text('metric'),
    number('value'),
    number('ci_low'),
    number('ci_high'),
    whole('n'),
  ];
}

/**
 * Rows back from a table.
 * @throws {PlumeError} data, when a column is missing
 */
export function scoreRows(table: TidyTable, name: string): ScoreRow[] {
  const values = (column: keyof ScoreRow): ArrayLike<string | number | null> => {
    const found = table.columns.find((each) => each.name === column);
    if (!found) throw dataError(`${name} has no column "${column}"; make it again with plume verify`);
    return found.values;
  };
  const columns = {
    model: values('model'),
    variable: values('variable'),
    level: values('level'),
    lead_hours: values('lead_hours'),
    region: values('region'),
    metric: values('metric'),
    value: values('value'),
    ci_low: values('ci_low'),
    ci_high: values('ci_high'),
    n: values('n'),
  };
  return Array.from({ length: columns.model.length }, (_, i) => ({
    model: String(columns.model[i]),
    variable: String(columns.variable[i]),
    level: columns.level[i] === null ? null : Number(columns.level[i]),
    lead_hours: Number(columns.lead_hours[i]),
    region: String(columns.region[i]),
    metric: String(columns.metric[i]),
    value: Number(columns.value[i]),
    ci_low: Number(columns.ci_low[i]),
    ci_high: Number(columns.ci_high[i]),
    n: Number(columns.n[i]),
  }));
}

export type Verdict = 'better' | 'worse' | 'no evidence';

/** Prefix of the metric that compares the fair CRPS of the ensemble with a reference's, start by start. */
export const differencePrefix = 'crps_difference_vs_';

/** What a paired difference of scores (ensemble less reference, smaller is better) says at the 95 % level. */
export function verdictOf(difference: ScoreRow): Verdict {
  if (difference.ci_high < 0) return 'better';
  if (difference.ci_low > 0) return 'worse';
  return 'no evidence';
}
