/** The Bayesian network as a forecast model: a member's numbers do not depend on who else is computed with it. */
import { describe, expect, it } from 'vitest';
import type { Perturbation } from '../../core/interfaces.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import { createPerturbation } from '../../perturbations/create.js';
import { randomValues, type TinyModelOptions, tinyConfig, tinyTrained } from './bayesianFixture.js';

const start = Date.UTC(2003, 0, 10);

/** All members of K × J after three steps, [member, channel, lat, lon]. */
async function members(
  model: BayesianModel,
  perturbation: Perturbation,
  [firstWeightSample, weightSamples, noiseStreams]: readonly [number, number, number],
  batchMembers: number,
): Promise<Float32Array> {
  const length =
    model.schema.channels.length * model.schema.grid.latitudes.length * model.schema.grid.longitudes.length;
  let last = new Float32Array(0);
  const request = {
    seed: 3,
    start,
    analysis: [7, 8].map((label) => randomValues(length, label, 800).map((value) => 101_300 + value)),
    block: { firstWeightSample, weightSamples },
    noiseStreams,
    steps: 3,
    batchMembers,
  };
  for await (const states of trajectory(model, perturbation, request)) last = Float32Array.from(states);
  return last;
}

const wide = {
  ...tinyConfig,
  channels: 32,
  layers: 2,
  eofs: 17,
  hidden: 33,
  stem: 16,
  head: 16,
  kernel: 5,
  window: 5,
};
const grids: readonly (readonly [string, TinyModelOptions])[] = [
  ['6 × 10 points', {}],
  ['5 × 7 points', { rows: 5, columns: 7 }],
  ['5 × 7 points, two channels', { rows: 5, columns: 7, channels: 2 }],
  ['round the globe, 5 × 9 points', { rows: 5, columns: 9, global: true }],
  ['17 × 33 points, layers as wide as real ones', { rows: 17, columns: 33, config: wide }],
];

describe('a member of the Bayesian model', () => {
  it.each(grids)('is the same to the bit in batches of 1 to 12 members: %s', async (_, options) => {
    const model = new BayesianModel(tinyTrained(options), { device: 'cpu' });
    const perturbation = createPerturbation(
      { kind: 'correlated', lengthKm: options.global ? 5000 : 600, timeHours: 0, stepHours: 24 },
      model.schema.grid,
    );
    const alone = await members(model, perturbation, [0, 3, 4], 1);
    expect(alone.every(Number.isFinite)).toBe(true);
    for (let batch = 2; batch <= 12; batch++) {
      const together = await members(model, perturbation, [0, 3, 4], batch);
      const different = together.reduce((count, value, i) => count + (value === alone[i] ? 0 : 1), 0);
      expect(`batch ${batch}: ${different} of ${together.length} differ`).toBe(
        `batch ${batch}: 0 of ${together.length} differ`,
      );
    }
    await model.close();
  });
});
