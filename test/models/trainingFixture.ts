/** A training small enough to be run many times: a tiny network on half a year of a small archive, judged on the rest. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ErrorTag, isPlumeError } from '../../core/errors.js';
import type { HeldSource } from '../../models/bayesian/training/anomalySource.js';
import { initialNetwork, initialParameters } from '../../models/bayesian/training/initialise.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import type { SampleLoader } from '../../models/bayesian/training/sampleLoader.js';
import { initialTensors } from '../../models/bayesian/training/stageStart.js';
import type { Stage, ValidationPlan } from '../../models/bayesian/training/stages.js';
import {
  type TrainingProgress,
  type TrainingRequest,
  type TrainingResult,
  trainStages,
} from '../../models/bayesian/training/trainer.js';
import { readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { createExecutor } from '../../models/graph/backends.js';
import { createNoisePatterns } from '../../perturbations/fields/noiseScales.js';
import { syntheticArchive } from '../syntheticArchive.js';
import { tinyConfig } from './bayesianFixture.js';

const common = {
  weightSamples: 2,
  noiseStreams: 1,
  learningRate: 3e-3,
  warmUpSteps: 2,
  linearRate: 1,
  matrixRate: 5,
  rhoRate: 5,
  amplitudeRate: 2,
  weightDecay: 0.01,
  clipNorm: 1,
  dropout: 0,
  beta: 1e-3,
  alpha: 0.95,
  initialError: 0,
  leadWeights: [1],
  averageDecay: 0.9,
} as const;

export const deterministic: Stage = {
  ...common,
  name: 'deterministic',
  phases: [{ steps: 5, rollout: 1, batch: 4 }],
  weightSamples: 1,
  dropout: 0.1,
};

/** 5 + 4 + 6 steps. */
export const briefStages: readonly Stage[] = [
  deterministic,
  { ...common, name: 'epistemic', phases: [{ steps: 4, rollout: 1, batch: 4 }] },
  {
    ...common,
    name: 'aleatoric',
    phases: [
      { steps: 3, rollout: 1, batch: 4 },
      { steps: 3, rollout: 2, batch: 2 },
    ],
    noiseStreams: 2,
  },
];

export const everyTwoSteps: ValidationPlan = {
  everySteps: 2,
  patience: 100,
  batches: 2,
  batch: 4,
  rollout: 2,
  weightSamples: 2,
  noiseStreams: 2,
};

/** The same stages, judged every two steps. */
export const judgedStages: readonly Stage[] = briefStages.map((stage) => ({
  ...stage,
  validation: everyTwoSteps,
}));

export type TrainingBase = Omit<TrainingRequest, 'checkpointPath' | 'signal' | 'onStep'> & {
  /** What the loader draws from. */
  readonly source: HeldSource;
  /** Of the validation period; not used until it is asked for. */
  readonly judged: SampleLoader;
};

export interface Trained {
  readonly result: TrainingResult;
  readonly steps: readonly TrainingProgress[];
  readonly fits: number[];
  readonly flops: number;
  readonly notes: readonly string[];
}

export interface TrainingFixture {
  readonly root: string;
  readonly base: TrainingBase;
  /** Trains; `stopAfter` aborts once so many steps have been made in this call. */
  train(change?: Partial<TrainingRequest>, stopAfter?: number): Promise<Trained>;
  remove(): Promise<void>;
}

export async function trainingFixture(): Promise<TrainingFixture> {
  const root = await mkdtemp(join(tmpdir(), 'plume-train-'));
  const archive = syntheticArchive({ days: 260, rows: 4, columns: 5 });
  const between = (from: number, to: number) => ({ from: archive.times[from]!, to: archive.times[to]! });
  const { cycle, source } = await readTrainingData(archive, between(0, 199), {
    name: 'a',
    climate: { harmonics: 1 },
  });
  const judged = await readTrainingData(archive, between(200, 259), { name: 'a', climate: cycle });
  const stepMilliseconds = 86_400_000;
  const initial = await initialNetwork(tinyConfig, archive.schema, source, cycle, {
    stepMilliseconds,
    // a regression held back leaves something to learn
    ridge: 3,
    threads: 1,
  });
  const base: TrainingBase = {
    network: initial.network,
    start: { stage: 0, tensors: initialTensors(initialParameters(initial, { seed: 1, amplitude: 0.3 })) },
    loader: await InMemoryLoader.open(source as HeldSource, { stepMilliseconds }),
    judged: await InMemoryLoader.open(judged.source as HeldSource, { stepMilliseconds }),
    source: source as HeldSource,
    stages: briefStages,
    posterior: {
      name: 'mean-field',
      start: { initialSigma: 0.1, priorSigma: 0.3, floor: 0.02 },
      rankOne: { initialSigma: 0.05, priorSigma: 0.3 },
      dropoutRate: 0.2,
      swag: { rank: 3, everySteps: 1 },
      laplace: { temperature: 1 },
    },
    noise: createNoisePatterns(archive.schema.grid, [{ lengthKm: 600, timeHours: 24 }], { stepHours: 24 }),
    seed: 1,
    createExecutor: (graph) => createExecutor(graph, 'ort-cpu', { flushDenormals: true }),
    identity: 'this training',
  };
  let next = 0;
  return {
    root,
    base,
    train: async (change = {}, stopAfter = Number.POSITIVE_INFINITY) => {
      const abort = new AbortController();
      const steps: TrainingProgress[] = [];
      const notes: string[] = [];
      const result = await trainStages({
        ...base,
        checkpointPath: join(root, `${next++}.arrow`),
        ...change,
        signal: abort.signal,
        onStep: (progress) => {
          steps.push(progress);
          if (steps.length === stopAfter) abort.abort();
        },
        onNote: (text) => notes.push(text),
      });
      const fits = steps.map(({ fit }) => fit);
      return { result, steps, fits, flops: steps.at(-1)?.doneFlops ?? 0, notes };
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** The message of an error that must come, of the kind that it must be. */
export async function refusal(work: Promise<unknown>, tag: ErrorTag): Promise<string> {
  const error: unknown = await work.then(
    () => 'it was not refused',
    (reason: unknown) => reason,
  );
  expect(isPlumeError(error) ? error.tag : error).toBe(tag);
  return String(error);
}
