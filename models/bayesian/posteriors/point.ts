/**
 * Weights without doubt: one network, or the parts of a deep ensemble (a mixture of points, one for each network).
 * Lakshminarayanan et al. 2017, arXiv:1612.01474; as a mixture, Wilson & Izmailov 2020, arXiv:2002.08791.
 */
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import { partOf, tensorNamed, valueNamed } from './parts.js';
import type { Posterior } from './posterior.js';
import type { WeightFamily } from './weightFamily.js';

/** Trainable tensors "mean.<parameter>"; nothing is drawn and nothing diverges. */
export class PointFamily implements WeightFamily {
  readonly kind = 'point';
  readonly trainable: ReadonlyMap<string, Shape>;
  readonly #network: Pick<Network, 'parameters'>;

  constructor(network: Pick<Network, 'parameters'>) {
    this.#network = network;
    this.trainable = meanShapes(network);
  }

  drawShapes(): ReadonlyMap<string, Shape> {
    return new Map();
  }

  fillDraw(): void {}

  weights(b: GraphBuilder, tensors: ReadonlyMap<string, Value>): Map<string, Value> {
    return centres(b, tensors, this.#network);
  }

  divergence(): undefined {
    return undefined;
  }

  start(trained: Tensors): Map<string, Tensor> {
    return startingMeans(trained, this.#network);
  }

  posterior(tensors: Tensors): Posterior {
    return openPoint(tensors);
  }
}

/** @param tensors "mean.<parameter>" */
export function openPoint(tensors: Tensors): Posterior {
  const mean = partOf(tensors, 'mean');
  return { sample: () => new Map(mean), mean: () => mean };
}

/** "mean.<parameter>" of every parameter: the first trainable tensors of every family. */
export function meanShapes({ parameters }: Pick<Network, 'parameters'>): Map<string, Shape> {
  return new Map([...parameters].map(([name, shape]) => [`mean.${name}`, shape]));
}

/** Every mean with the axis of weight samples, [1, ...shape] by parameter. */
export function centres(
  b: GraphBuilder,
  tensors: ReadonlyMap<string, Value>,
  { parameters }: Pick<Network, 'parameters'>,
): Map<string, Value> {
  return new Map(
    [...parameters].map(([name, shape]) => [
      name,
      b.reshape(valueNamed(tensors, `mean.${name}`), [1, ...shape]),
    ]),
  );
}

/** Means to begin with: the weights trained so far. */
export function startingMeans(
  trained: Tensors,
  { parameters }: Pick<Network, 'parameters'>,
): Map<string, Tensor> {
  return new Map([...parameters.keys()].map((name) => [`mean.${name}`, tensorNamed(trained, name)]));
}
