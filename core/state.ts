/** One atmosphere: values [channel, lat, lon] in physical units, with what they are and when. */
import type { Schema } from './schema.js';

export interface State {
  readonly schema: Schema;
  /** Milliseconds since 1970-01-01 00 UTC. */
  readonly validTime: number;
  /** [channel, lat, lon], float32, units of the schema; NaN where missing. */
  readonly values: Float32Array;
}
