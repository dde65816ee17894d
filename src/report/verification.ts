/** What verification left behind, as far as a page shows it. */
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import type { ScoreMaps } from '../../evaluation/scoreMaps.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import type { ChannelUnits } from './channelUnits.js';

export interface Verification {
  readonly scores: readonly ScoreRow[];
  /** Empty where only numbers were kept. */
  readonly diagrams: readonly DiagramRow[];
  readonly maps: ScoreMaps | null;
  readonly units: ChannelUnits;
  /** Whether the world has land to draw. */
  readonly coast: boolean;
}

/** Rows of one channel. */
export function ofChannel<Row extends { readonly variable: string; readonly level: number | null }>(
  rows: readonly Row[],
  channel: { readonly variable: string; readonly level: number | null },
): Row[] {
  return rows.filter((row) => row.variable === channel.variable && row.level === channel.level);
}

/** Rows of the whole year that are of no event. */
export function plainRows<Row extends { readonly season: string; readonly event: string | null }>(
  rows: readonly Row[],
): Row[] {
  return rows.filter((row) => row.season === 'all' && row.event === null);
}

/** The forecast itself among the references: whatever model the first row names. */
export function mainModel(rows: readonly { readonly model: string }[]): string {
  return rows[0]?.model ?? '';
}

export function leadsOf(rows: readonly { readonly lead_hours: number }[]): number[] {
  return [...new Set(rows.map((row) => row.lead_hours))].sort((a, b) => a - b);
}
