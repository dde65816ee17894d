/**
 * States and known fields as tokens: one matrix for the patches above the surface, one for those at the surface, where
 * the known fields stand beside the variables (Bi et al. 2023, fig. 2: patch embedding).
 */
import { gridSize } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { linear } from '../../graph/layers.js';
import type { EarthLayout, EarthTransformerConfig } from './earthLayout.js';
import { writeKnownFields } from './earthPlanes.js';
import type { NetworkConstants, NetworkInputs } from './network.js';
import { cutIntoPatches } from './patches.js';
import { tokenCount } from './tokenVolume.js';

export interface EmbeddingContext {
  readonly config: EarthTransformerConfig;
  readonly schema: Schema;
  readonly layout: EarthLayout;
  readonly constants: NetworkConstants;
  readonly parameter: (name: string) => Value;
}

export function embeddingShapes(
  { channels, historyLength }: EarthTransformerConfig,
  { hasSurface, upperLevels, upperNumbers, surfaceNumbers, known, patchPoints }: EarthLayout,
): [string, Shape][] {
  const embedding = (name: string, numbers: number): [string, Shape][] => [
    [`embed.${name}.weight`, [numbers, channels]],
    [`embed.${name}.bias`, [1, channels]],
  ];
  return [
    ...(upperLevels > 0 ? embedding('upper', historyLength * upperNumbers) : []),
    ...(hasSurface ? embedding('surface', historyLength * surfaceNumbers + known * patchPoints) : []),
  ];
}

/** @returns tokens [K, R, N, C] */
export function embed(b: GraphBuilder, inputs: NetworkInputs, context: EmbeddingContext): Value {
  const { config, schema, layout, parameter } = context;
  const [K, R] = (inputs.history[0]?.shape ?? []) as [number, number, number];
  const { rows, columns } = layout.grid;
  const states = inputs.history.map((state) =>
    b.reshape(state, [K * R, schema.channels.length, rows, columns]),
  );
  const fields = b.concat(states, 1);
  const embedded = (name: string, patches: Value): Value => {
    const numbers = patches.shape.at(-1) ?? 1;
    const product = linear(b, b.reshape(patches, [K, -1, numbers]), parameter(`embed.${name}.weight`));
    return b.reshape(b.add(product, parameter(`embed.${name}.bias`)), [K, R, -1, config.channels]);
  };
  const parts: Value[] = [];
  if (layout.hasSurface) {
    const known = knownFields(b, inputs.season, K, context);
    const plane = surfacePlane(b, fields, known, context);
    const variables = plane.shape[1] ?? 1;
    const order = Array.from({ length: variables }, (_, i) => i);
    parts.push(
      embedded('surface', cutIntoPatches(b, plane, layout.grid, { order, variables, patchLevels: 1 })),
    );
  }
  if (layout.upperLevels > 0) {
    const variables = layout.planes.upperVariables.length * config.historyLength;
    const { patchLevels } = layout;
    const order = upperOrder(context);
    parts.push(embedded('upper', cutIntoPatches(b, fields, layout.grid, { order, variables, patchLevels })));
  }
  return b.reshape(b.concat(parts, 2), [K, R, tokenCount(layout.volume), config.channels]);
}

/** [level, time, variable]: the channel of the states behind each other that stands there, −1 for zeros. */
function upperOrder({ config, schema, layout }: EmbeddingContext): number[] {
  const { upper, upperVariables } = layout.planes;
  const V = upperVariables.length;
  const order: number[] = [];
  for (let level = 0; level < layout.upperLevels * layout.patchLevels; level++) {
    for (let back = 0; back < config.historyLength; back++) {
      for (let v = 0; v < V; v++) {
        const channel = upper[level * V + v] ?? -1;
        order.push(channel === -1 ? -1 : back * schema.channels.length + channel);
      }
    }
  }
  return order;
}

/** Surface variables of all times and known fields, [K · R, plane, row, column]. */
function surfacePlane(
  b: GraphBuilder,
  fields: Value,
  known: Value | undefined,
  { config, schema, layout }: EmbeddingContext,
): Value {
  const ofStates = Array.from({ length: config.historyLength }, (_, back) =>
    layout.planes.surface.map((c) => back * schema.channels.length + c),
  ).flat();
  const variables = ofStates.length > 0 ? [b.gather(fields, ofStates, 1)] : [];
  return b.concat(known === undefined ? variables : [...variables, known], 1);
}

/** [K · R, plane, row, column]; undefined where nothing is known. */
function knownFields(
  b: GraphBuilder,
  season: Value,
  samples: number,
  { config, schema: { grid }, constants }: EmbeddingContext,
): Value | undefined {
  const known = writeKnownFields(b, config.constants, {
    grid,
    harmonics: config.harmonics,
    season,
    stored(field) {
      const values = constants[field] ?? new Float32Array(gridSize(grid));
      return b.constant(values, [1, grid.latitudes.length, grid.longitudes.length]);
    },
  });
  if (known === undefined) return undefined;
  const [R, ...rest] = known.shape as [number, number, number, number];
  return b.reshape(b.expand(b.reshape(known, [1, R, ...rest]), [samples, R, ...rest]), [
    samples * R,
    ...rest,
  ]);
}
