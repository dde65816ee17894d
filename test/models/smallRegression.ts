/** The small regression that the posteriors are fitted to, and how: one matrix "out.weight", four correlated features. */
import type { Tensor } from '../../core/store/tensorFile.js';
import type { RegressionData, TrainingPlan } from '../../notebooks/regression/training.js';
import { linearProblem } from './linearRegressionFixture.js';

export const inputs = 4;
export const problem = linearProblem({ seed: 31, rows: 50, inputs, noiseVariance: 0.25, priorPrecision: 2 });
export const data: RegressionData = {
  x: Float32Array.from(problem.features),
  y: Float32Array.from(problem.targets),
  noiseSigma: 0.5,
};
export const plan: TrainingPlan = {
  steps: 3000,
  rate: 0.05,
  schedule: 'cosine',
  optimizer: 'adamw',
  samples: 2 * inputs,
  seed: 1,
};
export const name = 'out.weight';
export const zeros = (shape: readonly number[]): Tensor => ({
  shape,
  values: new Float32Array(shape.reduce((product, size) => product * size, 1)),
});
export const prior = (shape: readonly number[]) => ({
  mean: new Map([[name, zeros(shape)]]),
  sigma: new Map([[name, Math.SQRT1_2]]),
});
export const valuesOf = (tensors: ReadonlyMap<string, Tensor>, key: string): Float32Array =>
  (tensors.get(key) as Tensor).values;
