/** What happened: fields of an archive by valid time, the last few kept, since forecasts share valid times. */
import { gridSize } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';

export interface Truth {
  has(time: number): boolean;
  /** One channel's field, [point]; `time` must be one that it has. */
  field(time: number, channel: number): Promise<Float32Array>;
}

/** @param kept number of states held in memory */
export function truthOf(archive: Archive, kept: number): Truth {
  const points = gridSize(archive.schema.grid);
  const indexOf = new Map(Array.from(archive.times, (time, index) => [time, index]));
  const states = new Map<number, Promise<Float32Array>>();
  return {
    has: (time) => indexOf.has(time),
    async field(time, channel) {
      const index = indexOf.get(time);
      if (index === undefined) throw new RangeError(`no truth at ${time}`);
      const found = states.get(time) ?? archive.read(index).then((state) => state.values);
      // Re-inserted last: the first key is always the one unused for longest.
      states.delete(time);
      states.set(time, found);
      const [oldest] = states.keys();
      if (states.size > kept && oldest !== undefined) states.delete(oldest);
      const values = await found;
      return values.subarray(channel * points, (channel + 1) * points);
    },
  };
}
