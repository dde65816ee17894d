/**
 * A globe as two hemispheres that look alike. In a world that is the same along every parallel and on both sides
 * of the equator, the southern hemisphere seen in a mirror obeys the laws of the northern one: rows counted from
 * the pole, northward wind and vorticity with opposite sign. Beyond a pole lie the rows of the other side,
 * half-way round, where both wind components point the other way.
 *
 * An image is one hemisphere, v = 0 at the pole (−1, −2, … beyond it), v = ownRows − 1 at the equator or next to
 * it, and so on into the other hemisphere. Image 0 is the northern one.
 */
import { usageError } from '../../../core/errors.js';
import { describeGrid, type Grid, wrapsInLongitude } from '../../../core/grid.js';
import type { Channel } from '../../../core/schema.js';

/** What the sign of a variable does: in a mirror along the equator, and half-way round on the far side of a pole. */
export interface Parity {
  readonly mirror: 1 | -1;
  readonly pole: 1 | -1;
}

const vectorParities: Readonly<Record<string, Parity>> = {
  u: { mirror: 1, pole: -1 },
  u10: { mirror: 1, pole: -1 },
  v: { mirror: -1, pole: -1 },
  v10: { mirror: -1, pole: -1 },
  vo: { mirror: -1, pole: 1 },
};

/** Scalars keep their sign. */
export function parityOf({ variable }: Channel): Parity {
  return vectorParities[variable] ?? { mirror: 1, pole: 1 };
}

/** A point of the grid and the signs that its variables get in an image. */
export interface ImagePoint {
  /** row · columns + column of the grid */
  readonly point: number;
  /** Seen in the mirror. */
  readonly mirrored: boolean;
  readonly overPole: boolean;
}

export class Hemispheres {
  readonly rows: number;
  readonly columns: number;
  /** Rows of an image that are its own, the equator's among them where the grid has one. */
  readonly ownRows: number;
  readonly #poleOnGrid: boolean;

  /** @throws {PlumeError} usage, for a grid that is not symmetric about the equator, or does not close the circle */
  constructor(grid: Grid) {
    const { latitudes } = grid;
    this.rows = latitudes.length;
    this.columns = grid.longitudes.length;
    const symmetric = latitudes.every(
      (latitude, i) => Math.abs(latitude + (latitudes[this.rows - 1 - i] ?? 0)) < 1e-4,
    );
    if (!wrapsInLongitude(grid) || this.columns % 2 !== 0 || !symmetric || this.rows < 4) {
      throw usageError(
        `a global network needs an even number of longitudes all round and latitudes that are the same north and ` +
          `south, the grid has ${describeGrid(grid)}; use a regional preset`,
      );
    }
    this.ownRows = Math.ceil(this.rows / 2);
    this.#poleOnGrid = Math.abs((latitudes[0] ?? 0) - 90) < 1e-4;
  }

  /** Which point of the grid image 0 or 1 shows at row v (from above a pole to beyond the equator) and a column. */
  at(image: number, v: number, column: number): ImagePoint {
    const overPole = v < 0;
    const down = overPole ? (this.#poleOnGrid ? -v : -v - 1) : v;
    const row = image === 0 ? down : this.rows - 1 - down;
    const along = column + (overPole ? this.columns / 2 : 0);
    const wrapped = ((along % this.columns) + this.columns) % this.columns;
    return { point: row * this.columns + wrapped, mirrored: image === 1, overPole };
  }
}

/** The sign with which a channel appears at a point of an image. */
export function signAt(channel: Channel, { mirrored, overPole }: ImagePoint): number {
  const { mirror, pole } = parityOf(channel);
  return (mirrored ? mirror : 1) * (overPole ? pole : 1);
}
