/**
 * Coarse tokens of a grid: each stands for stride × stride points, the last row and column of tokens may reach
 * past the edge. What a token or point sees around itself is a list of indices (models/graph/windowIndices).
 */
import type { Grid } from '../../core/grid.js';
import { wrapsInLongitude } from '../../core/grid.js';
import { type Padding, windowIndices } from '../graph/windowIndices.js';

export interface TokenGrid {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
}

export function tokenGrid(grid: Grid, stride: number): TokenGrid {
  return {
    rows: Math.ceil(grid.latitudes.length / stride),
    columns: Math.ceil(grid.longitudes.length / stride),
    stride,
  };
}

/** Columns go round a grid that closes the circle; rows never go over a pole. */
function paddings(grid: Grid, padding: Padding): { rows: Padding; columns: Padding } {
  return { rows: padding, columns: wrapsInLongitude(grid) ? 'wrap' : padding };
}

/** [point, size²]: the points around every point, the edge repeated. */
export function pointWindows(grid: Grid, size: number): number[] {
  return windowIndices(grid.latitudes.length, grid.longitudes.length, { size, ...paddings(grid, 'edge') });
}

/** [token, size²]: the points around the first point of every token, the edge repeated. */
export function strideWindows(grid: Grid, { stride }: TokenGrid, size: number): number[] {
  const columns = grid.longitudes.length;
  const all = pointWindows(grid, size);
  const indices: number[] = [];
  for (let row = 0; row < grid.latitudes.length; row += stride) {
    for (let column = 0; column < columns; column += stride) {
      const first = (row * columns + column) * size * size;
      for (let i = first; i < first + size * size; i++) indices.push(all[i]!);
    }
  }
  return indices;
}

/** What lies outside the field of tokens: zero, or round the globe. */
export function tokenPadding(grid: Grid): { rows: Padding; columns: Padding } {
  return paddings(grid, 'zero');
}

/** [point]: which piece of which token a point is, as token · stride² + piece. */
export function pointsOfTokens(grid: Grid, { columns, stride }: TokenGrid): number[] {
  const indices: number[] = [];
  for (let row = 0; row < grid.latitudes.length; row++) {
    for (let column = 0; column < grid.longitudes.length; column++) {
      const token = Math.floor(row / stride) * columns + Math.floor(column / stride);
      indices.push(token * stride * stride + (row % stride) * stride + (column % stride));
    }
  }
  return indices;
}
