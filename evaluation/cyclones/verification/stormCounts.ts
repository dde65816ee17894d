/**
 * Hits, misses and false alarms by storms: in each member, tracks and best tracks are matched one to one (storms.ts); a best track
 * that has no track is missed, a track that has no best track is a false alarm. Counts add up over forecasts.
 */
import { millisecondsPerHour } from '../../../core/time.js';
import { type MatchingOptions, matchTracks } from '../storms.js';
import type { EnsembleTracks, Track } from '../track.js';

export interface CountOptions extends MatchingOptions {
  /** Length of the forecast: best tracks that are not there until then are not looked for. */
  readonly untilHours: number;
  /**
   * Which tracks count: those in the area and of the strength that the best tracks are complete for. A best track that does not
   * count is neither hit nor missed, and a track that matches it no false alarm. Default all.
   */
  readonly counts?: (track: Track) => boolean;
}

export interface StormCounts {
  readonly hits: number;
  readonly misses: number;
  readonly falseAlarms: number;
}

export interface EnsembleStormCounts extends StormCounts {
  /** Members that were asked; the counts are sums over them. */
  readonly members: number;
  /** For each best track that was looked for, how many members have it. */
  readonly byStorm: readonly { readonly id: string; readonly members: number }[];
}

export function countStorms(
  ensemble: EnsembleTracks,
  bestTracks: readonly Track[],
  { untilHours, counts = () => true, ...matching }: CountOptions,
): EnsembleStormCounts {
  const end = ensemble.start + untilHours * millisecondsPerHour;
  const looked = bestTracks.flatMap((track) => {
    const fixes = track.fixes.filter(({ time }) => time >= ensemble.start && time <= end);
    return fixes.length > 0 ? [{ ...track, fixes }] : [];
  });
  const found = looked.map(() => 0);
  let [hits, misses, falseAlarms] = [0, 0, 0];
  for (const { tracks } of ensemble.members) {
    const matches = matchTracks(tracks, looked, ensemble.start, matching);
    const matchedTracks = new Set(matches.map(({ track }) => track));
    const matchedBest = new Set(matches.map(({ reference }) => reference));
    for (const reference of matchedBest) found[reference]!++;
    hits += looked.filter((track, i) => matchedBest.has(i) && counts(track)).length;
    misses += looked.filter((track, i) => !matchedBest.has(i) && counts(track)).length;
    falseAlarms += tracks.filter((track, i) => !matchedTracks.has(i) && counts(track)).length;
  }
  return {
    hits,
    misses,
    falseAlarms,
    members: ensemble.members.length,
    byStorm: looked.map(({ id }, i) => ({ id, members: found[i]! })),
  };
}

export function addCounts(a: StormCounts, b: StormCounts): StormCounts {
  return {
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    falseAlarms: a.falseAlarms + b.falseAlarms,
  };
}

/** NaN where nothing was there to be found, or nothing was forecast. */
export function detectionScores({ hits, misses, falseAlarms }: StormCounts): {
  readonly probabilityOfDetection: number;
  readonly falseAlarmRatio: number;
  readonly criticalSuccessIndex: number;
} {
  return {
    probabilityOfDetection: hits / (hits + misses),
    falseAlarmRatio: falseAlarms / (hits + falseAlarms),
    criticalSuccessIndex: hits / (hits + misses + falseAlarms),
  };
}
