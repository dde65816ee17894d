/** Families of posteriors that are learned by gradient: their graphs against plain loops, and the draws of training. */
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import {
  inverseSoftplus,
  klDivergence,
  MeanFieldFamily,
  openMeanField,
  softplus,
} from '../../models/bayesian/posteriors/meanField.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { elements, type Shape } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues } from './bayesianFixture.js';

const parameters = new Map<string, Shape>([
  ['in.weight', [3, 4]],
  ['in.bias', [1, 4]],
  ['scale', [1, 2]],
]);
const network = { parameters, isRandom: (name: string) => name !== 'scale' };
const trained: Tensors = new Map(
  [...parameters].map(([name, shape], i): [string, Tensor] => [
    name,
    { shape, values: randomValues(elements(shape), 10 + i) },
  ]),
);
const first = { initialSigma: 0.2, floor: 0.01 };

describe('the point family', () => {
  const family = new PointFamily(network);

  it('starts at the trained weights, one set of them, and draws nothing', () => {
    const tensors = family.start(trained);
    expect([...family.trainable.keys()]).toEqual(['mean.in.weight', 'mean.in.bias', 'mean.scale']);
    expect(family.drawShapes()).toEqual(new Map());
    expect(family.divergence()).toBeUndefined();
    const posterior = family.posterior(tensors);
    expect(posterior.mean()).toEqual(trained);
    expect(posterior.sample({ seed: 1, weightSample: 3 })).toEqual(trained);
    const b = new GraphBuilder();
    const values = new Map([...family.trainable].map(([name, shape]) => [name, b.input(name, shape)]));
    const shapes = [...family.weights(b, values)].map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([...parameters].map(([name, shape]) => [name, [1, ...shape]]));
  });
});

describe('the mean-field family', () => {
  const family = new MeanFieldFamily(network, first);
  const samples = 3;
  const tensors = new Map(family.start(trained));
  for (const [name, { shape, values }] of tensors) {
    const moved = randomValues(values.length, 77).map((z, i) => values[i]! + 0.1 * z);
    tensors.set(name, { shape, values: moved });
  }

  it('trains a mean of every tensor and a width of the random ones', () => {
    expect([...family.trainable.keys()]).toEqual([
      'mean.in.weight',
      'mean.in.bias',
      'mean.scale',
      'rho.in.weight',
      'rho.in.bias',
    ]);
    expect([...family.drawShapes(samples)]).toEqual([
      ['draw.in.weight', [samples, 3, 4]],
      ['draw.in.bias', [samples, 1, 4]],
    ]);
  });

  it('starts with σ relative to the size of the trained tensor', () => {
    const { values } = trained.get('in.weight')!;
    const size = Math.sqrt(values.reduce((sum, w) => sum + w * w, 0) / values.length);
    for (const rho of family.start(trained).get('rho.in.weight')!.values) {
      expect(softplus(rho)).toBeCloseTo(0.2 * size, 6);
    }
    const zeros = new Map(
      [...trained].map(([name, { shape }]): [string, Tensor] => [
        name,
        { shape, values: new Float32Array(elements(shape)) },
      ]),
    );
    expect(softplus(family.start(zeros).get('rho.in.bias')!.values[0]!)).toBeCloseTo(0.2 * 0.01, 8);
  });

  it('writes weights μ + softplus(ρ) ⊙ draw and the divergence of its random tensors', () => {
    const b = new GraphBuilder();
    const inputs: Record<string, Float32Array> = {};
    const input = (name: string, shape: Shape, values: Float32Array) => {
      inputs[name] = values;
      return b.input(name, shape);
    };
    const values = new Map(
      [...family.trainable].map(([name, shape]) => [name, input(name, shape, tensors.get(name)!.values)]),
    );
    const draws = new Map(
      [...family.drawShapes(samples)].map(([name, shape], i) => [
        name,
        input(name, shape, randomValues(elements(shape), 50 + i)),
      ]),
    );
    const prior = new Map(
      [...parameters].map(([name, shape]) => [
        name,
        input(`prior.${name}`, shape, trained.get(name)!.values),
      ]),
    );
    const sigmas = new Map([
      ['in.weight', 0.3],
      ['in.bias', 0.7],
    ]);
    for (const [name, value] of family.weights(b, values, draws)) b.output(`weight.${name}`, value);
    b.output('kl', family.divergence(b, values, prior, sigmas)!);
    const outputs = runReference(b.build(), inputs);
    for (const [name, shape] of parameters) {
      const size = elements(shape);
      const found = outputs[`weight.${name}`]!;
      expect(found).toHaveLength(name === 'scale' ? size : samples * size);
      found.forEach((value, i) => {
        const rho = tensors.get(`rho.${name}`)?.values[i % size];
        const draw = inputs[`draw.${name}`]?.[i] ?? 0;
        const mean = tensors.get(`mean.${name}`)!.values[i % size]!;
        expect(value).toBeCloseTo(rho === undefined ? mean : mean + softplus(rho) * draw, 9);
      });
    }
    const part = (prefix: string) =>
      new Map(
        [...tensors]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, t]) => [name.slice(prefix.length), t]),
      );
    const expected = klDivergence({ mean: part('mean.'), rho: part('rho.') }, trained, sigmas);
    expect(outputs.kl![0]! / expected).toBeCloseTo(1, 6);
  });

  it('draws the numbers of a step from streams 1, 2, … of its stage, in the order of the random tensors', () => {
    const found = new Float32Array(samples * 4);
    family.fillDraw({ seed: 6, stage: 1, step: 40 }, 'draw.in.bias', found);
    const expected = new Float32Array(samples * 4);
    normals({ seed: 6, weightSample: 1, noiseStream: 2, purpose: 'training', step: 40 }, expected);
    expect(found).toEqual(expected);
  });

  it('stands for a posterior whose samples are μ + σ · normals of the tensor’s place', () => {
    const posterior = family.posterior(tensors);
    const weights = posterior.sample({ seed: 9, weightSample: 4 });
    const draw = new Float32Array(4);
    normals({ seed: 9, weightSample: 4, noiseStream: 0, purpose: 'weights', step: 1 }, draw);
    const { values: mean } = tensors.get('mean.in.bias')!;
    const { values: rho } = tensors.get('rho.in.bias')!;
    expect(weights.get('in.bias')!.values).toEqual(
      Float32Array.from(mean, (m, i) => m + softplus(rho[i]!) * draw[i]!),
    );
    expect(weights.get('scale')).toEqual(tensors.get('mean.scale'));
    expect(posterior.mean().get('in.bias')).toEqual(tensors.get('mean.in.bias'));
    expect(openMeanField(new Map([['mean.a', { shape: [1], values: Float32Array.of(2) }]])).mean().size).toBe(
      1,
    );
    expect(softplus(inverseSoftplus(0.3))).toBeCloseTo(0.3, 12);
  });
});
