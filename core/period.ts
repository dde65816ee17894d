/**
 * Periods of an archive: what a model learns from, is tuned on, and is judged by, split by time.
 * Both ends belong to a period; an end given as a date alone means that whole day.
 */
import { usageError } from './errors.js';
import { formatTime, millisecondsPerDay, parseTime, yearOf } from './time.js';

export interface Period {
  /** Milliseconds since 1970, first and last. */
  readonly from: number;
  readonly to: number;
}

/** Reads "2001-01-01/2005-12-31". */
export function parsePeriod(text: string): Period {
  const [first, last, ...more] = text.split('/').map((part) => part.trim());
  if (first === undefined || last === undefined || more.length > 0) {
    throw usageError(`period "${text}" is not of the form FROM/TO, such as 2001-01-01/2005-12-31`);
  }
  const from = parseTime(first);
  const to = parseTime(last) + (/^\d{4}-\d{2}-\d{2}$/.test(last) ? millisecondsPerDay - 1 : 0);
  if (to < from) throw usageError(`period "${text}" ends before it begins; swap the two`);
  return { from, to };
}

/** "2001-01-01/2005-12-31" where the ends are days, full times elsewhere; parsePeriod reads it back. */
export function formatPeriod({ from, to }: Period): string {
  const day = (time: number): string => formatTime(time).slice(0, 10);
  const wholeDays = from % millisecondsPerDay === 0 && (to + 1) % millisecondsPerDay === 0;
  return wholeDays ? `${day(from)}/${day(to)}` : `${formatTime(from)}/${formatTime(to)}`;
}

/** Indices of the times inside the period, rising. */
export function timesInside(times: ArrayLike<number>, { from, to }: Period): number[] {
  const indices: number[] = [];
  for (let i = 0; i < times.length; i++) if (times[i]! >= from && times[i]! <= to) indices.push(i);
  return indices;
}

export interface SplitPeriods {
  readonly train: Period;
  readonly validate: Period;
  readonly test: Period;
}

/**
 * Splits an archive by whole calendar years: the last for the test, the one before for validation, the rest
 * for training. A last year with fewer than 300 days counts with the one before it.
 * @throws {PlumeError} usage, when it spans fewer than three years
 */
export function splitByYear(times: ArrayLike<number>): SplitPeriods {
  const first = times[0]!;
  const last = times[times.length - 1]!;
  const yearStart = (year: number): number => Date.UTC(year, 0, 1);
  let lastYear = yearOf(last);
  if (last - yearStart(lastYear) < 300 * millisecondsPerDay) lastYear--;
  if (lastYear - yearOf(first) < 2) {
    throw usageError(
      `the archive runs from ${formatTime(first)} to ${formatTime(last)}, too short to split into training, ` +
        'validation and test years; give --train FROM/TO and --validate FROM/TO',
    );
  }
  return {
    train: { from: first, to: yearStart(lastYear - 1) - 1 },
    validate: { from: yearStart(lastYear - 1), to: yearStart(lastYear) - 1 },
    test: { from: yearStart(lastYear), to: last },
  };
}
