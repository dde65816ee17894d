/**
 * The calendars of the CF conventions (section 4.4.1): dates to day numbers and back.
 * A day number counts days from an origin of the calendar's own; only differences matter, except that the
 * calendars of the real world (standard, proleptic Gregorian, Julian) share one count, days since 1970-01-01.
 * "standard" is Julian up to 1582-10-04 and Gregorian from 1582-10-15, the day after.
 */
import { dataError } from '../errors.js';
import { millisecondsPerDay } from '../time.js';

export type Calendar = 'standard' | 'proleptic_gregorian' | 'julian' | 'noleap' | 'all_leap' | '360_day';

export interface CalendarDate {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  /** 1–31 */
  readonly day: number;
  /** Milliseconds since midnight. */
  readonly millisecond: number;
}

const names: Readonly<Record<string, Calendar>> = {
  standard: 'standard',
  gregorian: 'standard',
  proleptic_gregorian: 'proleptic_gregorian',
  julian: 'julian',
  noleap: 'noleap',
  '365_day': 'noleap',
  all_leap: 'all_leap',
  '366_day': 'all_leap',
  '360_day': '360_day',
};

/** @throws {PlumeError} data, when CF has no such calendar */
export function parseCalendar(name: string): Calendar {
  const calendar = names[name.trim().toLowerCase()];
  if (calendar === undefined) {
    throw dataError(`calendar "${name}" is not known; CF has ${Object.keys(names).join(', ')}`);
  }
  return calendar;
}

/** Days before each month in a year without and with 29 February. */
const commonMonths = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
const leapMonths = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366];

/** First day of the Gregorian calendar, 1582-10-15, in days since 1970-01-01. */
const gregorianStart = -141_427;

export function daysFromDate(calendar: Calendar, year: number, month: number, day: number): number {
  switch (calendar) {
    case 'noleap':
      return year * 365 + (commonMonths[month - 1] ?? 0) + day - 1;
    case 'all_leap':
      return year * 366 + (leapMonths[month - 1] ?? 0) + day - 1;
    case '360_day':
      return year * 360 + (month - 1) * 30 + day - 1;
    case 'proleptic_gregorian':
      return gregorianDays(year, month, day);
    case 'julian':
      return julianDays(year, month, day);
    case 'standard': {
      const afterReform = year > 1582 || (year === 1582 && (month > 10 || (month === 10 && day >= 15)));
      return afterReform ? gregorianDays(year, month, day) : julianDays(year, month, day);
    }
  }
}

/** @param days a whole day number of the calendar */
export function dateFromDays(calendar: Calendar, days: number): Omit<CalendarDate, 'millisecond'> {
  switch (calendar) {
    case 'noleap':
      return fromEqualYears(days, 365, commonMonths);
    case 'all_leap':
      return fromEqualYears(days, 366, leapMonths);
    case '360_day': {
      const year = Math.floor(days / 360);
      const rest = days - year * 360;
      return { year, month: Math.floor(rest / 30) + 1, day: (rest % 30) + 1 };
    }
    case 'proleptic_gregorian':
      return fromGregorianDays(days);
    case 'julian':
      return fromJulianDays(days);
    case 'standard':
      return days >= gregorianStart ? fromGregorianDays(days) : fromJulianDays(days);
  }
}

function fromEqualYears(
  days: number,
  yearLength: number,
  months: readonly number[],
): Omit<CalendarDate, 'millisecond'> {
  const year = Math.floor(days / yearLength);
  const rest = days - year * yearLength;
  let month = 1;
  while (rest >= (months[month] ?? Number.POSITIVE_INFINITY)) month++;
  return { year, month, day: rest - (months[month - 1] ?? 0) + 1 };
}

/**
 * Years that begin on 1 March put the leap day last, so months before a date are a linear formula.
 * Days of 0000-03-01 from 1970-01-01: 719468 (Gregorian), 719470 (Julian).
 */
function marchDays(year: number, month: number, day: number): { year: number; dayOfYear: number } {
  const marchYear = month <= 2 ? year - 1 : year;
  const marchMonth = (month + 9) % 12;
  return { year: marchYear, dayOfYear: Math.floor((153 * marchMonth + 2) / 5) + day - 1 };
}

function fromMarch(marchYear: number, dayOfYear: number): Omit<CalendarDate, 'millisecond'> {
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: month <= 2 ? marchYear + 1 : marchYear, month, day };
}

function gregorianDays(year: number, month: number, day: number): number {
  const march = marchDays(year, month, day);
  const y = march.year;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + march.dayOfYear - 719_468;
}

function fromGregorianDays(days: number): Omit<CalendarDate, 'millisecond'> {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const before = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return fromMarch(yearOfEra + era * 400, dayOfEra - before);
}

function julianDays(year: number, month: number, day: number): number {
  const march = marchDays(year, month, day);
  return march.year * 365 + Math.floor(march.year / 4) + march.dayOfYear - 719_470;
}

function fromJulianDays(days: number): Omit<CalendarDate, 'millisecond'> {
  const shifted = days + 719_470;
  const cycle = Math.floor(shifted / 1461);
  const dayOfCycle = shifted - cycle * 1461;
  const yearOfCycle = Math.min(3, Math.floor(dayOfCycle / 365));
  return fromMarch(cycle * 4 + yearOfCycle, dayOfCycle - yearOfCycle * 365);
}

/** '1990-02-30', with the time of day where there is one. */
export function formatCalendarDate(date: CalendarDate): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const text = `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)}`;
  if (date.millisecond === 0) return text;
  const minutes = Math.floor(date.millisecond / 60_000);
  return `${text}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/**
 * The instant a date stands for. Dates of the real world's calendars are the same instant in any of them;
 * dates of model calendars (noleap, all_leap, 360_day) carry over by name: 1 March is 1 March.
 * @returns milliseconds since 1970-01-01 UTC
 * @throws {PlumeError} data, when the Gregorian calendar has no such date (30 February)
 */
export function instantOfDate(calendar: Calendar, date: CalendarDate): number {
  const { year, month, day, millisecond } = date;
  switch (calendar) {
    case 'standard':
    case 'proleptic_gregorian':
    case 'julian':
      return daysFromDate(calendar, year, month, day) * millisecondsPerDay + millisecond;
    case 'noleap':
    case 'all_leap':
    case '360_day': {
      const days = gregorianDays(year, month, day);
      const back = fromGregorianDays(days);
      if (back.month !== month || back.day !== day) {
        throw dataError(
          `date ${formatCalendarDate(date)} of the ${calendar} calendar does not exist in the Gregorian calendar; ` +
            'convert the file to a calendar of the real world (for example with "cdo setcalendar" or xarray\'s convert_calendar)',
        );
      }
      return days * millisecondsPerDay + millisecond;
    }
  }
}
