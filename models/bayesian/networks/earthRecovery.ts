/**
 * Tokens back to fields: one matrix whose first columns belong to patches above the surface, the others to those at the
 * surface; each gives the increments of a patch, then the raw amplitudes of its noise. A variable has one bias for all
 * its points and levels (Bi et al. 2023: patch recovery by transposed convolutions).
 */
import type { Schema } from '../../../core/schema.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Shape, Value } from '../../graph/graph.js';
import { linear } from '../../graph/layers.js';
import type { EarthLayout } from './earthLayout.js';
import type { OutputLayer } from './network.js';
import { joinPatches } from './patches.js';
import { tokenCount } from './tokenVolume.js';

/** @param width channels of the tokens */
export function recoveryShapes(width: number, layout: EarthLayout): [string, Shape][] {
  const { planes, upperNumbers, surfaceNumbers } = layout;
  return [
    ['recovery.weight', [width, 2 * (upperNumbers + surfaceNumbers)]],
    ['recovery.bias', [1, 2 * (planes.upperVariables.length + planes.surface.length)]],
  ];
}

export function recoveryLayer({ volume, ground, upperNumbers, surfaceNumbers }: EarthLayout): OutputLayer {
  const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  const period = tokenCount(volume);
  const upperColumns = 2 * upperNumbers;
  return {
    parameter: 'recovery.weight',
    incrementColumns: [...range(0, upperNumbers), ...range(upperColumns, surfaceNumbers)],
    blocks: [
      { period, rows: [ground, period] as const, columns: [0, upperColumns] as const },
      {
        period,
        rows: [0, ground] as const,
        columns: [upperColumns, upperColumns + 2 * surfaceNumbers] as const,
      },
    ].filter(({ columns: [from, to] }) => to > from),
  };
}

/** One kind of patch. */
interface PatchKind {
  /** Its first token, and how many there are. */
  readonly token: number;
  readonly tokens: number;
  /** Its first column of the matrix, and the numbers of its patch. */
  readonly column: number;
  readonly numbers: number;
  /** Its first number of the bias, and its variables. */
  readonly bias: number;
  readonly variables: number;
}

/**
 * @param tokens [K, R, N, width]
 * @returns increments and raw amplitudes, each [K · R, channel, row, column]
 */
export function recover(
  b: GraphBuilder,
  tokens: Value,
  { channels }: Schema,
  layout: EarthLayout,
  parameter: (name: string) => Value,
): [Value, Value] {
  const { planes, ground, upperNumbers, surfaceNumbers, volume } = layout;
  const V = planes.upperVariables.length;
  const S = planes.surface.length;
  const kinds: readonly PatchKind[] = [
    {
      ...{ token: ground, tokens: tokenCount(volume) - ground, column: 0, numbers: upperNumbers },
      ...{ bias: 0, variables: V },
    },
    {
      ...{ token: 0, tokens: ground, column: 2 * upperNumbers, numbers: surfaceNumbers },
      ...{ bias: 2 * V, variables: S },
    },
  ];
  const parts = kinds
    .filter(({ numbers }) => numbers > 0)
    .map((kind) => recoverKind(b, tokens, kind, layout, parameter));
  const above = layout.upperLevels * layout.patchLevels * V;
  const order = channels.map(({ level }, c) =>
    level === null ? above + planes.surface.indexOf(c) : planes.upper.indexOf(c),
  );
  const ordered = b.gather(b.concat(parts, 2), order, 2);
  const [rows = 1, , ...field] = ordered.shape;
  const half = (which: number): Value =>
    b.reshape(b.slice(ordered, [0, which, 0, 0, 0], [rows, 1, ...field]), [rows, ...field]);
  return [half(0), half(1)];
}

/** @returns [K · R, 2, level and variable, row, column] */
function recoverKind(
  b: GraphBuilder,
  tokens: Value,
  kind: PatchKind,
  { volume, grid, patchPoints }: EarthLayout,
  parameter: (name: string) => Value,
): Value {
  const [K, R, , width] = tokens.shape as [number, number, number, number];
  const { numbers, variables } = kind;
  const own = b.reshape(b.slice(tokens, [0, 0, kind.token, 0], [K, R, kind.tokens, width]), [K, -1, width]);
  const weight = parameter('recovery.weight');
  const matrix = b.slice(weight, [0, 0, kind.column], [weight.shape[0] ?? 1, width, 2 * numbers]);
  const biasOf = Array.from({ length: 2 * numbers }, (_, column) => {
    const variable = Math.floor((column % numbers) / patchPoints) % variables;
    return kind.bias + (column < numbers ? 0 : variables) + variable;
  });
  const patches = b.add(linear(b, own, matrix), b.gather(parameter('recovery.bias'), biasOf, 2));
  const { rows, columns } = volume;
  const levels = kind.tokens / (rows * columns);
  const apart = b.reshape(patches, [K * R, levels, rows, columns, 2 * numbers]);
  return joinPatches(b, apart, grid, numbers / patchPoints);
}
