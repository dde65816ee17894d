/**
 * Sorts the members of many points at once, as the kernel of ensembles does (kernels/memberSorter.ts): networks across
 * points in WebAssembly where that is built, else column by column. Rows go in, [member, point], columns come out.
 */
import { groupLayout, memberSorter } from '../kernels/memberSorter.js';
import { hasScoreKernels, heapStart, instantiateScores, MemoryPlan } from '../kernels/scoreModule.js';

/** Points sorted at a time. */
export const tilePoints = 64;

export interface ColumnSorter {
  /** [member, tilePoints], written by the caller; no missing values. */
  readonly rows: Float32Array;
  /**
   * Sorts the members from … to − 1 of every point by themselves.
   * @param columns [tilePoints, member], written at those members
   */
  sort(from: number, to: number, columns: Float32Array): void;
}

/** The sorters of late: one date of a climatology has as many members as the next. */
const recent = new Map<number, ColumnSorter>();
const kept = 4;

export function columnSorter(memberCount: number): ColumnSorter {
  const make = hasScoreKernels() ? networkSorter : plainSorter;
  const sorter = recent.get(memberCount) ?? make(memberCount);
  recent.delete(memberCount);
  recent.set(memberCount, sorter);
  const [oldest] = recent.keys();
  if (recent.size > kept && oldest !== undefined) recent.delete(oldest);
  return sorter;
}

export function networkSorter(memberCount: number): ColumnSorter {
  const rowBytes = 4 * tilePoints;
  const quads = tilePoints / 4;
  const plan = new MemoryPlan(heapStart);
  const rowsAt = plan.take(rowBytes * memberCount);
  const sortedAt = plan.take(groupLayout(memberCount).groupBytes * quads);
  const memory = plan.makeMemory(`sorting ${memberCount} states on ${tilePoints} points at a time`);
  const kernels = instantiateScores(memory);
  const rows = new Float32Array(memory.buffer, rowsAt, tilePoints * memberCount);
  const sorted = new Float32Array(memory.buffer, sortedAt);
  const bySize = new Map<number, ReturnType<typeof memberSorter>>();
  return {
    rows,
    sort(from, to, columns) {
      const size = to - from;
      if (size === 1) {
        for (let p = 0; p < tilePoints; p++) columns[p * memberCount + from] = rows[from * tilePoints + p]!;
        return;
      }
      const sort = bySize.get(size) ?? memberSorter(memory, kernels, size, rowBytes);
      bySize.set(size, sort);
      sort(rowsAt + from * rowBytes, quads, sortedAt);
      const quad = groupLayout(size).groupBytes / 4;
      for (let p = 0; p < tilePoints; p++) {
        const first = (p >> 2) * quad + (p & 3);
        const to = p * memberCount + from;
        for (let i = 0; i < size; i++) columns[to + i] = sorted[first + 4 * i]!;
      }
    },
  };
}

export function plainSorter(memberCount: number): ColumnSorter {
  const rows = new Float32Array(tilePoints * memberCount);
  return {
    rows,
    sort(from, to, columns) {
      for (let p = 0; p < tilePoints; p++) {
        const first = p * memberCount;
        for (let m = from; m < to; m++) columns[first + m] = rows[m * tilePoints + p]!;
        columns.subarray(first + from, first + to).sort();
      }
    },
  };
}
