/**
 * The point kernel in WebAssembly SIMD: four points side by side, members sorted by a network (memberSorter.ts), then
 * everything from the sorted members in one more pass (kernels/score.as.ts). Equal to the plain kernel to the last few
 * digits, and the same for a point whatever lies beside it. Points with a value that is missing or infinite are left to
 * the plain kernel, under its policy.
 */
import { groupLayout, memberSorter } from './memberSorter.js';
import { type KernelArrays, pointScorer, requireShape, requireWithinCapacity } from './plainPointKernel.js';
import { type PointKernel, type PointKernelShape, pointStatistics } from './pointKernel.js';
import { heapStart, instantiateScores, MemoryPlan } from './scoreModule.js';

/**
 * @throws {PlumeError} internal, for a shape that is none or when the kernels are not built; resources, when there is no
 *   memory for it
 */
export function simdPointKernel(shape: PointKernelShape): PointKernel {
  requireShape(shape);
  const { design, capacity, thresholds, anomalies } = shape;
  const memberCount = design.weightSamples * design.noiseStreams;
  const layout = groupLayout(memberCount);
  const { weightSamples, noiseStreams } = design;
  const nested = weightSamples > 1 && noiseStreams > 1;
  const ofSample = groupLayout(noiseStreams);
  const plan = new MemoryPlan(heapStart);
  const at = {
    members: plan.take(4 * memberCount * capacity),
    truth: plan.take(4 * capacity),
    thresholds: plan.take(4 * thresholds * capacity),
    climate: plan.take(4 * capacity),
    statistics: plan.take(8 * pointStatistics.length * capacity),
    twcrps: plan.take(8 * thresholds * capacity),
    exceeding: plan.take(4 * thresholds * capacity),
    below: plan.take(4 * capacity),
    equal: plan.take(4 * capacity),
    centres: plan.take(32 * design.weightSamples),
    tails: plan.take(64 * (memberCount + 1)),
    within: plan.take(32 * layout.batch),
    sorted: plan.take(layout.groupBytes * layout.batch),
    sortedSample: plan.take(nested ? ofSample.groupBytes * layout.batch : 0),
    flags: plan.take(4 * layout.batch),
  };
  const memory = plan.makeMemory(`scores of ${memberCount} members on ${capacity} points at a time`);
  const { buffer } = memory;
  const arrays: KernelArrays = {
    members: new Float32Array(buffer, at.members, memberCount * capacity),
    truth: new Float32Array(buffer, at.truth, capacity),
    thresholds: new Float32Array(buffer, at.thresholds, thresholds * capacity),
    climate: new Float32Array(buffer, at.climate, capacity),
    statistics: new Float64Array(buffer, at.statistics, pointStatistics.length * capacity),
    twcrpsAbove: new Float64Array(buffer, at.twcrps, thresholds * capacity),
    exceeding: new Int32Array(buffer, at.exceeding, thresholds * capacity),
    below: new Int32Array(buffer, at.below, capacity),
    equal: new Int32Array(buffer, at.equal, capacity),
  };
  const flags = new Int32Array(buffer, at.flags, layout.batch);
  const kernels = instantiateScores(memory);
  kernels.configure(
    design.weightSamples,
    design.noiseStreams,
    capacity,
    thresholds,
    anomalies ? 1 : 0,
    at.members,
    at.truth,
    at.thresholds,
    at.climate,
    at.statistics,
    at.twcrps,
    at.exceeding,
    at.below,
    at.equal,
    at.centres,
    at.tails,
    at.within,
    layout.sumsAt,
    layout.sums,
    layout.groupBytes,
  );
  const sort = memberSorter(memory, kernels, memberCount, 4 * capacity);
  const sortSample = nested ? memberSorter(memory, kernels, noiseStreams, 4 * capacity) : null;
  const scorePoint = pointScorer(shape, arrays);

  return {
    shape,
    ...arrays,
    score(n, nanPolicy) {
      requireWithinCapacity(n, shape);
      if (capacity < 4) {
        for (let point = 0; point < n; point++) scorePoint(point, nanPolicy);
        return;
      }
      const score = (first: number, groups: number): void => {
        sort(at.members + 4 * first, groups, at.sorted);
        for (let k = 0; sortSample !== null && k < weightSamples; k++) {
          sortSample(at.members + 4 * (k * noiseStreams * capacity + first), groups, at.sortedSample);
          kernels.addWithin(at.sortedSample, groups, noiseStreams, ofSample.groupBytes, k === 0 ? 1 : 0);
        }
        if (!kernels.statistics(at.sorted, groups, first, at.flags)) return;
        const end = Math.min(n, first + 4 * groups);
        for (let point = first; point < end; point++) {
          const bit = (point - first) & 3;
          if ((flags[(point - first) >> 2]! >> bit) & 1) scorePoint(point, nanPolicy);
        }
      };
      const groups = n >> 2;
      for (let group = 0; group < groups; group += layout.batch)
        score(4 * group, Math.min(layout.batch, groups - group));
      // The last group is moved back until it fits: some points are scored twice.
      if (n % 4 > 0) score(Math.max(0, n - 4), 1);
    },
  };
}
