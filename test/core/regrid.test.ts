/**
 * Regridding: known answers of SciPy and of an independent quadrature, then what must hold for any grid: constants
 * and area means are kept, linear functions are met, conventions of longitude do not matter, gaps stay gaps.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import { cellAreas } from '../../core/regrid/cellEdges.js';
import { coincidentPoints } from '../../core/regrid/coincident.js';
import { type RegridMethod, regridWeights } from '../../core/regrid/regrid.js';
import { regriddedArchive } from '../../core/regrid/regriddedArchive.js';
import { applyWeights } from '../../core/regrid/sparseWeights.js';
import { makeLatitudes } from '../../core/sphere/latitudes.js';
import { memoryArchive, pressureSchema } from '../evaluation/memoryArchive.js';

function range(n: number, at: (i: number) => number): number[] {
  return Array.from({ length: n }, (_, i) => at(i));
}

/** A field of the grid from a function of latitude and longitude. */
function fieldOf(grid: Grid, value: (latitude: number, longitude: number) => number): Float64Array {
  const nlon = grid.longitudes.length;
  return Float64Array.from({ length: gridSize(grid) }, (_, p) =>
    value(grid.latitudes[Math.floor(p / nlon)]!, grid.longitudes[p % nlon]!),
  );
}

function regridded(source: Grid, target: Grid, method: RegridMethod, field: Float64Array): Float64Array {
  const out = new Float64Array(gridSize(target));
  applyWeights(regridWeights(source, target, method), field, out);
  return out;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++)
    expect(Math.abs(found[i]! - expected[i]!), `at ${i}: ${found[i]} against ${expected[i]}`).toBeLessThan(
      tolerance,
    );
}

function areaMean(grid: Grid, field: Float64Array): number {
  const areas = cellAreas(grid);
  let sum = 0;
  let total = 0;
  for (let i = 0; i < field.length; i++) {
    sum += areas[i]! * field[i]!;
    total += areas[i]!;
  }
  return sum / total;
}

/** Global grids of many kinds: cells or poles, any first longitude; Gaussian rows. */
const globalGrid = fc
  .record({
    rows: fc.integer({ min: 2, max: 12 }),
    columns: fc.integer({ min: 3, max: 16 }),
    first: fc.integer({ min: -180, max: 180 }),
    kind: fc.constantFrom('centres', 'poles', 'gaussian'),
  })
  .map(({ rows, columns, first, kind }) => {
    const latitudes =
      kind === 'centres'
        ? range(rows, (i) => 90 - (180 * (i + 0.5)) / rows)
        : kind === 'poles'
          ? range(rows + 1, (i) => 90 - (180 * i) / rows)
          : [...makeLatitudes('gaussian', rows).sines].map((sine) => (Math.asin(sine) * 180) / Math.PI);
    return makeGrid(
      latitudes,
      range(columns, (j) => first + (360 * j) / columns),
    );
  });

describe('bilinear', () => {
  it('gives the numbers of SciPy on an irregular grid', () => {
    const source = makeGrid([60, 52.5, 41, 30], [-20, -7.5, 0, 11, 25]);
    const field = fieldOf(source, () => 0).map((_, p) => {
      const [i, j] = [Math.floor(p / 5), p % 5];
      return (7 * i * i + 3 * j + 11 * i * j * j) % 17;
    });
    // scipy.interpolate.RegularGridInterpolator 1.17.1
    const known: [number, number, number][] = [
      [60, -20, 0],
      [55.25, -11, 3.857333333333333],
      [45.5, 3.3, 7.004347826086956],
      [30, 25, 8],
      [33.125, 17.75, 9.406858766233766],
      [41, 5.5, 8.5],
    ];
    for (const [latitude, longitude, value] of known)
      expectClose(regridded(source, makeGrid([latitude], [longitude]), 'bilinear', field), [value], 1e-13);
  });

  it('is exact for a + bφ + cλ + dφλ inside a region', () => {
    const source = makeGrid([70, 61, 55.5, 40], [-30, -21, -4, 3, 20]);
    const target = makeGrid([70, 66.6, 55.5, 41.234, 40], [-30, -29.9, -3.7, 0, 11, 20]);
    const law = (latitude: number, longitude: number): number =>
      3 + 0.7 * latitude - 1.3 * longitude + 0.02 * latitude * longitude;
    expectClose(regridded(source, target, 'bilinear', fieldOf(source, law)), fieldOf(target, law), 1e-11);
  });

  it('goes on across the seam of a global grid', () => {
    const source = makeGrid([60, 0, -60], [0, 90, 180, 270]);
    const target = makeGrid([0], [-45, 315 - 360 + 22.5]);
    const field = fieldOf(source, (_, longitude) => (longitude === 270 ? 10 : longitude === 0 ? 20 : -999));
    expectClose(regridded(source, target, 'bilinear', field), [15, 17.5], 1e-12);
  });

  it('takes the mean of the outermost row as the value of a pole that has no row', () => {
    const source = makeGrid([60, 0, -60], [0, 90, 180, 270]);
    const field = fieldOf(source, (latitude, longitude) => (latitude === 60 ? longitude : 1));
    const found = regridded(source, makeGrid([90, 75, -90], [90]), 'bilinear', field);
    // Mean of 0, 90, 180, 270 is 135; half-way at 90°E: (90 + 135) / 2.
    expectClose(found, [135, 112.5, 1], 1e-12);
  });

  it('refuses a target outside a region and names it', () => {
    const source = makeGrid([60, 50], [0, 10]);
    for (const target of [
      makeGrid([61], [5]),
      makeGrid([49.9], [5]),
      makeGrid([55], [10.1]),
      makeGrid([55], [-0.1]),
    ])
      expect(() => regridWeights(source, target, 'bilinear')).toThrow(/reach beyond the 2 × 2 points.*°N/);
  });
});

describe('conservative', () => {
  it('gives the numbers of a quadrature on cells of half a degree', () => {
    const source = makeGrid(
      [75, 45, 15, -15, -45, -75],
      range(8, (j) => 45 * j),
    );
    const target = makeGrid(
      [60, 0, -60],
      range(6, (j) => -180 + 60 * j),
    );
    const field = Float64Array.from({ length: 48 }, (_, p) => {
      const [i, j] = [Math.floor(p / 8), p % 8];
      return (5 * i + 3 * j + i * j) % 13;
    });
    expectClose(
      regridded(source, target, 'conservative', field),
      [
        8.636379332023917, 7.151279441628826, 5.868430139592795, 4.577722283113839, 5.223076211353316,
        3.940226909317286, 3.625, 7.125, 5.875, 5.8125, 4.625, 7.4375, 6.738620667976083, 4.921633369868304,
        5.8815698604072075, 7.047277716886163, 4.026923788646685, 4.9868602791855885,
      ],
      1e-12,
    );
  });

  it('keeps the area mean of any field between any two global grids to 1e-12', () => {
    fc.assert(
      fc.property(globalGrid, globalGrid, fc.integer({ min: 1, max: 1000 }), (source, target, seed) => {
        const field = fieldOf(source, (a, b) => Math.sin(seed + 3 * a) + Math.cos(seed * b));
        const found = regridded(source, target, 'conservative', field);
        expect(Math.abs(areaMean(target, found) - areaMean(source, field))).toBeLessThan(1e-12);
      }),
    );
  });

  it('averages the cells inside a coarser one by their area', () => {
    const source = makeGrid([75, 25, -25, -75], [0, 90, 180, 270]);
    const field = fieldOf(source, (latitude) => (latitude === 75 ? 1 : latitude === 25 ? 5 : 0));
    const target = makeGrid([45, -45], [0, 90, 180, 270]);
    // Edges at 50° and 0°: shares (1 − sin 50°) and sin 50°.
    const sine = Math.sin((50 * Math.PI) / 180);
    expectClose(
      regridded(source, target, 'conservative', field).slice(0, 4),
      new Array(4).fill(1 - sine + 5 * sine),
      1e-12,
    );
  });

  it('refuses cells of which less than half is covered, and grids of a single row', () => {
    const source = makeGrid([60, 50], [0, 10]);
    expect(() => regridWeights(source, makeGrid([70, 60], [0, 10]), 'conservative')).toThrow(
      /reach beyond .*at 70°N/,
    );
    expect(() => regridWeights(source, makeGrid([60], [0, 10]), 'conservative')).toThrow(
      /1 × 2 points.*--regrid bilinear/,
    );
  });
});

describe.each(['bilinear', 'conservative'] as const)('%s', (method) => {
  it('keeps constants on all of the globe', () => {
    fc.assert(
      fc.property(globalGrid, globalGrid, (source, target) => {
        const found = regridded(source, target, method, new Float64Array(gridSize(source)).fill(273.15));
        expectClose(found, new Float64Array(gridSize(target)).fill(273.15), 1e-12);
      }),
    );
  });

  it('does not mind by which convention longitudes are written', () => {
    fc.assert(
      fc.property(globalGrid, globalGrid, fc.constantFrom(-360, 360), (source, target, turn) => {
        const turned = makeGrid(
          source.latitudes,
          source.longitudes.map((lon) => lon + turn),
        );
        const field = fieldOf(source, (a, b) => Math.sin(a) + Math.cos(2 * b));
        expectClose(
          regridded(turned, target, method, field),
          regridded(source, target, method, field),
          1e-11,
        );
      }),
    );
  });

  it('leaves missing values out and is missing where less than half is there', () => {
    const source = makeGrid([40, 30, 20, 10], [0, 10, 20, 30]);
    const target = makeGrid([35, 15], [5, 25]);
    const field = new Float64Array(16).fill(7);
    // North-west: one of four sources missing; south-east: three of four.
    for (const gap of [0, 10, 11, 14]) field[gap] = Number.NaN;
    const found = regridded(source, target, method, field);
    expectClose(found.slice(0, 3), [7, 7, 7], 1e-12);
    expect(found[3]).toBeNaN();
  });

  it('keeps half', () => {
    const source = makeGrid([40, 30, 20, 10], [0, 10, 20, 30]);
    const field = new Float64Array(16).fill(7);
    for (const gap of [0, 1, 2, 3]) field[gap] = Number.NaN;
    const found = regridded(source, makeGrid([35, 15], [5, 25]), method, field);
    // The northern cells are half there in the middle of two equal rows; areas make the northern row the smaller.
    expectClose(found, [7, 7, 7, 7], 1e-12);
  });

  it('changes nothing between equal grids', () => {
    fc.assert(
      fc.property(globalGrid, (grid) => {
        const field = fieldOf(grid, (a, b) => Math.sin(a) + Math.cos(2 * b));
        expectClose(regridded(grid, grid, method, field), field, 1e-11);
      }),
    );
  });
});

describe('points in common', () => {
  const globe = makeGrid(
    [60, 30, 0, -30, -60],
    range(8, (j) => 45 * j),
  );

  it('are found across conventions and inside a larger grid, and taken over to the bit', () => {
    const target = makeGrid([30, 0], [-90, -45, 0, 45]);
    const field = fieldOf(globe, (latitude, longitude) => latitude + longitude / 1000 + 1 / 3);
    const found = regridded(globe, target, 'points', field);
    expect([...found]).toEqual([
      ...fieldOf(target, (latitude, longitude) => latitude + ((longitude + 360) % 360) / 1000 + 1 / 3),
    ]);
  });

  it('are not claimed where a point is missing', () => {
    expect(coincidentPoints(globe, makeGrid([30, 0], [0, 44]))).toBeNull();
    expect(() => regridWeights(globe, makeGrid([31], [0]), 'points')).toThrow(/are not all points of/);
  });
});

describe('an archive on another grid', () => {
  it('has the times and channels of the old one and regridded values', async () => {
    const source = makeGrid([60, 50], [0, 10]);
    const times = Float64Array.of(0, 86_400_000);
    const old = memoryArchive(
      pressureSchema(source),
      times,
      Float32Array.of(1, 3, 5, 7, 10, 30, 50, Number.NaN),
    );
    const target = makeGrid([60, 55], [0, 5]);
    const archive = regriddedArchive(old, target, 'bilinear');
    expect(archive.times).toEqual(times);
    expect(archive.schema).toEqual({ channels: old.schema.channels, grid: target });
    expect(await archive.read(0)).toEqual({
      schema: archive.schema,
      validTime: 0,
      values: Float32Array.of(1, 2, 3, 4),
    });
    expect([...(await archive.read(1)).values]).toEqual([10, 20, 30, 30]);
  });
});
