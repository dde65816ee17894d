/**
 * Samples of a period that memory does not hold: blocks of consecutive times are read in a random order, a few of them
 * are held, and samples are drawn from those (sampleOrder.ts). Reading goes on a little ahead of every step, so that no
 * step waits for a whole block; a training that begins anywhere reads only the blocks of its first samples.
 * Bytes held are bounded whatever the length of the period: the buffers of blocks and batch, the pool of errors, and
 * 36 bytes a sample for the order of two epochs.
 */
import { internalError } from '../../../core/errors.js';
import type { AnomalySource } from './anomalySource.js';
import { BlockBuffers } from './blockBuffers.js';
import type { BlockPlan } from './blockPlan.js';
import { type ErrorPool, type PoolOptions, poolOf } from './errorPool.js';
import type { LoaderPlan, SampleBatch, SampleLoader, SampleRequest } from './sampleLoader.js';
import { SampleOrders, sameOrder } from './sampleOrders.js';

/** States read ahead in a step, relative to the samples that it takes: twice the pace, as epochs begin with all blocks new. */
const readAhead = 2;
/** Positions of the samples, and twice positions, ranks and places. */
const orderBytes = 4 + 2 * (4 + 4 + 8);

export interface StreamOptions extends PoolOptions {
  /** States of a batch, at most: samples × (history + rollout). */
  readonly batchStates: number;
}

export class StreamingLoader implements SampleLoader {
  readonly stateLength: number;
  readonly stepMilliseconds: number;
  readonly plan: LoaderPlan;
  readonly pool: ErrorPool;
  readonly #source: AnomalySource;
  readonly #orders: SampleOrders;
  readonly #blocks: BlockBuffers;
  /** [offset, sample, channel, lat, lon] of the last batch. */
  readonly #states: Float32Array;
  #last: SampleRequest | undefined;
  #ahead: Promise<void> = Promise.resolve();

  private constructor(source: AnomalySource, plan: BlockPlan, options: StreamOptions, pool: ErrorPool) {
    this.stateLength = source.stateLength;
    this.stepMilliseconds = options.stepMilliseconds;
    this.plan = { kind: 'stream', blockTimes: plan.blockTimes, poolBlocks: plan.poolBlocks };
    this.pool = pool;
    this.#source = source;
    this.#orders = new SampleOrders(source, options.stepMilliseconds, plan);
    this.#blocks = new BlockBuffers(source, plan);
    this.#states = new Float32Array(options.batchStates * source.stateLength);
  }

  /** @throws {PlumeError} data, where the archive cannot be read or no date has the history that the pool needs */
  static async open(
    source: AnomalySource,
    plan: BlockPlan,
    options: StreamOptions,
  ): Promise<StreamingLoader> {
    return new StreamingLoader(source, plan, options, await poolOf(source, options));
  }

  count(history: number, rollout: number): number {
    return this.#orders.of(history, rollout).count;
  }

  /** One at a time: the next is asked for when the last has come. */
  async batch(request: SampleRequest): Promise<SampleBatch> {
    await this.#ahead;
    this.#ahead = Promise.resolve();
    const { history, rollout, batch } = request;
    const goesOn =
      this.#last !== undefined && sameOrder(this.#last, request) && request.step === this.#last.step + 1;
    if (!goesOn) this.#blocks.clear();
    this.#last = undefined;
    const n = this.stateLength;
    const width = history + rollout;
    const states = this.#states;
    if (states.length < width * batch * n) {
      throw internalError(
        `stream of samples: a batch of ${batch} with ${width} states each, planned for ${states.length / n} states`,
      );
    }
    const times = new Float64Array(batch);
    for (const [i, sample] of this.#orders.samplesOf(request).entries()) {
      const { position } = sample;
      times[i] = this.#source.times[position] ?? Number.NaN;
      const block = await this.#blocks.holding(sample, request, this.#orders);
      for (let at = 0; at < width; at++) {
        const state = (position - (history - 1) + at - block.first) * n;
        states.set(block.values.subarray(state, state + n), (at * batch + i) * n);
      }
    }
    this.#last = request;
    this.#ahead = this.#blocks.readOn(request, this.#orders, readAhead * batch);
    // told to the next step, which waits for it
    this.#ahead.catch(() => {});
    return {
      times,
      states: (offset, out) => {
        const at = (offset + history - 1) * batch * n;
        if (offset + history < 1 || offset > rollout)
          throw internalError(`sample batch: no offset ${offset}`);
        out.set(states.subarray(at, at + batch * n));
      },
    };
  }

  memoryBytes(): number {
    const orders = Math.max(this.#orders.bytes, orderBytes * this.#source.times.length);
    return this.#blocks.bytes + this.#states.byteLength + this.pool.values.byteLength + orders;
  }

  async close(): Promise<void> {
    await this.#ahead.catch(() => {});
    this.#blocks.clear();
  }
}
