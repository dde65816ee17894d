/**
 * From a file's latitudes and longitudes, in whatever order and convention, to the house's: rows north to
 * south, columns west to east in one piece. Says which rows and columns of the file to read and where each
 * goes, so that a region costs the bytes of the region.
 */
import { dataError, usageError } from '../errors.js';

/** Degrees; west may be larger than east across the date line, and any convention will do. */
export interface Region {
  readonly north: number;
  readonly south: number;
  readonly west: number;
  readonly east: number;
}

/** What to read along one dimension, and where it goes. */
export interface AxisSelection {
  /** Coordinates of the house's grid. */
  readonly values: Float64Array;
  /** File index of every one of them. */
  readonly indices: Int32Array;
  /** The same indices as ranges of the file, rising: [start, count]. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** Regions typed by people meet coordinates rounded to single precision. */
const tolerance = 1e-4;

/** @throws {PlumeError} usage, when the region is upside down or off the globe */
export function requireRegion(region: Region): void {
  const { north, south, west, east } = region;
  if (!(north > south) || north > 90 + tolerance || south < -90 - tolerance) {
    throw usageError(`region: north ${north} and south ${south} must satisfy 90 ≥ north > south ≥ −90`);
  }
  if (!Number.isFinite(west) || !Number.isFinite(east) || west === east) {
    throw usageError(`region: west ${west} and east ${east} must be two different longitudes`);
  }
}

/** @throws {PlumeError} data, when the latitudes are no monotonic axis or none lies in the region */
export function selectLatitudes(
  latitudes: ArrayLike<number>,
  region: Region | undefined,
  archive: string,
): AxisSelection {
  const n = latitudes.length;
  const rising = n > 1 && (latitudes[1] ?? 0) > (latitudes[0] ?? 0);
  const indices: number[] = [];
  for (let row = 0; row < n; row++) {
    const index = rising ? n - 1 - row : row;
    const latitude = latitudes[index] ?? Number.NaN;
    const inside =
      region === undefined || (latitude <= region.north + tolerance && latitude >= region.south - tolerance);
    if (inside) indices.push(index);
  }
  const values = indices.map((index) => latitudes[index] ?? Number.NaN);
  values.forEach((value, i) => {
    if (!(Math.abs(value) <= 90 + 1e-3) || (i > 0 && !(value < (values[i - 1] ?? 0)))) {
      throw dataError(
        `archive "${archive}": latitudes are not monotonic within −90…90 (${value} at row ${i})`,
      );
    }
  });
  if (values.length === 0) {
    throw dataError(
      `archive "${archive}" has no latitude between ${region?.south} and ${region?.north}; it covers ${span(latitudes)}`,
    );
  }
  // Single-precision poles: 90.00001 is 90.
  return selection(
    values.map((value) => Math.max(-90, Math.min(90, value))),
    indices,
  );
}

/**
 * Without a region the file's convention is kept unless the columns cross its seam: 350…359, 0…10 becomes
 * −10…10. With a region longitudes count from its western edge as it was given. A last column that repeats
 * the first one (0…360) is left out.
 * @throws {PlumeError} data, when the longitudes are no axis or none lies in the region
 */
export function selectLongitudes(
  longitudes: ArrayLike<number>,
  region: Region | undefined,
  archive: string,
): AxisSelection {
  const n = longitudes.length;
  const raw = Array.from(longitudes);
  if (raw.some((value) => !Number.isFinite(value))) {
    throw dataError(`archive "${archive}": a longitude is not a number`);
  }
  // Files that run from east to west are rare but legal.
  const falling = n > 2 && raw.filter((value, i) => i > 0 && value < (raw[i - 1] ?? 0)).length > n / 2;
  let indices = Array.from({ length: n }, (_, i) => (falling ? n - 1 - i : i));
  const values: number[] = [];
  for (const index of indices) {
    let value = raw[index] ?? Number.NaN;
    const before = values.at(-1);
    // Across the seam a longitude drops by about 360; anything else that falls is a fault.
    if (before !== undefined && value <= before && value + 360 - before < 180) value += 360;
    if (before !== undefined && !(value > before)) {
      throw dataError(`archive "${archive}": longitudes are not monotonic (${value} after ${before})`);
    }
    values.push(value);
  }
  const first = values[0] ?? 0;
  const keep = values.filter((value) => value - first < 360 - 1e-3).length;
  values.length = keep;
  indices = indices.slice(0, keep);
  const last = values.at(-1) ?? 0;
  // Only a seam inside the columns can push them past the end of the convention.
  const crossed = values.some((value, i) => Math.abs(value - (raw[indices[i] ?? 0] ?? 0)) > 1);
  const shift = crossed && last > 360 ? -360 : 0;
  if (region === undefined) {
    return selection(
      values.map((value) => value + shift),
      indices,
    );
  }
  const { west } = region;
  const width = region.east - west >= 360 ? 360 : positiveModulo(region.east - west, 360);
  const chosen = values
    .map((value, i) => ({ value: west + positiveModulo(value - west + tolerance, 360) - tolerance, i }))
    .filter(({ value }) => value <= west + width + tolerance && value - west < 360 - 1e-3)
    .sort((a, b) => a.value - b.value);
  if (chosen.length === 0) {
    throw dataError(
      `archive "${archive}" has no longitude between ${west} and ${region.east}; it covers ${span(longitudes)}`,
    );
  }
  return selection(
    chosen.map(({ value }) => cleaned(value)),
    chosen.map(({ i }) => indices[i] ?? 0),
  );
}

/** Takes off the rounding that adding and subtracting the tolerance leaves, and the sign of a zero. */
function cleaned(degrees: number): number {
  return Math.round(degrees * 1e9) / 1e9 + 0;
}

function positiveModulo(value: number, modulus: number): number {
  return ((value % modulus) + modulus) % modulus;
}

function span(axis: ArrayLike<number>): string {
  const values = Array.from(axis);
  return `${Math.min(...values)}…${Math.max(...values)}`;
}

/** Values `from` to `to` (not included) of a selection: a stretch of rows or columns of the house's grid. */
export function partOfSelection({ values, indices }: AxisSelection, from: number, to: number): AxisSelection {
  return selection([...values.subarray(from, to)], [...indices.subarray(from, to)]);
}

function selection(values: number[], indices: number[]): AxisSelection {
  const ranges: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const current = ranges.at(-1);
    if (current !== undefined && current[0] + current[1] === index) current[1] += 1;
    else ranges.push([index, 1]);
  }
  return { values: Float64Array.from(values), indices: Int32Array.from(indices), ranges };
}
