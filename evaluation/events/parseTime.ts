/**
 * Hours in the language of events: lengths ("6h", "2 days", "PT6H") and windows of leads ("between 24h and 72h", "at 48h",
 * "days 2 to 3"). Day n is the 24 hours that end n days after the analysis, both ends included.
 */
import { isPlumeError } from '../../core/errors.js';
import { parseDuration } from '../../core/time.js';
import type { Condition } from './event.js';
import type { Cursor, Spanned } from './parseCursor.js';

type Window = NonNullable<Condition['window']>;

const unitLetters: Readonly<Record<string, string>> = {
  h: 'h',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  d: 'd',
  day: 'd',
  days: 'd',
  min: 'min',
  mins: 'min',
  minute: 'min',
  minutes: 'min',
};
const unitNames = Object.keys(unitLetters).toSorted((a, b) => b.length - a.length);
const lengthPattern = new RegExp(
  `([+\\-−]?)(\\d+(?:\\.\\d+)?|\\.\\d+)\\s*(${unitNames.join('|')})(?![\\p{L}\\p{N}_])`,
  'iuy',
);
const isoPattern = /([+\-−]?)(P[\dTWDHMS.]+)(?![\p{L}\p{N}_])/iuy;
/** Words that may follow hours. */
const otherWords = [
  'and',
  'or',
  'to',
  'at',
  'for',
  'in',
  'within',
  'over',
  'anywhere',
  'everywhere',
  'between',
];
const millisecondsPerHour = 3_600_000;

/** True where hours stand next, with their unit: a place begins otherwise. */
export function hoursAreNext(cursor: Cursor): boolean {
  return cursor.peek(lengthPattern) !== null || cursor.peek(isoPattern) !== null;
}

/**
 * A length of time with its unit, zero or longer.
 * @param what is expected, in messages: "how long it must hold, such as 6h"
 */
export function parseHours(cursor: Cursor, what: string): Spanned<number> {
  const taken = cursor.take(lengthPattern) ?? cursor.take(isoPattern);
  if (taken === null) {
    const number = cursor.takeNumber();
    if (number === null) throw cursor.expected(what);
    const written = cursor.text.slice(number.start, number.end);
    const expected = `expected hours or days, such as ${written}h or ${written}d`;
    const unit = cursor.peekWord();
    throw unit === '' || otherWords.includes(unit)
      ? cursor.fault(number, `${written} has no unit; ${expected}`)
      : cursor.fault(cursor.nextSpan, `"${unit}" is no unit of time; ${expected}`);
  }
  const [whole = '', sign = '', amount = '', unit] = taken.value;
  if (sign === '-' || sign === '−') {
    throw cursor.fault(taken, `${whole} lies before the analysis; expected hours from 0 on`);
  }
  if (Number(amount) === 0) return { ...taken, value: 0 };
  const text = unit === undefined ? amount : `${Number(amount)}${unitLetters[unit.toLowerCase()]}`;
  try {
    return { ...taken, value: parseDuration(text) / millisecondsPerHour };
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    throw cursor.fault(taken, error.message, { cause: error });
  }
}

export const windowWords = ['between', 'hours', 'days', 'day'] as const;

/** A window whose first word, "at" too, has been seen to be next. */
export function parseWindow(cursor: Cursor): Spanned<Window> {
  const start = cursor.next;
  const done = (fromHours: number, toHours: number): Spanned<Window> => ({
    start,
    end: cursor.at,
    value: { fromHours, toHours },
  });
  const word = cursor.takeWord()?.value.toLowerCase();
  if (word === 'at') {
    const { value } = parseHours(cursor, 'a lead, such as 48h');
    return done(value, value);
  }
  if (word === 'day') {
    const day = dayNumber(cursor);
    return done(24 * (day - 1), 24 * day);
  }
  if (word === 'days') {
    const first = dayNumber(cursor);
    if (!cursor.skipWord('to')) throw cursor.expected('"to", as in "days 2 to 3"', ['to']);
    const lastAt = cursor.nextSpan;
    const last = dayNumber(cursor);
    if (last < first)
      throw cursor.fault(lastAt, `day ${last} lies before day ${first}; expected the earlier first`);
    return done(24 * (first - 1), 24 * last);
  }
  const joint = word === 'between' ? 'and' : 'to';
  const inHours = word === 'hours' || cursor.skipWord('hours');
  const lead = (): number =>
    inHours
      ? bareHours(cursor)
      : parseHours(cursor, 'a lead, such as 24h, as in "between 24h and 72h"').value;
  const from = lead();
  if (!cursor.skipWord(joint)) {
    const example = word === 'between' ? 'between 24h and 72h' : 'hours 24 to 72';
    throw cursor.expected(`"${joint}", as in "${example}"`, [joint]);
  }
  return done(from, lead());
}

function bareHours(cursor: Cursor): number {
  if (hoursAreNext(cursor)) return parseHours(cursor, 'hours').value;
  const number = cursor.takeNumber();
  if (number === null) throw cursor.expected('hours since the analysis, such as 24');
  if (number.value < 0) {
    throw cursor.fault(number, `${number.value} lies before the analysis; expected hours from 0 on`);
  }
  return Math.round(number.value * millisecondsPerHour) / millisecondsPerHour;
}

function dayNumber(cursor: Cursor): number {
  const number = cursor.takeNumber();
  if (number === null) throw cursor.expected('the number of a day: day 1 is hours 0 to 24');
  if (!Number.isInteger(number.value) || number.value < 1) {
    throw cursor.fault(number, `day ${number.value} is none; expected 1 (hours 0 to 24), 2, 3, …`);
  }
  return number.value;
}
