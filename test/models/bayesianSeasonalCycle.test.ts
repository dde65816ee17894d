/** The seasonal cycle: fitted to a known one, and the scale of what is left. */
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import type { State } from '../../core/state.js';
import { evaluateSeasonalCycle, fitSeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import { syntheticSeries } from '../syntheticArchive.js';

const schema: Schema = {
  grid: makeGrid([50], [0, 10, 20]),
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};
const day = 86_400_000;
const year = 365.2425 * day;

/** A mean and two harmonics, others at every point of every channel. */
function known(time: number, i: number): number {
  const phase = (2 * Math.PI * (time - Date.UTC(2001, 0, 1))) / year;
  const mean = i < 3 ? 101_300 : 270;
  return (
    mean +
    (i + 1) * Math.cos(phase) -
    2 * i * Math.sin(phase) +
    0.5 * Math.cos(2 * phase) +
    i * Math.sin(2 * phase)
  );
}

/** Every day twice, with anomalies +a and −a: orthogonal to any cycle. */
function* mirrored(days: number, anomaly: (i: number) => number): Generator<State> {
  for (let d = 0; d < days; d++) {
    for (const sign of [1, -1]) {
      const validTime = Date.UTC(2001, 0, 1) + d * day;
      const values = Float32Array.from({ length: 6 }, (_, i) => known(validTime, i) + sign * anomaly(i));
      yield { schema, validTime, values };
    }
  }
}

const messageOf = async (states: Iterable<State>, harmonics: number): Promise<string> => {
  const error: unknown = await fitSeasonalCycle(states, { harmonics }).catch((reason: unknown) => reason);
  expect(isPlumeError(error) && error.tag).toBe('data');
  return String(error);
};

describe('the seasonal cycle', () => {
  it('is the one the states were made with, and its scale the root mean square of the rest', async () => {
    const anomalies = [3, 4, 5, 0.2, 0.4, 0.6];
    const cycle = await fitSeasonalCycle(
      mirrored(365, (i) => anomalies[i]!),
      { harmonics: 2 },
    );
    const found = new Float32Array(6);
    for (const d of [0, 40, 200, 360, 700]) {
      // the phase runs by day of the year, so a later year agrees with the first one
      const time = Date.UTC(d < 365 ? 2001 : 2002, 0, 1) + (d % 365) * day;
      evaluateSeasonalCycle(cycle, time, found);
      found.forEach((value, i) => {
        const expected = known(Date.UTC(2001, 0, 1) + (d % 365) * day, i);
        expect(Math.abs(value - expected) / (i < 3 ? 0.05 : 1e-3)).toBeLessThan(1);
      });
    }
    const rms = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(cycle.scale[0]).toBeCloseTo(rms([3, 4, 5]), 2);
    expect(cycle.scale[1]).toBeCloseTo(rms([0.2, 0.4, 0.6]), 4);
  });

  it('leaves anomalies whose root mean square is the scale', async () => {
    const series = syntheticSeries({ days: 500, rows: 3, columns: 4 });
    const size = 12;
    const states: State[] = Array.from(series.times, (validTime, t) => ({
      schema: series.schema,
      validTime,
      values: series.values.subarray(t * size, (t + 1) * size),
    }));
    const cycle = await fitSeasonalCycle(states, { harmonics: 1 });
    const climate = new Float32Array(size);
    let squares = 0;
    for (const { validTime, values } of states) {
      evaluateSeasonalCycle(cycle, validTime, climate);
      values.forEach((value, i) => {
        squares += (value - climate[i]!) ** 2;
      });
    }
    expect(cycle.scale[0]! / Math.sqrt(squares / (size * states.length))).toBeCloseTo(1, 4);
  });

  it('is refused for too few states, with the numbers', async () => {
    expect(await messageOf([...mirrored(365, () => 1)].slice(0, 9), 2)).toMatch(
      /9 states are too few .* 5 terms/,
    );
  });

  it('is refused when a channel never varies, by name', async () => {
    const constant = [...mirrored(365, () => 1)].map((state) => ({
      ...state,
      values: state.values.map((value, i) => (i < 3 ? value : 273.15)),
    }));
    expect(await messageOf(constant, 1)).toContain('channel t850 never varies');
    // whatever its value and however long the period: rounding is no variation
    for (const value of [101_325, 54_321, 273.15, 1.7, 1e-5]) {
      for (const days of [300, 1826]) {
        const flat = [...mirrored(days, () => 1)].map((state) => ({
          ...state,
          values: state.values.map((other, i) => (i < 3 ? value : other)),
        }));
        expect(await messageOf(flat, 2)).toContain('channel msl never varies');
      }
    }
  });
});
