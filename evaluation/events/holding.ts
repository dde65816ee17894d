/**
 * Whether a condition holds, by one number a row. A value x becomes its standing z, larger the more it holds:
 *   > and >=  z = x;   < and <=  z = −x;   against a percentile T  z = ±(x − T);
 *   in        z = min(x − from, to − x), how far inside the range;   outside  its negative;
 * of directions the same round the compass, −180 of a calm, which has none. Holding without a break for the duration at
 * some time is then max over windows of min in the window of z, compared once: min and max neither round nor add, so that
 * the row says yes exactly where every value of one window passes the threshold.
 */
import { usageError } from '../../core/errors.js';
import type { Condition } from './event.js';

export interface Standing {
  /** @param threshold of the climatology, where the comparison is with a percentile; null: z is x as it is */
  readonly of: ((x: number, threshold: number) => number) | null;
  /** The deciding variable of a z: x again where a number was the threshold, else the margin. */
  readonly deciding: (z: number) => number;
  readonly holds: (z: number) => boolean;
}

/**
 * @param circular true of directions, degrees
 * @throws {PlumeError} usage, where a direction is compared with a number
 */
export function standingOf(condition: Condition, circular: boolean): Standing {
  const { comparison, text } = condition;
  if (!('threshold' in comparison)) {
    const inside = circular
      ? insideArc(comparison.from, comparison.to)
      : (x: number) => Math.min(x - comparison.from, comparison.to - x);
    const same = (z: number): number => z;
    return comparison.kind === 'in'
      ? { of: inside, deciding: same, holds: (z) => z >= 0 }
      : { of: (x) => -inside(x), deciding: same, holds: (z) => z > 0 };
  }
  if (circular) {
    throw usageError(
      `event "${text}": a direction is neither larger nor smaller than another; give a range, clockwise: in 350..10`,
    );
  }
  const above = comparison.kind === '>' || comparison.kind === '>=';
  const orEqual = comparison.kind === '>=' || comparison.kind === '<=';
  const { threshold } = comparison;
  if (threshold.kind === 'percentile') {
    return {
      of: above ? (x, t) => x - t : (x, t) => t - x,
      deciding: (z) => z,
      holds: orEqual ? (z) => z >= 0 : (z) => z > 0,
    };
  }
  const limit = above ? threshold.value : -threshold.value;
  return {
    of: above ? null : (x) => -x,
    deciding: above ? (z) => z : (z) => -z,
    holds: orEqual ? (z) => z >= limit : (z) => z > limit,
  };
}

/** Degrees inside the arc that runs clockwise from `from` to `to`, both included; negative outside, −180 of a calm. */
function insideArc(from: number, to: number): (x: number) => number {
  const modulo = (degrees: number): number => ((degrees % 360) + 360) % 360;
  const width = Math.abs(to - from) >= 360 ? 360 : modulo(to - from);
  return (x) => {
    if (Number.isNaN(x)) return -180;
    const along = modulo(x - from);
    return along <= width ? Math.min(along, width - along) : -Math.min(along - width, 360 - along);
  };
}

/** Every shortest stretch of leads that is as long as the duration: first and last, inclusive. */
export function windowsOf(
  leadsHours: readonly number[],
  durationHours: number,
): { readonly first: number; readonly last: number }[] {
  const windows: { first: number; last: number }[] = [];
  let last = 0;
  for (let first = 0; first < leadsHours.length; first++) {
    while (last < leadsHours.length && leadsHours[last]! - leadsHours[first]! < durationHours - 1e-6) last++;
    if (last === leadsHours.length) break;
    windows.push({ first, last });
    last = Math.max(last, first + 1);
  }
  return windows;
}

/**
 * Max over windows of min in the window.
 * @param z [lead, element]
 * @returns [element]
 */
export function longestHold(
  z: Float64Array,
  elements: number,
  windows: readonly { readonly first: number; readonly last: number }[],
): Float64Array {
  const best = new Float64Array(elements).fill(Number.NEGATIVE_INFINITY);
  const least = new Float64Array(elements);
  for (const { first, last } of windows) {
    const begin = z.subarray(first * elements, (first + 1) * elements);
    if (first === last) {
      keepLargest(begin, best);
      continue;
    }
    least.set(begin);
    for (let lead = first + 1; lead <= last; lead++) {
      const offset = lead * elements;
      for (let i = 0; i < elements; i++) {
        const value = z[offset + i]!;
        if (value < least[i]!) least[i] = value;
      }
    }
    keepLargest(least, best);
  }
  return best;
}

function keepLargest(x: Float64Array, best: Float64Array): void {
  for (let i = 0; i < best.length; i++) if (x[i]! > best[i]!) best[i] = x[i]!;
}
