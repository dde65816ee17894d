/** A block of members through time, with models whose forecasts are known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataError, isPlumeError } from '../../core/errors.js';
import { makeGrid } from '../../core/grid.js';
import type {
  ForecastModel,
  InitialPerturbation,
  MemberKey,
  Perturbation,
  StepRequest,
} from '../../core/interfaces.js';
import type { Schema } from '../../core/schema.js';
import { trajectory } from '../../ensembles/trajectory.js';

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
const labelled: Perturbation = {
  stream: ({ weightSample, noiseStream }) => {
    let step = 0;
    return {
      next: (out) => {
        step++;
        for (let point = 0; point < out.length; point++)
          out[point] = 100 * weightSample + 10 * noiseStream + step + point / 8;
      },
    };
  },
};

const analysis = [
  Float32Array.from({ length: n }, (_, i) => 10 + i),
  Float32Array.from({ length: n }, (_, i) => 20 - i),
];

async function run(
  model: ForecastModel,
  [firstWeightSample, weightSamples, noiseStreams]: readonly [number, number, number],
  {
    steps = 3,
    batchMembers = 4,
    perturbation = labelled,
  }: { steps?: number; batchMembers?: number; perturbation?: Perturbation } = {},
): Promise<Float32Array[]> {
  const states: Float32Array[] = [];
  const block = { firstWeightSample, weightSamples };
  const request = { seed: 1, start, analysis, block, noiseStreams, steps, batchMembers };
  for await (const state of trajectory(model, perturbation, request)) states.push(state.slice());
  return states;
}

describe('a trajectory', () => {
  it('follows x(t+1) = a x(t) + b x(t−1) from the analysis and the state before it', async () => {
    const found = await run(linearModel({}), [3, 2, 2], { steps: 5 });
    for (let k = 3; k <= 4; k++) {
      let [newest, previous] = analysis.map((state) => Array.from(state)) as [number[], number[]];
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
    let before = Array.from({ length: 6 }, () => Array.from(analysis[0]!));
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
    const perturbation: Perturbation = {
      stream: (key) => {
        keys.push(key);
        return labelled.stream(key);
      },
    };
    await run(linearModel({ amplitude: 1 }), [4, 2, 2], { perturbation });
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
    const keys: MemberKey[] = [];
    const initial: InitialPerturbation = {
      add: (key, states) => {
        keys.push(key);
        states.forEach((state, age) => {
          for (let i = 0; i < n; i++) state[i]! += (age + 1) * (100 * key.weightSample + key.noiseStream);
        });
      },
    };
    const model = linearModel({ a: 0.5, b: 0.25 });
    const block = { firstWeightSample: 3, weightSamples: 2 };
    const request = { seed: 1, start, analysis, block, noiseStreams: 3, steps: 1, batchMembers: 4, initial };
    const first = await trajectory(model, null, request).next();
    const states = first.value as Float32Array;
    expect(keys.map(({ weightSample, noiseStream }) => [weightSample, noiseStream])).toEqual(
      [3, 4].flatMap((k) => [0, 1, 2].map((j) => [k, j])),
    );
    keys.forEach(({ weightSample: k, noiseStream: j }, m) => {
      const by = 100 * k + j;
      const expected = (0.5 + k / 100) * (analysis[0]![5]! + by) + 0.25 * (analysis[1]![5]! + 2 * by);
      expect(states[m * n + 5]).toBeCloseTo(expected, 3);
    });
  });

  it('of some noise streams has the values they have among all', async () => {
    const whole = await run(linearModel({ amplitude: 1 }), [2, 1, 6]);
    const block = { firstWeightSample: 2, weightSamples: 1, streams: { first: 3, count: 2 } };
    const request = { seed: 1, start, analysis, block, noiseStreams: 6, steps: 3, batchMembers: 2 };
    let lead = 0;
    for await (const states of trajectory(linearModel({ amplitude: 1 }), labelled, request)) {
      expect(states).toEqual(whole[lead]?.slice(3 * n, 5 * n));
      lead++;
    }
    expect(lead).toBe(3);
  });

  it('asks for no noise where there is no perturbation', async () => {
    const block = { firstWeightSample: 0, weightSamples: 1 };
    const request = { seed: 1, start, analysis, block, noiseStreams: 2, steps: 3, batchMembers: 2 };
    const states: Float32Array[] = [];
    for await (const state of trajectory(linearModel({ amplitude: 5 }), null, request))
      states.push(state.slice());
    expect(states).toEqual(await run(linearModel({ amplitude: null }), [0, 1, 2]));
  });

  it('leaves the analysis as it was', async () => {
    const before = analysis.map((state) => state.slice());
    await run(linearModel({ amplitude: 3 }), [0, 2, 2], { steps: 4 });
    expect(analysis).toEqual(before);
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
      const initial: InitialPerturbation = {
        add: ({ weightSample, noiseStream }, [state]) => {
          if (weightSample === 5 && noiseStream === 2) state?.fill(2000);
        },
      };
      const block = { firstWeightSample: 4, weightSamples: 2 };
      const request = { seed: 1, start, analysis, block, noiseStreams: 3, steps: 4, batchMembers, initial };
      const work = (async () => {
        for await (const _ of trajectory(model, null, request));
      })();
      await expect(work).rejects.toMatchObject({ tag: 'data' });
      await expect(work).rejects.toThrow(
        'start 2007-01-01T00Z: member 17 broke on the way to lead 12 h: wind of 250 m/s at level 3, step 7',
      );
      expect(newest).toBe(start + 6 * hour);
    },
  );
});
