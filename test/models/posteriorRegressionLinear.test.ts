/**
 * Variational posteriors on Bayesian linear regression, where what each of them should be is known in closed form.
 * Expectations over weights are taken exactly: the draws of a training step are points whose moments are those of the
 * draws (± √d eᵢ for normals, all masks for dropout), so what is left is the rounding of float32. SWAG and deep ensembles
 * have files beside this one, Laplace is in laplace.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { DropoutFamily } from '../../models/bayesian/posteriors/dropout.js';
import { softplus } from '../../models/bayesian/posteriors/gaussian.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import { RankOneFamily } from '../../models/bayesian/posteriors/rankOne.js';
import { linearNetwork } from '../../notebooks/regression/network.js';
import { type RegressionData, startWeights, trainFamily } from '../../notebooks/regression/training.js';
import { exactPosterior, gram } from './linearRegressionFixture.js';
import { data, inputs, name, plan, prior, problem, valuesOf, zeros } from './smallRegression.js';

/** ± √d eᵢ, [2d, d]: points with mean zero and covariance I. */
function sigmaPoints(d: number): number[][] {
  return [1, -1].flatMap((sign) =>
    Array.from({ length: d }, (_, i) =>
      Array.from({ length: d }, (_, j) => (i === j ? sign * Math.sqrt(d) : 0)),
    ),
  );
}

describe('mean-field on linear regression', () => {
  it('has the exact mean, and the inverse of the diagonal of the precision for variances: too narrow', async () => {
    const network = linearNetwork(inputs);
    const family = new MeanFieldFamily(network, { initialSigma: 0.3, floor: 1 });
    const points = Float32Array.from(sigmaPoints(inputs).flat());
    const start = family.start(new Map([[name, zeros([inputs, 1])]]));
    const fitted = await trainFamily(network, family, data, start, {
      ...plan,
      prior: prior([inputs, 1]),
      fillDraw: (_, out) => out.set(points),
    });
    const { mean, covariance, precision } = exactPosterior(problem);
    for (let i = 0; i < inputs; i++) {
      const sigma = softplus(valuesOf(fitted, `rho.${name}`)[i] as number);
      expect(Math.abs((valuesOf(fitted, `mean.${name}`)[i] as number) - (mean[i] as number))).toBeLessThan(
        1e-4,
      );
      expect(sigma ** 2 * (precision[i * (inputs + 1)] as number)).toBeCloseTo(1, 3);
      // of correlated weights it is narrower than the truth (Bishop 2006, section 10.1.2)
      expect(sigma ** 2).toBeLessThan(0.9 * (covariance[i * (inputs + 1)] as number));
    }
  });
});

/** Two outputs: the second target is another mix of the features. */
const outputs = 2;
const pair: RegressionData = {
  ...data,
  y: Float32Array.from({ length: problem.rows * outputs }, (_, i) => {
    const row = Math.floor(i / outputs);
    const target = problem.targets[row] as number;
    return i % outputs === 0 ? target : 1.5 * (problem.features[row * inputs] as number) - 0.5 * target;
  }),
};

describe('rank-one on linear regression', () => {
  it('gives every factor the variance that is best given the others, and draws what it says', async () => {
    const network = linearNetwork(inputs, outputs, 0.5);
    const priorSigma = 0.5;
    const family = new RankOneFamily(network, { initialSigma: 0.2, priorSigma });
    // all pairs of points of r and of s: exact for E r² E s²
    const [rows, columns] = [sigmaPoints(inputs), sigmaPoints(outputs)];
    const draws = new Map([
      [`draw.input.${name}`, rows.flatMap((r) => columns.flatMap(() => r))],
      [`draw.output.${name}`, rows.flatMap(() => columns.flat())],
    ]);
    const fitted = await trainFamily(network, family, pair, family.start(startWeights(network, 5)), {
      ...plan,
      prior: prior([inputs, outputs]),
      samples: rows.length * columns.length,
      fillDraw: (draw, out) => out.set(draws.get(draw) as number[]),
    });
    const matrix = valuesOf(fitted, `mean.${name}`);
    const [r, s] = ['input', 'output'].map((side) => ({
      mean: valuesOf(fitted, `${side}_mean.${name}`),
      variance: valuesOf(fitted, `${side}_rho.${name}`).map((rho) => softplus(rho) ** 2),
    })) as [Factors, Factors];
    const [squares, s2] = [gram(problem), data.noiseSigma ** 2];
    // ∂ELBO/∂σ = 0, f_c = s_c Σ x_i W_ic r_i:  1/σ_r² = 1/σ_p² + Σ_c E s_c² W_ic² Σ x_i²/s²
    for (let i = 0; i < inputs; i++) {
      let precision = 1 / priorSigma ** 2;
      for (let c = 0; c < outputs; c++) {
        const second = (s.mean[c] as number) ** 2 + (s.variance[c] as number);
        precision +=
          (second * (matrix[i * outputs + c] as number) ** 2 * (squares[i * (inputs + 1)] as number)) / s2;
      }
      expect((r.variance[i] as number) * precision).toBeCloseTo(1, 3);
    }
    // and  1/σ_s² = 1/σ_p² + Σ_n [(Σ x_i W_ic μ_i)² + Σ x_i² W_ic² σ_i²]/s²
    for (let c = 0; c < outputs; c++) {
      const w = Array.from({ length: inputs }, (_, i) => matrix[i * outputs + c] as number);
      let precision = 1 / priorSigma ** 2;
      for (let i = 0; i < inputs; i++) {
        const own = squares[i * (inputs + 1)] as number;
        precision += ((w[i] as number) ** 2 * (r.variance[i] as number) * own) / s2;
        for (let j = 0; j < inputs; j++) {
          const product = (w[i] as number) * (r.mean[i] as number) * (w[j] as number) * (r.mean[j] as number);
          precision += (product * (squares[i * inputs + j] as number)) / s2;
        }
      }
      expect((s.variance[c] as number) * precision).toBeCloseTo(1, 3);
    }
    // Var w_ic = W² (E r² E s² − (E r E s)²); a product of Gaussians has heavier tails than one: 6 for its kurtosis
    const count = 20_000;
    const posterior = family.posterior(fitted);
    const [i, c] = [1, 0];
    const draw = Array.from(
      { length: count },
      (_, weightSample) =>
        valuesOf(posterior.sample({ seed: 2, weightSample }), name)[i * outputs + c] as number,
    );
    const weight = matrix[i * outputs + c] as number;
    const centre = weight * (r.mean[i] as number) * (s.mean[c] as number);
    const second =
      ((r.mean[i] as number) ** 2 + (r.variance[i] as number)) *
      ((s.mean[c] as number) ** 2 + (s.variance[c] as number));
    const variance = weight ** 2 * second - centre ** 2;
    const found = draw.reduce((sum, value) => sum + (value - centre) ** 2, 0) / count;
    expect(Math.abs(found / variance - 1)).toBeLessThan(4 * Math.sqrt(5 / count));
  });
});

interface Factors {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

describe('dropout on linear regression', () => {
  it('is ridge regression by the size of each feature, and its draws have the variance of their masks', async () => {
    const network = linearNetwork(inputs, outputs);
    const family = new DropoutFamily(network, 0.5);
    // at a rate of one half all masks are as likely: each is a sample
    const masks = Array.from({ length: 2 ** inputs }, (_, mask) =>
      Array.from({ length: inputs }, (_, i) => ((mask >> i) & 1) * 2),
    );
    const start = family.start(new Map([[name, zeros([inputs, outputs])]]));
    const fitted = await trainFamily(network, family, pair, start, {
      ...plan,
      samples: masks.length,
      fillDraw: (_, out) => out.set(masks.flat()),
    });
    // (XᵀX + p/(1−p) diag XᵀX) M = Xᵀy (Srivastava et al. 2014, section 9.1)
    const squares = gram(problem);
    const right = new Float64Array(inputs * outputs);
    for (let row = 0; row < problem.rows; row++) {
      for (let i = 0; i < inputs; i++) {
        for (let c = 0; c < outputs; c++) {
          right[i * outputs + c]! +=
            (problem.features[row * inputs + i] as number) * (pair.y[row * outputs + c] as number);
        }
      }
    }
    const ridge = squares.map((value, at) => (at % (inputs + 1) === 0 ? 2 * value : value));
    const exact = solveSymmetric(ridge, right, inputs, outputs, 'ridge');
    valuesOf(fitted, `mean.${name}`).forEach((value, at) => {
      expect(Math.abs(value - (exact[at] as number))).toBeLessThan(1e-4);
    });
    // f_c = Σ x_i M_ic z_i/(1−p): Var f_c = p/(1−p) Σ x_i² M_ic²
    const posterior = family.posterior(fitted);
    const count = 20_000;
    const x = problem.features.subarray(0, inputs);
    const terms = Array.from(x, (value, i) => value * (exact[i * outputs] as number));
    const variance = terms.reduce((sum, term) => sum + term ** 2, 0);
    const mean = terms.reduce((sum, term) => sum + term, 0);
    let [sum, square] = [0, 0];
    for (let weightSample = 0; weightSample < count; weightSample++) {
      const weights = valuesOf(posterior.sample({ seed: 3, weightSample }), name);
      const f = x.reduce((total, value, i) => total + value * (weights[i * outputs] as number), 0);
      sum += f / count;
      square += (f - mean) ** 2 / count;
    }
    expect(Math.abs(sum - mean)).toBeLessThan(4 * Math.sqrt(variance / count));
    expect(Math.abs(square / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
  });
});
