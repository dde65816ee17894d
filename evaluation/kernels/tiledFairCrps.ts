/**
 * Fair CRPS of float32 members in any memory: copied tile by tile into a kernel whose tile stays in the second-level
 * cache, so that they are read from memory once.
 */
import type { FloatArray } from '../../core/statistics/moments.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import {
  type FairCrpsArrays,
  type FairCrpsKernel,
  fairCrpsArrays,
  fairCrpsKernel,
  fairCrpsMemory,
} from './fairCrpsKernel.js';
import { hasScoreKernels } from './scoreModule.js';

/** From here on a kernel is set up sooner than plain code gets through. */
const leastPoints = 4096;
const tileBytes = 512 * 1024;

/** Whether members and observations are a large float32 field, and the kernels are there. */
export function isWorthTiling(members: FloatArray, memberCount: number, observed: FloatArray): boolean {
  const isField = members instanceof Float32Array && observed instanceof Float32Array;
  return isField && memberCount > 1 && observed.length >= leastPoints && hasScoreKernels();
}

interface Tile extends FairCrpsArrays {
  readonly memberCount: number;
  readonly capacity: number;
  readonly score: FairCrpsKernel;
}

/** Kept for the next field of as many members. */
let lastTile: Tile | undefined;

/**
 * @param members [member, point]
 * @param observed [point]
 * @param out [point], written
 * @throws {PlumeError} data, on a missing value under policy raise; resources, when there is no memory for a tile
 */
export function tiledFairCrps(
  members: FloatArray,
  memberCount: number,
  observed: FloatArray,
  out: Float64Array,
  nanPolicy: NanPolicy,
): void {
  if (lastTile?.memberCount !== memberCount) lastTile = makeTile(memberCount);
  const { capacity, score, ...tile } = lastTile;
  const points = observed.length;
  for (let first = 0; first < points; first += capacity) {
    const n = Math.min(capacity, points - first);
    for (let m = 0; m < memberCount; m++) {
      const from = m * points + first;
      tile.members.set(members.subarray(from, from + n), m * capacity);
    }
    tile.truth.set(observed.subarray(first, first + n));
    score(0, n, nanPolicy, { firstPoint: first });
    out.set(tile.crps.subarray(0, n), first);
  }
}

function makeTile(memberCount: number): Tile {
  const points = Math.min(leastPoints, Math.max(16, Math.floor(tileBytes / (4 * memberCount))));
  const shape = fairCrpsMemory(memberCount, points);
  return { memberCount, capacity: shape.capacity, score: fairCrpsKernel(shape), ...fairCrpsArrays(shape) };
}
