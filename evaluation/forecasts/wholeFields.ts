/**
 * Fields that are asked for in stretches but stored in pieces that reach beyond them: a compressed piece is decoded as
 * a whole, and once for every stretch where a field of all members is larger than what is kept of decoded pieces.
 * Such a field is read once and kept until the next one is asked for: one field of all members, no more.
 */
import { elementBytes } from '../../core/archive/hyperslab.js';
import type { PointRange } from '../ensembleSource.js';
import type { ForecastPart } from './forecastFile.js';

/** Decoded bytes of pieces that a dataset keeps (chunkCache.ts) with room for others'. */
const keptBytes = 2 ** 25;
/** A field larger than this is read in stretches all the same. */
const mostBytes = 2 ** 30;

/** Bytes that a source of such parts holds between reads, at most: decoded pieces, and a whole field where it may keep one. */
export function heldBytesOf(parts: readonly ForecastPart[], members: number, size: number): number {
  const field = 4 * members * size;
  const whole = field <= mostBytes && parts.some(({ variable }) => variable.chunks);
  return (whole ? field : 0) + keptBytes;
}

/**
 * @param members that the part has a share of
 * @param points stretch asked for
 */
export function isBetterWhole(
  part: ForecastPart,
  members: number,
  points: PointRange,
  size: number,
): boolean {
  const { chunks, shape, dtype, dimensions } = part.variable;
  if (!chunks || points.to - points.from >= size || 4 * members * size > mostBytes) return false;
  const nlon = part.longitudes.values.length;
  const rows = Math.ceil(points.to / nlon) - Math.floor(points.from / nlon);
  let touched = elementBytes(dtype);
  for (const [d, chunk] of chunks.entries()) {
    const { kind } = part.field.axes[d]!;
    const wanted =
      dimensions[d] === part.memberDimension
        ? shape[d]!
        : kind === 'latitude'
          ? rows
          : kind === 'longitude'
            ? shape[d]!
            : 1;
    touched *= Math.ceil(wanted / chunk) * chunk;
  }
  const asked = elementBytes(dtype) * (part.labels?.length ?? 1) * (points.to - points.from);
  return touched > keptBytes && touched > 2 * asked;
}

/** The last field read, by its name. */
export class LastField {
  #name = '';
  #field: Promise<Float32Array> | null = null;

  /** @param read [member, point]; called when another field is kept */
  get(name: string, read: () => Promise<Float32Array>): Promise<Float32Array> {
    if (name !== this.#name || this.#field === null) {
      this.#name = name;
      this.#field = read();
      // What failed is tried afresh.
      this.#field.catch(() => {
        if (this.#name === name) this.#field = null;
      });
    }
    return this.#field;
  }
}
