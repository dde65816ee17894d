/** One training step as a graph: its loss against rollouts and scores computed member by member, its averages, its rates. */
import { describe, expect, it } from 'vitest';
import { pointWeights } from '../../core/grid.js';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { buildForecastStep } from '../../models/bayesian/model.js';
import { MeanFieldFamily, softplus } from '../../models/bayesian/posteriors/meanField.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import type { Phase, Stage, StageName } from '../../models/bayesian/training/stages.js';
import { buildTrainingStep } from '../../models/bayesian/training/stepGraph.js';
import { elements } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues, tinyNetwork, tinySchema } from './bayesianFixture.js';

const schema = tinySchema({ rows: 3, columns: 4, channels: 2 });
const { network } = tinyNetwork(schema);
const n = network.stateLength;
const points = n / 2;
const phase: Phase = { steps: 1, rollout: 2, batch: 2 };
const sampleCount = 37;
const priorSigma = new Map([...network.parameters.keys()].map((name, i) => [name, 0.1 + 0.05 * i]));

function stageOf(name: StageName, weightSamples: number, noiseStreams: number): Stage {
  return {
    name,
    phases: [phase],
    weightSamples,
    noiseStreams,
    learningRate: 1,
    warmUpSteps: 1,
    linearRate: 0.5,
    matrixRate: 1,
    rhoRate: 3,
    amplitudeRate: 0,
    weightDecay: 0,
    clipNorm: 1e9,
    dropout: 0,
    beta: 0.25,
    alpha: 1,
    initialError: 0,
    leadWeights: [1, 3],
    averageDecay: 0.9,
  };
}

/** The step's graph, and inputs of it that keep activations near 1. */
function stepOf(stage: Stage) {
  const family =
    stage.name === 'deterministic'
      ? new PointFamily(network)
      : new MeanFieldFamily(network, { initialSigma: 0.1, floor: 0.02 });
  const step = buildTrainingStep(network, family, stage, phase, { sampleCount, sigma: priorSigma });
  const inputs: Record<string, Float32Array> = {};
  const byName = step.graph.inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  byName.forEach(({ name, value }, i) => {
    const length = elements(value.shape);
    const fan = name.endsWith('.weight') ? (value.shape.at(-2) ?? 1) : 4;
    const size = /^(mean|average|prior)\./.test(name) ? Math.sqrt(1 / fan) : 1;
    inputs[name] = randomValues(length, i, size);
    if (name.startsWith('rho.')) inputs[name].fill(-4);
    if (/^(first|second)\./.test(name)) inputs[name].fill(0);
  });
  // amplitudes away from zero: a likelihood divides by them
  inputs['mean.amplitude.bias']!.fill(3);
  inputs['mean.local.out.weight'] = inputs['mean.local.out.weight']!.map((value) => 0.2 * value);
  inputs.learning_rate = Float32Array.of(1e-3);
  inputs.step = Float32Array.of(1);
  inputs.average_decay = Float32Array.of(0.75);
  return { ...step, inputs, outputs: runReference(step.graph, inputs) };
}

interface Forecast {
  readonly state: Float64Array;
  readonly amplitude: Float64Array;
}

/** The states after each step of the rollout of one member, by the forecast graph of a single row. */
function rollout(
  stage: Stage,
  inputs: Readonly<Record<string, Float32Array>>,
  { k, j, sample }: { k: number; j: number; sample: number },
): Forecast[] {
  const graph = buildForecastStep(network, 1, 1);
  const part = (name: string, at: number, size: number) =>
    Float64Array.from(inputs[name]!.subarray(at * size, (at + 1) * size));
  const weights: Record<string, Float64Array> = {};
  for (const [name, shape] of network.parameters) {
    const size = elements(shape);
    const draw = inputs[`draw.${name}`];
    weights[`weight.${name}`] = Float64Array.from(inputs[`mean.${name}`]!, (mean, i) =>
      draw === undefined ? mean : mean + softplus(inputs[`rho.${name}`]![i]!) * draw[k * size + i]!,
    );
  }
  let [newest, previous] = [part('state.0', sample, n), part('state.1', sample, n)];
  const row = (k * stage.noiseStreams + j) * phase.batch + sample;
  return Array.from({ length: phase.rollout }, (_, s) => {
    const season = part(`season.${s}`, sample, 3);
    const { increment, amplitude } = runReference(graph, {
      ...weights,
      'state.0': newest,
      'state.1': previous,
      season,
    });
    const noise =
      inputs[`pattern.${s}`] === undefined ? new Float64Array(points) : part(`pattern.${s}`, row, points);
    const next = newest.map((x, i) => {
      return x + increment![i]! + (stage.name === 'aleatoric' ? amplitude![i]! * noise[i % points]! : 0);
    });
    [newest, previous] = [next, newest];
    return { state: next, amplitude: amplitude! };
  });
}

/** Σ_s w_s · mean over samples and area of a score of all members at each point, Σ w_s = 1 with w = 1 : 3. */
function scored(
  stage: Stage,
  inputs: Readonly<Record<string, Float32Array>>,
  score: (members: Forecast[], truth: Float32Array, i: number) => number,
): number {
  const area = pointWeights(schema.grid);
  let total = 0;
  for (let sample = 0; sample < phase.batch; sample++) {
    const all: Forecast[][] = [];
    for (let k = 0; k < stage.weightSamples; k++) {
      for (let j = 0; j < stage.noiseStreams; j++) all.push(rollout(stage, inputs, { k, j, sample }));
    }
    for (let s = 0; s < phase.rollout; s++) {
      const truth = inputs[`truth.${s}`]!.subarray(sample * n, (sample + 1) * n);
      const members = all.map((member) => member[s]!);
      for (let i = 0; i < n; i++) {
        total += ((s === 0 ? 0.25 : 0.75) * area[i % points]! * score(members, truth, i)) / (n * phase.batch);
      }
    }
  }
  return total;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a training step', () => {
  it.each([
    { loss: 'l1', size: (error: number) => Math.abs(error) },
    { loss: 'mse', size: (error: number) => error ** 2 },
  ] as const)('of the deterministic stage minimises the error of the rollout, $loss', ({ loss, size }) => {
    const stage: Stage = { ...stageOf('deterministic', 1, 1), loss };
    const { inputs, outputs } = stepOf(stage);
    const expected = scored(stage, inputs, ([member], truth, i) => size(member!.state[i]! - truth[i]!));
    expect(outputs.fit![0]! / expected).toBeCloseTo(1, 5);
    expect(outputs.loss![0]).toBe(outputs.fit![0]);
  });

  it('weighs the channels as asked, and tells the error of each before that', () => {
    const stage: Stage = { ...stageOf('deterministic', 1, 1), variableWeights: { msl: 3, z500: 0.5 } };
    const { inputs, outputs } = stepOf(stage);
    const channel = (c: number) =>
      2 *
      scored(stage, inputs, ([member], truth, i) =>
        Math.floor(i / points) === c ? Math.abs(member!.state[i]! - truth[i]!) : 0,
      );
    expect(outputs.fit_by_channel![0]! / channel(0)).toBeCloseTo(1, 5);
    expect(outputs.fit_by_channel![1]! / channel(1)).toBeCloseTo(1, 5);
    expect(outputs.fit![0]! / ((3 * channel(0) + 0.5 * channel(1)) / 2)).toBeCloseTo(1, 5);
  });

  it('of the epistemic stage minimises the Gaussian likelihood of each weight sample, and the divergence', () => {
    const stage = stageOf('epistemic', 3, 1);
    const { inputs, outputs } = stepOf(stage);
    const expected = scored(stage, inputs, (members, truth, i) =>
      mean(
        members.map(
          ({ state, amplitude }) =>
            ((state[i]! - truth[i]!) / amplitude[i]!) ** 2 / 2 + Math.log(amplitude[i]!),
        ),
      ),
    );
    expect(outputs.fit![0]! / expected).toBeCloseTo(1, 5);
    expect((outputs.loss![0]! - outputs.fit![0]!) / ((0.25 * outputs.kl![0]!) / sampleCount)).toBeCloseTo(
      1,
      5,
    );
    expect(outputs.kl![0]).toBeGreaterThan(0);
  });

  it('of the aleatoric stage minimises the CRPS of all weight samples and noise streams', () => {
    const stage = stageOf('aleatoric', 2, 2);
    const { inputs, outputs } = stepOf(stage);
    const expected = scored(stage, inputs, (members, truth, i) => {
      const values = Float64Array.from(members, ({ state }) => state[i]!);
      return crpsEnsemble(values, values.length, truth.subarray(i, i + 1))[0]!;
    });
    expect(outputs.fit![0]! / expected).toBeCloseTo(1, 5);
    expect((outputs.loss![0]! - outputs.fit![0]!) / ((0.25 * outputs.kl![0]!) / sampleCount)).toBeCloseTo(
      1,
      5,
    );
  });

  it('moves every tensor by its rate and the average towards it', () => {
    const { inputs, outputs, trainable } = stepOf(stageOf('epistemic', 1, 1));
    for (const name of trainable) {
      const next = outputs[`next.${name}`]!;
      const moved = next.reduce((most, value, i) => Math.max(most, Math.abs(value - inputs[name]![i]!)), 0);
      // the first step of Adam is the learning rate, whatever the gradient
      const factor = name.startsWith('rho.')
        ? 3
        : name.endsWith('linear.weight')
          ? 0.5
          : name.endsWith('amplitude.bias')
            ? 0
            : 1;
      expect(moved, name).toBeCloseTo(factor * 1e-3, 6);
      outputs[`next.average.${name}`]!.forEach((value, i) => {
        expect(value).toBeCloseTo(0.75 * inputs[`average.${name}`]![i]! + 0.25 * next[i]!, 6);
      });
    }
  });
});
