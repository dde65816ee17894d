/**
 * The data behind a figure, inside the page: links that save exactly what is drawn as an Arrow file or as CSV, from
 * data: addresses, so that the page needs neither a network nor the run beside it.
 */
import { type Column, encodeTable } from '../../core/store/table.js';
import { type DiagramRow, diagramColumns } from '../../evaluation/diagramRow.js';
import { type ScoreRow, scoreColumns } from '../../evaluation/scoreRow.js';
import { csvText } from './csvText.js';
import { escapeHtml } from './html.js';

export interface FigureData {
  readonly arrow: Uint8Array;
  readonly csv: string;
  /** How it differs from what is drawn, where it does. */
  readonly note?: string;
}

/** Rows of a table, with metadata for the Arrow file. */
export function tableData(
  columns: readonly Column[],
  metadata: Readonly<Record<string, string>> = {},
): FigureData {
  return { arrow: encodeTable(columns, metadata), csv: csvText(columns) };
}

/** Rows of scores as drawn, in stored units. @param unit of the variable */
export function scoreData(rows: readonly ScoreRow[], unit: string): FigureData {
  return tableData([...scoreColumns(rows), unitColumn(rows.length, unit)]);
}

export function diagramData(rows: readonly DiagramRow[], unit: string): FigureData {
  return tableData([...diagramColumns(rows), unitColumn(rows.length, unit)]);
}

/** Of the variable: a column that says it in every row survives what metadata do not. */
export function unitColumn(rows: number, unit: string): Column {
  return { name: 'variable_unit', type: 'utf8', values: Array.from({ length: rows }, () => unit) };
}

/**
 * @param name of the files that a reader saves, without an ending
 * @param title what screen readers call the figure
 * @param label what the links are called on the page
 */
export function dataLinks(
  { arrow, csv, note }: FigureData,
  name: string,
  title: string,
  label = 'data',
): string {
  const file = fileName(name);
  const link = (kind: string, ending: string, href: string): string =>
    `<a download="${file}.${ending}" aria-label="${escapeHtml(`${title}: data as ${kind}`)}" href="${href}">${kind}</a>`;
  const arrowHref = `data:application/vnd.apache.arrow.file;base64,${Buffer.from(arrow).toString('base64')}`;
  return `<p class="data">${label}: ${link('Arrow', 'arrow', arrowHref)}, ${link('CSV', 'csv', `data:text/csv;charset=utf-8,${escapedUri(csv)}`)}${note === undefined ? '' : ` (${note})`}</p>`;
}

/** Only what an address or an attribute cannot hold is escaped: a third smaller than escaping everything. */
function escapedUri(text: string): string {
  return text.replace(/[^\x21\x24\x28-\x3b\x3d\x3f-\x7e]/gu, (character) =>
    encodeURIComponent(character).replaceAll("'", '%27'),
  );
}

function fileName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '');
}
