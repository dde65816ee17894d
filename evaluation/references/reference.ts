/**
 * A reference: the forecast that anybody could have made without the model, so that skill means something.
 * A method is fitted on the training period of one channel and then predicts from the states it asks for.
 * Fields are [point], in the channel's unit.
 */
import type { Climate } from './climate.js';
import type { SampleDistribution } from './sampleDistribution.js';
import type { TrainingSeries } from './trainingSeries.js';

export type Prediction =
  /** One field: its CRPS is the absolute error. */
  | { readonly kind: 'deterministic'; readonly values: Float32Array | Float64Array }
  /** A normal distribution at every point. */
  | { readonly kind: 'gaussian'; readonly mean: Float64Array; readonly sigma: Float64Array }
  /** Equally likely members, [member, point]. */
  | { readonly kind: 'ensemble'; readonly members: Float32Array; readonly memberCount: number }
  /** A sample at every point that many observations are scored against. */
  | { readonly kind: 'distribution'; readonly distribution: SampleDistribution };

export interface Reference {
  readonly name: string;
  /** What was chosen inside the training years, for the report: "80 EOFs, ridge 0.003, …". */
  readonly summary: string;
  /** Ages in hours of the states a prediction needs, newest first: [0, 24] is x(t) and x(t − 1 day); [] none. */
  readonly inputHours: readonly number[];
  /** What is usual on a date, of references that are a climatology. */
  readonly climate?: Climate;
  /**
   * @param inputs one field for each of `inputHours`, [point]
   * @param start valid time of the analysis, milliseconds since 1970
   * @param leadHours one of the leads it was fitted for
   */
  predict(inputs: readonly Float32Array[], start: number, leadHours: number): Prediction;
}

export interface ReferenceMethod {
  readonly name: string;
  /** What its predictions are. */
  readonly kind: Prediction['kind'];
  /** So many states, evenly spread over the training period, are all it learns from; 0: none. Default: every one. */
  readonly states?: number;
  /** Evenly spread states serve where all would be more than may be held in memory; default: it needs every one. */
  readonly thinned?: true;
  /** @throws {PlumeError} data, when the training period is too short or has missing values */
  fit(training: TrainingSeries, leadHours: readonly number[]): Reference;
}
