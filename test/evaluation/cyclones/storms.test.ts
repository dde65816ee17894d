/** Tracks between their fixes, and tracks joined into storms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../propertySeed.js';
import { fixAt } from '../../../evaluation/cyclones/fixAt.js';
import { matchTracks, stormsByOverlap, stormsByReference } from '../../../evaluation/cyclones/storms.js';
import type { EnsembleTracks, Storm, Track } from '../../../evaluation/cyclones/track.js';
import { ensembleOf, hour, type Point, start, trackOf, turned } from './trackFixture.js';

/** Eastward along a parallel, six-hourly. */
function along(id: string, latitude: number, longitude: number, times = 5, firstHour = 0): Track {
  return trackOf(
    id,
    Array.from({ length: times }, (_, i): Point => [firstHour + 6 * i, latitude, longitude + i]),
  );
}

describe('a track between its fixes', () => {
  const track = trackOf('a', [
    [0, 0, 178, { wind: 20, pressure: 100_000 }],
    [12, 0, -178, { wind: 32, pressure: 98_800 }],
    [48, 10, -178],
  ]);

  it('moves on the great circle, across the date line, with its intensity linear in time', () => {
    const fix = fixAt(track, start + 3 * hour)!;
    expect(fix.longitude).toBeCloseTo(179, 10);
    expect(fix.wind).toBeCloseTo(23, 12);
    expect(fix.pressure).toBeCloseTo(99_700, 8);
    expect(fix.vorticity).toBeNaN();
    expect(fixAt(track, start + 12 * hour)).toBe(track.fixes[1]);
  });

  it('is nowhere before, after, and in gaps that are too long', () => {
    expect(fixAt(track, start - 1)).toBeNull();
    expect(fixAt(track, start + 48 * hour + 1)).toBeNull();
    expect(fixAt(track, start + 30 * hour)).toBeNull();
    expect(fixAt(track, start + 30 * hour, 36)!.latitude).toBeCloseTo(5, 10);
  });

  it('passes over a pole', () => {
    const polar = trackOf('p', [
      [0, 85, 0],
      [6, 85, 180],
    ]);
    expect(fixAt(polar, start + 3 * hour)!.latitude).toBeCloseTo(90, 10);
    expect(fixAt(polar, start + 1.5 * hour)!.latitude).toBeCloseTo(87.5, 10);
  });
});

const ids = (storms: readonly Storm[]) =>
  storms.map(({ tracks }) => tracks.map(({ member, track }) => `${member}:${track.id}`));

describe('storms by overlap', () => {
  it('join what is near and keep apart what is far; members without a track are counted', () => {
    const ensemble = ensembleOf([
      [along('north', 20, 178), along('south', -20, 50)],
      [along('north', 20.5, -181.5)],
      [],
      [along('south', -20.4, 50.2), along('other', 60, 0)],
    ]);
    const storms = stormsByOverlap(ensemble);
    expect(ids(storms)).toEqual([['0:north', '1:north'], ['0:south', '3:south'], ['3:other']]);
    expect(storms.map(({ id, members }) => [id, members])).toEqual([
      ['1', 4],
      ['2', 4],
      ['3', 4],
    ]);
  });

  it('take one track of a member, the nearest; the piece that is left is a storm of its own', () => {
    const storms = stormsByOverlap(
      ensembleOf([
        [along('a', 10, 0)],
        [along('near', 10.2, 0), along('far', 11.5, 0)],
        [along('b', 10, 0.1)],
      ]),
    );
    expect(ids(storms)).toEqual([['0:a', '1:near', '2:b'], ['1:far']]);
  });

  it('know forecasts of one storm by where they begin, however far they part; tracks of analyses by all of their way', () => {
    const parting = [-1, 1].map((sign) =>
      trackOf(
        'parting',
        Array.from({ length: 20 }, (_, i): Point => [6 * i, 20 + 0.05 * sign * i * i, i]),
      ),
    );
    const ensemble = ensembleOf(parting.map((track) => [track]));
    expect(stormsByOverlap(ensemble)).toHaveLength(1);
    expect(stormsByOverlap(ensemble, { comparedTimes: Number.POSITIVE_INFINITY })).toHaveLength(2);
    expect(() => stormsByOverlap(ensemble, { comparedTimes: 0 })).toThrow(/compared at 0 times/);
  });

  it('do not take a cyclone that is born later for an old one, however near it comes', () => {
    const old = along('old', 20, 0, 12);
    const shifted = along('shifted', 21, 0, 12);
    const young = along('young', 20.01, 6, 6, 36);
    expect(ids(stormsByOverlap(ensembleOf([[old], [shifted, young]])))).toEqual([
      ['0:old', '1:shifted'],
      ['1:young'],
    ]);
    expect(ids(stormsByReference(ensembleOf([[young, shifted]]), [old]).storms)).toEqual([['0:shifted']]);
  });

  it('do not join tracks that are never there at the same time, or not for long enough', () => {
    const a = along('a', 10, 0);
    // The last time of the one is the first of the other; or comes six hours before it.
    const touching = ensembleOf([[a], [along('b', 10, 4, 5, 24)]]);
    expect(stormsByOverlap(touching)).toHaveLength(1);
    expect(stormsByOverlap(touching, { leastTimes: 2 })).toHaveLength(2);
    expect(stormsByOverlap(ensembleOf([[a], [along('c', 10, 5, 5, 30)]]))).toHaveLength(2);
  });

  it('compare tracks that have fixes at other times', () => {
    const daily = trackOf('daily', [
      [0, 0, 0],
      [24, 0, 4],
    ]);
    const odd = trackOf('odd', [
      [3, 0, 0.5],
      [21, 0, 3.5],
    ]);
    const [match] = matchTracks([odd], [daily], start);
    expect(match!.times).toBe(3);
    expect(match!.km).toBeCloseTo(0, 6);
  });

  it('do not depend on the order of members and tracks, nor on where the sphere is', () => {
    const place = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 }));
    const members = fc.array(fc.array(place, { maxLength: 3 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(members, fc.infiniteStream(fc.nat(1000)), fc.nat(360), (list, random, turn) => {
        const tracks = list.map((places, m) =>
          places.map(([y, x], i) => along(`${m}.${i}`, y / 20 + 0.001 * m, x / 20 + 0.0001 * i)),
        );
        const ensemble = ensembleOf(tracks);
        const shuffle = <T>(values: readonly T[]): T[] =>
          values
            .map((value) => [random.next().value!, value] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, value]) => value);
        const other: EnsembleTracks = {
          start,
          members: shuffle(ensemble.members.map((each) => ({ ...each, tracks: shuffle(each.tracks) }))),
        };
        const storms = stormsByOverlap(ensemble);
        expect(ids(stormsByOverlap(other))).toEqual(ids(storms));
        const all = storms.flatMap((storm) => storm.tracks.map(({ track }) => track.id));
        expect([...all].sort()).toEqual(
          tracks
            .flat()
            .map(({ id }) => id)
            .sort(),
        );
        for (const { tracks: each } of storms)
          expect(new Set(each.map(({ member }) => member)).size).toBe(each.length);
        const east = ensembleOf(tracks.map((each) => each.map((track) => turned(track, [turn, 0, 0]))));
        expect(stormsByOverlap(east).map((storm) => storm.tracks.length)).toEqual(
          storms.map((storm) => storm.tracks.length),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('refuse options that mean nothing', () => {
    expect(() => stormsByOverlap(ensembleOf([[]]), { limitKm: 0 })).toThrow(/limit .* is 0 km/);
    expect(() => stormsByOverlap(ensembleOf([[]]), { stepHours: Number.NaN })).toThrow(/step/);
  });
});

describe('storms by reference', () => {
  const best = [along('AL01', 10, 0), along('AL02', 12, 0), along('AL03', -40, 100)];

  it('give each reference the nearest track of each member, and keep the rest', () => {
    const ensemble = ensembleOf([
      [along('x', 11.1, 0), along('y', 12.2, 0), along('z', 50, 0)],
      [along('x', 10.9, 0)],
      [],
    ]);
    const { storms, rest } = stormsByReference(ensemble, best);
    // Member 0: y is nearest to AL02, which leaves AL01 to x, though x is nearer to AL02 as well.
    expect(ids(storms)).toEqual([['0:x', '1:x'], ['0:y'], []]);
    expect(storms.map(({ id, members }) => [id, members])).toEqual(best.map(({ id }) => [id, 3]));
    expect(rest.members.map(({ tracks }) => tracks.map(({ id }) => id))).toEqual([['z'], [], []]);
  });

  it('have a limit of the mean, not of the largest distance', () => {
    const away = trackOf('away', [
      [0, 10, 0],
      [6, 10, 1],
      [12, 15, 2],
    ]);
    expect(matchTracks([away], best, start)).toHaveLength(1);
    expect(matchTracks([away], best, start, { limitKm: 180 })).toHaveLength(0);
    expect(matchTracks([away], best, start, { limitKm: 190 })[0]!.km).toBeCloseTo((5 * 111.19508) / 3, 1);
  });
});
