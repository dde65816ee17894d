/** The training series: what is a sample, what is a batch, what is an anomaly. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { evaluateSeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import {
  type AnomalySeries,
  batchPositions,
  gatherStates,
  readTrainingSeries,
  samplePositions,
} from '../../models/bayesian/training/trainingData.js';
import { syntheticArchive } from '../syntheticArchive.js';

const day = 86_400_000;

/** One value a state: its number. */
function seriesAt(days: readonly number[]): AnomalySeries {
  return {
    times: Float64Array.from(days, (d) => d * day),
    stateLength: 1,
    values: Float32Array.from(days, (_, i) => i),
  };
}

describe('sample positions', () => {
  it('are those whose history and future are all there, one step apart', () => {
    const gaps = fc.array(fc.constantFrom(1, 1, 1, 1, 2, 5), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, history, ahead) => {
          const days = [0];
          for (const step of steps) days.push(days[days.length - 1]! + step);
          const there = new Set(days);
          const expected = days.flatMap((d, i) => {
            const needed = Array.from({ length: history + ahead }, (_, j) => d - (history - 1) + j);
            return needed.every((one) => there.has(one)) ? [i] : [];
          });
          const ask = () => samplePositions(seriesAt(days), { history, steps: ahead, stepMilliseconds: day });
          if (expected.length === 0) expect(ask).toThrow(/no \d+ consecutive states 24 h apart/);
          else expect([...ask()]).toEqual(expected);
        },
      ),
    );
  });

  it('of an empty period are refused as data', () => {
    let error: unknown;
    try {
      samplePositions(seriesAt([]), { history: 2, steps: 1, stepMilliseconds: day });
    } catch (thrown) {
      error = thrown;
    }
    expect(isPlumeError(error) && error.tag).toBe('data');
    expect(String(error)).toContain('period is empty');
  });
});

describe('batches', () => {
  const positions = Int32Array.from({ length: 21 }, (_, i) => 10 + 2 * i);
  const at = (step: number, change: { seed?: number; stage?: number } = {}) => [
    ...batchPositions(positions, { seed: 4, stage: 1, batch: 5, step, ...change }),
  ];

  it('of one epoch hold no position twice, and another epoch another order', () => {
    const epoch = [0, 1, 2, 3].flatMap((step) => at(step));
    expect(new Set(epoch).size).toBe(20);
    expect(epoch.every((position) => positions.includes(position))).toBe(true);
    const next = [4, 5, 6, 7].flatMap((step) => at(step));
    expect(new Set(next).size).toBe(20);
    expect(next).not.toEqual(epoch);
  });

  it('of one epoch are a permutation where the batch divides the samples', () => {
    const epoch = [0, 1, 2].flatMap((step) => [
      ...batchPositions(positions, { seed: 4, stage: 1, step, batch: 7 }),
    ]);
    expect(epoch.sort((a, b) => a - b)).toEqual([...positions]);
  });

  it('depend on seed, stage and step alone', () => {
    const forward = [0, 5, 9].map((step) => at(step));
    const backward = [9, 5, 0].map((step) => at(step)).reverse();
    expect(backward).toEqual(forward);
    expect(at(3, { seed: 5 })).not.toEqual(at(3));
    expect(at(3, { stage: 2 })).not.toEqual(at(3));
  });

  it('larger than the samples there are repeat them', () => {
    const few = batchPositions(Int32Array.of(3, 4), { seed: 1, stage: 0, step: 8, batch: 5 });
    expect(few.length).toBe(5);
    expect([...new Set(few)].sort()).toEqual([3, 4]);
  });

  it('gather states at an offset', () => {
    const out = new Float32Array(3);
    gatherStates(seriesAt([0, 1, 2, 3, 4]), Int32Array.of(3, 1, 2), -1, out);
    expect([...out]).toEqual([2, 0, 1]);
  });
});

describe('anomalies', () => {
  const archive = syntheticArchive({ days: 60, rows: 3, columns: 4, channels: 2 });
  const period = { from: archive.times[10]!, to: archive.times[49]! };

  it('give the states back when scaled and added to the cycle', async () => {
    const { cycle, series } = await readTrainingSeries(archive, period, { harmonics: 1 }, 'a.nc');
    expect([...series.times]).toEqual([...archive.times.subarray(10, 50)]);
    const climate = new Float32Array(24);
    for (const t of [0, 17, 39]) {
      const { values } = await archive.read(10 + t);
      evaluateSeasonalCycle(cycle, series.times[t]!, climate);
      values.forEach((value, i) => {
        const back = climate[i]! + series.values[t * 24 + i]! * cycle.scale[Math.floor(i / 12)]!;
        expect(Math.abs(back - value)).toBeLessThan(0.05);
      });
    }
  });

  it('are refused where a field has a gap, with archive, channel and time', async () => {
    const broken: Archive = {
      ...archive,
      read: async (index) => {
        const state = await archive.read(index);
        if (index === 12) state.values[15] = Number.NaN;
        return state;
      },
    };
    const error: unknown = await readTrainingSeries(broken, period, { harmonics: 1 }, 'a.nc').catch(
      (e: unknown) => e,
    );
    expect(isPlumeError(error) && error.tag).toBe('data');
    expect(String(error)).toMatch(/"a\.nc": channel z500 at 2001-01-13T00Z is missing at 1 of 12 points/);
  });
});
