/**
 * Which pairs of members the distance within an ensemble is taken over. All M(M − 1)/2 up to 64 members; of more, those
 * within blocks of 64 or fewer that a fixed shuffle deals the members to: every pair is as likely as any other to be
 * among them, so the mean over them is unbiased, and the work grows with M, not with M². Pairs that are no two
 * independent draws (states of one year) can be left out.
 */

import { type DrawKey, shuffle } from '../../core/random/stream.js';

/** Largest block. */
const blockMembers = 64;
const dealing: DrawKey = { seed: 0, weightSample: 0, noiseStream: 0, purpose: 'shuffle', step: 0 };

export interface PairBlock {
  readonly members: Int32Array;
  /** Where the sums of its pairs start. */
  readonly offset: number;
}

export interface PairBlocks {
  readonly blocks: readonly PairBlock[];
  /** Number of sums: the triangle with its diagonal of every block. */
  readonly size: number;
}

export function pairBlocks(memberCount: number): PairBlocks {
  const blockCount = Math.ceil(memberCount / blockMembers);
  const order =
    blockCount > 1 ? shuffle(dealing, memberCount) : Uint32Array.from({ length: memberCount }, (_, m) => m);
  const blocks: PairBlock[] = [];
  let offset = 0;
  for (let b = 0; b < blockCount; b++) {
    const members = Int32Array.from(order.filter((_, i) => i % blockCount === b)).sort();
    blocks.push({ members, offset });
    offset += (members.length * (members.length + 1)) / 2;
  }
  return { blocks, size: offset };
}
