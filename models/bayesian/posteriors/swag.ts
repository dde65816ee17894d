/**
 * Stochastic weight averaging, Gaussian: the posterior is a Gaussian with the moments of the weights along a training
 * with a constant learning rate (swagCollector.ts), half from their variances, half from their last K deviations,
 *   w = θ̄ + √½ √V ⊙ ε₁ + D ε₂ / √(2(K − 1)),   ε₁ one number a weight, ε₂ one a deviation, common to all parameters.
 * Maddox et al. 2019, arXiv:1902.02476, eq. 1.
 */
import { dataError } from '../../../core/errors.js';
import { normals } from '../../../core/random/stream.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import { partOf } from './parts.js';
import type { Posterior, WeightKey } from './posterior.js';

/**
 * @param tensors "mean.<parameter>" [shape] of every parameter in the order of the random streams; "variance." [shape]
 *   and "deviations." [K, ...shape] of those that are random
 * @throws {PlumeError} data, when a parameter's tensors do not belong together
 */
export function openSwag(tensors: Tensors): Posterior {
  const parameters = partsOfEach(tensors);
  const columns = Math.max(0, ...parameters.map(({ deviations }) => deviations?.shape[0] ?? 0));
  checkParts(parameters, columns);
  const means = new Map(parameters.map(({ name, mean }) => [name, mean]));
  return {
    mean: () => means,
    sample: (key) => draw(parameters, columns, key),
  };
}

interface Parts {
  readonly name: string;
  readonly mean: Tensor;
  readonly variance: Tensor | undefined;
  readonly deviations: Tensor | undefined;
}

function partsOfEach(tensors: Tensors): Parts[] {
  const [variances, deviations] = [partOf(tensors, 'variance'), partOf(tensors, 'deviations')];
  return [...partOf(tensors, 'mean')].map(([name, mean]) => ({
    name,
    mean,
    variance: variances.get(name),
    deviations: deviations.get(name),
  }));
}

function checkParts(parameters: readonly Parts[], columns: number): void {
  for (const { name, mean, variance, deviations } of parameters) {
    if (variance === undefined && deviations === undefined) continue;
    const size = mean.values.length;
    if (variance?.values.length === size && deviations?.values.length === columns * size && columns >= 2) {
      continue;
    }
    throw dataError(
      `SWAG: parameter "${name}" of shape [${mean.shape}] has a variance of shape [${variance?.shape ?? 'none'}] and ` +
        `deviations [${deviations?.shape ?? 'none'}], expected [${mean.shape}] and [${Math.max(2, columns)},${mean.shape}]; train it again`,
    );
  }
}

/** Random streams of a weight sample: ε₁ tensor by tensor in the first, ε₂ in the second. */
const ownStream = 0;
const commonStream = 1;

function draw(
  parameters: readonly Parts[],
  columns: number,
  { seed, weightSample }: WeightKey,
): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  const common = new Float64Array(columns);
  normals({ seed, weightSample, noiseStream: commonStream, purpose: 'weights', step: 0 }, common);
  const commonFactor = 1 / Math.sqrt(2 * (columns - 1));
  for (const [step, { name, mean, variance, deviations }] of parameters.entries()) {
    if (variance === undefined || deviations === undefined) {
      weights.set(name, mean);
      continue;
    }
    const size = mean.values.length;
    const shift = new Float64Array(size);
    normals({ seed, weightSample, noiseStream: ownStream, purpose: 'weights', step }, shift);
    // Welford's variance of equal snapshots may round to −0 or below
    for (let i = 0; i < size; i++) {
      shift[i]! *= Math.sqrt(0.5 * Math.max(0, variance.values[i]!));
    }
    for (let column = 0; column < columns; column++) {
      const factor = commonFactor * common[column]!;
      const from = column * size;
      for (let i = 0; i < size; i++) shift[i]! += factor * deviations.values[from + i]!;
    }
    const values = Float32Array.from(mean.values, (value, i) => value + shift[i]!);
    weights.set(name, { shape: mean.shape, values });
  }
  return weights;
}
