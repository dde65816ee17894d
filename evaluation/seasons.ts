/**
 * The seasons of verification: three calendar months each, by the month (UTC) of the valid time. December belongs to
 * the winter of the months that follow it; seasons of all years count together.
 */
import { millisecondsPerHour } from '../core/time.js';

export const seasons = ['DJF', 'MAM', 'JJA', 'SON'] as const;
export type Season = (typeof seasons)[number];

/** Column `season` of rows over the whole year. */
export const wholeYear = 'all';

/** Below this many starts a season has no rows of its own. */
const fewestStarts = 5;

/** @param validTime milliseconds since 1970 */
export function seasonOf(validTime: number): Season {
  const month = new Date(validTime).getUTCMonth();
  return seasons[Math.floor(((month + 1) % 12) / 3)] ?? 'DJF';
}

export interface StartsOfSeason {
  readonly season: Season | typeof wholeYear;
  /** Positions in the list of starts given, rising. */
  readonly indices: readonly number[];
}

/**
 * All starts, then those of each season that has five or more.
 * @param starts milliseconds since 1970
 * @param bySeason false: all starts only
 */
export function startsBySeason(
  starts: readonly number[],
  leadHours: number,
  bySeason: boolean,
): StartsOfSeason[] {
  const all: StartsOfSeason = { season: wholeYear, indices: [...starts.keys()] };
  if (!bySeason) return [all];
  const of = starts.map((start) => seasonOf(start + leadHours * millisecondsPerHour));
  const parts = seasons
    .map((season): StartsOfSeason => ({ season, indices: all.indices.filter((i) => of[i] === season) }))
    .filter(({ indices }) => indices.length >= fewestStarts);
  return [all, ...parts];
}
