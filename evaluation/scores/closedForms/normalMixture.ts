/**
 * Scores of a mixture of normal distributions, Σ w_i N(μ_i, σ_i²): what K networks with a mean and a variance each
 * predict together. With A(m, s²) = E|N(m, s²)| = 2sφ(m/s) + m(2Φ(m/s) − 1),
 *   CRPS = Σ w_i A(y − μ_i, σ_i²) − ½ ΣΣ w_i w_j A(μ_i − μ_j, σ_i² + σ_j²)
 * Grimit et al. 2006, doi:10.1256/qj.05.235. Arrays are [component]; O(K²), one case at a time.
 */
import { normalCdf, normalCentral, normalDensity, normalLogDensity } from '../normal.js';

export interface NormalMixture {
  /** [component] */
  readonly means: ArrayLike<number>;
  /** [component], standard deviations ≥ 0 */
  readonly deviations: ArrayLike<number>;
  /** [component], ≥ 0, need not sum to one; absent: all equal. */
  readonly weights?: ArrayLike<number>;
}

/** @returns unit of the means; NaN where a parameter is missing, a deviation negative or all weights are 0 */
export function crpsNormalMixture(mixture: NormalMixture, observed: number): number {
  const { means, deviations } = mixture;
  const weights = shares(mixture);
  let distance = 0;
  let pairs = 0;
  for (let i = 0; i < means.length; i++) {
    const w = weights[i]!;
    const s = deviations[i]!;
    if (s < 0) return Number.NaN;
    distance += w * meanMagnitude(observed - means[i]!, s);
    // Both orders of a pair in one term; a component with itself is half of that.
    pairs += 0.5 * w * w * meanMagnitude(0, Math.SQRT2 * s);
    for (let j = 0; j < i; j++)
      pairs += w * weights[j]! * meanMagnitude(means[i]! - means[j]!, Math.hypot(s, deviations[j]!));
  }
  return distance - pairs;
}

/** −ln of the mixture's density, nats; the largest term is taken out of the sum, so that far misses stay finite. */
export function logScoreNormalMixture(mixture: NormalMixture, observed: number): number {
  const weights = shares(mixture);
  const terms = weights.map((w, i) => {
    const s = mixture.deviations[i]!;
    return s < 0
      ? Number.NaN
      : Math.log(w) + normalLogDensity((observed - mixture.means[i]!) / s) - Math.log(s);
  });
  const most = terms.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(most)) return -most;
  return -most - Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
}

/** Probability of a value ≤ `observed`: the probability integral transform. */
export function normalMixtureCdf(mixture: NormalMixture, observed: number): number {
  return shares(mixture).reduce(
    (sum, w, i) => sum + w * normalCdf((observed - mixture.means[i]!) / mixture.deviations[i]!),
    0,
  );
}

/** Mean and variance; the variance splits into Σ w σ² (within) and Σ w (μ − μ̄)² (between components). */
export function normalMixtureMoments(mixture: NormalMixture): {
  readonly mean: number;
  readonly within: number;
  readonly between: number;
} {
  const weights = shares(mixture);
  const mean = weights.reduce((sum, w, i) => sum + w * mixture.means[i]!, 0);
  const within = weights.reduce((sum, w, i) => sum + w * mixture.deviations[i]! ** 2, 0);
  const between = weights.reduce((sum, w, i) => sum + w * (mixture.means[i]! - mean) ** 2, 0);
  return { mean, within, between };
}

/** A(m, s²); its limit |m| at s = 0. */
function meanMagnitude(m: number, s: number): number {
  return s === 0 ? Math.abs(m) : 2 * s * normalDensity(m / s) + m * normalCentral(m / s);
}

function shares({ means, weights }: NormalMixture): Float64Array {
  const all = Float64Array.from({ length: means.length }, (_, i) => (weights ? weights[i]! : 1));
  const total = all.reduce((a, b) => a + b, 0);
  return all.map((w) => w / total);
}
