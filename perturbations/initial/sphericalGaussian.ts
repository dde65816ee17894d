/**
 * Matérn fields on the sphere, independent in every channel: variance of a harmonic of degree n ∝ (n(n + 1) + τ²)^(−α), nearly
 * even up to degree τ and falling like n^(−2α) beyond. Lindgren, Rue & Lindström 2011, doi:10.1111/j.1467-9868.2011.00777.x,
 * § 3.1; α = 2 and τ = 3 are in use for weather models of machine learning.
 */
import type { InitialPerturbation, MemberKey } from '../../core/interfaces.js';
import { createIndependentFields } from '../fields/independentFields.js';
import { maternAmplitudes } from '../fields/matern.js';
import type { PerturbationContext, SphericalGaussianSource } from '../source.js';
import { createChannelNoise } from './channelNoise.js';

/**
 * @param place in the list of initial perturbations
 * @throws {PlumeError} usage, for an α that leaves no finite variance, a negative τ or amplitude, or a grid whose spectrum
 * would not fit into memory
 */
export function createSphericalGaussian(
  source: SphericalGaussianSource,
  context: PerturbationContext,
  place: number,
): InitialPerturbation {
  const { channels, grid } = context.schema;
  const amplitudes = maternAmplitudes(grid, source.alpha, source.tau);
  // The sign of a pair is given to whole patterns.
  const fields = createIndependentFields(grid, { amplitudes, purpose: 'initial', antithetic: false });
  const draw = (key: MemberKey, out: Float32Array): void => fields.draw(key, place, channels.length, out);
  return createChannelNoise(source, context, draw, fields.memoryBytes);
}
