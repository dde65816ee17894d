/**
 * Worlds that are the same along every parallel, and whose hemispheres mirror each other: their climate, and the
 * states that are as likely as a given one: turned round the axis, and seen in a mirror along the equator, where
 * northward wind and vorticity change sign. Arrays are [channel, lat, lon].
 */
import type { Schema } from '../../../core/schema.js';
import { Hemispheres, parityOf } from './hemispheres.js';

/** Averages fields along longitude and over both hemispheres, in place; any number of fields behind each other. */
export function symmetrise(fields: Float64Array, schema: Schema): void {
  const { rows, columns } = new Hemispheres(schema.grid);
  const channels = schema.channels.length;
  const means = new Float64Array(rows);
  for (let field = 0; field * rows * columns < fields.length; field++) {
    const channel = schema.channels[field % channels];
    const mirror = channel === undefined ? 1 : parityOf(channel).mirror;
    const at = field * rows * columns;
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let j = 0; j < columns; j++) sum += fields[at + row * columns + j] ?? 0;
      means[row] = sum / columns;
    }
    for (let row = 0; row < rows; row++) {
      const mean = ((means[row] ?? 0) + mirror * (means[rows - 1 - row] ?? 0)) / 2;
      fields.fill(mean, at + row * columns, at + (row + 1) * columns);
    }
  }
}

/** How a state is seen: turned east by so many columns, and in the mirror or not. */
export interface View {
  readonly columns: number;
  readonly mirrored: boolean;
}

/** Adds `factor` times a state, seen so, to `out`. */
export function addView(
  state: Float32Array,
  schema: Schema,
  { columns: shift, mirrored }: View,
  factor: number,
  out: Float32Array,
): void {
  const rows = schema.grid.latitudes.length;
  const columns = schema.grid.longitudes.length;
  schema.channels.forEach((channel, c) => {
    const signed = factor * (mirrored ? parityOf(channel).mirror : 1);
    for (let row = 0; row < rows; row++) {
      const to = (c * rows + row) * columns;
      const from = (c * rows + (mirrored ? rows - 1 - row : row)) * columns;
      for (let j = 0; j < shift; j++) out[to + j]! += signed * state[from + columns - shift + j]!;
      for (let j = shift; j < columns; j++) out[to + j]! += signed * state[from - shift + j]!;
    }
  });
}
