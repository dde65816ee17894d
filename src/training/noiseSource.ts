/** The noise of a model as the perturbation that makes it, and what that is to know of the model. */
import type { Schema } from '../../core/schema.js';
import type { LearnedNoiseSource, NoiseScale, PerturbationContext } from '../../perturbations/source.js';

export function noiseSource(scales: readonly NoiseScale[]): LearnedNoiseSource {
  return { kind: 'noise', scales, factor: 1, balance: 'none', antithetic: false };
}

/** For perturbations that need neither pressures nor other states. */
export function bareContext(schema: Schema, stepHours: number): PerturbationContext {
  const pressures = schema.channels.map(({ level }) => level ?? 1000);
  return { schema, stepHours, pressures, spread: [], pool: null, rotate: false };
}
