/** SWAG on linear regression, where the law of gradient descent with a constant rate is known. */
import { describe, expect, it } from 'vitest';
import { solveSymmetric } from '../../core/linear/cholesky.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { openSwag } from '../../models/bayesian/posteriors/swag.js';
import { SwagCollector } from '../../models/bayesian/posteriors/swagCollector.js';
import { linearNetwork } from '../../notebooks/regression/network.js';
import { trainFamily } from '../../notebooks/regression/training.js';
import { exactPosterior, gram } from './linearRegressionFixture.js';
import { data, inputs, name, plan, problem, valuesOf, zeros } from './smallRegression.js';

describe('SWAG on linear regression', () => {
  it('has the covariance of gradient descent with a constant rate, and its mean is least squares', async () => {
    const network = linearNetwork(inputs);
    const [rate, batch, everySteps] = [0.03, 10, 12];
    const collector = new SwagCollector(network.parameters, () => true, { rank: 600, everySteps });
    const family = new PointFamily(network);
    await trainFamily(network, family, data, family.start(new Map([[name, zeros([inputs, 1])]])), {
      ...plan,
      steps: 300 + 1200 * everySteps,
      rate,
      schedule: 'constant',
      optimizer: 'gradient descent',
      samples: 1,
      batch,
      onStep: (step, tensors) => {
        if (step > 300 && collector.isDue(step))
          collector.add(new Map([[name, tensors.get(`mean.${name}`) as Tensor]]));
      },
    });
    const stationary = stationaryCovariance(rate, batch);
    const moments = collector.tensors();
    const snapshots = collector.count;
    // snapshots remember a share of the one before: (1 + ρ)/(1 − ρ) of them count as one
    const remembered = (1 - rate * slowest()) ** everySteps;
    const independent = (count: number, power: number): number =>
      (count * (1 - remembered ** power)) / (1 + remembered ** power);
    for (let i = 0; i < inputs; i++) {
      const own = stationary.covariance[i * (inputs + 1)] as number;
      const mean = valuesOf(moments, `mean.${name}`)[i] as number;
      expect(Math.abs(mean - (stationary.mean[i] as number))).toBeLessThan(
        4 * Math.sqrt(own / independent(snapshots, 1)),
      );
      const variance = valuesOf(moments, `variance.${name}`)[i] as number;
      expect(Math.abs(variance / own - 1)).toBeLessThan(4 * Math.sqrt(2 / independent(snapshots, 2)));
    }
    // covariance of the draws: half variances, half deviations
    const posterior = openSwag(moments);
    const count = 20_000;
    const draws = Array.from({ length: count }, (_, weightSample) =>
      valuesOf(posterior.sample({ seed: 6, weightSample }), name).map(
        (value, i) => value - (valuesOf(moments, `mean.${name}`)[i] as number),
      ),
    );
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j <= i; j++) {
        const exact = stationary.covariance[i * inputs + j] as number;
        const own =
          (stationary.covariance[i * (inputs + 1)] as number) *
          (stationary.covariance[j * (inputs + 1)] as number);
        const found = draws.reduce((sum, draw) => sum + (draw[i] as number) * (draw[j] as number), 0) / count;
        // what lies off the diagonal comes from the deviations alone: half of it
        const expected = i === j ? exact : 0.5 * exact;
        const error = Math.sqrt((own + exact ** 2) * (1 / count + 1 / independent(600, 2)));
        expect(Math.abs(found - expected)).toBeLessThan(4 * error);
      }
    }
  });
});

/** Smallest eigenvalue of H = XᵀX/(n s²), by iterating with its inverse. */
function slowest(): number {
  const hessian = gram(problem).map((value) => value / (problem.rows * data.noiseSigma ** 2));
  let v: Float64Array = Float64Array.from({ length: inputs }, (_, i) => 1 + i);
  let length = 1;
  for (let iteration = 0; iteration < 200; iteration++) {
    v = solveSymmetric(hessian, v, inputs, 1, 'H');
    length = Math.hypot(...v);
    v = v.map((value) => value / length);
  }
  return 1 / length;
}

/**
 * Stationary mean and covariance Σ of θ ← θ − η ĝ, ĝ the mean of b gradients xᵢ(xᵢθ − yᵢ)/s² drawn with replacement:
 *   Σ = Σ − η(HΣ + ΣH) + η² [E hᵢΣhᵢ/b + (1 − 1/b) HΣH + E rᵢ² xᵢxᵢᵀ/(b s⁴)],   hᵢ = xᵢxᵢᵀ/s², rᵢ residuals of least
 * squares, found by iterating it (Mandt et al. 2017, arXiv:1704.04289, eq. 12, without their limit of a small rate).
 */
function stationaryCovariance(
  rate: number,
  batch: number,
): { mean: ArrayLike<number>; covariance: ArrayLike<number> } {
  const { rows, features, targets } = problem;
  const s2 = data.noiseSigma ** 2;
  const { mean } = exactPosterior({ ...problem, priorPrecision: 0 });
  const x = (row: number, i: number): number => features[row * inputs + i] as number;
  const residuals = Array.from(targets, (target, row) => {
    let residual = target;
    for (let i = 0; i < inputs; i++) residual -= x(row, i) * (mean[i] as number);
    return residual;
  });
  const hessian = gram(problem).map((value) => value / (rows * s2));
  const times = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: inputs * inputs }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < inputs; k++) {
        sum +=
          (a[Math.floor(at / inputs) * inputs + k] as number) * (b[k * inputs + (at % inputs)] as number);
      }
      return sum;
    });
  let covariance: Float64Array = new Float64Array(inputs * inputs);
  for (let iteration = 0; iteration < 1500; iteration++) {
    const [left, both] = [times(hessian, covariance), times(times(hessian, covariance), hessian)];
    const single = new Float64Array(inputs * inputs);
    for (let row = 0; row < rows; row++) {
      let quadratic = 0;
      for (let i = 0; i < inputs; i++) {
        for (let j = 0; j < inputs; j++)
          quadratic += x(row, i) * (covariance[i * inputs + j] as number) * x(row, j);
      }
      const weight = (quadratic + (residuals[row] as number) ** 2) / (s2 * s2 * rows);
      for (let at = 0; at < single.length; at++) {
        single[at]! += weight * x(row, Math.floor(at / inputs)) * x(row, at % inputs);
      }
    }
    const before = covariance;
    covariance = Float64Array.from(before, (value, at) => {
      const transposed = (at % inputs) * inputs + Math.floor(at / inputs);
      const drift = (left[at] as number) + (left[transposed] as number);
      return (
        value -
        rate * drift +
        rate ** 2 * ((single[at] as number) / batch + (1 - 1 / batch) * (both[at] as number))
      );
    });
  }
  return { mean, covariance };
}
