/**
 * How a period is cut into blocks for a stream: so large that reading the few states beyond a block's ends costs little,
 * whole pieces of the store where they fit, and so small that many of them are held at the same time: samples
 * of sixteen blocks are mixed where the memory allows, of eight or fewer rather than reading the period many times over.
 */
import { resourceError } from '../../../core/errors.js';
import type { Blocks } from './sampleOrders.js';
import type { StateSource } from './stateReading.js';

export interface BlockPlan extends Blocks {
  /** Times of a block, at most. */
  readonly blockTimes: number;
  /** States that a block's buffer holds: its times, and those that its first and last samples need beyond them. */
  readonly bufferStates: number;
}

/** Blocks that are mixed: where memory allows, at the cost of reading more, and the fewest. */
const bestPool = 16;
const goodPool = 8;
const leastPool = 4;
/** States read for every state of the period that mixing sixteen blocks may cost. */
const mostReading = 1.5;

/**
 * @param bytes for the buffers of poolBlocks + 1 blocks: one is read ahead
 * @param beyond states that samples need before and after the times of their block, together
 * @throws {PlumeError} resources, when not even blocks of one time fit
 */
export function planBlocks(
  source: Pick<StateSource, 'times' | 'stateLength' | 'pieces'>,
  bytes: number,
  beyond: number,
): BlockPlan {
  const states = Math.floor(bytes / (4 * source.stateLength));
  const piece = largestPiece(source);
  const timesWith = (pool: number): number => Math.floor(states / (pool + 1)) - beyond;
  const pools = Array.from({ length: bestPool - leastPool + 1 }, (_, i) => bestPool - i);
  const poolBlocks =
    pools.find((pool) => readingOf(timesWith(pool), piece, beyond) <= mostReading) ??
    pools.find((pool) => pool >= goodPool && timesWith(pool) >= piece) ??
    pools.find((pool) => timesWith(pool) >= piece) ??
    pools.find((pool) => timesWith(pool) >= 1);
  if (poolBlocks === undefined) {
    const needed = 4 * source.stateLength * (leastPool + 1) * (1 + beyond);
    throw resourceError(
      `streaming the training period needs ${(needed / 2 ** 20).toFixed(0)} MiB for ${leastPool + 1} blocks of ${1 + beyond} ` +
        `states, ${(bytes / 2 ** 20).toFixed(0)} MiB are allowed; allow more memory, or give fewer --variables or shorter rollouts`,
    );
  }
  const most = timesWith(poolBlocks);
  const firstTimes = blockStarts(source, most);
  const blockTimes = longest(firstTimes, source.times.length);
  return { firstTimes, poolBlocks, blockTimes, bufferStates: blockTimes + beyond };
}

/** States read for every state of the period: a block's own, and beyond each of its ends the whole piece. */
function readingOf(times: number, piece: number, beyond: number): number {
  const whole = Math.floor(times / piece) * piece;
  if (whole <= 0) return Number.POSITIVE_INFINITY;
  return 1 + (piece === 1 ? beyond : 2 * piece) / whole;
}

function largestPiece({ pieces, times }: Pick<StateSource, 'pieces' | 'times'>): number {
  return longest(pieces, times.length);
}

function longest(starts: Int32Array, end: number): number {
  return starts.reduce((most, start, i) => Math.max(most, (starts[i + 1] ?? end) - start), 0);
}

/** Whole pieces, as many as fit; a piece that is longer is cut into equal parts. */
function blockStarts({ pieces, times }: Pick<StateSource, 'pieces' | 'times'>, most: number): Int32Array {
  const starts: number[] = [];
  let begin = 0;
  pieces.forEach((from, i) => {
    const to = pieces[i + 1] ?? times.length;
    if (i > 0 && to - begin <= most) return;
    const parts = Math.ceil((to - from) / most);
    for (let part = 0; part < parts; part++) starts.push(from + Math.floor((part * (to - from)) / parts));
    begin = starts.at(-1) ?? from;
  });
  return Int32Array.from(starts);
}
