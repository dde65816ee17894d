/**
 * A normal number of mean 0 held within ± c: what clipping takes. With a = c/S, S the standard deviation before, φ the
 * standard normal density:
 *   share of draws beyond ± c   P = erfc(a/√2)
 *   variance that is left       S² (1 − P − 2 a φ(a) + a² P), the middle by parts and the two heaps at ± c.
 */
import { errorFunction } from 'simple-statistics';

export interface ClippedNormal {
  /** Share of the draws that clipping moves. */
  readonly share: number;
  /** Share of the variance that it takes. */
  readonly varianceLost: number;
}

/** @param limit c/S, positive */
export function clippedNormal(limit: number): ClippedNormal {
  const share = 1 - errorFunction(limit / Math.SQRT2);
  const density = Math.exp((-limit * limit) / 2) / Math.sqrt(2 * Math.PI);
  return { share, varianceLost: share + 2 * limit * density - limit * limit * share };
}
