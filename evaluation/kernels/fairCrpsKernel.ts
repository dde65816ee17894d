/**
 * The lean point kernel: fair CRPS and nothing else, in WebAssembly SIMD, on members where they lie. Equal to
 * crpsKernel of scores/crps.ts but for rounding, some 10⁻⁷ of the mean distance of members from the truth at most
 * (fairCrpsModule.ts), and the same for a point whatever lies beside it; points with a value that is missing or infinite
 * go the way of that function. Several threads may work on one memory, each with scratch of its own.
 *
 * Points are taken in tiles that fit into the second-level cache twice. While one is scored, the members of the next are
 * touched row by row, so that memory and arithmetic keep busy at the same time.
 */
import { internalError } from '../../core/errors.js';
import { crpsOfErrors, fairCrps } from '../scores/crpsOfErrors.js';
import { missingValueError, type NanPolicy } from '../scores/nanPolicy.js';
import {
  type FairCrpsExports,
  fairCrpsModule,
  fairCrpsScratch,
  linesAhead,
  rankWeights,
} from './fairCrpsModule.js';
import { groupLayout, longestRun, memberSorter } from './memberSorter.js';
import { recentModule } from './recentModule.js';
import { heapStart, instantiateScores, MemoryPlan, maximumPages, type ScoreExports } from './scoreModule.js';
import { lineBytes } from './wasmEncoding.js';

/** Members, truth and scores in a memory that can be handed to other threads. */
export interface FairCrpsMemory {
  readonly memberCount: number;
  /** Points from a member to the next: room for as many points as asked for, or a few more. */
  readonly capacity: number;
  readonly threads: number;
  /** Points that are worked on at a time: calls on multiples of it read ahead best. */
  readonly tile: number;
  readonly memory: WebAssembly.Memory;
}

export interface FairCrpsArrays {
  /** [member, capacity]: the caller writes its n points to the head of each row of `capacity`. */
  readonly members: Float32Array;
  /** [capacity] */
  readonly truth: Float32Array;
  /** [capacity]: unit of the members; NaN where it cannot be had */
  readonly crps: Float64Array;
  /** For threads to count by. */
  readonly counter: Int32Array;
}

/**
 * Scores points `from` … `to` − 1.
 * @throws {PlumeError} data, on a missing value under policy raise, naming the point
 */
export type FairCrpsKernel = (
  from: number,
  to: number,
  nanPolicy: NanPolicy,
  options?: {
    /** What point 0 is called in messages; default 0. */
    readonly firstPoint?: number;
    /** Where the next call will begin; default `to`. */
    readonly next?: number;
  },
) => void;

/**
 * @param memberCount M ≥ 1
 * @param points most points at a time
 * @param threads that will work on it, each with a kernel of its own
 * @throws {PlumeError} internal, for numbers that are not; resources, when there is no memory for it
 */
export function fairCrpsMemory(memberCount: number, points: number, threads = 1): FairCrpsMemory {
  if (!(memberCount >= 1 && points >= 1 && threads >= 1))
    throw internalError(`fair CRPS of ${memberCount} members on ${points} points in ${threads} threads`);
  // An odd number of cache lines, so that the rows of a point do not fall on each other in the caches.
  const lines = Math.ceil(points / 16);
  const capacity = 16 * (lines + 1 - (lines % 2));
  const { plan, tile } = addresses(memberCount, capacity, threads);
  const memory = plan.makeMemory(`CRPS of ${memberCount} members on ${points} points at a time`);
  return { memberCount, capacity, threads, tile, memory };
}

export function fairCrpsArrays({ memberCount, capacity, threads, memory }: FairCrpsMemory): FairCrpsArrays {
  const { at } = addresses(memberCount, capacity, threads);
  return {
    members: new Float32Array(memory.buffer, at.members, memberCount * capacity),
    truth: new Float32Array(memory.buffer, at.truth, capacity),
    crps: new Float64Array(memory.buffer, at.crps, capacity),
    counter: new Int32Array(memory.buffer, at.counter, 1),
  };
}

/**
 * @param thread 0 … threads − 1, whose scratch this kernel uses
 * @throws {PlumeError} internal, when the kernels are not built
 */
export function fairCrpsKernel(shape: FairCrpsMemory, thread = 0): FairCrpsKernel {
  const { memberCount, capacity, tile, memory } = shape;
  const { at, batch } = addresses(memberCount, capacity, shape.threads);
  const { members, truth, crps } = fairCrpsArrays(shape);
  const kernels = instantiateScores(memory);
  const scratch = at.scratch + thread * at.scratchBytes;
  const makeScorer = memberCount <= longestRun ? inOneNetwork : inRuns;
  const { touches, score } = makeScorer(shape, kernels, scratch);
  const flagsAt = at.flags + thread * at.flagBytes;
  const flags = new Int32Array(memory.buffer, flagsAt, batch);
  const errors = new Float64Array(memberCount);
  const memberAt = (member: number, point: number): number => at.members + 4 * (member * capacity + point);
  /** The tile that the one before has touched. */
  let touched = -1;

  return (from, to, nanPolicy, { firstPoint = 0, next = to } = {}) => {
    if (!(from >= 0 && from <= to && to <= capacity && next >= 0))
      throw internalError(`fair CRPS of points ${from} to ${to}, but the kernel has room for ${capacity}`);
    const scoreGroups = (first: number, groups: number, ahead: number): void => {
      score(memberAt(0, first), groups, at.truth + 4 * first, at.crps + 8 * first, flagsAt, ahead);
      for (let g = 0; g < groups; g++) {
        if (flags[g] === 0) continue;
        for (let i = 0, point = first + 4 * g; i < 4 && point < to; i++, point++)
          if ((flags[g]! >> i) & 1) scorePoint(point, nanPolicy, firstPoint);
      }
    };
    const end = to - ((to - from) % 4);
    for (let first = from; first < end; first += tile) {
      const last = Math.min(first + tile, end);
      if (touched !== first) kernels.touch(memberAt(0, first), memberCount, 4 * capacity, 4 * (last - first));
      const soon = last < to ? last : next;
      const touching = touches && soon + tile <= capacity ? memberCount : 0;
      touched = touching > 0 ? soon : -1;
      for (let point = first, member = 0; point < last; point += 4 * batch, member++) {
        const ahead = member < touching ? memberAt(member, soon) : 0;
        scoreGroups(point, Math.min(batch, (last - point) / 4), ahead);
      }
    }
    // The last group is moved back until it fits, some points scored twice; there is room for four in every row.
    if (end < to) scoreGroups(to - from < 4 ? Math.min(from, capacity - 4) : to - 4, 1, 0);
  };

  function scorePoint(point: number, nanPolicy: NanPolicy, firstPoint: number): void {
    const y = truth[point]!;
    let count = 0;
    for (let i = point; i < members.length; i += capacity) {
      const error = members[i]! - y;
      if (!Number.isNaN(error)) errors[count++] = error;
    }
    if (count < memberCount && nanPolicy === 'raise') {
      const what = Number.isNaN(y) ? 'the observation' : `${memberCount - count} of ${memberCount} members`;
      throw missingValueError('CRPS', `${what} at point ${firstPoint + point}`);
    }
    const known = count === memberCount || nanPolicy === 'omit';
    crps[point] = known ? crpsOfErrors(errors, count, fairCrps) : Number.NaN;
  }
}

/** A way to score groups of four points; with `touches`, the lines from `ahead` on are touched. */
interface GroupScorer {
  readonly touches: boolean;
  score(from: number, groups: number, truth: number, out: number, flags: number, ahead: number): void;
}

function inOneNetwork(
  { memberCount, capacity, memory }: FairCrpsMemory,
  _: ScoreExports,
  scratch: number,
): GroupScorer {
  const module = recentModule(`fair CRPS ${memberCount} ${capacity}`, () =>
    fairCrpsModule(memberCount, 4 * capacity, maximumPages),
  );
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const { score } = instance.exports as unknown as FairCrpsExports;
  const weights = scratch + fairCrpsScratch(memberCount).weights;
  new Float32Array(memory.buffer, weights, memberCount).set(rankWeights(memberCount));
  return {
    touches: true,
    score: (from, groups, truth, out, flags, ahead) => score(from, groups, truth, out, flags, scratch, ahead),
  };
}

function inRuns(
  { memberCount, capacity, memory }: FairCrpsMemory,
  kernels: ScoreExports,
  scratch: number,
): GroupScorer {
  const sort = memberSorter(memory, kernels, memberCount, 4 * capacity);
  const { batch, sumsAt, sums, groupBytes } = groupLayout(memberCount);
  kernels.keepSumsAt(scratch + groupBytes * batch);
  return {
    touches: false,
    score(from, groups, truth, out, flags) {
      sort(from, groups, scratch);
      kernels.fairCrps(scratch, groups, memberCount, sumsAt, sums, groupBytes, truth, out, flags);
    },
  };
}

/** Half of what two tiles may fill of a second-level cache, of which the smallest in use have a mebibyte. */
const tileBytes = 384 * 1024;
const mostGroups = 32;

/** Groups scored at a time, points of a tile, and scratch. Each batch of a tile touches one member's row of the next. */
function work(memberCount: number): {
  readonly batch: number;
  readonly tile: number;
  readonly scratchBytes: number;
} {
  if (memberCount > longestRun) {
    const { batch, groupBytes } = groupLayout(memberCount);
    const tile = 16 * Math.max(1, Math.floor(tileBytes / (lineBytes * memberCount)));
    return { batch, tile, scratchBytes: groupBytes * batch + lineBytes };
  }
  const lines = linesAhead(memberCount);
  const batch = Math.max(1, Math.min(mostGroups, Math.floor(tileBytes / (lineBytes * memberCount * lines))));
  return { batch, tile: 16 * batch * lines, scratchBytes: fairCrpsScratch(memberCount).bytes };
}

function addresses(memberCount: number, capacity: number, threads: number) {
  const { batch, tile, scratchBytes } = work(memberCount);
  const plan = new MemoryPlan(heapStart);
  const at = {
    // Threads write to lines of their own.
    scratchBytes: lineBytes * Math.ceil(scratchBytes / lineBytes),
    flagBytes: lineBytes * Math.ceil((4 * batch) / lineBytes),
    counter: plan.take(lineBytes),
    scratch: 0,
    flags: 0,
    truth: plan.take(4 * capacity),
    crps: plan.take(8 * capacity),
    members: plan.take(4 * memberCount * capacity),
  };
  at.scratch = plan.take(at.scratchBytes * threads);
  at.flags = plan.take(at.flagBytes * threads);
  return { plan, at, batch, tile };
}
