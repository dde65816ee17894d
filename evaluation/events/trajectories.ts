/**
 * What events are asked of: trajectories on the leads of a forecast, one a row. Members of a run from one start are rows;
 * so is the truth from that start, alone, and so are the same days of other years, for the climatological probability.
 */
import type { Schema } from '../../core/schema.js';

export interface Trajectories {
  readonly schema: Schema;
  /** Rising. */
  readonly leadsHours: readonly number[];
  readonly rows: number;
  /** Weight sample of each row, where rows are members; null where they have no such thing. */
  readonly weightSamples: Int32Array | null;
  /** Valid time of lead 0 of each row, milliseconds since 1970: other years have other starts. */
  readonly starts: Float64Array;
  /**
   * Values of channels at some points of the grid at some leads, reading no more than it must.
   * @param points indices of grid points, rising, each once
   * @returns [channel, lead, row, point], units of the channels; NaN where missing
   */
  read(
    channels: readonly number[],
    leadIndices: readonly number[],
    points: Int32Array,
  ): Promise<Float32Array>;
  /** Bytes that a read holds beside its result. */
  readonly heldBytes?: number;
}
