/**
 * AdamW as operators: one update of all parameters inside the training graph.
 *   g ← g · min(1, c/‖g‖)                                  (clipping by the global norm, optional)
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
 *   w ← w − η λ w − η m̂/(√v̂ + ε),   m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
 * Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2 (decay decoupled, scaled by the learning rate as in
 * PyTorch). Bias corrections are scalars computed in the graph from the step t = 1, 2, ….
 */
import { usageError } from '../../core/errors.js';
import type { GraphBuilder } from './builder.js';
import type { Value } from './graph.js';
import { sameShape } from './shapes.js';

export interface AdamWParameter {
  readonly value: Value;
  readonly gradient: Value;
  /** First and second moment, shape of the parameter. */
  readonly first: Value;
  readonly second: Value;
  /** λ of this parameter; 0 for biases and norms by custom. */
  readonly weightDecay: number;
  /** Multiplies the learning rate for this parameter (default 1). */
  readonly rateFactor?: number;
}

export interface AdamWOptions {
  /** η, shape []. */
  readonly learningRate: Value;
  /** t, shape [], 1 at the first update. */
  readonly step: Value;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** c: the largest global norm of the gradients; unlimited when absent. */
  readonly clipNorm?: number;
}

export interface AdamWUpdate {
  readonly parameters: readonly { readonly value: Value; readonly first: Value; readonly second: Value }[];
  /** ‖g‖ before clipping, shape []. */
  readonly gradientNorm: Value;
}

/** Appends one update. @throws a usage error when shapes of a parameter, its gradient and moments differ */
export function adamw(
  b: GraphBuilder,
  parameters: readonly AdamWParameter[],
  options: AdamWOptions,
): AdamWUpdate {
  const { learningRate, step, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, clipNorm } = options;
  for (const { value, gradient, first, second } of parameters) {
    for (const other of [gradient, first, second]) {
      if (sameShape(value.shape, other.shape)) continue;
      throw usageError(
        `AdamW: a parameter of shape [${value.shape}] meets a gradient or moment [${other.shape}]`,
      );
    }
  }
  const squares = parameters.map(({ gradient }) => b.reduceSum(b.mul(gradient, gradient)));
  const gradientNorm = b.sqrt(b.sum(squares));
  const scale =
    clipNorm === undefined
      ? undefined
      : b.min(b.scalar(1), b.div(b.scalar(clipNorm), b.max(gradientNorm, b.scalar(1e-12))));

  // 1 − βᵗ as −expm1-free scalars: exp(t log β) in float32 is exact enough, the largest error is at t = 1.
  const correction = (beta: number) => b.sub(b.scalar(1), b.exp(b.mul(step, b.scalar(Math.log(beta)))));
  const rootOfSecond = b.sqrt(correction(beta2));
  // η m̂/(√v̂ + ε) = [η √c₂/c₁] · m/(√v + ε √c₂): the corrections become scalars, not passes over the weights.
  const rate = b.div(b.mul(learningRate, rootOfSecond), correction(beta1));
  const floor = b.mul(b.scalar(epsilon), rootOfSecond);

  const scaled = (scalar: Value, factor: number): Value =>
    factor === 1 ? scalar : b.mul(scalar, b.scalar(factor));

  const updated = parameters.map(({ value, gradient, first, second, weightDecay, rateFactor = 1 }) => {
    const g = scale === undefined ? gradient : b.mul(gradient, scale);
    const m = b.add(b.mul(first, b.scalar(beta1)), b.mul(g, b.scalar(1 - beta1)));
    const v = b.add(b.mul(second, b.scalar(beta2)), b.mul(b.mul(g, g), b.scalar(1 - beta2)));
    const change = b.div(b.mul(m, scaled(rate, rateFactor)), b.add(b.sqrt(v), floor));
    const kept =
      weightDecay === 0
        ? value
        : b.mul(value, b.sub(b.scalar(1), b.mul(learningRate, b.scalar(rateFactor * weightDecay))));
    return { value: b.sub(kept, change), first: m, second: v };
  });
  return { parameters: updated, gradientNorm };
}

/** Exponential moving average of a parameter, decay d of shape []: a ← d a + (1 − d) w, as w + d (a − w). */
export function movingAverage(b: GraphBuilder, average: Value, value: Value, decay: Value): Value {
  return b.add(value, b.mul(b.sub(average, value), decay));
}
