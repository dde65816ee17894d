import { describe, expect, it } from 'vitest';
import { millisecondsPerDay } from '../../../core/time.js';
import { archiveTrajectories, climatologyStarts } from '../../../evaluation/events/archiveTrajectories.js';
import { percentileThresholds } from '../../../evaluation/events/climatology.js';
import { evaluateEvent } from '../../../evaluation/events/evaluate.js';
import type { Condition } from '../../../evaluation/events/event.js';
import { climatologicalProbability } from '../../../evaluation/events/probability.js';
import { pressureIsMissing, readPressures, whyPressureIsSkipped } from '../memoryArchive.js';

const leads = [0, 24, 48];

const msl = (given: Partial<Condition>): Condition => ({
  kind: 'condition',
  text: 'msl',
  quantity: { name: 'msl', inTime: null, unit: 'hPa' },
  comparison: { kind: '<', threshold: { kind: 'number', value: 985 } },
  place: { kind: 'point', centre: { latitude: 52.5, longitude: -20 } },
  join: 'any',
  window: null,
  durationHours: 0,
  ...given,
});

describe('percentiles of rows', () => {
  it('lie between order statistics, leave missing rows out, and refuse what so few rows cannot tell', () => {
    // Two leads of five rows at one spot.
    const values = Float64Array.of(5, 1, 4, 2, 3, 50, Number.NaN, 40, 20, 30);
    const found = percentileThresholds(values, 2, 5, 25, 'msl');
    expect([...found]).toEqual([2, 27.5]);
    expect([...percentileThresholds(values.fill(Number.NaN), 2, 5, 25, 'msl')]).toEqual([
      Number.NaN,
      Number.NaN,
    ]);
    expect(() => percentileThresholds(Float64Array.of(1, 2, 3, 4), 1, 4, 90, 'msl > p90')).toThrow(
      /"msl > p90": its 90th percentile comes from 4 cases.*at least 9 are needed/,
    );
  });
});

describe.skipIf(pressureIsMissing)(`on North Atlantic pressures${whyPressureIsSkipped}`, () => {
  it('the climatological probability of a low is a count of days of other years', async () => {
    const archive = await readPressures();
    const { grid } = archive.schema;
    const start = Date.UTC(2007, 0, 18) + (archive.times[0]! % millisecondsPerDay);
    const cases = climatologyStarts(archive.times, start, leads);
    const box = { north: 60, south: 50, west: -30, east: -10 };
    const event = msl({ place: { kind: 'box', box } });
    const found = await evaluateEvent(event, archiveTrajectories(archive, cases.starts, leads));

    const nlon = grid.longitudes.length;
    const size = grid.latitudes.length * nlon;
    let [days, low] = [0, 0];
    for (let t = 0; t + 2 < archive.times.length; t++) {
      const date = new Date(archive.times[t]!);
      const years = date.getUTCFullYear() - 2007;
      const away = Math.abs(Date.UTC(2007, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(2007, 0, 18));
      if (years === 0 || away > 15 * millisecondsPerDay) continue;
      days++;
      let lowest = Infinity;
      for (let lead = 0; lead < 3; lead++) {
        const { values } = await archive.read(t + lead);
        for (let p = 0; p < size; p++) {
          const [φ, λ] = [grid.latitudes[Math.floor(p / nlon)]!, grid.longitudes[p % nlon]!];
          const west = λ > 180 ? λ - 360 : λ;
          if (φ >= 50 && φ <= 60 && west >= -30 && west <= -10) lowest = Math.min(lowest, values[p]!);
        }
      }
      if (lowest < 98_500) low++;
    }
    expect(days).toBeGreaterThan(150);
    expect(low).toBeGreaterThan(20);
    expect(climatologicalProbability(found)).toEqual({ probability: low / days, cases: days });
  });

  it('days of a year fall below the tenth percentile of the other years about a tenth of the time', async () => {
    const archive = await readPressures();
    const { times } = archive;
    const counts = { low: 0, high: 0, all: 0 };
    for (let t = 3; t + 2 < times.length; t += 7) {
      const start = times[t]!;
      const { starts } = climatologyStarts(times, start, [0]);
      const climate = archiveTrajectories(archive, starts, [0]);
      const truth = archiveTrajectories(archive, [start], [0]);
      const percentile = (kind: '<' | '>', percent: number) =>
        evaluateEvent(
          msl({ comparison: { kind, threshold: { kind: 'percentile', percent } } }),
          truth,
          null,
          { climate },
        );
      counts.low += (await percentile('<', 10)).yes[0]!;
      counts.high += (await percentile('>', 90)).yes[0]!;
      counts.all++;
    }
    // Weeks apart, days depend little on each other: three standard errors of a share of a tenth.
    const error = 3 * Math.sqrt((0.1 * 0.9) / counts.all);
    expect(counts.all).toBeGreaterThan(300);
    expect(Math.abs(counts.low / counts.all - 0.1)).toBeLessThan(error);
    expect(Math.abs(counts.high / counts.all - 0.1)).toBeLessThan(error);
  });
});
