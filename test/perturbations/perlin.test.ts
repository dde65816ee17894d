/** Gradient noise on the sphere: against the textbook's sum over corners, at its lattice, at poles, on fine grids. */
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import { uniforms } from '../../core/random/stream.js';
import { createPerlin } from '../../perturbations/initial/perlin.js';
import { findPreset } from '../../perturbations/presets.js';
import type { PerlinSource } from '../../perturbations/source.js';
import { initialRows } from './initialFixture.js';
import { areaWeights, contextOf, memberKey, memberKeys } from './stepsFixture.js';

const pangu: PerlinSource = {
  kind: 'perlin',
  octaves: 3,
  periodsLongitude: 12,
  periodsLatitude: 12,
  persistence: 0.5,
  amplitude: 1,
  antithetic: false,
};

const create = (grid: Grid, changed: Partial<PerlinSource> = {}, place = 0) =>
  createPerlin({ ...pangu, ...changed }, contextOf(grid, ['msl'], { spread: [1] }), place);

async function noise(
  grid: Grid,
  changed: Partial<PerlinSource> = {},
  key = memberKey,
): Promise<Float32Array> {
  const rows = initialRows([key], [new Float32Array(gridSize(grid))]);
  await create(grid, changed).add(rows);
  return rows.states[0]!;
}

/**
 * The noise at one place from the textbook's formula, without any scale: gradients by octave, row from the north and
 * column from 0°E, as the draw's uniform numbers give their directions.
 */
function textbook(latitude: number, longitude: number, source: PerlinSource): number {
  const lattice = Array.from({ length: source.octaves }, (_, octave) => ({
    around: source.periodsLongitude * 2 ** octave,
    cells: source.periodsLatitude * 2 ** octave,
  }));
  const draw = new Float64Array(lattice.reduce((sum, { around, cells }) => sum + around * (cells + 1), 0));
  uniforms({ ...memberKey, purpose: 'initial', step: 0 }, draw);
  let offset = 0;
  let sum = 0;
  lattice.forEach(({ around, cells }, octave) => {
    const x = (longitude / 360) * around;
    const y = ((90 - latitude) / 180) * cells;
    const fade = (t: number): number => 6 * t ** 5 - 15 * t ** 4 + 10 * t ** 3;
    for (const column of [Math.floor(x), Math.floor(x) + 1]) {
      for (const row of [Math.floor(y), Math.floor(y) + 1]) {
        if (row < 0 || row > cells) continue;
        const turn = 2 * Math.PI * draw[offset + row * around + (((column % around) + around) % around)]!;
        const pole = row === 0 || row === cells;
        const gradient = pole ? [0, turn < Math.PI ? 1 : -1] : [Math.cos(turn), Math.sin(turn)];
        const weight = (1 - fade(Math.abs(x - column))) * (1 - fade(Math.abs(y - row)));
        const value = gradient[0]! * (x - column) + gradient[1]! * (y - row);
        sum += source.persistence ** octave * weight * value;
      }
    }
    offset += around * (cells + 1);
  });
  return sum;
}

describe('gradient noise', () => {
  it('is the sum over corners of cells and octaves, times one number, wherever grids lie', async () => {
    const ratios: number[] = [];
    for (const source of [pangu, { ...pangu, octaves: 4, periodsLatitude: 5, persistence: 0.7 }]) {
      const grids = [
        makeGrid([90, 71.3, 12.01, -3, -44.4, -89.2], [0, 0.9, 100.7, 359.3]),
        makeGrid([61.7, 60.2], [-170.1, -13.3, 2.2]),
      ];
      const values: number[] = [];
      const expected: number[] = [];
      for (const grid of grids) {
        values.push(...(await noise(grid, source)));
        for (const latitude of grid.latitudes) {
          for (const longitude of grid.longitudes) expected.push(textbook(latitude, longitude, source));
        }
      }
      const largest = Math.max(...expected.map(Math.abs));
      const ratio =
        values[expected.findIndex((x) => Math.abs(x) === largest)]! /
        expected.find((x) => Math.abs(x) === largest)!;
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(ratio * expected[i]!, 5);
      });
      ratios.push(ratio);
    }
    // The usual library multiplies by √2: "0.2" there is an α of 0.07 here, since all but the rows at the poles are alike.
    expect(0.2 * (Math.SQRT2 / ratios[0]!)).toBeCloseTo(0.07, 3);
  });

  it('has as preset the published share of noise as the usual library makes it, which is not of variance 1', () => {
    const preset = findPreset('perlin-pangu')!;
    const source = { ...pangu, ...preset.values } as PerlinSource;
    expect(findPreset('perlin')).toBe(preset);
    // away from the poles, in cells and gradients that are all alike
    const places = 8000;
    let sum = 0;
    const draw = new Float64Array(2 * places);
    uniforms({ ...memberKey, purpose: 'initial', step: 1 }, draw);
    for (let i = 0; i < draw.length; i += 2) {
      const latitude = 150 * (draw[i]! - 0.5);
      sum += (Math.SQRT2 * textbook(latitude, 360 * draw[i + 1]!, source)) ** 2;
    }
    const deviation = Math.sqrt(sum / places);
    // ∫(1 − f)² = 181/462 and ∫(1 − f)² x² = 535/18018 over a cell, f the fade: four corners, E(g·d)² = d²/2, octaves of ½
    const closed = Math.sqrt(2 * 4 * (181 / 462) * (535 / 18018) * (1 + 1 / 4 + 1 / 16));
    // one draw, whose first octave has 144 cells
    expect(Math.abs(deviation / closed - 1)).toBeLessThan(0.04);
    expect(closed).toBeCloseTo(0.3495, 4);
    expect(source.amplitude).toBe(Number((0.2 * closed).toPrecision(2)));
    expect(preset.source).toContain(`standard deviation is ${closed.toFixed(2)}`);
  });

  it('is 0 at the points of its lattice and rises from them along gradients of one length', async () => {
    const source = { octaves: 1 };
    const lengths: number[] = [];
    for (const latitude of [75, 30, 0, -60]) {
      for (const longitude of [30, 120, 270]) {
        const [cellLatitude, cellLongitude] = [15, 30];
        const step = 1e-3;
        const grid = makeGrid(
          [latitude + cellLatitude * step, latitude, latitude - cellLatitude * step],
          [longitude - cellLongitude * step, longitude, longitude + cellLongitude * step],
        );
        const values = await noise(grid, source);
        expect(values[4]).toBe(0);
        const east = (values[5]! - values[3]!) / (2 * step);
        const south = (values[7]! - values[1]!) / (2 * step);
        lengths.push(Math.hypot(east, south));
      }
    }
    for (const length of lengths) expect(length).toBeCloseTo(lengths[0]!, 2);
    expect(lengths[0]).toBeGreaterThan(1);
  });

  it('is 0 at every longitude of a pole, and small around it', async () => {
    const longitudes = Array.from({ length: 96 }, (_, j) => -180 + 3.75 * j);
    const values = await noise(makeGrid([90, 89.9, -89.9, -90], longitudes));
    expect(values.slice(0, 96).every((x) => x === 0)).toBe(true);
    expect(values.slice(288).every((x) => x === 0)).toBe(true);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(0.1);
    expect(values.slice(96, 288).some((x) => x !== 0)).toBe(true);
  });

  it('goes on over 0/360° without a jump, in value and slope', async () => {
    const latitudes = Array.from({ length: 35 }, (_, i) => 85 - 5 * i);
    const step = 1e-3;
    const across = await noise(makeGrid(latitudes, [-2 * step, -step, 0, step, 2 * step]));
    const around = await noise(makeGrid(latitudes, [0, step, 360 - 2 * step, 360 - step]));
    latitudes.forEach((_, row) => {
      const [a, b, c, d, e] = across.subarray(5 * row, 5 * row + 5) as unknown as number[];
      expect(Math.abs(c! - b!)).toBeLessThan(0.01);
      expect(Math.abs(d! - c! - (c! - b!))).toBeLessThan(1e-4);
      expect([c, d, a, b]).toEqual(
        [...around.subarray(4 * row, 4 * row + 4)].map((x) => expect.closeTo(x, 5)),
      );
      expect(e).not.toBe(a);
    });
  });

  it.each([
    [721, 1440, 3, 2],
    [181, 360, 3, 30],
    [94, 192, 2, 30],
  ])('has variance 1 over the sphere on %i × %i points', async (rows, columns, octaves, members) => {
    const grid = makeGrid(
      Array.from({ length: rows }, (_, i) => 90 - (180 * i) / (rows - 1)),
      Array.from({ length: columns }, (_, j) => (360 * j) / columns),
    );
    expect(create(grid, { octaves }).notes).toEqual([]);
    const weights = areaWeights(grid);
    const variances: number[] = [];
    for (const key of memberKeys(members)) {
      const values = await noise(grid, { octaves }, key);
      variances.push(values.reduce((sum, x, i) => sum + weights[i]! * x * x, 0));
      expect(values.slice(-columns).every((x) => x === 0)).toBe(true);
    }
    const mean = variances.reduce((sum, x) => sum + x, 0) / members;
    // One member's differs from 1 by 0.05 or so (measured): the first octave has 144 cells.
    expect(Math.abs(mean - 1)).toBeLessThan((4 * 0.06) / Math.sqrt(members));
    if (members < 10) return;
    const spread = Math.sqrt(variances.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (members - 1));
    expect(spread).toBeLessThan(0.08);
    expect(Math.abs(mean - 1)).toBeLessThan((4 * spread) / Math.sqrt(members));
  });

  it('says where a grid lies so among the lattice that its amplitude is another, and by how much', async () => {
    const grid = makeGrid(
      Array.from({ length: 13 }, (_, i) => 90 - 15 * i),
      Array.from({ length: 24 }, (_, j) => 15 * j),
    );
    const notes = create(grid).notes ?? [];
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/perlin: at the points of the grid \(13 × 24 points.*fewer periods or octaves/);
    const said = Number(/deviation is ([\d.]+) of/.exec(notes[0]!)?.[1]);
    const weights = areaWeights(grid);
    let variance = 0;
    for (const key of memberKeys(200)) {
      const values = await noise(grid, {}, key);
      variance += values.reduce((sum, x, i) => sum + weights[i]! * x * x, 0) / 200;
    }
    expect(Math.sqrt(variance)).toBeCloseTo(said, 1);
    // Octaves 2 and 3 have all points on their lattice. Of the first, every other column lies half-way between lattice
    // columns, where two corners with weight ½ give ½ · (½)² each: 1/32 in the mean, beside 0.0465 · (1 + ¼ + 1/16).
    expect(Math.abs(said - Math.sqrt(1 / 32 / (0.0465 * 1.3125)))).toBeLessThan(0.015);
  });

  it('is refused where all points lie on the lattice, and nothing of it is left', () => {
    const grid = makeGrid([60, 45, 30], [0, 30, 60]);
    expect(() => create(grid)).toThrow(/the noise is 0 .* lie on its lattice; give fewer periods/);
  });

  it('is refused with octaves, periods or a persistence that make no lattice', () => {
    const grid = makeGrid([50, 40], [0, 7]);
    expect(() => create(grid, { octaves: 0 })).toThrow(
      /octaves is 0; it must be a whole number of at least 1/,
    );
    expect(() => create(grid, { octaves: 1.5 })).toThrow(/octaves is 1.5/);
    expect(() => create(grid, { periodsLongitude: 1 })).toThrow(/periods-longitude is 1; .* of at least 2/);
    expect(() => create(grid, { periodsLatitude: 0 })).toThrow(/periods-latitude is 0/);
    expect(() => create(grid, { persistence: 0 })).toThrow(/persistence is 0; it must be positive/);
    expect(() => create(grid, { persistence: Number.NaN })).toThrow(/persistence is NaN/);
    expect(() => create(grid, { octaves: 8 })).toThrow(
      /octave 8 would have 1536 periods, more than 720: give fewer octaves or periods/,
    );
  });
});
