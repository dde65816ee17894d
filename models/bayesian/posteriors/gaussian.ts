/**
 * Independent Gaussians N(μ, σ²), σ = ln(1 + e^ρ), beside a prior N(m₀, σ_p²): divergence and log-density of one tensor,
 * in nats, summed over its elements.
 *   KL(q‖p) = Σ [ ln(σ_p/σ) + (σ² + (μ − m₀)²) / (2σ_p²) − ½ ],   ln q(w) = −Σ [ ln σ + ½ ln 2π + (w − μ)²/(2σ²) ].
 * Blundell et al. 2015, arXiv:1505.05424, eqs 1–3.
 */
import type { Value } from '../../graph/graph.js';
import type { Operations } from '../../graph/operator.js';

/** ln(1 + e^x), without overflow. */
export function softplus(x: number): number {
  return x > 20 ? x : Math.log1p(Math.exp(x));
}

/** The ρ whose softplus is σ > 0. */
export function inverseSoftplus(sigma: number): number {
  return sigma > 20 ? sigma : Math.log(Math.expm1(sigma));
}

/**
 * KL(N(μ, σ²) ‖ N(m₀, σ_p²)) as operators; every value [shape], the result a scalar.
 * The constant ln σ_p − ½ of each element is kept, so the value is the true divergence.
 * @param centre m₀
 * @param priorSigma σ_p
 */
export function gaussianKl(
  ops: Operations,
  mean: Value,
  sigma: Value,
  centre: Value,
  priorSigma: number,
): Value {
  const shift = ops.sub(mean, centre);
  const quadratic = ops.mul(
    ops.add(ops.mul(sigma, sigma), ops.mul(shift, shift)),
    ops.scalar(1 / (2 * priorSigma ** 2)),
  );
  const each = ops.sub(quadratic, ops.log(sigma));
  return ops.reduceSum(ops.add(each, ops.scalar(Math.log(priorSigma) - 0.5)));
}

/** The same in float64. @param centre m₀, or one number for all */
export function gaussianKlOf(
  mean: Float32Array,
  rho: Float32Array,
  centre: Float32Array | number,
  priorSigma: number,
): number {
  let sum = 0;
  for (let i = 0; i < mean.length; i++) {
    const sigma = softplus(rho[i]!);
    const shift = mean[i]! - (typeof centre === 'number' ? centre : centre[i]!);
    sum += Math.log(priorSigma / sigma) + (sigma * sigma + shift * shift) / (2 * priorSigma ** 2) - 0.5;
  }
  return sum;
}

/** ln N(w; μ, σ²), float64. */
export function logDensityOf(values: Float32Array, mean: Float32Array, rho: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += logNormal(values[i]!, mean[i]!, softplus(rho[i]!));
  }
  return sum;
}

/** ln N(w; m₀, σ_p²), float64. @param centre m₀, or one number for all */
export function logPriorOf(values: Float32Array, centre: Float32Array | number, priorSigma: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += logNormal(values[i]!, typeof centre === 'number' ? centre : centre[i]!, priorSigma);
  }
  return sum;
}

function logNormal(value: number, mean: number, sigma: number): number {
  return -Math.log(sigma) - 0.5 * Math.log(2 * Math.PI) - (value - mean) ** 2 / (2 * sigma ** 2);
}
