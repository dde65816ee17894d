/**
 * How strong the storm is, lead by lead, and how strong it gets: the share of all members asked in each class of intensity
 * (saffirSimpson.ts), in which the storm is lost or not there yet, and in which its wind is unknown. They add up to 1.
 */
import { intensityClass, intensityClasses } from '../saffirSimpson.js';
import type { Storm } from '../track.js';
import { type LeadOptions, onLeads } from './onLeads.js';

export interface IntensityOptions extends LeadOptions {
  /** What winds are multiplied by before they are classed: 1 / 0.93 makes 10-minute means 1-minute means. Default 1. */
  readonly windFactor?: number;
}

export interface IntensityShares {
  /** [class] of `intensityClasses`, shares of the members asked. */
  readonly classes: readonly number[];
  readonly absent: number;
  readonly unknown: number;
  /** Members that have the storm, of those that were asked. */
  readonly members: number;
  readonly asked: number;
}

/** A row for each lead. */
export function intensityByLead(
  storm: Storm,
  { windFactor = 1, ...leads }: IntensityOptions = {},
): (IntensityShares & { readonly leadHours: number })[] {
  return onLeads(storm, leads).map(({ leadHours, fixes }) => ({
    leadHours,
    ...sharesOf(
      storm,
      fixes.map((fix) => fix && windFactor * fix.wind),
    ),
  }));
}

/** Of the strongest wind that each member's storm has at any fix from the analysis on. */
export function peakIntensity(
  storm: Storm,
  { windFactor = 1 }: Pick<IntensityOptions, 'windFactor'> = {},
): IntensityShares {
  const peaks = storm.tracks.map(({ track }) => {
    const fixes = track.fixes.filter(({ time }) => time >= storm.start);
    if (fixes.length === 0) return null;
    const winds = fixes.map(({ wind }) => wind).filter((wind) => !Number.isNaN(wind));
    return winds.length > 0 ? windFactor * winds.reduce((a, b) => Math.max(a, b)) : Number.NaN;
  });
  return sharesOf(storm, peaks);
}

/** @param winds [member with a track], null where it has no storm */
function sharesOf(storm: Storm, winds: readonly (number | null)[]): IntensityShares {
  const counts = intensityClasses.map(() => 0);
  let members = 0;
  let unknown = 0;
  for (const wind of winds) {
    if (wind === null) continue;
    members++;
    const at = intensityClass(wind);
    if (at < 0) unknown++;
    else counts[at]!++;
  }
  return {
    classes: counts.map((count) => count / storm.members),
    absent: (storm.members - members) / storm.members,
    unknown: unknown / storm.members,
    members,
    asked: storm.members,
  };
}
