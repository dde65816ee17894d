/** A thread that scores stretches of the points of one field (crpsField.ts), each claimed by counting one up. */

import { Piscina } from 'piscina';
import { type ErrorTag, toPlumeError } from '../../core/errors.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import {
  type FairCrpsKernel,
  type FairCrpsMemory,
  fairCrpsArrays,
  fairCrpsKernel,
} from './fairCrpsKernel.js';

export interface StretchTask {
  /** Whose scratch to use. */
  readonly thread: number;
  readonly points: number;
  readonly nanPolicy: NanPolicy;
}

export interface StretchesScored {
  /** Why this thread stopped, and the first point of its stretch. */
  readonly failure: { readonly tag: ErrorTag; readonly message: string; readonly from: number } | null;
}

const shape = Piscina.workerData as FairCrpsMemory;
const { counter } = fairCrpsArrays(shape);
/** Points that are claimed at a time: some 4096, well under a millisecond, in whole tiles. */
const stretch = shape.tile * Math.max(1, Math.round(4096 / shape.tile));
const kernels = new Map<number, FairCrpsKernel>();

export function scoreStretches({ thread, points, nanPolicy }: StretchTask): StretchesScored {
  const score = kernels.get(thread) ?? fairCrpsKernel(shape, thread);
  kernels.set(thread, score);
  const claim = (): number => stretch * Atomics.add(counter, 0, 1);
  // Claimed one ahead, so that memory is read ahead too.
  for (let from = claim(), next = claim(); from < points; from = next, next = claim()) {
    try {
      score(from, Math.min(from + stretch, points), nanPolicy, { next });
    } catch (error) {
      const { tag, message } = toPlumeError(error, 'CRPS of a field');
      return { failure: { tag, message, from } };
    }
  }
  return { failure: null };
}
