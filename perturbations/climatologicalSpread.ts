/**
 * How much each channel of an archive varies: root mean square, over the area and the dates of a pool of states, of the
 * deviation from the mean over those dates at the same point, with N − 1 for N dates. It is then the root mean square of
 * (x(t₁) − x(t₂))/√2 over all pairs of two dates, so that an amplitude means the same to every initial perturbation.
 */
import { areaMean, gridSize, pointWeights } from '../core/grid.js';
import type { Schema } from '../core/schema.js';
import type { StatePool } from './source.js';

/** @returns by channel, physical units; 0 for a constant */
export function climatologicalSpread({ channels, grid }: Schema, { dates, states }: StatePool): number[] {
  const points = gridSize(grid);
  const stateLength = channels.length * points;
  const newest = states[0] ?? new Float32Array(0);
  const weights = pointWeights(grid);
  const variance = new Float64Array(points);
  return channels.map((_, channel) => {
    for (let point = 0; point < points; point++) {
      // deviations from the first date: no cancellation, and exactly 0 for what never changes
      const first = newest[channel * points + point]!;
      let sum = 0;
      let squares = 0;
      for (let at = channel * points + point; at < dates * stateLength; at += stateLength) {
        const deviation = newest[at]! - first;
        sum += deviation;
        squares += deviation * deviation;
      }
      variance[point] = Math.max(0, squares - (sum * sum) / dates) / (dates - 1);
    }
    return Math.sqrt(areaMean(variance, weights));
  });
}
