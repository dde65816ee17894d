/**
 * What a run will need, told before it starts and held against what there is.
 * Peak memory grows with workers, members of a block and size of a state, and with one field of all members, which
 * products are made from; never with starts or leads. What perturbations take they tell themselves (perturbationPlan.ts).
 */
import { availableParallelism } from 'node:os';
import { resourceError } from '../core/errors.js';
import type { PerturbationMemory } from './perturbationPlan.js';
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
  /** Of that, the working memory of one row of a batch. */
  readonly modelRowBytes: number;
  /** Archive states that all workers share for perturbing initial states. */
  readonly poolStates: number;
  /** Analyses of a start beyond the model's history, for perturbations that run forecasts from them. */
  readonly stepsBack: number;
  /** Of one worker, for one unit of work. */
  readonly perturbations: PerturbationMemory;
}

export interface RunEstimate {
  readonly memoryBytes: number;
  /** Of that, what perturbations add. */
  readonly perturbationBytes: number;
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
  const fields = size.starts * size.storedLeads * size.storedChannels;
  const rows = size.members * fields;
  const productRows = productStatistics.length * fields;
  const memoryBytes = memoryOf(size);
  return {
    memoryBytes,
    perturbationBytes:
      memoryBytes - memoryOf({ ...size, perturbations: noMemory, poolStates: 0, stepsBack: 0 }),
    diskBytes: (rows + productRows) * (size.points * 4 + rowOverheadBytes),
    seconds: secondsPerMemberStep === null ? null : (memberSteps * secondsPerMemberStep) / size.workers,
  };
}

const noMemory: PerturbationMemory = { heldBytes: 0, ownRows: 0, forecasts: [] };

function memoryOf(size: RunSize): number {
  const { historyLength, blockMembers, perturbations } = size;
  const fieldBytes = size.points * 4;
  const stateBytes = size.channels * fieldBytes;
  // model input and output of a batch
  const stepping = 3 * size.batchMembers * stateBytes;
  // history and next state of every member, and one lead as it is encoded
  const forecasting =
    (historyLength + 1) * blockMembers * stateBytes +
    stepping +
    2 * blockMembers * size.storedChannels * fieldBytes;
  // before the first step: beside the members what perturbations compare, and forecasts with their next state
  const starting =
    (historyLength * (blockMembers + perturbations.ownRows) +
      (historyLength + 1) * Math.max(0, ...perturbations.forecasts)) *
      stateBytes +
    (perturbations.forecasts.length > 0 ? stepping : 0);
  // one field of all members, as read and joined, and the products of a lead
  const reducing = (2 * size.members + productStatistics.length * size.storedChannels) * fieldBytes;
  // a model keeps what it works in for every size of a batch: rows come in batches of the largest and a rest
  const otherBatches = perturbations.forecasts.reduce(
    (sum, count) => sum + Math.min(count, 2 * size.batchMembers),
    0,
  );
  const perWorker =
    workerBytes +
    size.modelBytes +
    otherBatches * size.modelRowBytes +
    perturbations.heldBytes +
    Math.max(forecasting, starting, reducing);
  const shared = (size.poolStates + (size.workers + 1) * (historyLength + size.stepsBack)) * stateBytes;
  return processBytes + shared + size.workers * perWorker;
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
        (estimate.perturbationBytes > available.memoryBytes / 10
          ? `use fewer --workers, or other perturbations: they take ${inBytes(estimate.perturbationBytes)} of it`
          : 'use fewer --workers or a smaller --batch'),
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
