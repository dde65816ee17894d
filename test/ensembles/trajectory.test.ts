/** A block of members through time, with models whose forecasts are known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataError, isPlumeError } from '../../core/errors.js';
import { makeGrid } from '../../core/grid.js';
import type {
  ForecastModel,
  InitialPerturbation,
  MemberKey,
  StepPerturbation,
  StepRequest,
} from '../../core/interfaces.js';
import type { Schema } from '../../core/schema.js';
import { type TrajectoryRequest, trajectory } from '../../ensembles/trajectory.js';

const schema: Schema = {
  grid: makeGrid([60, 50], [0, 10]),
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
};
const points = 4;
const n = 8;
const start = Date.UTC(2007, 0, 1);
const hour = 3_600_000;

interface FakeOptions {
  /** Weight of x(t) and x(t − Δt); the weight sample is added to the first as a hundredth. */
  readonly a?: number;
  readonly b?: number;
  readonly amplitude?: number | null;
  readonly calls?: StepRequest[];
  readonly spoil?: (request: StepRequest, mean: Float32Array) => void;
}

/** x(t + 1) = (a + k/100) x(t) + b x(t − 1), with noise of one amplitude for every point of a channel. */
function linearModel({ a = 0.5, b = 0.25, amplitude = null, calls, spoil }: FakeOptions): ForecastModel {
  return {
    schema,
    stepHours: 6,
    historyLength: 2,
    step: async (request) => {
      const [newest, previous] = request.history as [Float32Array, Float32Array];
      // what is handed over is only lent: keep copies
      calls?.push({ ...request, history: request.history.map((states) => states.slice()) });
      const mean = new Float32Array(newest.length);
      for (let i = 0; i < mean.length; i++) {
        const sample = request.weightSamples[Math.floor(i / (request.rowsPerSample * n))]!;
        mean[i] = (a + sample / 100) * newest[i]! + b * previous[i]!;
      }
      spoil?.(request, mean);
      const spread =
        amplitude === null
          ? null
          : Float32Array.from(mean, (_, i) => amplitude * (1 + (Math.floor(i / points) % 2)));
      return { mean, amplitude: spread };
    },
    memoryBytes: () => 0,
    close: async () => {},
  };
}

/** The pattern tells whose it is: 100 · sample + 10 · stream + step + point / 8. */
/** Of perturbations that hold nothing. */
const takesNothing: InitialPerturbation['memory'] = () => ({ heldBytes: 0, ownRows: 0, forecasts: [] });

const labelled: StepPerturbation = {
  memoryBytes: () => 0,
  streams: (keys) => {
    const steps = keys.map(() => 0);
    return {
      apply: ({ firstRow, rows, after, amplitude }) => {
        if (amplitude === null) return;
        for (let row = 0; row < rows; row++) {
          const { weightSample, noiseStream } = keys[firstRow + row]!;
          const step = ++steps[firstRow + row]!;
          for (let i = row * n; i < (row + 1) * n; i++)
            after[i]! += amplitude[i]! * (100 * weightSample + 10 * noiseStream + step + (i % points) / 8);
        }
      },
    };
  },
};

/** Adds to each row what its key says, alike at all its points. */
function shifted(by: (key: MemberKey, age: number) => number): InitialPerturbation {
  return {
    stepsBack: 0,
    memory: takesNothing,
    add: async ({ keys, states }) => {
      for (const [age, all] of states.entries())
        for (let i = 0; i < all.length; i++) all[i]! += by(keys[Math.floor(i / n)]!, age);
    },
  };
}

const analyses = [
  Float32Array.from({ length: n }, (_, i) => 10 + i),
  Float32Array.from({ length: n }, (_, i) => 20 - i),
];

async function run(
  model: ForecastModel,
  [firstWeightSample, weightSamples, noiseStreams]: readonly [number, number, number],
  {
    steps = 3,
    batchMembers = 4,
    perturbations = [labelled],
    ...more
  }: Partial<TrajectoryRequest> & { perturbations?: readonly StepPerturbation[] } = {},
): Promise<Float32Array[]> {
  const states: Float32Array[] = [];
  const block = { firstWeightSample, weightSamples };
  const request = { seed: 1, start, analyses, block, noiseStreams, steps, batchMembers, ...more };
  for await (const state of trajectory(model, perturbations, request)) states.push(state.slice());
  return states;
}

describe('a trajectory', () => {
  it('follows x(t+1) = a x(t) + b x(t−1) from the analysis and the state before it', async () => {
    const found = await run(linearModel({}), [3, 2, 2], { steps: 5 });
    for (let k = 3; k <= 4; k++) {
      let [newest, previous] = analyses.map((state) => Array.from(state)) as [number[], number[]];
      for (const states of found) {
        const next = newest.map((x, i) => (0.5 + k / 100) * x + 0.25 * previous[i]!);
        [newest, previous] = [next, newest];
        for (let j = 0; j < 2; j++) {
          const member = states.subarray(((k - 3) * 2 + j) * n, ((k - 3) * 2 + j + 1) * n);
          member.forEach((value, i) => {
            expect(value).toBeCloseTo(next[i]!, 4);
          });
        }
      }
    }
  });

  it('adds to each channel its amplitude times the pattern of the member, drawn anew each step', async () => {
    const found = await run(linearModel({ a: 0, b: 0, amplitude: 2 }), [1, 2, 3]);
    // a is k/100: take the known part off
    let before = Array.from({ length: 6 }, () => Array.from(analyses[0]!));
    found.forEach((states, s) => {
      before = before.map((state, m) => {
        const [k, j] = [1 + Math.floor(m / 3), m % 3];
        return state.map((x, i) => {
          const pattern = 100 * k + 10 * j + (s + 1) + (i % points) / 8;
          const expected = (k / 100) * x + 2 * (i < points ? 1 : 2) * pattern;
          expect(states[m * n + i]!).toBeCloseTo(expected, 2);
          return states[m * n + i]!;
        });
      });
    });
  });

  it('is one forecast for all members without noise and with one weight sample', async () => {
    const found = await run(linearModel({ amplitude: 0 }), [0, 1, 5], { batchMembers: 2 });
    for (const states of found) {
      for (let m = 1; m < 5; m++) expect(states.slice(m * n, (m + 1) * n)).toEqual(states.slice(0, n));
    }
    expect(await run(linearModel({ amplitude: null }), [0, 1, 5])).toEqual(found);
  });

  it('is the same for every batch size, and asks the model no more members at once than it may', async () => {
    const sizes = fc.integer({ min: 1, max: 20 });
    const small = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(small, small, sizes, async (K, J, batchMembers) => {
        const calls: StepRequest[] = [];
        const found = await run(linearModel({ amplitude: 1, calls }), [2, K, J], { batchMembers });
        expect(found).toEqual(await run(linearModel({ amplitude: 1 }), [2, K, J], { batchMembers: K * J }));
        const asked = calls.map(({ weightSamples, rowsPerSample }) => weightSamples.length * rowsPerSample);
        expect(Math.max(...asked)).toBeLessThanOrEqual(batchMembers);
        expect(asked.reduce((sum, count) => sum + count, 0)).toBe(3 * K * J);
      }),
      { numRuns: 40 },
    );
  });

  it('tells the model the valid time of the newest state', async () => {
    const calls: StepRequest[] = [];
    await run(linearModel({ calls }), [0, 1, 1]);
    expect(calls.map(({ validTime }) => (validTime - start) / hour)).toEqual([0, 6, 12]);
  });

  it('keys the noise of a member by seed, start, weight sample and stream', async () => {
    const keys: MemberKey[] = [];
    const perturbation: StepPerturbation = {
      memoryBytes: () => 0,
      streams: (own) => {
        keys.push(...own);
        return labelled.streams(own);
      },
    };
    await run(linearModel({ amplitude: 1 }), [4, 2, 2], { perturbations: [perturbation] });
    expect(keys).toEqual(
      [
        [4, 0],
        [4, 1],
        [5, 0],
        [5, 1],
      ].map(([weightSample, noiseStream]) => ({ seed: 1, start, weightSample, noiseStream })),
    );
  });

  it('starts members from states of their own, drawn by their key, earlier states too', async () => {
    const initial = shifted(
      ({ weightSample, noiseStream }, age) => (age + 1) * (100 * weightSample + noiseStream),
    );
    const [states] = await run(linearModel({ a: 0.5, b: 0.25 }), [3, 2, 3], { steps: 1, initial: [initial] });
    for (let m = 0; m < 6; m++) {
      const [k, j] = [3 + Math.floor(m / 3), m % 3];
      const by = 100 * k + j;
      const expected = (0.5 + k / 100) * (analyses[0]![5]! + by) + 0.25 * (analyses[1]![5]! + 2 * by);
      expect(states![m * n + 5]).toBeCloseTo(expected, 3);
    }
  });

  it('perturbs first states, and every step, in the order of the lists', async () => {
    const doubled = (states: Float32Array): void => {
      for (let i = 0; i < states.length; i++) states[i]! *= 2;
    };
    const times2: InitialPerturbation = {
      stepsBack: 0,
      memory: takesNothing,
      add: async ({ states }) => {
        for (const all of states) doubled(all);
      },
    };
    const plus1 = shifted(() => 1);
    const constant = linearModel({ a: 1, b: 0 });
    const started = async (initial: readonly InitialPerturbation[]): Promise<number> =>
      (await run(constant, [0, 1, 1], { steps: 1, initial, perturbations: [] }))[0]![3]!;
    expect(await started([plus1, times2])).toBe(2 * (13 + 1));
    expect(await started([times2, plus1])).toBe(2 * 13 + 1);

    const stepTimes2: StepPerturbation = {
      memoryBytes: () => 0,
      streams: () => ({ apply: ({ after }) => doubled(after) }),
    };
    const stepPlus1: StepPerturbation = {
      memoryBytes: () => 0,
      streams: () => ({
        apply: ({ after }) => {
          for (let i = 0; i < after.length; i++) after[i]! += 1;
        },
      }),
    };
    const ended = async (perturbations: readonly StepPerturbation[]): Promise<number> =>
      (await run(constant, [0, 1, 1], { steps: 2, perturbations }))[1]![3]!;
    expect(await ended([stepPlus1, stepTimes2])).toBe(2 * (2 * (13 + 1) + 1));
    expect(await ended([stepTimes2, stepPlus1])).toBe(2 * (2 * 13 + 1) + 1);
  });

  it('hands each step what it was before, in batches of consecutive rows that come once', async () => {
    const seen: number[][] = [];
    const watching: StepPerturbation = {
      memoryBytes: () => 0,
      streams: (keys) => ({
        apply: ({ firstRow, rows, before, after }) => {
          expect([before.length, after.length]).toEqual([rows * n, rows * n]);
          expect(firstRow + rows).toBeLessThanOrEqual(keys.length);
          seen.push([firstRow, rows, before[0]!]);
        },
      }),
    };
    await run(linearModel({ a: 0.5, b: 0 }), [0, 1, 5], {
      steps: 2,
      batchMembers: 2,
      perturbations: [watching],
    });
    expect(seen).toEqual([
      ...[0, 2, 4].map((first) => [first, first === 4 ? 1 : 2, 10]),
      ...[0, 2, 4].map((first) => [first, first === 4 ? 1 : 2, 5]),
    ]);
  });

  it('gives first states the forecasts they ask for, with the weights of each sample, in any batches', async () => {
    const asking = (found: Float32Array[][]): InitialPerturbation => ({
      stepsBack: 2,
      memory: takesNothing,
      add: async ({ keys, analyses: given, forecast }) => {
        expect(given).toHaveLength(4);
        expect(keys).toHaveLength(6);
        // three rows for each of two weight samples, whatever the members
        const rows = [0, 1].flatMap((sample) => [0, 1, 2].map((row) => 10 * sample + row));
        const history = [2, 3].map((age) =>
          Float32Array.from(rows.flatMap((by) => [...given[age]!].map((x) => x + by))),
        );
        const before = history.map((states) => states.slice());
        found.push(await forecast(history, start - 12 * hour, 2));
        expect(history).toEqual(before);
      },
    });
    const earlier = [...analyses, ...[1, 2].map((age) => analyses[0]!.map((x) => x + age))];
    const calls: StepRequest[] = [];
    const whole: Float32Array[][] = [];
    await run(linearModel({ calls }), [3, 2, 3], { steps: 1, analyses: earlier, initial: [asking(whole)] });
    expect(calls.slice(0, -1).map(({ validTime }) => (validTime - start) / hour)).toEqual([
      -12, -12, -6, -6, 0,
    ]);
    for (const batchMembers of [1, 2, 6]) {
      const found: Float32Array[][] = [];
      await run(linearModel({}), [3, 2, 3], {
        steps: 1,
        batchMembers,
        analyses: earlier,
        initial: [asking(found)],
      });
      expect(found).toEqual(whole);
    }
    const [newest, previous] = whole[0] as [Float32Array, Float32Array];
    for (let row = 0; row < 6; row++) {
      const a = 0.5 + (row < 3 ? 3 : 4) / 100;
      const by = 10 * Math.floor(row / 3) + (row % 3);
      const first = a * (earlier[2]![1]! + by) + 0.25 * (earlier[3]![1]! + by);
      expect(previous[row * n + 1]).toBeCloseTo(first, 4);
      expect(newest[row * n + 1]).toBeCloseTo(a * first + 0.25 * (earlier[2]![1]! + by), 4);
    }
  });

  it('holds what perturbations made of a state within its limits, and nothing that the model made', async () => {
    const seen: number[] = [];
    const limits = {
      positive: [],
      fixed: [],
      apply: (perturbed: Float32Array, unperturbed: Float32Array) => {
        seen.push(perturbed.length / n, unperturbed.length / n);
        for (let i = 0; i < perturbed.length; i++)
          perturbed[i] = Math.max(perturbed[i]!, Math.min(0, unperturbed[i % unperturbed.length]!));
      },
    };
    const down = shifted(({ noiseStream }) => (noiseStream === 0 ? 0 : -1000));
    const stepDown: StepPerturbation = {
      memoryBytes: () => 0,
      streams: () => ({ apply: ({ after }) => after.fill(-7) }),
    };
    // the model makes −1 of everything: a perturbation may not push it lower, nor is it lifted
    const model = linearModel({ a: 0, b: 0, spoil: (_, mean) => mean.fill(-1) });
    const found = await run(model, [0, 1, 3], {
      steps: 1,
      batchMembers: 2,
      limits,
      initial: [down],
      perturbations: [stepDown],
    });
    expect(found[0]).toEqual(new Float32Array(3 * n).fill(-1));
    expect(seen).toEqual([3, 1, 3, 1, 2, 2, 1, 1]);
    const free = await run(linearModel({ a: 1, b: 0 }), [0, 1, 3], {
      steps: 1,
      limits,
      initial: [down],
      perturbations: [],
    });
    expect([...free[0]!.subarray(0, n)]).toEqual([...analyses[0]!]);
    expect([...free[0]!.subarray(n)].every((value) => value === 0)).toBe(true);
  });

  it('that does not begin finite names member and channel', async () => {
    const work = run(linearModel({}), [0, 1, 3], {
      initial: [shifted(({ noiseStream }) => (noiseStream === 1 ? Number.NaN : 0))],
    });
    await expect(work).rejects.toThrow(
      'start 2007-01-01T00Z: member 1 stopped being finite in msl at lead 0 h',
    );
  });

  it('of some noise streams has the values they have among all', async () => {
    const whole = await run(linearModel({ amplitude: 1 }), [2, 1, 6]);
    const block = { firstWeightSample: 2, weightSamples: 1, streams: { first: 3, count: 2 } };
    const request = { seed: 1, start, analyses, block, noiseStreams: 6, steps: 3, batchMembers: 2 };
    let lead = 0;
    for await (const states of trajectory(linearModel({ amplitude: 1 }), [labelled], request)) {
      expect(states).toEqual(whole[lead]?.slice(3 * n, 5 * n));
      lead++;
    }
    expect(lead).toBe(3);
  });

  it('asks for no noise where there is no perturbation', async () => {
    const block = { firstWeightSample: 0, weightSamples: 1 };
    const request = { seed: 1, start, analyses, block, noiseStreams: 2, steps: 3, batchMembers: 2 };
    const states: Float32Array[] = [];
    for await (const state of trajectory(linearModel({ amplitude: 5 }), [], request))
      states.push(state.slice());
    expect(states).toEqual(await run(linearModel({ amplitude: null }), [0, 1, 2]));
  });

  it('leaves the analysis as it was', async () => {
    const before = analyses.map((state) => state.slice());
    await run(linearModel({ amplitude: 3 }), [0, 2, 2], { steps: 4 });
    expect(analyses).toEqual(before);
  });

  it('stops with member, channel and lead when a value is no longer finite', async () => {
    let step = 0;
    const model = linearModel({
      spoil: ({ weightSamples }, mean) => {
        if (weightSamples[0] !== 6) return;
        step++;
        if (step === 2) mean[n + points + 1] = Number.POSITIVE_INFINITY;
      },
    });
    // K of 5 and 6, J of 2: weight sample 6, stream 1 is member 13
    const error: unknown = await run(model, [5, 2, 2], { batchMembers: 2 }).catch(
      (reason: unknown) => reason,
    );
    expect(isPlumeError(error) && error.tag).toBe('data');
    expect(String(error)).toContain(
      'start 2007-01-01T00Z: member 13 stopped being finite in t850 at lead 12 h',
    );
  });

  it.each([1, 2, 6])(
    'that a model breaks names start, member, lead and what broke, in batches of %i',
    async (batchMembers) => {
      let newest = 0;
      const model = linearModel({
        spoil: ({ weightSamples, rowsPerSample, history, validTime }) => {
          newest = Math.max(newest, validTime);
          // the member that began 1000 higher breaks at its second step, and throws at once, as a loop over rows would
          const rows = weightSamples.length * rowsPerSample;
          for (let row = 0; row < rows; row++) {
            if (validTime > start && history[0]![row * n]! > 500)
              throw dataError('wind of 250 m/s at level 3, step 7');
          }
        },
      });
      const initial = shifted(({ weightSample, noiseStream }) =>
        weightSample === 5 && noiseStream === 2 ? 2000 : 0,
      );
      const work = run(model, [4, 2, 3], { steps: 4, batchMembers, initial: [initial], perturbations: [] });
      await expect(work).rejects.toMatchObject({ tag: 'data' });
      await expect(work).rejects.toThrow(
        'start 2007-01-01T00Z: member 17 broke on the way to lead 12 h: wind of 250 m/s at level 3, step 7',
      );
      expect(newest).toBe(start + 6 * hour);
    },
  );
});
