/**
 * The ensemble to be scored, as far as scoring cares: a run directory's reader satisfies it, and so does
 * anything else that hands out members. Fields are [member, point], members in order m = k·J + j.
 */
import type { Schema } from '../core/schema.js';

export interface EnsembleSource {
  readonly schema: Schema;
  /** Valid times of the analyses, milliseconds since 1970, rising. */
  readonly starts: ArrayLike<number>;
  readonly leadsHours: readonly number[];
  readonly manifest: { readonly weight_samples: number; readonly noise_streams: number };
  readMembers(
    start: number,
    leadHours: number,
    channelIndex: number,
  ): Promise<{ readonly values: Float32Array; readonly members: ArrayLike<number> }>;
}
