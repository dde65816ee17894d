/** Tracks found in analyses beside best tracks: by hand, and CyTRACK's in ERA5 against HURDAT2. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBestTracks } from '../../../evaluation/cyclones/readers/readTracks.js';
import { foundStorms } from '../../../evaluation/cyclones/verification/foundStorms.js';
import { matchFound } from '../../../src/tracks/foundTracks.js';
import { hour, type Point, start, trackOf } from './trackFixture.js';

const kmPerDegree = (Math.PI / 180) * 6371.229;

/** Along a meridian a degree in six hours. */
function north(id: string, from: number, to: number, longitude: number, intensity = {}, offset = 0) {
  const points: Point[] = [];
  for (let hours = from; hours <= to; hours += 6)
    points.push([hours, hours / 6 + offset, longitude, intensity]);
  return trackOf(id, points);
}

describe('storms found', () => {
  it('are paired with distances, hours and differences at the times in common', () => {
    const best = north('B', 0, 48, 179.9, { pressure: 95_000, wind: 50 });
    const found = north('F', 12, 60, 179.9, { pressure: 96_000, wind: 40 }, 1);
    const { pairs, parts, hits, misses, falseAlarms } = foundStorms([found], [best]);
    expect({ hits, misses, falseAlarms, parts }).toEqual({ hits: 1, misses: 0, falseAlarms: 0, parts: [] });
    const [pair] = pairs;
    expect(pair).toMatchObject({ from: start + 12 * hour, to: start + 48 * hour, hours: 36, times: 7 });
    // The best track is looked for while there are tracks: from hour 12 on.
    expect(pair!.bestHours).toBe(36);
    expect(pair!.meanKm).toBeCloseTo(kmPerDegree, 6);
    expect(pair!.largestKm).toBeCloseTo(kmPerDegree, 6);
    expect([pair!.pressureDifference, pair!.windDifference]).toEqual([1000, -10]);
  });

  it('that are parts of one storm are neither hits nor false alarms, whatever the order', () => {
    const best = [north('B', 0, 96, 10), north('C', 0, 96, 60)];
    const found = [north('1', 0, 48, 10), north('2', 60, 96, 10), north('3', 0, 24, -100)];
    for (const order of [found, found.toReversed()]) {
      const all = foundStorms(order, best);
      expect(all.pairs.map((pair) => [pair.found.id, pair.best.id])).toEqual([['1', 'B']]);
      expect(all.parts.map((pair) => [pair.found.id, pair.best.id, pair.hours])).toEqual([['2', 'B', 36]]);
      expect(all.missed.map(({ id }) => id)).toEqual(['C']);
      expect(all.strange.map(({ id }) => id)).toEqual(['3']);
    }
  });

  it('do not miss storms of other times, and take no storm that is too far on average', () => {
    const found = [north('1', 0, 48, 0)];
    const best = [north('before', -96, -48, 0), north('after', 54, 96, 0), north('beside', 0, 48, 3.2)];
    const { pairs, missed } = foundStorms(found, best);
    expect([pairs, missed.map(({ id }) => id)]).toEqual([[], ['beside']]);
    expect(foundStorms(found, best, { limitKm: 400 }).pairs.map((pair) => pair.best.id)).toEqual(['beside']);
  });

  it('of a time without best tracks are no false alarms but an error', () => {
    const ask = () => matchFound([north('1', 0, 48, 0)], [north('B', 480, 960, 0)], { limitKm: undefined });
    expect(ask).toThrow(
      /no storm in common in time.*2020-09-21T00Z to 2020-10-11T00Z.*2020-09-01T00Z to 2020-09-03T00Z/,
    );
  });
});

const data = path.resolve('..', 'shared', 'data', 'besttrack');
const isMissing = !existsSync(data);
const read = async (name: string) => (await readBestTracks(path.join(data, name), { strict: true })).tracks;

describe.skipIf(isMissing)(
  `storms found in real analyses${isMissing ? ` (skipped: no ${data})` : ''}`,
  () => {
    it('CyTRACK finds Florence, Gordon, Helene, Isaac, Joyce and Kirk in ERA5, numbers as numpy has them', async () => {
      const best = await read('hurdat2-al-2018-2021-gert-emily.csv');
      const { pairs, parts, missed, strange } = foundStorms(await read('cytrack-era5-al-201809.dat'), best);
      // Haversine, means over the six-hourly rows of both files (and half-way over the time that
      // CyAL00062018 lacks); hPa and m/s.
      const expected = [
        ['CyAL00012018', 'FLORENCE', 61, 360, 29.17, 67.69, 19.012, -17.752],
        ['CyAL00022018', 'GORDON', 7, 36, 32.39, 59.35, 8.794, -12.681],
        ['CyAL00042018', 'HELENE', 42, 246, 38.99, 135.54, 2.463, -9.866],
        ['CyAL00032018', 'ISAAC', 31, 180, 49.99, 125.86, 5.005, -11.541],
        ['CyAL00052018', 'JOYCE', 28, 162, 38.73, 74.99, 4.035, -6.628],
        ['CyAL00062018', 'KIRK', 25, 144, 64.84, 133.77, 3.688, -6.252],
      ] as const;
      expect(pairs).toHaveLength(expected.length);
      for (const [i, [id, name, times, hours, mean, largest, pressure, wind]] of expected.entries()) {
        const pair = pairs[i]!;
        expect([pair.found.id, pair.best.name, pair.times, pair.hours]).toEqual([id, name, times, hours]);
        expect(pair.meanKm).toBeCloseTo(mean, 1);
        expect(pair.largestKm).toBeCloseTo(largest, 1);
        expect(pair.pressureDifference / 100).toBeCloseTo(pressure, 2);
        expect(pair.windDifference).toBeCloseTo(wind, 2);
      }
      expect(parts).toEqual([]);
      expect(missed.map(({ name }) => name)).toEqual(['ELEVEN', 'LESLIE']);
      // In the eastern Pacific, of which the file has no best tracks.
      expect(strange.map(({ id }) => id)).toEqual(['CyAL00072018']);
    });
  },
);
