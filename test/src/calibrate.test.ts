/** Calibration finds the noise and the relaxation of a world whose law is known. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Archive } from '../../core/interfaces.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import type { TrainedModel } from '../../models/bayesian/modelDirectory.js';
import { inverseSoftplus } from '../../models/bayesian/posteriors/meanField.js';
import { createNoisePatterns } from '../../perturbations/fields/noiseScales.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { calibrate, calibrationTrials } from '../../src/training/calibrate.js';
import { bareContext, noiseSource } from '../../src/training/noiseSource.js';
import { tinyTrained } from '../models/bayesianFixture.js';

const day = 86_400_000;
const from = Date.UTC(2006, 0, 1);
const count = 240;
const noise = [{ lengthKm: 1500, timeHours: 0 }] as const;

/** A network that believes nothing changes and that the noise is 0.2 scales a day. */
function stillModel(): TrainedModel {
  const trained = tinyTrained({ noiseScale: 1 });
  const still = new Map<string, Tensor>();
  for (const [name, { shape, values }] of trained.components[0]!) {
    if (!name.startsWith('mean.')) continue;
    const value = name === 'mean.amplitude.bias' ? inverseSoftplus(0.2) : 0;
    still.set(name, { shape, values: new Float32Array(values.length).fill(value) });
  }
  return { ...trained, components: [still] };
}

/** Anomalies z(t + 1) = kept · z(t) + 0.3 η(t) around the model's own climate. */
function world({ schema, cycle }: TrainedModel, kept: number): Archive {
  const points = cycle.coefficients.length / (1 + 2 * cycle.harmonics);
  const pattern = new Float32Array(points);
  const streams = createNoisePatterns(schema.grid, noise, { stepHours: 24 }).streams([
    { seed: 77, start: 0, weightSample: 0, noiseStream: 0 },
  ]);
  const z = new Float64Array(points);
  const states = Array.from({ length: count + 100 }, () => {
    streams.next(0, 1, pattern);
    z.forEach((value, i) => {
      z[i] = kept * value + 0.3 * pattern[i]!;
    });
    return Float32Array.from(z, (value) => 101_300 + cycle.scale[0]! * value);
  }).slice(100);
  return {
    schema,
    times: Float64Array.from({ length: count }, (_, i) => from + i * day),
    read: async (i) => ({ schema, validTime: from + i * day, values: states[i]! }),
    close: async () => undefined,
  };
}

describe('calibration', () => {
  const run = async (kept: number) => {
    const trained = stillModel();
    let trials = 0;
    const found = await calibrate({
      trained,
      session: { device: 'cpu' },
      perturbation: createLearnedNoise(noiseSource(noise), bareContext(trained.schema, 24)),
      initial: null,
      archive: world(trained, kept),
      archiveName: 'the world',
      period: { from, to: from + count * day },
      seed: 3,
      weightSamples: 2,
      noiseStreams: 8,
      steps: 5,
      starts: 40,
      onTrial: () => {
        trials++;
      },
    });
    expect(trials).toBe(calibrationTrials(false));
    return found;
  };

  let relaxing: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    relaxing = await run(0.96);
  });

  it('makes spread match error: noise of 0.3 where the network says 0.2', () => {
    const { noise: scale, spreadSkillRatio } = relaxing;
    expect(scale).toBeGreaterThan(1.35);
    expect(scale).toBeLessThan(1.65);
    const mean = spreadSkillRatio.reduce((sum, ratio) => sum + Math.log(ratio), 0) / spreadSkillRatio.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
  });

  it('relaxes where the world does, and not where it does not', async () => {
    expect(relaxing.relaxation).toBeGreaterThanOrEqual(0.03);
    expect((await run(1)).relaxation).toBeLessThanOrEqual(0.015);
  });
});
