/**
 * Where the training loop gets its samples: states of an archive as anomalies z = (x − c(t)) / s, in shuffled batches.
 * An implementation may hold the period in memory or stream it; batches are the same either way, a pure function of
 * (seed, stage, step), so that a resumed training sees what an uninterrupted one would.
 */

/** One batch of samples. */
export interface SampleBatch {
  /** Valid times of the newest analyses, milliseconds since 1970, [sample]. */
  readonly times: Float64Array;
  /**
   * Copies the anomalies `offset` steps after the newest analysis (negative: before) into out [sample, channel, lat, lon].
   * Offsets run from −(history − 1) to the rollout that was asked for.
   */
  states(offset: number, out: Float32Array): void;
}

export interface SampleRequest {
  readonly seed: number;
  /** Keys the shuffling, with the seed. */
  readonly stage: number;
  readonly step: number;
  readonly batch: number;
  /** States of the past that a step sees, and steps ahead whose truth is needed. */
  readonly history: number;
  readonly rollout: number;
}

export interface SampleLoader {
  /** Values of one state: channels × points. */
  readonly stateLength: number;
  /** N: samples with so much history and so long a future, one time step apart and complete. */
  count(history: number, rollout: number): number;
  /** @throws {PlumeError} data, where the archive cannot be read or a field has gaps that the policy does not allow */
  batch(request: SampleRequest): Promise<SampleBatch>;
  /**
   * A few hundred complete states spread over the period, held in memory: what analysis errors are made of.
   * [date, history, channel, lat, lon] anomalies
   */
  readonly pool: { readonly dates: number; readonly history: number; readonly values: Float32Array };
  /** Bytes held, at most. */
  memoryBytes(): number;
  close(): Promise<void>;
}
