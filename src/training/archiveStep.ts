/** The time step of an archive. */
import { dataError } from '../../core/errors.js';

/** The most frequent distance of two times, milliseconds. @throws {PlumeError} data, for fewer than two times */
export function stepOf(times: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [step] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (step === undefined) throw dataError('the archive holds fewer than two times; a model needs a series');
  return step;
}
