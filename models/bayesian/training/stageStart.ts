/**
 * What a stage of training begins with: the averages of the stage before, fresh optimizer moments, and, where the
 * first random stage begins, the prior m₀ (the weights trained so far) and the posterior's first σ.
 */
import type { Tensor } from '../../../core/store/tensorFile.js';
import type { Network } from '../networks/network.js';
import { inverseSoftplus } from '../posteriors/meanField.js';
import { type Stage, trainableNames } from './stages.js';

export interface PosteriorStart {
  /** σ₀ and σ_p of each tensor, relative to the root mean square of its trained weights. */
  readonly initialSigma: number;
  readonly priorSigma: number;
  /** Smallest root mean square counted, for tensors near zero. */
  readonly floor: number;
}

export function initialTensors(initial: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of initial) {
    tensors.set(`mean.${name}`, tensor);
    tensors.set(`average.mean.${name}`, tensor);
  }
  return tensors;
}

/** A stage begins at the averages of the one before, with fresh moments; the first random one fixes the prior. */
export function enterStage(
  stage: Stage,
  network: Network,
  before: ReadonlyMap<string, Tensor>,
  posterior: PosteriorStart,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const averaged = (name: string): Tensor | undefined => before.get(`average.${name}`);
  for (const [name, tensor] of before) if (name.startsWith('prior.')) tensors.set(name, tensor);
  if (stage.name !== 'deterministic' && tensors.size === 0) {
    for (const name of network.parameters.keys()) {
      if (network.isRandom(name)) tensors.set(`prior.${name}`, averaged(`mean.${name}`)!);
    }
  }
  for (const name of trainableNames(stage.name, network)) {
    const tensor = averaged(name) ?? initialRho(averaged(`mean.${name.slice('rho.'.length)}`)!, posterior);
    const zeros = { shape: tensor.shape, values: new Float32Array(tensor.values.length) };
    tensors.set(name, tensor);
    tensors.set(`average.${name}`, tensor);
    tensors.set(`first.${name}`, zeros);
    tensors.set(`second.${name}`, zeros);
  }
  return tensors;
}

function initialRho(mean: Tensor, { initialSigma, floor }: PosteriorStart): Tensor {
  const rho = inverseSoftplus(initialSigma * Math.max(floor, rootMeanSquare(mean.values)));
  return { shape: mean.shape, values: new Float32Array(mean.values.length).fill(rho) };
}

export function priorMeans(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const means = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith('prior.')) means.set(name.slice('prior.'.length), tensor);
  }
  return means;
}

export function priorSigmas(
  means: ReadonlyMap<string, Tensor>,
  { priorSigma, floor }: PosteriorStart,
): Map<string, number> {
  return new Map(
    [...means].map(([name, { values }]) => [name, priorSigma * Math.max(floor, rootMeanSquare(values))]),
  );
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}
