/** Balanced patterns: what they promise of size, and the physics between their channels, by finite differences and closed forms. */
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid, rowWeights } from '../../core/grid.js';
import { coefficientCount } from '../../core/sphere/legendre.js';
import { gaussianSize, makeTransform } from '../../core/sphere/sphericalTransform.js';
import { VectorCalculus } from '../../core/sphere/vectorCalculus.js';
import {
  type BalancedPattern,
  type BalanceOptions,
  createBalancedPattern,
} from '../../perturbations/balance/balancedPattern.js';
import { earthRadius, gasConstant, rotationRate } from '../../perturbations/balance/planet.js';
import { verticalModes } from '../../perturbations/balance/verticalModes.js';
import { heatKernelAmplitudes } from '../../perturbations/fields/heatKernel.js';
import { createSpectralDraws } from '../../perturbations/fields/independentFields.js';
import { channel, globe, memberKey, region } from './stepsFixture.js';

const radians = Math.PI / 180;

function patternOf(
  grid: Grid,
  names: readonly string[],
  changed: Partial<BalanceOptions> & { lengthKm?: number } = {},
): BalancedPattern {
  const channels = names.map(channel);
  return createBalancedPattern({
    schema: { grid, channels },
    pressures: channels.map(({ level }) => level ?? 1000),
    amplitudes: heatKernelAmplitudes(changed.lengthKm ?? 1000),
    balance: 'linear',
    verticalModes: 3,
    equatorDegrees: 15,
    spread: null,
    ...changed,
  });
}

/** A random pattern, [channel, lat, lon]. */
function draw(
  pattern: BalancedPattern,
  channels: number,
  grid: Grid,
  member = 0,
  lengthKm = 1000,
): Float32Array {
  const amplitudes = heatKernelAmplitudes(lengthKm);
  const draws = createSpectralDraws({ amplitudes, purpose: 'initial', antithetic: false });
  const coefficients = new Float64Array(pattern.fields * 2 * coefficientCount(pattern.degree));
  draws.draw({ ...memberKey, noiseStream: member }, 0, 0, pattern.fields, coefficients);
  const out = new Float32Array(channels * gridSize(grid));
  pattern.make(coefficients).write(out);
  return out;
}

function rms(values: Iterable<number>): number {
  const all = [...values];
  return Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length);
}

/** Three rows and columns of a region, so far apart. */
function patch(latitude: number, degrees: number): Grid {
  return makeGrid(
    [latitude + degrees, latitude, latitude - degrees],
    Array.from({ length: 24 }, (_, j) => 15 * Math.floor(j / 3) + degrees * (j % 3)),
  );
}

/** ∂/∂φ and (1/cos φ) ∂/∂λ at the centres of a patch's triples of columns, of one channel. */
function slopes(values: Float32Array, at: number, latitude: number, degrees: number): [number[], number[]] {
  const f = values.subarray(at * 72, (at + 1) * 72);
  const centres = Array.from({ length: 8 }, (_, i) => 3 * i + 1);
  const step = 2 * degrees * radians;
  return [
    centres.map((j) => (f[j]! - f[48 + j]!) / step),
    centres.map((j) => (f[24 + j + 1]! - f[24 + j - 1]!) / (step * Math.cos(latitude * radians))),
  ];
}

const centre = (values: Float32Array, at: number): number[] =>
  Array.from({ length: 8 }, (_, i) => values[at * 72 + 24 + 3 * i + 1]!);

/** log₂ of how errors fall when the step is halved. */
const order = (errors: readonly number[]): number => Math.log2(errors.at(-2)! / errors.at(-1)!);

describe('balance between channels', () => {
  it('is thermal wind, f ∂v/∂ln p = (R_d/a) k × (−∇T), with errors of differences of second order', () => {
    for (const latitude of [45, -30]) {
      const f = 2 * rotationRate * Math.sin(latitude * radians);
      const errors = [0.32, 0.16, 0.08].map((step) => {
        const degrees = 10 * step;
        const grid = patch(latitude, degrees);
        const [low, high] = [500 * Math.exp(step), 500 * Math.exp(-step)];
        const names = [`u500`, `v500`, `u500`, `v500`, `t500`];
        // two winds at other pressures than their names say
        const channels = names.map(channel).map((c, i) => ({ ...c, level: i < 2 ? 501 : 500 }));
        const pattern = patternOf(grid, [], {
          schema: { grid, channels },
          pressures: [low, low, high, high, 500],
          balance: 'geostrophic',
          lengthKm: 1500,
          amplitudes: heatKernelAmplitudes(1500),
        });
        const values = draw(pattern, 5, grid, 0, 1500);
        const [north, east] = slopes(values, 4, latitude, degrees);
        const [uLow, vLow, uHigh, vHigh] = [0, 1, 2, 3].map((c) => centre(values, c));
        const scale = gasConstant / earthRadius;
        const residual = [
          ...north.map((slope, i) => (f * (uLow![i]! - uHigh![i]!)) / (2 * step) - scale * slope),
          ...east.map((slope, i) => (f * (vLow![i]! - vHigh![i]!)) / (2 * step) + scale * slope),
        ];
        return rms(residual) / rms([...north, ...east].map((slope) => scale * slope));
      });
      expect(errors.at(-1)).toBeLessThan(0.02);
      expect(order(errors)).toBeGreaterThan(1.85);
      expect(order(errors)).toBeLessThan(2.15);
    }
  });

  it('is hydrostatic, T = −(1/R_d) ∂Φ/∂ln p, where the strength of winds changes with height too', () => {
    const names = ['u200', 'v200', 'u500', 'v500', 'u850', 'v850', 'z500', 'z501', 't500'];
    const spread = [18, 16, 12, 11, 8, 7, 1, 1, 1];
    const errors = [0.2, 0.1, 0.05].map((step) => {
      const pressures = [200, 200, 500, 500, 850, 850, 500 * Math.exp(step), 500 * Math.exp(-step), 500];
      const pattern = patternOf(region, names, { pressures, spread });
      const values = draw(pattern, names.length, region);
      const n = gridSize(region);
      const field = (at: number): Float32Array => values.subarray(at * n, (at + 1) * n);
      const residual = field(8).map((t, i) => t + (field(6)[i]! - field(7)[i]!) / (2 * step * gasConstant));
      return rms(residual) / rms(field(8));
    });
    expect(errors.at(-1)).toBeLessThan(0.01);
    expect(order(errors)).toBeGreaterThan(1.85);
    expect(order(errors)).toBeLessThan(2.15);
  });

  it('makes msl what 1000 hPa has: δp = ρ Φ, ρ = 1.209 kg m⁻³, and ln pₛ the same in parts', () => {
    const names = ['z1000', 'msl', 'lnsp', 'u1000', 'v1000'];
    const values = draw(patternOf(region, names), 5, region);
    for (let i = 0; i < 20; i++) {
      expect(values[20 + i]! / values[i]!).toBeCloseTo(1.209, 3);
      expect(values[40 + i]! / values[20 + i]! / 1e-5).toBeCloseTo(1, 5);
    }
  });

  it('gives geostrophic wind the slope of Φ over f, and its own vorticity and divergence', () => {
    const names = ['u500', 'v500', 'vo500', 'd500', 'z500'];
    for (const latitude of [50, -20, 8]) {
      const results = [1.6, 0.8, 0.4].map((degrees) => {
        const grid = patch(latitude, degrees);
        const values = draw(patternOf(grid, names, { balance: 'geostrophic' }), 5, grid);
        const [zNorth, zEast] = slopes(values, 4, latitude, degrees);
        const [uNorth] = slopes(values, 0, latitude, degrees);
        const [, uEast] = slopes(values, 0, latitude, degrees);
        const [vNorth, vEast] = slopes(values, 1, latitude, degrees);
        const [u, v, vorticity, divergence] = [0, 1, 2, 3].map((c) => centre(values, c));
        const tangent = Math.tan(latitude * radians);
        const relative = (found: number[], expected: number[]): number =>
          rms(found.map((x, i) => x - expected[i]!)) / rms(expected);
        const f = 2 * rotationRate * Math.sin(latitude * radians);
        return {
          u: relative(
            zNorth.map((s) => -s / (f * earthRadius)),
            u!,
          ),
          v: relative(
            zEast.map((s) => s / (f * earthRadius)),
            v!,
          ),
          vorticity: relative(
            vEast.map((s, i) => (s - uNorth[i]! + tangent * u![i]!) / earthRadius),
            vorticity!,
          ),
          divergence: relative(
            uEast.map((s, i) => (s + vNorth[i]! - tangent * v![i]!) / earthRadius),
            divergence!,
          ),
          // what is left of divergence beside vorticity
          part: rms(divergence!) / rms(vorticity!),
        };
      });
      for (const name of ['vorticity', 'divergence'] as const) {
        expect(results[2]![name], `${name} at ${latitude}`).toBeLessThan(0.02);
        expect(order(results.map((r) => r[name]))).toBeGreaterThan(1.8);
      }
      if (latitude === 8) continue;
      expect(results[2]!.u).toBeLessThan(2e-3);
      expect(results[2]!.v).toBeLessThan(2e-3);
      // −βv/f: cot φ L/a of the vorticity or so, 0.05 at 50°
      if (latitude === 50) expect(results[2]!.part).toBeLessThan(0.12);
    }
  });

  it('leaves linearly balanced wind without divergence and with the vorticity of its channel, by the transform', () => {
    const truncation = 31;
    const size = gaussianSize(truncation);
    const transform = makeTransform({ truncation, latitudes: 'gaussian', ...size });
    const grid = makeGrid(
      transform.sines.map((s) => Math.asin(s) / radians),
      Array.from({ length: size.columns }, (_, j) => (360 * j) / size.columns),
    );
    const points = gridSize(grid);
    const values = draw(patternOf(grid, ['u500', 'v500', 'vo500'], { lengthKm: 1000 }), 3, grid);
    // U/cos²φ = u/cos φ
    const spectra = [0, 1].map((c) => {
      const out = new Float64Array(2 * transform.coefficients);
      const scaled = Float64Array.from(
        { length: points },
        (_, i) => values[c * points + i]! / transform.cosines[Math.floor(i / size.columns)]!,
      );
      transform.analyze(scaled, 1, out);
      return { values: out, fields: 1, first: 0, count: 1 };
    });
    const [divergence, vorticity] = [0, 1].map(() => ({
      values: new Float64Array(2 * transform.coefficients),
      fields: 1,
      first: 0,
      count: 1,
    }));
    new VectorCalculus(transform, earthRadius).divergenceAndVorticity(
      spectra[0]!,
      spectra[1]!,
      divergence!,
      vorticity!,
    );
    const found = [divergence!, vorticity!].map((block) => {
      const out = new Float64Array(points);
      transform.synthesize(block.values, 1, out);
      return out;
    });
    const given = values.subarray(2 * points);
    expect(rms(found[0]!) / rms(given)).toBeLessThan(1e-5);
    expect(rms(found[1]!.map((x, i) => x - given[i]!)) / rms(given)).toBeLessThan(1e-5);
  });
});

describe('the size of a pattern', () => {
  it.each(['linear', 'geostrophic'] as const)(
    'is as its deviations say, row by row and channel by channel: %s',
    (balance) => {
      const names = [
        'u850',
        'v850',
        'u250',
        'v250',
        'z500',
        't500',
        't850',
        'msl',
        'u10',
        'v10',
        't2m',
        'vo500',
        'd500',
      ];
      const grid = makeGrid([90, 65, 40, 10, 0, -35, -90], [0, 45, 90, 135, 180, 225, 270, 315]);
      const pattern = patternOf(grid, names, {
        balance,
        lengthKm: 1500,
        amplitudes: heatKernelAmplitudes(1500),
        spread: [8, 8, 16, 15, 900, 5, 6, 600, 4, 4, 5, 2e-5, 1e-5],
      });
      const members = 300;
      const n = gridSize(grid);
      const sums = new Float64Array(names.length * 7);
      for (let member = 0; member < members; member++) {
        draw(pattern, names.length, grid, member, 1500).forEach((value, i) => {
          sums[Math.floor(i / n) * 7 + Math.floor((i % n) / 8)]! += value ** 2 / members / 8;
        });
      }
      names.forEach((name, c) => {
        for (let row = 0; row < 7; row++) {
          const expected = pattern.deviations[c * 7 + row]! ** 2;
          const found = sums[c * 7 + row]!;
          // eight columns are at least one independent value; at the poles a scalar is just one: √(2/300) is 0.08
          if (expected < 1e-30) expect(Math.sqrt(found), `${name} row ${row}`).toBeLessThan(1e-9);
          else
            expect(Math.abs(found / expected - 1), `${name} row ${row}`).toBeLessThan(
              5 * Math.sqrt(2 / members),
            );
        }
      });
    },
  );

  it('has variance over spread² of 1 in the mean over the channels of wind, whatever the grid', () => {
    const names = ['u850', 'v850', 'u500', 'v500', 'u250', 'v250', 'u10', 'v10', 't500', 'msl'];
    const spread = [8, 7, 12, 12, 18, 15, 5, 4, 6, 700];
    for (const grid of [globe, region]) {
      for (const balance of ['linear', 'geostrophic'] as const) {
        const pattern = patternOf(grid, names, { balance, spread });
        const rows = grid.latitudes.length;
        const weights = rowWeights(grid);
        const ratios = spread.slice(0, 8).map((s, c) => {
          let variance = 0;
          for (let row = 0; row < rows; row++)
            variance += (weights[row]! * pattern.deviations[c * rows + row]! ** 2) / rows;
          return variance / s ** 2;
        });
        expect(ratios.reduce((sum, r) => sum + r, 0) / 8).toBeCloseTo(1, 10);
        // and each follows its own: u and v of a level have one size, half-way between theirs
        for (const ratio of ratios) expect(Math.abs(Math.sqrt(ratio) - 1)).toBeLessThan(0.35);
      }
    }
  });

  it('follows msl where there is nothing else, and vorticity or geopotential before it', () => {
    for (const [names, spread, first] of [
      [['msl'], [700], 0],
      [['t500', 'z500', 'msl'], [5, 800, 700], 1],
      [['msl', 'vo850'], [700, 3e-5], 1],
    ] as const) {
      const pattern = patternOf(globe, names, { spread: [...spread] });
      const rows = globe.latitudes.length;
      const weights = rowWeights(globe);
      let variance = 0;
      for (let row = 0; row < rows; row++)
        variance += (weights[row]! * pattern.deviations[first * rows + row]! ** 2) / rows;
      // msl is surface geopotential: with z500 it is fitted, so that neither is met exactly
      const ratio = Math.sqrt(variance) / (spread[first] ?? Number.NaN);
      if (names.length === 3) expect(Math.abs(ratio - 1)).toBeLessThan(0.2);
      else expect(ratio).toBeCloseTo(1, 10);
      expect(pattern.deviations.every((d) => d > 0)).toBe(true);
    }
  });

  it('is in the units of the channels, and none where balance changes nothing', () => {
    const channels = [
      { variable: 'z', level: 500, unit: 'gpm' },
      { variable: 'msl', level: null, unit: 'hPa' },
      { variable: 'q', level: 500, unit: 'kg kg-1' },
      { variable: 'z', level: null, unit: 'm2 s-2' },
      { variable: 't2m', level: null, unit: 'degC' },
    ];
    const schema = { grid: region, channels };
    const other = patternOf(region, ['z500', 'msl', 't2m']);
    const pattern = patternOf(region, [], { schema, pressures: [500, 1000, 500, 1000, 1000] });
    expect(pattern.channels).toEqual([0, 1, 4]);
    const [found, expected] = [draw(pattern, 5, region), draw(other, 3, region)];
    for (let i = 0; i < 20; i++) {
      expect(found[i]! * 9.80665).toBeCloseTo(expected[i]!, 6);
      expect(found[20 + i]! * 100).toBeCloseTo(expected[20 + i]!, 6);
      expect(found[80 + i]!).toBeCloseTo(expected[40 + i]!, 8);
    }
    expect(found.subarray(40, 80).every((value) => value === 0)).toBe(true);
  });
});

describe('a pattern', () => {
  it('is the same on a region as on the globe around it, and a scalar has one value along a pole', () => {
    const names = ['u500', 'v500', 'z500', 't850', 'vo250'];
    const inner = makeGrid([75, 45, 15], [30, 60, 90]);
    for (const balance of ['linear', 'geostrophic'] as const) {
      const whole = draw(patternOf(globe, names, { balance }), 5, globe);
      const part = draw(patternOf(inner, names, { balance }), 5, inner);
      names.forEach((_, c) => {
        const size = rms(whole.subarray(c * 312, (c + 1) * 312));
        for (let i = 0; i < 9; i++) {
          const at = c * 312 + [1, 3, 5][Math.floor(i / 3)]! * 24 + [2, 4, 6][i % 3]!;
          expect(Math.abs(part[c * 9 + i]! - whole[at]!) / size).toBeLessThan(1e-5);
        }
        if (c < 2) return;
        for (const row of [0, 12]) {
          const along = whole.subarray(c * 312 + row * 24, c * 312 + (row + 1) * 24);
          for (const value of along) expect(Math.abs(value - along[0]!) / size).toBeLessThan(1e-5);
        }
      });
    }
  });

  it('of minus the coefficients is minus the pattern, to the bit', () => {
    const pattern = patternOf(region, ['u500', 'v500', 't850', 'msl']);
    const coefficients = Float64Array.from(
      { length: pattern.fields * 2 * coefficientCount(pattern.degree) },
      (_, i) => Math.sin(i * i),
    );
    const [plus, minus] = [new Float32Array(80), new Float32Array(80)];
    pattern.make(coefficients).write(plus);
    pattern.make(coefficients.map((x) => -x)).write(minus);
    expect([...minus]).toEqual([...plus].map((x) => -x));
  });

  it('is refused where a component is missing, a unit is not of its quantity, or nothing flows', () => {
    expect(() => patternOf(region, ['u500', 'v850', 'u850'])).toThrow(
      /u500 without v500.*use a model with v500/,
    );
    expect(() => patternOf(region, ['v10', 'msl'])).toThrow(/v10 without u10/);
    expect(() => patternOf(region, ['t850', 't2m', 'q500'])).toThrow(
      /needs wind, vorticity, geopotential or surface pressure.*t850, t2m, q500/,
    );
    const schema = { grid: region, channels: [{ ...channel('msl'), unit: 'K' }] };
    expect(() => patternOf(region, [], { schema, pressures: [1000] })).toThrow(/"Pa" measures pressure/);
    expect(() => patternOf(region, ['msl'], { verticalModes: 1.5 })).toThrow(/verticalModes/);
    expect(() => patternOf(region, ['msl'], { balance: 'geostrophic', equatorDegrees: 0 })).toThrow(
      /equatorDegrees.*such as 15/,
    );
    expect(() => patternOf(region, ['msl'], { spread: [0] })).toThrow(/0 or not known in all/);
    const tropics = makeGrid([0], [0, 10]);
    expect(() => patternOf(tropics, ['u500', 'v500'], { balance: 'geostrophic', spread: [1, 1] })).toThrow(
      /blended to zero/,
    );
  });
});

describe('vertical modes', () => {
  const levels = [
    { pressure: 850, amplitude: 8 },
    { pressure: 500, amplitude: 12 },
    { pressure: 250, amplitude: 18 },
  ];

  it('have a variance that follows S², the same correlation at the same distance in ln p, and slopes of second order', () => {
    for (const modes of [1, 2, 4]) {
      const vertical = verticalModes(modes, 50, levels);
      expect(vertical.fields).toBe(2 * modes - 1);
      const wave = Math.PI / Math.log(1000 / 50);
      for (const p of [60, 300, 925]) {
        expect(Math.hypot(...vertical.values(p))).toBeCloseTo(vertical.amplitude(p), 10);
        for (const apart of [0.3, 1.1]) {
          const [one, other] = [p, p * Math.exp(-apart)];
          const correlation =
            vertical.values(one).reduce((sum, c, i) => sum + c * vertical.values(other)[i]!, 0) /
            (vertical.amplitude(one) * vertical.amplitude(other));
          let expected = 0;
          for (let k = 0; k < modes; k++) expected += Math.cos(k * wave * apart) / modes;
          expect(correlation).toBeCloseTo(expected, 10);
        }
        const errors = [0.02, 0.01].map((step) => {
          const [low, high] = [vertical.values(p * Math.exp(step)), vertical.values(p * Math.exp(-step))];
          return rms(vertical.slopes(p).map((s, i) => s - (low[i]! - high[i]!) / (2 * step)));
        });
        expect(order(errors)).toBeGreaterThan(1.95);
        expect(order(errors)).toBeLessThan(2.05);
      }
    }
  });

  it('stay within the amplitudes that they follow, and tend to the nearest beyond them', () => {
    const vertical = verticalModes(1, 10, levels);
    for (let p = 10; p <= 1000; p *= 1.2) {
      expect(vertical.amplitude(p)).toBeGreaterThan(8);
      expect(vertical.amplitude(p)).toBeLessThan(18);
    }
    expect(vertical.amplitude(10)).toBeCloseTo(18, 1);
    expect(vertical.amplitude(500)).toBeCloseTo(12, 0);
  });
});
