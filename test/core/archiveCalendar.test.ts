import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Calendar,
  dateFromDays,
  daysFromDate,
  formatCalendarDate,
  instantOfDate,
  parseCalendar,
} from '../../core/archive/calendar.js';
import { decodeTimes, encodeTime, isTimeUnit } from '../../core/archive/cfTime.js';
import { openDataset } from '../../core/archive/openDataset.js';
import { readDates } from '../../core/archive/timeAxis.js';
import { PlumeError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';

const data = resolve('..', 'shared', 'data');

function decodeOne(value: number, units: string, calendar: Calendar): string {
  const [date] = decodeTimes([value], units, calendar);
  if (date === undefined) throw new Error('no date');
  return formatCalendarDate(date);
}

describe('calendars', () => {
  const calendars: Calendar[] = [
    'standard',
    'proleptic_gregorian',
    'julian',
    'noleap',
    'all_leap',
    '360_day',
  ];

  it.each(calendars)('%s: a day number is the inverse of its date, and the next day follows', (calendar) => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (days) => {
        const { year, month, day } = dateFromDays(calendar, days);
        expect(daysFromDate(calendar, year, month, day)).toBe(days);
        const next = dateFromDays(calendar, days + 1);
        expect(next.day === 1 || next.day === day + 1 || (next.day === 15 && next.year === 1582)).toBe(true);
      }),
    );
  });

  it('proleptic_gregorian is the calendar of Date', () => {
    fc.assert(
      fc.property(fc.integer({ min: -60_000_000_000_000, max: 8_000_000_000_000 }), (time) => {
        const date = new Date(time);
        const expected = {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
          millisecond: time - Math.floor(time / 86_400_000) * 86_400_000,
        };
        const value = encodeTime(expected, 'milliseconds since 1970-01-01', 'proleptic_gregorian');
        expect(value).toBe(time);
        expect(decodeTimes([time], 'milliseconds since 1970-01-01', 'proleptic_gregorian')).toEqual([
          expected,
        ]);
        expect(instantOfDate('proleptic_gregorian', expected)).toBe(time);
      }),
    );
  });

  it.each(calendars)('%s: decode(encode(date)) is the date, in any unit', (calendar) => {
    const units = fc
      .constantFrom('days', 'hours', 'minutes', 'seconds')
      .map((u) => `${u} since 1850-01-01 06:00`);
    fc.assert(
      fc.property(
        fc.integer({ min: -200_000, max: 200_000 }),
        fc.integer({ min: 0, max: 86_399 }),
        units,
        (days, second, unit) => {
          const start = daysFromDate(calendar, 1850, 1, 1);
          const date = { ...dateFromDays(calendar, start + days), millisecond: second * 1000 };
          expect(decodeTimes([encodeTime(date, unit, calendar)], unit, calendar)).toEqual([date]);
        },
      ),
    );
  });

  it('standard jumps from 4 to 15 October 1582, as CF says', () => {
    const units = 'days since 1582-10-04';
    expect(decodeOne(0, units, 'standard')).toBe('1582-10-04');
    expect(decodeOne(1, units, 'standard')).toBe('1582-10-15');
    expect(decodeOne(1, units, 'julian')).toBe('1582-10-05');
    // The first time of the NCEP reanalysis as its files gave it; read the other way it is two days off.
    expect(decodeOne(17_067_072, 'hours since 1-1-1 00:00:0.0', 'standard')).toBe('1948-01-01');
    expect(decodeOne(17_067_072, 'hours since 1-1-1 00:00:0.0', 'proleptic_gregorian')).toBe('1948-01-03');
  });

  it('counts years of 365, 366 and 360 days', () => {
    expect(decodeOne(59, 'days since 2000-01-01', 'noleap')).toBe('2000-03-01');
    expect(decodeOne(59, 'days since 2001-01-01', 'all_leap')).toBe('2001-02-29');
    expect(decodeOne(59, 'days since 2001-01-01', '360_day')).toBe('2001-02-30');
    expect(decodeOne(1, 'months since 2001-01-01', '360_day')).toBe('2001-02-01');
    expect(decodeOne(365 * 1000, 'days since 0000-01-01', 'noleap')).toBe('1000-01-01');
  });

  it('knows the names of CF and refuses others', () => {
    expect(parseCalendar('Gregorian')).toBe('standard');
    expect(parseCalendar('365_day')).toBe('noleap');
    expect(() => parseCalendar('lunar')).toThrow(/"lunar" is not known/);
  });
});

describe('time units', () => {
  it.each([
    [24, 'hours since 1800-01-01 00:00:0.0', '1800-01-02'],
    [1.5, 'days since 2000-01-01T12:00:00Z', '2000-01-03'],
    [6, 'hours since 2000-01-01 00:00:00 +06:00', '2000-01-01'],
    [90, 'minutes since 2000-1-1 0:0:0', '2000-01-01T01:30'],
    [3600, 'seconds since 1970-01-01 00:00:00 UTC', '1970-01-01T01:00'],
    [20_070_131.25, 'day as %Y%m%d.%f', '2007-01-31T06:00'],
  ])('%d %s is %s', (value, units, expected) => {
    expect(isTimeUnit(units)).toBe(true);
    expect(decodeOne(value, units, 'standard')).toBe(expected);
  });

  it('rounds thirds of a day to the millisecond', () => {
    expect(decodeOne(7 / 24, 'days since 2000-01-01', 'standard')).toBe('2000-01-01T07:00');
  });

  it.each(['months since 2000-01-01', 'fortnights since 2000-01-01', 'days since noon', 'Pa'])(
    'refuses "%s"',
    (units) => {
      expect(() => decodeTimes([1], units, 'standard')).toThrow(PlumeError);
    },
  );

  it('refuses a missing time', () => {
    expect(() => decodeTimes([1, Number.NaN], 'days since 2000-01-01', 'standard')).toThrow(/missing/);
  });
});

describe('model calendars as instants', () => {
  it('carry dates over by name, and refuse those that do not exist', () => {
    const date = (month: number, day: number) => ({ year: 2001, month, day, millisecond: 0 });
    expect(formatTime(instantOfDate('noleap', date(3, 1)))).toBe('2001-03-01T00Z');
    expect(formatTime(instantOfDate('360_day', date(12, 30)))).toBe('2001-12-30T00Z');
    expect(() => instantOfDate('360_day', date(2, 30))).toThrow(/2001-02-30.*360_day.*does not exist/);
    expect(() => instantOfDate('all_leap', date(2, 29))).toThrow(/does not exist/);
  });

  it.skipIf(!existsSync(data))('of the CESM ensemble: 6-hourly 1990 to 1992 without leap day', async () => {
    const dataset = await openDataset(join(data, 'cesm-lens-point', 'cesm-lens.hourly6-TS.part1.nc'));
    const time = dataset.variables.get('time');
    if (time === undefined) throw new Error('no time');
    const { calendar, dates } = await readDates(time);
    expect(calendar).toBe('noleap');
    const text = dates.map(formatCalendarDate);
    expect(text[0]).toBe('1990-01-01');
    expect(text.at(-1)).toBe('1992-12-31T18:00');
    expect(text).toHaveLength(3 * 365 * 4);
    const leapDay = text.indexOf('1992-02-28T18:00');
    expect(text[leapDay + 1]).toBe('1992-03-01');
    await dataset.close();
  });
});
