/**
 * Posteriors made of others: a mixture of components, and draws with another temperature.
 * Several posteriors, each around a network trained from its own start, form one mixture with equal parts: what one
 * basin of the loss does not know of the others (Wilson & Izmailov 2020, arXiv:2002.08791).
 */
import { internalError } from '../../../core/errors.js';
import type { Tensor } from '../../../core/store/tensorFile.js';
import type { Posterior } from './posterior.js';

/** Weight sample k comes from component k mod P, so every P samples hold each component once. */
export function componentOf(weightSample: number, components: number): number {
  return weightSample % components;
}

/**
 * Sample k is sample k of component k mod P; the mean is that of component 0, since between basins of the loss there
 * is no network that forecasts.
 * @throws {PlumeError} internal, for no components
 */
export function mixture(components: readonly Posterior[]): Posterior {
  const component = (index: number): Posterior => {
    const found = components[index];
    if (found === undefined) throw internalError('a posterior without components');
    return found;
  };
  component(0);
  return {
    sample: (key) => component(componentOf(key.weightSample, components.length)).sample(key),
    mean: () => component(0).mean(),
  };
}

/**
 * Draws w̄ + scale · (w − w̄): of a Gaussian, σ times scale; of masks, part of what they take away.
 * 1 gives the draws of the posterior to the bit, 0 its mean. Exact where nothing deviates.
 */
export function tempered(posterior: Posterior, scale: number): Posterior {
  if (scale === 1) return posterior;
  const mean = (): ReturnType<Posterior['mean']> => posterior.mean();
  if (scale === 0) return { sample: () => new Map(mean()), mean };
  return {
    sample: (key) => {
      const centre = mean();
      const weights = new Map<string, Tensor>();
      for (const [name, { shape, values }] of posterior.sample(key)) {
        const around = centre.get(name)?.values ?? values;
        weights.set(name, {
          shape,
          values: values.map((value, i) => around[i]! + scale * (value - around[i]!)),
        });
      }
      return weights;
    },
    mean,
  };
}
