/**
 * Who the members are: K weight samples × J noise streams, nested.
 * Member m = k · J + j carries weight sample k through its whole forecast and draws its noise from stream j
 * of that sample, so variance between samples is epistemic and variance within one is aleatoric.
 */
import { usageError } from '../core/errors.js';
import type { NestedDesign } from '../core/statistics/varianceDecomposition.js';

export type { NestedDesign };

/** Consecutive weight samples whose members are computed and stored together. */
export interface MemberBlock {
  readonly firstWeightSample: number;
  readonly weightSamples: number;
}

export function memberCount(design: NestedDesign): number {
  return design.weightSamples * design.noiseStreams;
}

/** Reads "8x6" (or "8×6"): K weight samples × J noise streams. */
export function parseDesign(text: string): NestedDesign {
  const match = /^(\d+)\s*[x×*]\s*(\d+)$/i.exec(text.trim());
  if (match === null) {
    throw usageError(
      `members "${text}" is not of the form KxJ, weight samples by noise streams, such as 8x6`,
    );
  }
  const design = { weightSamples: Number(match[1]), noiseStreams: Number(match[2]) };
  if (design.weightSamples < 1 || design.noiseStreams < 1) {
    throw usageError(`members "${text}": K and J must both be at least 1, such as 8x6`);
  }
  return design;
}

/**
 * Cuts the weight samples into blocks of fixed boundaries, so that growing K adds blocks and leaves the
 * full ones as they are.
 */
export function memberBlocks(design: NestedDesign, samplesPerBlock: number): MemberBlock[] {
  const blocks: MemberBlock[] = [];
  for (let first = 0; first < design.weightSamples; first += samplesPerBlock) {
    blocks.push({
      firstWeightSample: first,
      weightSamples: Math.min(samplesPerBlock, design.weightSamples - first),
    });
  }
  return blocks;
}
