/**
 * Forecasts of cyclones, wherever they come from: every member's tracks, and the storms that they are joined into. From a
 * run they are followed and joined by mutual overlap; of files that name storms, the storms are those of the file.
 */
import { dataError } from '../../core/errors.js';
import { millisecondsPerHour } from '../../core/time.js';
import { perturbedOnly, type StormForecast, stormOf } from '../../evaluation/cyclones/readers/trackFile.js';
import { type MatchingOptions, stormsByOverlap } from '../../evaluation/cyclones/storms.js';
import type { EnsembleTracks, MemberTracks, Storm } from '../../evaluation/cyclones/track.js';

/** One start. */
export interface CycloneForecast {
  readonly start: number;
  /** Every member that was asked, with all its tracks. */
  readonly ensemble: EnsembleTracks;
  /** Those of most members first. */
  readonly storms: readonly Storm[];
  /** Hours between fixes. */
  readonly stepHours: number;
  /** First lead that was looked at, hours; 0 of files of tracks. */
  readonly fromHours: number;
  /** Hours from the start to the last fix, or to the last lead that was looked at. */
  readonly untilHours: number;
}

export function joined(
  ensemble: EnsembleTracks,
  { leadsHours, ...matching }: MatchingOptions & { readonly leadsHours?: readonly number[] },
): CycloneForecast {
  return forecastOf(ensemble, stormsByOverlap(ensemble, matching), leadsHours);
}

/** @param leadsHours that were looked at, rising, where known */
export function forecastOf(
  ensemble: EnsembleTracks,
  storms: readonly Storm[],
  leadsHours: readonly number[] = [],
): CycloneForecast {
  return {
    start: ensemble.start,
    ensemble,
    storms,
    stepHours: stepOf(ensemble),
    fromHours: leadsHours[0] ?? 0,
    untilHours: leadsHours.at(-1) ?? lastFixHours(ensemble),
  };
}

/**
 * By base time. Single forecasts beside an ensemble (control, high resolution) are left out: its members are no draws of
 * theirs.
 * @throws {PlumeError} data, when there is nothing but single forecasts
 */
export function forecastsInFiles(
  forecasts: readonly StormForecast[],
  matching: MatchingOptions,
): { readonly forecasts: CycloneForecast[]; readonly notes: string[] } {
  const starts = [...new Set(forecasts.map(({ ensemble }) => ensemble.start))].sort((a, b) => a - b);
  let left = 0;
  const found = starts.map((start) => {
    const own = forecasts.filter(({ ensemble }) => ensemble.start === start);
    const perturbed = own.map(perturbedOnly);
    // A file of single forecasts alone is shown as it is.
    const used = perturbed.some(({ ensemble }) => ensemble.members.length > 0) ? perturbed : own;
    const members = numbersIn(used);
    left = Math.max(left, numbersIn(own).length - members.length);
    const ensemble = { start, members: members.map((member) => merged(member, used)) };
    const named = used.filter(({ storm }) => storm !== null).map(stormOf);
    // Members that a storm's own file part does not name were asked as well.
    const storms = named.map((storm) => ({ ...storm, members: members.length }));
    const loose = used.filter(({ storm }) => storm === null).map(({ ensemble: each }) => each);
    const others = loose.flatMap((each) => stormsByOverlap(each, matching));
    return forecastOf(
      ensemble,
      [...storms, ...others].sort((a, b) => b.tracks.length - a.tracks.length),
    );
  });
  if (found.length === 0) throw dataError('the track files hold no forecasts');
  const notes =
    left === 0
      ? []
      : [
          `${left} single forecast${left === 1 ? '' : 's'} (control, high resolution) beside the ensemble left out`,
        ];
  return { forecasts: found, notes };
}

function numbersIn(forecasts: readonly StormForecast[]): number[] {
  const members = forecasts.flatMap(({ ensemble }) => ensemble.members.map(({ member }) => member));
  return [...new Set(members)].sort((a, b) => a - b);
}

/** One member's tracks of all storms. */
function merged(member: number, forecasts: readonly StormForecast[]): MemberTracks {
  const own = forecasts.flatMap(({ ensemble }) => ensemble.members.filter((each) => each.member === member));
  const { weightSample, noiseStream } = own[0]!;
  return { member, weightSample, noiseStream, tracks: own.flatMap(({ tracks }) => tracks) };
}

/** The shortest time between neighbouring fixes of a track, an hour at least; 6 where no track has two. */
function stepOf({ members }: EnsembleTracks): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { tracks } of members)
    for (const { fixes } of tracks)
      for (let i = 1; i < fixes.length; i++) least = Math.min(least, fixes[i]!.time - fixes[i - 1]!.time);
  return Number.isFinite(least) ? Math.max(1, least / millisecondsPerHour) : 6;
}

function lastFixHours({ start, members }: EnsembleTracks): number {
  const last = members
    .flatMap(({ tracks }) => tracks.map(({ fixes }) => fixes.at(-1)!.time))
    .reduce((a, b) => Math.max(a, b), start);
  return (last - start) / millisecondsPerHour;
}
