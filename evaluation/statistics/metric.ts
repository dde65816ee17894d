/** A metric: a number made from the means of statistics over cases, and never averaged itself. */
import type { OfMeans } from '../significance/blockBootstrap.js';

export interface Metric {
  readonly name: string;
  /** Label of the event it is a score of; null for those of the whole distribution. */
  readonly event: string | null;
  readonly of: OfMeans;
}

/** First derivatives of a metric by the means of its columns. */
export interface Slopes {
  readonly columns: readonly number[];
  readonly values: Float64Array;
}
