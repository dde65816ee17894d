/**
 * Probability integral transform: F(y), the probability that the forecast gave to values up to the truth. Its
 * histogram is flat for a calibrated forecast (Dawid 1984; Gneiting, Balabdaoui & Raftery 2007), and is for closed
 * forms what the rank histogram is for ensembles. Where F jumps at y, or where an ensemble of M members only says
 * that y lies between two of them, the case spreads evenly over what it leaves open, F(y−) … F(y): the
 * non-randomised form (Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x), which needs no draws.
 */
import { internalError } from '../../core/errors.js';
import { normalCdf } from '../scores/normal.js';

/** Bins of the histograms of verification. */
export const pitBins = 20;

/** 'pit_00' … 'pit_19': share of cases whose F(truth) falls in that bin. */
export function pitName(bin: number): string {
  return `pit_${String(bin).padStart(2, '0')}`;
}

/**
 * Adds a case to a histogram of equal bins over 0 … 1.
 * @param low F(y−), and
 * @param high F(y), low ≤ high, both within 0 … 1; a case with a NaN is left out
 * @param counts [bin], added to
 * @returns the weight added
 */
export function addPit(low: number, high: number, weight: number, counts: Float64Array): number {
  if (!(low <= high)) return 0;
  if (!(low >= 0 && high <= 1)) throw internalError(`PIT ${low} … ${high} is outside 0 … 1`);
  const bins = counts.length;
  const first = Math.min(bins - 1, Math.floor(low * bins));
  if (high === low) {
    counts[first]! += weight;
    return weight;
  }
  const last = Math.min(bins - 1, Math.ceil(high * bins) - 1);
  for (let bin = first; bin <= last; bin++) {
    const inside = Math.min(high, (bin + 1) / bins) - Math.max(low, bin / bins);
    counts[bin]! += (weight * inside) / (high - low);
  }
  return weight;
}

/** F(y) of a normal distribution; of σ = 0 the step at μ, which only y = μ leaves open. */
export function pitOfNormal(mu: number, sigma: number, observed: number): { low: number; high: number } {
  if (Number.isNaN(mu + sigma + observed)) return { low: Number.NaN, high: Number.NaN };
  if (sigma > 0) {
    const value = normalCdf((observed - mu) / sigma);
    return { low: value, high: value };
  }
  return { low: observed > mu ? 1 : 0, high: observed >= mu ? 1 : 0 };
}

/**
 * PIT histogram of an ensemble from its rank histogram: rank r of M + 1 leaves open r/(M + 1) … (r + 1)/(M + 1).
 * Histograms of ensembles of different sizes can be laid side by side this way; with more bins than ranks they
 * show steps.
 * @param ranks [M + 1]
 * @returns [bin]
 */
export function pitOfRanks(ranks: Float64Array, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (let r = 0; r < ranks.length; r++)
    addPit(r / ranks.length, Math.min(1, (r + 1) / ranks.length), ranks[r]!, counts);
  return counts;
}
