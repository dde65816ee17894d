/** An order of tracks that rests on the tracks alone, not on where they stand in a list: by first time, from north to south, … */
import type { Fix, Track } from './track.js';

/** Below 0 where a comes first; 0 only for tracks with equal fixes and ids. */
export function compareTracks(a: Track, b: Track): number {
  const shared = Math.min(a.fixes.length, b.fixes.length);
  for (let i = 0; i < shared; i++) {
    const order = compareFixes(a.fixes[i]!, b.fixes[i]!);
    if (order !== 0) return order;
  }
  return b.fixes.length - a.fixes.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** By time, from north to south, from west to east, the deeper and the windier first; what is unknown comes last. */
function compareFixes(a: Fix, b: Fix): number {
  return (
    rising(a.time, b.time) ||
    rising(b.latitude, a.latitude) ||
    rising(a.longitude, b.longitude) ||
    rising(a.pressure, b.pressure) ||
    rising(b.wind, a.wind)
  );
}

function rising(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}
