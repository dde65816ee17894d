/**
 * Which stretches of a field are read for points scattered over it. A stretch goes on over points that nobody asked for
 * as long as reading them costs less than beginning anew: from the page cache a positional read costs 0.4 µs and
 * 0.05 to 0.15 µs a KiB (`npm run bench -- query` prints both), so that both cost the same at 3 to 9 KiB; from a disk
 * whole pages come anyway. So gaps of up to a page are read and thrown away.
 */
import { internalError } from '../errors.js';

/** Points of float32 in a page of 4 KiB. */
const widestGap = 1024;
/** Of a stretch: 256 KiB, which a processor's cache holds until the points are picked. */
const longestStretch = 65_536;

/** Points from … to − 1 of a field, among them those at positions first … end − 1 of the list of points. */
export interface PointStretch {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

export interface PointReads {
  /** Rising, each once. */
  readonly points: Int32Array;
  /** Of one row, in order, disjoint. */
  readonly stretches: readonly PointStretch[];
  /** Rows that are read at once: more than one where what lies between the last point and the next row's first is narrow. */
  readonly rowsAtOnce: number;
  /** For what is read and picked from: of one reading at a time, which is done when it returns. */
  readonly room: Float32Array;
}

/** Bytes that carrying out a plan holds beside its result. */
export const heldByPointReads = 4 * longestStretch;

/**
 * @param points of a field, rising, each once
 * @param fieldPoints points that the field has
 * @param gap widest stretch of points between two wanted ones that is read with them
 * @throws {PlumeError} internal, when the points do not rise or lie outside
 */
export function planPointReads(points: Int32Array, fieldPoints: number, gap = widestGap): PointReads {
  const stretches: PointStretch[] = [];
  let first = 0;
  for (let i = 0; i < points.length; i++) {
    const point = points[i] ?? 0;
    if (point >= fieldPoints || point < 0 || (i > 0 && point <= (points[i - 1] ?? 0))) {
      throw internalError(`points: ${point} at position ${i}; they must rise from 0 to ${fieldPoints - 1}`);
    }
    const next = points[i + 1];
    const from = points[first] ?? 0;
    if (next === undefined || next - point - 1 > gap || next - from >= longestStretch) {
      stretches.push({ from, to: point + 1, first, end: i + 1 });
      first = i + 1;
    }
  }
  const [only] = stretches;
  const joins = stretches.length === 1 && only !== undefined && fieldPoints - (only.to - only.from) <= gap;
  const rowsAtOnce = joins ? Math.max(1, Math.floor(longestStretch / fieldPoints)) : 1;
  const longest = stretches.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  return {
    points,
    stretches,
    rowsAtOnce,
    room: new Float32Array((rowsAtOnce - 1) * fieldPoints + longest),
  };
}

/** Fills `count` bytes of `into`, from the `first` on, with those of the file from `position` on. */
type ReadBytes = (position: number, into: Uint8Array, first: number, count: number) => void;

/**
 * Carries a plan out on rows of float32 that lie behind each other.
 * @param offset of the first row, bytes
 * @param into [row, point], written
 */
export function readPlannedPoints(
  { points, stretches, rowsAtOnce, room }: PointReads,
  {
    offset,
    rows,
    fieldPoints,
  }: { readonly offset: number; readonly rows: number; readonly fieldPoints: number },
  read: ReadBytes,
  into: Float32Array,
): void {
  const n = points.length;
  const intoBytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  const roomBytes = new Uint8Array(room.buffer);
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    for (const { from, to, first, end } of stretches) {
      const position = offset + 4 * (row * fieldPoints + from);
      const bytes = 4 * ((count - 1) * fieldPoints + (to - from));
      // What is wanted to the last point goes where it belongs.
      if (end - first === to - from && (count === 1 || n === fieldPoints)) {
        read(position, intoBytes, 4 * (row * n + first), bytes);
        continue;
      }
      read(position, roomBytes, 0, bytes);
      for (let r = 0; r < count; r++) {
        const source = r * fieldPoints - from;
        const target = (row + r) * n;
        for (let i = first; i < end; i++) into[target + i] = room[source + points[i]!]!;
      }
    }
  }
}
