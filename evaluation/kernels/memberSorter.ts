/**
 * Sorts the members of groups of four points: by one network (networkModule.ts) for up to 128 members, else in runs of
 * 128 that are merged in the cache (kernels/score.as.ts, `mergeRuns`).
 */
import { type NetworkExports, type NetworkShape, networkModule } from './networkModule.js';
import { maximumPages, type ScoreExports } from './scoreModule.js';

/** Members that one network sorts: a power of two, which merging needs. */
const longestRun = 128;
/** What the groups sorted at a time fill of the first-level cache. */
const batchBytes = 24 * 1024;
const vector = 16;

/** How groups lie: [group][M sorted members, then sums][4 points] float32. */
export interface GroupLayout {
  /** Rows of sums after the members. */
  readonly sums: number;
  readonly groupBytes: number;
  /** Groups that are worked on at a time. */
  readonly batch: number;
}

export function groupLayout(memberCount: number): GroupLayout {
  const sums = Math.ceil(memberCount / longestRun);
  const groupBytes = (memberCount + sums) * vector;
  return { sums, groupBytes, batch: Math.max(1, Math.floor(batchBytes / groupBytes)) };
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
  const { sums, groupBytes } = groupLayout(memberCount);
  const network = (values: number): NetworkExports =>
    new WebAssembly.Instance(compiledNetwork({ values, rowBytes, groupBytes }), { env: { memory } })
      .exports as unknown as NetworkExports;
  const last = network(memberCount - (sums - 1) * longestRun);
  const others = sums > 1 ? network(longestRun) : last;
  return (from, groups, to) => {
    for (let run = 0; run < sums; run++) {
      const first = run * longestRun;
      const { sort } = run === sums - 1 ? last : others;
      sort(from + first * rowBytes, groups, to + first * vector, to + (memberCount + run) * vector);
    }
    if (sums > 1) kernels.mergeRuns(to, groups, memberCount, sums, longestRun);
  };
}

/** The networks of late: kernels of one shape are made again and again, for one channel or lead after another. */
const recent = new Map<string, WebAssembly.Module>();
const most = 16;

function compiledNetwork(shape: NetworkShape): WebAssembly.Module {
  const key = `${shape.values} ${shape.rowBytes} ${shape.groupBytes}`;
  const module = recent.get(key) ?? networkModule(shape, maximumPages);
  recent.delete(key);
  recent.set(key, module);
  for (const oldest of recent.keys()) {
    if (recent.size <= most) break;
    recent.delete(oldest);
  }
  return module;
}
