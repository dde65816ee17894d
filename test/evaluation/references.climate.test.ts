/** What is usual on a date: windows, quantiles, independence of pairs, memory, and the line between training and test. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, makeGrid } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import { millisecondsPerDay, millisecondsPerHour } from '../../core/time.js';
import { climateBytes, mostMembers } from '../../evaluation/references/climate.js';
import { chooseWindow, rowsInWindow, yearsAndDays } from '../../evaluation/references/climateWindow.js';
import { climatology } from '../../evaluation/references/climatology.js';
import { eofRegression } from '../../evaluation/references/eofRegression.js';
import { fitReferences, referenceBytes } from '../../evaluation/references/fitReferences.js';
import { PredictionScorer } from '../../evaluation/references/predictionStatistics.js';
import { SampleDistribution } from '../../evaluation/references/sampleDistribution.js';
import { seasonlessClimatology } from '../../evaluation/references/seasonlessClimatology.js';
import { readTraining, strideThrough } from '../../evaluation/references/trainingSeries.js';
import { memoryArchive, pressureSchema } from './memoryArchive.js';

const from = Date.UTC(2001, 0, 1);
const row = (points: number): Grid =>
  makeGrid(
    [50],
    Array.from({ length: points }, (_, i) => (i * 300) / points),
  );

/** First-order autoregression of unit variance at every point about a cycle, in steps of so many hours. */
function weather(
  points: number,
  days: number,
  stepHours: number,
  r: number,
  seed: number,
  cycle: (time: number) => number = () => 0,
): Archive {
  const steps = Math.round(days * (24 / stepHours));
  const noise = new Float64Array(steps * points + points);
  normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, noise);
  const times = Float64Array.from({ length: steps }, (_, t) => from + t * stepHours * millisecondsPerHour);
  const values = new Float32Array(steps * points);
  for (let p = 0; p < points; p++) {
    let a = noise[steps * points + p]!;
    for (let t = 0; t < steps; t++) {
      values[t * points + p] = cycle(times[t]!) + a;
      a = r * a + Math.sqrt(1 - r * r) * noise[t * points + p]!;
    }
  }
  return memoryArchive(pressureSchema(row(points)), times, values);
}

/** Largest share of a year's worth of days, 0 … 1, as an angle. */
const angleOfYear = (time: number): number => (2 * Math.PI * (time - from)) / (365.2425 * millisecondsPerDay);

async function trainingOf(archive: Archive, to: number) {
  return (await readTraining(archive, { from, to }, [0]))[0]!;
}

describe('the window of a date', () => {
  const day = (y: number, m: number, d: number): number => Date.UTC(y, m - 1, d);

  it('meets the same date of other years, across leap days and the turn of the year', () => {
    expect(yearsAndDays(day(2007, 1, 1), day(2004, 12, 31))).toEqual({ years: -2, daysOff: 1 });
    // Seven mean years round to 2557 days; with one leap day between them these dates lie 2555 apart.
    expect(yearsAndDays(day(2007, 12, 31), day(2001, 1, 1))).toEqual({ years: -7, daysOff: 2 });
    expect(yearsAndDays(day(2004, 2, 29), day(2007, 3, 1))).toEqual({ years: 3, daysOff: 0 });
    expect(yearsAndDays(day(2007, 3, 1), day(2004, 2, 29))).toEqual({ years: -3, daysOff: 0 });
    expect(yearsAndDays(day(2007, 6, 1), day(2007, 6, 9))).toEqual({ years: 0, daysOff: 8 });
  });

  it('takes as many days of every whole year, and none of its own', () => {
    const times = Float64Array.from({ length: 3653 }, (_, t) => from + t * millisecondsPerDay); // 2001 … 2010
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 90 }), (t, halfWidthDays) => {
        const validTime = from + t * millisecondsPerDay;
        const rows = rowsInWindow(times, validTime, { halfWidthDays, sameHour: false });
        const away = rows.map((at) => yearsAndDays(validTime, times[at]!));
        expect(Math.max(0, ...away.map(({ daysOff }) => daysOff))).toBeLessThanOrEqual(halfWidthDays);
        const byYear = new Map<number, number>();
        for (const { years } of away) byYear.set(years, (byYear.get(years) ?? 0) + 1);
        expect(byYear.has(0)).toBe(false);
        for (const [years, count] of byYear) {
          const middle = validTime + Math.round(years * 365.2425) * millisecondsPerDay;
          const reach = halfWidthDays * millisecondsPerDay;
          const whole = middle - reach >= times[0]! && middle + reach <= times[times.length - 1]!;
          if (whole) expect(count).toBe(2 * halfWidthDays + 1);
        }
        expect(byYear.size).toBeGreaterThanOrEqual(9);
      }),
    );
  });

  it('is narrow where the season matters and wide where it does not; 15 days where years are too few to choose', async () => {
    const days = 6 * 365;
    const to = from + days * millisecondsPerDay;
    const strong = await trainingOf(
      weather(12, days, 24, 0.5, 1, (time) => 12 * Math.cos(angleOfYear(time))),
      to,
    );
    const none = await trainingOf(weather(12, days, 24, 0.5, 2), to);
    expect(chooseWindow(strong).halfWidthDays).toBeLessThanOrEqual(15);
    expect(chooseWindow(none).halfWidthDays).toBeGreaterThanOrEqual(45);
    const two = await trainingOf(weather(4, 730, 24, 0.5, 3), to);
    expect(chooseWindow(two)).toEqual({ halfWidthDays: 15, sameHour: false });
  });

  it('keeps to the hour of the day where that matters', async () => {
    const days = 4 * 365;
    const daily = (time: number) =>
      8 * Math.cos((2 * Math.PI * (time % millisecondsPerDay)) / millisecondsPerDay);
    const archive = weather(4, days, 12, 0.6, 4, daily);
    const training = await trainingOf(archive, from + days * millisecondsPerDay);
    expect(chooseWindow(training).sameHour).toBe(true);
    const { climate } = climatology.fit(training, [12]);
    const noon = Date.UTC(2006, 3, 1, 12);
    expect(climate!.mean(noon)[0]! + 8).toBeCloseTo(0, 0);
    expect(climate!.mean(noon + 12 * millisecondsPerHour)[0]! - 8).toBeCloseTo(0, 0);
    // An hour that training does not have: all hours.
    expect(climate!.mean(noon + 3 * millisecondsPerHour)[0]!).toBeCloseTo(0, 0);
    const flat = await trainingOf(weather(4, days, 12, 0.6, 5), from + days * millisecondsPerDay);
    expect(chooseWindow(flat).sameHour).toBe(false);
  });
});

describe('climatology', () => {
  it('has the type-7 quantiles, mean and exceedances of the states in its window', async () => {
    const archive = weather(3, 4 * 365, 24, 0.7, 9);
    const training = await trainingOf(archive, from + 4 * 365 * millisecondsPerDay);
    const reference = climatology.fit(training, [24]);
    const climate = reference.climate!;
    const validTime = Date.UTC(2005, 0, 3);
    const window = chooseWindow(training);
    const rows = rowsInWindow(training.times, validTime, window);
    const stride = Math.ceil(rows.length / mostMembers(3));
    const kept = rows.filter((_, i) => i % stride === 0);
    const probabilities = [0, 0.1, 0.333, 0.5, 0.9, 1];
    const quantiles = climate.quantiles(validTime, probabilities);
    for (let p = 0; p < 3; p++) {
      const values = kept.map((at) => training.values[at * 3 + p]!).sort((a, b) => a - b);
      for (const [i, probability] of probabilities.entries()) {
        const position = probability * (values.length - 1);
        const low = Math.floor(position);
        const high = Math.min(low + 1, values.length - 1);
        const expected = values[low]! + (position - low) * (values[high]! - values[low]!);
        expect(quantiles[i * 3 + p]).toBe(Math.fround(expected));
      }
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      expect(climate.mean(validTime)[p]).toBeCloseTo(mean, 12);
    }
    // numpy.quantile([1, 2, 3, 4], [0.4, 0.9]) = [2.2, 3.7]
    const four = new SampleDistribution(Float32Array.of(3, 1, 4, 2), 4, 1);
    const out = new Float64Array(1);
    four.quantile(0.4, out);
    expect(out[0]).toBeCloseTo(2.2, 12);
    four.quantile(0.9, out);
    expect(out[0]).toBeCloseTo(3.7, 12);
    // What has been made for a date is kept; another date in between lets go of the distribution alone.
    expect(climate.quantiles(validTime, probabilities)).toBe(quantiles);
    const distribution = climate.distribution(validTime);
    expect(climate.distribution(validTime)).toBe(distribution);
    const mean = climate.mean(validTime);
    climate.distribution(validTime + millisecondsPerDay);
    expect(climate.mean(validTime)).toBe(mean);
    expect(climate.distribution(validTime)).not.toBe(distribution);
    expect(climate.distribution(validTime).mean).toEqual(distribution.mean);
    const prediction = reference.predict([], validTime - millisecondsPerDay, 24);
    expect(prediction.kind === 'distribution' && prediction.distribution).toBe(
      climate.distribution(validTime),
    );
  });

  it('scores 1/√π of a standard deviation although days of a year resemble each other for weeks', async () => {
    const points = 1000;
    const years = 4;
    const archive = weather(points, (years + 1.6) * 365, 24, 0.97, 14);
    const to = from + (years * 365 + 1) * millisecondsPerDay;
    const training = await trainingOf(archive, to);
    const { climate } = climatology.fit(training, [24]);
    const scorer = new PredictionScorer(points, 1);
    const out = new Float64Array(points);
    const thresholds = new Float32Array(points);
    let [crps, naive, twcrps, squared, count] = [0, 0, 0, 0, 0];
    for (let day = years * 365 + 100; day < (years + 1.6) * 365; day += 60) {
      const validTime = archive.times[day]!;
      const truth = (await archive.read(day)).values;
      const distribution = climate!.distribution(validTime);
      scorer.score(
        { kind: 'distribution', distribution },
        { truth, thresholds, climate: null, nanPolicy: 'raise' },
      );
      const rows = rowsInWindow(training.times, validTime, chooseWindowOnce(training));
      const { members, memberCount } = allOf(training.values, rows, points);
      new SampleDistribution(members, memberCount, points).crps(truth, out);
      for (let p = 0; p < points; p++) {
        crps += scorer.field('crps')[p]!;
        twcrps += scorer.twcrpsAbove[p]!;
        squared += scorer.field('variance')[p]!;
        naive += out[p]!;
        count++;
      }
    }
    // 9000 truths, each independent of all others: standard error 0.42/√9000 = 0.5 % of σ, as much from the sample.
    const best = 1 / Math.sqrt(Math.PI);
    expect(count).toBe(9 * points);
    expect(Math.abs(crps / count / best - 1)).toBeLessThan(0.03);
    // By symmetry, half of the CRPS lies above the middle; the variance is that of independent draws.
    expect(Math.abs(twcrps / count / (best / 2) - 1)).toBeLessThan(0.04);
    expect(Math.abs(squared / count - 1)).toBeLessThan(0.05);
    expect(naive / crps - 1).toBeGreaterThan(0.03);
  });

  it('takes pairs of states ten days apart where it has one year, and says what to give where it has none', async () => {
    const archive = weather(5, 800, 24, 0.5, 15);
    const training = await trainingOf(archive, from + 364 * millisecondsPerDay);
    const { climate } = climatology.fit(training, [24]);
    const validTime = Date.UTC(2002, 6, 1);
    const distribution = climate!.distribution(validTime);
    expect(distribution.memberCount).toBe(31);
    const rows = rowsInWindow(training.times, validTime, { halfWidthDays: 15, sameHour: false });
    const { members } = allOf(training.values, rows, 5);
    const times = Float64Array.from(rows, (at) => training.times[at]!);
    const expected = new SampleDistribution(members, 31, 5, {
      kind: 'apart',
      times,
      apart: 10 * millisecondsPerDay,
    });
    expect(distribution.variance).toEqual(expected.variance);
    expect(() => climate!.distribution(Date.UTC(2001, 6, 1))).toThrow(
      /climatology of msl: .*2001-01-01T00Z to 2001-12-31T00Z has 0 state\(s\) of other years within ±15 days.*2001-07-01.*--train/,
    );
    const summer = await trainingOf(weather(5, 90, 24, 0.5, 16), from + 90 * millisecondsPerDay);
    expect(() => climatology.fit(summer, [24]).climate!.mean(Date.UTC(2002, 9, 1))).toThrow(/whole years/);
  });

  it('hands on some of its states as an ensemble, and knows which pairs are two draws', async () => {
    const archive = weather(4, 5 * 365, 24, 0.5, 18);
    const training = await trainingOf(archive, from + 5 * 365 * millisecondsPerDay);
    const states = climatology.fit(training, [24]).climate!.states(Date.UTC(2007, 4, 5));
    expect(states.memberCount).toBeLessThanOrEqual(50);
    expect(states.memberCount).toBeGreaterThan(25);
    expect(states.members).toHaveLength(4 * states.memberCount);
    const rowOf = (m: number) =>
      training.times.findIndex((_, t) =>
        [0, 1, 2, 3].every((p) => training.values[t * 4 + p] === states.members[m * 4 + p]),
      );
    for (const [a, b] of [
      [0, 1],
      [3, 2],
      [0, states.memberCount - 1],
      [7, 30],
    ] as const) {
      const apart = Math.abs(training.times[rowOf(a)]! - training.times[rowOf(b)]!) / millisecondsPerDay;
      expect(states.independent(a, b)).toBe(apart > 182);
      expect(states.independent(b, a)).toBe(apart > 182);
    }
    const any = seasonlessClimatology.fit(training, [24]).climate!;
    expect(any.states(0).memberCount).toBeLessThanOrEqual(50);
    expect(any.states(0).independent(0, 1)).toBe(true);
    expect(any.quantiles(0, [0.5])).toBe(any.quantiles(1, [0.5]));
  });
});

/** The window that a training series chooses, once a series. */
const chosen = new Map<object, ReturnType<typeof chooseWindow>>();
function chooseWindowOnce(training: Parameters<typeof chooseWindow>[0]) {
  const found = chosen.get(training) ?? chooseWindow(training);
  chosen.set(training, found);
  return found;
}

function allOf(values: Float32Array, rows: readonly number[], points: number) {
  const members = new Float32Array(rows.length * points);
  for (const [m, at] of rows.entries())
    members.set(values.subarray(at * points, (at + 1) * points), m * points);
  return { members, memberCount: rows.length };
}

describe('fitting references', () => {
  const archive = weather(50, 4 * 365, 12, 0.5, 20);
  const request = {
    archive,
    channels: [0],
    methods: [climatology],
    training: { from, to: Date.UTC(2003, 11, 31, 12) },
    starts: [Date.UTC(2004, 1, 1)],
    leadsHours: [24],
  };

  it('holds no more training states than allowed, evenly spread over days and hours, and says so', async () => {
    const read: number[] = [];
    const counted: Archive = {
      ...archive,
      read: (i) => {
        read.push(i);
        return archive.read(i);
      },
    };
    // 2190 states of 200 bytes; 300 of them are allowed: every 8th would be, but meets one hour only.
    const budget = { ...request, archive: counted, trainingBytes: 300 * 200 };
    const [[reference]] = (await fitReferences(budget)) as [
      [Awaited<ReturnType<typeof fitReferences>>[0][0]],
    ];
    expect(read).toHaveLength(Math.ceil(2190 / 9));
    expect(new Set(read.map((i) => i % 2)).size).toBe(2);
    expect(reference!.summary).toMatch(/244 states \(1 in 9, evenly spread/);
    expect(Math.max(...read.map((i) => archive.times[i]!))).toBeLessThanOrEqual(request.training.to);
    expect(referenceBytes(budget)).toBe(243 * 200 + 57 * 200 + climateBytes(50, 1));
    expect(referenceBytes(request)).toBe(2190 * 200 + climateBytes(50, 1));
    const whole = await fitReferences(request);
    expect(whole[0]![0]!.summary).toMatch(/2190 states, 2001-01-01T00Z to 2003-12-31T12Z/);
  });

  it('refuses what cannot be held, naming who needs it', async () => {
    const methods = [climatology, eofRegression()];
    await expect(fitReferences({ ...request, methods, trainingBytes: 300 * 200 })).rejects.toThrow(
      /eof-regression learns from every state.*2190 states of 1 channel.*train on a shorter period/,
    );
    await expect(fitReferences({ ...request, trainingBytes: 20 * 200 })).rejects.toThrow(
      /100 states .* more than the 1 MiB allowed/,
    );
    expect(() => referenceBytes({ ...request, trainingBytes: 20 * 200 })).toThrow(/allowed/);
  });

  it('refuses a training period that reaches into the forecasts', async () => {
    for (const training of [
      { from, to: Date.UTC(2004, 1, 2) },
      { from: Date.UTC(2004, 1, 1), to: Date.UTC(2004, 5, 1) },
    ])
      await expect(fitReferences({ ...request, training })).rejects.toThrow(/overlaps the forecasts/);
  });

  it('strides so that every hour of the day is met', () => {
    const times = Array.from({ length: 1460 }, (_, i) => from + i * 6 * millisecondsPerHour);
    expect(strideThrough(times, 1460)).toBe(1);
    expect(strideThrough(times, 800)).toBe(3);
    expect(strideThrough(times, 365)).toBe(5);
    const daily = times.filter((_, i) => i % 4 === 0);
    expect(strideThrough(daily, 91)).toBe(5);
    expect(strideThrough(daily, 92)).toBe(4);
  });
});
