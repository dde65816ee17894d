/** The nature preset's way from an archive of a globe to a model, in its brief form. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import { readModel } from '../../models/bayesian/modelDirectory.js';
import { addView } from '../../models/bayesian/networks/zonalSymmetry.js';
import { createReporter } from '../../src/progress.js';
import { noiseBetween } from '../../src/training/calibrate.js';
import { thinnedArchive } from '../../src/training/thinnedArchive.js';
import { trainModel } from '../../src/training/trainModel.js';
import { syntheticGlobe } from '../syntheticGlobe.js';

const day = 86_400_000;
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-nature-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const { archive } = syntheticGlobe({ daysBefore: 60, leadDays: 5 });

describe('training on a globe', () => {
  it('makes a model that beats its climate, turns with the globe and remembers how it was made', async () => {
    const at = (index: number) => archive.times[index]!;
    const out = join(directory, 'model');
    const summary = await trainModel({
      source: { archive, name: 'the globe', files: ['globe'] },
      periods: { train: { from: at(0), to: at(44) }, validate: { from: at(45), to: at(60) } },
      preset: 'nature-brief',
      seed: 1,
      posterior: 'mean-field',
      stage: 'all',
      gaps: 'raise',
      backend: { asked: 'ort-cpu', backend: 'ort-cpu', why: 'a test', device: 'cpu' },
      directory: out,
      checkpointSeconds: 60,
      report: createReporter({ quiet: true }),
      signal: new AbortController().signal,
    });
    expect(summary.calibration.spreadSkillRatio.every(Number.isFinite)).toBe(true);
    const trained = await readModel(out);
    expect(trained.description.network.kind).toBe('global');
    const points = 33 * 64;
    const climate = trained.cycle.coefficients;
    for (let row = 0; row < 33; row++) {
      const [north, south] = [row * 64, (32 - row) * 64];
      const along = climate.subarray(north, north + 64);
      expect(along.every((value) => value === along[0])).toBe(true);
      expect(climate[north]).toBe(climate[south]);
      // v250
      expect(climate[9 * points + north]).toBe(-climate[9 * points + south]! + 0);
    }
    const model = new BayesianModel(trained, { device: 'cpu' });
    const { schema } = archive;
    const start = await archive.read(50);
    const truth = await archive.read(51);
    const turned = new Float32Array(start.values.length);
    addView(start.values, schema, { columns: 6, mirrored: true }, 1, turned);
    const step = async (values: Float32Array) => {
      const request = { weightSamples: [0], rowsPerSample: 1, history: [values], validTime: at(50) };
      return (await model.step(request)).mean.slice();
    };
    const mean = await step(start.values);
    const ofTurned = await step(turned);
    const expected = new Float32Array(mean.length);
    addView(mean, schema, { columns: 6, mirrored: true }, 1, expected);
    const error = (values: Float32Array, other: Float32Array) =>
      values.reduce((sum, x, i) => {
        const scale = trained.cycle.scale[Math.floor(i / points)]!;
        return sum + ((x - other[i]!) / scale) ** 2 / values.length;
      }, 0);
    expect(error(ofTurned, expected)).toBeLessThan(1e-8);
    expect(error(mean, truth.values)).toBeLessThan(error(climate, truth.values));
    await model.close();
  });

  it('takes the times of its own step from an archive with more', async () => {
    const every6h: Archive = { ...archive, times: archive.times.map((_, i) => i * (day / 4)) };
    const daily = thinnedArchive(every6h, 24, 'six-hourly');
    expect([...daily.times.subarray(0, 3)]).toEqual([0, day, 2 * day]);
    expect((await daily.read(2)).values).toEqual((await archive.read(8)).values);
    let error: unknown;
    try {
      thinnedArchive({ ...archive, times: archive.times.map((_, i) => i * 1.75 * day) }, 24, 'sparse');
    } catch (thrown) {
      error = thrown;
    }
    expect(isPlumeError(error) && error.tag).toBe('usage');
    expect(String(error)).toContain('sparse has no two times 24 h apart');
  });
});

describe('the noise between none and some', () => {
  const ratios = (noise: number) => [0.6, 0.8].map((c, i) => Math.sqrt(c ** 2 + (i + 1) * 0.1 * noise ** 2));
  it('makes the ratios one where the squares grow with the square of the noise', () => {
    const found = noiseBetween(
      { spreadSkillRatio: ratios(0) },
      { noise: 0.5, spreadSkillRatio: ratios(0.5) },
    );
    const product = ratios(found).reduce((all, ratio) => all * ratio, 1);
    expect(product).toBeCloseTo(1, 6);
  });
  it('is none where there is spread enough without', () => {
    expect(noiseBetween({ spreadSkillRatio: [1.1, 1] }, { noise: 1, spreadSkillRatio: [1.3, 1.2] })).toBe(0);
  });
});
