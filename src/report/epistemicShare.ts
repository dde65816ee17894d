/**
 * The share of the weights in the variance of one forecast, on a map. A few weight samples give an estimate of the
 * epistemic variance at a point that is off by half of itself (√(2/(K − 1))), so both variances are averaged over each
 * point's neighbours first, epistemic estimates below 0 as they are; then cut, then divided. Fields are [lat, lon].
 */
import { type Grid, rowWeights, wrapsInLongitude } from '../../core/grid.js';
import { decomposeVariance, type NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import type { ColourScale } from './colourScale.js';
import { colourScale } from './colourScale.js';

/** Neighbours each way. */
const reach = 2;

export const shareTitle = 'Epistemic share';
export const shareMeaning =
  'of the variance, what the weights account for, averaged over neighbouring points; the rest is noise';

/** Tenths of the whole, the same on every page. */
export function shareScale(): ColourScale {
  return colourScale(0, 100, 'plasma', 10);
}

/**
 * @param members [K, J, point]
 * @returns [point], %, 0 … 100; NaN where the design cannot tell (K = 1 or J = 1) or a member is missing nearby
 */
export function epistemicShare(
  members: Float32Array | Float64Array,
  design: NestedDesign,
  grid: Grid,
): Float64Array {
  const points = members.length / (design.weightSamples * design.noiseStreams);
  const epistemic = new Float64Array(points);
  const aleatoric = new Float64Array(points);
  decomposeVariance(members, design, epistemic, aleatoric, 'keep');
  const [weights, noise] = [neighbourhoodMeans(epistemic, grid), neighbourhoodMeans(aleatoric, grid)];
  return weights.map((value, point) => percentOfWeights(value, noise[point] ?? Number.NaN));
}

/** %, the epistemic part cut at 0. */
export function percentOfWeights(epistemic: number, aleatoric: number): number {
  const cut = Math.max(0, epistemic);
  return (100 * cut) / (cut + aleatoric);
}

/** Area means over the (2 · reach + 1)² points about each, fewer at an edge. */
function neighbourhoodMeans(field: Float64Array, grid: Grid): Float64Array {
  const [rows, columns] = [grid.latitudes.length, grid.longitudes.length];
  const area = rowWeights(grid);
  const wraps = wrapsInLongitude(grid);
  const out = new Float64Array(field.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      let total = 0;
      for (let r = Math.max(0, row - reach); r <= Math.min(rows - 1, row + reach); r++) {
        for (let c = column - reach; c <= column + reach; c++) {
          if (!wraps && (c < 0 || c >= columns)) continue;
          const at = r * columns + ((c + columns) % columns);
          sum += (area[r] ?? 0) * (field[at] ?? Number.NaN);
          total += area[r] ?? 0;
        }
      }
      out[row * columns + column] = sum / total;
    }
  }
  return out;
}
