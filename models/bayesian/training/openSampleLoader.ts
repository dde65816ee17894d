/** The loader that a period calls for: in memory where its states are held, streaming where they are not. */
import { type AnomalySource, isHeld, samplePositions } from './anomalySource.js';
import { planBlocks } from './blockPlan.js';
import { poolDatesWithin } from './errorPool.js';
import { InMemoryLoader } from './inMemoryLoader.js';
import type { SampleLoader } from './sampleLoader.js';
import { StreamingLoader } from './streamingLoader.js';
import { memoryBudget, type TrainingData } from './trainingData.js';

export interface OpenLoaderOptions {
  readonly stepMilliseconds: number;
  /** The largest that will be asked for. */
  readonly most: { readonly history: number; readonly rollout: number; readonly batch: number };
  /** Whether errors of analyses will be asked for (Stage.initialError). */
  readonly errors: boolean;
  /** Bytes for states; default `memoryBudget()`. */
  readonly budgetBytes?: number;
}

/** Share of the budget that the pool of errors may take. */
const poolShare = 1 / 8;

/**
 * @throws {PlumeError} data, where the archive cannot be read or no sample is complete; resources, when the budget
 *   is too small for a stream
 */
export async function openSampleLoader(
  source: AnomalySource,
  { stepMilliseconds, most, errors, budgetBytes = memoryBudget() }: OpenLoaderOptions,
): Promise<SampleLoader> {
  const { history, rollout, batch } = most;
  const n = source.stateLength;
  const dates = poolDatesWithin(poolShare * budgetBytes, history, n);
  const options = { stepMilliseconds, ...(errors ? { pool: { history, dates } } : {}) };
  if (isHeld(source)) return InMemoryLoader.open(source, options);
  const poolBytes = errors ? 4 * n * history * dates : 0;
  const batchStates = batch * (history + rollout);
  const plan = planBlocks(source, budgetBytes - poolBytes - 4 * n * batchStates, history - 1 + rollout);
  return StreamingLoader.open(source, plan, { ...options, batchStates });
}

/** What is told before a training: samples, those that gaps cost, and where the states are. */
export function describeData(
  { source, gaps }: TrainingData,
  loader: SampleLoader,
  { history, rollout }: { readonly history: number; readonly rollout: number },
): string[] {
  const count = loader.count(history, rollout);
  const { stepMilliseconds, plan } = loader;
  const needs = { history, steps: rollout, stepMilliseconds };
  const all = samplePositions({ times: source.times }, needs).length;
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const whole = mebibytes(4 * source.times.length * source.stateLength);
  const lines = [
    plan.kind === 'memory'
      ? `${source.times.length} states, ${whole}, in memory`
      : `${source.times.length} states, ${whole}, streamed: ${plan.poolBlocks} blocks of up to ${plan.blockTimes} times ` +
        `in memory, ${mebibytes(loader.memoryBytes())}`,
  ];
  if (gaps > 0) {
    lines.push(
      `${count} of ${all} samples: ${gaps} states with missing values are left out, and what needs them`,
    );
  }
  return lines;
}
