/**
 * Windows of a grid as lists of indices: which points a token sees, which tokens are its neighbours.
 * A token stands for stride × stride points; the last row and column of tokens may reach past the edge.
 */

export interface TokenGrid {
  readonly rows: number;
  readonly columns: number;
}

export function coarseTokens(rows: number, columns: number, stride: number): TokenGrid {
  return { rows: Math.ceil(rows / stride), columns: Math.ceil(columns / stride) };
}

export interface WindowOptions {
  readonly rows: number;
  readonly columns: number;
  /** The columns close the circle: windows go round in longitude. They never go over a pole. */
  readonly wraps: boolean;
  /** Points a side, odd. */
  readonly size: number;
  /** Points from one window to the next. */
  readonly stride: number;
  /** What lies outside: the nearest edge point again, or zero (index −1). */
  readonly edge: 'repeat' | 'zero';
}

/**
 * @returns [token, size²]: index (row · columns + column) of each point of each window, centred on the first
 *   point of its token, −1 for zero
 */
export function tokenNeighbours({ rows, columns, wraps, size, stride, edge }: WindowOptions): Int32Array {
  const half = (size - 1) / 2;
  const tokens = coarseTokens(rows, columns, stride);
  const indices = new Int32Array(tokens.rows * tokens.columns * size * size);
  let at = 0;
  for (let row = 0; row < tokens.rows; row++) {
    for (let column = 0; column < tokens.columns; column++) {
      for (let i = row * stride - half; i <= row * stride + half; i++) {
        for (let j = column * stride - half; j <= column * stride + half; j++) {
          indices[at++] = indexOf(i, j);
        }
      }
    }
  }
  return indices;

  function indexOf(i: number, j: number): number {
    const column = wraps ? ((j % columns) + columns) % columns : j;
    const inside = i >= 0 && i < rows && column >= 0 && column < columns;
    if (inside) return i * columns + column;
    if (edge === 'zero') return -1;
    const nearestRow = Math.max(0, Math.min(rows - 1, i));
    const nearestColumn = Math.max(0, Math.min(columns - 1, column));
    return nearestRow * columns + nearestColumn;
  }
}
