/** States that are kept: the same values, read once where memory allows, and no more held than was given. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import { archiveTrajectories } from '../../../evaluation/events/archiveTrajectories.js';
import { keepStates } from '../../../evaluation/events/keptStates.js';
import { memoryArchive } from '../memoryArchive.js';

const schema: Schema = {
  grid: makeGrid([60, 50], [0, 10, 20]),
  channels: [{ variable: 'msl', level: null, unit: 'Pa' }],
};
const points = 6;
const times = Float64Array.from({ length: 8 }, (_, day) => day * 86_400_000);
const values = Float32Array.from({ length: times.length * points }, (_, i) => (i === 7 ? Number.NaN : i));

function counted() {
  const read: number[] = [];
  const archive = memoryArchive(schema, times, values);
  // One buffer for all states, as a reader may well have.
  const buffer = new Float32Array(points);
  const reused = {
    ...archive,
    read: async (index: number) => {
      read.push(index);
      const state = await archive.read(index);
      buffer.set(state.values);
      return { ...state, values: buffer };
    },
  };
  return { read, archive: reused };
}

describe('states that are kept', () => {
  it('are read once, and say the same at every pass, even of an archive that fills one buffer again', async () => {
    const { read, archive } = counted();
    const kept = keepStates(archive, 4 * points * times.length);
    const asked = archiveTrajectories(kept, [times[0]!, times[3]!], [0, 24, 48]);
    const plain = archiveTrajectories(
      memoryArchive(schema, times, values),
      [times[0]!, times[3]!],
      [0, 24, 48],
    );
    for (const wanted of [[0, 1], [2, 5], [1]]) {
      const at = Int32Array.from(wanted);
      expect(await asked.read([0], [0, 1, 2], at)).toEqual(await plain.read([0], [0, 1, 2], at));
    }
    expect(read).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are no more than the memory given holds: the others are read each time, those that came first are not', async () => {
    const { read, archive } = counted();
    const kept = keepStates(archive, 4 * points * 2 + 5);
    for (let pass = 0; pass < 3; pass++) for (const index of [4, 5, 6]) await kept.read(index);
    expect(read).toEqual([4, 5, 6, 6, 6]);
  });
});
