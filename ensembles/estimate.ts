/**
 * What a run will need, told before it starts and held against what there is.
 * Peak memory grows with workers, members of a block and size of a state, and with one field of all members, which
 * products are made from; never with starts or leads.
 */
import { availableParallelism } from 'node:os';
import { resourceError } from '../core/errors.js';
import { productStatistics } from './products.js';

export interface RunSize {
  readonly members: number;
  /** Most members that one unit of work holds. */
  readonly blockMembers: number;
  readonly batchMembers: number;
  /** Of the model's state. */
  readonly channels: number;
  /** Those that are kept. */
  readonly storedChannels: number;
  readonly points: number;
  readonly historyLength: number;
  /** Of the model, from start to end. */
  readonly steps: number;
  /** Those that are kept. */
  readonly storedLeads: number;
  readonly starts: number;
  readonly workers: number;
  /** Bytes of one worker's model: weights and working memory. */
  readonly modelBytes: number;
  /** Archive states that all workers share for perturbing initial states. */
  readonly poolStates: number;
  /** Analyses of a start beyond the model's history, for perturbations that run forecasts from them. */
  readonly stepsBack: number;
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

/** @param memberSteps what is left to do, where some is done already */
export function estimateRun(
  size: RunSize,
  secondsPerMemberStep: number | null,
  memberSteps = size.members * size.starts * size.steps,
): RunEstimate {
  const fieldBytes = size.points * 4;
  const stateBytes = size.channels * fieldBytes;
  // history and next state of every member, model input and output of a batch, and one lead as it is encoded
  const forecasting =
    (size.historyLength + 1) * size.blockMembers * stateBytes +
    3 * size.batchMembers * stateBytes +
    2 * size.blockMembers * size.storedChannels * fieldBytes;
  // before the first step: what is asked for, stepped and compared, beside the members
  const starting =
    size.stepsBack === 0
      ? 0
      : (4 * size.historyLength + 1) * size.blockMembers * stateBytes + 3 * size.batchMembers * stateBytes;
  // one field of all members, as read and joined, and the products of a lead
  const reducing = (2 * size.members + productStatistics.length * size.storedChannels) * fieldBytes;
  const perWorker = workerBytes + size.modelBytes + Math.max(forecasting, starting, reducing);
  const shared = (size.poolStates + (size.workers + 1) * (size.historyLength + size.stepsBack)) * stateBytes;
  const fields = size.starts * size.storedLeads * size.storedChannels;
  const rows = size.members * fields;
  const productRows = productStatistics.length * fields;
  return {
    memoryBytes: processBytes + shared + size.workers * perWorker,
    diskBytes: (rows + productRows) * (size.points * 4 + rowOverheadBytes),
    seconds: secondsPerMemberStep === null ? null : (memberSteps * secondsPerMemberStep) / size.workers,
  };
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
