/** One score of lows at one lead. */
import type { TrackScoreRow } from '../../../evaluation/cyclones/verification/trackScores.js';

export function trackScoreAt(
  { rows }: { readonly rows: readonly TrackScoreRow[] },
  metric: string,
  lead: number,
): TrackScoreRow | undefined {
  return rows.find((row) => row.metric === metric && row.lead_hours === lead);
}
