/**
 * Every posterior on Bayesian linear regression, where what each of them should be is known in closed form. Expectations
 * over weights are taken exactly: the draws of a training step are points whose moments are those of the draws (± √d eᵢ
 * for normals, all masks for dropout), so what is left is the rounding of float32. Laplace has a file of its own.
 */
import { describe, expect, it } from 'vitest';
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { normals } from '../../core/random/stream.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { DropoutFamily } from '../../models/bayesian/posteriors/dropout.js';
import { softplus } from '../../models/bayesian/posteriors/gaussian.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import { mixture } from '../../models/bayesian/posteriors/mixture.js';
import { PointFamily } from '../../models/bayesian/posteriors/point.js';
import { RankOneFamily } from '../../models/bayesian/posteriors/rankOne.js';
import { openSwag } from '../../models/bayesian/posteriors/swag.js';
import { SwagCollector } from '../../models/bayesian/posteriors/swagCollector.js';
import { linearNetwork } from '../../notebooks/regression/network.js';
import {
  type RegressionData,
  startWeights,
  type TrainingPlan,
  trainFamily,
} from '../../notebooks/regression/training.js';
import { exactPosterior, type LinearProblem, linearProblem } from './linearRegressionFixture.js';

const inputs = 4;
const problem = linearProblem({ seed: 31, rows: 50, inputs, noiseVariance: 0.25, priorPrecision: 2 });
const data: RegressionData = {
  x: Float32Array.from(problem.features),
  y: Float32Array.from(problem.targets),
  noiseSigma: 0.5,
};
const plan: TrainingPlan = {
  steps: 3000,
  rate: 0.05,
  schedule: 'cosine',
  optimizer: 'adamw',
  samples: 2 * inputs,
  seed: 1,
};
const name = 'out.weight';
const zeros = (shape: readonly number[]): Tensor => ({
  shape,
  values: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});
const prior = (shape: readonly number[]) => ({
  mean: new Map([[name, zeros(shape)]]),
  sigma: new Map([[name, Math.SQRT1_2]]),
});
const valuesOf = (tensors: ReadonlyMap<string, Tensor>, key: string): Float32Array =>
  (tensors.get(key) as Tensor).values;

/** ± √d eᵢ, [2d, d]: points with mean zero and covariance I. */
function sigmaPoints(d: number): number[][] {
  return [1, -1].flatMap((sign) =>
    Array.from({ length: d }, (_, i) =>
      Array.from({ length: d }, (_, j) => (i === j ? sign * Math.sqrt(d) : 0)),
    ),
  );
}

/** XᵀX of the problem's features, [inputs, inputs]. */
function gram({ rows, features }: LinearProblem): Float64Array {
  const sums = new Float64Array(inputs * inputs);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < inputs; j++) {
        sums[i * inputs + j]! +=
          (features[row * inputs + i] as number) * (features[row * inputs + j] as number);
      }
    }
  }
  return sums;
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
