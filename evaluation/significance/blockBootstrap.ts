/**
 * Confidence intervals for means over start dates that are close in time and therefore not independent:
 * the circular moving-block bootstrap (Künsch 1989; Politis & Romano 1992). Whole blocks of consecutive starts
 * are drawn, the last start being followed by the first, until the sample has its length again; the interval
 * is the 2.5 … 97.5 % range of the metric over the resamples.
 *
 * Block length, in starts: ⌈max(n^(1/3), 1 + lead / spacing)⌉. The first is the rate at which blocks must
 * grow (Hall, Horowitz & Jing 1995), the second the number of starts whose forecasts share weather.
 */
import { uniforms } from '../../core/random/stream.js';

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

/**
 * @param count n, number of starts
 * @param spacingHours hours between neighbouring starts
 */
export function blockLength(count: number, leadHours: number, spacingHours: number): number {
  const overlap = spacingHours > 0 ? 1 + leadHours / spacingHours : 1;
  return Math.max(1, Math.ceil(Math.max(Math.cbrt(count), overlap) - 1e-9));
}

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
  const count = cases.length / statistics;
  if (count < fewestCases || count < 2 * block)
    return metrics.map(() => ({ low: Number.NaN, high: Number.NaN }));
  const draws = metrics.map(() => new Float64Array(options.resamples));
  const firsts = new Float64Array(Math.ceil(count / block));
  const means = new Float64Array(statistics);
  for (let resample = 0; resample < options.resamples; resample++) {
    const key = {
      seed: options.seed,
      weightSample: 0,
      noiseStream: 0,
      purpose: 'bootstrap',
      step: resample,
    } as const;
    uniforms(key, firsts);
    means.fill(0);
    let taken = 0;
    for (const uniform of firsts) {
      let row = Math.floor(uniform * count);
      for (let i = 0; i < block && taken < count; i++, taken++) {
        for (let s = 0; s < statistics; s++) means[s] = means[s]! + cases[row * statistics + s]!;
        row = row + 1 === count ? 0 : row + 1;
      }
    }
    for (let s = 0; s < statistics; s++) means[s] = means[s]! / count;
    for (const [i, metric] of metrics.entries()) draws[i]![resample] = metric(means);
  }
  return draws.map((values) => ({ low: quantile(values, 0.025), high: quantile(values, 0.975) }));
}

/** Linear interpolation between order statistics (type 7); sorts in place; NaN when any value is. */
function quantile(values: Float64Array, p: number): number {
  values.sort();
  const last = values.length - 1;
  if (last < 0 || Number.isNaN(values[last]!)) return Number.NaN; // NaN sorts last
  const position = p * last;
  const below = Math.floor(position);
  const above = Math.min(last, below + 1);
  return values[below]! + (position - below) * (values[above]! - values[below]!);
}
