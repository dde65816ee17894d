/** The orders of a loader: one for each number of states that a sample needs, and the epochs last asked for. */
import { type AnomalySource, samplePositions } from './anomalySource.js';
import type { SampleRequest } from './sampleLoader.js';
import { type EpochOrder, SampleOrder } from './sampleOrder.js';

/** How the times of a period fall into blocks, and how many of those are drawn from at the same time. */
export interface Blocks {
  /** [block]: first position of each, rising, from 0. */
  readonly firstTimes: Int32Array;
  readonly poolBlocks: number;
}

export interface PlacedSample {
  /** Of the newest analysis. */
  readonly position: number;
  readonly epoch: number;
  readonly rank: number;
  readonly place: number;
}

/** What the order depends on beside the step. */
export function sameOrder(a: SampleRequest, b: SampleRequest): boolean {
  return orderKey(a) === orderKey(b) && a.batch === b.batch;
}

function orderKey({ seed, stage, history, rollout }: SampleRequest): string {
  return [seed, stage, history, rollout].join(' ');
}

export class SampleOrders {
  readonly #source: Pick<AnomalySource, 'times' | 'complete'>;
  readonly #stepMilliseconds: number;
  readonly #blocks: Blocks;
  readonly #orders = new Map<string, SampleOrder>();
  /** A batch may take samples of two epochs. */
  readonly #epochs = new Map<string, EpochOrder>();

  constructor(
    source: Pick<AnomalySource, 'times' | 'complete'>,
    stepMilliseconds: number,
    blocks: Blocks = { firstTimes: Int32Array.of(0), poolBlocks: 1 },
  ) {
    this.#source = source;
    this.#stepMilliseconds = stepMilliseconds;
    this.#blocks = blocks;
  }

  /** @throws {PlumeError} data, when no sample has so many states */
  of(history: number, rollout: number): SampleOrder {
    const key = `${history} ${rollout}`;
    const known = this.#orders.get(key);
    if (known !== undefined) return known;
    const stepMilliseconds = this.#stepMilliseconds;
    const positions = samplePositions(this.#source, { history, steps: rollout, stepMilliseconds });
    const order = new SampleOrder(positions, this.#blocks.firstTimes, this.#blocks.poolBlocks);
    this.#orders.set(key, order);
    return order;
  }

  epoch(request: SampleRequest, epoch: number): EpochOrder {
    const key = `${orderKey(request)} ${epoch}`;
    let order = this.#epochs.get(key);
    if (order === undefined) {
      const { seed, stage } = request;
      order = this.of(request.history, request.rollout).epoch({ seed, stage, epoch });
      for (const oldest of this.#epochs.keys()) if (this.#epochs.size >= 2) this.#epochs.delete(oldest);
      this.#epochs.set(key, order);
    }
    return order;
  }

  /** The samples of a step: all steps of all epochs are counted through. */
  samplesOf(request: SampleRequest): PlacedSample[] {
    const { count } = this.of(request.history, request.rollout);
    return Array.from({ length: request.batch }, (_, i) => {
      const sample = request.step * request.batch + i;
      const epoch = Math.floor(sample / count);
      const at = sample % count;
      const { positions, ranks, places } = this.epoch(request, epoch);
      return { position: positions[at] ?? 0, rank: ranks[at] ?? 0, place: places[at] ?? 0, epoch };
    });
  }

  /** Bytes of the orders made so far. */
  get bytes(): number {
    let bytes = 0;
    for (const { count } of this.#orders.values()) bytes += 4 * count;
    for (const { positions } of this.#epochs.values()) bytes += 16 * positions.length;
    return bytes;
  }
}
