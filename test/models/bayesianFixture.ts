/** Tiny Bayesian networks for tests: small in every direction, random in every tensor, deterministic from a seed. */
import { gridSize } from '../../core/grid.js';
import { normals } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import type { ModelDescription, ModelParts, TrainedModel } from '../../models/bayesian/modelDirectory.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { type RegionalConfig, RegionalNetwork } from '../../models/bayesian/networks/regionalNetwork.js';
import { plainRegional } from '../../models/bayesian/networks/regionalShapes.js';
import { inverseSoftplus } from '../../models/bayesian/posteriors/meanField.js';
import { elements } from '../../models/graph/graph.js';
import { type SyntheticOptions, syntheticGrid, syntheticSeries } from '../syntheticArchive.js';

export const tinyConfig: RegionalConfig = {
  kind: 'regional',
  eofs: 4,
  hidden: 5,
  stem: 3,
  channels: 4,
  layers: 1,
  kernel: 3,
  stride: 2,
  harmonics: 1,
  ...plainRegional,
};

/** All that the newer form of the network has and the older one has not. */
export const directConfig: RegionalConfig = {
  ...tinyConfig,
  eofs: 0,
  hidden: 0,
  stem: 0,
  history: 3,
  past: 'differences',
  context: 'channels',
  entry: 5,
  edges: 'repeat',
  updates: 'muon',
};

/** Standard normals times `size`, the same for the same label. */
export function randomValues(length: number, label: number, size = 1): Float32Array {
  const values = new Float32Array(length);
  normals({ seed: 99, weightSample: 0, noiseStream: 0, purpose: 'training', step: label }, values);
  return values.map((value) => value * size);
}

export function tinySchema(options: SyntheticOptions = {}): Schema {
  return syntheticSeries({ ...options, days: 1 }).schema;
}

/** Constants and parameters all random, output layers included. */
export function tinyNetwork(
  schema: Schema = tinySchema(),
  config: RegionalConfig = tinyConfig,
): { network: RegionalNetwork; constants: { projection?: Float32Array; climate: Float32Array } } {
  const n = schema.channels.length * gridSize(schema.grid);
  const constants = {
    ...(config.eofs > 0 ? { projection: randomValues(n * config.eofs, 1, 1 / Math.sqrt(n)) } : {}),
    climate: randomValues((1 + 2 * config.harmonics) * n, 2),
  };
  return { network: new RegionalNetwork(config, schema, constants), constants };
}

/** [...shape] for every parameter, of a size that keeps activations near 1. */
export function randomParameters(network: Network, label = 100): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let next = label;
  for (const [name, shape] of network.parameters) {
    const inputs = name.endsWith('.weight') ? (shape[0] ?? 1) : 4;
    tensors.set(name, { shape, values: randomValues(elements(shape), next++, Math.sqrt(1 / inputs)) });
  }
  return tensors;
}

export interface TinyModelOptions extends SyntheticOptions {
  readonly config?: RegionalConfig;
  /** σ of every weight. */
  readonly sigma?: number;
  /** Multiplies the amplitude of the noise; default 0.1. */
  readonly noiseScale?: number;
  /** Posteriors of the mixture, each around weights of its own; default 1. */
  readonly components?: number;
}

/** A model that was never trained, yet whole: its forecasts stay finite for some steps. */
export function tinyParts(options: TinyModelOptions = {}): ModelParts {
  const { config = tinyConfig, sigma = 0.1, noiseScale = 0.1, components = 1 } = options;
  const schema = tinySchema(options);
  const { network, constants } = tinyNetwork(schema, config);
  const n = network.stateLength;
  const posteriors = Array.from({ length: components }, (_, p) => {
    const means = new Map<string, Tensor>();
    const rhos = new Map<string, Tensor>();
    for (const [name, { shape, values }] of randomParameters(network, 100 * (p + 1))) {
      means.set(`mean.${name}`, { shape, values: values.map((value) => 0.3 * value) });
      rhos.set(`rho.${name}`, {
        shape,
        values: new Float32Array(values.length).fill(inverseSoftplus(sigma)),
      });
    }
    return new Map([...means, ...rhos]);
  });
  const coefficients = new Float32Array((1 + 2 * config.harmonics) * n);
  coefficients.fill(101_300, 0, n);
  return {
    schema,
    network: config,
    constants,
    cycle: {
      harmonics: config.harmonics,
      coefficients,
      scale: new Float32Array(schema.channels.length).fill(800),
    },
    components: posteriors,
    settings: {
      step_hours: 24,
      posterior: { kind: 'mean-field', components, seed: 5, scale: 1, prior_sigma: 0.3, beta: 0.001 },
      noise: { fields: [{ length_km: 600, time_hours: 0, share: 1 }], scale: noiseScale },
      relaxation: 0,
      training: { train: '2001/2002', validate: '2003', seed: 5, preset: 'brief', record: null },
    },
  };
}

/** The same, as if it had been read from a directory. */
export function tinyTrained(options: TinyModelOptions = {}): TrainedModel {
  const { settings, ...parts } = tinyParts(options);
  const grid = syntheticGrid(options);
  const description: ModelDescription = {
    format: 'plume-model',
    version: 1,
    kind: 'bayesian',
    schema: {
      channels: [...parts.schema.channels],
      latitudes: [...grid.latitudes],
      longitudes: [...grid.longitudes],
    },
    network: parts.network,
    ...settings,
    weights: { file: 'weights.arrow', sha256: '' },
  };
  return { ...parts, description, digest: 'never written' };
}
