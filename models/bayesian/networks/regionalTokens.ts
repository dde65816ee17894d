/**
 * The local path of a regional network, of one weight sample: everything happens on tokens of stride × stride points. No
 * point is lost in packing, each keeps its own channels. A first window (before it, where asked for, another that makes
 * features of points), residual convolutions, and a last window that sees the packed points beside the tokens and gives
 * each point of a token its own increments and amplitudes.
 *   x ← gelu(conv(points) + place and season),   x ← x + gelu(conv(x)) once a layer,   out = conv([x, points])
 *
 * Shapes: R rows, T tokens, C channels of a token; parameters [...shape], without an axis of weight samples.
 */
import type { Grid } from '../../../core/grid.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { convolution, steadyLinear, windows } from '../../graph/layers.js';
import { type PointInputs, packedInputs } from './regionalInputs.js';
import { type RegionalConfig, tokenWindow } from './regionalShapes.js';
import { pointsOfTokens, type TokenGrid, tokenPadding } from './tokens.js';

export interface TokenInputs extends PointInputs {
  /** By layer, [R, 1, C]; empty in forecasts. */
  readonly dropout: readonly Value[];
}

export interface TokenOutputs {
  /** [R, 2, n]: increments, then raw amplitudes. */
  readonly out: Value;
  /** Writes what the last matrix is multiplied with, [R · T, in]. */
  readonly features: () => Value;
}

/** Writes the path. @param parameter of one weight sample, by name */
export function tokenPath(
  ops: GraphBuilder,
  config: RegionalConfig,
  { grid, tokens: layout }: { readonly grid: Grid; readonly tokens: TokenGrid },
  parameter: (name: string) => Value,
  inputs: TokenInputs,
): TokenOutputs {
  const { channels, layers, kernel, entry, stem, context, edges } = config;
  const [R = 1, n = 1] = inputs.climate.shape;
  const count = layout.rows * layout.columns;
  const pieces = layout.stride ** 2;

  const field = (x: Value): Value => ops.reshape(x, [R, layout.rows, layout.columns, x.shape[2] ?? 1]);
  /** A window on the tokens and one matrix: [R, T, C] → [R, T, out]. */
  const window = (x: Value, name: string, size: number, outside: 'zero' | 'edge'): Value => {
    const options = { size, ...tokenPadding(grid, layout, outside) };
    const product = convolution(ops, field(x), parameter(`${name}.weight`), options);
    return ops.add(ops.reshape(product, [R, count, product.shape.at(-1) ?? 1]), parameter(`${name}.bias`));
  };

  const packed = packedInputs(ops, inputs, config, grid, layout);
  const points =
    stem === 0
      ? packed
      : ops.concat([packed, ops.gelu(window(packed, 'local.stem', tokenWindow, 'edge'))], 2);
  let entered = window(points, 'local.in', entry, 'edge');
  if (context === 'learned') {
    const place = parameter('local.position');
    entered = ops.add(
      entered,
      inputs.season === undefined
        ? place
        : ops.add(
            place,
            ops.reshape(steadyLinear(ops, inputs.season, parameter('local.season')), [R, 1, channels]),
          ),
    );
  }
  let tokens = ops.gelu(entered);
  for (let layer = 0; layer < layers; layer++) {
    const update = ops.gelu(window(tokens, `local.${layer}`, kernel, edges === 'zero' ? 'zero' : 'edge'));
    tokens = ops.add(tokens, update);
    const kept = inputs.dropout[layer];
    if (kept !== undefined) tokens = ops.mul(tokens, kept);
  }
  const last = ops.concat([tokens, packed], 2);
  const out = window(last, 'local.out', tokenWindow, 'edge');
  // [R, token · piece, kind · variable] → [R, kind · variable, point]
  const perPoint = (out.shape[2] ?? 1) / pieces;
  const unpacked = ops.gather(
    ops.reshape(out, [R, count * pieces, perPoint]),
    pointsOfTokens(grid, layout),
    1,
  );
  return {
    out: ops.reshape(ops.transpose(unpacked, [0, 2, 1]), [R, 2, n]),
    features: () => {
      const seen = windows(ops, field(last), { size: tokenWindow, ...tokenPadding(grid, layout, 'edge') });
      return ops.reshape(seen, [R * count, seen.shape.at(-1) ?? 1]);
    },
  };
}
