/** Samples of a period that memory holds whole: any state at any time, shuffled over the whole period. */
import { gatherStates, type HeldSource } from './anomalySource.js';
import { type ErrorPool, type PoolOptions, poolOf } from './errorPool.js';
import type { LoaderPlan, SampleBatch, SampleLoader, SampleRequest } from './sampleLoader.js';
import { type Blocks, SampleOrders } from './sampleOrders.js';

export interface InMemoryOptions extends PoolOptions {
  /** The order of a stream with these blocks, to compare with; default: one block, a full shuffle. */
  readonly blocks?: Blocks;
}

export class InMemoryLoader implements SampleLoader {
  readonly stateLength: number;
  readonly stepMilliseconds: number;
  readonly plan: LoaderPlan = { kind: 'memory' };
  readonly pool: ErrorPool;
  readonly #source: HeldSource;
  readonly #orders: SampleOrders;

  private constructor(source: HeldSource, { stepMilliseconds, blocks }: InMemoryOptions, pool: ErrorPool) {
    this.stateLength = source.stateLength;
    this.stepMilliseconds = stepMilliseconds;
    this.pool = pool;
    this.#source = source;
    this.#orders = new SampleOrders(source, stepMilliseconds, blocks);
  }

  /** @throws {PlumeError} data, where no date has the history that the pool needs */
  static async open(source: HeldSource, options: InMemoryOptions): Promise<InMemoryLoader> {
    return new InMemoryLoader(source, options, await poolOf(source, options));
  }

  count(history: number, rollout: number): number {
    return this.#orders.of(history, rollout).count;
  }

  async batch(request: SampleRequest): Promise<SampleBatch> {
    const positions = Int32Array.from(this.#orders.samplesOf(request), ({ position }) => position);
    return {
      times: Float64Array.from(positions, (position) => this.#source.times[position] ?? Number.NaN),
      states: (offset, out) => gatherStates(this.#source, positions, offset, out),
    };
  }

  memoryBytes(): number {
    return this.#source.values.byteLength + this.pool.values.byteLength + this.#orders.bytes;
  }

  async close(): Promise<void> {}
}
