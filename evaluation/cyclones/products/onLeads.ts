/**
 * A storm on common leads: where each member that has it is, every few hours from the analysis on, by great circles
 * between fixes. What is made lead by lead starts here.
 */
import { usageError } from '../../../core/errors.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { fixAt } from '../fixAt.js';
import type { Fix, Storm } from '../track.js';

export interface LeadOptions {
  /** Default 6. */
  readonly stepHours?: number;
  /** Default 24. */
  readonly longestGapHours?: number;
}

export interface StormAtLead {
  readonly leadHours: number;
  readonly time: number;
  /** In the order of the storm's tracks; null where the member has lost it, or does not have it yet. */
  readonly fixes: readonly (Fix | null)[];
}

/**
 * @returns leads from the first to the last that any member has, those between included even where none has
 * @throws {PlumeError} usage, for a step that is none
 */
export function onLeads(storm: Storm, { stepHours = 6, longestGapHours }: LeadOptions = {}): StormAtLead[] {
  if (!(stepHours > 0 && Number.isFinite(stepHours)))
    throw usageError(`step between leads of a storm is ${stepHours} hours; expected a number above 0`);
  const times = storm.tracks.flatMap(({ track }) => [track.fixes[0]!.time, track.fixes.at(-1)!.time]);
  if (times.length === 0) return [];
  const step = stepHours * millisecondsPerHour;
  const earliest = times.reduce((a, b) => Math.min(a, b));
  const latest = times.reduce((a, b) => Math.max(a, b));
  const first = Math.max(0, Math.ceil((earliest - storm.start) / step));
  const last = Math.floor((latest - storm.start) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const leadHours = (first + i) * stepHours;
    const time = storm.start + leadHours * millisecondsPerHour;
    return {
      leadHours,
      time,
      fixes: storm.tracks.map(({ track }) => fixAt(track, time, longestGapHours)),
    };
  });
}

/** Fixes of the members that have the storm. */
export function present(fixes: readonly (Fix | null)[]): Fix[] {
  return fixes.filter((fix) => fix !== null);
}
