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
  const [first, second] = terms.components.map((component) => {
    const fieldOf = (slot: number): number => slot * leads * rows * points.length;
    return {
      ...component,
      at: component.points.map((position, k) => fieldOf(component.slots[k]!) + position),
    };
  });
  const v = new Float64Array(second === undefined ? 0 : spots);
  for (let leadRow = 0; leadRow < leads * rows; leadRow++) {
    const u = values.subarray(leadRow * spots, (leadRow + 1) * spots);
    addUp(first!, read, leadRow * points.length, u);
    if (second !== undefined) addUp(second, read, leadRow * points.length, v);
    const firstMissing = (leadRow % rows) * spots;
    for (let spot = 0; spot < spots; spot++) {
      if (Number.isNaN(u[spot]!) || (second !== undefined && Number.isNaN(v[spot]!))) {
        missing[firstMissing + spot] = 1;
        missingValues[spot]!++;
      }
    }
    combine(quantity.combine, u, v);
  }
  return { values, missing, empty: Uint8Array.from(missingValues, (n) => (n === leads * rows ? 1 : 0)) };
}

/** Sums of weighted values, [spot]; NaN of a spot without terms. */
function addUp(
  { offsets, at, weights }: { offsets: Int32Array; at: Int32Array; weights: Float64Array },
  read: Float32Array,
  base: number,
  out: Float64Array,
): void {
  let k = 0;
  for (let spot = 0; spot < out.length; spot++) {
    const end = offsets[spot + 1]!;
    let sum = k === end ? Number.NaN : 0;
    for (; k < end; k++) sum += weights[k]! * read[base + at[k]!]!;
    out[spot] = sum;
  }
}

/** Of components u and v, [spot]; the first becomes the quantity. */
function combine(how: PointQuantity['combine'], u: Float64Array, v: Float64Array): void {
  switch (how) {
    case 'value':
      return;
    case 'speed':
      for (let i = 0; i < u.length; i++) u[i] = Math.sqrt(u[i]! * u[i]! + v[i]! * v[i]!);
      return;
    case 'direction':
      for (let i = 0; i < u.length; i++) u[i] = directionOf(u[i]!, v[i]!);
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
