/** Pressure-level and near-surface channels held against closed forms of hydrostatic columns. */
import { describe, expect, it } from 'vitest';
import { channelName } from '../../core/schema.js';
import { gasConstant, gravity } from '../../models/dycore/constants.js';
import {
  diagnosePressureChannels,
  lapseRate,
  pressureChannels,
  roughnessLength,
} from '../../models/dycore/pressureChannels.js';

interface Column {
  readonly surfacePressure: number;
  /** K at pressure p, Pa. */
  readonly temperature: (p: number) => number;
  readonly u?: (p: number) => number;
  readonly v?: (p: number) => number;
}

/** Channels of each of several columns, by name. */
function diagnose(levels: number, columns: readonly Column[]): Record<string, number>[] {
  const half = Float64Array.from({ length: levels + 1 }, (_, k) => k / levels);
  const full = Float64Array.from({ length: levels }, (_, k) => (k + 0.5) / levels);
  const sample = (of: (column: Column) => ((p: number) => number) | undefined): Float64Array =>
    Float64Array.from(
      columns.flatMap((column) =>
        [...full].map((sigma) => (of(column) ?? (() => 0))(sigma * column.surfacePressure)),
      ),
    );
  const out = new Float32Array(pressureChannels.length * columns.length);
  const fields = {
    temperature: sample((c) => c.temperature),
    u: sample((c) => c.u),
    v: sample((c) => c.v),
    surfacePressure: Float64Array.from(columns, (c) => c.surfacePressure),
  };
  diagnosePressureChannels(fields, full, half, out);
  return columns.map((_, i) =>
    Object.fromEntries(pressureChannels.map((c, row) => [channelName(c), out[row * columns.length + i]!])),
  );
}

const pascals = [25_000, 50_000, 85_000];
const close = (found: number | undefined, expected: number, tolerance: number): void => {
  expect(Math.abs((found ?? Number.NaN) - expected), `${found} for ${expected}`).toBeLessThanOrEqual(
    tolerance,
  );
};

describe('pressure-level channels', () => {
  it('have the names, order and units of the archive', () => {
    expect(pressureChannels.map(channelName).join(' ')).toBe(
      'z250 z500 z850 t250 t500 t850 u250 u500 u850 v250 v500 v850 msl u10 v10 t2m',
    );
    expect(new Set(pressureChannels.map(({ unit }) => unit))).toEqual(
      new Set(['m2 s-2', 'K', 'm s-1', 'Pa']),
    );
  });

  it.each([2, 5, 8, 20])('of an isothermal atmosphere have z = R T ln(pₛ/p), with %i levels', (levels) => {
    const [a, b] = diagnose(levels, [
      { surfacePressure: 101_325, temperature: () => 260 },
      { surfacePressure: 98_000, temperature: () => 300 },
    ]);
    for (const p of pascals) {
      // float32 of 10⁵ m² s⁻² rounds by 0.004; below the lowest level the ground is warmer than the level
      const low = (surface: number): boolean => p > (1 - 0.5 / levels) * surface * 0.999;
      if (!low(101_325)) close(a?.[`z${p / 100}`], gasConstant * 260 * Math.log(101_325 / p), 0.02);
      if (!low(98_000)) close(b?.[`z${p / 100}`], gasConstant * 300 * Math.log(98_000 / p), 0.02);
      if (!low(101_325)) close(a?.[`t${p / 100}`], 260, 1e-4);
    }
  });

  it('of the US standard atmosphere 1976 have its heights and temperatures', () => {
    const exponent = (gasConstant * lapseRate) / gravity;
    const standard = {
      surfacePressure: 101_325,
      temperature: (p: number) => 288.15 * (p / 101_325) ** exponent,
    };
    // published geopotential heights (m) and temperatures (K) of the table at these pressures, g₀ = 9.80665, R = 287.053
    const published = { 850: [1457.3, 278.68], 500: [5574.4, 251.92], 250: [10_362.9, 220.79] } as const;
    const worst = [8, 32, 128].map((levels) => {
      const [found] = diagnose(levels, [standard]);
      return Math.max(
        ...Object.entries(published).map(([p, [height, kelvin]]) => {
          close(found?.[`t${p}`], kelvin, levels === 128 ? 0.05 : 0.8);
          return Math.abs(found![`z${p}`]! / gravity - height);
        }),
      );
    });
    expect(worst[0]).toBeLessThan(25);
    expect(worst[2]).toBeLessThan(3);
    // closer still to the closed form with our own constants, and converging with the levels
    const errors = [32, 128].map((levels) => {
      const [found] = diagnose(levels, [standard]);
      return Math.abs(found!.z500! - ((gravity * 288.15) / lapseRate) * (1 - (50_000 / 101_325) ** exponent));
    });
    expect(errors[1]).toBeLessThan(1);
    expect(errors[1]).toBeLessThan(errors[0]! / 3);
  });

  it('interpolate exactly what is linear in ln p', () => {
    const linear = (a: number, b: number) => (p: number) => a + b * Math.log(p / 1e5);
    const column = { temperature: linear(285, 40), u: linear(5, -17), v: linear(-3, 4) };
    for (const surfacePressure of [96_000, 100_000, 104_000]) {
      const [found] = diagnose(8, [{ surfacePressure, ...column }]);
      for (const p of pascals) {
        close(found?.[`t${p / 100}`], column.temperature(p), 2e-5);
        close(found?.[`u${p / 100}`], column.u(p), 2e-6);
        close(found?.[`v${p / 100}`], column.v(p), 2e-6);
      }
    }
  });

  it('have the curvature that hydrostatics gives a temperature linear in ln p', () => {
    // ∂Φ/∂ln p = −R T, so that ∂²Φ/∂(ln p)² = −R · 40 K
    const temperature = (p: number): number => 285 + 40 * Math.log(p / 1e5);
    const columns = [-0.02, 0, 0.02].map((shift) => ({
      surfacePressure: 1e5 * Math.exp(-shift),
      temperature: (p: number) => temperature(p * Math.exp(shift)),
    }));
    // the same σ profile of temperature over three surface pressures: 500 hPa lies at three places of one column
    const [a, b, c] = diagnose(8, columns).map((found) => found.z500!);
    expect((a! - 2 * b! + c!) / 0.02 ** 2 / (gasConstant * 40)).toBeCloseTo(-1, 1);
  });

  it('go down to and below the ground along 6.5 K/km, and up with the temperature of the top', () => {
    const exponent = (gasConstant * lapseRate) / gravity;
    const [thin, deep, high] = diagnose(8, [
      { surfacePressure: 88_000, temperature: () => 270, u: (p) => p / 1000 },
      { surfacePressure: 60_000, temperature: () => 270, u: (p) => p / 1000 },
      { surfacePressure: 450_000, temperature: () => 250, u: (p) => p / 1000 },
    ]);
    const sigma = 0.9375;
    // between the lowest level and the ground
    close(thin?.t850, 270 * (85_000 / (sigma * 88_000)) ** exponent, 1e-3);
    close(thin?.u850, sigma * 88, 1e-4);
    // continuous at the ground, where Φ = 0, and from there the column of constant lapse rate
    const ground = 270 * sigma ** -exponent;
    close(deep?.z850, ((-gravity * ground) / lapseRate) * ((85_000 / 60_000) ** exponent - 1), 0.1);
    const [above, below] = diagnose(8, [
      { surfacePressure: 85_000.5, temperature: () => 270 },
      { surfacePressure: 84_999.5, temperature: () => 270 },
    ]);
    close(above?.z850, 0, 0.6);
    close(below?.z850, 0, 0.6);
    expect(above!.z850! - below!.z850!).toBeGreaterThan(0);
    // 250 hPa lies above the top level of such a column
    close(high?.z250, gasConstant * 250 * Math.log(450_000 / 25_000), 0.05);
    close(high?.t250, 250, 1e-4);
    close(high?.u250, 450 / 16, 1e-4);
  });
});

describe('near-surface channels', () => {
  it('are the surface pressure, the lapse-rate temperature at 2 m and the logarithmic wind at 10 m', () => {
    const [found] = diagnose(8, [
      { surfacePressure: 100_700, temperature: () => 280, u: () => 12, v: () => -5 },
    ]);
    expect(found?.msl).toBe(100_700);
    // the lowest level lies half a layer up: about 520 m
    const height = ((gasConstant * 280) / gravity) * Math.log(1 / 0.9368);
    close(found?.t2m, 280 + lapseRate * (height - 2), 0.05);
    const factor = Math.log(10 / roughnessLength) / Math.log(height / roughnessLength);
    expect(factor).toBeGreaterThan(0.7);
    expect(factor).toBeLessThan(0.76);
    close(found?.u10, 12 * factor, 2e-3);
    close(found?.v10, -5 * factor, 2e-3);
  });
});
