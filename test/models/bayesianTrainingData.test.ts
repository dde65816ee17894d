/** The data of a training: what is a sample, what is an anomaly, what gaps cost, and fits that pass over the series. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { gridSize, makeGrid, pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { leadingEofs } from '../../core/linear/eofs.js';
import { normals } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import { evaluateSeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import {
  type AnomalySource,
  gatherStates,
  heldSource,
  isHeld,
  samplePositions,
} from '../../models/bayesian/training/anomalySource.js';
import { fitPropagator } from '../../models/bayesian/training/fitPropagator.js';
import { describeData, openSampleLoader } from '../../models/bayesian/training/openSampleLoader.js';
import { regionalStart } from '../../models/bayesian/training/regionalStart.js';
import { visitStates } from '../../models/bayesian/training/stateReading.js';
import { streamedEofs } from '../../models/bayesian/training/streamedEofs.js';
import { memoryBudget, readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { memoryArchive } from '../evaluation/memoryArchive.js';
import { syntheticArchive } from '../syntheticArchive.js';
import { tinyConfig } from './bayesianFixture.js';

const day = 86_400_000;

/** One value a state: its number. */
function seriesAt(days: readonly number[]) {
  return {
    times: Float64Array.from(days, (d) => d * day),
    stateLength: 1,
    values: Float32Array.from(days, (_, i) => i),
  };
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  expect(isPlumeError(error) && error.tag).toBe('data');
  return String(error);
}

describe('sample positions', () => {
  it('are those whose history and future are all there, one step apart', () => {
    const gaps = fc.array(fc.constantFrom(1, 1, 1, 1, 2, 5), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(40), { maxLength: 3 }),
        (steps, history, ahead, incomplete) => {
          const days = [0];
          for (const step of steps) days.push(days[days.length - 1]! + step);
          const complete = Uint8Array.from(days, (_, i) => (incomplete.includes(i) ? 0 : 1));
          const there = new Set(days.filter((_, i) => complete[i] === 1));
          const expected = days.flatMap((d, i) => {
            const needed = Array.from({ length: history + ahead }, (_, j) => d - (history - 1) + j);
            return needed.every((one) => there.has(one)) ? [i] : [];
          });
          const ask = () =>
            samplePositions(
              { ...seriesAt(days), complete },
              { history, steps: ahead, stepMilliseconds: day },
            );
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

describe('states of a series', () => {
  it('are gathered at an offset', () => {
    const out = new Float32Array(3);
    gatherStates(seriesAt([0, 1, 2, 3, 4]), Int32Array.of(3, 1, 2), -1, out);
    expect([...out]).toEqual([2, 0, 1]);
  });

  it('are visited in order with those around them, in whole pieces and within the bytes allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 2, max: 96 }), { maxLength: 60 }),
        fc.constantFrom(1, 4, 30),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(2),
        fc.nat(2),
        async (chosen, piece, states, before, after) => {
          const positions = chosen.sort((a, b) => a - b);
          const reads: { first: number; count: number }[] = [];
          const source = {
            ...heldSource(seriesAt(Array.from({ length: 100 }, (_, i) => i))),
            pieces: Int32Array.from({ length: Math.ceil(100 / piece) }, (_, i) => i * piece),
          };
          const watching = {
            ...source,
            read: (first: number, count: number, out: Float32Array) => {
              reads.push({ first, count });
              return source.read(first, count, out);
            },
          };
          const bytes = 4 * (states + before + after);
          const visited: number[] = [];
          for await (const { position, states } of visitStates(
            watching,
            positions,
            { before, after },
            bytes,
          )) {
            visited.push(position);
            expect([...states]).toEqual(
              Array.from({ length: before + 1 + after }, (_, i) => position - before + i),
            );
          }
          expect(visited).toEqual(positions);
          for (const { first, count } of reads) {
            expect(4 * count).toBeLessThanOrEqual(bytes);
            const newest = first + count - 1 - after;
            expect(Math.floor((first + before) / piece)).toBe(Math.floor(newest / piece));
          }
        },
      ),
    );
  });
});

describe('anomalies', () => {
  const archive = syntheticArchive({ days: 60, rows: 3, columns: 4, channels: 2 });
  const period = { from: archive.times[10]!, to: archive.times[49]! };
  const climate = { harmonics: 1 };
  const withGaps = (...gaps: [state: number, value: number][]): Archive => ({
    ...archive,
    read: async (index) => {
      const state = await archive.read(index);
      for (const [there, value] of gaps) if (there === index) state.values[value] = Number.NaN;
      return state;
    },
  });

  it('give the states back when scaled and added to the cycle, in memory or streamed', async () => {
    for (const budgetBytes of [1e9, 0]) {
      const { cycle, source, gaps } = await readTrainingData(archive, period, {
        climate,
        name: 'archive "a.nc"',
        budgetBytes,
      });
      expect(isHeld(source)).toBe(budgetBytes > 0);
      expect(gaps).toBe(0);
      expect([...source.times]).toEqual([...archive.times.subarray(10, 50)]);
      const mean = new Float32Array(24);
      const anomalies = new Float32Array(3 * 24);
      for (const first of [0, 17, 37]) {
        await source.read(first, 3, anomalies);
        for (let t = 0; t < 3; t++) {
          const { values } = await archive.read(10 + first + t);
          evaluateSeasonalCycle(cycle, source.times[first + t]!, mean);
          values.forEach((value, i) => {
            const back = mean[i]! + anomalies[t * 24 + i]! * cycle.scale[Math.floor(i / 12)]!;
            expect(Math.abs(back - value)).toBeLessThan(0.05);
          });
        }
      }
    }
  });

  it('say the largest root mean square that each channel of one state has, in memory or streamed', async () => {
    for (const budgetBytes of [1e9, 0]) {
      const { cycle } = await readTrainingData(archive, period, { climate, name: 'a', budgetBytes });
      const mean = new Float32Array(24);
      const expected = [0, 0];
      for (let i = 10; i < 50; i++) {
        evaluateSeasonalCycle(cycle, archive.times[i]!, mean);
        const { values } = await archive.read(i);
        for (const c of [0, 1]) {
          const anomalies = [...values.subarray(12 * c, 12 * c + 12)].map((x, j) => x - mean[12 * c + j]!);
          expected[c] = Math.max(expected[c]!, Math.hypot(...anomalies) / Math.sqrt(12) / cycle.scale[c]!);
        }
      }
      expect(cycle.widest).toHaveLength(2);
      for (const c of [0, 1]) expect(cycle.widest?.[c]).toBeCloseTo(expected[c]!, 4);
      expect(Math.min(...expected)).toBeGreaterThan(1);
    }
  });

  it('of another period are about the climate they are given', async () => {
    const { cycle } = await readTrainingData(archive, period, { climate, name: 'a' });
    const later = { from: archive.times[50]!, to: archive.times[59]! };
    const { source, cycle: same } = await readTrainingData(archive, later, { climate: cycle, name: 'a' });
    expect(same).toBe(cycle);
    const found = new Float32Array(24);
    await source.read(4, 1, found);
    const mean = new Float32Array(24);
    evaluateSeasonalCycle(cycle, archive.times[54]!, mean);
    const { values } = await archive.read(54);
    expect(found[20]).toBeCloseTo((values[20]! - mean[20]!) / cycle.scale[1]!, 5);
  });

  it('are refused where a field has a gap, with archive, channel, time, place and the way on', async () => {
    const broken = withGaps([12, 15]);
    const read = readTrainingData(broken, period, { climate, name: 'archive "a.nc"' });
    expect(await messageOf(read)).toMatch(
      /archive "a\.nc": channel z500 at 2001-01-13T00Z is missing at 1 of 12 points, first at latitude 60, longitude -32\.5; --nan-policy omit/,
    );
  });

  it('with gaps left out are those of the states without, counted and told', async () => {
    const broken = withGaps([12, 15], [30, 2], [30, 3]);
    const options = { climate, name: 'a', gaps: 'omit' } as const;
    for (const budgetBytes of [1e9, 1500]) {
      const data = await readTrainingData(broken, period, { ...options, budgetBytes });
      expect(data.gaps).toBe(2);
      const states = [...archive.times.keys()].filter((i) => i >= 10 && i < 50 && i !== 12 && i !== 30);
      const whole = await Promise.all(states.map((i) => archive.read(i)));
      const values = Float32Array.from(whole.flatMap((state) => [...state.values]));
      const times = Float64Array.from(whole, ({ validTime }) => validTime);
      const without = memoryArchive(archive.schema, times, values);
      const expected = await readTrainingData(without, period, { climate, name: 'a' });
      expect(data.cycle).toEqual(expected.cycle);

      const most = { history: 2, rollout: 1, batch: 3 };
      const loader = await openSampleLoader(data.source, {
        stepMilliseconds: day,
        most,
        errors: true,
        budgetBytes: 20_000,
      });
      // of 38 samples of three states each, every gap costs three
      expect(loader.count(2, 1)).toBe(38 - 3 - 3);
      const told = describeData(data, loader, most).join(' ');
      expect(told).toContain('32 of 38 samples: 2 states with missing values are left out');
      expect(loader.pool.values.every(Number.isFinite)).toBe(true);
      const out = new Float32Array(3 * 24);
      for (let step = 0; step < 22; step++) {
        const batch = await loader.batch({ seed: 1, stage: 0, step, ...most });
        for (const offset of [-1, 0, 1]) {
          batch.states(offset, out);
          expect(out.every(Number.isFinite)).toBe(true);
        }
      }
    }
  });

  it('of a period without one complete state are refused', async () => {
    const all = Array.from({ length: 60 }, (_, i): [number, number] => [i, 7]);
    const options = { climate, name: 'archive "a.nc"', gaps: 'omit' } as const;
    expect(await messageOf(readTrainingData(withGaps(...all), period, options))).toMatch(
      /every one of the 40 states of .* has missing values and --nan-policy omit leaves none/,
    );
  });

  it('have a quarter of the free memory, at most 1 GiB, in steps that a little more or less does not change', () => {
    expect(memoryBudget(100e9)).toBe(2 ** 30);
    expect(memoryBudget(3e9)).toBe(2 ** 29);
    expect(memoryBudget(2.3e9)).toBe(2 ** 29);
    expect(memoryBudget(0)).toBe(2 ** 20);
  });
});

/** The same series where nothing is at hand. */
function streamed(source: AnomalySource): AnomalySource {
  const { times, stateLength, complete, read } = source;
  const pieces = Int32Array.from({ length: Math.ceil(times.length / 7) }, (_, i) => 7 * i);
  return { times, stateLength, complete, pieces, read };
}

describe('fits that pass over the series', () => {
  it('find the EOFs of the whole series in memory, whichever of times and points are more', async () => {
    for (const [points, times] of [
      [12, 40],
      [40, 12],
    ] as const) {
      const values = new Float32Array(points * times);
      normals({ seed: 8, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, values);
      const root = Float64Array.from({ length: points }, (_, i) => 1 + i / points);
      const weighted = Float64Array.from(values, (value, i) => value * root[i % points]!);
      const expected = leadingEofs(weighted, points, 0.99, 6);
      const held = heldSource({
        times: Float64Array.from({ length: times }, (_, t) => t * day),
        stateLength: points,
        values,
      });
      for (const bytes of [1e6, 5 * 8 * points, 8 * points]) {
        const found = await streamedEofs(streamed(held), root, { share: 0.99, most: 6, bytes });
        expect(found.count).toBe(6);
        expect(found.times).toBe(times);
        expected.squares.forEach((square, k) => {
          expect(found.squares[k]! / square).toBeCloseTo(1, 12);
        });
        for (let k = 0; k < 6; k++) {
          // an EOF may have either sign
          let product = 0;
          for (let i = 0; i < points; i++)
            product += found.patterns[i * 6 + k]! * expected.patterns[i * 6 + k]!;
          expect(Math.abs(product)).toBeCloseTo(1, 12);
        }
      }
    }
  });

  it.each([2, 3] as const)(
    'start a regional network of %i states alike from memory and from an archive, and as least squares say',
    async (history) => {
      const archive = syntheticArchive({ days: 300, rows: 4, columns: 5 });
      const period = { from: archive.times[0]!, to: archive.times[299]! };
      const { cycle, source } = await readTrainingData(archive, period, {
        climate: { harmonics: 1 },
        name: 'a',
      });
      const options = { stepMilliseconds: day, ridge: 1e-9 };
      const config = { ...tinyConfig, history };
      const held = await regionalStart(config, archive.schema, source, cycle, options);
      const passing = await regionalStart(config, archive.schema, streamed(source), cycle, options);
      expect(passing).toEqual(held);

      if (!isHeld(source)) throw new Error('not held');
      const n = 20;
      const { projection } = held.constants;
      const eofs = held.config.eofs;
      const root = pointWeights(archive.schema.grid).map(Math.sqrt);
      const weighted = Float64Array.from(source.values, (value, i) => value * root[i % n]!);
      const { patterns, squares } = leadingEofs(weighted, n, 0.9999999, eofs);
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < eofs; k++) {
          const deviation = Math.sqrt(squares[k]! / 300);
          const expected = (patterns[i * eofs + k]! * root[i]!) / Math.sqrt(deviation);
          expect(projection![i * eofs + k]).toBeCloseTo(expected, 5);
        }
      }
      // least squares: what is left of the increments is orthogonal to the inputs
      const coefficient = (t: number, k: number) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += source.values[t * n + i]! * projection![i * eofs + k]!;
        return sum;
      };
      const inputs = Array.from({ length: 300 - history }, (_, row) =>
        Array.from({ length: history }, (_, back) => row + history - 1 - back).flatMap((t) =>
          Array.from({ length: eofs }, (_, k) => coefficient(t, k)),
        ),
      );
      for (const i of [0, 7, 19]) {
        const left = inputs.map((input, row) => {
          const forecast = input.reduce((sum, x, k) => sum + x * held.linear![k * n + i]!, 0);
          const now = (row + history - 1) * n + i;
          return source.values[now + n]! - source.values[now]! - forecast;
        });
        for (let k = 0; k < history * eofs; k++) {
          const product = left.reduce((sum, value, row) => sum + value * inputs[row]![k]!, 0);
          const size = Math.sqrt(
            left.reduce((sum, v) => sum + v * v, 0) * inputs.reduce((sum, input) => sum + input[k]! ** 2, 0),
          );
          expect(Math.abs(product) / size).toBeLessThan(1e-4);
        }
      }
    },
  );

  it('give a zonal propagator the same numbers from memory and from an archive', async () => {
    const schema: Schema = {
      grid: makeGrid([60, 20, -20, -60], [0, 45, 90, 135, 180, 225, 270, 315]),
      channels: [{ variable: 'z', level: 500, unit: 'm2 s-2' }],
    };
    const stateLength = gridSize(schema.grid);
    const values = new Float32Array(150 * stateLength);
    normals({ seed: 9, weightSample: 0, noiseStream: 0, purpose: 'training', step: 0 }, values);
    const times = Float64Array.from({ length: 150 }, (_, t) => t * day);
    const source = heldSource({ times, stateLength, values });
    const config = { wavenumbers: 3, modes: 2 };
    const options = { stepMilliseconds: day, ridge: 1e-3, threads: 1 };
    const held = await fitPropagator(config, schema, source, options);
    expect(await fitPropagator(config, schema, streamed(source), options)).toEqual(held);
    expect(held['propagator.real']!.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });
});
