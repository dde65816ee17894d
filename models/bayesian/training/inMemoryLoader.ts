/** Samples of a period that memory holds whole: any state at any time, shuffled over the whole period. */
import { type AnomalySource, gatherStates, type HeldSource, samplePositions } from './anomalySource.js';
import { type ErrorPool, readErrorPool } from './errorPool.js';
import type { LoaderPlan, SampleBatch, SampleLoader, SampleRequest } from './sampleLoader.js';
import { type EpochOrder, SampleOrder } from './sampleOrder.js';

export interface LoaderOptions {
  readonly stepMilliseconds: number;
  /** History and number of the dates of the pool; absent: errors are not asked for, and the pool is empty. */
  readonly pool?: { readonly history: number; readonly dates: number };
}

export class InMemoryLoader implements SampleLoader {
  readonly stateLength: number;
  readonly stepMilliseconds: number;
  readonly plan: LoaderPlan = { kind: 'memory' };
  readonly pool: ErrorPool;
  readonly #source: HeldSource;
  readonly #orders: SampleOrders;

  private constructor(source: HeldSource, options: LoaderOptions, pool: ErrorPool) {
    this.stateLength = source.stateLength;
    this.stepMilliseconds = options.stepMilliseconds;
    this.pool = pool;
    this.#source = source;
    this.#orders = new SampleOrders(source, options.stepMilliseconds, Int32Array.of(0), 1);
  }

  /** @throws {PlumeError} data, where no date has the history that the pool needs */
  static async open(source: HeldSource, options: LoaderOptions): Promise<InMemoryLoader> {
    return new InMemoryLoader(source, options, await poolOf(source, options));
  }

  count(history: number, rollout: number): number {
    return this.#orders.of(history, rollout).count;
  }

  async batch(request: SampleRequest): Promise<SampleBatch> {
    const { times } = this.#source;
    const positions = new Int32Array(request.batch);
    this.#orders.forEachSample(request, (i, order, at) => {
      positions[i] = order.positions[at] ?? 0;
    });
    return {
      times: Float64Array.from(positions, (position) => times[position] ?? Number.NaN),
      states: (offset, out) => gatherStates(this.#source, positions, offset, out),
    };
  }

  memoryBytes(): number {
    return this.#source.values.byteLength + this.pool.values.byteLength;
  }

  async close(): Promise<void> {}
}

export async function poolOf(source: AnomalySource, options: LoaderOptions): Promise<ErrorPool> {
  const { pool, stepMilliseconds } = options;
  if (pool === undefined) return { dates: 0, history: 0, values: new Float32Array(0) };
  return readErrorPool(source, { ...pool, stepMilliseconds });
}

/** The orders of a loader: one for each number of states that a sample needs, and the epoch last asked for. */
export class SampleOrders {
  readonly #source: Pick<AnomalySource, 'times' | 'complete'>;
  readonly #stepMilliseconds: number;
  readonly #firstTimes: Int32Array;
  readonly #poolBlocks: number;
  readonly #orders = new Map<string, SampleOrder>();
  #epochKey = '';
  #epoch: EpochOrder | undefined;

  constructor(
    source: Pick<AnomalySource, 'times' | 'complete'>,
    stepMilliseconds: number,
    firstTimes: Int32Array,
    poolBlocks: number,
  ) {
    this.#source = source;
    this.#stepMilliseconds = stepMilliseconds;
    this.#firstTimes = firstTimes;
    this.#poolBlocks = poolBlocks;
  }

  /** @throws {PlumeError} data, when no sample has so many states */
  of(history: number, rollout: number): SampleOrder {
    const key = `${history} ${rollout}`;
    const known = this.#orders.get(key);
    if (known !== undefined) return known;
    const positions = samplePositions(this.#source, {
      history,
      steps: rollout,
      stepMilliseconds: this.#stepMilliseconds,
    });
    const order = new SampleOrder(positions, this.#firstTimes, this.#poolBlocks);
    this.#orders.set(key, order);
    return order;
  }

  epoch({ seed, stage, history, rollout }: SampleRequest, epoch: number): EpochOrder {
    const key = [seed, stage, history, rollout, epoch].join(' ');
    if (this.#epoch === undefined || key !== this.#epochKey) {
      this.#epoch = this.of(history, rollout).epoch({ seed, stage, epoch });
      this.#epochKey = key;
    }
    return this.#epoch;
  }

  /** Visits the samples of a step: their number in the batch, and their place in their epoch. */
  forEachSample(
    request: SampleRequest,
    visit: (i: number, order: EpochOrder, at: number, epoch: number) => void,
  ): void {
    const { count } = this.of(request.history, request.rollout);
    for (let i = 0; i < request.batch; i++) {
      const sample = request.step * request.batch + i;
      const epoch = Math.floor(sample / count);
      visit(i, this.epoch(request, epoch), sample % count, epoch);
    }
  }
}
