/** Dates of an archive as trajectories, and which dates stand for a start. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../../core/grid.js';
import type { Archive } from '../../../core/interfaces.js';
import type { Schema } from '../../../core/schema.js';
import { millisecondsPerDay, millisecondsPerHour } from '../../../core/time.js';
import { archiveTrajectories, climatologyStarts } from '../../../evaluation/events/archiveTrajectories.js';
import { memoryArchive } from '../memoryArchive.js';
import '../../propertySeed.js';

const schema: Schema = {
  grid: makeGrid([60, 50], [0, 10, 20]),
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};
const points = 6;

/** Twice a day; the value says its time, channel and point. */
function halfDays(from: number, days: number): Archive {
  const times = Float64Array.from({ length: 2 * days }, (_, i) => from + i * 12 * millisecondsPerHour);
  const values = Float32Array.from({ length: times.length * 2 * points }, (_, i) => i);
  values[5] = Number.NaN;
  return memoryArchive(schema, times, values);
}

/** Which states are read. */
function counted(archive: Archive): { readonly archive: Archive; readonly read: number[] } {
  const read: number[] = [];
  return {
    read,
    archive: {
      ...archive,
      read: (index) => {
        read.push(index);
        return archive.read(index);
      },
    },
  };
}

describe('trajectories of an archive', () => {
  it('are its states at the leads after each start, each state read once and in order', async () => {
    const begin = Date.UTC(2005, 0, 1);
    const days = 12;
    const archive = halfDays(begin, days);
    const asked = fc.record({
      rows: fc.array(fc.integer({ min: 0, max: 2 * days - 7 }), { minLength: 1, maxLength: 5 }),
      leads: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
      channels: fc.subarray([0, 1], { minLength: 1 }),
      wanted: fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
    });
    const leadsHours = [0, 12, 24, 72];
    await fc.assert(
      fc.asyncProperty(asked, async ({ rows, leads, channels, wanted }) => {
        const { archive: watched, read } = counted(archive);
        const starts = rows.map((row) => archive.times[row]!);
        const found = archiveTrajectories(watched, starts, leadsHours);
        expect([found.rows, found.weightSamples, [...found.starts]]).toEqual([rows.length, null, starts]);
        const values = await found.read(channels, leads, Int32Array.from(wanted));
        const expected = channels.flatMap((channel) =>
          leads.flatMap((lead) =>
            rows.flatMap((row) =>
              wanted.map((point) => {
                const place = ((row + leadsHours[lead]! / 12) * 2 + channel) * points + point;
                return place === 5 ? Number.NaN : place;
              }),
            ),
          ),
        );
        expect([...values]).toEqual(expected);
        expect(read).toEqual([...new Set(read)].sort((a, b) => a - b));
      }),
    );
  });

  it('that go beyond it are refused, naming the first time it lacks', () => {
    const archive = halfDays(Date.UTC(2005, 0, 1), 3);
    expect(() => archiveTrajectories(archive, [archive.times[4]!], [0, 12, 24])).toThrow(
      /has no state of 2005-01-04T00Z \(it holds 6, 2005-01-01T00Z to 2005-01-03T12Z\)/,
    );
  });
});

describe('the dates that stand for a start', () => {
  const { times } = halfDays(Date.UTC(2001, 0, 1), 7 * 365 + 1);
  const start = Date.UTC(2004, 1, 29, 12);

  it('are the days about it in other years, at the same hour, across the turn of the year too', () => {
    for (const day of [start, Date.UTC(2004, 0, 3), Date.UTC(2004, 11, 28, 12)]) {
      const { starts, leftOut } = climatologyStarts(times, day, [0]);
      expect(leftOut).toBe(0);
      const years = new Map<number, number>();
      for (const time of starts) {
        expect(new Date(time).getUTCHours()).toBe(new Date(day).getUTCHours());
        const near = Math.round((time - day) / (365.2425 * millisecondsPerDay));
        const off = time - day - Math.round(near * 365.2425) * millisecondsPerDay;
        expect(Math.abs(off)).toBeLessThanOrEqual(15 * millisecondsPerDay);
        years.set(near, (years.get(near) ?? 0) + 1);
      }
      expect(years.has(0)).toBe(false);
      expect(years.get(1)).toBe(31);
      expect(years.get(-1)).toBe(31);
    }
  });

  it('are fewer, and counted, where the archive ends before the last lead', () => {
    const inDecember = Date.UTC(2004, 11, 28);
    const whole = climatologyStarts(times, inDecember, [0]);
    const cut = climatologyStarts(times, inDecember, [0, 240]);
    const lastTime = times[times.length - 1]!;
    expect(whole.leftOut).toBe(0);
    expect(climatologyStarts(times, inDecember, [0, 24 * 400]).leftOut).toBeGreaterThan(0);
    expect([...cut.starts]).toEqual(
      [...whole.starts].filter((time) => time + 240 * millisecondsPerHour <= lastTime),
    );
    expect(cut.starts.length + cut.leftOut).toBe(whole.starts.length);
  });

  it('are all that lie apart from it where the world has no seasons', () => {
    const { starts } = climatologyStarts(times, start, [0], { windowDays: null, apartDays: 30 });
    const expected = [...times].filter(
      (time) =>
        (time - start) % millisecondsPerDay === 0 && Math.abs(time - start) >= 30 * millisecondsPerDay,
    );
    expect([...starts]).toEqual(expected);
  });

  it('lie apart from it also where the window is wide', () => {
    const { starts } = climatologyStarts(times, start, [0], { windowDays: 182, apartDays: 200 });
    for (const time of starts)
      expect(Math.abs(time - start)).toBeGreaterThanOrEqual(200 * millisecondsPerDay);
    expect(() => climatologyStarts(times, start, [0], { windowDays: 400 })).toThrow(/give 0 … 182 days/);
  });
});
