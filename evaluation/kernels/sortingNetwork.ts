/**
 * Sorting networks: a fixed list of compare-exchanges that sorts any values, so that many points are sorted side by
 * side without a branch. Batcher's odd-even merge sort for any number of values (Knuth, The Art of Computer
 * Programming, vol. 3, §5.3.4): sort two halves; to merge two sorted lists, merge their even and their odd places, then
 * compare neighbours. 50 values take 395 exchanges in 21 layers, n values about n/4 · log₂² n.
 *
 * The exchanges come in stretches: either on so few values that a machine holds them in registers throughout, or the
 * last layers of a merge, ordered so that each value is taken up, compared with one neighbour a layer, and done with.
 */
import { internalError } from '../../core/errors.js';

/** [exchange, 2]: the smaller of both values goes to the first place, the larger to the second. */
export type Exchanges = readonly (readonly [number, number])[];

export interface SortingNetwork {
  readonly stretches: readonly Exchanges[];
  /** [n]: place that holds the value of each rank in the end. */
  readonly order: readonly number[];
}

/**
 * @param n values, 1 or more
 * @param registers most values that one stretch works on at the same time, 2 or more
 * @throws {PlumeError} internal, for numbers that are not
 */
export function sortingNetwork(n: number, registers: number): SortingNetwork {
  if (!(n >= 1 && registers >= 2))
    throw internalError(`sorting network of ${n} values in ${registers} registers`);
  const stretches: Exchanges[] = [];
  const places = Array.from({ length: n }, (_, i) => i);
  const order = sorted(places, registers, stretches);
  return { stretches: stretches.filter(({ length }) => length > 0), order };
}

/** Appends the stretches that sort the values at these places; returns the places in rising order. */
function sorted(places: readonly number[], registers: number, stretches: Exchanges[]): readonly number[] {
  const one: [number, number][] = [];
  const sort = (part: readonly number[]): readonly number[] => {
    if (part.length < 2) return part;
    const half = Math.ceil(part.length / 2);
    return merged(sort(part.slice(0, half)), sort(part.slice(half)), one);
  };
  if (places.length <= registers) {
    const order = sort(places);
    stretches.push(one);
    return order;
  }
  const half = Math.ceil(places.length / 2);
  const low = sorted(places.slice(0, half), registers, stretches);
  const high = sorted(places.slice(half), registers, stretches);
  const layers: [number, number][] = [];
  const order = mergedInParts(low, high, registers, stretches, layers);
  stretches.push(placeByPlace(layers, order));
  return order;
}

function merged(
  a: readonly number[],
  b: readonly number[],
  exchanges: [number, number][],
): readonly number[] {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  if (a.length === 1 && b.length === 1) {
    exchanges.push([a[0]!, b[0]!]);
    return [a[0]!, b[0]!];
  }
  const even = merged(everySecond(a, 0), everySecond(b, 0), exchanges);
  const odd = merged(everySecond(a, 1), everySecond(b, 1), exchanges);
  return neighbours(even, odd, exchanges);
}

/** Merges whose lists fit into registers are stretches of their own; the layers above them are appended to `layers`. */
function mergedInParts(
  a: readonly number[],
  b: readonly number[],
  registers: number,
  stretches: Exchanges[],
  layers: [number, number][],
): readonly number[] {
  if (a.length + b.length <= registers) {
    const one: [number, number][] = [];
    const order = merged(a, b, one);
    stretches.push(one);
    return order;
  }
  const part = (parity: number) =>
    mergedInParts(everySecond(a, parity), everySecond(b, parity), registers, stretches, layers);
  const even = part(0);
  return neighbours(even, part(1), layers);
}

/** The last layer of a merge: the odd list lies at most one place off the even one. */
function neighbours(
  even: readonly number[],
  odd: readonly number[],
  exchanges: [number, number][],
): readonly number[] {
  const all = [even[0]!];
  for (let i = 0; i < odd.length || i + 1 < even.length; i++) {
    const [left, right] = [odd[i], even[i + 1]];
    if (left !== undefined && right !== undefined) exchanges.push([left, right]);
    if (left !== undefined) all.push(left);
    if (right !== undefined) all.push(right);
  }
  return all;
}

function everySecond(places: readonly number[], parity: number): readonly number[] {
  return places.filter((_, i) => i % 2 === parity);
}

/** The same exchanges, each as late as its result allows, results in rising order. */
function placeByPlace(exchanges: Exchanges, order: readonly number[]): Exchanges {
  const at = new Map<number, number[]>(order.map((place) => [place, []]));
  exchanges.forEach((pair, i) => {
    for (const place of pair) at.get(place)!.push(i);
  });
  const done = new Set<number>();
  const result: (readonly [number, number])[] = [];
  const demand = (i: number): void => {
    if (done.has(i)) return;
    done.add(i);
    for (const place of exchanges[i]!) for (const earlier of at.get(place)!) if (earlier < i) demand(earlier);
    result.push(exchanges[i]!);
  };
  for (const place of order) for (const i of at.get(place)!) demand(i);
  return result;
}
