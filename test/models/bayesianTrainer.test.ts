/** Training in stages: it learns, it stops and goes on to the same bits, and it refuses what it cannot go on from. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorTag, isPlumeError } from '../../core/errors.js';
import { klDivergence, softplus } from '../../models/bayesian/posteriors/meanField.js';
import type { HeldSource } from '../../models/bayesian/training/anomalySource.js';
import { initialNetwork, initialParameters } from '../../models/bayesian/training/initialise.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import type { SampleLoader } from '../../models/bayesian/training/sampleLoader.js';
import { initialTensors } from '../../models/bayesian/training/stageStart.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import {
  type TrainingRequest,
  type TrainingResult,
  trainingFlops,
  trainStages,
} from '../../models/bayesian/training/trainer.js';
import { readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { createExecutor } from '../../models/graph/backends.js';
import { createPerturbation } from '../../perturbations/create.js';
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

const deterministic: Stage = {
  ...common,
  name: 'deterministic',
  phases: [{ steps: 5, rollout: 1, batch: 4 }],
  weightSamples: 1,
  dropout: 0.1,
};
const stages: readonly Stage[] = [
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

let root = '';
let base: Omit<TrainingRequest, 'checkpointPath' | 'signal' | 'onStep'>;
let next = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-train-'));
  const archive = syntheticArchive({ days: 200, rows: 4, columns: 5 });
  const period = { from: archive.times[0]!, to: archive.times[199]! };
  const { cycle, source } = await readTrainingData(archive, period, { name: 'a', climate: { harmonics: 1 } });
  const stepMilliseconds = 86_400_000;
  const initial = await initialNetwork(tinyConfig, archive.schema, source, cycle, {
    stepMilliseconds,
    // a regression held back leaves something to learn
    ridge: 3,
    threads: 1,
  });
  base = {
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
    noise: createPerturbation(
      { kind: 'correlated', lengthKm: 600, timeHours: 24, stepHours: 24 },
      archive.schema.grid,
    ),
    seed: 1,
    createExecutor: (graph) => createExecutor(graph, 'ort-cpu', { flushDenormals: true }),
    identity: 'this training',
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Trains; `stopAfter` aborts once so many steps have been made in this call. */
async function train(
  change: Partial<TrainingRequest> = {},
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<{ result: TrainingResult; fits: number[]; flops: number }> {
  const abort = new AbortController();
  const fits: number[] = [];
  let flops = 0;
  const result = await trainStages({
    ...base,
    checkpointPath: join(root, `${next++}.arrow`),
    ...change,
    signal: abort.signal,
    onStep: ({ fit, doneFlops }) => {
      fits.push(fit);
      flops = doneFlops;
      if (fits.length === stopAfter) abort.abort();
    },
  });
  return { result, fits, flops };
}

async function refusal(work: Promise<unknown>, tag: ErrorTag): Promise<string> {
  const error: unknown = await work.then(
    () => 'it was not refused',
    (reason: unknown) => reason,
  );
  expect(isPlumeError(error) ? error.tag : error).toBe(tag);
  return String(error);
}

describe('training', () => {
  let whole: Awaited<ReturnType<typeof train>> | undefined;

  it('lowers the loss of every stage', async () => {
    for (const stage of stages) {
      const longer = { ...stage, phases: [{ steps: 40, rollout: 1, batch: 16 }], learningRate: 1e-2 };
      const { fits } = await train({ stages: [longer] });
      const mean = (some: number[]) => some.reduce((sum, fit) => sum + fit, 0) / some.length;
      expect(mean(fits.slice(-8)), stage.name).toBeLessThan(mean(fits.slice(0, 8)) - 0.02);
    }
  });

  it('ends with a posterior centred near its prior, which is what the deterministic stage found', async () => {
    const { result, fits, flops } = await train();
    expect(fits.length).toBe(15);
    expect(flops).toBe(trainingFlops(base.network, stages, false));
    const { result: first } = await train({ stages: [deterministic] });
    for (const [name, { values }] of result.priorMean) {
      expect(values).toEqual(first.tensors.get(`mean.${name}`)?.values);
      const rho = result.tensors.get(`rho.${name}`)!;
      expect(rho.values.every((value) => softplus(value) > 0)).toBe(true);
      expect(rho.shape).toEqual(base.network.parameters.get(name));
    }
    expect([...result.priorMean.keys()]).toEqual(
      [...base.network.parameters.keys()].filter((name) => base.network.isRandom(name)),
    );
    const startingWith = (prefix: string) =>
      new Map(
        [...result.tensors]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, t]) => [name.slice(prefix.length), t]),
      );
    const posterior = { mean: startingWith('mean.'), rho: startingWith('rho.') };
    const kl = klDivergence(posterior, result.priorMean, result.priorSigma);
    expect(kl).toBeGreaterThan(0);
    expect(result.losses.map(({ stage, step }) => [stage, step])).toEqual([
      ['deterministic', 5],
      ['epistemic', 4],
      ['aleatoric', 6],
    ]);
  });

  it('depends on the seed', async () => {
    const brief = { stages: [deterministic] };
    const [one, same, other] = [await train(brief), await train(brief), await train({ ...brief, seed: 2 })];
    expect(same.fits).toEqual(one.fits);
    expect(other.fits).not.toEqual(one.fits);
  });

  it.each([3, 5, 7, 12, 14])('stopped after step %i of 15 goes on to the same bits', async (stopAfter) => {
    whole ??= await train();
    const checkpointPath = join(root, `stopped-${stopAfter}.arrow`);
    const message = await refusal(train({ checkpointPath }, stopAfter), 'interrupted');
    expect(message).toMatch(/stopped in stage \w+ at step \d+; run the same command again/);
    const resumed = await train({ checkpointPath });
    expect(resumed.fits).toEqual(whole.fits.slice(stopAfter));
    expect(resumed.result).toEqual(whole.result);
    expect(resumed.flops).toBe(whole.flops);
  });

  it('finished already, gives its result without another step', async () => {
    const checkpointPath = join(root, 'finished.arrow');
    const brief = { checkpointPath, stages: [deterministic] };
    const first = await train(brief);
    const again = await train(brief);
    expect(again.fits).toEqual([]);
    expect(again.result).toEqual(first.result);
  });
});

describe('a checkpoint', () => {
  it('of another training is refused and left alone', async () => {
    const checkpointPath = join(root, 'other.arrow');
    await refusal(train({ checkpointPath, identity: 'another' }, 2), 'interrupted');
    const before = await readFile(checkpointPath);
    expect(await refusal(train({ checkpointPath }), 'usage')).toContain(
      `"${checkpointPath}" belongs to a training with other data or settings; remove it to train anew`,
    );
    expect(await readFile(checkpointPath)).toEqual(before);
  });

  it('cut short, of another kind or with a flipped bit is refused as data, by name', async () => {
    const checkpointPath = join(root, 'damaged.arrow');
    await refusal(train({ checkpointPath }, 2), 'interrupted');
    const whole = await readFile(checkpointPath);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1]! ^= 4;
    for (const bytes of [
      whole.subarray(0, whole.length >> 1),
      Buffer.from('not a checkpoint'),
      Buffer.alloc(0),
      flipped,
    ]) {
      await writeFile(checkpointPath, bytes);
      expect(await refusal(train({ checkpointPath }), 'data')).toContain(checkpointPath);
    }
  });
});

describe('a training that diverges', () => {
  it('is told as data and keeps its last checkpoint', async () => {
    const checkpointPath = join(root, 'diverging.arrow');
    const wild = [
      { ...deterministic, phases: [{ steps: 30, rollout: 1, batch: 4 }], learningRate: 1e18, warmUpSteps: 1 },
    ];
    await refusal(train({ checkpointPath, stages: wild }, 1), 'interrupted');
    const before = await readFile(checkpointPath);
    const message = await refusal(train({ checkpointPath, stages: wild }), 'data');
    expect(message).toMatch(
      /diverged in stage deterministic at step \d+: its (loss|gradient) is not finite, worst in channel msl \(.*\); the checkpoint of step 1 is kept/,
    );
    expect(await readFile(checkpointPath)).toEqual(before);
  });

  it('is told when a state of the series is not finite', async () => {
    const broken: SampleLoader = {
      stateLength: base.loader.stateLength,
      stepMilliseconds: base.loader.stepMilliseconds,
      plan: base.loader.plan,
      pool: base.loader.pool,
      count: (history, rollout) => base.loader.count(history, rollout),
      batch: async (request) => ({
        ...(await base.loader.batch(request)),
        states: (_, out) => out.fill(Number.NaN),
      }),
      memoryBytes: () => 0,
      close: async () => {},
    };
    await refusal(train({ loader: broken }), 'data');
  });
});
