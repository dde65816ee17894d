/**
 * Sorts the members of groups of four points: by one network (networkModule.ts) for up to 128 members, else in runs of
 * 128 that are merged in the cache (kernels/score.as.ts, `mergeRuns`).
 */
import { type NetworkExports, networkModule } from './networkModule.js';
import { recentModule } from './recentModule.js';
import { maximumPages, type ScoreExports } from './scoreModule.js';
import { vector } from './wasmEncoding.js';

/** Members that one network sorts: a power of two, which merging needs. */
export const longestRun = 128;
/** What the groups sorted at a time fill of the first-level cache. */
const batchBytes = 24 * 1024;

/** How groups lie: [group, groupBytes]: M sorted members [4 points] float32, room to merge in, then sums. */
export interface GroupLayout {
  /** Rows of sums, and how far they lie behind the first member. */
  readonly sums: number;
  readonly sumsAt: number;
  readonly groupBytes: number;
  /** Groups that are worked on at a time. */
  readonly batch: number;
}

export function groupLayout(memberCount: number): GroupLayout {
  const sums = Math.ceil(memberCount / longestRun);
  const rows = sums === 1 ? memberCount : longestRun * 2 ** Math.ceil(Math.log2(sums));
  const groupBytes = (rows + sums) * vector;
  const batch = Math.max(1, Math.floor(batchBytes / groupBytes));
  return { sums, sumsAt: rows * vector, groupBytes, batch };
}

/**
 * @param rowBytes from a member to the next
 * @returns a function that sorts groups of neighbouring points at address `from` to address `to`
 */
export function memberSorter(
  memory: WebAssembly.Memory,
  kernels: ScoreExports,
  memberCount: number,
  rowBytes: number,
): (from: number, groups: number, to: number) => void {
  const { sums, sumsAt, groupBytes } = groupLayout(memberCount);
  const network = (values: number): NetworkExports => {
    const module = recentModule(`network ${values} ${rowBytes} ${groupBytes}`, () =>
      networkModule({ values, rowBytes, groupBytes }, maximumPages),
    );
    return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as NetworkExports;
  };
  const last = network(memberCount - (sums - 1) * longestRun);
  const others = sums > 1 ? network(longestRun) : last;
  return (from, groups, to) => {
    for (let run = 0; run < sums; run++) {
      const first = run * longestRun;
      const { sort } = run === sums - 1 ? last : others;
      sort(from + first * rowBytes, groups, to + first * vector, to + sumsAt + run * vector);
    }
    if (sums > 1) kernels.mergeRuns(to, groups, memberCount, groupBytes, longestRun);
  };
}
