/**
 * What an Earth-specific transformer's configuration comes to on a schema: its tokens, stages and the numbers of its
 * patches. Tokens of the surface come first, then those of the levels above, as in Bi et al. 2023.
 */
import { usageError } from '../../../core/errors.js';
import { describeGrid, wrapsInLongitude } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import { type EarthPlanes, earthPlanes, type KnownField, planesOf } from './earthPlanes.js';
import { type Extent, windowSize } from './earthWindows.js';
import { type PatchGrid, patchCounts } from './patches.js';
import { halved, type TokenVolume } from './tokenVolume.js';

export interface EarthTransformerConfig {
  readonly kind: 'earth-transformer';
  /** Points of a patch: levels, rows, columns. */
  readonly patch: Extent;
  /** Tokens of a window: levels, rows, columns. */
  readonly window: Extent;
  /** C: channels of a token in stages 1 and 4; stages 2 and 3 have twice as many. */
  readonly channels: number;
  /** Of each of the four stages; a divisor of its channels. */
  readonly heads: readonly [number, number, number, number];
  /** Blocks of each stage. */
  readonly depths: readonly [number, number, number, number];
  /** Channels between the matrices of a perceptron, over those of its token. */
  readonly mlpRatio: number;
  /** Where normalisation stands; the published networks have it behind. */
  readonly norm: 'post' | 'pre';
  /** States that a step sees. */
  readonly historyLength: 1 | 2;
  /** H, annual harmonics of the seasonal cycle; 0 in a world without seasons. */
  readonly harmonics: number;
  /** What stands beside the variables at the surface. */
  readonly constants: readonly KnownField[];
  /** How hidden matrices learn (graph/muon.ts). */
  readonly updates: 'adamw' | 'muon';
}

export interface Stage {
  readonly name: string;
  readonly volume: TokenVolume;
  readonly channels: number;
  readonly heads: number;
  /** Blocks. */
  readonly depth: number;
}

export interface EarthLayout {
  readonly planes: EarthPlanes;
  readonly grid: PatchGrid;
  readonly patchLevels: number;
  /** Points of a patch at the surface. */
  readonly patchPoints: number;
  /** Planes at the surface that are known beside the state. */
  readonly known: number;
  readonly hasSurface: boolean;
  /** Levels of patches above the surface. */
  readonly upperLevels: number;
  /** Tokens of stages 1 and 4. */
  readonly volume: TokenVolume;
  /** Tokens at the surface. */
  readonly ground: number;
  readonly stages: readonly Stage[];
  /** Numbers of one state in a patch above the surface. */
  readonly upperNumbers: number;
  /** And in one at the surface. */
  readonly surfaceNumbers: number;
}

/** @throws {PlumeError} usage, when heads do not divide channels, or patches leave too few tokens */
export function earthLayout(config: EarthTransformerConfig, schema: Schema): EarthLayout {
  const planes = earthPlanes(schema);
  const [patchLevels, patchRows, patchColumns] = config.patch;
  const patchPoints = patchRows * patchColumns;
  const wraps = wrapsInLongitude(schema.grid);
  const [rows, columns] = [schema.grid.latitudes.length, schema.grid.longitudes.length];
  const grid = { rows, columns, patchRows, patchColumns, wraps };
  const known = config.constants.reduce((sum, field) => sum + planesOf(field, config.harmonics), 0);
  const hasSurface = planes.surface.length + known > 0;
  const upperLevels = Math.ceil(planes.levels.length / patchLevels);
  const [down, across] = patchCounts(grid);
  const volume = { levels: upperLevels + (hasSurface ? 1 : 0), rows: down, columns: across, wraps };
  requireSizes(config, schema, halved(volume));
  const stages = config.depths.map((depth, s) => {
    const coarse = isCoarse(s);
    return {
      name: `stage${s + 1}`,
      volume: coarse ? halved(volume) : volume,
      channels: config.channels * (coarse ? 2 : 1),
      heads: config.heads[s] ?? 1,
      depth,
    };
  });
  return {
    ...{ planes, grid, patchLevels, patchPoints, known, hasSurface, upperLevels, volume, stages },
    ground: hasSurface ? down * across : 0,
    upperNumbers: upperLevels > 0 ? patchLevels * planes.upperVariables.length * patchPoints : 0,
    surfaceNumbers: planes.surface.length * patchPoints,
  };
}

function isCoarse(stage: number): boolean {
  return stage === 1 || stage === 2;
}

/** Products of matrices with one row or one column round otherwise in ONNX Runtime: none may occur (layers.ts). */
function requireSizes(config: EarthTransformerConfig, schema: Schema, coarse: TokenVolume): void {
  const { channels, heads, patch, window } = config;
  heads.forEach((count, s) => {
    const width = (channels * (isCoarse(s) ? 2 : 1)) / count;
    if (!Number.isInteger(width) || width < 2) {
      throw usageError(
        `earth transformer: stage ${s + 1} has ${count} heads of ${width} channels each, expected a whole number of at ` +
          'least 2; choose other heads or channels',
      );
    }
  });
  const [levels, rows, columns] = windowSize(coarse, window);
  if (levels * rows * columns < 2) {
    throw usageError(
      `earth transformer: patches of ${patch.join(' × ')} and windows of ${window.join(' × ')} leave a window one token ` +
        `on ${describeGrid(schema.grid)}, expected two or more; choose smaller patches or larger windows`,
    );
  }
}
