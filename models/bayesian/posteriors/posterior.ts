/**
 * A posterior over a network's weights: all that a forecast asks of it. Each kind is one file in this room.
 * A sample is a pure function of its key, so weight sample k is the same whatever K is, in every run and process.
 */
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';

/** Who a weight sample belongs to. */
export interface WeightKey {
  /** Of the model, not of the run. */
  readonly seed: number;
  /** k ≥ 0. */
  readonly weightSample: number;
}

export interface Posterior {
  /** Weights of sample k by parameter name, each of the network's shape; may share arrays with the posterior. */
  sample(key: WeightKey): Map<string, Tensor>;
  /** The weights of a network without chance: the centre of the posterior, [shape] by parameter name. */
  mean(): Tensors;
}

/** Every kind of posterior, by the name it has in model.json and in --posterior. */
export const posteriorKinds = [
  'point',
  'mean-field',
  'rank-one',
  'dropout',
  'swag',
  'last-layer-laplace',
] as const;
export type PosteriorKind = (typeof posteriorKinds)[number];
