/** An archive of which only the times of one step are seen, counted from its first: what a model with that step reads. */
import { usageError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { millisecondsPerHour } from '../../core/time.js';

/** @throws {PlumeError} usage, when no two of its times are such a step apart */
export function thinnedArchive(archive: Archive, stepHours: number, name: string): Archive {
  const step = stepHours * millisecondsPerHour;
  const first = archive.times[0] ?? 0;
  const kept = Array.from(archive.times.keys()).filter((i) => ((archive.times[i] ?? 0) - first) % step === 0);
  const times = Float64Array.from(kept, (i) => archive.times[i] ?? 0);
  if (!times.some((time, i) => i > 0 && time - (times[i - 1] ?? 0) === step)) {
    throw usageError(
      `${name} has no two times ${stepHours} h apart, the step of this preset; choose another --preset`,
    );
  }
  return {
    schema: archive.schema,
    times,
    read: (index) => archive.read(kept[index] ?? -1),
    close: () => archive.close(),
  };
}
