/** An archive seen on another grid: every state is regridded as it is read; times and channels stay. */
import { type Grid, gridSize } from '../grid.js';
import type { Archive } from '../interfaces.js';
import { type RegridMethod, regridWeights } from './regrid.js';
import { applyWeights } from './sparseWeights.js';

/**
 * Closing it closes the archive it rests on.
 * @throws {PlumeError} data, when the archive does not cover the grid
 */
export function regriddedArchive(archive: Archive, grid: Grid, method: RegridMethod): Archive {
  const map = regridWeights(archive.schema.grid, grid, method);
  const schema = { channels: archive.schema.channels, grid };
  const [sources, targets] = [gridSize(archive.schema.grid), gridSize(grid)];
  return {
    schema,
    times: archive.times,
    async read(timeIndex) {
      const { validTime, values } = await archive.read(timeIndex);
      const out = new Float32Array(schema.channels.length * targets);
      for (let c = 0; c < schema.channels.length; c++) {
        applyWeights(
          map,
          values.subarray(c * sources, (c + 1) * sources),
          out.subarray(c * targets, (c + 1) * targets),
        );
      }
      return { schema, validTime, values: out };
    },
    close: () => archive.close(),
  };
}
