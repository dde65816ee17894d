/**
 * How long this thread has worked: its own CPU time where the system tells it (Linux, /proc/thread-self/schedstat,
 * nanoseconds), so that a busy machine does not make a forecast look dear; elapsed time elsewhere.
 */
import { readFileSync } from 'node:fs';

/** Seconds since some moment: differences within a thread count. */
export function threadSeconds(): number {
  try {
    const [nanoseconds] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    const seconds = Number(nanoseconds) / 1e9;
    if (seconds > 0) return seconds;
  } catch {
    // not Linux
  }
  return performance.now() / 1000;
}
