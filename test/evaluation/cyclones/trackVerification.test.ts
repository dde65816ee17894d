/** Errors and scores of tracks: closed forms, formulas written out anew, and counts by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../propertySeed.js';
import { uniforms } from '../../../core/random/stream.js';
import { distanceKm, earthRadiusKm } from '../../../core/sphere/distance.js';
import { unitVector } from '../../../core/sphere/greatCircle.js';
import { brierParts } from '../../../evaluation/calibration/brierDecomposition.js';
import { classesByValue } from '../../../evaluation/calibration/probabilityClasses.js';
import { binomialBar } from '../../../evaluation/calibration/reliabilityDiagram.js';
import { listedPoints } from '../../../evaluation/cyclones/products/mapPoints.js';
import { strikeProbability } from '../../../evaluation/cyclones/products/strikeProbability.js';
import type { Storm } from '../../../evaluation/cyclones/track.js';
import { placeEnergyScore } from '../../../evaluation/cyclones/verification/placeScore.js';
import { motionAt, positionError } from '../../../evaluation/cyclones/verification/positionError.js';
import { stormCases } from '../../../evaluation/cyclones/verification/stormCase.js';
import {
  addCounts,
  countStorms,
  detectionScores,
} from '../../../evaluation/cyclones/verification/stormCounts.js';
import {
  addClasses,
  strikeClasses,
  struck,
} from '../../../evaluation/cyclones/verification/strikeReliability.js';
import { type TrackScoreRow, trackScores } from '../../../evaluation/cyclones/verification/trackScores.js';
import { energyCrps } from '../../../evaluation/scores/crpsOfErrors.js';
import { energyScore } from '../../../evaluation/scores/energyScore.js';
import {
  ensembleOf,
  hour,
  type Point,
  start,
  stormOf,
  trackOf,
  turned,
  turnedStorm,
} from './trackFixture.js';

const degreeKm = (Math.PI / 180) * earthRadiusKm;
const radians = Math.PI / 180;

/** The textbook's initial bearing, from north clockwise. */
function bearing(y1: number, x1: number, y2: number, x2: number): number {
  const [a, b, d] = [y1 * radians, y2 * radians, (x2 - x1) * radians];
  return Math.atan2(
    Math.sin(d) * Math.cos(b),
    Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(d),
  );
}

describe('position errors', () => {
  const eastward = trackOf('best', [
    [0, 0, 178],
    [6, 0, 180],
    [12, 0, -178],
  ]);

  it('are ahead and to the right where they are positive, across the date line', () => {
    const motion = motionAt(eastward, start + 6 * hour);
    const at = (latitude: number, longitude: number) =>
      positionError(unitVector(latitude, longitude), unitVector(0, 180), motion);
    expect(at(0, -179).alongKm).toBeCloseTo(degreeKm, 8);
    expect(at(0, -179).acrossKm).toBeCloseTo(0, 8);
    expect(at(0, 178).alongKm).toBeCloseTo(-2 * degreeKm, 8);
    expect(at(-3, 180).acrossKm).toBeCloseTo(3 * degreeKm, 8);
    expect(at(3, 180).acrossKm).toBeCloseTo(-3 * degreeKm, 8);
    expect(at(3, 180).distanceKm).toBeCloseTo(3 * degreeKm, 8);
  });

  it('are distance and bearing, by the formulas of the textbook', () => {
    const place = fc.tuple(
      fc.double({ min: -80, max: 80, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
    );
    const near = fc.double({ min: -9, max: 9, noNaN: true });
    fc.assert(
      fc.property(place, near, near, near, near, ([y, x], dy, dx, fy, fx) => {
        fc.pre(Math.hypot(dx, dy) > 0.01);
        const track = trackOf('b', [
          [0, y - dy, x - dx],
          [6, y, x],
        ]);
        const error = positionError(
          unitVector(y + fy, x + fx),
          unitVector(y, x),
          motionAt(track, start + 6 * hour),
        );
        const d = distanceKm(y, x, y + fy, x + fx);
        const turn = bearing(y, x, y + fy, x + fx) - (bearing(y, x, y - dy, x - dx) + Math.PI);
        expect(error.distanceKm).toBeCloseTo(d, 6);
        expect(error.alongKm).toBeCloseTo(d * Math.cos(turn), 4);
        expect(error.acrossKm).toBeCloseTo(d * Math.sin(turn), 4);
        expect(Math.hypot(error.alongKm, error.acrossKm)).toBeCloseTo(d, 6);
      }),
    );
  });

  it('look ahead for the motion at the beginning, and have none where the storm stands still', () => {
    const first = positionError(unitVector(0, 179), unitVector(0, 178), motionAt(eastward, start));
    expect(first.alongKm).toBeCloseTo(degreeKm, 8);
    const still = trackOf('still', [
      [0, 5, 5],
      [6, 5, 5],
    ]);
    expect(motionAt(still, start + 6 * hour)).toBeNull();
    expect(motionAt(eastward, start - hour)).toBeNull();
    expect(positionError(unitVector(6, 5), unitVector(5, 5), null).alongKm).toBeNaN();
  });

  it('have a motion over a pole', () => {
    const polar = trackOf('polar', [
      [0, 88, 0],
      [6, 90, 0],
      [12, 88, 180],
    ]);
    const error = positionError(unitVector(87, 180), unitVector(90, 0), motionAt(polar, start + 6 * hour));
    expect(error.alongKm).toBeCloseTo(3 * degreeKm, 6);
    expect(error.acrossKm).toBeCloseTo(0, 6);
  });
});

describe('energy score of places', () => {
  const place = fc.tuple(
    fc.double({ min: -90, max: 90, noNaN: true }),
    fc.double({ min: -180, max: 180, noNaN: true }),
  );

  it('is the double sum of haversines, fair and as they are', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 2, maxLength: 8 }), place, (members, truth) => {
        const M = members.length;
        const d = (a: readonly number[], b: readonly number[]) => distanceKm(a[0]!, a[1]!, b[0]!, b[1]!);
        const error = members.reduce((sum, each) => sum + d(each, truth), 0) / M;
        const pairs = members.flatMap((a) => members.map((b) => d(a, b))).reduce((a, b) => a + b, 0) / 2;
        const vectors = members.map(([y, x]) => unitVector(y, x));
        const observed = unitVector(truth[0], truth[1]);
        expect(placeEnergyScore(vectors, observed)).toBeCloseTo(error - pairs / (M * (M - 1)), 2);
        expect(placeEnergyScore(vectors, observed, energyCrps)).toBeCloseTo(error - pairs / M ** 2, 2);
      }),
    );
  });

  it('is that of the plane for places that are near', () => {
    const offsets = [0.01, 0.003, -0.004, 0.002, 0.001, -0.006];
    const members = [0, 2, 4].map((i) => unitVector(offsets[i]!, offsets[i + 1]!));
    const plane = energyScore(Float64Array.from(offsets), Float64Array.of(0.001, 0.002)) * degreeKm;
    expect(placeEnergyScore(members, unitVector(0.001, 0.002)) / plane).toBeCloseTo(1, 6);
  });

  it('is unknown of one member if it is to be fair', () => {
    expect(placeEnergyScore([unitVector(0, 1)], unitVector(0, 0))).toBeNaN();
    expect(placeEnergyScore([unitVector(0, 1)], unitVector(0, 0), energyCrps)).toBeCloseTo(degreeKm, 8);
  });
});

const best = trackOf('AL01', [
  [-6, 10, -1, { wind: 20, pressure: 100_000 }],
  [0, 10, 0, { wind: 25, pressure: 99_500 }],
  [6, 10, 1, { wind: 30, pressure: 99_000 }],
  [12, 10, 2, { wind: 35, pressure: 98_500 }],
]);

/** Value, cases, members and members asked of a score. */
function scoreOf(rows: readonly TrackScoreRow[], metric: string, lead: number) {
  const row = rows.find((each) => each.metric === metric && each.lead_hours === lead);
  return row && [row.value, row.n, row.members, row.asked];
}

describe('scores of a storm', () => {
  const storm = stormOf([
    [
      [0, 11, 0, { wind: 20, pressure: 99_600 }],
      [6, 12, 1, { wind: 25, pressure: 99_600 }],
      [12, 13, 2],
    ],
    [
      [0, 9, 0, { wind: 26 }],
      [6, 10, 1, { wind: 28 }],
    ],
    [[0, 10, 0.5]],
    null,
    null,
  ]);
  const cases = stormCases(storm, best, { untilHours: 24 });
  const rows = trackScores(cases);

  it('count the members that have it, lead by lead, until the storm or the forecast ends', () => {
    expect(
      cases.map(({ leadHours, observed, members, asked }) => [leadHours, observed, members, asked]),
    ).toEqual([
      [0, true, 3, 5],
      [6, true, 2, 5],
      [12, true, 1, 5],
    ]);
    expect(scoreOf(rows, 'alive_share', 6)).toEqual([0.4, 1, 2, 5]);
    expect(scoreOf(rows, 'existence_brier', 6)![0]).toBeCloseTo(0.36, 12);
  });

  it('by hand', () => {
    expect(scoreOf(rows, 'member_distance_km', 6)![0]).toBeCloseTo(degreeKm, 8);
    expect(scoreOf(rows, 'largest_distance_km', 6)![0]).toBeCloseTo(2 * degreeKm, 8);
    expect(scoreOf(rows, 'mean_distance_km', 6)![0]).toBeCloseTo(degreeKm, 8);
    // Eastward at 10° N the great circle bends: members north of it lie to the left.
    expect(scoreOf(rows, 'mean_across_km', 6)![0]).toBeCloseTo(-degreeKm, 1);
    expect(Math.abs(scoreOf(rows, 'mean_along_km', 6)![0]!)).toBeLessThan(0.3);
    // Errors 2 and 0: mean 1, pair term 2 / 2.
    expect(scoreOf(rows, 'crps_latitude_degrees', 6)![0]).toBeCloseTo(0, 12);
    expect(scoreOf(rows, 'crps_longitude_degrees', 0)![0]).toBeCloseTo(0.5 / 3 - (0.5 * 2) / 6, 12);
    expect(scoreOf(rows, 'crps_wind', 6)![0]).toBeCloseTo(3.5 - 3 / 2, 12);
    expect(scoreOf(rows, 'bias_wind', 6)![0]).toBeCloseTo(-3.5, 12);
    expect(scoreOf(rows, 'bias_pressure', 6)![0]).toBeCloseTo(600, 8);
    expect(scoreOf(rows, 'crps_pressure', 6)).toBeUndefined();
  });

  it('have no mean of too few members, and no fair score of one', () => {
    expect(scoreOf(rows, 'mean_distance_km', 12)).toBeUndefined();
    expect(scoreOf(rows, 'member_distance_km', 12)![0]).toBeCloseTo(3 * degreeKm, 8);
    expect(scoreOf(rows, 'energy_score_km', 12)).toBeUndefined();
    const energy = trackScores(stormCases(storm, best, { untilHours: 24, estimator: energyCrps }));
    expect(scoreOf(energy, 'energy_score_km', 12)![0]).toBeCloseTo(3 * degreeKm, 8);
  });

  it('know a storm that all members lost, one that outlives the best track, and one that is nowhere', () => {
    const allLost = stormCases(stormOf([null, null]), best, { untilHours: 6 });
    expect(allLost.map(({ members, statistics }) => [members, statistics.existence_brier])).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(scoreOf(trackScores(allLost), 'alive_share', 6)).toEqual([0, 1, 0, 2]);
    const outliving = stormCases(
      stormOf([
        [
          [12, 10, 2],
          [18, 10, 3],
        ],
        null,
      ]),
      best,
      { untilHours: 24 },
    );
    expect(outliving.at(-1)).toMatchObject({ leadHours: 18, observed: false, members: 1 });
    expect(outliving.at(-1)!.statistics.existence_brier).toBe(0.25);
    expect(outliving.at(-1)!.statistics.member_distance_km).toBeNaN();
    expect(() => stormCases(storm, best, { untilHours: Number.NaN })).toThrow(/until NaN hours/);
    expect(() => stormCases(storm, best, { untilHours: 6, stepHours: 0 })).toThrow(/every 0 hours/);
  });

  it('are the same wherever the sphere is turned to, but for those of latitude and longitude', () => {
    const angle = fc.double({ min: -180, max: 180, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(angle, angle, angle), (turn) => {
        const after = trackScores(
          stormCases(turnedStorm(storm, turn), turned(best, turn), { untilHours: 24 }),
        );
        for (const { metric, lead_hours, value } of rows) {
          if (metric.endsWith('_degrees')) continue;
          expect(scoreOf(after, metric, lead_hours)![0]).toBeCloseTo(value, 4);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('mirror with the hemispheres: right becomes left', () => {
    const mirror = (points: Storm['tracks'][number]['track']) => ({
      ...points,
      fixes: points.fixes.map((fix) => ({ ...fix, latitude: -fix.latitude })),
    });
    const south = trackScores(
      stormCases(
        { ...storm, tracks: storm.tracks.map((each) => ({ ...each, track: mirror(each.track) })) },
        mirror(best),
        {
          untilHours: 24,
        },
      ),
    );
    for (const { metric, lead_hours, value } of rows) {
      const sign = metric.endsWith('across_km') && !metric.startsWith('crps') ? -1 : 1;
      expect(scoreOf(south, metric, lead_hours)![0]).toBeCloseTo(sign * value, 8);
    }
  });

  it('average over cases, with roots last', () => {
    const one = stormCases(storm, best, { untilHours: 0 });
    const two = stormCases(stormOf([[[0, 14, 0]], [[0, 12, 0]]]), best, { untilHours: 0 });
    const both = trackScores([...one, ...two]);
    const [a, b] = [one[0]!.statistics, two[0]!.statistics];
    expect(scoreOf(both, 'member_distance_km', 0)).toEqual([
      (a.member_distance_km + b.member_distance_km) / 2,
      2,
      5,
      7,
    ]);
    const rmse = Math.sqrt((a.squared_error_km2 + b.squared_error_km2) / 2);
    expect(scoreOf(both, 'rmse_of_mean_km', 0)![0]).toBeCloseTo(rmse, 8);
    // Members 1° either side of 13° N: s² = 2, times 3/2; the mean is 3° off.
    expect(b.expected_squared_error_km2 / degreeKm ** 2).toBeCloseTo(3, 6);
    expect(b.squared_error_km2 / degreeKm ** 2).toBeCloseTo(9, 6);
    expect(scoreOf(trackScores(two), 'spread_skill_ratio', 0)![0]).toBeCloseTo(Math.sqrt(1 / 3), 6);
    expect(trackScores([])).toEqual([]);
  });

  it('have a spread as large as the error where the truth is like a member', () => {
    const draws = new Float64Array(2 * 6 * 3000);
    uniforms({ seed: 9, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step: 0 }, draws);
    const place = (i: number): Point => [0, 15 + 4 * draws[2 * i]!, 179 + 4 * draws[2 * i + 1]!];
    const all = Array.from({ length: 3000 }, (_, c) =>
      stormCases(stormOf([1, 2, 3, 4, 5].map((m) => [place(6 * c + m)])), trackOf('b', [place(6 * c)]), {
        untilHours: 0,
      }),
    ).flat();
    // The squared errors have a spread of their mean's size: 4 standard errors of the ratio of roots.
    expect(Math.abs(scoreOf(trackScores(all), 'spread_skill_ratio', 0)![0]! - 1)).toBeLessThan(
      4 / 2 / Math.sqrt(3000),
    );
  });
});

describe('hits, misses and false alarms', () => {
  const path = (id: string, latitude: number, firstHour = 0) =>
    trackOf(
      id,
      [0, 1, 2, 3].map((i): Point => [firstHour + 6 * i, latitude, i]),
    );

  it('add up over members and forecasts', () => {
    const ensemble = ensembleOf([[path('a', 10.5), path('b', 30)], [path('a', 9)], []]);
    const later = trackOf('later', [[200, 10, 0]]);
    const counts = countStorms(ensemble, [path('X', 10), path('Y', -50), later], { untilHours: 48 });
    expect(counts).toMatchObject({ hits: 2, misses: 4, falseAlarms: 1, members: 3 });
    expect(counts.byStorm).toEqual([
      { id: 'X', members: 2 },
      { id: 'Y', members: 0 },
    ]);
    const doubled = addCounts(counts, counts);
    expect(doubled).toEqual({ hits: 4, misses: 8, falseAlarms: 2 });
    expect(detectionScores(doubled)).toEqual({
      probabilityOfDetection: 1 / 3,
      falseAlarmRatio: 1 / 3,
      criticalSuccessIndex: 2 / 7,
    });
    expect(detectionScores({ hits: 0, misses: 0, falseAlarms: 0 }).criticalSuccessIndex).toBeNaN();
  });

  it('leave out what the best tracks are not complete for', () => {
    const ensemble = ensembleOf([[path('a', 10.5), path('b', 40)]]);
    const tropical = (track: { fixes: readonly { latitude: number }[] }) => track.fixes[0]!.latitude < 10.2;
    const counts = countStorms(ensemble, [path('X', 10), path('Y', 50)], {
      untilHours: 48,
      counts: tropical,
    });
    expect(counts).toMatchObject({ hits: 1, misses: 0, falseAlarms: 0 });
    const none = countStorms(ensemble, [path('X', 10)], { untilHours: 48, counts: () => false });
    expect(none).toMatchObject({ hits: 0, misses: 0, falseAlarms: 0 });
  });

  it('are judged from the start on, and up to the end of the forecast', () => {
    // The best track is 1,000 km away before the start, and near after it.
    const turning = trackOf('T', [
      [-12, 20, 0],
      [-6, 20, 0],
      [0, 10, 0],
      [6, 10, 1],
    ]);
    expect(countStorms(ensembleOf([[path('a', 10)]]), [turning], { untilHours: 24 }).hits).toBe(1);
  });
});

describe('reliability of strikes', () => {
  it('has classes that add up to those of all points at once', () => {
    const draws = new Float64Array(400);
    uniforms({ seed: 2, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step: 0 }, draws);
    const probability = draws.slice(0, 200).map((u) => Math.floor(21 * u) / 20);
    const outcome = Uint8Array.from(draws.slice(200), (u, i) => Number(u < probability[i]!));
    const part = (from: number, to: number) =>
      strikeClasses(probability.slice(from, to), outcome.slice(from, to));
    const whole = part(0, 200);
    const sum = addClasses(addClasses(part(0, 3), part(3, 90)), part(90, 200));
    expect(sum.given).toEqual(whole.given);
    expect(sum.happened).toEqual(whole.happened);
    for (const [k, p] of sum.probability.entries()) expect(p).toBeCloseTo(whole.probability[k]!, 12);
    expect(whole.given.reduce((a, b) => a + b, 0)).toBe(200);
  });

  it('feeds the calibration of the house: probabilities in tenths lose nothing', () => {
    const probability = Float64Array.from({ length: 110 }, (_, i) => (i % 11) / 10);
    const outcome = Uint8Array.from(probability, (p, i) => Number(p * 10 > Math.floor(i / 11)));
    const mine = brierParts(strikeClasses(probability, outcome));
    const theirs = brierParts(classesByValue(probability, Float64Array.from(outcome)));
    expect(mine.reliability).toBeCloseTo(theirs.reliability, 12);
    expect(mine.resolution).toBeCloseTo(theirs.resolution, 12);
    expect(mine.reliability).toBeCloseTo(0, 12);
  });

  it('is reliable where the truth is one of the members', () => {
    const [forecasts, size] = [400, 50];
    const draws = new Float64Array(3 * forecasts * (size + 1));
    uniforms({ seed: 4, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step: 0 }, draws);
    const points = listedPoints([20, 20, 20, 22, 18], [0, 2, 4, 2, 2]);
    const path = (i: number): Point[] => [
      [0, 18 + 4 * draws[3 * i]!, -1],
      [24, 18 + 4 * draws[3 * i + 1]!, 2 + 4 * draws[3 * i + 2]!],
    ];
    let classes: ReturnType<typeof strikeClasses> | undefined;
    for (let f = 0; f < forecasts; f++) {
      const first = f * (size + 1);
      const storm = stormOf(Array.from({ length: size }, (_, m) => path(first + 1 + m)));
      const happened = struck([trackOf('b', path(first))], start, points, {
        window: { fromHours: 0, toHours: 240 },
      });
      const mine = strikeClasses(strikeProbability(storm, points).probability, happened);
      classes = classes ? addClasses(classes, mine) : mine;
    }
    let filled = 0;
    for (const [k, n] of classes!.given.entries()) {
      if (n < 30) continue;
      filled++;
      const p = classes!.probability[k]!;
      // Members of one forecast draw the probability with an error that regresses to the mean: a little wider than binomial.
      const bar = binomialBar(p, n / 2, 0.999);
      expect(classes!.happened[k]! / n).toBeGreaterThanOrEqual(bar.low);
      expect(classes!.happened[k]! / n).toBeLessThanOrEqual(bar.high);
    }
    expect(filled).toBeGreaterThanOrEqual(3);
  });

  it('weighs points by area, and leaves out those of weight 0', () => {
    const classes = strikeClasses(
      Float64Array.of(0.2, 0.2, 0.9),
      Uint8Array.of(1, 0, 1),
      Float64Array.of(1, 3, 0),
    );
    expect([classes.given[2], classes.happened[2], classes.given[9]]).toEqual([4, 1, 0]);
    expect(() => strikeClasses(Float64Array.of(1.2), Uint8Array.of(1))).toThrow(/probability 1.2 at point 0/);
  });

  it('knows where it struck by the distance to the way between the fixes', () => {
    const points = listedPoints([10, 11, 10, 10], [1.5, 1.5, 2.5, 3.5]);
    const window = { fromHours: 0, toHours: 48 };
    expect([...struck([best], start, points, { window })]).toEqual([1, 1, 1, 0]);
    expect([...struck([best], start, points, { window: { fromHours: 0, toHours: 0 } })]).toEqual([
      0, 0, 0, 0,
    ]);
    expect([...struck([], start, points, { window })]).toEqual([0, 0, 0, 0]);
  });
});
