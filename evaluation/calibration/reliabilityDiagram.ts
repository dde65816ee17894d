/**
 * Reliability diagram: how often the event happened where it was given a probability, and how often that
 * probability was given (sharpness). Points of a reliable forecast lie on the diagonal but for sampling; how far
 * they may stray is what consistency bars show (Bröcker & Smith 2007, doi:10.1175/WAF993.1):
 *
 *   resampledBars   for independent cases: forecasts are drawn anew with their own number, outcomes drawn with the
 *                   probabilities they state, and the frequency's central range in each class is kept
 *   binomialBar     for cases that are not independent: the exact binomial range for the number of independent
 *                   cases that the class is worth
 */
import { uniforms } from '../../core/random/stream.js';
import { betaIncomplete } from '../scores/incompleteBeta.js';
import { normalQuantile } from '../scores/normal.js';
import { type ClosedEnd, classBetween, type ProbabilityClasses, totalsOf } from './probabilityClasses.js';

export interface ReliabilityPoint {
  /** Mean probability of the class. */
  readonly probability: number;
  /** Frequency of the event. */
  readonly frequency: number;
  /** Of all forecasts. */
  readonly share: number;
}

/** [class]; probability and frequency are NaN for classes never given. */
export function reliabilityPoints(classes: ProbabilityClasses): ReliabilityPoint[] {
  const total = totalsOf(classes).given;
  return Array.from(classes.given, (given, k) => ({
    probability: given > 0 ? classes.probability[k]! : Number.NaN,
    frequency: classes.happened[k]! / given,
    share: given / total,
  }));
}

export interface Bar {
  readonly low: number;
  readonly high: number;
}

export interface ResamplingOptions {
  readonly seed: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
}

/**
 * Range of the frequency in each class if the forecasts are reliable, for independent cases.
 * @param probabilities [case], within the edges
 * @returns [class]; NaN for classes that no resample fills
 */
export function resampledBars(
  probabilities: Float64Array,
  edges: Float64Array,
  closed: ClosedEnd,
  options: ResamplingOptions,
): Bar[] {
  const { seed, resamples = 1000, confidence = 0.95 } = options;
  const classes = edges.length - 1;
  const n = probabilities.length;
  const classOf = Int32Array.from(probabilities, (p) => classBetween(p, edges, closed));
  const frequencies: number[][] = Array.from({ length: classes }, () => []);
  const draws = new Float64Array(2 * n);
  const given = new Float64Array(classes);
  const happened = new Float64Array(classes);
  for (let step = 0; step < resamples; step++) {
    uniforms({ seed, weightSample: 0, noiseStream: 1, purpose: 'bootstrap', step }, draws);
    given.fill(0);
    happened.fill(0);
    for (let i = 0; i < n; i++) {
      const from = Math.min(n - 1, Math.floor(draws[i]! * n));
      const k = classOf[from]!;
      given[k]! += 1;
      if (draws[n + i]! < probabilities[from]!) happened[k]! += 1;
    }
    for (let k = 0; k < classes; k++) if (given[k]! > 0) frequencies[k]!.push(happened[k]! / given[k]!);
  }
  return frequencies.map((values) => {
    const sorted = Float64Array.from(values).sort();
    const at = (p: number): number => sorted[Math.round(p * (sorted.length - 1))] ?? Number.NaN;
    return { low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
  });
}

/**
 * Central range of the frequency of an event of the given probability in that many independent cases: the
 * smallest and largest count that are not in a tail of (1 − confidence)/2, as shares.
 * @param cases 1 or more; broken numbers are rounded down
 */
export function binomialBar(probability: number, cases: number, confidence = 0.95): Bar {
  const n = Math.floor(cases);
  if (!(n >= 1 && probability >= 0 && probability <= 1)) return { low: Number.NaN, high: Number.NaN };
  if (probability === 0 || probability === 1) return { low: probability, high: probability };
  const tail = (1 - confidence) / 2;
  if (n > mostCounted) {
    const reach = normalQuantile(1 - tail) * Math.sqrt((probability * (1 - probability)) / n);
    return { low: Math.max(0, probability - reach), high: Math.min(1, probability + reach) };
  }
  return {
    low: countWhere(n, probability, tail) / n,
    high: countWhere(n, probability, 1 - tail) / n,
  };
}

/** Of more cases than this the normal approximation is as good: counts are told apart no better than to 1/n. */
const mostCounted = 1e7;

/** Smallest k with P(K ≤ k) ≥ level, K binomial: P(K ≤ k) = I_{1−p}(n − k, k + 1). */
function countWhere(n: number, probability: number, level: number): number {
  let low = -1;
  let high = n;
  while (high - low > 1) {
    const k = (low + high) >> 1;
    if (betaIncomplete(1 - probability, n - k, k + 1) >= level) high = k;
    else low = k;
  }
  return high;
}
