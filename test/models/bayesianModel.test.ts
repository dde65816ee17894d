/** The Bayesian network as a forecast model: a member's numbers do not depend on who else is computed with it. */
import { describe, expect, it } from 'vitest';
import type { StepPerturbation } from '../../core/interfaces.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { BayesianModel, buildForecastStep } from '../../models/bayesian/model.js';
import { createNetwork } from '../../models/bayesian/networks/createNetwork.js';
import { openMeanField } from '../../models/bayesian/posteriors/meanField.js';
import { evaluateSeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { bareContext, noiseSource } from '../../src/training/noiseSource.js';
import {
  directConfig,
  randomValues,
  type TinyModelOptions,
  tinyConfig,
  tinyTrained,
} from './bayesianFixture.js';

const start = Date.UTC(2003, 0, 10);

/** All members of K × J after three steps, [member, channel, lat, lon]. */
async function members(
  model: BayesianModel,
  perturbation: StepPerturbation,
  [firstWeightSample, weightSamples, noiseStreams]: readonly [number, number, number],
  batchMembers: number,
): Promise<Float32Array> {
  const length =
    model.schema.channels.length * model.schema.grid.latitudes.length * model.schema.grid.longitudes.length;
  let last = new Float32Array(0);
  const request = {
    seed: 3,
    start,
    analyses: [7, 8, 9]
      .slice(0, model.historyLength)
      .map((label) => randomValues(length, label, 800).map((value) => 101_300 + value)),
    block: { firstWeightSample, weightSamples },
    noiseStreams,
    steps: 3,
    batchMembers,
  };
  for await (const states of trajectory(model, [perturbation], request)) last = Float32Array.from(states);
  return last;
}

const wide = {
  ...tinyConfig,
  channels: 32,
  layers: 2,
  eofs: 17,
  hidden: 33,
  stem: 16,
  kernel: 5,
};
const grids: readonly (readonly [string, TinyModelOptions])[] = [
  ['6 × 10 points', {}],
  ['5 × 7 points', { rows: 5, columns: 7 }],
  ['5 × 7 points, two channels', { rows: 5, columns: 7, channels: 2 }],
  ['round the globe, 5 × 9 points', { rows: 5, columns: 9, global: true }],
  ['17 × 33 points, layers as wide as real ones', { rows: 17, columns: 33, config: wide }],
  ['5 × 7 points, without EOFs', { rows: 5, columns: 7, channels: 2, config: directConfig }],
  [
    '17 × 33 points, without EOFs, as wide as real ones',
    { rows: 17, columns: 33, config: { ...directConfig, channels: 64, layers: 2, kernel: 5 } },
  ],
];

function noiseOf(model: BayesianModel, global = false): StepPerturbation {
  const scales = [{ lengthKm: global ? 5000 : 600, timeHours: 24 }];
  return createLearnedNoise(noiseSource(scales), bareContext(model.schema, 24));
}

/** How many numbers differ, in words that a failed test shows. */
function compare(found: Float32Array, expected: Float32Array, what: string): void {
  expect(found.length).toBe(expected.length);
  const different = found.reduce((count, value, i) => count + (value === expected[i] ? 0 : 1), 0);
  expect(`${what}: ${different} of ${found.length} differ`).toBe(`${what}: 0 of ${found.length} differ`);
}

describe('a member of the Bayesian model', () => {
  it.each(grids)('is the same to the bit in batches of 1 to 12 members: %s', async (_, options) => {
    const model = new BayesianModel(tinyTrained(options), { device: 'cpu' });
    const perturbation = noiseOf(model, options.global);
    const alone = await members(model, perturbation, [0, 3, 4], 1);
    expect(alone.every(Number.isFinite)).toBe(true);
    for (let batch = 2; batch <= 12; batch++) {
      compare(await members(model, perturbation, [0, 3, 4], batch), alone, `batch ${batch}`);
    }
    await model.close();
  });

  it('keeps its numbers when weight samples or noise streams are added, in whatever blocks', async () => {
    const model = new BayesianModel(tinyTrained({ rows: 5, columns: 7, components: 2 }), { device: 'cpu' });
    const perturbation = noiseOf(model);
    const n = 35;
    const two = await members(model, perturbation, [0, 2, 3], 6);
    const four = await members(model, perturbation, [0, 4, 3], 6);
    compare(four.subarray(0, two.length), two, 'K of 2 in K of 4');
    compare(await members(model, perturbation, [2, 2, 3], 5), four.subarray(two.length), 'the second block');
    const more = await members(model, perturbation, [0, 2, 5], 10);
    for (let k = 0; k < 2; k++) {
      const first = more.subarray(k * 5 * n, (k * 5 + 3) * n);
      compare(first, two.subarray(k * 3 * n, (k + 1) * 3 * n), `J of 3 in J of 5, weight sample ${k}`);
    }
    await model.close();
  });

  it('differs from every other member', async () => {
    const model = new BayesianModel(tinyTrained({ rows: 5, columns: 7 }), { device: 'cpu' });
    const all = await members(model, noiseOf(model), [0, 3, 4], 12);
    const texts = Array.from({ length: 12 }, (_, m) => all.subarray(m * 35, (m + 1) * 35).join());
    expect(new Set(texts).size).toBe(12);
    await model.close();
  });

  it('shares its weights with the other streams of its sample, drawn from the component k mod P', async () => {
    const still = { rows: 3, columns: 4, noiseScale: 0, components: 2 };
    const certain = new BayesianModel(tinyTrained({ ...still, sigma: 1e-12 }), { device: 'cpu' });
    const all = await members(certain, noiseOf(certain), [0, 4, 2], 8);
    const member = (m: number) => all.slice(m * 12, (m + 1) * 12);
    // without noise and doubt there is one forecast for each component
    for (const m of [1, 4, 5]) compare(member(m), member(0), `member ${m}`);
    for (const m of [3, 6, 7]) compare(member(m), member(2), `member ${m}`);
    expect(member(2)).not.toEqual(member(0));
    await certain.close();
  });
});

describe('a step of the Bayesian model', () => {
  const trained = tinyTrained({ rows: 3, columns: 4, channels: 2 });
  const n = 24;
  // channels of different size, and a climate that changes with the season
  const cycle = {
    ...trained.cycle,
    scale: Float32Array.of(800, 50),
    coefficients: randomValues(3 * n, 31, 20).map((value, i) => (i < n ? 101_300 + value : value)),
  };
  const model = new BayesianModel({ ...trained, cycle }, { device: 'cpu' });

  it('lets no channel of a state grow beyond the widest training state, and leaves others as they are', async () => {
    const validTime = Date.UTC(2003, 6, 15, 12);
    const today = new Float32Array(n);
    evaluateSeasonalCycle(cycle, validTime, today);
    // anomalies of 1 Pa grow to what the random network makes of them
    const states = [1, 2].map((label) => randomValues(2 * n, label).map((value, i) => today[i % n]! + value));
    const stepped = async (widest: Float32Array): Promise<Float32Array> => {
      const held = new BayesianModel({ ...trained, cycle: { ...cycle, widest } }, { device: 'cpu' });
      const { mean } = await held.step({ weightSamples: [3], rowsPerSample: 2, history: states, validTime });
      const copy = Float32Array.from(mean);
      await held.close();
      return copy;
    };
    const climate = new Float32Array(n);
    evaluateSeasonalCycle(cycle, validTime + 86_400_000, climate);
    const anomalies = (values: Float32Array, row: number, c: number): number[] =>
      Array.from({ length: 12 }, (_, i) => values[row * n + c * 12 + i]! - climate[c * 12 + i]!);
    const free = await stepped(Float32Array.of(100, 100));
    const within = await stepped(Float32Array.of(0.01, 100));
    for (const row of [0, 1]) {
      const [before, after] = [free, within].map((values) => anomalies(values, row, 0)) as [
        number[],
        number[],
      ];
      // 1.1 of the widest, in units of the scale; pressures of 1e5 Pa carry an error of 0.004
      expect(Math.hypot(...after) / Math.sqrt(12)).toBeCloseTo(1.1 * 0.01 * 800, 1);
      const factor = Math.hypot(...after) / Math.hypot(...before);
      expect(factor).toBeLessThan(0.1);
      after.forEach((value, i) => {
        expect(Math.abs(value - factor * before[i]!)).toBeLessThan(0.02);
      });
      expect(anomalies(within, row, 1)).toEqual(anomalies(free, row, 1));
    }
    // the model without a widest state
    const { mean } = await model.step({ weightSamples: [3], rowsPerSample: 2, history: states, validTime });
    expect(free).toEqual(Float32Array.from(mean));
  });

  it('makes no state smaller than it was for being wide', async () => {
    const validTime = Date.UTC(2003, 6, 15, 12);
    const [today, next] = [new Float32Array(n), new Float32Array(n)];
    evaluateSeasonalCycle(cycle, validTime, today);
    evaluateSeasonalCycle(cycle, validTime + 86_400_000, next);
    const size = (values: Float32Array, climate: Float32Array): number =>
      Math.hypot(...[...values.subarray(0, 12)].map((x, i) => x - climate[i]!));
    const narrow = { ...cycle, widest: Float32Array.of(0.01, 100) };
    const held = new BayesianModel({ ...trained, cycle: narrow }, { device: 'cpu' });
    for (const spread of [50, 5000]) {
      const states = [1, 2].map((label) => today.map((c, i) => c + spread * Math.sin(7 * i + label)));
      const request = { weightSamples: [3], rowsPerSample: 1, history: states, validTime };
      const free = Float32Array.from((await model.step(request)).mean);
      const found = Float32Array.from((await held.step(request)).mean);
      const expected = Math.min(size(free, next), size(states[0]!, today));
      expect(size(found, next) / expected).toBeCloseTo(1, 3);
    }
    await held.close();
  });

  it('is the network between anomalies, in physical units', async () => {
    const states = [1, 2].map((label) => randomValues(2 * n, label, 300).map((value) => 101_300 + value));
    const validTime = Date.UTC(2003, 6, 15, 12);
    const found = await model.step({ weightSamples: [3], rowsPerSample: 2, history: states, validTime });

    const day = 86_400_000;
    const scaleOf = (i: number) => (i % n < n / 2 ? 800 : 50);
    const climateOf = (time: number, i: number) => {
      const phase = (2 * Math.PI * ((time - Date.UTC(2003, 0, 1)) / day)) / 365.2425;
      const [mean, cos, sin] = [0, 1, 2].map((a) => cycle.coefficients[a * n + (i % n)]!);
      return mean! + cos! * Math.cos(phase) + sin! * Math.sin(phase);
    };
    const anomaly = (b: number) =>
      Float64Array.from(states[b]!, (x, i) => (x - climateOf(validTime - b * day, i)) / scaleOf(i));
    const phase = (2 * Math.PI * ((validTime - Date.UTC(2003, 0, 1)) / day)) / 365.2425;
    const season = [1, Math.cos(phase), Math.sin(phase)];
    const weights = openMeanField(trained.components[0]!).sample({ seed: 5, weightSample: 3 });
    const inputs: Record<string, ArrayLike<number>> = {
      'state.0': anomaly(0),
      'state.1': anomaly(1),
      season: [...season, ...season],
    };
    for (const [name, { values }] of weights) inputs[`weight.${name}`] = values;
    const network = createNetwork(trained.network, trained.schema, trained.constants);
    const expected = runReference(buildForecastStep(network, 1, 2), inputs);
    const newest = anomaly(0);
    found.mean.forEach((value, i) => {
      const z = Math.max(-8, Math.min(8, newest[i]! + expected.increment![i]!));
      expect(Math.abs(value - (climateOf(validTime + day, i) + scaleOf(i) * z))).toBeLessThan(0.1);
      expect(found.amplitude![i]! / (0.1 * scaleOf(i) * Math.min(2, expected.amplitude![i]!))).toBeCloseTo(
        1,
        3,
      );
    });
  });

  it('steps from 2 states of history, 1 given', async () => {
    const request = { weightSamples: [0], rowsPerSample: 1, history: [new Float32Array(n)], validTime: 0 };
    await expect(model.step(request)).rejects.toThrow('steps from 2 states of history, 1 given');
  });

  it('tells its memory, which grows with weight samples and rows and nothing else', () => {
    const bytes = (k: number, rows: number) => model.memoryBytes(k, rows);
    expect(bytes(1, 1)).toBeGreaterThan(0);
    expect(bytes(4, 1) - bytes(3, 1)).toBe(bytes(2, 1) - bytes(1, 1));
    expect(bytes(1, 4) - bytes(1, 3)).toBe(bytes(1, 2) - bytes(1, 1));
  });

  it('keeps members within reach of their climate when its weights run away', async () => {
    const trained = tinyTrained();
    for (const tensors of trained.components) {
      const weights = tensors.get('mean.linear.weight')?.values ?? new Float32Array(0);
      weights.forEach((weight, i) => {
        weights[i] = 1e3 * (weight + 0.01);
      });
      tensors.get('mean.amplitude.bias')?.values.fill(50);
    }
    const model = new BayesianModel(trained, { device: 'cpu' });
    const climate = trained.cycle.coefficients;
    const length = model.schema.grid.latitudes.length * model.schema.grid.longitudes.length;
    const scale = trained.cycle.scale[0] ?? Number.NaN;
    const state = Float32Array.from({ length }, (_, i) => climate[i]! + scale * Math.sin(i));
    const { mean, amplitude } = await model.step({
      weightSamples: [0],
      rowsPerSample: 1,
      history: [state, state],
      validTime: start,
    });
    const seasonal =
      3 * climate.reduce((most, value, i) => (i < length ? most : Math.max(most, Math.abs(value))), 0);
    const far = mean.map((value, i) => Math.abs(value - climate[i]!));
    expect(Math.max(...far)).toBeGreaterThan(7 * scale - seasonal);
    expect(Math.max(...far)).toBeLessThan(8.001 * scale + seasonal);
    expect(Math.max(...(amplitude ?? []))).toBeCloseTo(2 * scale * trained.description.noise.scale, 1);
    await model.close();
  });
});
