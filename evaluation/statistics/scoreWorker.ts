/** One lane of the pool that scores: pieces of members in shared memory. Runs as built JavaScript in a worker thread. */
import { workerData } from 'node:worker_threads';
import type { Piece, ScorePlan, Slot } from './pieces.js';
import { PieceScorer, type ScoreFailure } from './scorePieces.js';

export interface ScoreTask {
  readonly pieces: readonly Piece[];
  readonly slot: Slot;
}

const scorer = new PieceScorer(workerData as ScorePlan);

export function scorePieces({ pieces, slot }: ScoreTask): ScoreFailure | null {
  return scorer.score(pieces, slot);
}
