/** The global network as a forecast model: the same member in every batch, on disk and back, one state of history. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gridSize, makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { schemaToJson } from '../../core/schema.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import {
  type ModelDescription,
  type ModelParts,
  readModel,
  writeModel,
} from '../../models/bayesian/modelDirectory.js';
import { createNetwork } from '../../models/bayesian/networks/createNetwork.js';
import type { GlobalConfig } from '../../models/bayesian/networks/globalNetwork.js';
import { inverseSoftplus } from '../../models/bayesian/posteriors/meanField.js';
import { elements } from '../../models/graph/graph.js';
import { randomParameters, randomValues } from './bayesianFixture.js';

/** As wide as real layers, so that the runtime takes its real kernels. */
const config: GlobalConfig = {
  kind: 'global',
  wavenumbers: 6,
  modes: 7,
  channels: 32,
  layers: 2,
  overlap: 0,
  truncation: 3,
};
const schema: Schema = {
  grid: makeGrid(
    Array.from({ length: 17 }, (_, i) => 90 - 11.25 * i),
    Array.from({ length: 32 }, (_, j) => 11.25 * j),
  ),
  channels: [
    { variable: 'z', level: 500, unit: 'm2 s-2' },
    { variable: 'u', level: 500, unit: 'm s-1' },
    { variable: 'v', level: 500, unit: 'm s-1' },
  ],
};
const n = 3 * gridSize(schema.grid);

function parts(): ModelParts {
  const shapes = createNetwork(config, schema, {}).constantShapes;
  const constants = Object.fromEntries(
    [...shapes].map(([name, shape], i) => [name, randomValues(elements(shape), i, 0.1)]),
  );
  const network = createNetwork(config, schema, constants);
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, values }] of randomParameters(network)) {
    tensors.set(`mean.${name}`, { shape, values: values.map((value) => 0.5 * value) });
    tensors.set(`rho.${name}`, {
      shape,
      values: new Float32Array(values.length).fill(inverseSoftplus(0.02)),
    });
  }
  return {
    schema,
    network: config,
    constants,
    cycle: {
      harmonics: 0,
      coefficients: randomValues(n, 50, 100),
      scale: Float32Array.of(800, 10, 9),
    },
    components: [tensors],
    settings: {
      step_hours: 24,
      posterior: { kind: 'mean-field', components: 1, seed: 5, scale: 1, prior_sigma: 0.3, beta: 0.001 },
      noise: { fields: [{ length_km: 2000, time_hours: 0, share: 1 }], scale: 1 },
      relaxation: 0,
      training: { train: '2001/2002', validate: '2003', seed: 5, preset: 'nature', record: null },
    },
  };
}

function described({ settings, ...rest }: ModelParts): ModelDescription {
  return {
    format: 'plume-model',
    version: 1,
    kind: 'bayesian',
    schema: schemaToJson(schema) as unknown as ModelDescription['schema'],
    network: rest.network,
    ...settings,
    weights: { file: 'weights.arrow', sha256: '' },
  };
}

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-global-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('a global model', () => {
  const whole = parts();
  const model = new BayesianModel({ ...whole, description: described(whole), digest: '' }, { device: 'cpu' });
  const states = Array.from({ length: 6 }, (_, row) => randomValues(n, 60 + row, 300));
  const step = async (weightSamples: readonly number[], rows: readonly Float32Array[]) => {
    const history = Float32Array.from(rows.flatMap((row) => [...row]));
    const request = { weightSamples, rowsPerSample: rows.length / weightSamples.length, validTime: 0 };
    const { mean, amplitude } = await model.step({ ...request, history: [history] });
    return { mean: mean.slice(), amplitude: amplitude?.slice() ?? new Float32Array(0) };
  };

  it('steps a member to the same bits alone and in every batch', async () => {
    const alone = await Promise.all(states.map((state, m) => step([Math.floor(m / 3)], [state])));
    for (const rows of [1, 2, 3]) {
      for (const samples of [[0], [1], [0, 1]]) {
        const members = samples.flatMap((k) => Array.from({ length: rows }, (_, j) => 3 * k + j));
        const found = await step(
          samples,
          members.map((m) => states[m]!),
        );
        members.forEach((m, at) => {
          for (const kind of ['mean', 'amplitude'] as const) {
            const own = found[kind].subarray(at * n, (at + 1) * n);
            const different = own.reduce((sum, x, i) => sum + (x === alone[m]![kind][i] ? 0 : 1), 0);
            expect(`${kind} of member ${m} among ${members}: ${different} differ`).toBe(
              `${kind} of member ${m} among ${members}: 0 differ`,
            );
          }
        });
      }
    }
    expect(alone[0]!.mean.every(Number.isFinite)).toBe(true);
    expect(alone[0]!.amplitude.every((x) => x > 0)).toBe(true);
  });

  it('is on disk what it was, but for digits that do not count', async () => {
    await writeModel(directory, whole);
    const read = await readModel(directory);
    expect(read.network).toEqual(config);
    for (const [name, values] of Object.entries(whole.constants)) {
      const found = read.constants[name]!;
      expect(found).toHaveLength(values.length);
      // patterns are kept as float16
      values.forEach((value, i) => {
        expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(
          Math.max(2 ** -25, 2 ** -11 * Math.abs(value)),
        );
      });
    }
    expect(read.cycle).toEqual(whole.cycle);
    const again = new BayesianModel(read, { device: 'cpu' });
    const one = await again.step({
      weightSamples: [3],
      rowsPerSample: 1,
      history: [states[0]!],
      validTime: 0,
    });
    const before = await step([3], [states[0]!]);
    one.mean.forEach((value, i) => {
      const scale = whole.cycle.scale[Math.floor(i / (n / 3))]!;
      expect(Math.abs(value - before.mean[i]!)).toBeLessThan(0.01 * scale);
    });
    await again.close();
  });

  it('steps from one state, and says so when given two', async () => {
    expect(model.historyLength).toBe(1);
    const request = { weightSamples: [0], rowsPerSample: 1, validTime: 0 };
    await expect(model.step({ ...request, history: [states[0]!, states[1]!] })).rejects.toThrow(
      'steps from 1 states of history, 2 given',
    );
  });
});
