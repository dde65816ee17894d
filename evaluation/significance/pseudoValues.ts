/**
 * What each start has to say about a metric that is no mean over starts: pseudo-values of the jackknife (Tukey 1958;
 * Efron 1982, ch. 2), made to have the metric itself as their mean,
 *   d_i = g(m) + (n − 1)(ḡ − g(m₋ᵢ)),  m₋ᵢ the means without start i, ḡ the mean of all g(m₋ᵢ).
 * For a mean they are the values themselves; for roots and ratios the first term of a Taylor series. With them every
 * test made for means of differences serves differences of any metrics.
 */
import type { OfMeans } from './blockBootstrap.js';

/**
 * @param cases [case, statistic], in order of start
 * @returns [case]; all NaN where the metric has no value without some start
 */
export function pseudoValues(cases: Float64Array, statistics: number, metric: OfMeans): Float64Array {
  const n = cases.length / statistics;
  const sums = new Float64Array(statistics);
  for (let i = 0; i < cases.length; i++) sums[i % statistics]! += cases[i]!;
  const means = new Float64Array(statistics);
  const without = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < statistics; s++) means[s] = (sums[s]! - cases[i * statistics + s]!) / (n - 1);
    without[i] = metric(means);
  }
  for (let s = 0; s < statistics; s++) means[s] = sums[s]! / n;
  const value = metric(means);
  const mean = without.reduce((sum, each) => sum + each, 0) / n;
  return without.map((each) => value + (n - 1) * (mean - each));
}
