/**
 * Who scores the pieces: worker threads, or this thread where there is little to do. Workers load built JavaScript.
 * Either way the same code runs on the same pieces, so that results do not depend on the number of threads.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { internalError } from '../../core/errors.js';
import type { Piece, ScorePlan, Slot } from './pieces.js';
import { PieceScorer, type ScoreFailure } from './scorePieces.js';

export interface ScorePool {
  /** Threads beside this one. */
  readonly workers: number;
  /** Scores pieces of a slot into its output; null: all went well. */
  score(pieces: readonly Piece[], slot: Slot): Promise<ScoreFailure | null>;
  close(): Promise<void>;
}

/** Values of members below which threads take longer to start than to help. */
const littleWork = 8e6;

/** Threads worth starting. @param values of all members of all cases */
export function usefulWorkers(values: number): number {
  return values < littleWork ? 0 : availableParallelism();
}

/** @param workers threads; 0: score in this thread */
export function createScorePool(plan: ScorePlan, workers: number): ScorePool {
  if (workers === 0) return ownThread(plan);
  const threads = new Piscina({
    filename: workerFile(),
    minThreads: workers,
    maxThreads: workers,
    workerData: plan,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  let closing = false;
  let failure: Error | null = null;
  // A thread that fails between two tasks fails the next; one that is stopped while it still loads has failed nobody.
  threads.on('error', (error: Error) => {
    if (closing || failure !== null) return;
    failure = error;
    void threads.destroy();
  });
  return {
    workers,
    score: async (pieces, slot) => {
      if (failure !== null) throw failure;
      try {
        return (await threads.run({ pieces, slot }, { name: 'scorePieces' })) as ScoreFailure | null;
      } catch (error) {
        throw failure ?? error; // not that its task was taken from it
      }
    },
    close: async () => {
      closing = true;
      await threads.destroy();
    },
  };
}

function ownThread(plan: ScorePlan): ScorePool {
  const scorer = new PieceScorer(plan);
  return {
    workers: 0,
    score: async (pieces, slot) => scorer.score(pieces, slot),
    close: async () => undefined,
  };
}

/** Beside this file when built; under dist/ when this file is run as TypeScript by the tests. */
function workerFile(): string {
  const beside = fileURLToPath(new URL('./scoreWorker.js', import.meta.url));
  if (existsSync(beside)) return beside;
  const built = fileURLToPath(new URL('../../dist/evaluation/statistics/scoreWorker.js', import.meta.url));
  if (existsSync(built)) return built;
  throw internalError(`the worker ${built} is not built; run npm run build`);
}
