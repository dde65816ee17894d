/**
 * Mean-field Gaussian posterior over every weight, q(w) = N(μ, σ²) with σ = ln(1 + e^ρ), and its prior
 * N(m₀, σ_p²) centred on the deterministically trained weights m₀.
 *   w = μ + σ ⊙ ε,  ε ~ N(0, 1) drawn from the counter-based stream of the weight sample,
 *   KL(q‖p) = Σ [ ln(σ_p/σ) + (σ² + (μ − m₀)²) / (2σ_p²) − ½ ].
 * Blundell et al. 2015, arXiv:1505.05424, eqs 1–3; prior centring as in MOPED, Krishnan et al. 2020.
 */
import { normals } from '../../../core/random/stream.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import { gaussianKl, gaussianKlOf, inverseSoftplus, softplus } from './gaussian.js';
import { partOf, rootMeanSquare, tensorNamed, valueNamed } from './parts.js';
import { centres, meanShapes, startingMeans } from './point.js';
import type { Posterior, WeightKey } from './posterior.js';
import type { TrainingDrawKey, WeightFamily } from './weightFamily.js';

export { inverseSoftplus, softplus } from './gaussian.js';

export interface MeanFieldTensors {
  /** μ by parameter name; the order of the map fixes the random stream of each tensor. */
  readonly mean: Tensors;
  /** ρ by parameter name; a parameter without one is not random. */
  readonly rho: Tensors;
}

/** The weights of sample k: the same whatever K is, drawn tensor by tensor. */
export function drawWeights(posterior: MeanFieldTensors, key: WeightKey): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  let tensorIndex = 0;
  for (const [name, { shape, values: mean }] of posterior.mean) {
    const rho = posterior.rho.get(name)?.values;
    const values = mean.slice();
    if (rho !== undefined) {
      const draws = new Float32Array(values.length);
      normals({ ...key, noiseStream: 0, purpose: 'weights', step: tensorIndex }, draws);
      for (let i = 0; i < values.length; i++) values[i]! += softplus(rho[i]!) * draws[i]!;
    }
    weights.set(name, { shape, values });
    tensorIndex++;
  }
  return weights;
}

/**
 * KL(q‖p) in nats, summed over every random weight.
 * @param priorSigmas σ_p by parameter
 */
export function klDivergence(
  posterior: MeanFieldTensors,
  priorMean: Tensors,
  priorSigmas: ReadonlyMap<string, number>,
): number {
  let sum = 0;
  for (const [name, rho] of posterior.rho) {
    const mean = tensorNamed(posterior.mean, name).values;
    const centre = tensorNamed(priorMean, name).values;
    sum += gaussianKlOf(mean, rho.values, centre, priorSigmas.get(name) ?? Number.NaN);
  }
  return sum;
}

/** The first σ of each tensor, relative to the root mean square of its trained weights. */
export interface FirstSigma {
  readonly initialSigma: number;
  /** Smallest root mean square counted, for tensors near zero. */
  readonly floor: number;
}

/**
 * Trainable tensors "mean.<parameter>" of all parameters, then "rho.<parameter>" of the random ones; draws
 * "draw.<parameter>" [S, ...shape], standard normals.
 */
export class MeanFieldFamily implements WeightFamily {
  readonly kind = 'mean-field';
  readonly trainable: ReadonlyMap<string, Shape>;
  readonly #network: Pick<Network, 'parameters' | 'isRandom'>;
  readonly #random: readonly string[];
  readonly #first: FirstSigma;

  constructor(network: Pick<Network, 'parameters' | 'isRandom'>, first: FirstSigma) {
    this.#network = network;
    this.#first = first;
    this.#random = [...network.parameters.keys()].filter((name) => network.isRandom(name));
    const rhos = this.#random.map((name): [string, Shape] => [`rho.${name}`, this.#shape(name)]);
    this.trainable = new Map([...meanShapes(network), ...rhos]);
  }

  drawShapes(samples: number): ReadonlyMap<string, Shape> {
    return new Map(this.#random.map((name) => [`draw.${name}`, [samples, ...this.#shape(name)]]));
  }

  fillDraw({ seed, stage, step }: TrainingDrawKey, name: string, out: Float32Array): void {
    const noiseStream = 1 + this.#random.indexOf(name.slice('draw.'.length));
    normals({ seed, weightSample: stage, noiseStream, purpose: 'training', step }, out);
  }

  weights(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    draws: ReadonlyMap<string, Value>,
  ): Map<string, Value> {
    const weights = centres(b, tensors, this.#network);
    for (const name of this.#random) {
      const sigma = b.reshape(b.softplus(valueNamed(tensors, `rho.${name}`)), [1, ...this.#shape(name)]);
      const draw = valueNamed(draws, `draw.${name}`);
      weights.set(name, b.add(valueNamed(weights, name), b.mul(sigma, draw)));
    }
    return weights;
  }

  divergence(
    b: GraphBuilder,
    tensors: ReadonlyMap<string, Value>,
    prior: ReadonlyMap<string, Value>,
    priorSigma: ReadonlyMap<string, number>,
  ): Value | undefined {
    const parts = this.#random.map((name) => {
      const sigma = b.softplus(valueNamed(tensors, `rho.${name}`));
      const mean = valueNamed(tensors, `mean.${name}`);
      return gaussianKl(b, mean, sigma, valueNamed(prior, name), priorSigma.get(name) ?? 1);
    });
    return parts.length === 0 ? undefined : b.sum(parts);
  }

  start(trained: Tensors): Map<string, Tensor> {
    const tensors = startingMeans(trained, this.#network);
    for (const name of this.#random) {
      const { shape, values } = tensorNamed(trained, name);
      const { initialSigma, floor } = this.#first;
      const rho = inverseSoftplus(initialSigma * Math.max(floor, rootMeanSquare(values)));
      tensors.set(`rho.${name}`, { shape, values: new Float32Array(values.length).fill(rho) });
    }
    return tensors;
  }

  posterior(tensors: Tensors): Posterior {
    return openMeanField(tensors);
  }

  #shape(name: string): Shape {
    return this.#network.parameters.get(name) ?? [];
  }
}

/** @param tensors "mean.<parameter>" and "rho.<parameter>"; a parameter without ρ is not random */
export function openMeanField(tensors: Tensors): Posterior {
  const posterior = { mean: partOf(tensors, 'mean'), rho: partOf(tensors, 'rho') };
  return { sample: (key) => drawWeights(posterior, key), mean: () => posterior.mean };
}
