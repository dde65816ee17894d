/** Mean track, cone, intensity, rapid intensification and ellipses of spread. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../propertySeed.js';
import { normals } from '../../../core/random/stream.js';
import { distanceKm, earthRadiusKm } from '../../../core/sphere/distance.js';
import { decomposeVariance } from '../../../core/statistics/varianceDecomposition.js';
import { cone } from '../../../evaluation/cyclones/products/cone.js';
import {
  intensityByLead,
  peakIntensity,
} from '../../../evaluation/cyclones/products/intensityProbability.js';
import { meanTrack } from '../../../evaluation/cyclones/products/meanTrack.js';
import { rapidIntensification } from '../../../evaluation/cyclones/products/rapidIntensification.js';
import { spreadEllipses } from '../../../evaluation/cyclones/products/spreadEllipse.js';
import { intensityClass, knot } from '../../../evaluation/cyclones/saffirSimpson.js';
import { type Point, stormOf, turnedPlace, turnedStorm } from './trackFixture.js';

const degreeKm = (Math.PI / 180) * earthRadiusKm;
const lost = stormOf([null, null, null]);

describe('the mean track', () => {
  it('lies between members across the date line and around a pole, in either hemisphere', () => {
    const storm = stormOf([
      [
        [0, -20, 179],
        [6, 89, 0],
      ],
      [
        [0, -20, -179],
        [6, 89, 180],
      ],
    ]);
    const [first, second] = meanTrack(storm);
    expect(Math.abs(first!.longitude)).toBeCloseTo(180, 10);
    expect(first!.latitude).toBeCloseTo(-20.0028, 3);
    expect(second!.latitude).toBeCloseTo(90, 10);
  });

  it('needs 0.4 of the members asked: 12 of 30, not 11', () => {
    const storm = stormOf(
      Array.from({ length: 30 }, (_, m): Point[] | null =>
        m < 12 ? [[0, 10, m, { wind: m }], ...(m < 11 ? [[6, 10, m] as Point] : [])] : null,
      ),
    );
    const rows = meanTrack(storm);
    expect(rows.map(({ leadHours, members, asked }) => [leadHours, members, asked])).toEqual([
      [0, 12, 30],
      [6, 11, 30],
    ]);
    expect(rows[0]!.longitude).toBeCloseTo(5.5, 10);
    expect(rows[0]!.wind).toBeCloseTo(5.5, 12);
    expect(rows[1]!.longitude).toBeNaN();
    expect(meanTrack(storm, { leastShare: 0.3 })[1]!.longitude).toBeCloseTo(5, 10);
  });

  it('has members at their interpolated places, and none where all are lost', () => {
    const rows = meanTrack(
      stormOf([
        [
          [0, 0, 0],
          [24, 0, 4],
        ],
      ]),
    );
    expect(rows.map(({ longitude }) => Math.round(longitude * 1e9) / 1e9)).toEqual([0, 1, 2, 3, 4]);
    expect(meanTrack(lost)).toEqual([]);
    expect(() => meanTrack(lost, { stepHours: 0 })).toThrow(/step .* 0 hours/);
  });
});

describe('the cone', () => {
  it('is the smallest circle that holds two thirds of the members', () => {
    const storm = stormOf([0, 1, -1, 2, -2, 3].map((degrees) => [[0, 0, 20 + degrees]]));
    // The mean lies at 0.5° E of the middle: members at 0.5, 0.5, 1.5, 1.5, 2.5, 2.5 degrees from it.
    expect(cone(storm)[0]!.radiusKm).toBeCloseTo(1.5 * degreeKm, 6);
    expect(cone(storm, { share: 0.7 })[0]!.radiusKm).toBeCloseTo(2.5 * degreeKm, 6);
    expect(cone(storm, { share: 1 })[0]!.radiusKm).toBeCloseTo(2.5 * degreeKm, 6);
    expect(cone(stormOf([[[0, 5, 5]]]))[0]!.radiusKm).toBeCloseTo(0, 6);
    expect(cone(stormOf([[[0, 5, 5]], null, null]))[0]!.radiusKm).toBeNaN();
  });

  it('holds at least the share, and no smaller circle does', () => {
    const place = fc.tuple(
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: -3, max: 3, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (places, share) => {
          const [circle] = cone(stormOf(places.map(([y, x]) => [[0, y, 179 + x]])), { share });
          const distances = places.map(([y, x]) =>
            distanceKm(y, 179 + x, circle!.latitude, circle!.longitude),
          );
          const held = (radius: number) => distances.filter((d) => d <= radius).length / places.length;
          expect(held(circle!.radiusKm + 1e-6)).toBeGreaterThanOrEqual(share - 1e-9);
          expect(held(circle!.radiusKm - 1e-6)).toBeLessThan(share);
        },
      ),
    );
  });
});

describe('intensity', () => {
  it('has the bounds of the Saffir–Simpson scale', () => {
    const classes = [33, 34, 63, 64, 82, 83, 95, 96, 112, 113, 136, 137, 190].map((kt) =>
      intensityClass(kt * knot),
    );
    expect(classes).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
    expect(intensityClass(32.92)).toBe(2);
    expect(intensityClass(0)).toBe(0);
    expect(intensityClass(Number.NaN)).toBe(-1);
  });

  const storm = stormOf([
    [
      [0, 0, 0, { wind: 10 }],
      [6, 0, 1, { wind: 34 }],
    ],
    [[0, 0, 0, { wind: 20 }]],
    [[0, 0, 0]],
    null,
  ]);

  it('is a share of all members asked, the lost and the unknown stated', () => {
    const rows = intensityByLead(storm);
    expect(rows[0]).toMatchObject({ leadHours: 0, absent: 0.25, unknown: 0.25, members: 3, asked: 4 });
    expect(rows[0]!.classes).toEqual([0.25, 0.25, 0, 0, 0, 0, 0]);
    expect(rows[1]).toMatchObject({ leadHours: 6, absent: 0.75, members: 1 });
    expect(rows[1]!.classes).toEqual([0, 0, 0.25, 0, 0, 0, 0]);
    for (const { classes, absent, unknown } of rows)
      expect(classes.reduce((a, b) => a + b, absent + unknown)).toBeCloseTo(1, 12);
    expect(peakIntensity(storm).classes).toEqual([0, 0.25, 0.25, 0, 0, 0, 0]);
    expect(peakIntensity(lost)).toMatchObject({ absent: 1, members: 0, asked: 3 });
  });

  it('can be made that of another averaging time', () => {
    expect(intensityByLead(storm, { windFactor: 0.93 })[1]!.classes[1]).toBe(0.25);
  });
});

describe('rapid intensification', () => {
  const winds = (knots: readonly number[]): Point[] =>
    knots.map((kt, i): Point => [6 * i, 10, i, { wind: kt * knot }]);

  it('is a rise of 30 knots within 24 hours, of all members asked', () => {
    const storm = stormOf([
      winds([40, 40, 40, 40, 70, 70]),
      winds([40, 40, 40, 40, 69, 69]),
      winds([40, 50, 60, 70]),
      null,
    ]);
    const found = rapidIntensification(storm);
    expect(found).toMatchObject({ probability: 0.25, counts: 1, asked: 4 });
    expect(found.byLead).toEqual([
      { leadHours: 24, members: 2, probability: 0.25 },
      { leadHours: 30, members: 2, probability: 0.25 },
    ]);
    expect(rapidIntensification(storm, { withinHours: 18 }).counts).toBe(2);
    expect(rapidIntensification(storm, { riseKnots: 29 }).counts).toBe(2);
    expect(rapidIntensification(lost)).toMatchObject({ probability: 0, counts: 0, asked: 3 });
    expect(() => rapidIntensification(storm, { withinHours: 0 })).toThrow(/within 0 hours/);
  });
});

describe('ellipses of spread', () => {
  /** Members on the equator moving east, each ahead and to the right by degrees. */
  const moving = (offsets: readonly (readonly [number, number])[]) =>
    stormOf(
      offsets.map(([ahead, right]): Point[] => [0, 6, 12].map((h, i) => [h, -right, 170 + 8 * i + ahead])),
      (m) => m % 2,
    );

  it('tell speed from direction', () => {
    const ellipse = spreadEllipses(
      moving([
        [2, 0],
        [-2, 0],
        [0, 0.5],
        [0, -0.5],
      ]),
    )[1]!;
    expect(ellipse.motion).toBeCloseTo(90, 8);
    expect(Math.abs(ellipse.longitude)).toBeCloseTo(178, 8);
    expect(ellipse.alongVariance / degreeKm ** 2).toBeCloseTo(8 / 3, 4);
    expect(ellipse.acrossVariance / degreeKm ** 2).toBeCloseTo(0.5 / 3, 4);
    expect(ellipse.bearing).toBeCloseTo(90, 4);
    expect(ellipse.majorKm / ellipse.minorKm).toBeCloseTo(4, 3);
    // √(2 ln 3) standard deviations hold two thirds.
    expect(ellipse.majorKm / degreeKm).toBeCloseTo(Math.sqrt(2 * Math.log(3)) * Math.sqrt(8 / 3), 3);
  });

  it('have the sign of a slant: ahead and to the right', () => {
    const ellipse = spreadEllipses(
      moving([
        [1, 1],
        [-1, -1],
      ]),
    )[1]!;
    expect(ellipse.covariance / degreeKm ** 2).toBeCloseTo(2, 3);
    expect(ellipse.bearing).toBeCloseTo(135, 2);
    expect(ellipse.minorKm).toBeLessThan(1);
  });

  it('split the variance as fields split it', () => {
    const draws = new Float64Array(40);
    normals({ seed: 3, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step: 0 }, draws);
    const offsets = Array.from({ length: 20 }, (_, m): [number, number] => [
      0.02 * draws[m]! + 0.05 * (m % 2),
      0.01 * draws[20 + m]!,
    ]);
    const { sources, alongVariance } = spreadEllipses(moving(offsets))[1]!;
    const nested = [0, 1].flatMap((k) =>
      offsets.filter((_, m) => m % 2 === k).map(([ahead]) => ahead * degreeKm),
    );
    const [epistemic, aleatoric] = [new Float64Array(1), new Float64Array(1)];
    decomposeVariance(
      Float64Array.from(nested),
      { weightSamples: 2, noiseStreams: 10 },
      epistemic,
      aleatoric,
    );
    expect(sources!.along.epistemic / epistemic[0]!).toBeCloseTo(1, 5);
    expect(sources!.along.aleatoric / aleatoric[0]!).toBeCloseTo(1, 5);
    expect(alongVariance).toBeGreaterThan(sources!.across.aleatoric);
  });

  it('are the same wherever the sphere is turned to, and take losing a member for no motion', () => {
    const storm = stormOf([
      [
        [0, 10, 0],
        [6, 10.5, 1],
        [12, 11, 2],
      ],
      [
        [0, 11, 0],
        [6, 11, 1],
        [12, 12, 2.2],
      ],
      [
        [0, 9, -3],
        [6, 9, -2],
      ],
    ]);
    const before = spreadEllipses(storm);
    expect(before[2]!.motion).toBeGreaterThan(30);
    expect(before[2]!.motion).toBeLessThan(90);
    const angle = fc.double({ min: -180, max: 180, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(angle, angle, angle), (turn) => {
        const after = spreadEllipses(turnedStorm(storm, turn));
        for (const [i, ellipse] of before.entries()) {
          const centre = turnedPlace(ellipse, turn);
          const other = after[i]!;
          expect(distanceKm(centre.latitude, centre.longitude, other.latitude, other.longitude)).toBeLessThan(
            1e-4,
          );
          for (const key of ['majorKm', 'minorKm', 'alongVariance', 'acrossVariance', 'covariance'] as const)
            expect(other[key]).toBeCloseTo(ellipse[key], 3);
        }
        for (const [i, circle] of cone(turnedStorm(storm, turn)).entries())
          expect(circle.radiusKm).toBeCloseTo(cone(storm)[i]!.radiusKm, 5);
      }),
      { numRuns: 50 },
    );
  });

  it('need two members, and a motion for along and across', () => {
    expect(spreadEllipses(lost)).toEqual([]);
    expect(spreadEllipses(stormOf([[[0, 1, 1]]]))).toEqual([]);
    const [still] = spreadEllipses(stormOf([[[0, 1, 1]], [[0, 3, 1]]]));
    expect(still!.alongVariance).toBeNaN();
    expect(still!.motion).toBeNaN();
    expect(still!.bearing % 180).toBeCloseTo(0, 8);
    expect(still!.sources).toBeNull();
  });
});
