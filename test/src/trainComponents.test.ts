/** How many networks a training makes: as many as the recipe says, or as were asked for, and the same of them later on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../models/bayesian/modelDirectory.js';
import { createReporter } from '../../src/progress.js';
import { recipes } from '../../src/training/recipe.js';
import { type TrainRequest, trainModel } from '../../src/training/trainModel.js';
import { syntheticArchive } from '../syntheticArchive.js';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-components-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const archive = syntheticArchive({ days: 120, rows: 4, columns: 6 });
const request = (out: string): TrainRequest => ({
  source: { archive, name: 'synthetic', files: ['synthetic'] },
  periods: {
    train: { from: archive.times[0]!, to: archive.times[79]! },
    validate: { from: archive.times[80]!, to: archive.times[119]! },
  },
  preset: 'brief',
  posterior: 'mean-field',
  stage: 'deterministic',
  gaps: 'raise',
  seed: 1,
  backend: { asked: 'ort-cpu', backend: 'ort-cpu', why: 'a test', device: 'cpu' },
  directory: join(directory, out),
  checkpointSeconds: 60,
  report: createReporter({ quiet: true }),
  signal: new AbortController().signal,
});

describe('the networks of a training', () => {
  it('are as many as asked for, each from a start of its own, the first ones the same however many follow', async () => {
    const one = request('one');
    const two = { ...request('two'), components: 2 };
    await trainModel(one);
    await trainModel(two);
    const [alone, both] = await Promise.all([readModel(one.directory), readModel(two.directory)]);
    expect(alone.components).toHaveLength(recipes.brief.components);
    expect(both.components).toHaveLength(2);
    const [first, second] = both.components.map((tensors) => tensors.get('mean.local.in.weight')!.values);
    expect(alone.components[0]!.get('mean.local.in.weight')!.values).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('are as many in later stages as in the first', async () => {
    const later = { ...request('two'), stage: 'epistemic' as const, components: 3 };
    await expect(trainModel(later)).rejects.toThrow(/has 2 networks, --components 3 was asked for/);
    await trainModel({ ...later, components: 2 });
    expect((await readModel(later.directory)).components).toHaveLength(2);
  });
});
