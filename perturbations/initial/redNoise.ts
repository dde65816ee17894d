/**
 * Red noise on the sphere: isotropic Gaussian fields, independent in every channel, whose harmonics of degree n have the
 * amplitude n^(−ρ), so that large scales hold most of the variance; up to the degree that the grid resolves. What is
 * elsewhere called Brownian noise weights the waves of the latitude–longitude plane so, which is neither isotropic nor of one
 * value at the poles.
 */
import type { InitialPerturbation, MemberKey } from '../../core/interfaces.js';
import { createIndependentFields } from '../fields/independentFields.js';
import { redNoiseAmplitudes } from '../fields/powerLaw.js';
import type { PerturbationContext, RedNoiseSource } from '../source.js';
import { createChannelNoise } from './channelNoise.js';

/**
 * @param place in the list of initial perturbations
 * @throws {PlumeError} usage, for a reddening or an amplitude that is negative or no number, or a grid whose spectrum
 * would not fit into memory
 */
export function createRedNoise(
  source: RedNoiseSource,
  context: PerturbationContext,
  place: number,
): InitialPerturbation {
  const { channels, grid } = context.schema;
  const amplitudes = redNoiseAmplitudes(grid, source.reddening);
  // The sign of a pair is given to whole patterns.
  const fields = createIndependentFields(grid, { amplitudes, purpose: 'initial', antithetic: false });
  const draw = (key: MemberKey, out: Float32Array): void => fields.draw(key, place, channels.length, out);
  return createChannelNoise(source, context, draw, fields.memoryBytes);
}
