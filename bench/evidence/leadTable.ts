/** Tables whose columns are leads: scores of runs, differences from the first with their verdicts. */
import type { CompareRow } from '../../evaluation/compareRow.js';
import { formatValue } from '../../src/report/displayUnit.js';
import { findRow } from './scoreRows.js';

export type LeadCell = (leadHours: number) => string;

export interface LeadLine {
  readonly title: string;
  readonly cell: LeadCell;
}

/** A table of Markdown. */
export function leadTable(title: string, leadsHours: readonly number[], lines: readonly LeadLine[]): string {
  const line = (name: string, cell: LeadCell): string => `| ${name} | ${leadsHours.map(cell).join(' | ')} |`;
  return [
    line(title, (lead) => `day ${lead / 24}`),
    `|---|${leadsHours.map(() => '---').join('|')}|`,
    ...lines.map((each) => line(each.title, each.cell)),
  ].join('\n');
}

/** Scores of one channel. */
export interface ChannelScores {
  readonly rows: readonly CompareRow[];
  readonly channel: string;
  /** From stored to shown units. */
  readonly factor: number;
}

export function valueCell(
  { rows, channel }: ChannelScores,
  run: string,
  metric: string,
  by: number,
): LeadCell {
  return (lead) => {
    const row = findRow(rows, run, channel, metric, lead);
    return row === undefined || !Number.isFinite(row.value) ? '–' : formatValue(row.value * by);
  };
}

/** Of the CRPS, from the first run. */
export function differenceCell({ rows, channel, factor }: ChannelScores, run: string): LeadCell {
  return (lead) => {
    const row = findRow(rows, run, channel, 'crps_difference', lead);
    if (row === undefined) return '–';
    const [centre, low, high] = [row.value, row.ci_low, row.ci_high].map((x) =>
      formatValue(x * factor, Math.abs(row.value * factor)),
    );
    return `${centre} [${low}, ${high}] ${row.verdict}`;
  };
}
