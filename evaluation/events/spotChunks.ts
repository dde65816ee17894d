/**
 * Many sites over the same grid: chunks of spots that are read together, and what is gathered of each site while the chunks
 * that hold its spots pass by. A site's spots are consecutive, so that few sites are open at a time.
 */
import type { Condition } from './event.js';
import type { PointQuantity } from './quantities.js';
import { addNeeded, type Spot } from './spots.js';

/** A share of a site's spots that lie in a chunk. */
export interface Piece {
  readonly gathered: Gathered;
  /** Numbers of the spots within the chunk, and their weights in the mean. */
  readonly spots: readonly number[];
  readonly weights: readonly number[];
  readonly last: boolean;
}

/** What is known of a site while its spots are passed through. */
export class Gathered {
  /** any: [row], largest standing so far; all: [lead, row], least standing; mean: [lead, row], weighted sum. */
  readonly series: Float64Array;
  /** mean against a percentile: [lead, row of the climatology], weighted sum. */
  readonly climate: Float64Array;
  readonly missing: Uint8Array;
  weight = 0;
  kept = 0;
  leftOut = 0;

  constructor(
    readonly site: number,
    readonly whole: boolean,
    join: Condition['join'],
    leads: number,
    rows: number,
    climateRows: number,
  ) {
    this.missing = new Uint8Array(rows);
    this.series = new Float64Array(join === 'any' ? rows : leads * rows);
    if (join === 'any') this.series.fill(Number.NEGATIVE_INFINITY);
    if (join === 'all') this.series.fill(Number.POSITIVE_INFINITY);
    this.climate = new Float64Array(join === 'mean' ? leads * climateRows : 0);
  }
}

/** Spots that are read together; grid points that several sites share are one spot. */
export class Chunk {
  readonly spots: Spot[] = [];
  readonly needed = new Set<number>();
  readonly pieces: Piece[] = [];
  readonly #byPoint = new Map<number, number>();

  /** @param point where the spot is a grid point @returns its number in the chunk */
  add(quantity: PointQuantity, spot: Spot, point: number | null): number {
    const known = point === null ? undefined : this.#byPoint.get(point);
    if (known !== undefined) return known;
    const number = this.spots.push(spot) - 1;
    addNeeded(quantity, spot, this.needed);
    if (point !== null) this.#byPoint.set(point, number);
    return number;
  }
}

/** Largest (any) or least (all) standing over the spots of a site. @param held [element, spot] */
export function keepBest(
  { gathered, spots: numbers }: Piece,
  left: Uint8Array,
  held: Float64Array,
  spots: number,
  elements: number,
  join: 'any' | 'all',
): void {
  const { series } = gathered;
  const kept = numbers.filter((number) => left[number] === 0);
  for (let element = 0; element < elements; element++) {
    let best = series[element]!;
    for (const number of kept) {
      const z = held[element * spots + number]!;
      if (join === 'any' ? z > best : z < best) best = z;
    }
    series[element] = best;
  }
}

/** @param values [lead, row, spot] @param sums [lead, row], added to */
export function addMean(
  { spots: numbers, weights }: Piece,
  left: Uint8Array,
  values: Float64Array,
  spots: number,
  sums: Float64Array,
): void {
  for (let element = 0; element < sums.length; element++) {
    let sum = sums[element]!;
    for (let k = 0; k < numbers.length; k++) {
      if (left[numbers[k]!] === 0) sum += weights[k]! * values[element * spots + numbers[k]!]!;
    }
    sums[element] = sum;
  }
}

export function countPoints(
  { gathered, spots: numbers, weights }: Piece,
  left: Uint8Array,
  missing: Uint8Array,
  rows: number,
  spots: number,
): void {
  numbers.forEach((number, k) => {
    if (left[number] === 1) {
      gathered.leftOut++;
      return;
    }
    gathered.kept++;
    gathered.weight += weights[k]!;
    for (let row = 0; row < rows; row++) gathered.missing[row]! |= missing[row * spots + number]!;
  });
}
