/**
 * Fields cut into patches, and back: every patch of levels × rows × columns becomes one row of a matrix. Fields that do
 * not end with a whole patch are filled up by zeros, columns that close the circle by the first ones again.
 *
 * Shapes: fields [B, depth, V, row, column] with depth levels of V variables; patches [B, level, row, column, numbers],
 * numbers in the order level, variable, row, column within the patch.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';

export interface PatchGrid {
  /** Points of the fields. */
  readonly rows: number;
  readonly columns: number;
  /** Points of a patch. */
  readonly patchRows: number;
  readonly patchColumns: number;
  readonly wraps: boolean;
}

/** Patches along rows and columns. */
export function patchCounts({ rows, columns, patchRows, patchColumns }: PatchGrid): [number, number] {
  return [Math.ceil(rows / patchRows), Math.ceil(columns / patchColumns)];
}

/**
 * @param fields [B, channels, row, column]
 * @param order [depth · V]: which channel stands where, −1 for zeros; depth is a whole number of patches
 * @param variables V
 * @param patchLevels levels of a patch
 * @returns [B, depth / patchLevels, patch row, patch column, patchLevels · V · patchRows · patchColumns]
 */
export function cutIntoPatches(
  b: GraphBuilder,
  fields: Value,
  grid: PatchGrid,
  { order, variables, patchLevels }: PatchOrder,
): Value {
  const { rows, columns, patchRows, patchColumns, wraps } = grid;
  const [down, across] = patchCounts(grid);
  const B = fields.shape[0] ?? 1;
  const ordered = b.gather(fields, order, 1);
  const [missingRows, missingColumns] = [down * patchRows - rows, across * patchColumns - columns];
  const wide =
    wraps && missingColumns > 0
      ? b.gather(
          ordered,
          Array.from({ length: across * patchColumns }, (_, j) => j % columns),
          3,
        )
      : b.pad(ordered, [0, 0, 0, 0], [0, 0, 0, missingColumns]);
  const whole = b.pad(wide, [0, 0, 0, 0], [0, 0, missingRows, 0]);
  const levels = order.length / variables / patchLevels;
  const apart = b.reshape(whole, [B, levels, patchLevels * variables, down, patchRows, across, patchColumns]);
  return b.reshape(b.transpose(apart, [0, 1, 3, 5, 2, 4, 6]), [
    B,
    levels,
    down,
    across,
    patchLevels * variables * patchRows * patchColumns,
  ]);
}

export interface PatchOrder {
  readonly order: readonly number[];
  readonly variables: number;
  readonly patchLevels: number;
}

/**
 * The way back, of two fields in one patch (increment and amplitude), which stay behind B: a training step goes through
 * the states of a batch one after another.
 * @param patches [B, level, patch row, patch column, 2 · patchLevels · V · patchRows · patchColumns]
 * @param fieldsPerLevel patchLevels · V
 * @returns [B, 2, level · patchLevels · V, row, column]
 */
export function joinPatches(b: GraphBuilder, patches: Value, grid: PatchGrid, fieldsPerLevel: number): Value {
  const { rows, columns, patchRows, patchColumns } = grid;
  const [B, levels, down, across] = patches.shape as [number, number, number, number, number];
  const apart = b.reshape(patches, [B, levels, down, across, 2, fieldsPerLevel, patchRows, patchColumns]);
  const joined = b.reshape(b.transpose(apart, [0, 4, 1, 5, 2, 6, 3, 7]), [
    B,
    2,
    levels * fieldsPerLevel,
    down * patchRows,
    across * patchColumns,
  ]);
  return b.slice(joined, [0, 0, 0, 0, 0], [B, 2, levels * fieldsPerLevel, rows, columns]);
}
