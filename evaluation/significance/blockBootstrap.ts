/**
 * Confidence intervals for means over start dates that are close in time and therefore not independent:
 * the circular moving-block bootstrap (Künsch 1989; Politis & Romano 1992). Whole blocks of consecutive starts
 * are drawn, the last start being followed by the first, until the sample has its length again; the interval
 * is the 2.5 … 97.5 % range of the metric over the resamples, expanded as below.
 *
 * Block length b, in starts: ⌈max(n^(1/3), 1 + lead / spacing)⌉. The first is the rate at which blocks must
 * grow (Hall, Horowitz & Jing 1995), the second the number of starts whose forecasts share weather.
 *
 * Expanded (Hesterberg 2015, doi:10.1080/00031305.2015.1089789): percentile intervals of few starts are too narrow,
 * because resamples vary too little and because their variance is itself uncertain. For independent starts both are
 * known: the variance over resamples is the spectral estimate with Fejér's window λ_j = sin²(πjb/n) / (b sin²(πj/n))
 * at the frequencies j = 1 … n − 1, which is short by the factor (n − b)/n and has ν = (Σλ)²/Σλ² degrees of freedom.
 * So the percentiles taken are those of ±√(n/(n − b)) t_{0.975, ν} in place of ±1.96. Of 24 independent starts the
 * plain interval misses the truth 10 times in 100, the expanded one 6 times.
 */
import { uniforms } from '../../core/random/stream.js';
import { normalCdf } from '../scores/normal.js';
import { percentile } from './percentile.js';
import { quantile } from './testDistribution.js';

export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A number made from the means of statistics over cases: [statistic] → value. */
export type OfMeans = (means: Float64Array) => number;

/** Below this many cases an interval would be decoration. */
const fewestCases = 5;
/** Draws beyond a percentile that make it worth reading; further out the interval goes on in proportion. */
const fewestBeyond = 5;

/** Number of neighbouring starts whose forecasts share weather: 1 + lead / spacing. */
export function overlapOf(leadHours: number, spacingHours: number): number {
  return spacingHours > 0 ? 1 + leadHours / spacingHours : 1;
}

/**
 * @param count n, number of starts
 * @param spacingHours hours between neighbouring starts
 */
export function blockLength(count: number, leadHours: number, spacingHours: number): number {
  const longest = Math.max(Math.cbrt(count), overlapOf(leadHours, spacingHours));
  return Math.max(1, Math.ceil(longest - 1e-9));
}

/**
 * How often each start is in each resample: drawn once, it serves every statistic and metric.
 * @param block length of a block, starts
 * @returns [resample, start]; each row sums to count
 */
export function drawCounts(count: number, block: number, options: BootstrapOptions): Uint16Array {
  const { seed, resamples } = options;
  const counts = new Uint16Array(resamples * count);
  const firsts = new Float64Array(Math.ceil(count / block));
  for (let resample = 0; resample < resamples; resample++) {
    uniforms({ seed, weightSample: 0, noiseStream: 0, purpose: 'bootstrap', step: resample }, firsts);
    const from = resample * count;
    let taken = 0;
    for (const uniform of firsts) {
      let start = Math.floor(uniform * count);
      for (let i = 0; i < block && taken < count; i++, taken++) {
        counts[from + start]!++;
        start = start + 1 === count ? 0 : start + 1;
      }
    }
  }
  return counts;
}

/**
 * The values of metrics in every resample.
 * @param cases [case, statistic], in order of start
 * @param counts [resample, case], of `drawCounts` or made from indices that are given
 * @returns for each metric [resample]
 */
export function resampled(
  cases: Float64Array,
  statistics: number,
  counts: ArrayLike<number>,
  metrics: readonly OfMeans[],
): Float64Array[] {
  const count = cases.length / statistics;
  const resamples = counts.length / count;
  const draws = metrics.map(() => new Float64Array(resamples));
  const means = new Float64Array(statistics);
  for (let resample = 0; resample < resamples; resample++) {
    means.fill(0);
    for (let row = 0; row < count; row++) {
      const times = counts[resample * count + row]!;
      if (times === 0) continue; // about a third of the starts
      const from = row * statistics;
      for (let s = 0; s < statistics; s++) means[s] = means[s]! + times * cases[from + s]!;
    }
    for (let s = 0; s < statistics; s++) means[s] = means[s]! / count;
    for (let i = 0; i < metrics.length; i++) draws[i]![resample] = metrics[i]!(means);
  }
  return draws;
}

/** What is drawn for a number of starts, and how far its intervals reach. */
export interface Resampling {
  /** [resample, start] */
  readonly counts: Uint16Array;
  /** Standard deviations, see {@link expandedReach}. */
  readonly reach: number;
}

/** @returns null where there are fewer than five starts or two blocks */
export function resampling(count: number, block: number, options: BootstrapOptions): Resampling | null {
  if (count < fewestCases || count < 2 * block) return null;
  const key = `${count}/${block}/${options.seed}/${options.resamples}`;
  const found = lastResamplings.get(key) ?? {
    counts: drawCounts(count, block, options),
    reach: expandedReach(count, block),
  };
  lastResamplings.delete(key);
  lastResamplings.set(key, found); // the last used is the last in order
  for (const oldest of lastResamplings.keys()) {
    if (lastResamplings.size <= mostKept) break;
    lastResamplings.delete(oldest);
  }
  return found;
}

/** Hundreds of groups of one verification share a number of starts and a few blocks: the last few are kept. */
const lastResamplings = new Map<string, Resampling>();
const mostKept = 16;

/**
 * @param cases [case, statistic], in order of start
 * @param block length of a block, cases
 * @param metrics what is made of the means
 * @returns for each metric its interval; NaN where there are fewer than five cases or two blocks
 */
export function bootstrapIntervals(
  cases: Float64Array,
  statistics: number,
  block: number,
  metrics: readonly OfMeans[],
  options: BootstrapOptions,
): Interval[] {
  const found = resampling(cases.length / statistics, block, options);
  if (found === null) return metrics.map(() => ({ low: Number.NaN, high: Number.NaN }));
  return resampled(cases, statistics, found.counts, metrics).map((draws) =>
    expandedInterval(draws, found.reach),
  );
}

/**
 * The 2.5 … 97.5 % range.
 * @param draws [resample]; their order is lost
 */
export function percentileInterval(draws: Float64Array, confidence = 0.95): Interval {
  return { low: percentile(draws, 0.5 - confidence / 2), high: percentile(draws, 0.5 + confidence / 2) };
}

/**
 * Standard deviations that an interval of 95 % has to reach to either side: √(n/(n − b)) t_{0.975, ν}; 1.96 in the limit.
 * @param count n
 * @param block b, below n
 */
export function expandedReach(count: number, block: number): number {
  let sum = 0;
  let squares = 0;
  for (let j = 1; j < count; j++) {
    const wave = (Math.PI * j) / count;
    const window = (Math.sin(block * wave) / Math.sin(wave)) ** 2 / block;
    sum += window;
    squares += window * window;
  }
  return Math.sqrt(count / sum) * quantile(0.975, (sum * sum) / squares);
}

/**
 * The range that holds as much of the draws as ±reach holds of a normal distribution.
 * @param draws [resample]; their order is lost
 */
export function expandedInterval(draws: Float64Array, reach: number): Interval {
  const most = -quantile(Math.min(0.025, fewestBeyond / draws.length), Number.POSITIVE_INFINITY);
  if (reach <= most) {
    const outside = normalCdf(-reach);
    return { low: percentile(draws, outside), high: percentile(draws, 1 - outside) };
  }
  const outside = normalCdf(-most);
  const middle = percentile(draws, 0.5);
  const stretch = reach / most;
  return {
    low: middle + stretch * (percentile(draws, outside) - middle),
    high: middle + stretch * (percentile(draws, 1 - outside) - middle),
  };
}
