/**
 * A network of the class of Pangu-Weather on any regular grid, by its shapes alone: five variables on thirteen levels and
 * four at the surface, and the matrix products of one of its steps, counted from the graph of the network of published
 * size (Bi et al. 2023, doi:10.1038/s41586-023-06185-3: patches 2 × 4 × 4, windows 2 × 6 × 12, 192 and 384 channels).
 */
import { makeGrid } from '../core/grid.js';
import type { Schema } from '../core/schema.js';
import { buildForecastStep } from '../models/bayesian/model.js';
import { EarthTransformer } from '../models/bayesian/networks/earthTransformer.js';
import { matrixFlops } from '../models/graph/graph.js';

const levels = [1000, 925, 850, 700, 600, 500, 400, 300, 250, 200, 150, 100, 50];
const upper = { z: 'm2 s-2', q: 'kg kg-1', t: 'K', u: 'm s-1', v: 'm s-1' };
const surface = { msl: 'Pa', u10: 'm s-1', v10: 'm s-1', t2m: 'K' };

/** With both poles, from 0°E. */
export function panguSchema(rows: number, columns: number): Schema {
  return {
    channels: [
      ...levels.flatMap((level) =>
        Object.entries(upper).map(([variable, unit]) => ({ variable, level, unit })),
      ),
      ...Object.entries(surface).map(([variable, unit]) => ({ variable, level: null, unit })),
    ],
    grid: makeGrid(
      Array.from({ length: rows }, (_, i) => 90 - (180 * i) / (rows - 1)),
      Array.from({ length: columns }, (_, j) => (360 * j) / columns),
    ),
  };
}

/** Multiplications and additions of the matrix products of one member's step. */
export function panguStepFlops(schema: Schema): number {
  const network = new EarthTransformer(
    {
      kind: 'earth-transformer',
      patch: [2, 4, 4],
      window: [2, 6, 12],
      channels: 192,
      heads: [6, 12, 12, 6],
      depths: [2, 6, 6, 2],
      mlpRatio: 4,
      norm: 'post',
      historyLength: 1,
      harmonics: 0,
      constants: ['land-mask', 'soil-type', 'orography'],
      updates: 'adamw',
    },
    schema,
    {},
  );
  return matrixFlops(buildForecastStep(network, 1, 1));
}
