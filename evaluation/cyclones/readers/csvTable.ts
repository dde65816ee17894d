/** Tables of tracks with a first line that names the columns. */
import { cells, numberedLines } from '../../delimitedText.js';
import { MalformedRow } from './skippedRows.js';
import type { FileHead, TrackSource } from './trackFormat.js';

export interface CsvRow {
  /** 'line 12' */
  readonly at: string;
  /**
   * The cell of the first of these columns that the file has; undefined where it has none.
   * @throws {MalformedRow} where the line ends before it: it was cut, or lines got mixed
   */
  cell(...names: string[]): string | undefined;
}

export interface CsvTable {
  has(column: string): boolean;
  rows(): Generator<CsvRow>;
}

/** The names in a first line, in lower case. */
function columnNames(line: string): string[] {
  return cells(line, ',').map((cell) => cell.toLowerCase());
}

/** Whether the first line names these columns, each by one of several names. */
export function namesColumns({ lines }: FileHead, ...columns: readonly string[][]): boolean {
  const names = columnNames(lines[0] ?? '');
  return columns.every((either) => either.some((name) => names.includes(name)));
}

export function csvTable(source: TrackSource): CsvTable {
  const text = source.text();
  const [head] = numberedLines(text);
  const names = columnNames(head?.line ?? '');
  const columns = new Map(names.map((name, i) => [name, i]));
  return {
    has: (column) => columns.has(column),
    *rows() {
      for (const { line, number } of numberedLines(text)) {
        if (number === head?.number) continue;
        const row = cells(line, ',');
        yield {
          at: `line ${number}`,
          cell: (...wanted) => {
            const name = wanted.find((one) => columns.has(one));
            if (name === undefined) return undefined;
            const found = row[columns.get(name)!];
            if (found !== undefined) return found;
            throw new MalformedRow(
              `the line has ${row.length} cell${row.length === 1 ? '' : 's'} and ends before "${name}"; the first line names ${names.length}`,
            );
          },
        };
      }
    },
  };
}
