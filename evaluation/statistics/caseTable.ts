/**
 * Statistics of cases: for one model, channel, region and lead, a row of area means for each start. Means over
 * starts merge from here, and metrics (root of a mean, ratio of means) are made from the means, never averaged
 * themselves. The only thing in verification that grows with the number of starts: a few numbers a case.
 */
export class CaseTable {
  readonly statistics: readonly string[];
  /** Number of starts there is room for; not all of them need to have a row. */
  readonly starts: number;
  private readonly values: Float64Array;
  private readonly filled: Uint8Array;
  private readonly columns: ReadonlyMap<string, number>;

  constructor(statistics: readonly string[], starts: number) {
    this.statistics = statistics;
    this.starts = starts;
    this.values = new Float64Array(starts * statistics.length);
    this.filled = new Uint8Array(starts);
    this.columns = new Map(statistics.map((name, column) => [name, column]));
  }

  /** @param row one value for each statistic, in their order */
  set(start: number, row: Float64Array): void {
    this.values.set(row, start * this.statistics.length);
    this.filled[start] = 1;
  }

  has(start: number): boolean {
    return this.filled[start] === 1;
  }

  /** Cases that have been set, in order of start. */
  get count(): number {
    return this.filled.reduce((sum, each) => sum + each, 0);
  }

  at(start: number, statistic: string): number {
    return this.values[start * this.statistics.length + this.column(statistic)]!;
  }

  /** The row of a start, a view: [statistic]. */
  row(start: number): Float64Array {
    const width = this.statistics.length;
    return this.values.subarray(start * width, (start + 1) * width);
  }

  /** @throws {RangeError} when there is no such statistic */
  column(statistic: string): number {
    const index = this.columns.get(statistic);
    if (index === undefined) throw new RangeError(`no statistic "${statistic}"`);
    return index;
  }

  /** [case, statistic] of the cases set. */
  cases(): Float64Array {
    const width = this.statistics.length;
    const out = new Float64Array(this.count * width);
    let row = 0;
    for (let start = 0; start < this.filled.length; start++) {
      if (!this.has(start)) continue;
      out.set(this.row(start), row++ * width);
    }
    return out;
  }
}

/** Means over cases, [statistic]. */
export function meansOf(cases: Float64Array, statistics: number): Float64Array {
  const means = new Float64Array(statistics);
  for (let i = 0; i < cases.length; i++) means[i % statistics]! += cases[i]!;
  return means.map((sum) => sum / (cases.length / statistics));
}
