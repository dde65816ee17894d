/**
 * Windows of three-dimensional attention on the globe (Bi et al. 2023, doi:10.1038/s41586-023-06185-3, methods:
 * 3D Earth-specific transformer). Tokens attend to the tokens of their window; every other block shifts the windows by
 * half of their size, so that neighbours meet. Shifted windows go on round the circle of longitude, but not over the
 * top or the poles: tokens that the shift brings together from two ends of the rows or levels are masked from each other.
 *
 * Tokens of a window stand in the order level, row, column; windows in the order column, level, row. A window's type is
 * its level and row, level · rows + row: all windows along a parallel are of one type. A window that is wider
 * than the volume is cut to it and not shifted in that direction. Tokens that fill the last windows up are zeros, and no
 * one attends to them.
 */
import { type TokenVolume, tokenCount } from './tokenVolume.js';

/** Levels, rows, columns. */
export type Extent = readonly [levels: number, rows: number, columns: number];

export interface Windows {
  readonly size: Extent;
  /** Windows along each direction. */
  readonly counts: Extent;
  /** T: tokens of a window. */
  readonly tokens: number;
  /** Windows of one column: those of different level or row. */
  readonly types: number;
  /** [column, type, T]: the token of the volume that stands there, −1 for zeros. */
  readonly inward: readonly number[];
  /** [token of the volume]: where it stands in `inward`. */
  readonly outward: readonly number[];
  /** Who may not attend to whom because of level and row; undefined where all may. */
  readonly mask: WindowMask | undefined;
  /** The same because of the column: [column, T, T] is kinds[of[column]]. */
  readonly columnMask: WindowMask | undefined;
}

/** Masks shared by many windows, to be added to the logits of attention, 0 or `masked`. */
export interface WindowMask {
  /** [kind, query, key] */
  readonly values: Float32Array;
  readonly kinds: number;
  /** The kind of every type of window (or column of windows). */
  readonly of: readonly number[];
}

/** e^−1000 is zero in float32 and float64. */
const masked = -1000;

/** The size that windows have in a volume. */
export function windowSize(volume: TokenVolume, wanted: Extent): Extent {
  return [
    Math.min(wanted[0], volume.levels),
    Math.min(wanted[1], volume.rows),
    Math.min(wanted[2], volume.columns),
  ];
}

/** Windows of different level or row. */
export function windowTypes(volume: TokenVolume, wanted: Extent): number {
  const [levels, rows] = windowSize(volume, wanted);
  return Math.ceil(volume.levels / levels) * Math.ceil(volume.rows / rows);
}

/** How one direction is cut into windows. */
class Axis {
  readonly window: number;
  readonly count: number;
  readonly #size: number;
  readonly #shift: number;
  readonly #wraps: boolean;

  constructor(size: number, window: number, shifted: boolean, wraps: boolean) {
    this.#size = size;
    this.window = window;
    this.count = Math.ceil(size / window);
    this.#shift = shifted && window < size ? Math.floor(window / 2) : 0;
    this.#wraps = wraps;
  }

  /** Where the token at place `at` of a window comes from; −1 beyond the volume. */
  source(window: number, at: number): number {
    const place = (window * this.window + at + this.#shift) % (this.count * this.window);
    return place < this.#size ? place : -1;
  }

  /** True where a token at `query` may attend to the one at `key` of the same window. */
  allows(window: number, query: number, key: number): boolean {
    if (this.source(window, key) === -1) return false;
    return this.#wraps || this.#beyond(window, query) === this.#beyond(window, key);
  }

  /** True for what the shift brought here from the other end. */
  #beyond(window: number, at: number): boolean {
    return window * this.window + at + this.#shift >= this.count * this.window;
  }

  /** One window of every kind: only the last two may hold tokens beyond the volume or brought by the shift. */
  get examples(): readonly number[] {
    return [0, this.count - 2, this.count - 1].filter(
      (window, i, all) => window >= 0 && all.indexOf(window) === i,
    );
  }

  /** Which of the examples a window is like. */
  kind(window: number): number {
    return Math.max(0, this.examples.indexOf(window));
  }
}

/** Cuts a volume into windows of at most `wanted` tokens. */
export function planWindows(volume: TokenVolume, wanted: Extent, shifted: boolean): Windows {
  const size = windowSize(volume, wanted);
  const levels = new Axis(volume.levels, size[0], shifted, false);
  const rows = new Axis(volume.rows, size[1], shifted, false);
  const columns = new Axis(volume.columns, size[2], shifted, volume.wraps);
  const tokens = size[0] * size[1] * size[2];
  const inward: number[] = [];
  const outward = new Array<number>(tokenCount(volume)).fill(-1);
  for (let c = 0; c < columns.count; c++) {
    for (let l = 0; l < levels.count; l++) {
      for (let r = 0; r < rows.count; r++) {
        for (let token = 0; token < tokens; token++) {
          const [atLevel, atRow, atColumn] = placeInWindow(token, size);
          const level = levels.source(l, atLevel);
          const row = rows.source(r, atRow);
          const column = columns.source(c, atColumn);
          const inside = level >= 0 && row >= 0 && column >= 0;
          const index = inside ? (level * volume.rows + row) * volume.columns + column : -1;
          if (inside) outward[index] = inward.length;
          inward.push(index);
        }
      }
    }
  }
  const pairs = levels.examples.flatMap((l) => rows.examples.map((r) => [l, r] as const));
  const mask = makeMask(
    tokens,
    pairs.map(([l, r]) => (query, key) => {
      const from = placeInWindow(query, size);
      const to = placeInWindow(key, size);
      return levels.allows(l, from[0], to[0]) && rows.allows(r, from[1], to[1]);
    }),
    Array.from({ length: levels.count * rows.count }, (_, type) => {
      const level = levels.kind(Math.floor(type / rows.count));
      return level * rows.examples.length + rows.kind(type % rows.count);
    }),
  );
  const columnMask = makeMask(
    tokens,
    columns.examples.map(
      (c) => (query, key) => columns.allows(c, placeInWindow(query, size)[2], placeInWindow(key, size)[2]),
    ),
    Array.from({ length: columns.count }, (_, c) => columns.kind(c)),
  );
  return {
    size,
    counts: [levels.count, rows.count, columns.count],
    tokens,
    types: levels.count * rows.count,
    inward,
    outward,
    mask,
    columnMask,
  };
}

function makeMask(
  tokens: number,
  allowed: readonly ((query: number, key: number) => boolean)[],
  of: readonly number[],
): WindowMask | undefined {
  const values = new Float32Array(allowed.length * tokens * tokens);
  allowed.forEach((allows, kind) => {
    for (let query = 0; query < tokens; query++) {
      for (let key = 0; key < tokens; key++) {
        if (!allows(query, key)) values[(kind * tokens + query) * tokens + key] = masked;
      }
    }
  });
  return values.some((value) => value !== 0) ? { values, kinds: allowed.length, of } : undefined;
}

function placeInWindow(token: number, [, rows, columns]: Extent): Extent {
  const row = Math.floor(token / columns);
  return [Math.floor(row / rows), row % rows, token % columns];
}

/** Numbers of a position bias that one type of window has for one head: pairs of levels, pairs of rows, steps east. */
export function positionCount([levels, rows, columns]: Extent): number {
  return levels * levels * rows * rows * (2 * columns - 1);
}

/**
 * [query, key]: which number of the position bias belongs to two tokens of a window. Levels and rows are told apart
 * one by one, columns only by how far they are from each other: the bias is the same along a parallel.
 */
export function positionIndices(size: Extent): number[] {
  const [levels, rows, columns] = size;
  const tokens = levels * rows * columns;
  const indices: number[] = [];
  for (let query = 0; query < tokens; query++) {
    const from = placeInWindow(query, size);
    for (let key = 0; key < tokens; key++) {
      const to = placeInWindow(key, size);
      const ofLevels = from[0] * levels + to[0];
      const ofRows = from[1] * rows + to[1];
      const east = to[2] - from[2] + columns - 1;
      indices.push((ofLevels * rows * rows + ofRows) * (2 * columns - 1) + east);
    }
  }
  return indices;
}
