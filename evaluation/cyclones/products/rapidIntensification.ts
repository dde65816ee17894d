/**
 * Rapid intensification: the wind rises by 30 knots or more within 24 hours (Kaplan & DeMaria 2003,
 * doi:10.1175/1520-0434(2003)018<1093:LCORIT>2.0.CO;2). Shares of all members asked; a member that has not got
 * the storm at both ends of the 24 hours, or not its wind, does not intensify.
 */
import { usageError } from '../../../core/errors.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { fixAt } from '../fixAt.js';
import { knot, windTolerance } from '../saffirSimpson.js';
import type { Storm, Track } from '../track.js';
import { type LeadOptions, onLeads } from './onLeads.js';

/** What is rapid, unless asked otherwise. */
export const rapid = { riseKnots: 30, withinHours: 24 } as const;

export interface IntensificationOptions extends LeadOptions {
  /** Default 30. */
  readonly riseKnots?: number;
  /** Default 24. */
  readonly withinHours?: number;
}

export interface IntensificationShares {
  /** In any such stretch of the forecast. */
  readonly probability: number;
  readonly counts: number;
  readonly asked: number;
  /** In the stretch that ends at the lead: members that have it at both ends, and the share of those asked that intensify. */
  readonly byLead: readonly {
    readonly leadHours: number;
    readonly members: number;
    readonly probability: number;
  }[];
}

/** @throws {PlumeError} usage, for hours that are none */
export function rapidIntensification(
  storm: Storm,
  { riseKnots = rapid.riseKnots, withinHours = rapid.withinHours, ...leads }: IntensificationOptions = {},
): IntensificationShares {
  if (!(withinHours > 0))
    throw usageError(`rapid intensification within ${withinHours} hours; expected a number above 0`);
  const least = (riseKnots - windTolerance) * knot;
  const ever = storm.tracks.map(() => false);
  const byLead = onLeads(storm, leads)
    .filter(({ leadHours }) => leadHours >= withinHours)
    .map(({ leadHours, time }) => {
      const rises = storm.tracks.map(({ track }) =>
        windRise(track, time, withinHours, leads.longestGapHours),
      );
      let count = 0;
      for (const [i, rise] of rises.entries()) {
        if (!(rise >= least)) continue;
        ever[i] = true;
        count++;
      }
      const members = rises.filter((rise) => !Number.isNaN(rise)).length;
      return { leadHours, members, probability: count / storm.members };
    });
  const counts = ever.filter(Boolean).length;
  return { probability: counts / storm.members, counts, asked: storm.members, byLead };
}

/** m s⁻¹; NaN where the wind at either end is unknown. */
function windRise(track: Track, time: number, hours: number, longestGapHours?: number): number {
  const end = fixAt(track, time, longestGapHours);
  const begin = fixAt(track, time - hours * millisecondsPerHour, longestGapHours);
  return end && begin ? end.wind - begin.wind : Number.NaN;
}
