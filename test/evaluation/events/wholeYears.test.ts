/** Whole years of an archive, by counting days. */
import { describe, expect, it } from 'vitest';
import { wholeYears } from '../../../evaluation/events/wholeYears.js';

const hour = 3_600_000;

function every(hours: number, from: number, to: number): Float64Array {
  return Float64Array.from(
    { length: Math.ceil((to - from) / (hours * hour)) },
    (_, i) => from + i * hours * hour,
  );
}

describe('whole years', () => {
  it.each([0, 6, 12])('are found of daily values at %d UTC', (at) => {
    const times = every(24, Date.UTC(2000, 5, 1, at), Date.UTC(2005, 0, 1));
    const { starts, leadsHours } = wholeYears(times, [24, 48, 72]);
    expect(starts).toEqual([2001, 2002, 2003, 2004].map((year) => Date.UTC(year, 0, 1, at)));
    expect(leadsHours).toHaveLength(365);
    expect(leadsHours.at(-1)).toBe(364 * 24);
  });

  it('are looked at as often as the forecast looks, from midnight on', () => {
    const times = every(6, Date.UTC(2001, 0, 1), Date.UTC(2003, 0, 1));
    expect(wholeYears(times, [12, 24]).leadsHours.slice(0, 3)).toEqual([0, 12, 24]);
    // More often than the archive is not to be had.
    expect(wholeYears(times, [3, 6]).leadsHours.slice(0, 3)).toEqual([0, 6, 12]);
    expect(wholeYears(times, [12, 24]).starts).toEqual([2001, 2002].map((year) => Date.UTC(year, 0, 1)));
  });

  it('lack no day', () => {
    const times = every(24, Date.UTC(2001, 0, 1), Date.UTC(2004, 0, 1)).filter(
      (time) => time !== Date.UTC(2002, 6, 14),
    );
    expect(wholeYears(times, [24]).starts).toEqual([2001, 2003].map((year) => Date.UTC(year, 0, 1)));
    expect(wholeYears(times.subarray(0, 200), [24]).starts).toEqual([]);
  });
});
