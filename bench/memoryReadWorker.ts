/** A thread of bench/memoryRead.ts. */
import { instantiateScores, type ScoreExports } from '../evaluation/kernels/scoreModule.js';
import type { ReadTask } from './memoryRead.js';

let kernels: ScoreExports | undefined;

export function readPart({ memory, from, bytes }: ReadTask): number {
  kernels ??= instantiateScores(memory);
  return kernels.sum(from, bytes);
}
