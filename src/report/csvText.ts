/**
 * Columns of a tidy table as comma-separated text (RFC 4180): nulls are empty, NaN says NaN, times are ISO 8601, numbers
 * have nine significant digits.
 */
import type { Column } from '../../core/store/table.js';

/** A header line and one line a row, each ended by a line feed. */
export function csvText(columns: readonly Column[]): string {
  const rows = columns[0]?.values.length ?? 0;
  const lines = [columns.map(({ name }) => quoted(name)).join(',')];
  for (let row = 0; row < rows; row++) lines.push(columns.map((column) => cell(column, row)).join(','));
  return `${lines.join('\n')}\n`;
}

function cell(column: Column, row: number): string {
  const value = column.values[row] ?? null;
  if (value === null) return '';
  if (typeof value === 'string') return quoted(value);
  return column.type === 'timestamp' ? new Date(value).toISOString() : String(Number(value.toPrecision(9)));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
