import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../../core/grid.js';
import { distanceKm, earthRadiusKm } from '../../../core/sphere/distance.js';
import { contourDepth } from '../../../evaluation/cyclones/fields/closedContour.js';
import { localMaxima, localMinima } from '../../../evaluation/cyclones/fields/extrema.js';
import { kmPerDegree, type SphereGrid, sphereGrid } from '../../../evaluation/cyclones/fields/sphereGrid.js';
import { subgridCentre } from '../../../evaluation/cyclones/fields/subgridCentre.js';
import { layerThickness } from '../../../evaluation/cyclones/fields/thickness.js';
import { relativeVorticity } from '../../../evaluation/cyclones/fields/vorticity.js';
import {
  largestWithin,
  meanWithin,
  visitWithin,
} from '../../../evaluation/cyclones/fields/withinDistance.js';
import '../../propertySeed.js';
import { globalGrid, regionalGrid, travelled } from './vortices.js';

/** A global grid whose rows miss the poles by half a cell. */
function cellGrid(degrees: number, west = 0): Grid {
  return makeGrid(
    Array.from({ length: 180 / degrees }, (_, row) => 90 - (row + 0.5) * degrees),
    Array.from({ length: 360 / degrees }, (_, column) => west + column * degrees),
  );
}

const grids: Readonly<Record<string, Grid>> = {
  'with rows at the poles': globalGrid(10),
  'from −180°': globalGrid(10, -180),
  'of cells': cellGrid(10),
  'of a region across the date line': regionalGrid(5, { north: 60, south: -20, west: 150, east: 230 }),
};

function valuesOn(grid: Grid, value: (latitude: number, longitude: number) => number): Float32Array {
  const columns = grid.longitudes.length;
  return Float32Array.from({ length: gridSize(grid) }, (_, point) =>
    value(grid.latitudes[Math.floor(point / columns)]!, grid.longitudes[point % columns]!),
  );
}

const placeOf = ({ grid, columns }: SphereGrid, point: number): [number, number] => [
  grid.latitudes[Math.floor(point / columns)]!,
  grid.longitudes[point % columns]!,
];

describe('points within a distance', () => {
  it.each(Object.entries(grids))('are those a loop over all points finds, on a grid %s', (_, grid) => {
    const sphere = sphereGrid(grid);
    fc.assert(
      fc.property(
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -400, max: 400, noNaN: true }),
        fc.double({ min: 0, max: 20000, noNaN: true }),
        (latitude, longitude, km) => {
          const found = new Set<number>();
          visitWithin(sphere, latitude, longitude, km, (point) => {
            expect(found.has(point)).toBe(false);
            found.add(point);
          });
          for (let point = 0; point < gridSize(grid); point++) {
            const [there, east] = placeOf(sphere, point);
            // A row at a pole is one point, its first.
            if (Math.abs(there) === 90 && point % sphere.columns > 0) continue;
            const distance = distanceKm(latitude, longitude, there, east);
            if (Math.abs(distance - km) > 1e-3) expect(found.has(point)).toBe(distance < km);
          }
        },
      ),
    );
  });

  it('give the mean over an area: of 1 it is 1, of sin φ about a pole (1 + cos d)/2 times as much as there', () => {
    const sphere = sphereGrid(globalGrid(0.5));
    const sines = valuesOn(sphere.grid, (latitude) => Math.sin((latitude * Math.PI) / 180));
    const degrees = 20.25;
    const mean = meanWithin(sphere, sines, 90, 0, degrees * kmPerDegree);
    expect(mean).toBeCloseTo((1 + Math.cos((degrees * Math.PI) / 180)) / 2, 4);
    const ones = sines.map(() => 1);
    expect(meanWithin(sphere, ones, 40, 10, 900, 300)).toBeCloseTo(1, 12);
  });

  it('pass over missing values', () => {
    const sphere = sphereGrid(globalGrid(10));
    const values = valuesOn(sphere.grid, (latitude) => latitude);
    values[sphere.columns * 4 + 1] = Number.NaN;
    expect(largestWithin(sphere, values, 45, 10, 950)?.value).toBe(50);
    expect(largestWithin(sphere, values, 45, 15, 100)).toBeNull();
  });
});

describe('local minima', () => {
  it('of a field with one low are one, wherever it lies', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(globalGrid(5), globalGrid(5, -180), cellGrid(5), globalGrid(2.5, 1)),
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        (grid, latitude, longitude) => {
          const sphere = sphereGrid(grid);
          // The distance itself: its only minimum is the place, its only maximum the antipode.
          const values = valuesOn(grid, (there, east) => distanceKm(latitude, longitude, there, east));
          const minima = localMinima(sphere, values);
          expect(minima).toHaveLength(1);
          expect(localMaxima(sphere, values)).toHaveLength(1);
          const [there, east] = placeOf(sphere, minima[0]!);
          expect(distanceKm(latitude, longitude, there, east)).toBeLessThan(0.71 * sphere.spacingKm + 1);
        },
      ),
    );
  });

  it('are one a plateau, in its middle, and none where a plateau has a way down', () => {
    const sphere = sphereGrid(regionalGrid(1, { north: 20, south: 0, west: 0, east: 20 }));
    const bowl = valuesOn(sphere.grid, (latitude, longitude) =>
      Math.max(3, Math.hypot(latitude - 10, longitude - 10)),
    );
    expect(localMinima(sphere, bowl).map((point) => placeOf(sphere, point))).toEqual([[10, 10]]);
    const spout = Float32Array.from(bowl);
    // Beside the plateau's southern end.
    for (let row = 14; row <= 18; row++) spout[row * sphere.columns + 10] = 3 - row / 100;
    const [only, ...others] = localMinima(sphere, spout).map((point) => placeOf(sphere, point));
    expect([only, others]).toEqual([[2, 10], []]);
  });

  it('are not at the edge of a region, nor beside missing values, nor in a field that is the same everywhere', () => {
    const sphere = sphereGrid(regionalGrid(1, { north: 10, south: 0, west: 0, east: 10 }));
    const towards = (row: number, column: number): Float32Array =>
      valuesOn(sphere.grid, (latitude, longitude) => Math.hypot(latitude - row, longitude - column));
    expect(localMinima(sphere, towards(0, 5))).toEqual([]);
    expect(localMinima(sphere, towards(1, 5))).toHaveLength(1);
    const holed = towards(5, 5);
    holed[4 * sphere.columns + 6] = Number.NaN;
    expect(localMinima(sphere, holed)).toEqual([]);
    expect(localMinima(sphere, towards(5, 5).fill(7))).toEqual([]);
    expect(localMinima(sphereGrid(globalGrid(1)), new Float32Array(181 * 360).fill(7))).toEqual([]);
  });
});

describe('the centre of a low between grid points', () => {
  it('is exact for a paraboloid and within a tenth of a grid length for a Gaussian, over poles and the date line', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(globalGrid(2.5), globalGrid(2.5, -180), cellGrid(2.5)),
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
        (grid, latitude, longitude) => {
          const sphere = sphereGrid(grid);
          const bell = (km: number): number => -3000 * Math.exp(-0.5 * (km / 400) ** 2);
          for (const [shape, allowed] of [
            [(km: number) => (km / 1000) ** 2, 0.01],
            [bell, 0.1],
          ] as const) {
            const values = valuesOn(grid, (there, east) =>
              shape(distanceKm(latitude, longitude, there, east)),
            );
            const minima = localMinima(sphere, values).filter(
              (point) => distanceKm(latitude, longitude, ...placeOf(sphere, point)) < 400,
            );
            expect(minima).toHaveLength(1);
            const centre = subgridCentre(sphere, values, minima[0]!, 'minimum');
            const away = distanceKm(latitude, longitude, centre.latitude, centre.longitude);
            expect(away / sphere.spacingKm).toBeLessThan(allowed);
          }
        },
      ),
    );
  });

  it('is no further than a grid length, and the grid point itself where the surface has no lowest point', () => {
    const sphere = sphereGrid(regionalGrid(1, { north: 4, south: 0, west: 0, east: 4 }));
    const saddle = valuesOn(sphere.grid, (latitude, longitude) => (latitude - 2) ** 2 - (longitude - 2) ** 2);
    const still = subgridCentre(sphere, saddle, 12, 'minimum');
    expect(still.latitude).toBeCloseTo(2, 9);
    expect(still.longitude).toBeCloseTo(2, 9);
    const slope = valuesOn(sphere.grid, (latitude, longitude) => (latitude - 40) ** 2 + (longitude - 2) ** 2);
    const { latitude } = subgridCentre(sphere, slope, 12, 'minimum');
    expect(latitude).toBeCloseTo(3, 6);
  });
});

/** The closed-contour test as TempestExtremes words it: a fill that must stop before it comes too far. */
function closes(sphere: SphereGrid, values: Float32Array, start: number, delta: number, km: number): boolean {
  const { rows, columns } = sphere;
  const seen = new Set([start]);
  const queue = [start];
  for (const point of queue) {
    if (distanceKm(...placeOf(sphere, start), ...placeOf(sphere, point)) > km) return false;
    if (values[point]! - values[start]! >= delta) continue;
    const row = Math.floor(point / columns);
    const column = point % columns;
    const beside = [
      row * columns + ((column + 1) % columns),
      row * columns + ((column + columns - 1) % columns),
      ...(row > 0 ? [point - columns] : []),
      ...(row + 1 < rows ? [point + columns] : []),
    ];
    for (const next of beside) {
      if (!seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return true;
}

describe('the depth of a low within a distance', () => {
  it('tells for every rise whether its contour closes, as the fill of TempestExtremes does', () => {
    const grid = makeGrid(
      Array.from({ length: 13 }, (_, row) => 60 - 10 * row),
      Array.from({ length: 36 }, (_, column) => 10 * column),
    );
    const sphere = sphereGrid(grid);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 13 * 36, maxLength: 13 * 36 }),
        fc.integer({ min: 5 * 36, max: 8 * 36 - 1 }),
        fc.double({ min: 600, max: 4500, noNaN: true }),
        (numbers, start, km) => {
          const values = Float32Array.from(numbers);
          // A low, so that there is something to close.
          for (let point = 0; point < values.length; point++) {
            values[point]! += distanceKm(...placeOf(sphere, start), ...placeOf(sphere, point)) / 100;
          }
          const depth = contourDepth(sphere, values, start, 'minimum', km);
          for (const delta of [0.5, 2, 5, 9, 14, 20, 30, 45]) {
            const expected = closes(sphere, values, start, delta, km);
            expect(depth >= delta).toBe(expected);
            expect(contourDepth(sphere, values, start, 'minimum', km, delta) >= delta).toBe(expected);
          }
          const turned = values.map((value) => -value);
          expect(contourDepth(sphere, turned, start, 'maximum', km)).toBeCloseTo(depth, 4);
        },
      ),
    );
  });

  it('goes around poles and across the date line', () => {
    const sphere = sphereGrid(globalGrid(2.5));
    for (const [latitude, longitude] of [
      [90, 0],
      [87.5, 120],
      [0, 180],
      [-40, 0],
    ] as const) {
      const values = valuesOn(sphere.grid, (there, east) => distanceKm(latitude, longitude, there, east));
      const start = localMinima(sphere, values)[0]!;
      const depth = contourDepth(sphere, values, start, 'minimum', 1200);
      // The last points within 1200 km are up to a grid length nearer.
      expect(depth).toBeGreaterThan(1200 - 280);
      expect(depth).toBeLessThanOrEqual(1200);
    }
  });

  it('is not known beyond the edge of a region or beside missing values, which count as ways out', () => {
    const sphere = sphereGrid(regionalGrid(1, { north: 20, south: 0, west: 0, east: 20 }));
    const at = (row: number): Float32Array =>
      valuesOn(sphere.grid, (latitude, longitude) => Math.hypot(latitude - row, longitude - 10));
    const start = (latitude: number): number => (20 - latitude) * sphere.columns + 10;
    expect(contourDepth(sphere, at(10), start(10), 'minimum', 600)).toBeGreaterThan(4);
    expect(contourDepth(sphere, at(2), start(2), 'minimum', 600)).toBe(2);
    const holed = at(10);
    holed[start(12)] = Number.NaN;
    expect(contourDepth(sphere, holed, start(10), 'minimum', 600)).toBe(1);
  });
});

describe('vorticity', () => {
  // A sphere that turns about an axis through (φ₀, λ₀) at ω has ζ = 2 ω · sine of the latitude from that axis.
  const turning = (grid: Grid, axis: number, axisEast: number) => {
    const radians = Math.PI / 180;
    const speed = 1e-5 * 1000 * earthRadiusKm;
    const [φ0, λ0] = [axis * radians, axisEast * radians];
    return {
      u: valuesOn(
        grid,
        (φ, λ) =>
          speed *
          (Math.sin(φ0) * Math.cos(φ * radians) -
            Math.cos(φ0) * Math.sin(φ * radians) * Math.cos(λ * radians - λ0)),
      ),
      v: valuesOn(grid, (_, λ) => speed * Math.cos(φ0) * Math.sin(λ * radians - λ0)),
      exact: valuesOn(
        grid,
        (φ, λ) =>
          2e-5 *
          (Math.sin(φ * radians) * Math.sin(φ0) +
            Math.cos(φ * radians) * Math.cos(φ0) * Math.cos(λ * radians - λ0)),
      ),
    };
  };

  const uneven = makeGrid(
    Float64Array.from({ length: 91 }, (_, row) => 90 - 2 * row + (row % 3 === 1 ? 0.4 : 0)),
    Float64Array.from({ length: 180 }, (_, column) => 2 * column + (column % 2 === 1 ? 0.3 : 0)),
  );

  it.each([
    ['with rows at the poles', globalGrid(2)],
    ['of cells', cellGrid(2, -180)],
    ['with uneven steps', uneven],
  ])(
    'of a turning sphere is twice its rate times the sine of latitude, about any axis, on a grid %s',
    (_, grid) => {
      const sphere = sphereGrid(grid);
      for (const [axis, east] of [
        [90, 0],
        [-90, 0],
        [0, 75],
        [35, -120],
      ] as const) {
        const { u, v, exact } = turning(grid, axis, east);
        const vorticity = relativeVorticity(sphere, u, v);
        // Near poles, where columns crowd, the error of second order is divided by cos φ.
        vorticity.forEach((value, point) => {
          const polar = Math.abs(placeOf(sphere, point)[0]) > 70;
          expect(Math.abs(value - exact[point]!) / 2e-5).toBeLessThan(polar ? 0.02 : 0.002);
        });
      }
    },
  );

  it('of a region is that of the globe, and not known at its edge', () => {
    const region = regionalGrid(2, { north: 60, south: 20, west: 160, east: 200 });
    const sphere = sphereGrid(region);
    const { u, v, exact } = turning(region, 20, 40);
    const vorticity = relativeVorticity(sphere, u, v);
    vorticity.forEach((value, point) => {
      const [row, column] = [Math.floor(point / sphere.columns), point % sphere.columns];
      const inner = row > 0 && column > 0 && row + 1 < sphere.rows && column + 1 < sphere.columns;
      if (inner) expect(Math.abs(value - exact[point]!)).toBeLessThan(0.004 * 2e-5);
      else expect(value).toBeNaN();
    });
  });
});

describe('thickness', () => {
  // An isothermal layer of 250 K between any two levels.
  const isothermal = (warmth: number) => (name: string) => {
    const level = Number(name.slice(1));
    if (name.startsWith('t')) return Float32Array.of(warmth);
    return Float32Array.of(287.05 * warmth * Math.log(1000 / level));
  };
  const layer = { upper: 300, lower: 500, otherUpper: [250, 200], otherLower: [850], temperatures: [400] };

  it.each([
    [['z300', 'z500'], null],
    [['z250', 'z500'], /Z250 − Z500/],
    [['z200', 'z850'], /Z200 − Z850/],
    [['t400'], /400 hPa/],
  ] as const)('of a layer of one temperature is the same from %s', (there, standIn) => {
    const of = (warmth: number) =>
      layerThickness(layer, (name) =>
        (there as readonly string[]).includes(name) ? isothermal(warmth)(name) : null,
      );
    const [cool, warm] = [of(250), of(250.4)];
    expect(cool?.thickness[0]).toBeCloseTo(287.05 * 250 * Math.log(5 / 3), -1);
    // The threshold of TempestExtremes, −58.8 m² s⁻², is 0.4 K.
    expect(warm!.thickness[0]! - cool!.thickness[0]!).toBeCloseTo(58.65, 1);
    if (standIn === null) expect(cool?.standIn).toBeNull();
    else expect(cool?.standIn).toMatch(standIn);
  });

  it('is not known without any of them', () => {
    expect(layerThickness(layer, (name) => (name === 'z300' ? Float32Array.of(1) : null))).toBeNull();
  });
});

it('places travelled to lie at the distance they were sent', () => {
  const there = travelled(70, 170, 30, 2500);
  expect(distanceKm(70, 170, there.latitude, there.longitude)).toBeCloseTo(2500, 6);
});
