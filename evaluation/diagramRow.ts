/**
 * Tidy points of diagrams: what verification has to say that is a curve or a histogram and not a number. The columns
 * of diagrams.arrow. What x, y and weight are, by diagram:
 *
 *   rank_histogram  rank of the truth among the members, 0 … M; share of cases; null
 *   pit             lower edge of the bin of F(truth); share of cases; null
 *   reliability     mean probability given in a bin; frequency of the event; share of cases in the bin (sharpness)
 *   roc             false-alarm rate; hit rate; least probability that counts as a warning
 *   value           cost–loss ratio; relative economic value; the probability that is best to act on
 *   spectrum        zonal wavenumber; power, unit of the variable squared; null
 */
import type { Column, TidyTable } from '../core/store/table.js';
import { columnsOf, type RowLayout, rowsOf } from './tidyRows.js';

export const diagrams = ['rank_histogram', 'pit', 'reliability', 'roc', 'value', 'spectrum'] as const;
export type Diagram = (typeof diagrams)[number];

export interface DiagramRow {
  readonly model: string;
  readonly variable: string;
  /** hPa, or null at the surface. */
  readonly level: number | null;
  readonly lead_hours: number;
  readonly region: string;
  readonly season: string;
  /** As in scores; null for diagrams of the whole distribution. */
  readonly event: string | null;
  readonly diagram: Diagram;
  /** Of a spectrum 'members', 'mean' or 'truth'; else ''. */
  readonly series: string;
  readonly x: number;
  readonly y: number;
  /** 95 %: of reliability and rank_histogram the range where y lies if the forecast is reliable; else of y itself. */
  readonly ci_low: number;
  readonly ci_high: number;
  readonly weight: number | null;
  /** Number of starts. */
  readonly n: number;
}

const layout: RowLayout<DiagramRow> = {
  model: 'utf8',
  variable: 'utf8',
  level: 'float64',
  lead_hours: 'int32',
  region: 'utf8',
  season: 'utf8',
  event: 'utf8',
  diagram: 'utf8',
  series: 'utf8',
  x: 'float64',
  y: 'float64',
  ci_low: 'float64',
  ci_high: 'float64',
  weight: 'float64',
  n: 'int32',
};

/** Columns for core/store `writeTable`. */
export function diagramColumns(rows: readonly DiagramRow[]): Column[] {
  return columnsOf(layout, rows);
}

/** @throws {PlumeError} data, when a column is missing */
export function diagramRows(table: TidyTable, name: string): DiagramRow[] {
  return rowsOf(layout, table, name);
}
