/**
 * What a run will need, told before it starts and held against what there is.
 * Peak memory grows with workers, members of a block and size of a state; never with starts or leads.
 */
import { availableParallelism, freemem, totalmem } from 'node:os';
import { resourceError } from '../core/errors.js';

export interface RunSize {
  readonly members: number;
  /** Most members that one unit of work holds. */
  readonly blockMembers: number;
  readonly batchMembers: number;
  readonly channels: number;
  readonly points: number;
  readonly historyLength: number;
  readonly steps: number;
  readonly starts: number;
  readonly workers: number;
  /** Bytes of one worker's model: weights and working memory. */
  readonly modelBytes: number;
}

export interface RunEstimate {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Seconds, from a timed step; null when nothing was timed. */
  readonly seconds: number | null;
}

/** Node, this program, ONNX Runtime and Arrow, measured with an empty run; then one more worker thread. */
const processBytes = 170e6;
const workerBytes = 45e6;
/** Arrow columns beside the values, and framing, of one row of a member file. */
const rowOverheadBytes = 64;
const productStatistics = 4;

/** @param memberSteps what is left to do, where some is done already */
export function estimateRun(
  size: RunSize,
  secondsPerMemberStep: number | null,
  memberSteps = size.members * size.starts * size.steps,
): RunEstimate {
  const stateBytes = size.channels * size.points * 4;
  // history and next state of every member, model input and output of a batch, and one lead as it is encoded
  const perWorker =
    workerBytes +
    size.modelBytes +
    (size.historyLength + 1) * size.blockMembers * stateBytes +
    3 * size.batchMembers * stateBytes +
    2 * size.blockMembers * stateBytes;
  const rows = size.members * size.starts * size.steps * size.channels;
  const productRows = productStatistics * size.starts * size.steps * size.channels;
  return {
    memoryBytes: processBytes + size.workers * perWorker,
    diskBytes: (rows + productRows) * (size.points * 4 + rowOverheadBytes),
    seconds: secondsPerMemberStep === null ? null : (memberSteps * secondsPerMemberStep) / size.workers,
  };
}

/** Memory this process may use: the container's limit where there is one, else what is free. */
export function availableMemoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  const bounded =
    limit > 0 && limit < totalmem() ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return Math.min(freemem(), bounded);
}

/** One worker a core on the CPU; on any other device one lane, since two sessions at once can crash it. */
export function defaultWorkers(device: string): number {
  return device === 'cpu' ? availableParallelism() : 1;
}

/** @throws {PlumeError} resources, saying what is short, by how much, and what would make it fit */
export function requireFits(
  estimate: RunEstimate,
  available: { readonly memoryBytes: number; readonly diskBytes: number },
): void {
  if (estimate.memoryBytes > available.memoryBytes) {
    throw resourceError(
      `the run needs about ${inBytes(estimate.memoryBytes)} of memory, ${inBytes(available.memoryBytes)} are free; ` +
        'use fewer --workers or a smaller --batch',
    );
  }
  if (estimate.diskBytes > available.diskBytes) {
    throw resourceError(
      `the run writes about ${inBytes(estimate.diskBytes)}, ${inBytes(available.diskBytes)} are free on the disk; ` +
        'use another --out, fewer --starts or fewer --members',
    );
  }
}

/** "640 kB", "1.30 GB" */
function inBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
