import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeLatitudes } from '../../core/sphere/latitudes.js';
import {
  gaussianSize,
  type LatitudeKind,
  makeTransform,
  regularSize,
  type SphericalTransform,
  transformKernels,
} from '../../core/sphere/sphericalTransform.js';

const kinds = ['gaussian', 'regular'] as const;

function transformOf(truncation: number, latitudes: LatitudeKind): SphericalTransform {
  const size = latitudes === 'gaussian' ? gaussianSize(truncation) : regularSize(truncation);
  return makeTransform({ truncation, latitudes, ...size });
}

/** Numbers in (−1, 1) that a linear congruence gives: any will do. */
function numbers(length: number, seed = 1): Float64Array {
  let x = seed >>> 0;
  return Float64Array.from({ length }, () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x / 2 ** 31 - 1;
  });
}

/** Any spectra of degree ≤ `top`, sines of m = 0 zero. */
function spectra(transform: SphericalTransform, fields: number, top: number, seed = 1): Float64Array {
  return numbers(2 * transform.coefficients * fields, seed).map((value, index) => {
    const i = Math.floor(index / (2 * fields));
    const sine = Math.floor(index / fields) % 2 === 1;
    return transform.degrees[i]! > top || (sine && transform.orders[i] === 0) ? 0 : value;
  });
}

function place(transform: SphericalTransform, n: number, m: number): number {
  return transform.degrees.findIndex((degree, i) => degree === n && transform.orders[i] === m);
}

function largest(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

function difference(a: Float64Array, b: Float64Array): number {
  return largest(a.map((value, i) => value - b[i]!));
}

/** f at every point from its latitude's sine and cosine and its longitude, [lat, lon]. */
function onGrid(
  transform: SphericalTransform,
  f: (sine: number, cosine: number, longitude: number) => number,
): Float64Array {
  const { sines, cosines, longitudes } = transform;
  return Float64Array.from({ length: sines.length * longitudes }, (_, point) => {
    const row = Math.floor(point / longitudes);
    return f(sines[row]!, cosines[row]!, (2 * Math.PI * (point % longitudes)) / longitudes);
  });
}

describe('rows of latitude', () => {
  it('are the published abscissas and weights of Gaussian quadrature', () => {
    // Abramowitz & Stegun 1964, table 25.4.
    const published: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
      2: [[0.577350269189626, 1]],
      3: [
        [0.774596669241483, 0.555555555555556],
        [0, 0.888888888888889],
      ],
      5: [
        [0.906179845938664, 0.236926885056189],
        [0.538469310105683, 0.478628670499366],
        [0, 0.568888888888889],
      ],
      10: [
        [0.973906528517172, 0.066671344308688],
        [0.865063366688985, 0.149451349150581],
        [0.679409568299024, 0.219086362515982],
        [0.433395394129247, 0.269266719309996],
        [0.148874338981631, 0.295524224714753],
      ],
    };
    for (const [rows, expected] of Object.entries(published)) {
      const { sines, weights } = makeLatitudes('gaussian', Number(rows));
      expected.forEach(([sine, weight], row) => {
        expect(Math.abs(sines[row]! - sine)).toBeLessThan(1e-15);
        expect(Math.abs(weights[row]! - weight)).toBeLessThan(1e-15);
        expect(sines[Number(rows) - 1 - row]).toBe(sine === 0 ? 0 : -sines[row]!);
      });
    }
    // Of 96: its first and last rows there.
    const { sines, weights } = makeLatitudes('gaussian', 96);
    expect(sines[47]).toBeCloseTo(0.01627674484960297, 14);
    expect(weights[47]).toBeCloseTo(0.03255061449236317, 14);
    expect(sines[0]).toBeCloseTo(0.9996895038832307, 14);
    expect(weights[0]).toBeCloseTo(0.0007967920655520124, 14);
  });

  it('integrate polynomials of the sine exactly, and no higher ones', () => {
    for (const [kind, rows, exact] of [
      ['gaussian', 48, 95],
      ['gaussian', 7, 13],
      ['regular', 33, 33],
      ['regular', 8, 7],
    ] as const) {
      const { sines, weights } = makeLatitudes(kind, rows);
      for (let power = 0; power <= exact + 1; power++) {
        const sum = sines.reduce((total, sine, row) => total + weights[row]! * sine ** power, 0);
        const error = Math.abs(sum - (power % 2 === 0 ? 2 / (power + 1) : 0));
        if (power <= exact) expect(error).toBeLessThan(1e-13);
        else if (rows < 10) expect(error).toBeGreaterThan(1e-6);
      }
    }
  });

  it('of a regular grid are equally spaced, with both poles', () => {
    const { sines, cosines } = makeLatitudes('regular', 33);
    expect([sines[0], cosines[0], sines[16], cosines[16], sines[32], cosines[32]]).toEqual([
      1, 0, 0, 1, -1, 0,
    ]);
    for (let row = 0; row < 33; row++) {
      const latitude = ((90 - 5.625 * row) * Math.PI) / 180;
      expect(sines[row]).toBeCloseTo(Math.sin(latitude), 15);
      expect(cosines[row]).toBeCloseTo(Math.cos(latitude), 15);
    }
  });
});

describe('sizes', () => {
  it('are the usual ones', () => {
    expect([21, 31, 42, 63, 85, 106].map((t) => Object.values(gaussianSize(t)))).toEqual([
      [32, 64],
      [48, 96],
      [64, 128],
      [96, 192],
      [128, 256],
      [160, 320],
    ]);
    expect([21, 31, 42, 63].map((t) => Object.values(regularSize(t)))).toEqual([
      [33, 64],
      [33, 64],
      [65, 128],
      [65, 128],
    ]);
  });
});

describe.each(kinds)('the transform on %s latitudes', (kind) => {
  it.each([1, 2, 5, 21, 31, 42])('gives back every field of T%i', (truncation) => {
    const transform = transformOf(truncation, kind);
    const fields = 3;
    const spectral = spectra(transform, fields, kind === 'gaussian' ? truncation + 1 : truncation);
    const grid = new Float64Array(transform.sines.length * transform.longitudes * fields);
    const back = new Float64Array(spectral.length).fill(Number.NaN);
    transform.synthesize(spectral, fields, grid);
    transform.analyze(grid, fields, back);
    expect(difference(spectral, back)).toBeLessThan(2e-12);
  });

  it('knows the harmonics in their closed form', () => {
    const transform = transformOf(31, kind);
    const cases: readonly (readonly [number, number, (s: number, c: number) => number])[] = [
      [0, 0, () => 1],
      [1, 0, (s) => Math.sqrt(3) * s],
      [1, 1, (_s, c) => Math.sqrt(3) * c],
      [2, 0, (s) => (Math.sqrt(5) * (3 * s * s - 1)) / 2],
      [2, 1, (s, c) => Math.sqrt(15) * s * c],
      [3, 3, (_s, c) => Math.sqrt(35 / 8) * c ** 3],
      [4, 0, (s) => (3 / 8) * (35 * s ** 4 - 30 * s * s + 3)],
      [5, 2, (s, c) => (Math.sqrt(1155) / 4) * c * c * s * (3 * s * s - 1)],
    ];
    for (const [n, m, p] of cases) {
      for (const part of m === 0 ? [0] : [0, 1]) {
        const expected = onGrid(
          transform,
          (s, c, longitude) => p(s, c) * (part === 0 ? Math.cos(m * longitude) : Math.sin(m * longitude)),
        );
        const spectral = new Float64Array(2 * transform.coefficients);
        spectral[2 * place(transform, n, m) + part] = 1;
        const grid = new Float64Array(expected.length);
        transform.synthesize(spectral, 1, grid);
        expect(difference(grid, expected)).toBeLessThan(1e-13);
        const back = new Float64Array(spectral.length);
        transform.analyze(expected, 1, back);
        expect(difference(back, spectral)).toBeLessThan(1e-12);
      }
    }
  });

  it('keeps the mean square of a field (Parseval)', () => {
    const transform = transformOf(21, kind);
    const { sines, weights, longitudes } = transform;
    // Squares reach degree 2T: too high for 33 regular rows, so those get fields of T15.
    const spectral = spectra(transform, 1, kind === 'gaussian' ? 21 : 15);
    const grid = new Float64Array(sines.length * longitudes);
    transform.synthesize(spectral, 1, grid);
    const mean = grid.reduce(
      (sum, value, point) =>
        sum + (value * value * weights[Math.floor(point / longitudes)]!) / (2 * longitudes),
      0,
    );
    const squares = spectral.reduce((sum, value) => sum + value * value, 0);
    expect(mean / squares).toBeCloseTo(1, 12);
  });

  it('gives a field the same numbers whatever fields are beside it', () => {
    const transform = transformOf(21, kind);
    const { coefficients, sines, longitudes } = transform;
    const points = sines.length * longitudes;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 19 }), fc.nat(), (fields, seed) => {
        const spectral = spectra(transform, fields, 22, seed);
        const grid = new Float64Array(points * fields);
        const back = new Float64Array(spectral.length);
        transform.synthesize(spectral, fields, grid);
        transform.analyze(grid, fields, back);
        const field = seed % fields;
        const alone = new Float64Array(2 * coefficients);
        const aloneGrid = new Float64Array(points);
        const aloneBack = new Float64Array(2 * coefficients);
        alone.forEach((_, i) => {
          alone[i] = spectral[i * fields + field]!;
        });
        transform.synthesize(alone, 1, aloneGrid);
        transform.analyze(aloneGrid, 1, aloneBack);
        expect(aloneGrid.every((value, i) => value === grid[i * fields + field])).toBe(true);
        expect(aloneBack.every((value, i) => value === back[i * fields + field])).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('is the same to the bit for a field turned upside down', () => {
    const transform = transformOf(21, kind);
    const { sines, longitudes, degrees, orders } = transform;
    const spectral = spectra(transform, 1, 21);
    const mirrored = spectral.map((value, i) => {
      const odd = (degrees[i >> 1]! - orders[i >> 1]!) % 2 === 1;
      return odd ? -value : value;
    });
    const grid = new Float64Array(sines.length * longitudes);
    const turned = new Float64Array(grid.length);
    transform.synthesize(spectral, 1, grid);
    transform.synthesize(mirrored, 1, turned);
    const expected = grid.map(
      (_, point) =>
        grid[(sines.length - 1 - Math.floor(point / longitudes)) * longitudes + (point % longitudes)]!,
    );
    expect(difference(turned, expected)).toBeLessThan(1e-14);
  });
});

describe('the WebAssembly kernels', () => {
  it.each([
    [21, 'gaussian', 32, 64],
    [31, 'gaussian', 48, 96],
    [31, 'regular', 33, 64],
    [42, 'regular', 65, 128],
    [7, 'gaussian', 9, 15],
    [11, 'gaussian', 14, 25],
    [1, 'regular', 3, 3],
    [2, 'gaussian', 5, 5],
  ] as const)('give the numbers of the TypeScript ones to the bit: T%i, %s %i × %i', (...size) => {
    const [truncation, latitudes, rows, columns] = size;
    const options = { truncation, latitudes, rows, columns };
    const plain = makeTransform({ ...options, kernels: 'typescript' });
    const wasm = makeTransform({ ...options, kernels: 'wasm' });
    for (const fields of [1, 2, 3, 8, 9, 14, 43]) {
      const spectral = spectra(plain, fields, truncation + 1, fields);
      const results = [plain, wasm].map((transform) => {
        const grid = new Float64Array(rows * columns * fields).fill(Number.NaN);
        const back = new Float64Array(spectral.length).fill(Number.NaN);
        transform.synthesize(spectral, fields, grid);
        transform.analyze(grid, fields, back);
        return [grid, back] as const;
      });
      for (const i of [0, 1] as const) {
        // Zeros of either sign are one number.
        expect(results[1]![i].every((value, j) => value === results[0]![i][j])).toBe(true);
      }
    }
  });

  it.each(['typescript', 'wasm'] as const)('give rows two by two as they give whole grids: %s', (kind) => {
    for (const [truncation, latitudes, rows, columns] of [
      [21, 'gaussian', 32, 64],
      [7, 'regular', 9, 15],
    ] as const) {
      const transform = makeTransform({ truncation, latitudes, rows, columns, kernels: kind });
      const kernels = transformKernels(truncation, makeLatitudes(latitudes, rows), columns, 'none', kind);
      for (const fields of [8, 1, 3]) {
        const values = spectra(transform, fields, truncation + 1, fields);
        const grid = new Float64Array(rows * columns * fields);
        transform.synthesize(values, fields, grid);
        const spectral = kernels.allocate(values.length);
        spectral.set(values);
        const [north, south] = [kernels.allocate(columns * fields), kernels.allocate(columns * fields)];
        kernels.sumDegrees(spectral, fields);
        for (let pair = 0; 2 * pair < rows; pair++) {
          kernels.sumOrders(pair, fields, north, south);
          const row = (index: number): Float64Array =>
            grid.slice(index * columns * fields, (index + 1) * columns * fields);
          expect(north).toEqual(row(pair));
          if (2 * pair + 1 < rows) expect(south).toEqual(row(rows - 1 - pair));
        }
      }
    }
  });

  it('work in place on arrays of their own, which outlive later and larger batches', () => {
    const options = { truncation: 21, latitudes: 'gaussian', rows: 32, columns: 64 } as const;
    const wasm = makeTransform({ ...options, kernels: 'wasm' });
    const fields = 5;
    const values = spectra(wasm, fields, 22);
    const grid = new Float64Array(32 * 64 * fields);
    wasm.synthesize(values, fields, grid);
    const own = { spectral: wasm.allocate(values.length), grid: wasm.allocate(grid.length) };
    own.spectral.set(values);
    wasm.synthesize(own.spectral, fields, own.grid);
    expect(own.grid).toEqual(grid);
    const many = 200;
    wasm.analyze(
      new Float64Array(32 * 64 * many).fill(7),
      many,
      new Float64Array(2 * wasm.coefficients * many),
    );
    expect(own.spectral).toEqual(values);
    expect(own.grid).toEqual(grid);
    // One in place, one copied.
    const back = new Float64Array(values.length);
    wasm.analyze(own.grid, fields, back);
    wasm.analyze(grid, fields, own.spectral);
    expect(own.spectral).toEqual(back);
    expect(difference(back, values)).toBeLessThan(1e-12);
  });

  it.each([1, 20, 60, 150])('work in place from the first, however the memory grew: %i fields', (fields) => {
    const options = { truncation: 21, latitudes: 'gaussian', rows: 32, columns: 64 } as const;
    const [plain, wasm] = (['typescript', 'wasm'] as const).map((kernels) => {
      const transform = makeTransform({ ...options, kernels });
      const spectral = transform.allocate(2 * transform.coefficients * fields);
      const grid = transform.allocate(32 * 64 * fields);
      spectral.set(spectra(transform, fields, 22));
      transform.synthesize(spectral, fields, grid);
      transform.analyze(grid.fill(1, 0, 1000), fields, spectral);
      return { spectral, grid };
    });
    expect(wasm!.grid.every((value, i) => value === plain!.grid[i])).toBe(true);
    expect(wasm!.spectral.every((value, i) => value === plain!.spectral[i])).toBe(true);
  });
});

describe('fields at the poles', () => {
  it('are one number, and their winds turn once around it', () => {
    const transform = transformOf(31, 'regular');
    const spectral = spectra(transform, 1, 31);
    const grid = new Float64Array(33 * 64);
    transform.synthesize(spectral, 1, grid);
    expect(new Set(grid.subarray(0, 64)).size).toBe(1);
    expect(new Set(grid.subarray(32 * 64)).size).toBe(1);
    // P̄ₙ(±1) = (±1)ⁿ √(2n + 1).
    let north = 0;
    let south = 0;
    for (let n = 0; n <= 31; n++) {
      const value = spectral[2 * place(transform, n, 0)]! * Math.sqrt(2 * n + 1);
      north += value;
      south += n % 2 === 0 ? value : -value;
    }
    expect(grid[0]).toBeCloseTo(north, 12);
    expect(grid[32 * 64]).toBeCloseTo(south, 12);
  });
});

describe('a transform is refused', () => {
  it.each([
    [
      { truncation: 31, latitudes: 'gaussian', rows: 32, columns: 64 },
      /32 × 64.*up to T30.*T31 goes with 48 × 96/,
    ],
    [{ truncation: 42, latitudes: 'regular', rows: 33, columns: 64 }, /up to T31.*T42 goes with 65 × 128/],
    [{ truncation: 21, latitudes: 'gaussian', rows: 32, columns: 62 }, /product of 2, 3 and 5.*32 × 64/],
    [{ truncation: 0, latitudes: 'gaussian', rows: 32, columns: 64 }, /whole number from 1/],
    [{ truncation: 21.5, latitudes: 'gaussian', rows: 32, columns: 64 }, /whole number from 1/],
    [{ truncation: 900, latitudes: 'gaussian', rows: 1440, columns: 2880 }, /MiB of Legendre tables/],
  ] as const)('when it does not fit: %j', (options, message) => {
    expect(() => makeTransform(options)).toThrow(message);
  });

  it('when its arrays have another size', () => {
    const transform = transformOf(21, 'gaussian');
    const spectral = new Float64Array(2 * transform.coefficients * 2);
    expect(() => transform.synthesize(spectral, 2, new Float64Array(32 * 64))).toThrow(/32 × 64 × 2/);
    expect(() => transform.analyze(new Float64Array(0), 0, new Float64Array(0))).toThrow(/0 fields/);
  });
});
