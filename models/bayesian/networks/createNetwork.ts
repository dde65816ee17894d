/** The kinds of networks: a new kind is one file that satisfies Network, and one line here. */
import type { Schema } from '../../../core/schema.js';
import { EarthTransformer, type EarthTransformerConfig } from './earthTransformer.js';
import { type GlobalConfig, GlobalNetwork } from './globalNetwork.js';
import type { Network, NetworkConstants } from './network.js';
import { type RegionalConfig, RegionalNetwork } from './regionalNetwork.js';

export type NetworkConfig = RegionalConfig | GlobalConfig | EarthTransformerConfig;

/** @throws {PlumeError} usage, when the grid is not one that this kind of network can work on */
export function createNetwork(config: NetworkConfig, schema: Schema, constants: NetworkConstants): Network {
  switch (config.kind) {
    case 'regional':
      return new RegionalNetwork(config, schema, constants);
    case 'global':
      return new GlobalNetwork(config, schema, constants);
    case 'earth-transformer':
      return new EarthTransformer(config, schema, constants);
  }
}
