/**
 * Forecasts of cyclones against best tracks: each member's tracks are matched with the best tracks that are there while the
 * forecast runs, scored lead by lead, and counted.
 */
import { dataError } from '../../core/errors.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { type MatchingOptions, stormsByReference } from '../../evaluation/cyclones/storms.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import { countsByLead, type LeadCounts } from '../../evaluation/cyclones/verification/countsByLead.js';
import { type StormCase, stormCases } from '../../evaluation/cyclones/verification/stormCase.js';
import { addCounts } from '../../evaluation/cyclones/verification/stormCounts.js';
import { type TrackScoreRow, trackScores } from '../../evaluation/cyclones/verification/trackScores.js';
import type { CycloneForecast } from './cycloneForecast.js';
import { spanOf } from './timeSpan.js';

export interface TrackVerification {
  /** Best tracks that were looked for, with the members that have them. */
  readonly storms: readonly {
    readonly start: string;
    readonly id: string;
    readonly name: string | null;
    readonly members: number;
    readonly asked: number;
  }[];
  /** Over all starts and storms. */
  readonly scores: readonly TrackScoreRow[];
  readonly counts: readonly LeadCounts[];
  /** Hours between the leads scored. */
  readonly stepHours: number;
}

/** Best tracks have a fix every six hours. */
const bestStepHours = 6;

/** @throws {PlumeError} data, when no best track is there while any of the forecasts runs */
export function verifyTracks(
  forecasts: readonly CycloneForecast[],
  best: readonly Track[],
  { limitKm }: { readonly limitKm: number | undefined },
): TrackVerification {
  const matching: MatchingOptions = limitKm === undefined ? {} : { limitKm };
  const stepHours = forecasts.reduce((most, each) => Math.max(most, each.stepHours), bestStepHours);
  const storms: TrackVerification['storms'][number][] = [];
  const cases: StormCase[] = [];
  const counts = new Map<number, LeadCounts>();
  for (const { start, ensemble, fromHours, untilHours } of forecasts) {
    const leads = { fromHours, untilHours, stepHours };
    const end = start + untilHours * millisecondsPerHour;
    const there = best.filter(({ fixes }) => fixes.some(({ time }) => time >= start && time <= end));
    const found = stormsByReference(ensemble, there, matching);
    const own: StormCase[] = [];
    for (const [i, storm] of found.storms.entries()) {
      own.push(...stormCases(storm, there[i]!, leads));
      storms.push({
        start: formatTime(start),
        id: storm.id,
        name: storm.name,
        members: storm.tracks.length,
        asked: storm.members,
      });
    }
    cases.push(...own);
    for (const row of countsByLead(own, found.rest, leads)) {
      const before = counts.get(row.leadHours);
      counts.set(row.leadHours, before ? { ...addCounts(before, row), leadHours: row.leadHours } : row);
    }
  }
  if (storms.length === 0) {
    const known = spanOf(best.flatMap(({ fixes }) => fixes.map(({ time }) => time)));
    const asked = spanOf(
      forecasts.flatMap(({ start, untilHours }) => [start, start + untilHours * millisecondsPerHour]),
    );
    throw dataError(
      `none of the ${best.length} best tracks (${known}) is there while the forecasts run (${asked}); give best tracks of that time`,
    );
  }
  return {
    storms,
    scores: trackScores(cases),
    counts: [...counts.values()].sort((a, b) => a.leadHours - b.leadHours),
    stepHours,
  };
}
