/**
 * From one latitude–longitude grid to another, global or regional:
 *   points        the target's points are points of the source: taken over unchanged
 *   bilinear      interpolated between the four points around (./bilinear.ts)
 *   conservative  mean over the target cell's area (./conservative.ts); for a target coarser than the source
 * Missing values: the weights are renormalised over what is there, and a target of which less than half is there is
 * missing. Both methods treat each component of a vector as a scalar.
 */
import { dataError } from '../errors.js';
import { describeGrid, type Grid, gridSize } from '../grid.js';
import { bilinearWeights } from './bilinear.js';
import { coincidentPoints } from './coincident.js';
import { conservativeWeights } from './conservative.js';
import { type SparseWeights, sparseWeights } from './sparseWeights.js';

export const interpolations = ['bilinear', 'conservative'] as const;
export type Interpolation = (typeof interpolations)[number];
export type RegridMethod = 'points' | Interpolation;

/**
 * @returns weights from points of `source` to points of `target`, both [lat, lon] flattened
 * @throws {PlumeError} data, when a target lies outside the source (half of its cell, for conservative), or, for
 *   points, is no point of it
 */
export function regridWeights(source: Grid, target: Grid, method: RegridMethod): SparseWeights {
  const nlon = target.longitudes.length;
  const place = (point: number): [number, number] => [
    target.latitudes[Math.floor(point / nlon)]!,
    target.longitudes[point % nlon]!,
  ];
  switch (method) {
    case 'points': {
      const points = coincidentPoints(source, target);
      if (points === null) throw notCovered(source, target, 'are not all points of');
      return sparseWeights(gridSize(source), gridSize(target), (point) => ({
        indices: [points[point]!],
        weights: [1],
      }));
    }
    case 'bilinear':
      return sparseWeights(gridSize(source), gridSize(target), (point) => {
        const found = bilinearWeights(source, ...place(point));
        if (found === null) throw notCovered(source, target, 'reach beyond', place(point));
        return found;
      });
    case 'conservative': {
      const map = conservativeWeights(source, target);
      for (let point = 0; point < gridSize(target); point++) {
        let share = 0;
        for (let k = map.offsets[point]!; k < map.offsets[point + 1]!; k++) share += map.weights[k]!;
        if (share < 0.5 - 1e-9) throw notCovered(source, target, 'reach beyond', place(point));
      }
      return map;
    }
  }
}

function notCovered(source: Grid, target: Grid, how: string, place?: readonly [number, number]): Error {
  const where = place === undefined ? '' : ` (at ${place[0]}°N, ${place[1]}°E)`;
  return dataError(
    `regridding: the ${describeGrid(target)} wanted ${how} the ${describeGrid(source)} given${where}; ` +
      'give data that cover them, or cut the forecasts to the region of the data',
  );
}
