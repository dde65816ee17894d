/**
 * States of an archive kept in memory once they are read, up to a number of bytes: a map asks for the same dates block by
 * block, a percentile and the share of other years one after the other. What comes first stays: passes run through the
 * dates in one order, and a store that gave up the oldest would have lost each date just before it is asked for again.
 */
import { gridSize } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import type { State } from '../../core/state.js';

/** @param memoryBytes that kept values may take; states beyond it are read each time */
export function keepStates(archive: Archive, memoryBytes: number): Archive {
  const { schema } = archive;
  const stateBytes = 4 * gridSize(schema.grid) * schema.channels.length;
  const most = Math.floor(memoryBytes / stateBytes);
  const kept = new Map<number, State>();
  return {
    schema,
    times: archive.times,
    async read(timeIndex) {
      const known = kept.get(timeIndex);
      if (known !== undefined) return known;
      const state = await archive.read(timeIndex);
      if (kept.size < most) kept.set(timeIndex, { ...state, values: state.values.slice() });
      return state;
    },
    close: () => {
      kept.clear();
      return archive.close();
    },
  };
}
