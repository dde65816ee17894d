/** What --json and the screen say of a storm beside its mean track: classes of intensity, the ellipse, rapid intensification. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Storm } from '../../evaluation/cyclones/track.js';
import { readTrackFiles } from '../../src/tracks/askedTracks.js';
import { type CycloneForecast, forecastOf, forecastsInFiles } from '../../src/tracks/cycloneForecast.js';
import { forecastJson } from '../../src/tracks/forecastJson.js';
import { forecastText } from '../../src/tracks/tracksText.js';
import { ensembleOf, type Point, stormOf, trackOf } from '../evaluation/cyclones/trackFixture.js';

interface LeadJson {
  readonly leadHours: number;
  readonly members: number;
  readonly intensity: {
    readonly classes: readonly { readonly class: string; readonly probability: number }[];
    readonly absent: number;
    readonly unknown: number;
  };
  readonly ellipse: Record<string, unknown> | null;
}

interface StormJson {
  readonly id: string;
  readonly rapidIntensification: Record<string, unknown> | null;
  readonly leads: readonly LeadJson[];
}

function stormsOf(forecast: CycloneForecast): readonly StormJson[] {
  const written = JSON.stringify(forecastJson(forecast, 120));
  expect(written).not.toMatch(/NaN/);
  return (JSON.parse(written) as { storms: readonly StormJson[] }).storms;
}

/** Eastward by a degree in six hours, so many degrees ahead and north of the middle; winds at 0 h and 24 h, m/s. */
function member(ahead: number, north: number, from: number, to: number): Point[] {
  return Array.from({ length: 5 }, (_, i): Point => {
    const wind = from + ((to - from) * i) / 4;
    return [6 * i, north, 179 + i + ahead, { wind }];
  });
}

/** Two weight samples: ahead and behind; in each a member to the north and one to the south. The fifth has no storm. */
function made(weights: boolean): CycloneForecast {
  const tracks = [
    member(0.5, 0.1, 20, 30),
    member(0.5, -0.1, 20, 36),
    member(-0.5, 0.1, 20, 35.5),
    member(-0.5, -0.1, Number.NaN, Number.NaN),
    null,
  ];
  const storm: Storm = stormOf(tracks, (m) => (weights ? Math.floor(m / 2) : null));
  const ensemble = ensembleOf(tracks.map((points, m) => (points ? [trackOf(String(m), points)] : [])));
  return forecastOf(ensemble, [storm]);
}

describe('a storm of five members, one without it and one without winds', () => {
  it('has shares of classes that add up to one', () => {
    const [storm] = stormsOf(made(false));
    const last = storm!.leads.at(-1)!;
    const shares = Object.fromEntries(last.intensity.classes.map((each) => [each.class, each.probability]));
    expect(shares).toEqual({ TD: 0, TS: 0.2, '1': 0.4, '2': 0, '3': 0, '4': 0, '5': 0 });
    expect([last.intensity.absent, last.intensity.unknown]).toEqual([0.2, 0.2]);
  });

  it('intensifies rapidly where 30 knots are gained: 16 and 15.5 m/s are, 10 are not', () => {
    const [storm] = stormsOf(made(false));
    expect(storm!.rapidIntensification).toEqual({
      riseKnots: 30,
      withinHours: 24,
      probability: 0.4,
      members: 2,
      asked: 5,
      byLead: [{ leadHours: 24, members: 3, probability: 0.4 }],
    });
    expect(forecastText(made(false), 120)).toMatch(
      /rapid intensification, 30 kt or more in 24 h at any time: 40 %, 2 of 5 members/,
    );
    const calm = made(false);
    const still = calm.storms.map((storm) => ({
      ...storm,
      tracks: storm.tracks.map((each) => ({
        ...each,
        track: { ...each.track, fixes: each.track.fixes.map((fix) => ({ ...fix, wind: Number.NaN })) },
      })),
    }));
    const windless = { ...calm, storms: still };
    expect(stormsOf(windless)[0]!.rapidIntensification).toBeNull();
    expect(forecastText(windless, 120)).not.toMatch(/rapid/);
  });

  it('has an ellipse along its way over the date line, all of whose length comes from the weights and all of whose width from the noise', () => {
    const [storm] = stormsOf(made(true));
    const { ellipse } = storm!.leads[2]!;
    // Offsets of ±0.5° and ±0.1° in four members: unbiased variance 4/3 of their square; 2/3 lie within √(2 ln 3) of a normal.
    const half = 6371.229 * (Math.PI / 180) * Math.sqrt((4 / 3) * 2 * Math.log(3));
    expect(ellipse).toMatchObject({
      majorKm: expect.closeTo(0.5 * half, 0),
      minorKm: expect.closeTo(0.1 * half, 0),
      bearing: expect.closeTo(90, 6),
      motion: expect.closeTo(90, 6),
    });
    const { along, across } = ellipse!.sources as Record<string, { epistemic: number; aleatoric: number }>;
    const square = (6371.229 * (Math.PI / 180)) ** 2;
    expect(along!.aleatoric / square).toBeCloseTo(0, 9);
    expect(along!.epistemic / square).toBeCloseTo(0.5, 3);
    expect(across!.aleatoric / square).toBeCloseTo(0.02, 4);
    expect(across!.epistemic / square).toBeLessThan(1e-3);
    expect(stormsOf(made(false))[0]!.leads[2]!.ellipse).toMatchObject({ sources: null });
    expect(forecastText(made(true), 120)).toMatch(/ 95×19 at 90° .* TS 60 % /);
  });
});

const data = resolve('..', 'shared', 'data');
const why = existsSync(data) ? '' : ` (skipped: no ${data})`;

describe.skipIf(why !== '')(`In-Fa in ECMWF’s ensemble${why}`, () => {
  it('has the classes that its lines say, at every lead', async () => {
    const path = join(data, 'ecmwf-tc-tracks', 'infa-20151118T00.csv');
    const { forecasts } = await readTrackFiles([path], { strict: true });
    const read = forecastsInFiles(
      forecasts.flatMap((file) => file.forecasts),
      {},
    );
    const storm = stormsOf(read.forecasts[0]!).find(({ id }) => id === '27W')!;
    const [head, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
    const columns = head!.trim().split(',');
    const rows = lines
      .map((line) =>
        Object.fromEntries(
          line
            .trim()
            .split(',')
            .map((text, i) => [columns[i]!, text]),
        ),
      )
      .filter((row) => row.storm_id === '27W' && Number(row.member) <= 50);
    const bounds = [0, 34, 64, 83, 96, 113, 137];
    let compared = 0;
    for (const lead of storm.leads) {
      const here = rows.filter((row) => Number(row.step_h) === lead.leadHours);
      // Where a member lacks a line on its way, ours stands between its neighbours.
      if (here.length !== lead.members) continue;
      const winds = here.map((row) => Number(row.wind_ms) * (3600 / 1852));
      const expected = bounds.map(
        (from, k) =>
          winds.filter((wind) => wind >= from - 0.02 && wind < (bounds[k + 1] ?? 999) - 0.02).length / 50,
      );
      expect(lead.intensity.classes.map(({ probability }) => probability)).toEqual(expected);
      compared++;
    }
    expect(compared).toBeGreaterThan(15);
  });
});
