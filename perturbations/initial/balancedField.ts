/**
 * A random flow in balance: wind, temperature, geopotential and surface pressure change together, so that the model keeps
 * what it is given instead of shedding it as gravity waves (balance/balancedPattern.ts). Its horizontal scale is a
 * Gaussian's, its strength α times the climatological spread of wind.
 *   x ← x ± α p,   one pattern p for all channels
 * Earlier states that a model needs get the same as the newest. Humidity and other channels that no balance binds stay.
 */
import { internalError, usageError } from '../../core/errors.js';
import type { InitialPerturbation } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { coefficientCount } from '../../core/sphere/legendre.js';
import { createBalancedPattern } from '../balance/balancedPattern.js';
import { heatKernelAmplitudes } from '../fields/heatKernel.js';
import { createSpectralDraws } from '../fields/independentFields.js';
import { requireResolved } from '../fields/noiseScales.js';
import type { BalancedSource, PerturbationContext } from '../source.js';

/**
 * @param place in the list of initial perturbations
 * @throws {PlumeError} usage, for a parameter out of its range, a length below the grid spacing, or a schema without flow
 */
export function createBalancedField(
  source: BalancedSource,
  { schema, pressures, spread }: PerturbationContext,
  place: number,
): InitialPerturbation {
  const { amplitude, antithetic, lengthKm, balance } = source;
  if (!(amplitude >= 0 && Number.isFinite(amplitude))) {
    throw usageError(
      `balanced: amplitude is ${amplitude}; it must be 0 or more, a share of climatological spread such as 0.1`,
    );
  }
  const missing = schema.channels.find((_, c) => !Number.isFinite(spread[c]));
  if (missing !== undefined) {
    throw internalError(`balanced: climatological spread of ${channelName(missing)} is not known`);
  }
  requireResolved(schema.grid, lengthKm);
  const amplitudes = heatKernelAmplitudes(lengthKm);
  const pattern = createBalancedPattern({
    schema,
    pressures,
    amplitudes,
    balance,
    verticalModes: source.verticalModes,
    equatorDegrees: source.equatorDegrees,
    spread,
  });
  const draws = createSpectralDraws({ amplitudes, purpose: 'initial', antithetic });
  const coefficients = new Float64Array(pattern.fields * 2 * coefficientCount(pattern.degree));
  const length = schema.channels.length * schema.grid.latitudes.length * schema.grid.longitudes.length;
  const values = new Float32Array(length);

  const heldBytes = pattern.memoryBytes + draws.memoryBytes + coefficients.byteLength + values.byteLength;
  return {
    stepsBack: 0,
    memory: () => ({ heldBytes, ownRows: 0, forecasts: [] }),
    async add({ keys, states }) {
      for (const [row, key] of keys.entries()) {
        draws.draw(key, place, 0, pattern.fields, coefficients);
        pattern.make(coefficients).write(values);
        for (const all of states) {
          const state = all.subarray(row * length, (row + 1) * length);
          for (let i = 0; i < length; i++) state[i]! += amplitude * values[i]!;
        }
      }
    },
  };
}
