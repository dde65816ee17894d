/** An archive of which only the times of one step are seen, counted from its first: what a model with that step reads. */
import { usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { Archive, StretchReader } from '../../core/interfaces.js';
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
  const { stretches, schema } = archive;
  return {
    schema,
    times,
    read: (index) => archive.read(kept[index] ?? -1),
    ...(stretches === undefined
      ? {}
      : { stretches: thinnedStretches(stretches, kept, schema.channels.length * gridSize(schema.grid)) }),
    close: () => archive.close(),
  };
}

/** Every stored piece is still read once, and what is not kept of it is dropped. */
function thinnedStretches(
  { pieces: all, read }: StretchReader,
  kept: readonly number[],
  stateLength: number,
): StretchReader {
  const pieces: number[] = [];
  let piece = -1;
  kept.forEach((index, i) => {
    const before = piece;
    while ((all[piece + 1] ?? Number.POSITIVE_INFINITY) <= index) piece++;
    if (piece > before) pieces.push(i);
  });
  return {
    pieces: Int32Array.from(pieces),
    async read(timeIndex, count, out) {
      const end = timeIndex + count;
      for (let from = timeIndex; from < end; ) {
        const to = Math.min(end, pieces.find((start) => start > from) ?? end);
        const first = kept[from] ?? -1;
        const span = (kept[to - 1] ?? -1) + 1 - first;
        const into = out.subarray((from - timeIndex) * stateLength, (to - timeIndex) * stateLength);
        if (span === to - from) await read(first, span, into);
        else {
          const whole = new Float32Array(span * stateLength);
          await read(first, span, whole);
          for (let i = from; i < to; i++) {
            const at = ((kept[i] ?? 0) - first) * stateLength;
            into.set(whole.subarray(at, at + stateLength), (i - from) * stateLength);
          }
        }
        from = to;
      }
    },
  };
}
