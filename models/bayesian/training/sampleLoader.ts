/**
 * Where the training loop gets its samples: states of an archive as anomalies z = (x − c(t)) / s, in shuffled batches.
 * An implementation may hold the period in memory or stream it; batches are a pure function of (seed, stage, step) and of
 * the loader's plan, so that a resumed training sees what an uninterrupted one would.
 */
import type { ErrorPool } from './errorPool.js';

/** One batch of samples; valid until the next one is asked for. */
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

/** How the order of the samples came about: belongs to what a training is known by, and is recorded with it. */
export type LoaderPlan =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'stream';
      /** Consecutive times of a block, at most. */
      readonly blockTimes: number;
      /** Blocks that samples are drawn from at the same time. */
      readonly poolBlocks: number;
    };

export interface SampleLoader {
  /** Values of one state: channels × points. */
  readonly stateLength: number;
  /** Δt: between the states of a sample. */
  readonly stepMilliseconds: number;
  readonly plan: LoaderPlan;
  /** N: samples with so much history and so long a future, one time step apart and complete. */
  count(history: number, rollout: number): number;
  /** @throws {PlumeError} data, where the archive cannot be read or a field has gaps that the policy does not allow */
  batch(request: SampleRequest): Promise<SampleBatch>;
  /** What analysis errors are made of; without dates where none were asked for. */
  readonly pool: ErrorPool;
  /** Bytes held, at most. */
  memoryBytes(): number;
  close(): Promise<void>;
}
