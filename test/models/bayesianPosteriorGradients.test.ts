/** Gradients through the reparameterisation and of the divergence, and what training finds where there are no data. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import { DropoutFamily } from '../../models/bayesian/posteriors/dropout.js';
import { MeanFieldFamily, softplus } from '../../models/bayesian/posteriors/meanField.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { RankOneFamily } from '../../models/bayesian/posteriors/rankOne.js';
import type { WeightFamily } from '../../models/bayesian/posteriors/weightFamily.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { loadTfjs, runTfjs, type Tfjs, tfjsGradients } from '../../models/graph/tfjsExecutor.js';
import { centralDifferences, relativeError } from './graphCases.js';
import { familyGraph, movedTensors, priorSigmas, smallNetwork, trainedWeights } from './posteriorFixture.js';

const start = { initialSigma: 0.4, priorSigma: 0.6, floor: 0.01 };
const rate = 0.3;
const families: readonly WeightFamily[] = [
  new PointFamily(smallNetwork),
  new MeanFieldFamily(smallNetwork, start),
  new RankOneFamily(smallNetwork, start),
  new DropoutFamily(smallNetwork, rate),
];

let tfjs: Tfjs;
beforeAll(async () => {
  tfjs = await loadTfjs('cpu');
});

describe.each(families)('the gradient of the $kind family', (family) => {
  const samples = family.kind === 'point' ? 1 : 3;
  const { graph, inputs } = familyGraph(family, samples);
  const names = [...family.trainable.keys()];

  it('of the loss with its divergence agrees with central differences to 1e-6', () => {
    const outputs = runReference(graph, inputs);
    for (const name of names) {
      const expected = centralDifferences({ graph, inputs, wrt: [name] }, name);
      expect(relativeError(outputs[`gradient.${name}`]!, expected), name).toBeLessThan(1e-6);
      expect(
        expected.some((value) => Math.abs(value) > 1e-4),
        name,
      ).toBe(true);
    }
  });

  it('is what the autodiff of TensorFlow.js finds', async () => {
    const reference = runReference(graph, inputs);
    const forward = await runTfjs(tfjs, graph, inputs);
    const own = await tfjsGradients(tfjs, graph, 'loss', names, inputs);
    expect(forward.loss![0]! / reference.loss![0]!).toBeCloseTo(1, 5);
    for (const name of names) {
      expect(relativeError(own[name]!, reference[`gradient.${name}`]!), name).toBeLessThan(1e-5);
      expect(relativeError(forward[`gradient.${name}`]!, reference[`gradient.${name}`]!), name).toBeLessThan(
        1e-5,
      );
    }
  });
});

/** The trainable tensors where the divergence is smallest: Adam in float64, from anywhere. */
function withoutData(family: WeightFamily): { tensors: Tensors; divergence: number } {
  const b = new GraphBuilder();
  const values = new Map([...family.trainable].map(([name, shape]) => [name, b.input(name, shape)]));
  const prior = new Map(
    [...trainedWeights].map(([name, { shape, values: centre }]) => [name, b.constant(centre, shape)]),
  );
  const kl = family.divergence(b, values, prior, priorSigmas)!;
  b.output('kl', kl);
  const names = [...values.keys()];
  gradient(b, kl, [...values.values()]).forEach((value, i) => {
    b.output(names[i]!.replaceAll('.', '/'), value);
  });
  const graph = b.build();
  const now = Object.fromEntries(
    [...movedTensors(family, 500)].map(([name, { values: numbers }]) => [name, Float64Array.from(numbers)]),
  );
  const first = Object.fromEntries(names.map((name) => [name, new Float64Array(now[name]!.length)]));
  const second = Object.fromEntries(names.map((name) => [name, new Float64Array(now[name]!.length)]));
  const steps = 1500;
  for (let t = 1; t <= steps; t++) {
    const outputs = runReference(graph, now);
    for (const name of names) {
      const slope = outputs[name.replaceAll('.', '/')]!;
      const learningRate = 0.05 * (1 - t / (steps + 1));
      now[name] = now[name]!.map((value, i) => {
        first[name]![i] = 0.9 * first[name]![i]! + 0.1 * slope[i]!;
        second[name]![i] = 0.999 * second[name]![i]! + 0.001 * slope[i]! ** 2;
        const size = Math.sqrt(second[name]![i]! / (1 - 0.999 ** t)) + 1e-12;
        return value - (learningRate * first[name]![i]!) / (1 - 0.9 ** t) / size;
      });
    }
  }
  const tensors = new Map(
    names.map((name): [string, Tensor] => [
      name,
      { shape: family.trainable.get(name)!, values: Float32Array.from(now[name]!) },
    ]),
  );
  return { tensors, divergence: runReference(graph, now).kl![0]! };
}

describe('where there are no data', () => {
  const closeTo = (found: Float32Array, expected: (i: number) => number, what: string): void => {
    const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected(i))), 0);
    expect(worst, what).toBeLessThan(2e-3);
  };

  it('the mean-field posterior is its prior', () => {
    const { tensors, divergence } = withoutData(new MeanFieldFamily(smallNetwork, start));
    expect(divergence).toBeGreaterThan(-1e-6);
    expect(divergence).toBeLessThan(1e-4);
    for (const [name, sigma] of priorSigmas) {
      closeTo(tensors.get(`mean.${name}`)!.values, (i) => trainedWeights.get(name)!.values[i]!, name);
      closeTo(tensors.get(`rho.${name}`)!.values.map(softplus), () => sigma, name);
    }
  });

  it('the factors of the rank-one posterior are N(1, σ_p²), and the matrices have not moved', () => {
    const family = new RankOneFamily(smallNetwork, start);
    const { tensors, divergence } = withoutData(family);
    expect(divergence).toBeGreaterThan(-1e-6);
    expect(divergence).toBeLessThan(1e-4);
    for (const [name, { values }] of tensors) {
      if (name.includes('put_mean.')) closeTo(values, () => 1, name);
      if (name.includes('put_rho.')) closeTo(values.map(softplus), () => start.priorSigma, name);
      if (name.startsWith('mean.')) expect(values).toEqual(movedTensors(family, 500).get(name)!.values);
    }
  });

  it('what dropout keeps of a matrix is the centre of its prior', () => {
    const { tensors, divergence } = withoutData(new DropoutFamily(smallNetwork, rate));
    expect(divergence).toBeLessThan(1e-4);
    for (const name of priorSigmas.keys()) {
      const unit = (i: number): boolean => name === 'b.weight' && Math.floor(i / 2) % 4 < 3;
      const kept = tensors.get(`mean.${name}`)!.values.map((m, i) => (unit(i) ? m / (1 - rate) : m));
      closeTo(kept, (i) => trainedWeights.get(name)!.values[i]!, name);
    }
  });
});
