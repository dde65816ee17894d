/** Following members in groups, places of strikes, the surest storm: parts of plume tracks that need no process. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Fix, Storm, Track } from '../../evaluation/cyclones/track.js';
import { lowsTracker } from '../../evaluation/cyclones/trackers/lows.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { lowsSentences } from '../../src/report/lowsSentence.js';
import { placeText } from '../../src/report/stormWords.js';
import { trackFrame } from '../../src/report/trackFrame.js';
import { membersAsked } from '../../src/tracks/askedTracks.js';
import { forecastOf } from '../../src/tracks/cycloneForecast.js';
import { followMembers } from '../../src/tracks/followMembers.js';
import { surestAndLeast } from '../../src/tracks/stormOutlook.js';
import { strikeAt, strikePlace } from '../../src/tracks/strikeOption.js';
import { vortexFields } from '../evaluation/cyclones/vortices.js';

const hour = 3_600_000;
const start = Date.UTC(2001, 0, 1);

/** Six members (3 weight samples × 2 streams), each with a low of its own; channels one after the other in another unit. */
function source(unit: string): EnsembleSource {
  const grid = makeGrid(
    Array.from({ length: 21 }, (_, i) => 60 - i),
    Array.from({ length: 31 }, (_, j) => -40 + j),
  );
  const points = 21 * 31;
  const factor = unit === 'hPa' ? 0.01 : 1;
  const fields = new Map<string, Float32Array>();
  const field = (member: number, lead: number): Float32Array => {
    const key = `${member} ${lead}`;
    const way = { latitude: 47 + member, longitude: -30 + lead / 6 };
    const made = fields.get(key) ?? vortexFields(grid, [way])('msl')!.map((value) => factor * value);
    fields.set(key, made);
    return made;
  };
  return {
    schema: {
      grid,
      channels: [
        { variable: 't2m', level: null, unit: 'K' },
        { variable: 'msl', level: null, unit },
      ],
    },
    starts: [start],
    leadsHours: [6, 12, 18, 24],
    manifest: { weight_samples: 3, noise_streams: 2 },
    readMembers: async (_start, lead, channel, range = { from: 0, to: points }, into) => {
      if (channel !== 1) throw new Error('no tracker of lows asks for the temperature');
      const width = range.to - range.from;
      const values = into?.subarray(0, 6 * width) ?? new Float32Array(6 * width);
      for (let m = 0; m < 6; m++) values.set(field(m, lead).subarray(range.from, range.to), m * width);
      return { values, members: [0, 1, 2, 3, 4, 5] };
    },
  };
}

describe('following members', () => {
  const request = (unit: string, budget?: number) => ({
    source: source(unit),
    name: 'run "x"',
    tracker: lowsTracker(),
    land: null,
    starts: [start],
    ...(budget === undefined ? {} : { budget }),
  });

  it('gives each member its tracks, its weight sample and stream, and says what was left out', async () => {
    const { ensembles, notes } = await followMembers(request('Pa'));
    const { members } = ensembles[0]!;
    expect(
      members.map(({ member, weightSample, noiseStream }) => [member, weightSample, noiseStream]),
    ).toEqual([0, 1, 2, 3, 4, 5].map((m) => [m, Math.floor(m / 2), m % 2]));
    for (const { member, tracks } of members) {
      expect(tracks).toHaveLength(1);
      expect(tracks[0]!.fixes).toHaveLength(4);
      expect(tracks[0]!.fixes[0]!.latitude).toBeCloseTo(47 + member, 0);
      expect(tracks[0]!.fixes[0]!.pressure).toBeGreaterThan(90_000);
    }
    expect(notes.join()).toMatch(/winds are not known/);
  });

  it('finds the same in groups of any size, however small the memory', async () => {
    const whole = await followMembers(request('Pa'));
    for (const budget of [1, 4 * 651 * 2 * 2, 4 * 651 * 2 * 4]) {
      expect(await followMembers(request('Pa', budget))).toEqual(whole);
    }
  });

  it('reads pressures in any unit, and says which channel has one that is none', async () => {
    const [pascal, hecto] = await Promise.all([followMembers(request('Pa')), followMembers(request('hPa'))]);
    const last = (all: typeof pascal): Fix => all.ensembles[0]!.members[5]!.tracks[0]!.fixes[3]!;
    expect(last(hecto).pressure).toBeCloseTo(last(pascal).pressure, 0);
    await expect(followMembers(request('K'))).rejects.toThrow(
      /channel msl has unit "K", a tracker reads it in "Pa"/,
    );
  });

  it('names what a run lacks', async () => {
    const bare = {
      ...source('Pa'),
      schema: { ...source('Pa').schema, channels: [{ variable: 't2m', level: null, unit: 'K' }] },
    };
    await expect(followMembers({ ...request('Pa'), source: bare })).rejects.toThrow(
      /tracker lows needs one of msl, z1000, .* which run "x" does not hold \(it has t2m\)/,
    );
  });
});

const fix = (hours: number, latitude: number, longitude: number): Fix => ({
  time: start + hours * hour,
  latitude,
  longitude,
  pressure: 98_000,
  wind: Number.NaN,
  vorticity: Number.NaN,
  warmCore: Number.NaN,
});

/** All members at day 3 on a meridian, so many degrees apart. */
function storm(id: string, latitude: number, apart: number, have: number): Storm {
  const trackOf = (member: number): Track => ({
    id: `${id}.${member}`,
    name: null,
    fixes: [fix(0, latitude, 0), fix(72, latitude + apart * (member - (have - 1) / 2), 10)],
  });
  return {
    id,
    name: null,
    start,
    members: 10,
    tracks: Array.from({ length: have }, (_, member) => ({
      member,
      weightSample: null,
      track: trackOf(member),
    })),
  };
}

describe('the surest and the least sure storm', () => {
  const storms = [
    storm('a', 50, 0.5, 10),
    storm('b', -50, 0.1, 9),
    storm('c', 30, 3, 5),
    storm('d', 10, 9, 4),
  ];

  it('are told by where two thirds of the members are, among storms that half of them have', () => {
    const { surest, least } = surestAndLeast(storms, 72);
    expect([surest?.storm.id, least?.storm.id]).toEqual(['b', 'c']);
    // Nine members, 0.1° apart: six of them within 0.3° of the fifth.
    expect(surest!.at.radiusKm).toBeCloseTo(0.3 * 111.2, 0);
    expect(least!.at).toMatchObject({ members: 5, asked: 10 });
    expect(surestAndLeast(storms.slice(3), 72)).toMatchObject({ surest: null, least: null });
    expect(surestAndLeast(storms.slice(0, 1), 72).least).toBeNull();
  });

  it('are said in one sentence', () => {
    const ensemble = { start, members: [] };
    const said = lowsSentences({ ...forecastOf(ensemble, storms, [24, 72]), stepHours: 24 }, 'low');
    expect(said).toEqual([
      'On day 3 the surest low will be near 50.0°S 10.0°E (storm b): 9 of 10 members have it, two thirds of them within 30 km; ' +
        'the least sure near 30.0°N 10.0°E (storm c): 5 of 10 members have it, two thirds of them within 670 km.',
    ]);
  });
});

it('members asked are numbers and ranges', () => {
  expect(membersAsked('3,1-2, 2')).toEqual([1, 2, 3]);
  for (const text of ['', 'x', '5-2', '1-', '-1', '1.5']) expect(() => membersAsked(text)).toThrow(/--asked/);
});

describe('places', () => {
  it('are read as people write them', () => {
    expect(strikePlace('25.8N,80.2W,200', 120)).toEqual({ latitude: 25.8, longitude: -80.2, radiusKm: 200 });
    expect(strikePlace('-33.9, 18.4', 120)).toEqual({ latitude: -33.9, longitude: 18.4, radiusKm: 120 });
    for (const text of ['', '1', '91,0', '25.8E,80N', '-25S,0', '1,2,0', '1,2,x', '1,2,3,4', '1e9,2']) {
      expect(() => strikePlace(text, 120)).toThrow(/is no place/);
    }
    expect(placeText({ latitude: -0.04, longitude: 359.96 })).toBe('0.0°N 0.0°E');
    expect(placeText({ latitude: -12.34, longitude: 190 })).toBe('12.3°S 170.0°W');
  });

  it('are struck by the members that pass, of all that were asked', () => {
    const one = storm('a', 50, 2, 5);
    const members = one.tracks.map(({ member, track }) => ({
      member,
      weightSample: null,
      noiseStream: null,
      tracks: [track],
    }));
    const lost = [5, 6, 7].map((member) => ({ member, weightSample: null, noiseStream: null, tracks: [] }));
    const forecast = forecastOf({ start, members: [...members, ...lost] }, [{ ...one, members: 8 }]);
    const answer = strikeAt({ latitude: 50, longitude: 10, radiusKm: 120 }, forecast);
    expect(answer).toMatchObject({ members: 1, asked: 8, probability: 1 / 8 });
    expect(answer.storms).toEqual([{ id: 'a', name: null, probability: 1 / 8 }]);
  });

  it('lie on maps wherever they are, and are found again from the map', () => {
    const place = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(
        place,
        fc.array(
          fc.tuple(fc.double({ min: -8, max: 8, noNaN: true }), fc.double({ min: -8, max: 8, noNaN: true })),
          { minLength: 1, maxLength: 8 },
        ),
        (middle, offsets) => {
          const places = offsets.map(([north, east]) => ({
            latitude: Math.max(-90, Math.min(90, middle.latitude + north)),
            longitude: middle.longitude + east,
          }));
          const frame = trackFrame(places, 520, false);
          for (const each of places) {
            const [x, y] = frame.point(each)!;
            expect(x > 0 && x < frame.width && y > 0 && y < frame.height).toBe(true);
            const back = frame.placeAt(x, y)!;
            expect(Math.abs(back.latitude - each.latitude)).toBeLessThan(1e-6);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
