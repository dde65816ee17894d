/** Rows of a block as initial perturbations are handed them, for tests. */
import type { ForecastRows, InitialRows, MemberKey } from '../../core/interfaces.js';

/**
 * @param analyses by age, newest first, as many as the model's history or more, each [channel, lat, lon]
 * @param history of the model
 * @param forecast absent: refuses
 */
export function initialRows(
  keys: readonly MemberKey[],
  analyses: readonly Float32Array[],
  history = analyses.length,
  forecast: ForecastRows = async () => {
    throw new Error('no forecast was expected');
  },
): InitialRows {
  const states = analyses.slice(0, history).map((analysis) => {
    const all = new Float32Array(keys.length * analysis.length);
    for (let row = 0; row < keys.length; row++) all.set(analysis, row * analysis.length);
    return all;
  });
  return { keys, states, analyses, forecast };
}

/** One row of [row, …]. */
export function rowOf(all: Float32Array, row: number, rows: number): Float32Array {
  const length = all.length / rows;
  return all.slice(row * length, (row + 1) * length);
}
