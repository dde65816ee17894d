/**
 * White noise: a standard normal at every point and channel, independent of all others. A pole is one point, whatever
 * the number of columns: its row has one value. The smaller the cells, the less of it a model keeps: the noise knows
 * no scale but the grid's.
 */
import type { InitialPerturbation } from '../../core/interfaces.js';
import { normals } from '../../core/random/stream.js';
import type { PerturbationContext, WhiteNoiseSource } from '../source.js';
import { createChannelNoise } from './channelNoise.js';

/**
 * @param place in the list of initial perturbations
 * @throws {PlumeError} usage, for an amplitude that is negative or no number
 */
export function createWhiteNoise(
  source: WhiteNoiseSource,
  context: PerturbationContext,
  place: number,
): InitialPerturbation {
  const { latitudes, longitudes } = context.schema.grid;
  const columns = longitudes.length;
  const poles = [...latitudes.keys()].filter((row) => Math.abs(latitudes[row]!) >= 90);
  return createChannelNoise(source, context, (key, out) => {
    normals({ ...key, purpose: 'initial', step: place }, out);
    for (let field = 0; field < out.length; field += latitudes.length * columns) {
      for (const row of poles) {
        const from = field + row * columns;
        out.fill(out[from]!, from, from + columns);
      }
    }
  });
}
