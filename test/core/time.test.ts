import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlumeError } from '../../core/errors.js';
import {
  dayOfYear,
  formatDuration,
  formatTime,
  parseDuration,
  parseTime,
  parseTimeRange,
  yearOf,
} from '../../core/time.js';

const utc = (...parts: [number, number, number, number?, number?]): number => Date.UTC(...parts);

describe('parseTime', () => {
  it.each([
    ['2007-01-01', utc(2007, 0, 1)],
    ['2007-01-01T06', utc(2007, 0, 1, 6)],
    ['2007-01-01T06Z', utc(2007, 0, 1, 6)],
    ['2007-01-01T0630', utc(2007, 0, 1, 6, 30)],
    ['2007-01-01 06:30', utc(2007, 0, 1, 6, 30)],
    ['2007-01-01T06:30:15.250Z', utc(2007, 0, 1, 6, 30) + 15_250],
    ['2007-01-01T08:00+02:00', utc(2007, 0, 1, 6)],
    ['2004-02-29', utc(2004, 1, 29)],
  ])('reads %s as UTC', (text, expected) => {
    expect(parseTime(text)).toBe(expected);
  });

  it('reads years before 100 as they stand', () => {
    expect(new Date(parseTime('0050-03-01')).getUTCFullYear()).toBe(50);
  });

  it.each([
    '',
    'yesterday',
    '2007',
    '2007-13-01',
    '2007-02-29',
    '2007-01-01T24',
    '2007-01-01T06:61',
    '1/1/2007',
  ])('refuses "%s" as bad use', (text) => {
    expect(() => parseTime(text)).toThrow(PlumeError);
    expect(() => parseTime(text)).toThrow(`"${text}"`);
  });

  it('reads back what formatTime writes, to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: utc(1500, 0, 1), max: utc(2400, 0, 1) }), (time) => {
        expect(parseTime(formatTime(time))).toBe(time);
      }),
    );
  });
});

it('formatTime writes no more digits than the time has', () => {
  expect(formatTime(utc(2007, 0, 1))).toBe('2007-01-01T00Z');
  expect(formatTime(utc(2007, 0, 1, 6, 30))).toBe('2007-01-01T06:30Z');
  expect(formatTime(utc(2007, 0, 1, 6, 30) + 1000)).toBe('2007-01-01T06:30:01Z');
});

describe('parseDuration', () => {
  it.each([
    ['P7D', 7 * 86_400_000],
    ['P1W', 7 * 86_400_000],
    ['PT6H', 6 * 3_600_000],
    ['P1DT12H', 36 * 3_600_000],
    ['6h', 6 * 3_600_000],
    ['1d', 86_400_000],
    ['30min', 1_800_000],
    ['0.5d', 43_200_000],
  ])('reads %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each(['', 'P', 'PT', 'P1M', 'P1Y', '7', 'six hours', '-6h', '0h', 'P0D'])('refuses "%s"', (text) => {
    expect(() => parseDuration(text)).toThrow(PlumeError);
  });

  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });
});

describe('parseTimeRange', () => {
  it('includes both ends when the step meets them', () => {
    const weekly = parseTimeRange('2007-01-01/2007-12-24/P7D');
    expect(weekly).toHaveLength(52);
    expect(weekly[0]).toBe(utc(2007, 0, 1));
    expect(weekly.at(-1)).toBe(utc(2007, 11, 24));
  });

  it('is daily without a step, and takes one time or a list of times and ranges', () => {
    expect(parseTimeRange('2007-01-01/2007-01-03')).toEqual([1, 2, 3].map((day) => utc(2007, 0, day)));
    expect(parseTimeRange('2007-01-01T12')).toEqual([utc(2007, 0, 1, 12)]);
    expect(parseTimeRange('2007-01-01, 2007-02-01/2007-02-01T12/6h')).toEqual([
      utc(2007, 0, 1),
      utc(2007, 1, 1),
      utc(2007, 1, 1, 6),
      utc(2007, 1, 1, 12),
    ]);
  });

  it.each([
    ['2007-12-24/2007-01-01/P7D', 'before they begin'],
    ['2007-01-01,2007-01-01', 'list each time once'],
    ['2007-01-01/2007-01-02/P1D/x', 'not understood'],
    ['', 'not understood'],
    ['/2007-01-01', 'not understood'],
    ['1900-01-01/2100-01-01/1s', 'longer step'],
  ])('refuses "%s": %s', (text, message) => {
    expect(() => parseTimeRange(text)).toThrow(message);
  });
});

it('counts the day of the year from zero, with its fraction, leap years included', () => {
  expect(dayOfYear(utc(2007, 0, 1))).toBe(0);
  expect(dayOfYear(utc(2007, 1, 1, 12))).toBe(31.5);
  expect(dayOfYear(utc(2004, 11, 31))).toBe(365);
  expect(yearOf(utc(2004, 11, 31, 23))).toBe(2004);
});
