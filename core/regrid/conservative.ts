/**
 * First-order conservative regridding: a target cell takes the mean of the source over its area,
 *   y_i = Σ_k A(S_k ∩ T_i) x_k / A(T_i)     (Jones 1999, Mon. Wea. Rev. 127, 2204, eqs. 7–9, first order).
 * Between latitude–longitude grids the overlap is a product, Δ sin φ · Δλ of the overlapping ranges, so the integral
 * over the globe is kept to rounding.
 */
import type { Grid } from '../grid.js';
import { type CellEdges, cellEdges } from './cellEdges.js';
import { type SparseWeights, sparseWeights, type WeightedPoints } from './sparseWeights.js';

/** Weights of a row sum to the share of the target cell that the source covers. */
export function conservativeWeights(source: Grid, target: Grid): SparseWeights {
  const from = cellEdges(source, 'the source grid');
  const to = cellEdges(target, 'the target grid');
  const rows = rowShares(from, to);
  const columns = columnShares(from, to);
  const nlon = target.longitudes.length;
  const sourceColumns = source.longitudes.length;
  const targets = target.latitudes.length * nlon;
  return sparseWeights(source.latitudes.length * sourceColumns, targets, (point) => {
    const row = rows[Math.floor(point / nlon)]!;
    const column = columns[point % nlon]!;
    const indices: number[] = [];
    const weights: number[] = [];
    for (let r = 0; r < row.indices.length; r++) {
      for (let c = 0; c < column.indices.length; c++) {
        indices.push(row.indices[r]! * sourceColumns + column.indices[c]!);
        weights.push(row.weights[r]! * column.weights[c]!);
      }
    }
    return { indices, weights };
  });
}

/** For every target row the source rows it overlaps and the share of its Δ sin φ that each takes. */
function rowShares(from: CellEdges, to: CellEdges): WeightedPoints[] {
  // Sines fall from north to south; negated, both axes rise.
  const [source, target] = [from.sines.map((s) => -s), to.sines.map((s) => -s)];
  return shares(target, (low, high, add) => addOverlaps(source, low, high, add));
}

function columnShares(from: CellEdges, to: CellEdges): WeightedPoints[] {
  const { longitudes } = from;
  const [west, east] = [longitudes[0]!, longitudes[longitudes.length - 1]!];
  return shares(to.longitudes, (low, high, add) => {
    // The target as seen from the source, once for every turn in which the two can meet.
    for (let turn = Math.ceil((west - high) / 360); low + 360 * turn < east; turn++) {
      addOverlaps(longitudes, low + 360 * turn, high + 360 * turn, add);
    }
  });
}

type Add = (index: number, overlap: number) => void;

function shares(
  target: Float64Array,
  overlaps: (low: number, high: number, add: Add) => void,
): WeightedPoints[] {
  return Array.from({ length: target.length - 1 }, (_, i) => {
    const [low, high] = [target[i]!, target[i + 1]!];
    const found = new Map<number, number>();
    overlaps(low, high, (index, overlap) => {
      found.set(index, (found.get(index) ?? 0) + overlap / (high - low));
    });
    return { indices: [...found.keys()], weights: [...found.values()] };
  });
}

/** Overlap of [low, high] with every interval between rising edges. */
function addOverlaps(edges: Float64Array, low: number, high: number, add: Add): void {
  let first = 0;
  let last = edges.length - 1;
  while (last - first > 1) {
    const middle = (first + last) >>> 1;
    if (edges[middle]! <= low) first = middle;
    else last = middle;
  }
  for (let i = first; i + 1 < edges.length && edges[i]! < high; i++) {
    const overlap = Math.min(high, edges[i + 1]!) - Math.max(low, edges[i]!);
    if (overlap > 0) add(i, overlap);
  }
}
