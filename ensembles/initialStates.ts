/**
 * Which dates of the archive initial perturbations are made from, and measured by: spread evenly over a period, by default all that lies
 * well before the first start, so that no perturbation knows of the days that are forecast.
 */
import { usageError } from '../core/errors.js';
import { formatPeriod, type Period } from '../core/period.js';
import { formatTime, millisecondsPerDay, millisecondsPerHour } from '../core/time.js';

const mostDates = 64;
const fewestDates = 8;
const daysBeforeStart = 10;

export interface InitialDatesRequest {
  /** Valid times of the archive, rising. */
  readonly times: Float64Array;
  readonly archiveName: string;
  readonly firstStart: number;
  readonly historyLength: number;
  readonly stepHours: number;
  /** Absent: up to ten days before the first start. */
  readonly period?: Period | undefined;
}

/** @throws {PlumeError} usage, when there are fewer than eight, saying what to give */
export function initialDates(request: InitialDatesRequest): number[] {
  const { times, archiveName, firstStart, historyLength, stepHours } = request;
  const end = firstStart - daysBeforeStart * millisecondsPerDay;
  const period = request.period ?? { from: Number.NEGATIVE_INFINITY, to: end };
  const known = new Set(times);
  const usable = Array.from(times).filter((time) => {
    if (time < period.from || time > period.to) return false;
    for (let back = 1; back < historyLength; back++) {
      if (!known.has(time - back * stepHours * millisecondsPerHour)) return false;
    }
    return true;
  });
  if (usable.length < fewestDates) {
    const where =
      request.period === undefined
        ? `up to ${formatTime(end)}, ${daysBeforeStart} days before the first start`
        : `in ${formatPeriod(request.period)}`;
    throw usageError(
      `analysis errors and initial perturbations are made of archive states, or measured by them, and ${archiveName} has ` +
        `${usable.length} usable ones ` +
        `${where}; at least ${fewestDates} are needed: give --initial-states FROM/TO with more, later --starts, ` +
        'or leave out --analysis-error, --initial and what --perturb does at the start',
    );
  }
  const count = Math.min(mostDates, usable.length);
  return Array.from({ length: count }, (_, i) => usable[Math.floor((i * usable.length) / count)]!);
}
