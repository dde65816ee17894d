import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import { distanceKm, earthRadiusKm } from '../../core/sphere/distance.js';
import { coefficientCount, legendre, maximumDegree, orderOffset } from '../../core/sphere/legendre.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';

function functionsAt(latitude: number, degree: number): (n: number, m: number) => number {
  const out = new Float64Array(coefficientCount(degree));
  const radians = (latitude * Math.PI) / 180;
  legendre(Math.sin(radians), Math.cos(radians), degree, out);
  return (n, m) => out[orderOffset(m, degree) + n - m]!;
}

describe('associated Legendre functions', () => {
  it('have their closed forms at low degree', () => {
    for (const latitude of [-90, -37.5, 0, 12, 60, 89.9]) {
      const p = functionsAt(latitude, 4);
      const s = Math.sin((latitude * Math.PI) / 180);
      const c = Math.cos((latitude * Math.PI) / 180);
      // Fully normalised: Heiskanen & Moritz 1967, eqs. 1-73 and 1-62, times √((2 − δ₀ₘ)(2n + 1)(n − m)!/(n + m)!).
      expect(p(0, 0)).toBeCloseTo(1, 13);
      expect(p(1, 0)).toBeCloseTo(Math.sqrt(3) * s, 13);
      expect(p(1, 1)).toBeCloseTo(Math.sqrt(3) * c, 13);
      expect(p(2, 0)).toBeCloseTo((Math.sqrt(5) * (3 * s * s - 1)) / 2, 13);
      expect(p(2, 1)).toBeCloseTo(Math.sqrt(15) * s * c, 13);
      expect(p(2, 2)).toBeCloseTo((Math.sqrt(15) / 2) * c * c, 13);
      expect(p(3, 1)).toBeCloseTo(Math.sqrt(7 / 6) * 1.5 * c * (5 * s * s - 1), 12);
      expect(p(4, 0)).toBeCloseTo((3 / 8) * (35 * s ** 4 - 30 * s * s + 3), 12);
      expect(p(4, 4)).toBeCloseTo(Math.sqrt(9 * (2 / 40320)) * 105 * c ** 4, 12);
    }
  });

  it("have squares that sum to 2n + 1 everywhere, up to the highest degree and to the pole's doorstep", () => {
    for (const latitude of [0, 17, 68.4, 85, 89, 89.99, 90]) {
      const p = functionsAt(latitude, maximumDegree);
      for (const n of [1, 10, 100, 500, maximumDegree]) {
        let sum = 0;
        for (let m = 0; m <= n; m++) sum += p(n, m) ** 2;
        expect(sum / (2 * n + 1)).toBeCloseTo(1, 9);
      }
    }
  });
});

describe('synthesis', () => {
  const degree = 9;
  const count = coefficientCount(degree);
  const anyCoefficients = fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2 * count, maxLength: 2 * count })
    .map((values) => Float64Array.from(values));

  it('of one harmonic is that harmonic', () => {
    const grid = makeGrid([80, 20, -35], [-170, -20, 5, 100]);
    const out = new Float64Array(12);
    const coefficients = new Float64Array(2 * count);
    coefficients[count + orderOffset(2, degree)] = 1;
    makeSynthesis(grid, degree).evaluate(coefficients, out);
    for (let i = 0; i < 12; i++) {
      const c = Math.cos((grid.latitudes[Math.floor(i / 4)]! * Math.PI) / 180);
      const lambda = (grid.longitudes[i % 4]! * Math.PI) / 180;
      expect(out[i]).toBeCloseTo((Math.sqrt(15) / 2) * c * c * Math.sin(2 * lambda), 12);
    }
  });

  it('is one value at a pole, has no seam at 360°, and a region shows the field of the globe', () => {
    const globe = makeGrid([90, 45, 0, -90], [0, 90, 180, 270]);
    const region = makeGrid([45, 0], [-90, 0]);
    const turned = makeGrid([45, 0], [270, 360]);
    fc.assert(
      fc.property(anyCoefficients, (coefficients) => {
        const on = (grid: typeof globe): Float64Array => {
          const out = new Float64Array(grid.latitudes.length * grid.longitudes.length);
          makeSynthesis(grid, degree).evaluate(coefficients, out);
          return out;
        };
        const all = on(globe);
        for (let j = 1; j < 4; j++) {
          expect(all[j]).toBe(all[0]);
          expect(all[12 + j]).toBe(all[12]);
        }
        const part = on(region);
        expect(on(turned)).toEqual(part);
        [all[7], all[4], all[11], all[8]].forEach((value, i) => {
          expect(part[i]).toBeCloseTo(value!, 10);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('by the transform, where a grid closes, is that of the sums, where it does not', () => {
    fc.assert(
      fc.property(anyCoefficients, fc.constantFrom(-180, 0, 0.5, 123.25), (coefficients, west) => {
        const latitudes = [90, 71.5, 30, 2, -2, -30, -71.5, -90];
        const longitudes = Array.from({ length: 20 }, (_, j) => west + 18 * j);
        const closed = new Float64Array(8 * 20);
        makeSynthesis(makeGrid(latitudes, longitudes), degree).evaluate(coefficients, closed);
        // Without its last row and column the grid is no globe.
        const open = new Float64Array(7 * 19);
        makeSynthesis(makeGrid(latitudes.slice(0, 7), longitudes.slice(0, 19)), degree).evaluate(
          coefficients,
          open,
        );
        open.forEach((value, i) => {
          expect(Math.abs(closed[Math.floor(i / 19) * 20 + (i % 19)]! - value)).toBeLessThan(1e-12);
        });
        expect(new Set(closed.subarray(0, 20)).size).toBe(1);
        expect(new Set(closed.subarray(140)).size).toBe(1);
      }),
      { numRuns: 20 },
    );
  });

  it('is the same on columns too few to resolve its orders as on closer ones', () => {
    const latitudes = [90, 71.5, 30, 2, -2, -30, -71.5, -90];
    const on = (columns: number, coefficients: Float64Array): Float64Array => {
      const longitudes = Array.from({ length: columns }, (_, j) => 11.25 + (360 * j) / columns);
      const out = new Float64Array(8 * columns);
      makeSynthesis(makeGrid(latitudes, longitudes), degree).evaluate(coefficients, out);
      return out;
    };
    fc.assert(
      fc.property(anyCoefficients, fc.constantFrom(2, 3, 4, 5, 10), (coefficients, columns) => {
        const closer = on(60, coefficients);
        on(columns, coefficients).forEach((value, i) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          expect(Math.abs(closer[60 * row + (60 / columns) * column]! - value)).toBeLessThan(1e-12);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('without the highest order, as of winds, is that of coefficients which are 0 there', () => {
    fc.assert(
      fc.property(anyCoefficients, fc.constantFrom(20, 2 * degree), (coefficients, columns) => {
        const grid = makeGrid(
          [80, 40, 0, -40, -80],
          Array.from({ length: columns }, (_, j) => (360 * j) / columns),
        );
        const lower = coefficients.slice();
        lower[orderOffset(degree, degree)] = 0;
        lower[count + orderOffset(degree, degree)] = 0;
        const [all, without] = [new Float64Array(5 * columns), new Float64Array(5 * columns)];
        makeSynthesis(grid, degree).evaluate(lower, all);
        makeSynthesis(grid, degree, { orders: degree - 1 }).evaluate(lower, without);
        without.forEach((value, i) => {
          expect(Math.abs(all[i]! - value)).toBeLessThan(1e-12);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('of many fields is that of each to the bit, in batches of any size one after the other', () => {
    const closed = makeGrid(
      [90, 30, -30, -90],
      Array.from({ length: 20 }, (_, j) => 18 * j),
    );
    // too large for eight fields at a time
    const large = makeGrid(
      Array.from({ length: 513 }, (_, i) => 90 - (180 * i) / 512),
      Array.from({ length: 1080 }, (_, j) => j / 3),
    );
    const open = makeGrid([71.5, 30, 2], [-7, 0.5, 11, 12, 55, 56]);
    const random = (fields: number): Float64Array => {
      const values = new Float64Array(fields * 2 * count);
      normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'pattern', step: fields }, values);
      return values;
    };
    for (const [grid, sizes] of [
      [closed, [8, 1, 11, 3, 2]],
      [open, [5, 1, 9]],
      [large, [3]],
    ] as const) {
      const points = grid.latitudes.length * grid.longitudes.length;
      const many = makeSynthesis(grid, degree);
      const one = makeSynthesis(grid, degree);
      for (const fields of sizes) {
        const coefficients = random(fields);
        for (const Kind of [Float32Array, Float64Array]) {
          const [found, alone] = [new Kind(fields * points), new Kind(points)];
          many.evaluateMany(coefficients, fields, found);
          for (let field = 0; field < fields; field++) {
            one.evaluate(coefficients.subarray(field * 2 * count, (field + 1) * 2 * count), alone);
            const at = field * points;
            expect(alone.every((value, i) => value === found[at + i])).toBe(true);
          }
        }
      }
    }
  });

  it('uses the transform where rows mirror to within rounding, as files have them', () => {
    const rows = 19;
    const columns = 36;
    const rounded = Array.from({ length: rows }, (_, i) => 90 - 180 * (i / (rows - 1)));
    const mirrored = rounded.map((latitude, row) => (2 * row < rows ? latitude : -rounded[rows - 1 - row]!));
    expect(rounded).not.toEqual(mirrored);
    const longitudes = Array.from({ length: columns }, (_, j) => 10 * j);
    const coefficients = new Float64Array(2 * count);
    normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'pattern', step: 0 }, coefficients);
    const [a, b] = [rounded, mirrored].map((latitudes) => {
      const out = new Float64Array(rows * columns);
      makeSynthesis(makeGrid(latitudes, longitudes), degree).evaluate(coefficients, out);
      return out;
    });
    // Northern rows stand for their mirror images; sums at every row's own latitude would differ in their last bits.
    expect(a).toEqual(b);
  });

  it('is refused where its tables would not fit', () => {
    const fine = makeGrid(
      Array.from({ length: 721 }, (_, i) => 90 - i / 4),
      Array.from({ length: 1440 }, (_, i) => i / 4),
    );
    expect(() => makeSynthesis(fine, 900)).toThrow(/MiB of tables/);
  });
});

describe('distances', () => {
  it('are those of known arcs', () => {
    const quarter = (Math.PI / 2) * earthRadiusKm;
    expect(distanceKm(0, 0, 0, 90)).toBeCloseTo(quarter, 8);
    expect(distanceKm(90, 12, 0, 77)).toBeCloseTo(quarter, 8);
    expect(distanceKm(10, 350, 10, -10)).toBeCloseTo(0, 8);
    expect(distanceKm(30, 20, -30, 200)).toBeCloseTo(2 * quarter, 8);
    // A minute of arc is a nautical mile (1.852 km) within a quarter of a percent.
    expect(Math.abs(distanceKm(50, 3, 50 + 1 / 60, 3) - 1.852)).toBeLessThan(0.005);
  });
});
