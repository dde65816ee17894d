/**
 * The track of the ensemble mean: at each lead the mean place of the members that have the storm, on the sphere (the direction of
 * the sum of their unit vectors), and their mean pressure and wind. The fewer members are left, the less it stands for the ensemble:
 * below a share of all members there is no mean (NCEP's GEFS asks for 12 of 30).
 */
import { meanDirection, placeOf } from '../../../core/sphere/greatCircle.js';
import { vectorOf } from '../fixAt.js';
import type { Fix, Storm } from '../track.js';
import { type LeadOptions, onLeads, present } from './onLeads.js';

export interface MeanTrackOptions extends LeadOptions {
  /** Share of the members asked that a mean needs. Default 0.4. */
  readonly leastShare?: number;
}

export interface MeanFix {
  readonly leadHours: number;
  readonly time: number;
  /** Members that have the storm, of those that were asked. */
  readonly members: number;
  readonly asked: number;
  /** Degrees; NaN where there are too few members, or where they have no mean. */
  readonly latitude: number;
  readonly longitude: number;
  /** Pa and m s⁻¹, means over the members whose value is known; NaN where there is none, or too few members. */
  readonly pressure: number;
  readonly wind: number;
}

/** @returns a row for each lead, also where there are too few members for a mean */
export function meanTrack(storm: Storm, { leastShare = 0.4, ...leads }: MeanTrackOptions = {}): MeanFix[] {
  return onLeads(storm, leads).map(({ leadHours, time, fixes }) => {
    const here = present(fixes);
    const enough = isEnough(here.length, storm.members, leastShare);
    const centre = enough ? meanDirection(here.map(vectorOf)) : null;
    return {
      leadHours,
      time,
      members: here.length,
      asked: storm.members,
      ...(centre ? placeOf(centre) : { latitude: Number.NaN, longitude: Number.NaN }),
      pressure: enough ? meanOfKnown(here, 'pressure') : Number.NaN,
      wind: enough ? meanOfKnown(here, 'wind') : Number.NaN,
    };
  });
}

/** At least one, and that share of those asked; 12 of 30 is enough for 0.4 in spite of rounding. */
export function isEnough(members: number, asked: number, leastShare: number): boolean {
  return members >= 1 && members >= leastShare * asked - 1e-9;
}

function meanOfKnown(fixes: readonly Fix[], what: 'pressure' | 'wind'): number {
  const known = fixes.map((fix) => fix[what]).filter(Number.isFinite);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
