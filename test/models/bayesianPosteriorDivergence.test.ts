/** Divergences of the families, as their graphs write them, against Monte-Carlo estimates of E_q[ln q − ln p]. */
import { describe, expect, it } from 'vitest';
import type { Tensors } from '../../core/store/tensorFile.js';
import { DropoutFamily } from '../../models/bayesian/posteriors/dropout.js';
import { gaussianKlOf, logDensityOf, logPriorOf } from '../../models/bayesian/posteriors/gaussian.js';
import { MeanFieldFamily, softplus } from '../../models/bayesian/posteriors/meanField.js';
import { RankOneFamily } from '../../models/bayesian/posteriors/rankOne.js';
import type { WeightFamily } from '../../models/bayesian/posteriors/weightFamily.js';
import { elements } from '../../models/graph/graph.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { familyGraph, movedTensors, priorSigmas, smallNetwork, trainedWeights } from './posteriorFixture.js';

const start = { initialSigma: 0.4, priorSigma: 0.6, floor: 0.01 };
const draws = 4000;

function graphDivergence(family: WeightFamily, tensors: Tensors): number {
  const { graph, inputs } = familyGraph(family, 1, tensors);
  return runReference(graph, inputs).kl![0]!;
}

/** Within four standard errors of the mean of the draws, and that error is small against the value. */
function expectMean(values: readonly number[], expected: number): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const error = Math.sqrt(variance / values.length);
  expect(error).toBeLessThan(0.05 * Math.abs(expected));
  expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
}

describe('the divergence of a family', () => {
  it('mean-field: is the mean of ln q − ln p over weight samples, and its closed form', () => {
    const family = new MeanFieldFamily(smallNetwork, start);
    const tensors = movedTensors(family);
    const expected = graphDivergence(family, tensors);
    const posterior = family.posterior(tensors);
    const part = (kind: string, name: string) => tensors.get(`${kind}.${name}`)!.values;
    const found = Array.from({ length: draws }, (_, weightSample) => {
      const weights = posterior.sample({ seed: 3, weightSample });
      let sum = 0;
      for (const [name, sigma] of priorSigmas) {
        const { values } = weights.get(name)!;
        sum += logDensityOf(values, part('mean', name), part('rho', name));
        sum -= logPriorOf(values, trainedWeights.get(name)!.values, sigma);
      }
      return sum;
    });
    expectMean(found, expected);
    let closed = 0;
    for (const [name, sigma] of priorSigmas)
      closed += gaussianKlOf(part('mean', name), part('rho', name), trainedWeights.get(name)!.values, sigma);
    expect(expected / closed).toBeCloseTo(1, 6);
  });

  it('rank-one: is the mean of ln q − ln p over its factors, and its closed form', () => {
    const family = new RankOneFamily(smallNetwork, start);
    const tensors = movedTensors(family);
    const expected = graphDivergence(family, tensors);
    const shapes = [...family.drawShapes(1)];
    expect(shapes.map(([name]) => name)).toEqual([
      'draw.input.a.weight',
      'draw.output.a.weight',
      'draw.input.b.weight',
      'draw.output.b.weight',
    ]);
    const factor = (name: string) => {
      const [, side = '', ...rest] = name.split('.');
      const of = (part: string) => tensors.get(`${side}_${part}.${rest.join('.')}`)!.values;
      return { mean: of('mean'), rho: of('rho') };
    };
    const found = Array.from({ length: draws }, (_, step) => {
      let sum = 0;
      for (const [name, shape] of shapes) {
        const { mean, rho } = factor(name);
        const values = new Float32Array(elements(shape));
        family.fillDraw({ seed: 3, stage: 1, step }, name, values);
        for (let i = 0; i < values.length; i++) values[i] = mean[i]! + softplus(rho[i]!) * values[i]!;
        sum += logDensityOf(values, mean, rho) - logPriorOf(values, 1, start.priorSigma);
      }
      return sum;
    });
    expectMean(found, expected);
    const closed = shapes.reduce((sum, [name]) => {
      const { mean, rho } = factor(name);
      return sum + gaussianKlOf(mean, rho, 1, start.priorSigma);
    }, 0);
    expect(expected / closed).toBeCloseTo(1, 6);
  });

  it('dropout: is the mean of −ln p over its masks, but for the part that does not depend on the weights', () => {
    const rate = 0.3;
    const family = new DropoutFamily(smallNetwork, rate);
    const tensors = movedTensors(family);
    const posterior = family.posterior(tensors);
    // p Σ m₀² / 2σ_p² of the rows that are dropped: three of four in both taps
    let dropped = 0;
    trainedWeights.get('b.weight')!.values.forEach((centre, i) => {
      if (Math.floor(i / 2) % 4 < 3)
        dropped += (rate * centre ** 2) / (2 * priorSigmas.get('b.weight')! ** 2);
    });
    const found = Array.from({ length: draws }, (_, weightSample) => {
      const weights = posterior.sample({ seed: 3, weightSample });
      let sum = -dropped;
      for (const [name, sigma] of priorSigmas) {
        const centre = trainedWeights.get(name)!.values;
        // −ln p without ln σ_p and ½ ln 2π
        sum += logPriorOf(centre, centre, sigma) - logPriorOf(weights.get(name)!.values, centre, sigma);
      }
      return sum;
    });
    expectMean(found, graphDivergence(family, tensors));
  });
});
