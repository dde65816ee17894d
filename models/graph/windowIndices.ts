/**
 * Local windows as indices: for every output point the points around it, as row · columns + column of the input.
 * Window positions run from north-west in reading order; −1 stands for a zero.
 */

/** What lies outside the grid: zeros, the nearest point, or (longitudes of a global grid) the other side. */
export type Padding = 'zero' | 'edge' | 'wrap';

export interface WindowOptions {
  /** Points along one side of the window. */
  readonly size: number;
  /** Points of padding on every side; by default as many as keep the size, (size − 1)/2. */
  readonly margin?: number;
  readonly rows?: Padding;
  readonly columns?: Padding;
}

function resolveIndex(index: number, n: number, padding: Padding): number {
  if (index >= 0 && index < n) return index;
  switch (padding) {
    case 'zero':
      return -1;
    case 'edge':
      return Math.min(Math.max(index, 0), n - 1);
    case 'wrap':
      return ((index % n) + n) % n;
  }
}

/** @returns [outRows · outColumns, size · size], outRows = rows + 2·margin − size + 1, outColumns likewise */
export function windowIndices(rows: number, columns: number, options: WindowOptions): number[] {
  const {
    size,
    margin = (size - 1) / 2,
    rows: rowPadding = 'zero',
    columns: columnPadding = 'zero',
  } = options;
  const indices: number[] = [];
  for (let row = -margin; row <= rows - 1 + margin - (size - 1); row++) {
    for (let column = -margin; column <= columns - 1 + margin - (size - 1); column++) {
      for (let dy = 0; dy < size; dy++) {
        for (let dx = 0; dx < size; dx++) {
          const y = resolveIndex(row + dy, rows, rowPadding);
          const x = resolveIndex(column + dx, columns, columnPadding);
          indices.push(y < 0 || x < 0 ? -1 : y * columns + x);
        }
      }
    }
  }
  return indices;
}
