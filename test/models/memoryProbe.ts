/**
 * A training in a process of its own: prints the resident memory that was foretold and the largest that was used, as JSON.
 * Large enough for its batches to outweigh what the process takes by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeldSource } from '../../models/bayesian/training/anomalySource.js';
import { initialNetwork, initialParameters } from '../../models/bayesian/training/initialise.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import { initialTensors } from '../../models/bayesian/training/stageStart.js';
import { trainStages } from '../../models/bayesian/training/trainer.js';
import { readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { trainingMemory } from '../../models/bayesian/training/trainingMemory.js';
import { createExecutor } from '../../models/graph/backends.js';
import { createNoisePatterns } from '../../perturbations/fields/noiseScales.js';
import { recipes } from '../../src/training/recipe.js';
import { syntheticArchive } from '../syntheticArchive.js';

const archive = syntheticArchive({ days: 400, rows: 17, columns: 33 });
const period = { from: archive.times[0] ?? 0, to: archive.times.at(-1) ?? 0 };
const stepMilliseconds = 86_400_000;
const recipe = recipes.standard;
const { cycle, source } = await readTrainingData(archive, period, { name: 'a', climate: recipe.climate });
const options = { stepMilliseconds, ridge: recipe.ridge, threads: 1 };
const initial = await initialNetwork(recipe.network, archive.schema, source, cycle, options);
const loader = await InMemoryLoader.open(source as HeldSource, { stepMilliseconds });
const stages = recipe.stages.map((stage) => ({
  ...stage,
  phases: stage.phases.map((phase) => ({ ...phase, steps: 2 })),
  ...(stage.validation === undefined ? {} : { validation: { ...stage.validation, batches: 1 } }),
}));
const expected = trainingMemory(initial.network, stages, loader.memoryBytes());
const directory = mkdtempSync(join(tmpdir(), 'plume-memory-'));
await trainStages({
  network: initial.network,
  start: { stage: 0, tensors: initialTensors(initialParameters(initial, { seed: 1, amplitude: 0.3 })) },
  ...{ loader, validation: loader, stages },
  posterior: { name: 'mean-field', start: recipe.posterior, ...recipe.kinds },
  noise: createNoisePatterns(archive.schema.grid, [{ lengthKm: 600, timeHours: 24 }], { stepHours: 24 }),
  seed: 1,
  createExecutor: (graph) => createExecutor(graph, 'ort-cpu', { threads: 1, flushDenormals: true }),
  checkpointPath: join(directory, 'checkpoint.arrow'),
  checkpointSeconds: 0,
  identity: 'probe',
  signal: new AbortController().signal,
  onStep: () => undefined,
});
rmSync(directory, { recursive: true });
process.stdout.write(JSON.stringify({ expected, used: process.resourceUsage().maxRSS * 1024 }));
