/**
 * What the split of the spread is for: a network trained on more days leaves less of its spread to its weights, and one
 * that is asked about weather unlike any it was trained on leaves more. The whole way through the training's own code,
 * on waves whose law is known, with a mean-field posterior; β = 0.1 (what follows holds from 1e-3 to 1).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gridSize } from '../../core/grid.js';
import { decomposeCrps } from '../../core/statistics/kernelDecomposition.js';
import { decomposeVariance } from '../../core/statistics/varianceDecomposition.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import { evaluateSeasonalCycle, type SeasonalCycle } from '../../models/bayesian/seasonalCycle.js';
import type { HeldSource } from '../../models/bayesian/training/anomalySource.js';
import { initialNetwork, initialParameters } from '../../models/bayesian/training/initialise.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import { initialTensors } from '../../models/bayesian/training/stageStart.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { trainStages } from '../../models/bayesian/training/trainer.js';
import { readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { createExecutor } from '../../models/graph/backends.js';
import { createNoisePatterns } from '../../perturbations/fields/noiseScales.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { bareContext, noiseSource } from '../../src/training/noiseSource.js';
import { tinyConfig, tinyTrained } from '../models/bayesianFixture.js';
import { syntheticArchive } from '../syntheticArchive.js';

const size = { rows: 4, columns: 5, days: 2200 };
const archive = syntheticArchive(size);
const points = gridSize(archive.schema.grid);
const stepMilliseconds = 86_400_000;
/** Days to learn from; starts of forecasts lie after the last of them. */
const trainingDays = [40, 250, 1500];
const starts = Array.from({ length: 16 }, (_, s) => 2010 + 12 * s);
const design = { weightSamples: 16, noiseStreams: 6 };
const scales = [{ lengthKm: 600, timeHours: 24 }];
const perturbation = createLearnedNoise(noiseSource(scales), bareContext(archive.schema, 24));

const common = {
  weightSamples: 2,
  noiseStreams: 1,
  learningRate: 3e-3,
  warmUpSteps: 5,
  linearRate: 1,
  matrixRate: 1,
  rhoRate: 10,
  amplitudeRate: 10,
  weightDecay: 0,
  clipNorm: 1,
  dropout: 0,
  beta: 0.1,
  alpha: 0.95,
  initialError: 0,
  leadWeights: [1],
  averageDecay: 0.95,
} as const;
const stages: readonly Stage[] = [
  { ...common, name: 'deterministic', phases: [{ steps: 60, rollout: 1, batch: 16 }], weightSamples: 1 },
  { ...common, name: 'epistemic', phases: [{ steps: 150, rollout: 1, batch: 16 }] },
];

let root = '';
let cycle: SeasonalCycle;
const models = new Map<number, BayesianModel>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-share-'));
  // One climate for all: what differs is what the weights have seen.
  ({ cycle } = await training(2000, { harmonics: 1 }));
  for (const days of trainingDays) models.set(days, await trained(days));
}, 60_000);
afterAll(async () => {
  for (const model of models.values()) await model.close();
  await rm(root, { recursive: true, force: true });
});

function training(days: number, climate: SeasonalCycle | { readonly harmonics: number }) {
  const period = { from: archive.times[0] ?? 0, to: archive.times[days - 1] ?? 0 };
  return readTrainingData(archive, period, { name: 'waves', climate });
}

async function trained(days: number): Promise<BayesianModel> {
  const { source } = await training(days, cycle);
  const initial = await initialNetwork(tinyConfig, archive.schema, source, cycle, {
    stepMilliseconds,
    ridge: 0.02,
    threads: 1,
  });
  const { tensors } = await trainStages({
    network: initial.network,
    start: { stage: 0, tensors: initialTensors(initialParameters(initial, { seed: 1, amplitude: 0.3 })) },
    loader: await InMemoryLoader.open(source as HeldSource, { stepMilliseconds }),
    stages,
    posterior: {
      name: 'mean-field',
      start: { initialSigma: 0.1, priorSigma: 0.3, floor: 0.02 },
      rankOne: { initialSigma: 0.05, priorSigma: 0.3 },
      dropoutRate: 0.2,
      swag: { rank: 3, everySteps: 1 },
      laplace: { temperature: 1 },
    },
    noise: createNoisePatterns(archive.schema.grid, scales, { stepHours: 24 }),
    seed: 1,
    createExecutor: (graph) => createExecutor(graph, 'ort-cpu', { flushDenormals: true }),
    identity: `${days} days`,
    checkpointPath: join(root, `${days}.arrow`),
    signal: new AbortController().signal,
    onStep: () => undefined,
  });
  const { description, ...parts } = tinyTrained(size);
  return new BayesianModel(
    {
      ...parts,
      network: initial.config,
      constants: initial.constants,
      cycle,
      components: [tensors],
      description: {
        ...description,
        network: initial.config,
        noise: { ...description.noise, scale: 1 },
      },
    },
    { device: 'cpu' },
  );
}

interface Split {
  /** Share of the weights, [start]. */
  readonly variance: readonly number[];
  readonly crps: readonly number[];
  /** Pa², [start] */
  readonly aleatoric: readonly number[];
}

/** Members a day ahead from each start. @param factor on the anomalies of the analyses: 1 is weather as usual */
async function split(days: number, factor: number): Promise<Split> {
  const model = models.get(days);
  if (model === undefined) throw new Error(`no model of ${days} days`);
  const found = { variance: [] as number[], crps: [] as number[], aleatoric: [] as number[] };
  for (const at of starts) {
    const analyses = await Promise.all([0, 1].map((back) => stretched(at - back, factor)));
    const request = {
      seed: 3,
      start: archive.times[at] ?? 0,
      analyses,
      block: { firstWeightSample: 0, weightSamples: design.weightSamples },
      noiseStreams: design.noiseStreams,
      steps: 1,
      batchMembers: 96,
    };
    for await (const members of trajectory(model, [perturbation], request)) {
      const [weights, noise] = areaMeans(decomposeVariance, members);
      const [weightsCrps, noiseCrps] = areaMeans(decomposeCrps, members);
      found.variance.push(weights / (weights + noise));
      found.crps.push(weightsCrps / (weightsCrps + noiseCrps));
      found.aleatoric.push(noise);
    }
  }
  return found;
}

async function stretched(timeIndex: number, factor: number): Promise<Float32Array> {
  const climate = new Float32Array(points);
  evaluateSeasonalCycle(cycle, archive.times[timeIndex] ?? 0, climate);
  const { values } = await archive.read(timeIndex);
  return values.map((x, i) => (climate[i] ?? 0) + factor * (x - (climate[i] ?? 0)));
}

function areaMeans(decompose: typeof decomposeVariance, members: Float32Array): [number, number] {
  const [epistemic, aleatoric] = [new Float64Array(points), new Float64Array(points)];
  decompose(members, design, epistemic, aleatoric, 'keep');
  const mean = (field: Float64Array): number => field.reduce((sum, x) => sum + x, 0) / points;
  return [mean(epistemic), mean(aleatoric)];
}

/** Mean over starts in standard errors of it. */
function errorsAbove(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
  return mean / Math.sqrt(squares / values.length);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

describe('the epistemic share of a trained network', () => {
  it('shrinks as training data grow, by variance and by CRPS', async () => {
    const splits = await Promise.all(trainingDays.map((days) => split(days, 1)));
    for (const kind of ['variance', 'crps'] as const) {
      const shares = splits.map((each) => each[kind]);
      for (const [i, more] of shares.slice(1).entries()) {
        const fewer = shares[i] ?? [];
        // Start by start, on the same weather.
        expect(errorsAbove(fewer.map((share, s) => share - (more[s] ?? Number.NaN)))).toBeGreaterThan(4);
        expect(average(more)).toBeLessThan(0.7 * average(fewer));
      }
    }
    // Of the truth, noise is a share 1 − 0.9² of the waves' variance 800² · (2/3) · ½ · 3/2, about: 60 800 Pa².
    const noise = average(splits[2]?.aleatoric ?? []);
    expect(noise).toBeGreaterThan(0.75 * 60_800);
    expect(noise).toBeLessThan(1.35 * 60_800);
  });

  it('rises outside the training climate, the further the more', async () => {
    for (const days of trainingDays) {
      const splits = await Promise.all([1, 2, 3].map((factor) => split(days, factor)));
      for (const kind of ['variance', 'crps'] as const) {
        const shares = splits.map((each) => each[kind]);
        for (const [i, further] of shares.slice(1).entries()) {
          const nearer = shares[i] ?? [];
          expect(errorsAbove(further.map((share, s) => share - (nearer[s] ?? Number.NaN)))).toBeGreaterThan(
            5,
          );
        }
        expect(average(shares[2] ?? [])).toBeGreaterThan(2 * average(shares[0] ?? []));
      }
    }
  });
});
