/**
 * Rows of a tidy table as plain objects, and the columns they are stored in: one declaration of names and types
 * serves writing and reading, so that the two cannot part ways.
 */
import { dataError } from '../core/errors.js';
import type { Column, TidyTable } from '../core/store/table.js';

export type ColumnType = Column['type'];

type Cell = string | number | null;

/** Names and types of the columns of rows R, in the order of the file. */
export type RowLayout<R> = Readonly<Record<keyof R & string, ColumnType>>;

/** Columns for core/store `writeTable`. */
export function columnsOf<R>(layout: RowLayout<R>, rows: readonly R[]): Column[] {
  return Object.entries<ColumnType>(layout).map(([name, type]) => {
    const values = rows.map((row) => row[name as keyof R] as Cell);
    return { name, type, values } as Column;
  });
}

/**
 * Rows back from a table.
 * @param name of the table, in messages
 * @throws {PlumeError} data, when a column is missing
 */
export function rowsOf<R>(layout: RowLayout<R>, table: TidyTable, name: string): R[] {
  const columns = Object.keys(layout).map((column) => {
    const found = table.columns.find((each) => each.name === column);
    if (!found) throw dataError(`${name} has no column "${column}"; make it again with plume verify`);
    return [column, found.values] as const;
  });
  const count = columns[0]?.[1].length ?? 0;
  return Array.from(
    { length: count },
    (_, i) => Object.fromEntries(columns.map(([column, values]) => [column, values[i] ?? null])) as R,
  );
}
