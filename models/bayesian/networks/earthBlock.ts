/**
 * One block of the 3D Earth-specific transformer: attention within windows, then a perceptron on every token, each with
 * a residual path and layer normalisation (Bi et al. 2023, doi:10.1038/s41586-023-06185-3, methods).
 *   post-norm (the published form): x ← x + N(A(x)),  x ← x + N(M(x));   pre-norm: x ← x + A(N(x)),  x ← x + M(N(x))
 *   A: softmax(q kᵀ / √d + B) v by head, B the Earth-specific bias of the window's type;  M: GELU between two matrices.
 * Normalisations have a learned scale, kept as what it differs from one, and a shift.
 *
 * Shapes: tokens [K, R, N, C]; parameters [K or 1, ...shape]; T tokens of a window, h heads of d = C / h channels.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { layerNorm, linear } from '../../graph/layers.js';
import {
  type Extent,
  positionCount,
  positionIndices,
  type Windows,
  windowSize,
  windowTypes,
} from './earthWindows.js';
import type { TokenVolume } from './tokenVolume.js';

export interface BlockSize {
  readonly channels: number;
  readonly heads: number;
  /** Channels of the perceptron between its matrices, over those of a token. */
  readonly mlpRatio: number;
  readonly window: Extent;
}

/** Shapes of a block's parameters, by the last part of their names. */
export function blockShapes(volume: TokenVolume, size: BlockSize): [string, Shape][] {
  const { channels: C, heads, mlpRatio, window } = size;
  const positions = positionCount(windowSize(volume, window));
  return [
    ['qkv.weight', [C, 3 * C]],
    ['qkv.bias', [1, 3 * C]],
    ['position', [positions, windowTypes(volume, window) * heads]],
    ['projection.weight', [C, C]],
    ['projection.bias', [1, C]],
    ...normShapes('norm1', C),
    ['mlp.in.weight', [C, mlpRatio * C]],
    ['mlp.in.bias', [1, mlpRatio * C]],
    ['mlp.out.weight', [mlpRatio * C, C]],
    ['mlp.out.bias', [1, C]],
    ...normShapes('norm2', C),
  ];
}

export function normShapes(name: string, channels: number): [string, Shape][] {
  return [
    [`${name}.scale`, [1, channels]],
    [`${name}.shift`, [1, channels]],
  ];
}

/** Layer normalisation of [K, m, C] with scale and shift [K or 1, 1, C]. */
export function scaledNorm(b: GraphBuilder, x: Value, scale: Value, shift: Value): Value {
  return b.add(b.mul(layerNorm(b, x), b.add(scale, b.scalar(1))), shift);
}

/** What a block is written with. */
export interface BlockContext {
  readonly windows: Windows;
  readonly heads: number;
  readonly norm: 'post' | 'pre';
  /** Parameters of this block, by the last part of their names. */
  readonly parameter: (name: string) => Value;
  /** Factors [K, R, 1, 1] of the two residual paths in training; absent in forecasts. */
  readonly keep?: { readonly attention: Value | undefined; readonly mlp: Value | undefined };
}

/** @param x [K, R, N, C] @returns [K, R, N, C] */
export function earthBlock(b: GraphBuilder, x: Value, context: BlockContext): Value {
  const { parameter, norm, keep } = context;
  const [K, R, N, C] = x.shape as [number, number, number, number];
  const tokens = (value: Value): Value => b.reshape(value, [K, R * N, C]);
  const normalised = (value: Value, name: string): Value =>
    scaledNorm(b, value, parameter(`${name}.scale`), parameter(`${name}.shift`));
  const path = (
    value: Value,
    name: string,
    layer: (value: Value) => Value,
    factor: Value | undefined,
  ): Value => {
    const before = tokens(value);
    const change = norm === 'pre' ? layer(normalised(before, name)) : normalised(layer(before), name);
    if (factor === undefined) return b.reshape(b.add(before, change), [K, R, N, C]);
    return b.add(value, b.mul(b.reshape(change, [K, R, N, C]), factor));
  };
  const attention = (value: Value): Value => windowAttention(b, b.reshape(value, [K, R, N, C]), context);
  const perceptron = (value: Value): Value => {
    const hidden = b.gelu(b.add(linear(b, value, parameter('mlp.in.weight')), parameter('mlp.in.bias')));
    return b.add(linear(b, hidden, parameter('mlp.out.weight')), parameter('mlp.out.bias'));
  };
  return path(path(x, 'norm1', attention, keep?.attention), 'norm2', perceptron, keep?.mlp);
}

/** @param x [K, R, N, C] @returns [K, R · N, C] */
function windowAttention(b: GraphBuilder, x: Value, { windows, heads, parameter }: BlockContext): Value {
  const [K, R, N, C] = x.shape as [number, number, number, number];
  const { counts, types, tokens: T } = windows;
  const columns = counts[2];
  const width = C / heads;
  const seen = b.reshape(b.gather(x, windows.inward, 2), [K, R * columns * types * T, C]);
  const weights = parameter('qkv.weight');
  const bias = parameter('qkv.bias');
  /** Queries, keys or values: [K, R · column · type, head, T, d]. */
  const part = (which: number, scale: number): Value => {
    const cut = (value: Value): Value => {
      const [samples, rows] = value.shape as [number, number, number];
      const own = b.slice(value, [0, 0, which * C], [samples, rows, C]);
      return scale === 1 ? own : b.mul(own, b.scalar(scale));
    };
    const all = b.add(linear(b, seen, cut(weights)), cut(bias));
    return b.transpose(b.reshape(all, [K, R * columns * types, T, heads, width]), [0, 1, 3, 2, 4]);
  };
  const logits = b.matMul(part(0, 1 / Math.sqrt(width)), part(1, 1), { transposeB: true });
  const attention = b.softmax(withBias(b, logits, parameter('position'), windows, heads));
  const mixed = b.transpose(b.matMul(attention, part(2, 1)), [0, 1, 3, 2, 4]);
  const back = b.gather(b.reshape(mixed, [K, R, columns * types * T, C]), windows.outward, 2);
  const flat = b.reshape(back, [K, R * N, C]);
  return b.add(linear(b, flat, parameter('projection.weight')), parameter('projection.bias'));
}

/** Adds the bias of every type of window, and what masks tokens from each other, to logits [K, R · column · type, h, T, T]. */
function withBias(b: GraphBuilder, logits: Value, position: Value, windows: Windows, heads: number): Value {
  const { types, tokens: T, counts, mask, columnMask } = windows;
  const [K, all] = logits.shape as [number, number, number, number, number];
  const samples = position.shape[0] ?? 1;
  const spread = b.gather(position, positionIndices(windows.size), 1);
  let bias = b.reshape(b.transpose(spread, [0, 2, 1]), [samples, types, heads, T, T]);
  if (mask !== undefined) {
    const kinds = b.constant(mask.values, [mask.kinds, 1, T, T]);
    bias = b.add(bias, b.gather(kinds, mask.of, 0));
  }
  // one stretch of equal length for every row and column of windows
  const stretches = b.reshape(logits, [K, all / types, types * heads * T * T]);
  const biased = b.add(stretches, b.reshape(bias, [samples, 1, types * heads * T * T]));
  if (columnMask === undefined) return b.reshape(biased, logits.shape);
  const columns = counts[2];
  const kinds = b.constant(columnMask.values, [columnMask.kinds, 1, T * T]);
  const apart = b.reshape(biased, [K, all / (types * columns), columns, types * heads, T * T]);
  return b.reshape(b.add(apart, b.gather(kinds, columnMask.of, 0)), logits.shape);
}
