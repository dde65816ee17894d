/** Training losses as graphs, against their definitions in plain loops and the scores of the evaluation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crpsEnsemble } from '../../evaluation/scores/crps.js';
import { crpsGaussian } from '../../evaluation/scores/crpsGaussian.js';
import { gaussianKl } from '../../models/bayesian/posteriors/gaussian.js';
import { inverseSoftplus, klDivergence, softplus } from '../../models/bayesian/posteriors/meanField.js';
import {
  almostFairCrps,
  gaussianCrps,
  gaussianNegativeLogLikelihood,
  meanSquaredError,
} from '../../models/bayesian/training/losses.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import type { Graph } from '../../models/graph/graph.js';
import { createOnnxExecutor, tensorData } from '../../models/graph/onnxExecutor.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues } from './bayesianFixture.js';

const samples = 2;
const points = 3;
/** Mean 1, as cell areas are. */
const area = Float32Array.of(0.5, 1, 1.5);

function crpsGraph(M: number, alpha: number): Graph {
  const b = new GraphBuilder();
  const members = b.input('members', [M, samples, points]);
  const truth = b.input('truth', [samples, points]);
  b.output('crps', almostFairCrps(b, members, truth, b.constant(area, [points]), alpha));
  return b.build();
}

/** Lang et al. 2024, eq. 4: the sum over ordered pairs, area mean over points, mean over samples. */
function definition(members: Float32Array, truth: Float32Array, M: number, alpha: number): number {
  const epsilon = (1 - alpha) / M;
  let total = 0;
  for (let s = 0; s < samples; s++) {
    for (let p = 0; p < points; p++) {
      const y = truth[s * points + p]!;
      const x = Array.from({ length: M }, (_, m) => members[(m * samples + s) * points + p]!);
      let sum = 0;
      for (let j = 0; j < M; j++) {
        for (let k = 0; k < M; k++) {
          if (j === k) continue;
          sum += Math.abs(x[j]! - y) + Math.abs(x[k]! - y) - (1 - epsilon) * Math.abs(x[j]! - x[k]!);
        }
      }
      total += (area[p]! * sum) / (2 * M * (M - 1));
    }
  }
  return total / (samples * points);
}

const number = fc.float({ min: -5, max: 5, noNaN: true });
const vector = (length: number) =>
  fc.array(number, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));

describe.each([2, 3, 4, 5, 6])('almost-fair CRPS of %i members', (M) => {
  it('equals the sum over pairs that defines it, in float64 and by ONNX Runtime', async () => {
    for (const alpha of [0.95, 0]) {
      const graph = crpsGraph(M, alpha);
      const executor = await createOnnxExecutor(graph, { device: 'cpu' });
      await fc.assert(
        fc.asyncProperty(vector(M * samples * points), vector(samples * points), async (members, truth) => {
          const expected = definition(members, truth, M, alpha);
          expect(runReference(graph, { members, truth }).crps![0]).toBeCloseTo(expected, 6);
          expect(tensorData((await executor.run({ members, truth })).crps)[0]).toBeCloseTo(expected, 4);
        }),
        { numRuns: 15 },
      );
      await executor.release();
    }
  });

  it('is the fair CRPS of the evaluation where α is 1', () => {
    const members = randomValues(M * samples * points, M);
    const truth = randomValues(samples * points, 50 + M);
    const fair = crpsEnsemble(members, M, truth);
    const expected = fair.reduce((sum, score, i) => sum + score * area[i % points]!, 0) / fair.length;
    expect(runReference(crpsGraph(M, 1), { members, truth }).crps![0]).toBeCloseTo(expected, 6);
  });
});

describe('losses without pairs', () => {
  it('are area-weighted means of squared errors and negative log likelihoods; a lone member is scored by its distance', () => {
    const b = new GraphBuilder();
    const forecast = b.input('forecast', [1, samples, points]);
    const sigma = b.input('sigma', [1, samples, points]);
    const truth = b.input('truth', [samples, points]);
    const weights = b.constant(area, [points]);
    b.output('squared', meanSquaredError(b, forecast, truth, weights));
    b.output('likelihood', gaussianNegativeLogLikelihood(b, forecast, sigma, truth, weights));
    b.output('crps', almostFairCrps(b, forecast, truth, weights, 0.95));
    const errors = [1, 2, 3, 1, -1, -3];
    const sigmas = [0.5, 1, 2, 3, 0.25, 1];
    const found = runReference(b.build(), {
      forecast: [1, 2, 3, 0, 0, 0],
      truth: [0, 0, 0, -1, 1, 3],
      sigma: sigmas,
    });
    const mean = (of: (i: number) => number) =>
      errors.reduce((sum, _, i) => sum + area[i % points]! * of(i), 0) / errors.length;
    expect(found.squared![0]).toBeCloseTo(
      mean((i) => errors[i]! ** 2),
      5,
    );
    expect(found.crps![0]).toBeCloseTo(
      mean((i) => Math.abs(errors[i]!)),
      5,
    );
    const density = (i: number) =>
      Math.exp(-0.5 * (errors[i]! / sigmas[i]!) ** 2) / (sigmas[i]! * Math.sqrt(2 * Math.PI));
    const expected = mean((i) => -Math.log(density(i)) - 0.5 * Math.log(2 * Math.PI));
    expect(found.likelihood![0]).toBeCloseTo(expected, 5);
  });
});

describe('the CRPS of Gaussians', () => {
  const b = new GraphBuilder();
  const shape = [1, samples, points];
  const forecast = b.input('forecast', shape);
  const sigma = b.input('sigma', shape);
  const loss = gaussianCrps(
    b,
    forecast,
    sigma,
    b.input('truth', [samples, points]),
    b.constant(area, [points]),
  );
  b.output('crps', loss);
  gradient(b, loss, [forecast, sigma]).forEach((value, i) => {
    b.output(['by forecast', 'by sigma'][i]!, value);
  });
  const graph = b.build();
  const inputs = {
    forecast: [0, 1, -2, 0.5, 3, 0],
    sigma: [0.1, 1, 2, 0.5, 0.3, 4],
    truth: [0.05, -1, -2, 0.4, 1, 9],
  };

  it('is ∫ (F(x) − 1{x ≥ y})² dx, by the trapezoidal rule, and what the evaluation says', () => {
    const integral = (mean: number, width: number, truth: number): number => {
      // the distribution function itself by the same rule, from its density
      const steps = 40_000;
      const [low, high] = [Math.min(mean, truth) - 9 * width, Math.max(mean, truth) + 9 * width];
      const h = (high - low) / steps;
      let below = 0;
      let sum = 0;
      for (let i = 0; i <= steps; i++) {
        const x = low + i * h;
        const density = (at: number) =>
          Math.exp(-0.5 * ((at - mean) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
        if (i > 0) below += (h * (density(x - h) + density(x))) / 2;
        sum += h * (below - (x >= truth ? 1 : 0)) ** 2;
      }
      return sum;
    };
    const found = runReference(graph, inputs).crps![0]!;
    const mean = (score: (i: number) => number) =>
      inputs.truth.reduce((sum, _, i) => sum + area[i % points]! * score(i), 0) / inputs.truth.length;
    const of = (score: (mean: number, width: number, truth: number) => number) =>
      mean((i) => score(inputs.forecast[i]!, inputs.sigma[i]!, inputs.truth[i]!));
    expect(Math.abs(found - of(integral))).toBeLessThan(1e-3);
    expect(found).toBeCloseTo(of(crpsGaussian), 6);
  });

  it('has the gradient of central differences, which does not grow with the distance', () => {
    const found = runReference(graph, inputs);
    const only = { ...graph, outputs: graph.outputs.slice(0, 1) };
    for (const name of ['forecast', 'sigma'] as const) {
      inputs[name].forEach((value, i) => {
        const at = (change: number): number =>
          runReference(only, {
            ...inputs,
            [name]: inputs[name].map((v, j) => (i === j ? value + change : v)),
          }).crps![0]!;
        const expected = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(found[`by ${name}`]![i], `${name} ${i}`).toBeCloseTo(expected, 5);
      });
    }
    const far = runReference(graph, { ...inputs, truth: inputs.truth.map((value) => value + 1e3) });
    far['by forecast']!.forEach((value, i) => {
      expect(value).toBeCloseTo(-area[i % points]! / inputs.truth.length, 6);
    });
  });
});

it('the divergence in the training graph is that of the posterior', () => {
  const count = 7;
  const [mean, rho, centre] = [randomValues(count, 1), randomValues(count, 2), randomValues(count, 3)];
  rho[0] = inverseSoftplus(0.01);
  const b = new GraphBuilder();
  const kl = gaussianKl(
    b,
    b.input('mean', [count]),
    b.input('sigma', [count]),
    b.input('centre', [count]),
    0.3,
  );
  b.output('kl', kl);
  const found = runReference(b.build(), { mean, sigma: Array.from(rho, softplus), centre }).kl![0]!;
  const shape = [count];
  const expected = klDivergence(
    { mean: new Map([['w', { shape, values: mean }]]), rho: new Map([['w', { shape, values: rho }]]) },
    new Map([['w', { shape, values: centre }]]),
    new Map([['w', 0.3]]),
  );
  expect(found / expected).toBeCloseTo(1, 6);
});
