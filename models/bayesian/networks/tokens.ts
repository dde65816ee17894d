/**
 * Coarse tokens of a grid: each stands for stride × stride points, the last row and column of tokens may reach
 * past the edge. What a token or point sees around itself is a list of indices (models/graph/windowIndices).
 */
import type { Grid } from '../../../core/grid.js';
import { wrapsInLongitude } from '../../../core/grid.js';
import type { Padding } from '../../graph/windowIndices.js';

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

/**
 * What lies outside the field of tokens: zero or the nearest token; columns go round a grid that closes the circle
 * in whole tokens. Rows never go over a pole.
 */
export function tokenPadding(
  grid: Grid,
  { stride }: TokenGrid,
  outside: 'zero' | 'edge',
): { rows: Padding; columns: Padding } {
  const closes = wrapsInLongitude(grid) && grid.longitudes.length % stride === 0;
  return { rows: outside, columns: closes ? 'wrap' : outside };
}

/** [token, stride²]: the points of every token in reading order, the last row and column of points repeated. */
export function pointsInTokens(grid: Grid, { rows, columns, stride }: TokenGrid): number[] {
  const lastRow = grid.latitudes.length - 1;
  const lastColumn = grid.longitudes.length - 1;
  const indices: number[] = [];
  for (let token = 0; token < rows * columns; token++) {
    const row = Math.floor(token / columns) * stride;
    const column = (token % columns) * stride;
    for (let piece = 0; piece < stride * stride; piece++) {
      const i = Math.min(lastRow, row + Math.floor(piece / stride));
      const j = Math.min(lastColumn, column + (piece % stride));
      indices.push(i * grid.longitudes.length + j);
    }
  }
  return indices;
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
