/**
 * The ensemble to be scored, as far as scoring cares: a run directory's reader satisfies it, and so does
 * anything else that hands out members. Fields are [member, point], members in order m = k·J + j.
 */
import type { Schema } from '../core/schema.js';

/** Points of a grid, `from` included, `to` not. */
export interface PointRange {
  readonly from: number;
  readonly to: number;
}

export interface EnsembleSource {
  readonly schema: Schema;
  /** Valid times of the analyses, milliseconds since 1970, rising. */
  readonly starts: ArrayLike<number>;
  readonly leadsHours: readonly number[];
  readonly manifest: { readonly weight_samples: number; readonly noise_streams: number };
  /** Bytes that it holds between reads, at most; default: none to speak of. */
  readonly heldBytes?: number;
  /**
   * One field of all members that are there, or a stretch of its points, reading no more than that.
   * @param points default: all of the grid
   * @param into where the values may be put, and then are what is returned; has room for the members of the manifest
   * @returns values [member, point]; members as numbered in the run
   */
  readMembers(
    start: number,
    leadHours: number,
    channelIndex: number,
    points?: PointRange,
    into?: Float32Array,
  ): Promise<{ readonly values: Float32Array; readonly members: ArrayLike<number> }>;
  /**
   * Scattered points of some fields of all members that are there. Absent where nothing is gained over readMembers.
   * @param points of the grid, rising, each once
   * @returns values [channel, lead, member, point], the caller's own; members as numbered in the run
   */
  readPoints?(
    start: number,
    leadsHours: readonly number[],
    channelIndices: readonly number[],
    points: Int32Array,
  ): Promise<{ readonly values: Float32Array; readonly members: ArrayLike<number> }>;
}
