/**
 * Bayesian linear regression, y = Φ w + s ε, w ~ N(0, I/τ), where everything is known:
 *   precision A = ΦᵀΦ/s² + τ I, covariance A⁻¹, mean A⁻¹ Φᵀ y/s², evidence ln N(y; 0, s² I + ΦΦᵀ/τ).
 * Bishop 2006, Pattern Recognition and Machine Learning, eqs 3.53, 3.54 and 3.77. Float64, Φ row-major [rows, inputs].
 */
import { solveSymmetric } from '../../core/linear/cholesky.js';
import { normals } from '../../core/random/stream.js';

export interface LinearProblem {
  readonly rows: number;
  readonly inputs: number;
  readonly features: Float64Array;
  readonly targets: Float64Array;
  /** s² */
  readonly noiseVariance: number;
  /** τ */
  readonly priorPrecision: number;
}

export interface LinearProblemOptions {
  readonly seed: number;
  readonly rows: number;
  readonly inputs: number;
  readonly noiseVariance: number;
  readonly priorPrecision: number;
}

/** Features are correlated: neighbours share half their variance. Weights and noise are drawn from their laws. */
export function linearProblem(options: LinearProblemOptions): LinearProblem {
  const { seed, rows, inputs, noiseVariance, priorPrecision } = options;
  const draw = (step: number, length: number): Float64Array => {
    const out = new Float64Array(length);
    normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'training', step }, out);
    return out;
  };
  const white = draw(0, rows * inputs);
  const features = white.map((value, i) =>
    i % inputs === 0 ? value : Math.SQRT1_2 * (value + (white[i - 1] as number)),
  );
  const weights = draw(1, inputs).map((value) => value / Math.sqrt(priorPrecision));
  const noise = draw(2, rows);
  const targets = noise.map((value, row) => {
    let sum = Math.sqrt(noiseVariance) * value;
    for (let i = 0; i < inputs; i++) sum += (features[row * inputs + i] as number) * (weights[i] as number);
    return sum;
  });
  return { rows, inputs, features, targets, noiseVariance, priorPrecision };
}

export interface ExactPosterior {
  /** [inputs] */
  readonly mean: Float64Array;
  /** [inputs, inputs] */
  readonly covariance: Float64Array;
  /** A, [inputs, inputs] */
  readonly precision: Float64Array;
}

export function exactPosterior(problem: LinearProblem): ExactPosterior {
  const { rows, inputs, features, targets, noiseVariance, priorPrecision } = problem;
  const precision = new Float64Array(inputs * inputs);
  const right = new Float64Array(inputs);
  const identity = new Float64Array(inputs * inputs);
  for (let i = 0; i < inputs; i++) {
    precision[i * (inputs + 1)] = priorPrecision;
    identity[i * (inputs + 1)] = 1;
    for (let row = 0; row < rows; row++) {
      const feature = (features[row * inputs + i] as number) / noiseVariance;
      right[i]! += feature * (targets[row] as number);
      for (let j = 0; j < inputs; j++)
        precision[i * inputs + j]! += feature * (features[row * inputs + j] as number);
    }
  }
  return {
    mean: solveSymmetric(precision, right, inputs, 1, 'mean'),
    covariance: solveSymmetric(precision, identity, inputs, inputs, 'covariance'),
    precision,
  };
}

/** ln p(y) for any prior precision, from the marginal distribution of y itself: no posterior is involved. */
export function exactEvidence(problem: LinearProblem, priorPrecision: number): number {
  const { rows, inputs, features, targets, noiseVariance } = problem;
  const covariance = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < rows; b++) {
      let sum = a === b ? noiseVariance : 0;
      for (let i = 0; i < inputs; i++) {
        sum += ((features[a * inputs + i] as number) * (features[b * inputs + i] as number)) / priorPrecision;
      }
      covariance[a * rows + b] = sum;
    }
  }
  const solved = solveSymmetric(covariance, targets, rows, 1, 'evidence');
  let quadratic = 0;
  for (let row = 0; row < rows; row++) quadratic += (solved[row] as number) * (targets[row] as number);
  return -0.5 * (quadratic + logDeterminant(covariance, rows) + rows * Math.log(2 * Math.PI));
}

/** By elimination without pivots, which a positive definite matrix does not need. */
function logDeterminant(matrix: Float64Array, n: number): number {
  const a = matrix.slice();
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const pivot = a[k * n + k] as number;
    sum += Math.log(pivot);
    for (let i = k + 1; i < n; i++) {
      const factor = (a[i * n + k] as number) / pivot;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * (a[k * n + j] as number);
    }
  }
  return sum;
}

/** XᵀX of a problem's features, [inputs, inputs]. */
export function gram({ rows, inputs, features }: LinearProblem): Float64Array {
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
