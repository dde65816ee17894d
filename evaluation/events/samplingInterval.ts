/**
 * Sampling intervals of a share x/n that is known from n independent answers of yes or no.
 *   Wilson    those p that a score test does not reject, |x/n − p| ≤ z √(p(1 − p)/n)
 *             (Wilson 1927, J. Am. Stat. Assoc. 22, 209)
 *   Jeffreys  the central interval of the posterior Beta(x + ½, n − x + ½), down to 0 where x = 0 and up to 1 where x = n
 *             (Brown, Cai & DasGupta 2001, doi:10.1214/ss/1009213286, §4.1.1), whose coverage is nearer to the level
 */
import { usageError } from '../../core/errors.js';
import { betaIncomplete } from '../scores/incompleteBeta.js';
import { normalQuantile } from '../scores/normal.js';
import type { SamplingInterval } from './answer.js';

export type IntervalMethod = SamplingInterval['method'];

/**
 * @param yes 0 … asked
 * @param asked ≥ 1
 * @param level 0.95 for 95 %
 * @throws {PlumeError} usage, when the level is not between 0 and 1
 */
export function samplingInterval(
  yes: number,
  asked: number,
  method: IntervalMethod = 'wilson',
  level = 0.95,
): SamplingInterval {
  if (!(level > 0 && level < 1))
    throw usageError(`level ${level} of an interval is not between 0 and 1; 0.95 is usual`);
  const [low, high] = method === 'wilson' ? wilson(yes, asked, level) : jeffreys(yes, asked, level);
  return { method, level, low: yes === 0 ? 0 : low, high: yes === asked ? 1 : high };
}

function wilson(x: number, n: number, level: number): [number, number] {
  const z = normalQuantile(0.5 + level / 2);
  const share = x / n;
  const scale = 1 + (z * z) / n;
  const centre = (share + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [centre - half, centre + half];
}

function jeffreys(x: number, n: number, level: number): [number, number] {
  const [a, b] = [x + 0.5, n - x + 0.5];
  return [betaQuantile((1 - level) / 2, a, b), betaQuantile((1 + level) / 2, a, b)];
}

/** Halving until the interval is one of neighbouring doubles: a hundred steps at most, and it cannot fail. */
function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high || high - low < 1e-15) return middle;
    if (betaIncomplete(middle, a, b) < p) low = middle;
    else high = middle;
  }
}
