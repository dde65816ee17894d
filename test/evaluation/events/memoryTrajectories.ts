/** Trajectories in memory for tests. */
import { type Grid, gridSize } from '../../../core/grid.js';
import type { Channel } from '../../../core/schema.js';
import type { Trajectories } from '../../../evaluation/events/trajectories.js';

export interface MemoryTrajectories extends Trajectories {
  /** [channel, lead, row, point] */
  readonly values: Float32Array;
  /** Of every read: how many points. */
  readonly reads: number[];
}

/** "u10:m s-1" → a channel at the surface, "u850:m s-1" → one at 850 hPa. */
export function channelsOf(...texts: string[]): Channel[] {
  return texts.map((text) => {
    const [name = '', unit = ''] = text.split(':');
    const parts = /^(u|v|t|z|q|ws)(\d+)$/.exec(name);
    return parts === null || ['u10', 'v10', 'ws10'].includes(name)
      ? { variable: name, level: null, unit }
      : { variable: parts[1]!, level: Number(parts[2]), unit };
  });
}

export function memoryTrajectories(
  grid: Grid,
  channels: readonly Channel[],
  leadsHours: readonly number[],
  rows: number,
  value: (channel: number, lead: number, row: number, point: number) => number,
  weightSamples: Int32Array | null = null,
): MemoryTrajectories {
  const points = gridSize(grid);
  const leads = leadsHours.length;
  const values = new Float32Array(channels.length * leads * rows * points);
  let i = 0;
  for (let c = 0; c < channels.length; c++)
    for (let l = 0; l < leads; l++)
      for (let r = 0; r < rows; r++) for (let p = 0; p < points; p++) values[i++] = value(c, l, r, p);
  const reads: number[] = [];
  return {
    schema: { grid, channels },
    leadsHours,
    rows,
    weightSamples,
    starts: new Float64Array(rows),
    values,
    reads,
    read: async (wanted, leadIndices, at) => {
      reads.push(at.length);
      const out = new Float32Array(wanted.length * leadIndices.length * rows * at.length);
      let k = 0;
      for (const c of wanted)
        for (const l of leadIndices)
          for (let r = 0; r < rows; r++)
            for (const p of at) out[k++] = values[((c * leads + l) * rows + r) * points + p]!;
      return out;
    },
  };
}
