/**
 * A family of distributions over weights that is learned by gradient: what training asks of it.
 *   w = g(trainable tensors, draws),   minimise E[loss(w)] + β KL(q‖p)/N (reparameterisation, Kingma & Welling 2014).
 * The point family (no draws, no divergence) trains deterministic networks; posteriors found otherwise (SWAG, Laplace)
 * take part in the aleatoric stage by a family whose draws are their deviations.
 * Tensors are named "<part>.<parameter>": "mean.token.in.weight", "rho.token.in.weight". Every weight that comes out has
 * a leading axis: [S, ...shape] where it is random, [1, ...shape] where it is not.
 */
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { Posterior, PosteriorKind } from './posterior.js';

/** p(w) = N(m₀, σ_p²): m₀ the pre-trained weights, σ_p one number for each parameter. */
export interface Prior {
  readonly mean: Tensors;
  readonly sigma: ReadonlyMap<string, number>;
}

/** Which training step a draw belongs to: the same key gives the same numbers. */
export interface TrainingDrawKey {
  readonly seed: number;
  readonly stage: number;
  readonly step: number;
}

export interface WeightFamily {
  readonly kind: PosteriorKind;
  /** Shapes of the trainable tensors by name, in the order of their updates. */
  readonly trainable: ReadonlyMap<string, Shape>;
  /** Shapes of the random numbers of a step with S weight samples, by name; empty where nothing is drawn. */
  drawShapes(samples: number): ReadonlyMap<string, Shape>;
  /** Fills one of them, [S, …]. */
  fillDraw(key: TrainingDrawKey, name: string, out: Float32Array): void;
  /** Writes the weights by parameter name, [S or 1, ...shape]. */
  weights(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    draws: ReadonlyMap<string, Value>,
  ): Map<string, Value>;
  /** KL(q‖p) in nats, a scalar; undefined where there is none. `prior` gives m₀ [shape] by parameter name. */
  divergence(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    prior: ReadonlyMap<string, Value>,
    priorSigma: ReadonlyMap<string, number>,
  ): Value | undefined;
  /** Trainable tensors to begin with, given the weights trained so far by parameter name. */
  start(trained: Tensors): Map<string, Tensor>;
  /** The distribution that trained tensors stand for. */
  posterior(tensors: Tensors): Posterior;
}
