/**
 * Whole years of an archive, January to December, as rows of equal leads: what the largest value of a year is taken from.
 * Every year is 365 days long, so that all have the same leads; daily values may stand at any hour.
 */
import { millisecondsPerHour, yearOf } from '../../core/time.js';
import { hourOf } from '../references/trainingSeries.js';

export interface WholeYears {
  /** The first time of every year that has all of them, milliseconds since 1970. */
  readonly starts: readonly number[];
  /** Hours from there on. */
  readonly leadsHours: readonly number[];
}

/**
 * @param times of the archive, rising, at least one
 * @param forecastLeads as often as the forecast looks: the largest of more values would be larger
 */
export function wholeYears(times: Float64Array, forecastLeads: readonly number[]): WholeYears {
  const step = stepHours(times, forecastLeads);
  const leadsHours = Array.from({ length: Math.floor((365 * 24) / step) }, (_, i) => i * step);
  const held = new Set(times);
  const hour = times.reduce((least, time) => Math.min(least, hourOf(time)), Number.POSITIVE_INFINITY);
  const [first, last] = [yearOf(times[0]!), yearOf(times.at(-1)!)];
  const years = Array.from({ length: last - first + 1 }, (_, i) => Date.UTC(first + i, 0, 1) + hour);
  const starts = years.filter((start) =>
    leadsHours.every((lead) => held.has(start + lead * millisecondsPerHour)),
  );
  return { starts, leadsHours };
}

/** Hours between the archive's times that are looked at, which must be even for years to be alike. */
function stepHours(times: Float64Array, forecastLeads: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 1; i < times.length; i++) least = Math.min(least, times[i]! - times[i - 1]!);
  const own = least / millisecondsPerHour;
  const gaps = forecastLeads.slice(1).map((lead, i) => lead - forecastLeads[i]!);
  const wanted = gaps.length === 0 ? own : Math.min(...gaps);
  return wanted % own === 0 ? wanted : own;
}
