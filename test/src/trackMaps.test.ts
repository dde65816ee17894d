/** Maps of tracks: poles, the middle of the globe, and numbers that do not cover each other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayLabels } from '../../src/report/coneMap.js';
import { awayFromPoles, type Line } from '../../src/report/polarGap.js';
import { trackFrame } from '../../src/report/trackFrame.js';

/** Numbers of path data, moves and lines alike. */
function pointsOf(path: string): (readonly [number, number])[][] {
  return path
    .split('M')
    .filter((part) => part !== '')
    .map((part) => part.split('L').map((pair) => pair.split(',').map(Number) as unknown as [number, number]));
}

const around = [0, 90, 180, 270].map((longitude) => ({ latitude: 0, longitude }));

describe('tracks near a pole on the map of the whole globe', () => {
  const frame = trackFrame([...around, { latitude: 90, longitude: 0 }], 900, false);
  const ways: Line[] = [
    // To a fix at the pole, whose longitude means nothing, and on.
    [
      [170, 84],
      [0, 90],
      [-60, 85],
    ],
    // Past it, and around it.
    [
      [20, 86],
      [-155, 87],
    ],
    [
      [0, 89.5],
      [90, 89.5],
      [180, 89.5],
    ],
    [
      [30, -85],
      [-100, -90],
      [-100, -84],
    ],
  ];

  it('never run along its edge', () => {
    for (const way of ways) {
      const stretches = pointsOf(frame.lines([way]));
      for (const stretch of stretches) {
        const xs = stretch.map(([x]) => x);
        expect(Math.max(...xs) - Math.min(...xs)).toBeLessThan(60);
      }
    }
    // The bare line does: from 170° E to the middle of the map.
    const bare = pointsOf(frame.path({ type: 'LineString', coordinates: ways[0]!.map((at) => [...at]) }));
    expect(Math.max(...bare.map((each) => Math.abs(each[0]![0] - each.at(-1)![0])))).toBeGreaterThan(60);
  });

  it('end and begin where the great circle passes two degrees from it', () => {
    const [to, from] = awayFromPoles([ways[0]!]);
    expect(to!.at(-1)![0]).toBeCloseTo(170, 6);
    expect(from!.at(0)![0]).toBeCloseTo(-60, 6);
    for (const [, latitude] of [to!.at(-1)!, from!.at(0)!]) {
      expect(latitude).toBeLessThanOrEqual(88);
      expect(latitude).toBeGreaterThan(87.7);
    }
  });

  it('are as they were elsewhere', () => {
    const high: Line = [
      [0, 80],
      [30, 82],
    ];
    expect(awayFromPoles([high])).toEqual([high]);
    const way: Line = [
      [170, 30],
      [-175, 45],
      [-160, 49],
    ];
    expect(awayFromPoles([way])).toEqual([way]);
  });
});

describe('the map of the whole globe', () => {
  const middle = (longitudes: readonly number[]): number => {
    const frame = trackFrame(
      longitudes.map((longitude) => ({ latitude: 0, longitude })),
      900,
      false,
    );
    return frame.placeAt(450, frame.height / 2)!.longitude;
  };

  it('is turned to where the tracks are, and to Greenwich where they are all around', () => {
    expect(Math.abs(middle([110, 130, 150, -150, -110]))).toBeCloseTo(180, 3);
    expect(middle([0, 90, 180, -90])).toBeCloseTo(0, 6);
    expect(middle([-120, -60, 10, 30, -50])).toBeCloseTo(-30, 3);
  });
});

describe('numbers of days along a mean track', () => {
  it('neither cover each other nor other marks, and name the first and the last day', () => {
    const place = fc.tuple(
      fc.double({ min: 0, max: 120, noNaN: true }),
      fc.double({ min: 0, max: 80, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 11 }), (points) => {
        const labels = dayLabels(points.map((point, day) => ({ point, day })));
        for (const [i, a] of labels.entries()) {
          for (const b of labels.slice(0, i)) {
            const beside = a.x >= b.x + 6 || b.x >= a.x + 6;
            expect(beside || Math.abs(a.y - b.y) >= 9).toBe(true);
          }
          for (const [x, y] of points)
            expect(x >= a.x && x <= a.x + 6 && y <= a.y && y >= a.y - 9).toBe(false);
        }
        return true;
      }),
    );
    const far = Array.from({ length: 8 }, (_, day) => ({ point: [40 * day, 7 * day] as const, day }));
    expect(dayLabels(far).map(({ day }) => day)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const close = Array.from({ length: 8 }, (_, day) => ({ point: [2 * day, 0] as const, day }));
    const named = dayLabels(close).map(({ day }) => day);
    expect(named).toContain(0);
    expect(named).toContain(7);
    expect(named.length).toBeLessThan(8);
  });
});
