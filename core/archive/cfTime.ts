/**
 * CF time coordinates: numbers with a unit like "hours since 1900-01-01" and a calendar (CF section 4.4).
 * Also "day as %Y%m%d.%f", which CDO and GrADS write.
 */
import { dataError } from '../errors.js';
import { millisecondsPerDay } from '../time.js';
import { type Calendar, type CalendarDate, dateFromDays, daysFromDate } from './calendar.js';

/** Milliseconds in the units of time that have a fixed length (UDUNITS). */
const unitMilliseconds: Readonly<Record<string, number>> = {
  day: millisecondsPerDay,
  d: millisecondsPerDay,
  hour: 3_600_000,
  hr: 3_600_000,
  h: 3_600_000,
  minute: 60_000,
  min: 60_000,
  second: 1000,
  sec: 1000,
  s: 1000,
  millisecond: 1,
  millisec: 1,
  msec: 1,
  ms: 1,
  microsecond: 1e-3,
  nanosecond: 1e-6,
  week: 7 * millisecondsPerDay,
};

/** Day number and milliseconds of the day from which the values count. */
interface Reference {
  readonly unit: number;
  readonly days: number;
  readonly millisecond: number;
}

const sincePattern =
  /^\s*([a-z]+)\s+(?:since|after|from)\s+([+-]?\d{1,5})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2}(?:\.\d*)?))?)?\s*(Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?\s*$/i;

/** True for the units of a time coordinate. */
export function isTimeUnit(units: string): boolean {
  return /\s(since|after|from)\s/i.test(units) || isDateNumber(units);
}

function isDateNumber(units: string): boolean {
  return /^\s*day as %Y%m%d(\.%f)?\s*$/.test(units);
}

/** @throws {PlumeError} data, when the unit is not understood or has no fixed length in the calendar */
function parseReference(units: string, calendar: Calendar): Reference {
  const match = sincePattern.exec(units);
  if (match === null) {
    throw dataError(
      `time unit "${units}" is not understood; expected something like "hours since 1900-01-01"`,
    );
  }
  const name = (match[1] ?? '').toLowerCase();
  const singular =
    name.length > 2 && name.endsWith('s') && !(name in unitMilliseconds) ? name.slice(0, -1) : name;
  let unit = unitMilliseconds[singular];
  // A month has a fixed length in one calendar only.
  if (calendar === '360_day' && singular === 'month') unit = 30 * millisecondsPerDay;
  if (calendar === '360_day' && singular === 'year') unit = 360 * millisecondsPerDay;
  if (unit === undefined) {
    throw dataError(
      `time unit "${units}" has no fixed length in the ${calendar} calendar; write the times in days or hours`,
    );
  }
  const field = (group: number): number => Number(match[group] ?? 0);
  const days = daysFromDate(calendar, field(2), field(3), field(4));
  const clock = field(5) * 3_600_000 + field(6) * 60_000 + field(7) * 1000;
  return { unit, days, millisecond: clock - offset(match[8]) };
}

function offset(text: string | undefined): number {
  if (text === undefined || !/^[+-]/.test(text)) return 0;
  const [hours = '0', minutes = '0'] = text.includes(':')
    ? text.slice(1).split(':')
    : [text.slice(1, 3), text.slice(3) || '0'];
  const size = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return text.startsWith('-') ? -size : size;
}

/**
 * @param values numbers of a time coordinate
 * @returns dates of the file's own calendar, to the millisecond
 * @throws {PlumeError} data, when the unit is not understood or a value is missing
 */
export function decodeTimes(values: ArrayLike<number>, units: string, calendar: Calendar): CalendarDate[] {
  if (isDateNumber(units)) return Array.from(values, decodeDateNumber);
  const reference = parseReference(units, calendar);
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) throw dataError(`a time is missing (${value}); every time must be a number`);
    // Whole days apart from the rest: a float64 of milliseconds since year 0 would round.
    const total = value * reference.unit + reference.millisecond;
    const wholeDays = Math.floor(total / millisecondsPerDay);
    const millisecond = Math.round(total - wholeDays * millisecondsPerDay);
    const carry = millisecond === millisecondsPerDay ? 1 : 0;
    return {
      ...dateFromDays(calendar, reference.days + wholeDays + carry),
      millisecond: carry === 1 ? 0 : millisecond,
    };
  });
}

/** 20070131.25 → 2007-01-31 06:00 */
function decodeDateNumber(value: number): CalendarDate {
  if (!Number.isFinite(value)) throw dataError(`a time is missing (${value}); every time must be a number`);
  const whole = Math.floor(value);
  return {
    year: Math.floor(whole / 10_000),
    month: Math.floor(whole / 100) % 100,
    day: whole % 100,
    // Eight digits before the point leave about nine after it: good to the second.
    millisecond: Math.round((value - whole) * 86_400) * 1000,
  };
}

/** The number that stands for a date: the inverse of decodeTimes. */
export function encodeTime(date: CalendarDate, units: string, calendar: Calendar): number {
  const reference = parseReference(units, calendar);
  const days = daysFromDate(calendar, date.year, date.month, date.day) - reference.days;
  return (days * millisecondsPerDay + date.millisecond - reference.millisecond) / reference.unit;
}
