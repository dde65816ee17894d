/**
 * The path of a track as arcs of great circles: what a distance to it is measured to. A storm of 15 m/s moves 324 km in six
 * hours, so circles of 120 km around its fixes alone would leave gaps. Arcs can be cut to a window of time, and to where the wind,
 * linear in time between fixes, is strong enough.
 */
import { between, type UnitVector } from '../../../core/sphere/greatCircle.js';
import { millisecondsPerHour } from '../../../core/time.js';
import { isPlaced, longestGapDefault, vectorOf } from '../fixAt.js';
import type { Fix, Track } from '../track.js';

export interface PathOptions {
  /** Hours since the analysis, both ends included; null: all of the track. Default null. */
  readonly window?: HoursWindow | null;
  /** Only where the wind reaches this, m s⁻¹; unknown wind does not. null: everywhere. Default null. */
  readonly leastWind?: number | null;
  /** Arcs between fixes, or the fixes alone, as some verifications do. Default arcs. */
  readonly path?: 'arcs' | 'fixes';
  /** Fixes further apart are not joined. Default 24. */
  readonly longestGapHours?: number;
}

export interface HoursWindow {
  readonly fromHours: number;
  readonly toHours: number;
}

/** From one place to another on the shorter way; both the same for a lone fix. */
export interface Arc {
  readonly from: UnitVector;
  readonly to: UnitVector;
}

/** @param start valid time of the analysis that hours are counted from, milliseconds since 1970 */
export function arcsOf(track: Track, start: number, options: PathOptions = {}): Arc[] {
  const { window = null, leastWind = null, path = 'arcs', longestGapHours = longestGapDefault } = options;
  const from = window ? start + window.fromHours * millisecondsPerHour : Number.NEGATIVE_INFINITY;
  const to = window ? start + window.toHours * millisecondsPerHour : Number.POSITIVE_INFINITY;
  const fixes = track.fixes.filter(isPlaced);
  const arcs: Arc[] = [];
  const joined = new Set<Fix>();
  if (path === 'arcs') {
    for (let i = 1; i < fixes.length; i++) {
      const [first, second] = [fixes[i - 1]!, fixes[i]!];
      if (second.time - first.time > longestGapHours * millisecondsPerHour) continue;
      const part = partOfArc(first, second, from, to, leastWind);
      const start = part && between(vectorOf(first), vectorOf(second), part.from);
      const end = part && between(vectorOf(first), vectorOf(second), part.to);
      if (!part || !start || !end) continue;
      arcs.push({ from: start, to: end });
      if (part.from === 0) joined.add(first);
      if (part.to === 1) joined.add(second);
    }
  }
  for (const fix of fixes) {
    if (joined.has(fix) || !(fix.time >= from && fix.time <= to)) continue;
    if (leastWind === null || fix.wind >= leastWind) arcs.push({ from: vectorOf(fix), to: vectorOf(fix) });
  }
  return arcs;
}

/** Shares of the way between which the time lies in the window and the wind is strong enough; null where never. */
function partOfArc(
  first: Fix,
  second: Fix,
  from: number,
  to: number,
  leastWind: number | null,
): { readonly from: number; readonly to: number } | null {
  const share = (time: number): number => (time - first.time) / (second.time - first.time);
  let low = from > first.time ? share(from) : 0;
  let high = to < second.time ? share(to) : 1;
  if (leastWind !== null) {
    if (Number.isNaN(first.wind + second.wind)) return null;
    if (first.wind < leastWind && second.wind < leastWind) return null;
    const crossing = (leastWind - first.wind) / (second.wind - first.wind);
    if (first.wind < leastWind) low = Math.max(low, crossing);
    if (second.wind < leastWind) high = Math.min(high, crossing);
  }
  return low <= high ? { from: low, to: high } : null;
}
