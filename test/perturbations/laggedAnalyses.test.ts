/** Members from forecasts of earlier analyses: whose they are, when they are valid, what is asked of the model. */
import { describe, expect, it } from 'vitest';
import type { ForecastRows, MemberKey } from '../../core/interfaces.js';
import { createLaggedAnalyses } from '../../perturbations/initial/laggedAnalyses.js';
import { initialRows, rowOf } from './initialFixture.js';
import { contextOf, region } from './stepsFixture.js';

const hour = 3_600_000;
const start = Date.UTC(2007, 0, 10);
const length = 20;
const stepHours = 6;
const context = contextOf(region, ['msl'], { stepHours });
const lagged = (lagsHours: number[], amplitude = 1) =>
  createLaggedAnalyses({ kind: 'lagged', lagsHours, amplitude }, context);

/** Keys of `samples` weight samples from 3 on, with the streams from `first` on. */
function keys(samples: number, streams: number, first = 0): MemberKey[] {
  return Array.from({ length: samples * streams }, (_, row) => ({
    seed: 1,
    start,
    weightSample: 3 + Math.floor(row / streams),
    noiseStream: first + (row % streams),
  }));
}

/** States that cannot be mistaken: a whole number for every age and point. */
function analyses(count: number): Float32Array[] {
  return Array.from({ length: count }, (_, age) =>
    Float32Array.from({ length }, (_, i) => 100 * (age + 1) + i),
  );
}

/** x(t + Δt) of a model that knows its sample, the time of day and the state before. */
function stepOf(sample: number, time: number, newest: number, before: number): number {
  return Math.fround(newest + sample * before + new Date(time).getUTCHours());
}

interface Asked {
  readonly validTime: number;
  readonly steps: number;
  readonly rows: number;
}

/** Two states of history; samples from 3 on. */
function modelOf(samples: number, asked: Asked[] = []): ForecastRows {
  return async (history, validTime, steps) => {
    expect(history).toHaveLength(2);
    let [newest, before] = history as [Float32Array, Float32Array];
    const rows = newest.length / length;
    expect(rows % samples).toBe(0);
    asked.push({ validTime, steps, rows });
    for (let step = 0; step < steps; step++) {
      const [now, earlier] = [newest, before];
      newest = now.map((x, i) => {
        const sample = 3 + Math.floor(i / length / (rows / samples));
        return stepOf(sample, validTime + step * stepHours * hour, x, earlier[i]!);
      });
      before = now;
    }
    return [newest, before];
  };
}

/** The forecast of a row as one would make it by itself: newest, then the state before. */
function alone(sample: number, lag: number, i: number): [number, number] {
  const all = analyses(12);
  let [newest, before] = [all[lag]![i]!, all[lag + 1]![i]!];
  for (let back = lag; back > 0; back--) {
    [newest, before] = [stepOf(sample, start - back * stepHours * hour, newest, before), newest];
  }
  return [newest, before];
}

describe('lagged analyses', () => {
  it('give stream j the forecast of lag j mod (lags + 1), with its own weights, valid at the start', async () => {
    const rows = initialRows(keys(2, 7), analyses(6), 2, modelOf(2));
    await lagged([12, 24]).add(rows);
    for (const [row, { weightSample, noiseStream }] of rows.keys.entries()) {
      const lag = [0, 2, 4][noiseStream % 3]!;
      for (const [age, all] of rows.states.entries()) {
        const values = rowOf(all, row, 14);
        values.forEach((value, i) => {
          const expected = lag === 0 ? rows.analyses[age]![i] : alone(weightSample, lag, i)[age];
          expect(value).toBe(expected);
        });
      }
    }
  });

  it('take lags in the order in which they are given', async () => {
    const rows = initialRows(keys(1, 3), analyses(6), 2, modelOf(1));
    await lagged([24, 12]).add(rows);
    expect(rowOf(rows.states[0]!, 1, 3)[0]).toBe(alone(3, 4, 0)[0]);
    expect(rowOf(rows.states[0]!, 2, 3)[0]).toBe(alone(3, 2, 0)[0]);
  });

  it('ask for one forecast a lag and weight sample, however many streams there are, each as long as its lag', async () => {
    const asked: Asked[] = [];
    await lagged([6, 24, 12]).add(initialRows(keys(2, 16), analyses(6), 2, modelOf(2, asked)));
    expect(asked).toEqual([
      { validTime: start - 24 * hour, steps: 2, rows: 2 },
      { validTime: start - 12 * hour, steps: 1, rows: 4 },
      { validTime: start - 6 * hour, steps: 1, rows: 6 },
    ]);
  });

  it('scale the difference from the analysis, on top of what other perturbations did', async () => {
    const rows = initialRows(keys(1, 2), analyses(6), 2, modelOf(1));
    for (const all of rows.states) for (let i = 0; i < all.length; i++) all[i]! += 1000;
    await lagged([24], 0.5).add(rows);
    const half = rowOf(rows.states[0]!, 1, 2);
    half.forEach((value, i) => {
      const analysis = 100 + i;
      expect(value).toBeCloseTo(1000 + analysis + 0.5 * (alone(3, 4, i)[0] - analysis), 3);
    });
    expect(rowOf(rows.states[0]!, 0, 2)[0]).toBe(1100);
  });

  it('are the same, to the bit, in blocks of other members', async () => {
    const whole = initialRows(keys(3, 6), analyses(6), 2, modelOf(3));
    await lagged([6, 18, 24]).add(whole);
    const part = initialRows(keys(3, 2, 3), analyses(6), 2, modelOf(3));
    await lagged([6, 18, 24]).add(part);
    for (const sample of [0, 1, 2]) {
      for (const stream of [0, 1]) {
        expect(rowOf(part.states[0]!, 2 * sample + stream, 6)).toEqual(
          rowOf(whole.states[0]!, 6 * sample + 3 + stream, 18),
        );
      }
    }
  });

  it('ask for no forecast where all streams have the analysis', async () => {
    const rows = initialRows(keys(2, 1, 3), analyses(6), 2);
    await lagged([6, 24]).add(rows);
    expect(rows.states[0]).toEqual(initialRows(rows.keys, analyses(2)).states[0]);
  });

  it('need the analyses as far back as their longest lag', () => {
    expect(lagged([6, 24, 12]).stepsBack).toBe(4);
    expect(lagged([6]).stepsBack).toBe(1);
  });

  it('are refused where lags are no whole steps, naming the nearest', () => {
    expect(() => lagged([12, 20])).toThrow(
      /lag 20 h is no whole number of the model's steps of 6 h; 18 h and 24 h are the nearest/,
    );
    expect(() => lagged([4])).toThrow(/lag 4 h .*; 6 h is the nearest/);
    expect(() => lagged([0])).toThrow(/lag 0 h .*; 6 h is the nearest/);
    expect(() => lagged([-6])).toThrow(/lag -6 h .*; 6 h is the nearest/);
    expect(() => lagged([Number.NaN])).toThrow(/lag NaN h .*; 6 h is the nearest/);
  });

  it('are refused without lags, with one twice, with an amplitude that is no number', () => {
    expect(() => lagged([])).toThrow(/no lags are given; give some, such as lags-hours=6\/12/);
    expect(() => lagged([6, 12, 6])).toThrow(/lag 6 h is given twice/);
    expect(() => lagged([6], Number.NaN)).toThrow(/amplitude is NaN; it must be a number/);
  });
});
