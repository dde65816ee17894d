/** Deep ensembles on linear regression: what starts leave open, and samples of the exact posterior. */
import { describe, expect, it } from 'vitest';
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { normals } from '../../core/random/stream.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { mixture } from '../../models/bayesian/posteriors/mixture.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { linearNetwork } from '../../notebooks/regression/network.js';
import { startWeights, trainFamily } from '../../notebooks/regression/training.js';
import { exactPosterior, linearProblem } from './linearRegressionFixture.js';
import { data, inputs, name, plan, problem, valuesOf } from './smallRegression.js';

/** Columns of one matrix that trains P networks of one output at once, as P point posteriors. */
function members(trained: ReadonlyMap<string, Tensor>, rows: number, count: number) {
  const values = valuesOf(trained, `mean.${name}`);
  return Array.from({ length: count }, (_, p) =>
    new PointFamily(linearNetwork(rows)).posterior(
      new Map([
        [
          `mean.${name}`,
          {
            shape: [rows, 1],
            values: Float32Array.from({ length: rows }, (_, i) => values[i * count + p] as number),
          },
        ],
      ]),
    ),
  );
}

describe('deep ensembles on linear regression', () => {
  const count = 1000;

  it('agree where data determine the weights, and keep the spread of their starts where not', async () => {
    // fewer rows than weights: gradient descent moves only in the space of the rows
    const [rows, wide, startSigma] = [5, 8, 0.7];
    const few = linearProblem({ seed: 33, rows, inputs: wide, noiseVariance: 1, priorPrecision: 1 });
    const network = linearNetwork(wide, count, startSigma);
    const family = new PointFamily(network);
    const y = Float32Array.from(
      { length: rows * count },
      (_, i) => few.targets[Math.floor(i / count)] as number,
    );
    const trained = await trainFamily(
      network,
      family,
      { x: Float32Array.from(few.features), y, noiseSigma: 1 },
      family.start(startWeights(network, 7)),
      { ...plan, optimizer: 'gradient descent', schedule: 'constant', rate: 0.2, samples: 1, steps: 4000 },
    );
    const ensemble = mixture(members(trained, wide, count));
    const draws = Array.from({ length: count }, (_, weightSample) =>
      valuesOf(ensemble.sample({ seed: 1, weightSample }), name),
    );
    for (let row = 0; row < rows; row++) {
      for (const draw of [draws[0], draws[count - 1]] as Float32Array[]) {
        const fit = draw.reduce((sum, w, i) => sum + w * (few.features[row * wide + i] as number), 0);
        expect(Math.abs(fit - (few.targets[row] as number))).toBeLessThan(1e-3);
      }
    }
    // I − Xᵀ(XXᵀ)⁻¹X: what the rows leave undetermined
    const kernel = new Float64Array(rows * rows);
    for (let a = 0; a < rows; a++) {
      for (let b = 0; b < rows; b++) {
        for (let i = 0; i < wide; i++) {
          kernel[a * rows + b]! +=
            (few.features[a * wide + i] as number) * (few.features[b * wide + i] as number);
        }
      }
    }
    const solved = solveSymmetric(kernel, few.features, rows, wide, 'rows');
    for (let i = 0; i < wide; i++) {
      let undetermined = 1;
      for (let a = 0; a < rows; a++)
        undetermined -= (few.features[a * wide + i] as number) * (solved[a * wide + i] as number);
      const mean = draws.reduce((sum, draw) => sum + (draw[i] as number), 0) / count;
      const variance = draws.reduce((sum, draw) => sum + ((draw[i] as number) - mean) ** 2, 0) / (count - 1);
      const expected = startSigma ** 2 * undetermined;
      expect(Math.abs(variance - expected)).toBeLessThan(4 * expected * Math.sqrt(2 / count));
    }
  });

  it('with priors and targets drawn for each member, are samples of the exact posterior', async () => {
    const network = linearNetwork(inputs, count);
    const family = new PointFamily(network);
    const drawn = (step: number, length: number, scale: number): Float32Array => {
      const out = new Float32Array(length);
      normals({ seed: 9, weightSample: 0, noiseStream: 0, purpose: 'training', step }, out);
      return out.map((value) => scale * value);
    };
    const shift = drawn(0, problem.rows * count, data.noiseSigma);
    const y = shift.map((value, i) => value + (problem.targets[Math.floor(i / count)] as number));
    const anchors = { shape: [inputs, count], values: drawn(1, inputs * count, Math.SQRT1_2) };
    const trained = await trainFamily(
      network,
      family,
      { ...data, y },
      family.start(new Map([[name, anchors]])),
      {
        ...plan,
        samples: 1,
        optimizer: 'gradient descent',
        schedule: 'constant',
        rate: 0.1,
        steps: 2000,
        prior: { mean: new Map([[name, anchors]]), sigma: new Map([[name, Math.SQRT1_2]]) },
      },
    );
    const ensemble = mixture(members(trained, inputs, count));
    const draws = Array.from({ length: count }, (_, weightSample) =>
      valuesOf(ensemble.sample({ seed: 1, weightSample }), name),
    );
    // argmin of anchored losses: Matthews et al. 2017 "sample-then-optimize", Pearce et al. 2020 (arXiv:1810.05546)
    const { mean, covariance } = exactPosterior(problem);
    for (let i = 0; i < inputs; i++) {
      const own = covariance[i * (inputs + 1)] as number;
      const average = draws.reduce((sum, draw) => sum + (draw[i] as number), 0) / count;
      expect(Math.abs(average - (mean[i] as number))).toBeLessThan(4 * Math.sqrt(own / count));
      for (let j = 0; j <= i; j++) {
        const exact = covariance[i * inputs + j] as number;
        const found = draws.reduce(
          (sum, draw) =>
            sum + ((draw[i] as number) - (mean[i] as number)) * ((draw[j] as number) - (mean[j] as number)),
          0,
        );
        const error = Math.sqrt((own * (covariance[j * (inputs + 1)] as number) + exact ** 2) / count);
        expect(Math.abs(found / count - exact)).toBeLessThan(4 * error);
      }
    }
  });
});
