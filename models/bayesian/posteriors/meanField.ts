/**
 * Mean-field Gaussian posterior over every weight, q(w) = N(μ, σ²) with σ = ln(1 + e^ρ), and its prior
 * N(m₀, σ_p²) centred on the deterministically trained weights m₀.
 *   w = μ + σ ⊙ ε,  ε ~ N(0, 1) drawn from the counter-based stream of the weight sample,
 *   KL(q‖p) = Σ [ ln(σ_p/σ) + (σ² + (μ − m₀)²) / (2σ_p²) − ½ ].
 * Blundell et al. 2015, arXiv:1505.05424, eqs 1–3; prior centring as in MOPED, Krishnan et al. 2020.
 */
import { normals } from '../../../core/random/stream.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';

export interface MeanFieldPosterior {
  /** μ by parameter name; the order of the map fixes the random stream of each tensor. */
  readonly mean: Tensors;
  /** ρ by parameter name; a parameter without one is not random. */
  readonly rho: Tensors;
}

/** ln(1 + e^x), without overflow. */
export function softplus(x: number): number {
  return x > 20 ? x : Math.log1p(Math.exp(x));
}

/** The ρ whose softplus is σ > 0. */
export function inverseSoftplus(sigma: number): number {
  return sigma > 20 ? sigma : Math.log(Math.expm1(sigma));
}

/**
 * Several posteriors, each around a network trained from its own start, as one mixture with equal parts: what
 * one basin of the loss does not know of the others (Wilson & Izmailov 2020, arXiv:2002.08791). Weight sample k
 * comes from component k mod P, so every P samples hold each component once.
 */
export function componentOf(weightSample: number, components: number): number {
  return weightSample % components;
}

/**
 * The weights of sample k: the same whatever K is, drawn tensor by tensor.
 * @param scale multiplies every σ (1 is the posterior as trained)
 */
export function drawWeights(
  posterior: MeanFieldPosterior,
  key: { readonly seed: number; readonly weightSample: number },
  scale: number,
): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  let tensorIndex = 0;
  for (const [name, { shape, values: mean }] of posterior.mean) {
    const rho = posterior.rho.get(name)?.values;
    const values = Float32Array.from(mean);
    if (rho !== undefined && scale > 0) {
      const draws = new Float32Array(values.length);
      normals({ ...key, noiseStream: 0, purpose: 'weights', step: tensorIndex }, draws);
      for (let i = 0; i < values.length; i++) values[i]! += scale * softplus(rho[i]!) * draws[i]!;
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
  posterior: MeanFieldPosterior,
  priorMean: Tensors,
  priorSigmas: ReadonlyMap<string, number>,
): number {
  let sum = 0;
  for (const [name, rho] of posterior.rho) {
    const mean = posterior.mean.get(name)!.values;
    const centre = priorMean.get(name)!.values;
    const priorSigma = priorSigmas.get(name)!;
    for (let i = 0; i < mean.length; i++) {
      const sigma = softplus(rho.values[i]!);
      const shift = mean[i]! - centre[i]!;
      sum += Math.log(priorSigma / sigma) + (sigma * sigma + shift * shift) / (2 * priorSigma ** 2) - 0.5;
    }
  }
  return sum;
}
