/**
 * Hits, misses and false alarms at each lead, over all members: a member hits where the storm is there and it has it, misses
 * where it has not, and raises a false alarm with every other cyclone of the moment, also with that of a storm that is over.
 */
import { millisecondsPerHour } from '../../../core/time.js';
import { fixAt } from '../fixAt.js';
import type { EnsembleTracks } from '../track.js';
import { type CaseOptions, leadsEvery, type StormCase } from './stormCase.js';
import type { StormCounts } from './stormCounts.js';

export interface LeadCounts extends StormCounts {
  readonly leadHours: number;
}

/**
 * @param cases of all storms of one forecast, on the same leads
 * @param rest the tracks that belong to none of them
 * @returns by lead, rising
 */
export function countsByLead(
  cases: readonly StormCase[],
  rest: EnsembleTracks,
  { fromHours, untilHours, stepHours }: Required<Pick<CaseOptions, 'fromHours' | 'untilHours' | 'stepHours'>>,
): LeadCounts[] {
  const rows: LeadCounts[] = [];
  for (const leadHours of leadsEvery(stepHours, fromHours, untilHours)) {
    const time = rest.start + leadHours * millisecondsPerHour;
    const own = cases.filter((each) => each.leadHours === leadHours);
    const observed = own.filter((each) => each.observed);
    const others = rest.members.reduce(
      (sum, { tracks }) => sum + tracks.filter((track) => fixAt(track, time) !== null).length,
      0,
    );
    const hits = observed.reduce((sum, { members }) => sum + members, 0);
    rows.push({
      leadHours,
      hits,
      misses: observed.reduce((sum, { asked }) => sum + asked, 0) - hits,
      falseAlarms: others + own.reduce((sum, each) => sum + (each.observed ? 0 : each.members), 0),
    });
  }
  return rows;
}
