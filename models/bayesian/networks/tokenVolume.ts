/**
 * Tokens of an atmosphere in three dimensions: the surface first, then patches of pressure levels upward, rows from
 * north to south, columns from west to east. A token's index is (level · rows + row) · columns + column.
 * Halving and doubling of the horizontal resolution (Bi et al. 2023, doi:10.1038/s41586-023-06185-3, methods; as in
 * Liu et al. 2021, arXiv:2103.14030) are one gather each: 2 × 2 tokens of a level become one with four times the
 * channels, and back. Where a side is odd, tokens beyond the last row are zeros; beyond the last column too, unless
 * columns go round the circle.
 */

export interface TokenVolume {
  readonly levels: number;
  readonly rows: number;
  readonly columns: number;
  /** True where the last column is beside the first. */
  readonly wraps: boolean;
}

export function tokenCount({ levels, rows, columns }: TokenVolume): number {
  return levels * rows * columns;
}

/** The volume at half the horizontal resolution. */
export function halved(volume: TokenVolume): TokenVolume {
  return { ...volume, rows: Math.ceil(volume.rows / 2), columns: Math.ceil(volume.columns / 2) };
}

/** [coarse token, 4]: the fine tokens in each coarse one, in reading order; −1 stands for zeros. */
export function tokensInCoarse(volume: TokenVolume): number[] {
  const coarse = halved(volume);
  const indices: number[] = [];
  for (let token = 0; token < tokenCount(coarse); token++) {
    const column = 2 * (token % coarse.columns);
    const row = 2 * (Math.floor(token / coarse.columns) % coarse.rows);
    const level = Math.floor(token / (coarse.columns * coarse.rows));
    for (let piece = 0; piece < 4; piece++) {
      const y = row + (piece >> 1);
      const x = column + (piece & 1);
      const outside = y >= volume.rows || (x >= volume.columns && !volume.wraps);
      indices.push(outside ? -1 : (level * volume.rows + y) * volume.columns + (x % volume.columns));
    }
  }
  return indices;
}

/** [fine token]: where it stands among the pieces of coarse tokens, as coarse token · 4 + piece. */
export function tokensOfFine(volume: TokenVolume): number[] {
  const coarse = halved(volume);
  return Array.from({ length: tokenCount(volume) }, (_, token) => {
    const column = token % volume.columns;
    const row = Math.floor(token / volume.columns) % volume.rows;
    const level = Math.floor(token / (volume.columns * volume.rows));
    const place = (level * coarse.rows + (row >> 1)) * coarse.columns + (column >> 1);
    return 4 * place + 2 * (row & 1) + (column & 1);
  });
}
