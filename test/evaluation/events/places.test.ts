/** Places on grids: which points they are, against brute force, the plane and real coastlines; and what is said where there are none. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../../core/grid.js';
import { distanceKm } from '../../../core/sphere/distance.js';
import type { SphericalPolygon } from '../../../evaluation/events/event.js';
import { type BoundPlace, bindPlace } from '../../../evaluation/events/places/boundPlace.js';
import { pointsInCircle } from '../../../evaluation/events/places/circle.js';
import { parseGeoJson, readPolygon, requirePolygon } from '../../../evaluation/events/places/geojson.js';
import { placePoints } from '../../../evaluation/events/places/placePoints.js';
import { isInside, pointsInPolygon, preparePolygon } from '../../../evaluation/events/places/polygon.js';

function lattice(north: number, south: number, west: number, east: number, step: number): Grid {
  const axis = (from: number, to: number): number[] =>
    Array.from(
      { length: Math.round(Math.abs(to - from) / step) + 1 },
      (_, i) => from + Math.sign(to - from) * i * step,
    );
  return makeGrid(axis(north, south), axis(west, east));
}

/** The same globe as files write it, with poles and without, and a region across the date line. */
const globe = lattice(90, -90, 0, 357, 3);
const signedGlobe = lattice(90, -90, -180, 177, 3);
const noPoles = lattice(88.5, -88.5, 0, 357, 3);
const acrossDateLine = lattice(30, -30, 150, 210, 3);
const europe = lattice(60, 45, -10, 20, 1);
const grids = fc.constantFrom(globe, signedGlobe, noPoles, acrossDateLine, europe);

const latitudes = fc.oneof(fc.constantFrom(90, -90, 0, 89.9), fc.double({ min: -90, max: 90, noNaN: true }));
const longitudes = fc.oneof(
  fc.constantFrom(0, 180, -180, 360, 179.99),
  fc.double({ min: -180, max: 360, noNaN: true }),
);

function placeOf(grid: Grid, point: number): [number, number] {
  const nlon = grid.longitudes.length;
  return [grid.latitudes[Math.floor(point / nlon)]!, grid.longitudes[point % nlon]!];
}

function filtered(grid: Grid, keep: (latitude: number, longitude: number) => boolean): number[] {
  return [...Array(gridSize(grid)).keys()].filter((point) => keep(...placeOf(grid, point)));
}

/** Places as people see them: latitude and longitude in −180 … 180, sorted. */
function seen(grid: Grid, points: Iterable<number>): string[] {
  return [...points]
    .map((point) => {
      const [latitude, longitude] = placeOf(grid, point);
      return `${latitude} ${((((longitude + 180) % 360) + 360) % 360) - 180}`;
    })
    .sort();
}

describe('circles', () => {
  it('hold what distanceKm puts within the radius, everywhere on the globe', () => {
    fc.assert(
      fc.property(
        grids,
        latitudes,
        longitudes,
        fc.double({ min: 1, max: 21000, noNaN: true }),
        (grid, φ, λ, r) => {
          const radius = r > 15000 ? r : r / 10;
          expect(pointsInCircle(grid, { latitude: φ, longitude: λ }, radius)).toEqual(
            filtered(grid, (latitude, longitude) => distanceKm(φ, λ, latitude, longitude) <= radius),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are the same places whether longitudes run from 0 or from −180', () => {
    const circle: BoundPlace = { kind: 'circle', centre: { latitude: -17, longitude: 179.2 }, radiusKm: 700 };
    const [east, signed] = [placePoints(circle, globe), placePoints(circle, signedGlobe)];
    expect(seen(globe, east.points)).toEqual(seen(signedGlobe, signed.points));
    expect(seen(globe, east.points).some((place) => place.includes(' -17'))).toBe(true);
    expect(seen(globe, east.points).some((place) => place.includes(' 17'))).toBe(true);
  });

  it('around a pole hold whole rows', () => {
    const { points } = placePoints(
      { kind: 'circle', centre: { latitude: 90, longitude: 12 }, radiusKm: 670 },
      globe,
    );
    expect([...points]).toEqual([...Array(3 * 120).keys()]);
  });
});

describe('boxes', () => {
  it('across the date line are the same on both kinds of longitude', () => {
    const box: BoundPlace = { kind: 'box', box: { north: 10, south: -10, west: 170, east: -170 } };
    expect(seen(globe, placePoints(box, globe).points)).toEqual(
      seen(signedGlobe, placePoints(box, signedGlobe).points),
    );
    expect(placePoints(box, globe).points).toHaveLength(7 * 7);
  });

  it('weigh means by area: of the sine of latitude over a band of many rows, half the sum of its ends', () => {
    const fine = lattice(89.5, -89.5, 0.5, 359.5, 1);
    const { points, weights } = placePoints(
      { kind: 'box', box: { north: 60, south: 20, west: 0, east: 360 } },
      fine,
    );
    const mean = points.reduce(
      (sum, point, k) => sum + weights[k]! * Math.sin((placeOf(fine, point)[0] * Math.PI) / 180),
      0,
    );
    const [upper, lower] = [Math.sin(Math.PI / 3), Math.sin(Math.PI / 9)];
    expect(mean).toBeCloseTo((upper + lower) / 2, 4);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });
});

/** Corners, and between them so many vertices that great circles follow the parallels. */
function ringOfBox(north: number, south: number, west: number, east: number, per = 0.25): [number, number][] {
  const ring: [number, number][] = [];
  const columns = Math.round((east - west) / per);
  for (let j = 0; j <= columns; j++) ring.push([west + ((east - west) * j) / columns, south]);
  for (let j = columns; j >= 0; j--) ring.push([west + ((east - west) * j) / columns, north]);
  return [...ring, ring[0]!];
}

describe('polygons', () => {
  it('that are boxes hold the points of the box, edges apart, in either sense, across the date line', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -28, max: 26 }),
        fc.integer({ min: 1, max: 18 }),
        fc.integer({ min: -60, max: 69 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        fc.constantFrom(globe, signedGlobe),
        (row, rows, column, columns, turned, grid) => {
          // half-way between grid points, so that no point is on an edge
          const [south, west] = [3 * row - 1.5, 3 * column - 1.5];
          const [north, east] = [Math.min(88.5, south + 3 * rows), west + 3 * columns];
          const ring = ringOfBox(north, south, west, east);
          const polygon = requirePolygon([[turned ? ring.toReversed() : ring]], 'test');
          const box = placePoints({ kind: 'box', box: { north, south, west, east } }, grid);
          expect(pointsInPolygon(grid, polygon)).toEqual([...box.points]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('hold the points on their edges and corners, also where the date line is one', () => {
    // meridians and the equator are great circles: the grid's own points lie on the edges
    const octants: [number, number][] = [
      [-180, 0],
      [-180, 90],
      [-90, 0],
      [-180, 0],
    ];
    for (const shift of [0, 90, 180, 270, 360]) {
      const ring = octants.map(([longitude, latitude]): [number, number] => [longitude + shift, latitude]);
      for (const grid of [globe, signedGlobe]) {
        const found = pointsInPolygon(grid, requirePolygon([[ring]], 'test'));
        const inBox = placePoints(
          { kind: 'box', box: { north: 87, south: 0, west: shift - 180, east: shift - 90 } },
          grid,
        );
        // the row at the pole is the pole, whatever its longitude
        expect(found).toEqual([...Array(120).keys(), ...inBox.points]);
      }
    }
  });

  it('around a pole hold the pole', () => {
    const ring = Array.from({ length: 37 }, (_, i): [number, number] => [(i * 10) % 360, -70]);
    for (const positions of [ring, ring.toReversed()]) {
      const found = pointsInPolygon(globe, requirePolygon([[positions]], 'test'));
      expect(found).toEqual(filtered(globe, (latitude) => latitude <= -72));
    }
  });

  it('cut along the date line to go round a pole in a plane are what they were meant to be', () => {
    const edge = Array.from({ length: 73 }, (_, i): [number, number] => [-180 + 5 * i, -70]);
    const cut: [number, number][] = [...edge, [180, -80], [180, -90], [-180, -90], [-180, -80], edge[0]!];
    expect(pointsInPolygon(globe, requirePolygon([[cut]], 'test'))).toEqual(
      filtered(globe, (latitude) => latitude <= -72),
    );
  });

  it('leave out their holes, whichever way those run', () => {
    const outer = ringOfBox(31.5, -31.5, 148.5, 211.5);
    const hole = ringOfBox(10.5, -10.5, 169.5, 190.5);
    const expected = filtered(
      acrossDateLine,
      (latitude, longitude) => !(Math.abs(latitude) < 10.5 && Math.abs(longitude - 180) < 10.5),
    );
    for (const inner of [hole, hole.toReversed()]) {
      expect(pointsInPolygon(acrossDateLine, requirePolygon([[outer, inner]], 'test'))).toEqual(expected);
    }
  });

  it('agree with the plane: seen from a centre (gnomonic) great circles are straight lines', () => {
    const star = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 3, maxLength: 12 });
    const place = fc.tuple(
      fc.double({ min: -1.2, max: 1.2, noNaN: true }),
      fc.double({ min: -1.2, max: 1.2, noNaN: true }),
    );
    const places = fc.array(place, { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(star, places, latitudes, longitudes, fc.boolean(), (radii, points, φ, λ, turned) => {
        const n = radii.length;
        const corners = radii.map((radius, i): [number, number] => [
          radius * Math.cos((2 * Math.PI * i) / n),
          radius * Math.sin((2 * Math.PI * i) / n),
        ]);
        const onGlobe = ([x, y]: readonly [number, number]): [number, number] => fromPlane(x, y, φ, λ);
        const ring = [...corners, corners[0]!].map(onGlobe);
        const polygon = requirePolygon([[turned ? ring.toReversed() : ring]], 'test');
        const prepared = preparePolygon(polygon);
        for (const point of points) {
          if (distanceToEdges(point, corners) < 1e-5) continue;
          const [longitude, latitude] = onGlobe(point);
          expect(isInside(prepared, latitude, longitude)).toBe(insideInPlane(point, corners));
          expect(isInside(prepared, latitude, longitude - 360)).toBe(insideInPlane(point, corners));
          expect(isInside(prepared, -latitude, longitude + 180)).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('on a grid are what they are point by point, vertices on the grid and near the poles too', () => {
    const vertex = fc.tuple(fc.integer({ min: -10, max: 10 }), fc.integer({ min: -10, max: 10 }));
    const centres = fc.tuple(fc.integer({ min: -30, max: 30 }), fc.integer({ min: -60, max: 60 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(vertex, { minLength: 3, maxLength: 9, selector: String }),
        centres,
        fc.constantFrom(1, 1.5, 3, 0.7),
        grids,
        (vertices, [row, column], scale, grid) => {
          // around the middle by bearing, so that few rings cross themselves
          const ring = vertices
            .toSorted(([x1, y1], [x2, y2]) => Math.atan2(y1, x1) - Math.atan2(y2, x2))
            .map(([x, y]): [number, number] => [
              3 * column + scale * x,
              Math.max(-90, Math.min(90, 3 * row + scale * y)),
            ]);
          let polygon: SphericalPolygon;
          try {
            polygon = requirePolygon([[[...ring, ring[0]!]]], 'test');
          } catch {
            return;
          }
          const prepared = preparePolygon(polygon);
          expect(pointsInPolygon(grid, polygon)).toEqual(filtered(grid, (φ, λ) => isInside(prepared, φ, λ)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of real coastlines are all accepted and hold the cities of their countries', () => {
    const file = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
    const world = JSON.parse(readFileSync(file, 'utf8')) as Topology<{ countries: GeometryCollection }>;
    const all = feature(world, world.objects.countries);
    // stitched: the main ring of this file's Antarctica is a hole in a circle of 111 m around the pole
    const [odd] = all.features.splice(
      all.features.findIndex((country) => JSON.stringify(country.properties).includes('Antarctica')),
      1,
    );
    expect(() => parseGeoJson(JSON.stringify(odd), 'odd')).toThrow(
      /\("Antarctica"\), polygon 3, ring 2: a hole, but its vertex 1 .* outside ring 1/,
    );
    const countries = parseGeoJson(JSON.stringify(all), 'countries');
    expect(countries.length).toBeGreaterThan(200);
    const cities: [string, number, number][] = [
      ['Netherlands', 51.95, 4.6],
      ['Switzerland', 46.95, 7.45],
      ['Fiji', -17.8, 178.0],
      ['Russia', 66.5, -175],
      ['Russia', 66.5, 175],
      ['Lesotho', -29.5, 28.3],
      ['United States of America', 64.8, -147.7],
    ];
    for (const [country, latitude, longitude] of cities) {
      const holding = countries.filter(({ polygon }) =>
        isInside(preparePolygon(polygon), latitude, longitude),
      );
      expect(holding.map(({ name }) => name)).toEqual([country]);
    }
    const russia = countries.find(({ name }) => name === 'Russia')!.polygon;
    const prepared = preparePolygon(russia);
    expect(pointsInPolygon(signedGlobe, russia)).toEqual(
      filtered(signedGlobe, (latitude, longitude) => isInside(prepared, latitude, longitude)),
    );
  });
});

/** Gnomonic plane at (φ, λ) → [longitude, latitude]; x east, y north, in radii. */
function fromPlane(x: number, y: number, φ: number, λ: number): [number, number] {
  const [p, l] = [(φ * Math.PI) / 180, (λ * Math.PI) / 180];
  const centre = [Math.cos(p) * Math.cos(l), Math.cos(p) * Math.sin(l), Math.sin(p)];
  const east = [-Math.sin(l), Math.cos(l), 0];
  const north = [-Math.sin(p) * Math.cos(l), -Math.sin(p) * Math.sin(l), Math.cos(p)];
  const [a, b, c] = [0, 1, 2].map((i) => centre[i]! + x * east[i]! + y * north[i]!) as [
    number,
    number,
    number,
  ];
  return [(Math.atan2(b, a) * 180) / Math.PI, (Math.atan2(c, Math.hypot(a, b)) * 180) / Math.PI];
}

function insideInPlane(
  [x, y]: readonly [number, number],
  corners: readonly (readonly [number, number])[],
): boolean {
  let inside = false;
  for (const [i, [x1, y1]] of corners.entries()) {
    const [x2, y2] = corners[(i + 1) % corners.length]!;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

function distanceToEdges(
  [x, y]: readonly [number, number],
  corners: readonly (readonly [number, number])[],
): number {
  return Math.min(
    ...corners.map(([x1, y1], i) => {
      const [x2, y2] = corners[(i + 1) % corners.length]!;
      const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
      const t = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
      return Math.hypot(x - x1 - t * (x2 - x1), y - y1 - t * (y2 - y1));
    }),
  );
}

describe('weights of a point', () => {
  it('give back fields that are linear in latitude and longitude, with points rising', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(globe, signedGlobe, noPoles),
        fc.double({ min: -85, max: 85, noNaN: true }),
        fc.double({ min: -179, max: 179, noNaN: true }),
        (grid, latitude, longitude) => {
          const { points, weights } = placePoints({ kind: 'point', centre: { latitude, longitude } }, grid);
          expect([...points]).toEqual([...new Set(points)].sort((a, b) => a - b));
          const near = (value: number): number =>
            longitude + ((((value - longitude + 180) % 360) + 360) % 360) - 180;
          const sum = (value: (point: number) => number): number =>
            points.reduce((total, point, k) => total + weights[k]! * value(point), 0);
          expect(sum((point) => placeOf(grid, point)[0])).toBeCloseTo(latitude, 3);
          expect(sum((point) => near(placeOf(grid, point)[1]))).toBeCloseTo(longitude, 3);
        },
      ),
    );
  });
});

describe('places that a grid does not hold', () => {
  it.each<[string, BoundPlace, RegExp]>([
    [
      'a point outside',
      { kind: 'point', centre: { latitude: 40, longitude: 5 } },
      /40°N, 5°E lies outside the grid .*nearest to it is 45°N, 5°E, 556\.0 km away.*"within 556 km of 40,5"/,
    ],
    [
      'a circle between points',
      { kind: 'circle', centre: { latitude: 50.5, longitude: 4.5 }, radiusKm: 10 },
      /10 km around 50\.5°N, 4\.5°E holds no point of the grid .*65\.\d km away.*"within 66 km of 50\.5,4\.5"/,
    ],
    [
      'a box elsewhere',
      { kind: 'box', box: { north: 10, south: 0, west: 170, east: -170 } },
      /box 0…10°N, 170…-170°E holds no point of the grid/,
    ],
    [
      'a polygon elsewhere',
      { kind: 'polygon', name: 'port.geojson', polygon: [[ringOfBox(10.3, 10.1, 5.1, 5.3)]] },
      /polygon "port\.geojson" holds no point of the grid .*first vertex/,
    ],
  ])('%s', (_, place, message) => {
    expect(() => placePoints(place, europe)).toThrow(message);
  });

  it('the radius that the message names holds the point that it names', () => {
    fc.assert(
      fc.property(latitudes, longitudes, (latitude, longitude) => {
        try {
          placePoints({ kind: 'circle', centre: { latitude, longitude }, radiusKm: 0.5 }, europe);
        } catch (error) {
          const radiusKm = Number(/"within (\d+) km/.exec((error as Error).message)![1]);
          const found = placePoints({ kind: 'circle', centre: { latitude, longitude }, radiusKm }, europe);
          expect(found.points.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('are told from those that a regional grid holds in part', () => {
    const whole = (place: BoundPlace, grid = europe): boolean => placePoints(place, grid).whole;
    const circle = (latitude: number, longitude: number, radiusKm: number): BoundPlace => ({
      kind: 'circle',
      centre: { latitude, longitude },
      radiusKm,
    });
    expect(whole(circle(52, 5, 500))).toBe(true);
    expect(whole(circle(52, 5, 900))).toBe(false);
    expect(whole(circle(45, 5, 50))).toBe(true);
    expect(whole(circle(45, 5, 60))).toBe(false);
    expect(whole(circle(89, 5, 3000), globe)).toBe(true);
    expect(whole({ kind: 'box', box: { north: 60, south: 45, west: -10, east: 20 } })).toBe(true);
    expect(whole({ kind: 'box', box: { north: 60, south: 45, west: 0, east: 359 } })).toBe(false);
    expect(whole({ kind: 'box', box: { north: 60, south: 44, west: 350, east: 10 } })).toBe(false);
    expect(
      whole({ kind: 'box', box: { north: 20, south: 10, west: -170, east: -151 } }, acrossDateLine),
    ).toBe(true);
  });

  it('"here" wants a site', () => {
    expect(() => bindPlace({ kind: 'point', centre: 'here' }, null)).toThrow(/"here".*"at 51\.95,4\.05"/);
    expect(bindPlace({ kind: 'circle', centre: 'here', radiusKm: 9 }, { latitude: 1, longitude: 2 })).toEqual(
      {
        kind: 'circle',
        centre: { latitude: 1, longitude: 2 },
        radiusKm: 9,
      },
    );
  });
});

describe('GeoJSON', () => {
  const square: [number, number][] = [
    [4, 51],
    [5, 51],
    [5, 52],
    [4, 52],
    [4, 51],
  ];
  const polygonOf = (...rings: unknown[]): unknown => ({ type: 'Polygon', coordinates: rings });
  const featureOf = (geometry: unknown, properties: unknown = null): unknown => ({
    type: 'Feature',
    properties,
    geometry,
  });
  const parsed = (value: unknown) => parseGeoJson(JSON.stringify(value), 'port.geojson');

  it('comes as geometry, feature or collection, with names', () => {
    const expected: SphericalPolygon = [[square]];
    expect(parsed(polygonOf(square))).toEqual([{ name: null, polygon: expected }]);
    expect(parsed({ type: 'MultiPolygon', coordinates: [[square], [square]] })[0]!.polygon).toHaveLength(2);
    expect(parsed(featureOf(polygonOf(square), { name: 'Rotterdam' }))).toEqual([
      { name: 'Rotterdam', polygon: expected },
    ]);
    const heights = square.map(([longitude, latitude]) => [longitude, latitude, 12]);
    const collection = {
      type: 'FeatureCollection',
      features: [featureOf(polygonOf(heights), { name: 'A' }), featureOf(polygonOf(square), { id: 7 })],
    };
    expect(parsed(collection).map(({ name }) => name)).toEqual(['A', '7']);
    const text = JSON.stringify(collection);
    expect(readPolygon('ports.geojson', () => text)).toHaveLength(2);
    expect(readPolygon('ports.geojson#A', () => text)).toEqual(expected);
    expect(() => readPolygon('ports.geojson#B', () => text)).toThrow(
      /no feature is named "B"; there are A, 7/,
    );
  });

  const bowTie = [square[0], square[2], square[1], square[3], square[0]];
  const touching = [
    [0, 0],
    [10, 0],
    [10, 10],
    [5, 0],
    [0, 10],
    [0, 0],
  ];
  it.each<[string, unknown, RegExp]>([
    ['no JSON', undefined, /^polygon "port\.geojson": not JSON/],
    ['a list', [], /found \[\], expected a GeoJSON object/],
    ['another type', { type: 'Point', coordinates: [4, 51] }, /type is "Point".*"within 50 km of/],
    ['no geometry', featureOf(null, { name: 'A' }), /\("A"\): has no geometry/],
    ['no features', { type: 'FeatureCollection', features: [] }, /has no features/],
    ['no rings', polygonOf(), /found \[\], expected a list of rings/],
    [
      'too short',
      polygonOf([square[0], square[1], square[0]]),
      /ring 1 has 3 positions; a ring needs at least 4/,
    ],
    [
      'open',
      polygonOf(square.slice(0, 4)),
      /ring 1 is not closed: vertex 4 is \[4, 52\], the first \[4, 51\]/,
    ],
    ['metres', polygonOf([[4e5, 51], ...square]), /ring 1, vertex 1: \[400000, 51\] is no place in degrees/],
    [
      'no number',
      polygonOf([...square.slice(0, 2), [5, null], square[0]]),
      /vertex 3: \[5,null\] is no position/,
    ],
    [
      'a bow tie',
      polygonOf(bowTie),
      /ring 1 intersects itself: the edge from vertex 1 to 2 and the one from vertex 3 to 4 cross/,
    ],
    [
      'a touch',
      polygonOf(touching),
      /ring 1 intersects itself: vertex 4 at \[5, 0\] touches the edge from vertex 1 to 2/,
    ],
    [
      'a line',
      polygonOf([square[0], square[1], [6, 51], square[0]].slice(0, 2).concat([square[0]!, square[0]!])),
      /encloses nothing/,
    ],
    [
      'opposite places',
      polygonOf([
        [0, 0],
        [180, 0],
        [90, 50],
        [0, 0],
      ]),
      /vertices 1 and 2: .* lie opposite each other/,
    ],
    [
      'a speck',
      polygonOf([
        [4, 51],
        [4.0001, 51],
        [4.0001, 51.0001],
        [4, 51],
      ]),
      /encloses less than 400 m²/,
    ],
    [
      'a hole elsewhere',
      polygonOf(
        square,
        square.map(([longitude, latitude]) => [longitude + 3, latitude]),
      ),
      /ring 2: a hole, but its vertex 1 at \[7, 51\] lies outside ring 1/,
    ],
    [
      'a hole of the second polygon of the second feature',
      {
        type: 'FeatureCollection',
        features: [
          featureOf(polygonOf(square)),
          featureOf({ type: 'MultiPolygon', coordinates: [[square], [square, bowTie]] }, { name: 'B' }),
        ],
      },
      /polygon "port\.geojson", feature 2 \("B"\), polygon 2, ring 2 intersects itself/,
    ],
  ])('that is faulty is refused, saying where: %s', (_, value, message) => {
    expect(() => (value === undefined ? parseGeoJson('{', 'port.geojson') : parsed(value))).toThrow(message);
  });

  it('crossings are found wherever they are: as by trying all pairs of edges in the plane', () => {
    const corner = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(corner, { minLength: 4, maxLength: 7, selector: String }),
        latitudes,
        longitudes,
        (corners, φ, λ) => {
          fc.pre(corners.every((_, i) => corners.every((__, j) => !collinear(corners, i, j))));
          const ring = [...corners, corners[0]!].map(([x, y]) => fromPlane(x / 9, y / 9, φ, λ));
          let accepted = true;
          try {
            requirePolygon([[ring]], 'test');
          } catch (error) {
            expect((error as Error).message).toMatch(/intersects itself/);
            accepted = false;
          }
          expect(accepted).toBe(!crossesInPlane(corners));
        },
      ),
      { numRuns: 300 },
    );
  });
});

type Corner = readonly [number, number];

function side([ax, ay]: Corner, [bx, by]: Corner, [cx, cy]: Corner): number {
  return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
}

/** Three corners on a line: left out, since rotation decides by rounding what they are. */
function collinear(corners: readonly Corner[], i: number, j: number): boolean {
  return (
    i < j && corners.some((corner, k) => k !== i && k !== j && side(corners[i]!, corners[j]!, corner) === 0)
  );
}

function crossesInPlane(corners: readonly Corner[]): boolean {
  const edges = corners.map((corner, i) => [corner, corners[(i + 1) % corners.length]!] as const);
  return edges.some(([a, b], i) =>
    edges.some(
      ([c, d], j) => j > i && side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0,
    ),
  );
}
