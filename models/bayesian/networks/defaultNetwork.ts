/**
 * Which network a schema gets where none is asked for: several pressure levels on a whole globe the Earth-specific
 * transformer, anything else (a region, a single level) the light regional one. And how large a network of each kind is
 * where nobody says: sizes of the transformer grow with the grid, at 721 × 1440 points they are the published ones of
 * Pangu-Weather (Bi et al. 2023), on the coarse grids of a laptop a fraction.
 */
import { wrapsInLongitude } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import type { NetworkConfig } from './createNetwork.js';
import type { EarthTransformerConfig } from './earthTransformer.js';
import type { GlobalConfig } from './globalNetwork.js';
import type { RegionalConfig } from './regionalNetwork.js';

export interface DefaultNetworkOptions {
  /** H, annual harmonics; 0 in a world without seasons. */
  readonly harmonics: number;
  /** Of a step: a model that steps by whole days need not know the time of day. */
  readonly stepHours: number;
}

export const networkKinds = [
  'regional',
  'global',
  'earth-transformer',
] as const satisfies readonly NetworkConfig['kind'][];
export type NetworkKind = NetworkConfig['kind'];

/** Degrees from the pole within which the outermost row of a whole globe lies. */
const polarCap = 15;

export function defaultNetwork(schema: Schema, options: DefaultNetworkOptions): NetworkConfig {
  return networkOfKind(isLayeredGlobe(schema) ? 'earth-transformer' : 'regional', schema, options);
}

/** A kind of network in the size that suits a schema. */
export function networkOfKind(
  kind: NetworkKind,
  schema: Schema,
  options: DefaultNetworkOptions,
): NetworkConfig {
  switch (kind) {
    case 'regional':
      return regionalFor(options);
    case 'global':
      return globalFor(schema);
    case 'earth-transformer':
      return transformerFor(schema, options);
  }
}

/** True for two pressure levels or more on a grid that closes the circle and reaches both polar caps. */
export function isLayeredGlobe({ channels, grid }: Schema): boolean {
  const levels = new Set(channels.map(({ level }) => level).filter((level) => level !== null));
  const [north = 0] = grid.latitudes;
  const south = grid.latitudes.at(-1) ?? 0;
  return levels.size >= 2 && wrapsInLongitude(grid) && north > 90 - polarCap && south < polarCap - 90;
}

export function transformerFor(
  { grid }: Pick<Schema, 'grid'>,
  { harmonics, stepHours }: DefaultNetworkOptions,
): EarthTransformerConfig {
  const rows = grid.latitudes.length;
  const side = Math.max(1, Math.min(4, Math.floor(rows / 16)));
  const isFine = rows / side >= 40;
  // heads are as wide as the published ones, 32 channels, or half of it
  const channels = rows >= 360 ? 192 : rows >= 60 ? 96 : 48;
  const heads = Math.min(6, channels / 16);
  return {
    kind: 'earth-transformer',
    patch: [2, side, side],
    window: isFine ? [2, 6, 12] : [2, 4, 4],
    channels,
    heads: [heads, 2 * heads, 2 * heads, heads],
    depths: rows >= 60 ? [2, 6, 6, 2] : [2, 2, 2, 2],
    mlpRatio: 4,
    norm: 'post',
    historyLength: 1,
    harmonics,
    constants: [
      'orography',
      'land-mask',
      'soil-type',
      'latitude',
      ...(harmonics > 0 ? (['season'] as const) : []),
      ...(stepHours % 24 === 0 ? [] : (['time-of-day'] as const)),
    ],
    updates: 'adamw',
  };
}

/** As for the nature run (33 × 64 points), with as many waves as a coarser grid has. */
function globalFor({ channels: { length: variables }, grid }: Schema): GlobalConfig {
  const [rows, columns] = [grid.latitudes.length, grid.longitudes.length];
  return {
    kind: 'global',
    wavenumbers: Math.max(1, Math.min(32, columns / 2)),
    modes: Math.max(1, Math.min(40, variables * Math.ceil(rows / 2))),
    channels: 96,
    layers: 5,
    overlap: 0,
    truncation: Math.max(1, Math.min(rows - 2, Math.floor(columns / 2) - 1)),
  };
}

/** The sizes that the standard training was chosen with. */
export function regionalFor({ harmonics }: Pick<DefaultNetworkOptions, 'harmonics'>): RegionalConfig {
  return {
    kind: 'regional',
    eofs: 0,
    hidden: 0,
    stem: 0,
    channels: 64,
    layers: 4,
    kernel: 5,
    stride: 2,
    harmonics,
    history: 3,
    past: 'differences',
    context: 'channels',
    entry: 5,
    edges: 'repeat',
    updates: 'muon',
  };
}
