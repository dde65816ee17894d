/** Great circles by vectors, against d3-geo, haversines and fine sampling. */
import { geoDistance, geoInterpolate } from 'd3-geo';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../propertySeed.js';
import { distanceKm, earthRadiusKm } from '../../core/sphere/distance.js';
import {
  angleBetween,
  angleToArc,
  between,
  dot,
  eastAndNorth,
  meanDirection,
  placeOf,
  reachOfArc,
  seenFrom,
  unitVector,
} from '../../core/sphere/greatCircle.js';

type Place = readonly [latitude: number, longitude: number];
const place = fc.tuple(
  fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(-90, 0, 90)),
  fc.oneof(fc.double({ min: -180, max: 360, noNaN: true }), fc.constantFrom(-180, 0, 180, 359.9)),
);
const at = ([latitude, longitude]: Place) => unitVector(latitude, longitude);
const forD3 = ([latitude, longitude]: Place): [number, number] => [longitude, latitude];

describe('angles', () => {
  it('are those of haversines', () => {
    fc.assert(
      fc.property(place, place, (a, b) => {
        const haversine = distanceKm(a[0], a[1], b[0], b[1]) / earthRadiusKm;
        // Haversines lose digits near antipodes: √ε.
        expect(angleBetween(at(a), at(b))).toBeCloseTo(haversine, haversine > 3 ? 6 : 12);
      }),
    );
  });

  it('keep their digits for neighbours and for antipodes', () => {
    expect(angleBetween(at([0, 0]), at([0, 1e-7]))).toBeCloseTo(1e-7 * (Math.PI / 180), 20);
    expect(Math.PI - angleBetween(at([0, 0]), at([0, 180 - 1e-7]))).toBeCloseTo(1e-7 * (Math.PI / 180), 14);
  });

  it('come back as the place they were made of', () => {
    fc.assert(
      fc.property(place, (a) => {
        const back = placeOf(at(a));
        expect(back.latitude).toBeCloseTo(a[0], 10);
        expect(angleBetween(unitVector(back.latitude, back.longitude), at(a))).toBeLessThan(1e-14);
      }),
    );
  });
});

describe('points between', () => {
  it('are those of d3-geo', () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
        fc.pre(angleBetween(at(a), at(b)) < 3.1);
        const [longitude, latitude] = geoInterpolate(forD3(a), forD3(b))(share);
        expect(angleBetween(between(at(a), at(b), share)!, unitVector(latitude, longitude))).toBeLessThan(
          1e-7,
        );
      }),
    );
  });

  it('do not exist between antipodes', () => {
    expect(between(at([90, 0]), at([-90, 0]), 0.5)).toBeNull();
    expect(between(at([10, 20]), at([10, 20]), 0.5)).toEqual(at([10, 20]));
  });
});

describe('distance to an arc', () => {
  it('is the least over fine samples of it', () => {
    fc.assert(
      fc.property(place, place, place, (p, a, b) => {
        const length = geoDistance(forD3(a), forD3(b));
        fc.pre(length < 3.1);
        const way = geoInterpolate(forD3(a), forD3(b));
        let least = Number.POSITIVE_INFINITY;
        for (let i = 0; i <= 2000; i++) least = Math.min(least, geoDistance(forD3(p), way(i / 2000)));
        const found = angleToArc(at(p), at(a), at(b));
        expect(found).toBeLessThanOrEqual(least + 1e-7);
        expect(found).toBeGreaterThanOrEqual(least - length / 2000);
      }),
      { numRuns: 300 },
    );
  });

  it('is within reach where it is not larger', () => {
    const angle = fc.oneof(
      fc.double({ min: 1e-6, max: 3.3, noNaN: true }),
      fc.constantFrom(1e-9, Math.PI / 2),
    );
    fc.assert(
      fc.property(place, place, place, angle, (p, a, b, reach) => {
        const distance = angleToArc(at(p), at(a), at(b));
        fc.pre(Math.abs(distance - reach) > 1e-12);
        expect(reachOfArc(at(a), at(b), reach)(...at(p))).toBe(distance <= reach);
      }),
      { numRuns: 2000 },
    );
    const [near, far] = [1e-7, 1.01e-7].map((degrees) => at([degrees, 5]));
    const within = reachOfArc(at([0, 0]), at([0, 10]), 1.005e-7 * (Math.PI / 180));
    expect([within(...near!), within(...far!)]).toEqual([true, false]);
  });

  it('has closed forms: aside, beyond the ends, over a pole, across the date line', () => {
    const degrees = (p: Place, a: Place, b: Place) => (angleToArc(at(p), at(a), at(b)) * 180) / Math.PI;
    expect(degrees([3, 5], [0, 0], [0, 10])).toBeCloseTo(3, 12);
    expect(degrees([0, 12], [0, 0], [0, 10])).toBeCloseTo(2, 12);
    expect(degrees([0, -170], [0, 0], [0, 10])).toBeCloseTo(170, 12);
    expect(degrees([90, 0], [80, 0], [80, 180])).toBeCloseTo(0, 12);
    expect(degrees([88, 90], [80, 0], [80, 180])).toBeCloseTo(2, 12);
    expect(degrees([1, 180], [0, 179], [0, -179])).toBeCloseTo(1, 12);
    expect(degrees([1, -180], [0, 179], [0, 181])).toBeCloseTo(1, 12);
    expect(degrees([5, 5], [2, 5], [2, 5])).toBeCloseTo(3, 12);
    expect(degrees([90, 0], [0, 0], [0, 10])).toBeCloseTo(90, 12);
  });
});

describe('places seen from a centre', () => {
  it('lie as far away as they are, in the direction they are in', () => {
    const { east, north } = eastAndNorth(50, 10);
    const offset = seenFrom(at([50, 10]), at([53, 10]))!;
    expect(dot(offset, north)).toBeCloseTo((3 * Math.PI) / 180, 13);
    expect(dot(offset, east)).toBeCloseTo(0, 13);
    fc.assert(
      fc.property(place, place, (a, b) => {
        fc.pre(angleBetween(at(a), at(b)) < 3.1);
        const seen = seenFrom(at(a), at(b))!;
        expect(Math.hypot(...seen)).toBeCloseTo(angleBetween(at(a), at(b)), 12);
        expect(dot(seen, at(a))).toBeCloseTo(0, 10);
      }),
    );
  });

  it('are nowhere in particular at the antipode', () => {
    expect(seenFrom(at([0, 0]), at([0, 180]))).toBeNull();
  });
});

describe('mean of places', () => {
  it('lies in the middle, across the date line and around a pole', () => {
    expect(placeOf(meanDirection([at([0, 179]), at([0, -177])])!).longitude).toBeCloseTo(-179, 10);
    expect(placeOf(meanDirection([0, 90, 180, 270].map((lon) => at([85, lon])))!).latitude).toBeCloseTo(
      90,
      10,
    );
    expect(meanDirection([at([0, 0]), at([0, 180])])).toBeNull();
    expect(meanDirection([])).toBeNull();
  });
});
