/**
 * What a network knows before it trains: its constants, fitted to the training data once, and its parameters.
 * Random weights have variance 1/(inputs), so that activations keep their size; output layers start at zero,
 * so that training starts from the linear path, or from persistence.
 */
import { normals } from '../../../core/random/stream.js';
import type { Schema } from '../../../core/schema.js';
import type { Tensor } from '../../../core/store/tensorFile.js';
import { elements } from '../../graph/graph.js';
import { createNetwork, type NetworkConfig } from '../networks/createNetwork.js';
import type { Network, NetworkConstants } from '../networks/network.js';
import { inverseSoftplus } from '../posteriors/meanField.js';
import type { SeasonalCycle } from '../seasonalCycle.js';
import type { AnomalySource } from './anomalySource.js';
import { fitPropagator } from './fitPropagator.js';
import { regionalStart } from './regionalStart.js';

export interface InitialNetwork {
  /** As asked for, with what the data decided. */
  readonly config: NetworkConfig;
  readonly network: Network;
  readonly constants: NetworkConstants;
  /** Parameters that start from the data, by name. */
  readonly fitted: ReadonlyMap<string, Float32Array>;
}

export interface InitialOptions {
  readonly stepMilliseconds: number;
  /** Ridge of the linear path: penalty per sample, relative to the mean variance of a coefficient. */
  readonly ridge: number;
  readonly threads: number;
  /** Fields of the place by name, as networks that know them store them; zeros for those that are not given. */
  readonly known?: NetworkConstants;
}

/** @throws {PlumeError} usage, when the grid is not one for this kind of network; data, for too short a series */
export async function initialNetwork(
  config: NetworkConfig,
  schema: Schema,
  source: AnomalySource,
  cycle: SeasonalCycle,
  options: InitialOptions,
): Promise<InitialNetwork> {
  switch (config.kind) {
    case 'regional': {
      const start = await regionalStart(config, schema, source, cycle, options);
      const network = createNetwork(start.config, schema, start.constants);
      const fitted = start.linear === undefined ? [] : [['linear.weight', start.linear] as const];
      return { ...start, network, fitted: new Map(fitted) };
    }
    case 'earth-transformer': {
      const shapes = createNetwork(config, schema, {}).constantShapes;
      const constants = Object.fromEntries(
        [...shapes].map(([name, shape]) => [
          name,
          options.known?.[name] ?? new Float32Array(elements(shape)),
        ]),
      );
      return { config, network: createNetwork(config, schema, constants), constants, fitted: new Map() };
    }
    case 'global': {
      const constants = await fitPropagator(config, schema, source, options);
      return { config, network: createNetwork(config, schema, constants), constants, fitted: new Map() };
    }
  }
}

/** @param amplitude of the noise at the start, in units of the scale */
export function initialParameters(
  { network, fitted }: InitialNetwork,
  { seed, amplitude }: { readonly seed: number; readonly amplitude: number },
): Map<string, Tensor> {
  const parameters = new Map<string, Tensor>();
  let tensor = 0;
  for (const [name, shape] of network.parameters) {
    const values = new Float32Array(elements(shape));
    const scale = network.initialScale(name);
    if (scale > 0) {
      const key = { seed, weightSample: 0, noiseStream: 0, step: tensor } as const;
      normals({ ...key, purpose: 'initialise' }, values);
      for (let i = 0; i < values.length; i++) values[i]! *= scale;
    }
    if (name === 'amplitude.bias') values.fill(inverseSoftplus(amplitude));
    const known = fitted.get(name);
    if (known !== undefined) values.set(known);
    parameters.set(name, { shape, values });
    tensor++;
  }
  return parameters;
}
