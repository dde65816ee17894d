/** Forecasts with some of their uncertainty only: what members then share, and what their spread says of its sources. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ForecastModel, StepPerturbation } from '../../core/interfaces.js';
import { decomposeVariance } from '../../core/statistics/varianceDecomposition.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { writeModel } from '../../models/bayesian/modelDirectory.js';
import { describeModel, openModel, type Uncertainty } from '../../models/open.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { bareContext, noiseSource } from '../../src/training/noiseSource.js';
import { randomValues, tinyParts } from '../models/bayesianFixture.js';

const [rows, columns, steps] = [5, 7, 3];
const points = rows * columns;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-uncertainty-'));
  await writeModel(directory, tinyParts({ rows, columns, components: 2, sigma: 0.05, noiseScale: 0.2 }));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Opened {
  readonly model: ForecastModel;
  readonly noise: readonly StepPerturbation[];
}

/** A model and the noise that its forecasts get: none where the description has none. */
async function opened(uncertainty: Uncertainty | undefined): Promise<Opened> {
  const source = {
    kind: 'bayesian',
    directory,
    ...(uncertainty === undefined ? {} : { uncertainty }),
  } as const;
  const { noise, schema } = await describeModel(source);
  const model = await openModel(source, { device: 'cpu' });
  const added = noiseSource([{ lengthKm: 600, timeHours: 0 }]);
  return { model, noise: noise === null ? [] : [createLearnedNoise(added, bareContext(schema, 24))] };
}

/** The members after three steps, [K, J, point]. */
async function members(
  { model, noise }: Opened,
  [weightSamples, noiseStreams]: readonly [number, number],
  label = 7,
): Promise<Float32Array> {
  let last = new Float32Array(0);
  const request = {
    seed: 3,
    start: Date.UTC(2003, 0, label),
    analyses: [label, label + 1].map((at) => randomValues(points, at, 800).map((value) => 101_300 + value)),
    block: { firstWeightSample: 0, weightSamples },
    noiseStreams,
    steps,
    batchMembers: 16,
  };
  for await (const states of trajectory(model, noise, request)) last = Float32Array.from(states);
  return last;
}

const texts = (all: Float32Array): string[] =>
  Array.from({ length: all.length / points }, (_, m) => all.subarray(m * points, (m + 1) * points).join());

describe('a forecast with', () => {
  it('epistemic uncertainty has one member for each weight sample, whatever its stream', async () => {
    const epistemic = await opened('epistemic');
    const found = texts(await members(epistemic, [3, 4]));
    for (let m = 0; m < 12; m++) expect(found[m]).toBe(found[4 * Math.floor(m / 4)]);
    expect(new Set(found).size).toBe(3);
    expect(texts(await members(epistemic, [3, 1]))).toEqual([found[0], found[4], found[8]]);
    await epistemic.model.close();
  });

  it('epistemic uncertainty has the weights of the hybrid one', async () => {
    const [epistemic, hybrid] = [await opened('epistemic'), await opened('hybrid')];
    const without = { ...hybrid, noise: [] };
    expect(await members(without, [3, 2])).toEqual(await members(epistemic, [3, 2]));
    expect(await members(hybrid, [3, 2])).toEqual(await members(await opened(undefined), [3, 2]));
    await epistemic.model.close();
    await hybrid.model.close();
  });

  it('none has one forecast, that of the mean of the first component', async () => {
    const none = await opened('none');
    const found = texts(await members(none, [4, 2]));
    expect(new Set(found).size).toBe(1);
    await none.model.close();
    const aleatoric = await opened('aleatoric');
    const still = { ...aleatoric, noise: [] };
    expect(texts(await members(still, [1, 1]))).toEqual([found[0]]);
    await aleatoric.model.close();
  });

  it('aleatoric uncertainty has members that all differ, by noise alone: no epistemic variance but by chance', async () => {
    const shares = async (uncertainty: Uncertainty): Promise<{ mean: number; error: number }> => {
      const one = await opened(uncertainty);
      const ratios: number[] = [];
      for (let label = 1; label <= 24; label++) {
        const [epistemic, aleatoric] = [new Float64Array(points), new Float64Array(points)];
        const all = await members(one, [6, 4], label);
        expect(new Set(texts(all)).size).toBe(24);
        decomposeVariance(all, { weightSamples: 6, noiseStreams: 4 }, epistemic, aleatoric, 'keep');
        const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
        ratios.push(sum(epistemic) / sum(aleatoric));
      }
      await one.model.close();
      const mean = ratios.reduce((total, value) => total + value, 0) / ratios.length;
      const variance = ratios.reduce((total, value) => total + (value - mean) ** 2, 0) / (ratios.length - 1);
      return { mean, error: Math.sqrt(variance / ratios.length) };
    };
    const aleatoric = await shares('aleatoric');
    expect(Math.abs(aleatoric.mean)).toBeLessThan(3.5 * aleatoric.error);
    expect(aleatoric.error).toBeLessThan(0.05);
    // the same test sees the weights of the hybrid forecast
    const hybrid = await shares('hybrid');
    expect(hybrid.mean).toBeGreaterThan(10 * hybrid.error);
  });
});

describe('a model tells', () => {
  it('its uncertainty, its posterior or that it is the mean, and its noise or none', async () => {
    const told = async (uncertainty: Uncertainty) => {
      const { identity, noise } = await describeModel({ kind: 'bayesian', directory, uncertainty });
      const { posterior } = identity as { posterior: unknown };
      return [identity.uncertainty, posterior === 'mean', noise !== null];
    };
    expect(await told('hybrid')).toEqual(['hybrid', false, true]);
    expect(await told('epistemic')).toEqual(['epistemic', false, false]);
    expect(await told('aleatoric')).toEqual(['aleatoric', true, true]);
    expect(await told('none')).toEqual(['none', true, false]);
  });
});
