/**
 * Times, durations and lists of times as people type them at the doors.
 * A time is a number: milliseconds since 1970-01-01 00 UTC, in the proleptic Gregorian calendar of ISO 8601.
 * A text without an offset means UTC, never the machine's own time zone.
 * Durations are fixed lengths (weeks, days, hours, minutes, seconds); months and years are not.
 */
import { usageError } from './errors.js';

export const millisecondsPerHour = 3_600_000;
export const millisecondsPerDay = 86_400_000;

/** No command has use for more: a century of hourly starts is fewer. */
const maximumTimes = 1_000_000;

const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * @param text '2007-01-01', '2007-01-01T06', '2007-01-01T06:30:00Z', '2007-01-01T08+02:00'; UTC unless it says otherwise
 * @returns milliseconds since 1970-01-01 UTC
 * @throws {PlumeError} usage, when the text is not a date or the date does not exist
 */
export function parseTime(text: string): number {
  const match = timePattern.exec(text.trim());
  if (match === null) {
    throw usageError(
      `time "${text}" is not understood; write it as 2007-01-01, 2007-01-01T06 or 2007-01-01T06:30Z`,
    );
  }
  const field = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day] = [field(1), field(2), field(3)];
  const [hour, minute, second] = [field(4), field(5), field(6)];
  const fraction = match[7] === undefined ? 0 : Math.round(Number(`0.${match[7]}`) * 1000);
  const midnight = utcMidnight(year, month, day);
  if (new Date(midnight).getUTCMonth() !== month - 1 || new Date(midnight).getUTCDate() !== day) {
    throw usageError(`time "${text}" names a day that does not exist; check year, month and day`);
  }
  if (hour > 23 || minute > 59 || second > 59) {
    throw usageError(
      `time "${text}" has an hour, minute or second out of range; hours run 00–23, minutes 00–59`,
    );
  }
  const local = midnight + hour * millisecondsPerHour + minute * 60_000 + second * 1000 + fraction;
  return local - offsetMilliseconds(match[8]);
}

/** Date.UTC reads years 0–99 as 1900–1999; this does not. */
function utcMidnight(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function offsetMilliseconds(offset: string | undefined): number {
  if (offset === undefined || offset.toUpperCase() === 'Z') return 0;
  const digits = offset.slice(1).replace(':', '');
  const size = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (offset.startsWith('-') ? -size : size) * 60_000;
}

/**
 * The shortest ISO form in UTC that keeps every digit: '2007-01-01T06Z', '2007-01-01T06:30Z',
 * '2007-01-01T06:30:15Z'. parseTime reads it back.
 */
export function formatTime(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return 'invalid time';
  const iso = date.toISOString();
  if (time % 1000 !== 0) return iso;
  if (time % 60_000 !== 0) return iso.replace(/\.000Z$/, 'Z');
  if (time % millisecondsPerHour !== 0) return iso.replace(/:00\.000Z$/, 'Z');
  return iso.replace(/:00:00\.000Z$/, 'Z');
}

const isoDuration =
  /^P(?!$)(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const shortDuration = /^(\d+(?:\.\d+)?)\s*(w|d|h|min|m|s)$/i;
const shortUnits: Readonly<Record<string, number>> = {
  w: 7 * millisecondsPerDay,
  d: millisecondsPerDay,
  h: millisecondsPerHour,
  m: 60_000,
  min: 60_000,
  s: 1000,
};

/**
 * @param text 'P7D', 'PT6H', 'P1DT12H', '6h', '1d', '30min'
 * @returns milliseconds, above zero
 * @throws {PlumeError} usage, when the text is not a duration, is zero, or counts months or years
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  const iso = isoDuration.exec(trimmed);
  const short = shortDuration.exec(trimmed);
  let total = Number.NaN;
  if (iso !== null) {
    const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = iso
      .slice(1)
      .map((x) => Number(x ?? 0));
    total = (weeks * 7 + days) * millisecondsPerDay;
    total += hours * millisecondsPerHour + minutes * 60_000 + seconds * 1000;
  } else if (short !== null) {
    total = Number(short[1]) * (shortUnits[(short[2] ?? '').toLowerCase()] ?? Number.NaN);
  }
  if (Number.isNaN(total)) {
    throw usageError(
      `duration "${text}" is not understood; write it as P7D, PT6H, 6h or 1d (months and years have no fixed length)`,
    );
  }
  const rounded = Math.round(total);
  if (rounded <= 0) throw usageError(`duration "${text}" is zero; it must be longer`);
  return rounded;
}

/** 'P7D', 'PT6H', 'P1DT12H': parseDuration reads it back. */
export function formatDuration(milliseconds: number): string {
  const days = Math.floor(milliseconds / millisecondsPerDay);
  let rest = milliseconds - days * millisecondsPerDay;
  const hours = Math.floor(rest / millisecondsPerHour);
  rest -= hours * millisecondsPerHour;
  const minutes = Math.floor(rest / 60_000);
  const seconds = (rest - minutes * 60_000) / 1000;
  const clock = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  if (days === 0 && clock === '') return 'PT0S';
  return `P${days ? `${days}D` : ''}${clock ? `T${clock}` : ''}`;
}

/**
 * @param text one time, 'first/last' (daily), 'first/last/step' (both ends belong to it), or several of these
 *   joined by commas
 * @returns milliseconds since 1970-01-01 UTC, strictly rising, at least one
 * @throws {PlumeError} usage, when the last time lies before the first, times repeat or fall, or there are
 *   more than a million
 */
export function parseTimeRange(text: string): number[] {
  const times: number[] = [];
  for (const part of text.split(',')) {
    for (const time of expandRange(part.trim(), text)) times.push(time);
  }
  for (let i = 1; i < times.length; i++) {
    const [before, after] = [times[i - 1] ?? 0, times[i] ?? 0];
    if (after <= before) {
      throw usageError(
        `times "${text}": ${formatTime(after)} comes after ${formatTime(before)}; list each time once, earliest first`,
      );
    }
  }
  return times;
}

function expandRange(part: string, whole: string): number[] {
  const [firstText, lastText, stepText, ...more] = part.split('/');
  if (firstText === undefined || firstText === '' || more.length > 0) {
    throw usageError(
      `times "${whole}" are not understood; write one time, first/last/step (2007-01-01/2007-12-24/P7D) ` +
        'or times joined by commas',
    );
  }
  const first = parseTime(firstText);
  if (lastText === undefined) return [first];
  const last = parseTime(lastText);
  const step = stepText === undefined ? millisecondsPerDay : parseDuration(stepText);
  if (last < first) {
    throw usageError(
      `times "${whole}" end at ${formatTime(last)}, before they begin at ${formatTime(first)}; swap the two`,
    );
  }
  const count = Math.floor((last - first) / step) + 1;
  if (count > maximumTimes) {
    throw usageError(
      `times "${whole}" are ${count} times, more than ${maximumTimes}; take a longer step or a shorter span`,
    );
  }
  return Array.from({ length: count }, (_, i) => first + i * step);
}

/** Year of the Gregorian calendar, UTC. */
export function yearOf(time: number): number {
  return new Date(time).getUTCFullYear();
}

/** Days since 1 January 00 UTC of the same year, with the fraction of the day: 0 at New Year, 31.5 at noon on 1 February. */
export function dayOfYear(time: number): number {
  return (time - utcMidnight(yearOf(time), 1, 1)) / millisecondsPerDay;
}
