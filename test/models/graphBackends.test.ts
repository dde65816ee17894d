/** Backends of training: what is chosen and why, what a missing one says, and that two runtimes take the same steps. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import type { Stage } from '../../models/bayesian/training/stages.js';
import { buildTrainingStep } from '../../models/bayesian/training/stepGraph.js';
import { parseBackendName } from '../../models/graph/backendName.js';
import { createExecutor, resolveBackend } from '../../models/graph/backends.js';
import type { GraphExecutor, HeldTensor } from '../../models/graph/executor.js';
import { elements } from '../../models/graph/graph.js';
import { loadTfjs } from '../../models/graph/tfjsExecutor.js';
import { randomValues, tinyNetwork, tinySchema } from './bayesianFixture.js';

const { network } = tinyNetwork(tinySchema({ rows: 3, columns: 4, channels: 2 }));
const phase = { steps: 3, rollout: 2, batch: 2 };
const stage: Stage = {
  name: 'aleatoric',
  phases: [phase],
  weightSamples: 2,
  noiseStreams: 2,
  learningRate: 1e-2,
  warmUpSteps: 1,
  linearRate: 1,
  rhoRate: 2,
  amplitudeRate: 1,
  matrixRate: 1,
  weightDecay: 0.01,
  clipNorm: 1,
  dropout: 0,
  beta: 0.1,
  alpha: 0.95,
  initialError: 0,
  leadWeights: [1],
  averageDecay: 0.9,
};
const family = new MeanFieldFamily(network, { initialSigma: 0.1, floor: 0.02 });
const sigma = new Map([...network.parameters.keys()].map((name) => [name, 0.3]));
const { graph, data } = buildTrainingStep(network, family, stage, phase, { sampleCount: 50, sigma });

/** Inputs of the first step; parameters and moments carry on from there. */
function firstInputs(): Record<string, Float32Array> {
  return Object.fromEntries(
    graph.inputs.map(({ name, value }, i) => {
      const length = elements(value.shape);
      if (/^(first|second)\./.test(name)) return [name, new Float32Array(length)];
      const fan = name.endsWith('.weight') ? (value.shape.at(-2) ?? 1) : 4;
      const values = randomValues(length, i, /^(mean|average|prior)\./.test(name) ? fan ** -0.5 : 1);
      if (/rho\./.test(name)) values.fill(-3);
      if (name === 'mean.amplitude.bias') values.fill(1);
      return [name, values];
    }),
  );
}

/** Takes steps as the trainer does: results are handed on, what was handed on is let go. */
async function steps(executor: GraphExecutor, count: number, onStep: () => void = () => undefined) {
  const fixed = firstInputs();
  let carried: Record<string, Float32Array | HeldTensor> = {};
  const fits: number[] = [];
  for (let t = 0; t < count; t++) {
    const outputs = await executor.run({
      ...fixed,
      ...carried,
      learning_rate: Float32Array.of(1e-2),
      step: Float32Array.of(t + 1),
      average_decay: Float32Array.of(0.5),
    });
    fits.push((await executor.read(outputs.fit))[0] ?? Number.NaN);
    const next: typeof carried = {};
    const over = Object.values(carried).filter((tensor) => !(tensor instanceof Float32Array));
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name.startsWith('next.')) next[name.slice('next.'.length)] = tensor;
      else over.push(tensor);
    }
    executor.dispose(over);
    carried = next;
    onStep();
  }
  const numbers = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(carried)) {
    numbers.set(name, Float32Array.from(await executor.read(tensor as HeldTensor)));
  }
  executor.dispose(Object.values(carried) as HeldTensor[]);
  return { fits, numbers };
}

describe('training steps', () => {
  it('are the same on ONNX Runtime and on TensorFlow.js, to 1e-4, over three of them', async () => {
    const runs = [];
    for (const backend of ['ort-cpu', 'tfjs-wasm'] as const) {
      const executor = await createExecutor(graph, backend);
      runs.push(await steps(executor, 3));
      await executor.release();
    }
    const [ort, tfjs] = runs;
    ort?.fits.forEach((fit, t) => {
      expect(Math.abs((tfjs?.fits[t] ?? Number.NaN) / fit - 1)).toBeLessThan(1e-4);
    });
    for (const [name, values] of ort?.numbers ?? []) {
      const other = tfjs?.numbers.get(name) ?? new Float32Array(0);
      const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
      const apart = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? 0))), 0);
      expect(apart / size, name).toBeLessThan(1e-4);
    }
    expect(ort?.fits[2]).not.toBe(ort?.fits[0]);
  });

  it('leave no tensor of TensorFlow.js behind, and release returns the constants too', async () => {
    await loadTfjs('wasm');
    const before = tf.memory().numTensors;
    const executor = await createExecutor(graph, 'tfjs-wasm');
    const counts: number[] = [];
    await steps(executor, 4, () => counts.push(tf.memory().numTensors));
    // parameters, moments and averages that are handed on, and the constants
    const carried = graph.outputs.filter(({ name }) => name.startsWith('next.')).length;
    expect(counts).toEqual(Array.from({ length: 4 }, () => before + carried + graph.constants.length));
    await executor.release();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('write into the memory of results that were let go', async () => {
    const executor = await createExecutor(graph, 'ort-cpu');
    const seen = new Set<HeldTensor>();
    const { run } = executor;
    const watching: GraphExecutor = {
      ...executor,
      run: async (inputs) => {
        const outputs = await run(inputs);
        for (const tensor of Object.values(outputs)) seen.add(tensor);
        return outputs;
      },
    };
    await steps(watching, 8);
    // two of each: the one read and the one written
    expect(seen.size).toBeLessThanOrEqual(2 * graph.outputs.length);
    await executor.release();
  });

  it('refuse inputs that are missing, unknown or of another length, on either runtime', async () => {
    for (const backend of ['ort-cpu', 'tfjs-wasm'] as const) {
      const executor = await createExecutor(graph, backend);
      const whole = firstInputs();
      const { step: _, ...without } = whole;
      await expect(executor.run(without)).rejects.toThrow('graph input "step"');
      await expect(executor.run({ ...whole, other: new Float32Array(1) })).rejects.toThrow('no such input');
      await expect(executor.run({ ...whole, step: new Float32Array(2) })).rejects.toThrow('2 numbers given');
      await executor.release();
    }
    expect(data.has('truth.1')).toBe(true);
  });
});

describe('a backend', () => {
  it('that was asked for and is there is taken, and auto says why', async () => {
    expect(await resolveBackend('ort-cpu')).toMatchObject({ backend: 'ort-cpu', device: 'cpu' });
    expect(await resolveBackend('tfjs-wasm')).toMatchObject({ backend: 'tfjs-wasm', device: 'cpu' });
    const { backend, why } = await resolveBackend('auto');
    expect(['ort-cpu', 'ort-webgpu', 'ort-cuda']).toContain(backend);
    expect(why).not.toBe('');
  });

  it.each([
    ['tfjs-node', 'npm install @tensorflow/tfjs-node@4.22.0'],
    ['tfjs-node-gpu', 'npm install @tensorflow/tfjs-node-gpu@4.22.0'],
    ['ort-cuda', 'ONNXRUNTIME_NODE_INSTALL=cuda12'],
  ] as const)('%s that is not there is an error that says what to do', async (asked, advice) => {
    const error: unknown = await resolveBackend(asked).then(
      ({ backend }) => backend,
      (reason: unknown) => reason,
    );
    // where the machine has it, it is the one that is taken
    if (error === asked) return;
    expect(isPlumeError(error) && error.tag).toBe('resources');
    expect(String(error)).toContain(`backend "${asked}"`);
    expect(String(error)).toContain(advice);
  });

  it('of an unknown name is refused with the names there are', () => {
    expect(() => parseBackendName('gpu')).toThrow(/"gpu": no such backend; expected one of auto, ort-cpu/);
  });
});
