/**
 * Spots: where a quantity is computed. A spot is a grid point, or a weighted mean of grid points: what lies between them,
 * or an area whose components are averaged. The values of many spots are made from one read of the grid points that
 * they need together, as sparse sums of what was read.
 */
import type { PointQuantity } from './quantities.js';
import type { Trajectories } from './trajectories.js';

/** Grid points and their weights, which sum to 1. */
export interface Spot {
  readonly points: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/** Terms of all spots, component by component: of spot s they are offsets[s] … offsets[s + 1]. */
interface Component {
  readonly offsets: Int32Array;
  readonly slots: Int32Array;
  readonly points: Int32Array;
  readonly weights: Float64Array;
}

export interface SpotTerms {
  readonly components: readonly Component[];
  /** Grid points that are read, rising. */
  readonly points: Int32Array;
}

/** A spot that needs neighbours that the grid does not have has no terms, and no values. */
export function spotTerms(quantity: PointQuantity, spots: readonly Spot[]): SpotTerms {
  const needed = new Set<number>();
  const components = Array.from({ length: quantity.components }, (_, component) => {
    const offsets = new Int32Array(spots.length + 1);
    const [slots, points, weights]: [number[], number[], number[]] = [[], [], []];
    spots.forEach((spot, s) => {
      const begin = slots.length;
      for (let k = 0; k < spot.points.length; k++) {
        const terms = quantity.terms(component, spot.points[k]!);
        if (terms === null) {
          for (const list of [slots, points, weights]) list.length = begin;
          break;
        }
        for (const term of terms) {
          slots.push(term.slot);
          points.push(term.point);
          weights.push(term.weight * spot.weights[k]!);
        }
      }
      for (let k = begin; k < points.length; k++) needed.add(points[k]!);
      offsets[s + 1] = slots.length;
    });
    return { offsets, slots, points, weights };
  });
  const points = Int32Array.from(needed).sort();
  const positions = new Map<number, number>();
  points.forEach((point, position) => {
    positions.set(point, position);
  });
  return {
    points,
    components: components.map(({ offsets, slots, points: at, weights }) => ({
      offsets,
      slots: Int32Array.from(slots),
      points: Int32Array.from(at, (point) => positions.get(point)!),
      weights: Float64Array.from(weights),
    })),
  };
}

export interface SpotValues {
  /** [lead, row, spot], unit of the quantity; NaN where missing, and of directions in a calm. */
  readonly values: Float64Array;
  /** [row, spot]: 1 where a value is missing at one lead or more. */
  readonly missing: Uint8Array;
  /** [spot]: 1 where every value is missing in every row. */
  readonly empty: Uint8Array;
}

/** Reads what the spots need at some leads and makes the quantity of it. */
export async function readSpots(
  trajectories: Trajectories,
  quantity: PointQuantity,
  terms: SpotTerms,
  leadIndices: readonly number[],
): Promise<SpotValues> {
  const { rows } = trajectories;
  const leads = leadIndices.length;
  const { points } = terms;
  const spots = terms.components[0]!.offsets.length - 1;
  const read =
    points.length === 0
      ? new Float32Array(0)
      : await trajectories.read(quantity.channels, leadIndices, points);
  const values = new Float64Array(leads * rows * spots);
  const missing = new Uint8Array(rows * spots);
  const missingValues = new Int32Array(spots);
  const [first, second] = terms.components.map(({ offsets, slots, points: at, weights }) => ({
    offsets,
    weights,
    at: at.map((position, k) => slots[k]! * leads * rows * points.length + position),
  }));
  for (let leadRow = 0; leadRow < leads * rows; leadRow++) {
    const base = leadRow * points.length;
    const row = leadRow % rows;
    for (let spot = 0; spot < spots; spot++) {
      const x = sumOf(first!, spot, read, base);
      const y = second === undefined ? 0 : sumOf(second, spot, read, base);
      if (Number.isNaN(x) || Number.isNaN(y)) {
        missing[row * spots + spot] = 1;
        missingValues[spot]!++;
      }
      values[leadRow * spots + spot] = combined(quantity.combine, x, y);
    }
  }
  return { values, missing, empty: Uint8Array.from(missingValues, (n) => (n === leads * rows ? 1 : 0)) };
}

/** NaN of a spot without terms. */
function sumOf(
  { offsets, at, weights }: { offsets: Int32Array; at: Int32Array; weights: Float64Array },
  spot: number,
  read: Float32Array,
  base: number,
): number {
  const [begin, end] = [offsets[spot]!, offsets[spot + 1]!];
  if (begin === end) return Number.NaN;
  let sum = 0;
  for (let k = begin; k < end; k++) sum += weights[k]! * read[base + at[k]!]!;
  return sum;
}

function combined(how: PointQuantity['combine'], x: number, y: number): number {
  switch (how) {
    case 'value':
      return x;
    case 'speed':
      return Math.sqrt(x * x + y * y);
    case 'direction':
      return directionOf(x, y);
  }
}

/** Whence the wind (u, v) blows: degrees clockwise from north, 0 ≤ d < 360; NaN of a calm. */
export function directionOf(u: number, v: number): number {
  if (u === 0 && v === 0) return Number.NaN;
  const degrees = (Math.atan2(-u, -v) * 180) / Math.PI;
  const positive = degrees < 0 ? degrees + 360 : degrees;
  return positive === 360 ? 0 : positive + 0;
}

/** Bytes of a read and of what is made of it: float32 as read, float64 as computed, made in time and judged. */
export function spotBytes(
  quantity: PointQuantity,
  leads: number,
  rows: number,
  spots: number,
  points: number,
): number {
  return leads * rows * (4 * quantity.channels.length * points + 24 * spots);
}

/** Adds the grid points that a spot needs to a set. */
export function addNeeded(quantity: PointQuantity, spot: Spot, needed: Set<number>): void {
  for (let component = 0; component < quantity.components; component++) {
    for (let k = 0; k < spot.points.length; k++) {
      for (const { point } of quantity.terms(component, spot.points[k]!) ?? []) needed.add(point);
    }
  }
}
