/**
 * Who the members are: K weight samples × J noise streams, nested.
 * Member m = k · J + j carries weight sample k through its whole forecast and draws its noise from stream j
 * of that sample, so variance between samples is epistemic and variance within one is aleatoric.
 * A start is cut into blocks of members, each made by one worker and stored in one file.
 */
import { usageError } from '../core/errors.js';
import type { NestedDesign } from '../core/statistics/varianceDecomposition.js';
import type { BlockSize, SampleRange, StreamRange } from '../core/store/run.js';

export type { NestedDesign };

/** Members that are computed and stored together: consecutive weight samples, with all or some of their streams. */
export type MemberBlock = SampleRange;

/** Fields of a block's members that are comfortable to hold and to batch, bytes. */
const blockBytes = 2e6;
const mostSamples = 8;

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
 * Size of the blocks of a start: small states go by several weight samples, large ones by a few streams of one, so that
 * even a single start keeps many workers busy. It depends on the state and J alone: a run that grows in weight samples
 * or starts, or at K = 1 in streams, keeps the files it has.
 * @param stateBytes one member's state
 */
export function blockSize(stateBytes: number, noiseStreams: number): BlockSize {
  const members = Math.max(1, Math.floor(blockBytes / stateBytes));
  if (members >= noiseStreams) {
    return { weightSamples: Math.min(mostSamples, Math.floor(members / noiseStreams)), noiseStreams };
  }
  return { weightSamples: 1, noiseStreams: 2 ** Math.floor(Math.log2(members)) };
}

/** First noise stream of a block, and how many each of its weight samples has in it. */
export function blockStreams(block: MemberBlock, noiseStreams: number): StreamRange {
  return block.streams ?? { first: 0, count: noiseStreams };
}

export function blockMembers(block: MemberBlock, noiseStreams: number): number {
  return block.weightSamples * blockStreams(block, noiseStreams).count;
}
