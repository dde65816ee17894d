/**
 * Pieces on their way through the pool: gathered in a slot of shared memory until it is full, scored, and handed back
 * in the order in which they were put in. One slot is filled while others are scored; memory is that of the slots.
 */
import { PlumeError } from '../../core/errors.js';
import type { Piece, Slot } from './pieces.js';
import type { ScorePool } from './scorePool.js';

/** A piece before it has a place. */
export type PieceToPlace = Omit<Piece, 'input' | 'output'>;

export interface PieceSize {
  readonly input: number;
  readonly output: number;
}

export interface Placing {
  readonly piece: PieceToPlace;
  readonly size: PieceSize;
  /** Fills the piece's input; several fill at the same time. */
  fill(input: Float32Array): Promise<void>;
  /** Takes what became of it, before the slot is used again. */
  take(output: Float64Array): void;
  /** Says where in the work an error arose. */
  explain(error: PlumeError): Error;
}

interface Placed extends Placing {
  readonly at: Piece;
  readonly filled: Promise<unknown>;
}

interface Sent {
  readonly slot: Slot;
  readonly placed: readonly Placed[];
  readonly outcome: ReturnType<ScorePool['score']>;
}

/** More pieces than this save nothing more in messages between threads. */
const mostPieces = 64;

export class ScorePipeline {
  private readonly pool: ScorePool;
  private readonly free: Slot[];
  private readonly sent: Sent[] = [];
  private filling: { slot: Slot; placed: Placed[]; used: PieceSize } | null = null;
  private readonly slotSize: PieceSize;

  /** @param slotSize numbers, not bytes; the largest piece fits in */
  constructor(pool: ScorePool, slotSize: PieceSize) {
    this.pool = pool;
    this.slotSize = slotSize;
    this.free = Array.from({ length: slotCount(pool.workers) }, () => ({
      input: new Float32Array(new SharedArrayBuffer(4 * slotSize.input)),
      output: new Float64Array(new SharedArrayBuffer(8 * slotSize.output)),
    }));
  }

  /** Returns once there is room for the piece; it is scored some time later. */
  async add(placing: Placing): Promise<void> {
    const { piece, size } = placing;
    const current = this.filling;
    if (
      current !== null &&
      (current.placed.length >= mostPieces ||
        current.used.input + size.input > this.slotSize.input ||
        current.used.output + size.output > this.slotSize.output)
    ) {
      await this.send();
    }
    this.filling ??= { slot: await this.freeSlot(), placed: [], used: { input: 0, output: 0 } };
    const { slot, placed, used } = this.filling;
    const at: Piece = { ...piece, input: used.input, output: used.output };
    const filled = placing.fill(slot.input.subarray(at.input, at.input + size.input)).then(
      () => null,
      (error: unknown) => error,
    );
    placed.push({ ...placing, at, filled });
    this.filling.used = { input: used.input + size.input, output: used.output + size.output };
  }

  /** Sends what is left and waits until everything has been taken. */
  async drain(): Promise<void> {
    await this.send();
    while (this.sent.length > 0) await this.takeOldest();
  }

  private async send(): Promise<void> {
    if (this.filling === null) return;
    const { slot, placed } = this.filling;
    this.filling = null;
    for (const { filled, explain } of placed) {
      const error = await filled;
      if (error instanceof PlumeError) throw explain(error);
      if (error !== null) throw error;
    }
    const outcome = this.pool.score(
      placed.map(({ at }) => at),
      slot,
    );
    // Whoever waits for it sees the failure; until then it must not count as unhandled.
    outcome.catch(() => undefined);
    this.sent.push({ slot, placed, outcome });
  }

  private async freeSlot(): Promise<Slot> {
    for (;;) {
      const slot = this.free.pop();
      if (slot !== undefined) return slot;
      await this.takeOldest();
    }
  }

  private async takeOldest(): Promise<void> {
    const oldest = this.sent.shift();
    if (oldest === undefined) return;
    const { slot, placed } = oldest;
    const failure = await oldest.outcome;
    for (const [i, { at, size, take, explain }] of placed.entries()) {
      if (failure !== null && i === failure.piece)
        throw explain(new PlumeError(failure.tag, failure.message));
      take(slot.output.subarray(at.output, at.output + size.output));
    }
    this.free.push(slot);
  }
}

/** One is filled, one waits and one is scored by each worker. */
export function slotCount(workers: number): number {
  return workers === 0 ? 1 : workers + 2;
}
