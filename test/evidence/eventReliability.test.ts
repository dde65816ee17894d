/**
 * Reliability of asked events on a world whose answer is known: truth and members drawn alike are found reliable, members that
 * lie too close together too sure, members that are shifted too often; and each number against a count by hand.
 */
import { describe, expect, it } from 'vitest';
import { askEvents } from '../../bench/evidence/events/askEvents.js';
import { boxesOf } from '../../bench/evidence/events/eventKinds.js';
import { type Judged, judge, verdictOf } from '../../bench/evidence/events/judgedCases.js';
import { strikeCases } from '../../bench/evidence/events/strikeCases.js';
import { textureOf } from '../../bench/evidence/events/texture.js';
import { gridSize, makeGrid } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import { distanceKm } from '../../core/sphere/distance.js';
import { millisecondsPerDay } from '../../core/time.js';
import type { Fix, Track } from '../../evaluation/cyclones/track.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { memoryArchive } from '../evaluation/memoryArchive.js';

const grid = makeGrid([60, 50, 40], [0, 10, 20, 30]);
const schema: Schema = { grid, channels: [{ variable: 'msl', level: null, unit: 'Pa' }] };
const points = gridSize(grid);
const leadsHours = [24, 48, 72];
const starts = Array.from({ length: 120 }, (_, s) => (400 + 4 * s) * millisecondsPerDay);
const days = Array.from({ length: 890 }, (_, day) => day * millisecondsPerDay);
const climate = Float64Array.from({ length: 90 }, (_, i) => 4 * i * millisecondsPerDay);

/** One number for all points of a field (of the truth's day, or of a member's) and some for each point by itself. */
function noise(stream: number, step: number): Float64Array {
  const out = new Float64Array(points + 1);
  normals({ seed: 7, weightSample: stream, noiseStream: 0, purpose: 'bootstrap', step }, out);
  return out;
}

interface World {
  readonly spread: number;
  readonly shift: number;
}

/**
 * x = what is known of the day + 0.6 of an error: of the truth's, or of the member's times `spread`, moved by `shift`. What is
 * known is the same for truth and members.
 */
function world({ spread, shift }: World) {
  const known = (day: number): Float64Array => noise(0, day);
  const field = (day: number, stream: number, size: number, moved: number): Float32Array => {
    const [base, error] = [known(day), noise(stream, day)];
    return Float32Array.from(
      { length: points },
      (_, p) =>
        100000 +
        500 * (base[points]! + 0.5 * base[p]! + 0.6 * size * (error[points]! + 0.5 * error[p]!) + moved),
    );
  };
  const values = new Float32Array(days.length * points);
  for (const day of days.keys()) values.set(field(day, 1, 1, 0), day * points);
  const members = 20;
  const run: EnsembleSource = {
    schema,
    starts,
    leadsHours,
    manifest: { weight_samples: 1, noise_streams: members },
    async readMembers(start, lead, _channel, { from, to } = { from: 0, to: points }) {
      const day = start / millisecondsPerDay + lead / 24;
      const all = new Float32Array(members * (to - from));
      for (let m = 0; m < members; m++)
        all.set(field(day, 2 + m, spread, shift).subarray(from, to), m * (to - from));
      return { values: all, members: Array.from({ length: members }, (_, m) => m) };
    },
  };
  return {
    run,
    truth: memoryArchive(schema, Float64Array.from(days), values),
    starts,
    climateStarts: () => climate,
    values,
    field,
  };
}

const kinds = [
  { name: 'one', text: 'msl > p80 at here at 48h' },
  { name: 'change', text: 'fall(msl, 24h) >= 5 hPa at here or msl < 995 hPa anywhere within 900 km of here' },
  { name: 'box', text: 'mean(msl, 24h) > 1003 hPa over BOX' },
];
const places = {
  sites: [
    { latitude: 55, longitude: 5 },
    { latitude: 50, longitude: 20 },
    { latitude: 42, longitude: 28 },
  ],
  boxes: boxesOf([60, 50], [0, 10], 10, 20),
};
const spacing = { leadHours: 72, spacingHours: 96 };

async function judged(what: World): Promise<Judged[]> {
  return (await askEvents(world(what), kinds, places)).map((cases) => judge(cases, spacing));
}

describe('reliability of events', () => {
  it('is found where truth and members are drawn alike', async () => {
    for (const each of await judged({ spread: 1, shift: 0 })) {
      expect(verdictOf(each).grade, each.name).toBe('reliable');
      expect(each.skillInterval.low, each.name).toBeGreaterThan(0);
      expect(each.skill).toBeLessThan(0.9);
    }
  });

  it('is missed by members that lie too close together, and by those that are shifted, and says how', async () => {
    const close = await judged({ spread: 0.2, shift: 0 });
    for (const each of close) {
      expect(verdictOf(each).words, each.name).toContain('too sure');
      expect(verdictOf(each).grade, each.name).toBe('off');
    }
    const [high, , box] = await judged({ spread: 1, shift: 0.5 });
    expect(verdictOf(high!).words).toContain('too often');
    expect(verdictOf(box!).words).toContain('too often');
    const [low] = await judged({ spread: 1, shift: -0.5 });
    expect(verdictOf(low!).words).toContain('too seldom');
  });

  it('rests on answers that agree with counting by hand', async () => {
    const made = world({ spread: 1, shift: 0 });
    const text = 'msl > 1004 hPa for 24h at 50,20';
    const [cases] = await askEvents(made, [{ name: '', text }], {
      sites: [{ latitude: 0, longitude: 0 }],
      boxes: [],
    });
    const point = 1 * 4 + 2;
    const holds = (x: readonly number[]): number =>
      x.some((value, lead) => lead > 0 && value > 100400 && x[lead - 1]! > 100400) ? 1 : 0;
    const leadsOf = (date: number): number[] =>
      leadsHours.map((lead) => date / millisecondsPerDay + lead / 24);
    const usual = [...climate].map((date) =>
      holds(leadsOf(date).map((day) => made.values[day * points + point]!)),
    );
    const share = usual.reduce((a, b) => a + b, 0) / usual.length;
    expect(share).toBeGreaterThan(0);
    for (const [s, start] of starts.entries()) {
      const happened = holds(leadsOf(start).map((day) => made.values[day * points + point]!));
      expect(cases!.outcome[s]).toBe(happened);
      expect(cases!.climate[s]).toBeCloseTo(share, 12);
      for (let m = 0; m < 20; m++) {
        const said = holds(leadsOf(start).map((day) => made.field(day, 2 + m, 1, 0)[point]!));
        expect(cases!.yes[s * 20 + m]).toBe(said);
      }
    }
    const probability = starts.map(
      (_, s) => cases!.yes.slice(s * 20, (s + 1) * 20).reduce((a, b) => a + b, 0) / 20,
    );
    const mean = (of: (s: number) => number): number =>
      starts.reduce((sum, _, s) => sum + of(s), 0) / starts.length;
    const brier = mean(
      (s) => (probability[s]! - cases!.outcome[s]!) ** 2 - (probability[s]! * (1 - probability[s]!)) / 19,
    );
    const reference = mean((s) => (share - cases!.outcome[s]!) ** 2);
    const own = judge(cases!, spacing);
    expect(own.brier).toBeCloseTo(brier, 12);
    expect(own.skill).toBeCloseTo(1 - brier / reference, 12);
  });
});

describe('texture', () => {
  it('is 1 where truth and members are alike, and the factor by which members are rougher', async () => {
    const msl = schema.channels[0]!;
    for (const { change, gradient, leadHours } of await textureOf(world({ spread: 1, shift: 0 }), msl)) {
      if (leadHours === 24) expect(change).toBeNaN();
      else expect(Math.abs(change - 1)).toBeLessThan(0.1);
      expect(Math.abs(gradient - 1)).toBeLessThan(0.1);
    }
    // of variances: what is known 1, the error of the truth 0.36, of members 9 times that
    for (const { gradient } of await textureOf(world({ spread: 3, shift: 0 }), msl))
      expect(Math.abs(gradient / Math.sqrt((1 + 9 * 0.36) / 1.36) - 1)).toBeLessThan(0.1);
  });
});

describe('strikes as cases', () => {
  it('agree with distances to finely cut paths, in members, truth and other dates', () => {
    const fix = (day: number, latitude: number, longitude: number): Fix => ({
      ...{ time: day * millisecondsPerDay, latitude, longitude },
      ...{ pressure: Number.NaN, wind: Number.NaN, vorticity: Number.NaN, warmCore: Number.NaN },
    });
    const track = (begin: number, latitude: number, west: number): Track => ({
      ...{ id: '1', name: null },
      fixes: [0, 1, 2].map((day) => fix(begin + 1 + day, latitude + 2 * day, west + 6 * day)),
    });
    const start = 500 * millisecondsPerDay;
    const owned = [track(500, 40, -3), track(500, 45, 176), track(500, 60, 20)];
    const members = owned.map((each, member) => ({
      ...{ member, weightSample: 0, noiseStream: member },
      tracks: [each],
    }));
    const truth = [track(500, 42, -2)];
    const dates = Float64Array.of(0, 4 * millisecondsPerDay);
    const usual = new Map([
      [dates[0]!, [track(0, 41, -3)]],
      [dates[1]!, []],
    ]);
    const sites = [
      [41, -1],
      [44, 8],
      [46, -179],
      [61, 23],
      [-41, 0],
    ].map(([latitude, longitude]) => ({ latitude: latitude!, longitude: longitude! }));
    const kind = { radiusKm: 300, window: { fromHours: 24, toHours: 48 } };
    const { yes, outcome, climate } = strikeCases(
      kind,
      [{ forecast: { start, members }, truth }],
      { tracks: usual, climateStarts: () => dates },
      sites,
    );
    /** Over the first of the two days; steps of 1/200 of it, straight in degrees, are less than 5 km off. */
    const passes = ({ fixes: [a, b] }: Track, { latitude, longitude }: (typeof sites)[number]): number =>
      Array.from({ length: 201 }, (_, i) => i / 200).some(
        (t) =>
          distanceKm(
            a!.latitude + t * (b!.latitude - a!.latitude),
            a!.longitude + t * (b!.longitude - a!.longitude),
            latitude,
            longitude,
          ) < 300,
      )
        ? 1
        : 0;
    for (const [i, site] of sites.entries()) {
      for (const [m, each] of owned.entries()) expect(yes[m * sites.length + i]).toBe(passes(each, site));
      expect(outcome[i]).toBe(passes(truth[0]!, site));
      expect(climate[i]).toBe(passes(usual.get(dates[0]!)![0]!, site) / 2);
    }
    expect([...yes].filter((one) => one === 1)).toHaveLength(3);
  });
});
