/** Where initial perturbations come from, and in which order an archive is asked for them and for analyses. */
import { describe, expect, it } from 'vitest';
import type { Archive } from '../../core/interfaces.js';
import { createAnalyses, readStatePool, requireHistory } from '../../ensembles/analyses.js';
import { initialDates } from '../../ensembles/initialStates.js';
import { syntheticArchive } from '../syntheticArchive.js';

const day = 86_400_000;
const archive = syntheticArchive({ rows: 4, columns: 5, days: 200 });
const { times } = archive;
const request = { times, archiveName: 'synthetic', historyLength: 1, stepHours: 24 };

describe('the dates of initial perturbations', () => {
  it('are 64 spread evenly over all that ends ten days before the first start', () => {
    const dates = initialDates({ ...request, firstStart: times[150]! });
    expect(dates).toHaveLength(64);
    expect(dates[0]).toBe(times[0]);
    expect(dates.at(-1)!).toBeLessThanOrEqual(times[140]!);
    expect(dates.at(-1)!).toBeGreaterThanOrEqual(times[138]!);
    const gaps = dates.slice(1).map((date, i) => (date - dates[i]!) / day);
    expect(new Set(gaps)).toEqual(new Set([2, 3]));
    // later starts, further archive: the same
    expect(initialDates({ ...request, firstStart: times[150]!, times: times.slice(0, 160) })).toEqual(dates);
  });

  it('are all there are where they are few, those of the period where one is given', () => {
    expect(initialDates({ ...request, firstStart: times[20]! })).toEqual([...times.slice(0, 11)]);
    const period = { from: times[50]!, to: times[70]! };
    expect(initialDates({ ...request, firstStart: times[0]!, period })).toEqual([...times.slice(50, 71)]);
  });

  it('have the states before them that a model of longer history needs', () => {
    const gap = times.filter((_, i) => i !== 5);
    const dates = initialDates({ ...request, times: gap, firstStart: times[20]!, historyLength: 2 });
    expect(dates).toEqual([1, 2, 3, 4, 7, 8, 9, 10].map((i) => times[i]));
  });

  it('are refused when fewer than eight, saying what to give', () => {
    const refused = () => initialDates({ ...request, firstStart: times[16]! });
    expect(refused).toThrow(
      /synthetic has 7 usable ones up to 2001-01-07T00Z, 10 days before the first start/,
    );
    expect(refused).toThrow(/at least 8 are needed: give --initial-states/);
    const period = { from: times[0]!, to: times[3]! };
    expect(() => initialDates({ ...request, firstStart: times[100]!, period })).toThrow(
      /has 4 usable ones in 2001/,
    );
  });
});

/** Notes what is read, and refuses to be asked for two states at once. */
function watched(): { archive: Archive; read: number[] } {
  const read: number[] = [];
  let busy = false;
  return {
    read,
    archive: {
      ...archive,
      read: async (index) => {
        expect(busy).toBe(false);
        busy = true;
        await new Promise((done) => setTimeout(done, 1));
        read.push(index);
        busy = false;
        return archive.read(index);
      },
    },
  };
}

describe('analyses', () => {
  it('are read once each, one at a time, the earlier state before the later', async () => {
    const { archive: seen, read } = watched();
    const source = { archive: seen, archiveName: 'synthetic', historyLength: 2, stepHours: 24 };
    const analyses = createAnalyses(source, { seed: 1, error: null });
    const asked = [times[10]!, times[10]!, times[14]!, times[10]!, times[20]!];
    const states = await Promise.all(asked.map((start) => analyses.of(start)));
    expect(read).toEqual([9, 10, 13, 14, 19, 20]);
    expect(states[0]).toBe(states[1]);
    const truth = await Promise.all([archive.read(10), archive.read(9)]);
    expect(states[0]).toEqual(truth.map(({ values }) => values));
    expect(states[0]?.every(({ buffer }) => buffer instanceof SharedArrayBuffer)).toBe(true);
    analyses.release(times[10]!);
    await analyses.of(times[10]!);
    expect(read).toHaveLength(8);
  });

  it('have the error that belongs to seed and start', async () => {
    const source = { archive, archiveName: 'synthetic', historyLength: 1, stepHours: 24 };
    const asked: unknown[] = [];
    const error = (key: unknown, states: readonly Float32Array[]): void => {
      asked.push(key);
      states[0]!.forEach((value, i, all) => {
        all[i] = value + 1000;
      });
    };
    const [state] = await createAnalyses(source, { seed: 7, error }).of(times[3]!);
    const truth = await archive.read(3);
    expect(asked).toEqual([{ seed: 7, start: times[3] }]);
    expect(state).toEqual(truth.values.map((value) => value + 1000));
  });

  it('further back have errors of their own, and the first ones those that they have alone', async () => {
    const source = { archive, archiveName: 'synthetic', historyLength: 2, stepHours: 24 };
    const asked: (readonly [unknown, number])[] = [];
    const error = (key: unknown, states: readonly Float32Array[]): void => {
      asked.push([key, states.length]);
      states.forEach((state, age) => {
        state.forEach((value, i, all) => {
          all[i] = value + 100 * asked.length + age;
        });
      });
    };
    const states = await createAnalyses(source, { seed: 7, stepsBack: 3, error }).of(times[9]!);
    expect(asked).toEqual([
      [{ seed: 7, start: times[9] }, 2],
      ...[7, 6, 5].map((i) => [{ seed: 7, start: times[i] }, 1]),
    ]);
    const added = [100, 101, 200, 300, 400];
    for (const [age, state] of states.entries()) {
      const { values } = await archive.read(9 - age);
      expect(state).toEqual(values.map((value) => value + added[age]!));
    }
    expect(states).toHaveLength(5);
  });

  it('that err are held within limits by what they were', async () => {
    const source = { archive, archiveName: 'synthetic', historyLength: 1, stepHours: 24 };
    const limits = {
      ...{ positive: [], fixed: [] },
      apply: (perturbed: Float32Array, unperturbed: Float32Array) => perturbed.set(unperturbed),
    };
    const error = (_: unknown, [state]: readonly Float32Array[]): unknown => state?.fill(-1);
    const options = { seed: 7, stepsBack: 1, error, limits };
    const states = await createAnalyses(source, options).of(times[9]!);
    expect(states).toEqual([(await archive.read(9)).values, (await archive.read(8)).values]);
  });

  it('that the archive lacks are told without reading', () => {
    const { archive: seen, read } = watched();
    const source = { archive: seen, archiveName: 'synthetic', historyLength: 2, stepHours: 24 };
    expect(() => requireHistory(source, times[0]!)).toThrow(/outside synthetic/);
    expect(requireHistory(source, times[5]!)).toEqual([5, 4]);
    expect(read).toEqual([]);
  });
});

describe('the pool of states', () => {
  it('holds each date and the state before it, in one piece of shared memory, read in order', async () => {
    const { archive: seen, read } = watched();
    const source = { archive: seen, archiveName: 'synthetic', historyLength: 2, stepHours: 24 };
    const dates = [times[2]!, times[6]!, times[7]!];
    const pool = await readStatePool(source, dates, new AbortController().signal);
    expect(read).toEqual([1, 2, 5, 6, 6, 7]);
    expect(pool.dates).toBe(3);
    const join = async (indices: readonly number[]): Promise<number[]> => {
      const states = await Promise.all(indices.map((index) => archive.read(index)));
      return states.flatMap(({ values }) => [...values]);
    };
    expect([...pool.states[0]!]).toEqual(await join([2, 6, 7]));
    expect([...pool.states[1]!]).toEqual(await join([1, 5, 6]));
    expect(pool.states[0]!.buffer).toBe(pool.states[1]!.buffer);
    expect(pool.states[0]!.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('stops when told to', async () => {
    const { archive: seen } = watched();
    const source = { archive: seen, archiveName: 'synthetic', historyLength: 1, stepHours: 24 };
    const work = readStatePool(source, [times[0]!, times[1]!], AbortSignal.abort());
    await expect(work).rejects.toMatchObject({ tag: 'interrupted' });
  });
});
