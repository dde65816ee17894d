/**
 * The lean point kernel: fair CRPS and nothing else, in WebAssembly SIMD, on members where they lie. Equal to
 * crpsKernel of scores/crps.ts to the last few digits, and the same for a point whatever lies beside it; points with a
 * value that is missing or infinite go the way of that function. Several threads may work on one memory, each with scratch of its own.
 */
import { internalError } from '../../core/errors.js';
import { crpsOfErrors, fairCrps } from '../scores/crpsOfErrors.js';
import { missingValueError, type NanPolicy } from '../scores/nanPolicy.js';
import { groupLayout, memberSorter } from './memberSorter.js';
import { heapStart, instantiateScores, MemoryPlan } from './scoreModule.js';

/** Members, truth and scores in a memory that can be handed to other threads. */
export interface FairCrpsMemory {
  readonly memberCount: number;
  /** Points from a member to the next: room for as many points as asked for, or a few more. */
  readonly capacity: number;
  readonly threads: number;
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
 * @param firstPoint what point 0 is called in messages; default 0
 * @throws {PlumeError} data, on a missing value under policy raise, naming the point
 */
export type FairCrpsKernel = (from: number, to: number, nanPolicy: NanPolicy, firstPoint?: number) => void;

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
  const { plan } = addresses(memberCount, capacity, threads);
  const memory = plan.makeMemory(`CRPS of ${memberCount} members on ${points} points at a time`);
  return { memberCount, capacity, threads, memory };
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
  const { memberCount, capacity, memory } = shape;
  const { at, layout } = addresses(memberCount, capacity, shape.threads);
  const { members, truth, crps } = fairCrpsArrays(shape);
  const sorted = at.sorted + thread * at.scratchBytes;
  const flagsAt = at.flags + thread * at.flagBytes;
  const flags = new Int32Array(memory.buffer, flagsAt, layout.batch);
  const kernels = instantiateScores(memory);
  const sort = memberSorter(memory, kernels, memberCount, 4 * capacity);
  const errors = new Float64Array(memberCount);

  const scoreGroups = (
    first: number,
    groups: number,
    end: number,
    nanPolicy: NanPolicy,
    firstPoint: number,
  ): void => {
    sort(at.members + 4 * first, groups, sorted);
    const truthAt = at.truth + 4 * first;
    const out = at.crps + 8 * first;
    if (!kernels.fairCrps(sorted, groups, memberCount, layout.sums, truthAt, out, flagsAt)) return;
    const last = Math.min(end, first + 4 * groups);
    for (let point = first; point < last; point++) {
      const bit = (point - first) & 3;
      if ((flags[(point - first) >> 2]! >> bit) & 1) scorePoint(point, nanPolicy, firstPoint);
    }
  };

  return (from, to, nanPolicy, firstPoint = 0) => {
    if (!(from >= 0 && from <= to && to <= capacity))
      throw internalError(`fair CRPS of points ${from} to ${to}, but the kernel has room for ${capacity}`);
    const end = to - ((to - from) % 4);
    for (let point = from; point < end; point += 4 * layout.batch)
      scoreGroups(point, Math.min(layout.batch, (end - point) / 4), to, nanPolicy, firstPoint);
    // The last group is moved back until it fits, some points scored twice; there is room for four in every row.
    if (end < to)
      scoreGroups(to - from < 4 ? Math.min(from, capacity - 4) : to - 4, 1, to, nanPolicy, firstPoint);
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

function addresses(memberCount: number, capacity: number, threads: number) {
  const layout = groupLayout(memberCount);
  const plan = new MemoryPlan(heapStart);
  // Threads write to lines of their own.
  const scratchBytes = 64 * Math.ceil((layout.groupBytes * layout.batch) / 64);
  const flagBytes = 64 * Math.ceil(layout.batch / 16);
  const at = {
    scratchBytes,
    flagBytes,
    counter: plan.take(64),
    sorted: plan.take(scratchBytes * threads),
    flags: plan.take(flagBytes * threads),
    truth: plan.take(4 * capacity),
    crps: plan.take(8 * capacity),
    members: plan.take(4 * memberCount * capacity),
  };
  return { plan, layout, at };
}
