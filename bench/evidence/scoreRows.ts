/** Rows of a comparison, found by what they are of. */
import type { CompareRow } from '../../evaluation/compareRow.js';

/** 'z500' */
export function channelOf({ variable, level }: Pick<CompareRow, 'variable' | 'level'>): string {
  return `${variable}${level ?? ''}`;
}

export function findRow(
  rows: readonly CompareRow[],
  run: string,
  channel: string,
  metric: string,
  lead: number,
): CompareRow | undefined {
  return rows.find(
    (row) =>
      row.run === run &&
      row.metric === metric &&
      row.lead_hours === lead &&
      row.event === null &&
      channelOf(row) === channel,
  );
}
