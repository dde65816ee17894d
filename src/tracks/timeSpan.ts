/** From the earliest of some times to the latest, in words. */
import { formatTime } from '../../core/time.js';

/** @param times at least one, milliseconds since 1970 */
export function spanOf(times: readonly number[]): string {
  const [from, to] = [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))];
  return `${formatTime(from)} to ${formatTime(to)}`;
}
