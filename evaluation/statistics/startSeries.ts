/**
 * What each start adds to a number that is linear in the statistics, to first order at least, and the interval that
 * follows from it: the standard deviation that the circular block bootstrap would find (significance/
 * blockBootstrap.ts), in closed form instead of by drawing. A resample of n starts is q = ⌊n/b⌋ whole blocks and one
 * of the remaining r = n − q b starts, each beginning anywhere with equal chance, so that the variance of its mean is
 *
 *   (q V_b + V_r) / n²,   V_l the variance over all n beginnings of the sum of l consecutive starts.
 */
import { expandedReach, type Interval } from '../significance/blockBootstrap.js';
import type { Slopes } from './metric.js';

/** Below this many cases an interval would be decoration. */
const fewestCases = 5;

/**
 * Σ_c slope_c x_c of every start.
 * @param cases [case, statistic]
 * @returns [case]
 */
export function seriesOf(cases: Float64Array, statistics: number, { columns, values }: Slopes): Float64Array {
  const series = new Float64Array(cases.length / statistics);
  for (let row = 0; row < series.length; row++) {
    let sum = 0;
    for (let i = 0; i < columns.length; i++) sum += values[i]! * cases[row * statistics + columns[i]!]!;
    series[row] = sum;
  }
  return series;
}

/**
 * Standard deviation of the mean over resamples of the circular block bootstrap.
 * @param series [start], in order
 * @param block 1 … number of starts
 */
export function blockDeviation(series: Float64Array, block: number): number {
  const n = series.length;
  const mean = series.reduce((sum, value) => sum + value, 0) / n;
  const spreadOf = (length: number): number => {
    if (length === 0) return 0;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += series[i]! - mean;
    let squares = 0;
    for (let first = 0; first < n; first++) {
      squares += sum * sum;
      sum += series[(first + length) % n]! - series[first]!;
    }
    return squares / n;
  };
  const whole = Math.floor(n / block);
  return Math.sqrt(whole * spreadOf(block) + spreadOf(n - whole * block)) / n;
}

/** Whether so many starts in blocks of a length have an interval. */
export function hasInterval(count: number, block: number): boolean {
  return count >= fewestCases && count >= 2 * block;
}

/** Half the width of the 95 % interval of the mean of a series; NaN for fewer than five starts or two blocks. */
export function halfWidth(series: Float64Array, block: number): number {
  const n = series.length;
  if (!hasInterval(n, block)) return Number.NaN;
  return reachOf(n, block) * blockDeviation(series, block);
}

/** value ± half the width, kept within a range. */
export function intervalAround(
  value: number,
  series: Float64Array,
  block: number,
  [least, most]: readonly [number, number],
): Interval {
  const half = halfWidth(series, block);
  return { low: Math.max(least, value - half), high: Math.min(most, value + half) };
}

/** Hundreds of groups share a number of starts and a few blocks. */
const reaches = new Map<string, number>();

function reachOf(count: number, block: number): number {
  const key = `${count}/${block}`;
  const known = reaches.get(key);
  if (known !== undefined) return known;
  const reach = expandedReach(count, block);
  if (reaches.size > 1000) reaches.clear();
  reaches.set(key, reach);
  return reach;
}
