/**
 * The blocks of a stream that are in memory: read in the order of their ranks, from one epoch on into the next, into
 * buffers that are used again and again. A block is let go when the place of the sample at hand has passed it.
 */
import { internalError } from '../../../core/errors.js';
import type { BlockPlan } from './blockPlan.js';
import type { SampleRequest } from './sampleLoader.js';
import type { PlacedSample, SampleOrders } from './sampleOrders.js';
import type { StateSource } from './stateReading.js';

interface HeldBlock {
  readonly epoch: number;
  readonly rank: number;
  /** Position of the first state, and how many there are and have been read. */
  readonly first: number;
  readonly count: number;
  readonly values: Float32Array;
  done: number;
}

/** A block is read in about so many parts, or piece by piece of the store. */
const parts = 32;

export class BlockBuffers {
  readonly #source: StateSource;
  readonly #plan: BlockPlan;
  readonly #free: Float32Array[] = [];
  #buffers = 0;
  /** In the order of reading; only the last may be in part. */
  #blocks: HeldBlock[] = [];
  /** States to be read ahead; below 0 after a piece that was larger. */
  #due = 0;
  #next: { epoch: number; rank: number } | undefined;

  constructor(source: StateSource, plan: BlockPlan) {
    this.#source = source;
    this.#plan = plan;
  }

  /** Bytes held, at most. */
  get bytes(): number {
    return 4 * (this.#plan.poolBlocks + 1) * this.#plan.bufferStates * this.#source.stateLength;
  }

  /** Forgets everything: the next sample may be any. */
  clear(): void {
    for (const { values } of this.#blocks) this.#free.push(values);
    this.#blocks = [];
    this.#due = 0;
    this.#next = undefined;
  }

  /** The block of a sample, read if need be. Samples come in their order. */
  async holding(
    { epoch, rank, place }: PlacedSample,
    request: SampleRequest,
    orders: SampleOrders,
  ): Promise<Pick<HeldBlock, 'first' | 'values'>> {
    const oldest = Math.max(0, Math.floor(place) - this.#plan.poolBlocks + 1);
    this.#blocks = this.#blocks.filter((block) => {
      const inUse = block.epoch > epoch || (block.epoch === epoch && block.rank >= oldest);
      if (!inUse) this.#free.push(block.values);
      return inUse;
    });
    this.#next ??= { epoch, rank: oldest };
    for (;;) {
      const block = this.#blocks.find((one) => one.epoch === epoch && one.rank === rank);
      if (block !== undefined && block.done === block.count) return block;
      if ((await this.#readPart(request, orders)) === 0) {
        throw internalError(`stream of samples: block ${rank} of epoch ${epoch} finds no buffer`);
      }
    }
  }

  /** Reads so many states more, as far as there are free buffers; what a large piece is beyond them counts next time. */
  async readOn(request: SampleRequest, orders: SampleOrders, states: number): Promise<void> {
    this.#due += states;
    while (this.#due > 0) {
      const part = await this.#readPart(request, orders);
      this.#due = part === 0 ? 0 : this.#due - part;
    }
  }

  /** @returns states read; 0 when every buffer is in use */
  async #readPart(request: SampleRequest, orders: SampleOrders): Promise<number> {
    const last = this.#blocks.at(-1);
    const block = last !== undefined && last.done < last.count ? last : this.#begin(request, orders);
    if (block === undefined) return 0;
    const from = block.first + block.done;
    const count = Math.min(this.#partEnd(from), block.first + block.count) - from;
    const n = this.#source.stateLength;
    await this.#source.read(from, count, block.values.subarray(block.done * n, (block.done + count) * n));
    block.done += count;
    return count;
  }

  #begin(request: SampleRequest, orders: SampleOrders): HeldBlock | undefined {
    const next = this.#next;
    if (next === undefined) return undefined;
    const values = this.#free.pop() ?? this.#allocate();
    if (values === undefined) return undefined;
    const { history, rollout } = request;
    const { blocks } = orders.epoch(request, next.epoch);
    const span = orders.of(history, rollout).span(blocks[next.rank] ?? 0);
    const first = span.first - (history - 1);
    const count = span.last + rollout + 1 - first;
    if (count > this.#plan.bufferStates) {
      throw internalError(
        `stream of samples: a block needs ${count} states with history ${history} and rollout ${rollout}, its buffer was ` +
          `planned for ${this.#plan.bufferStates}`,
      );
    }
    const block = { ...next, first, count, values, done: 0 };
    this.#blocks.push(block);
    this.#next =
      next.rank + 1 < blocks.length
        ? { epoch: next.epoch, rank: next.rank + 1 }
        : { epoch: next.epoch + 1, rank: 0 };
    return block;
  }

  #allocate(): Float32Array | undefined {
    if (this.#buffers > this.#plan.poolBlocks) return undefined;
    this.#buffers++;
    return new Float32Array(this.#plan.bufferStates * this.#source.stateLength);
  }

  /** Position after a part that begins here: the last piece's end within reach, or the end of this piece. */
  #partEnd(from: number): number {
    const { pieces } = this.#source;
    const reach = from + Math.ceil(this.#plan.bufferStates / parts);
    let low = 0;
    let high = pieces.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((pieces[middle] ?? 0) <= reach) low = middle + 1;
      else high = middle;
    }
    const within = pieces[low - 1] ?? 0;
    return within > from ? within : (pieces[low] ?? Number.POSITIVE_INFINITY);
  }
}
