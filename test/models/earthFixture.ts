/** Small schemas on several levels, and small transformers over them, for the tests of networks. */
import { makeGrid } from '../../core/grid.js';
import type { Channel, Schema } from '../../core/schema.js';
import {
  EarthTransformer,
  type EarthTransformerConfig,
} from '../../models/bayesian/networks/earthTransformer.js';
import type { Network } from '../../models/bayesian/networks/network.js';

/** Variables on every level, then surface variables; a globe, or a region of the same number of points. */
export function layeredSchema(options: {
  readonly rows: number;
  readonly columns: number;
  readonly levels?: readonly number[];
  readonly variables?: readonly string[];
  readonly surface?: readonly string[];
  readonly region?: boolean;
}): Schema {
  const { rows, columns, levels = [], variables = [], surface = [], region = false } = options;
  const channels: Channel[] = [
    ...levels.flatMap((level) => variables.map((variable) => ({ variable, level, unit: 'K' }))),
    ...surface.map((variable) => ({ variable, level: null, unit: 'Pa' })),
  ];
  const spacing = region ? 2 : 360 / columns;
  const latitudes = Array.from({ length: rows }, (_, i) =>
    region ? 60 - 2 * i : 90 - (180 * (i + 0.5)) / rows,
  );
  return {
    channels,
    grid: makeGrid(
      latitudes,
      Array.from({ length: columns }, (_, j) => spacing * j),
    ),
  };
}

export const smallTransformer: EarthTransformerConfig = {
  kind: 'earth-transformer',
  patch: [2, 2, 2],
  window: [2, 2, 3],
  channels: 6,
  heads: [2, 3, 3, 2],
  depths: [1, 2, 1, 1],
  mlpRatio: 2,
  norm: 'post',
  historyLength: 1,
  harmonics: 1,
  constants: ['orography', 'latitude', 'season'],
  updates: 'adamw',
};

export function transformer(schema: Schema, changes: Partial<EarthTransformerConfig> = {}): Network {
  return new EarthTransformer({ ...smallTransformer, ...changes }, schema, {});
}
