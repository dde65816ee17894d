/**
 * Forecasts of an event, sorted into classes of like probability: what reliability diagrams, ROC curves, economic
 * value and the decomposition of the Brier score are made of. Classes rise in probability. Their weights may be
 * numbers of cases or shares of an area: everything made of them is a ratio, unless it says that it needs numbers.
 */
import { internalError } from '../../core/errors.js';

export interface ProbabilityClasses {
  /** [class], 0 … 1: mean probability of the forecasts in the class; NaN where there are none. */
  readonly probability: Float64Array;
  /** [class]: weight of the forecasts in the class. */
  readonly given: Float64Array;
  /** [class]: weight of those whose event happened. */
  readonly happened: Float64Array;
}

/** Which end of a bin belongs to it; the first (right) or the last bin (left) has both. */
export type ClosedEnd = 'left' | 'right';

/**
 * Classes of the shares that verification keeps for each case: class c of C + 1 stands for the probability c / C.
 * @param given, happened [class]
 * @throws {PlumeError} internal, when there are fewer than two classes or lengths do not match
 */
export function classesOfShares(given: Float64Array, happened: Float64Array): ProbabilityClasses {
  const last = given.length - 1;
  if (last < 1 || happened.length !== given.length) {
    throw internalError(`classes of probability: ${given.length} given, ${happened.length} happened`);
  }
  return { probability: given.map((_, c) => c / last), given, happened };
}

/**
 * Classes between edges.
 * @param probabilities [case], within the edges
 * @param outcomes [case], 1 where the event happened, else 0
 * @param edges rising, one more than there are classes
 * @throws {PlumeError} internal, for a probability outside the edges
 */
export function classesBetween(
  probabilities: Float64Array,
  outcomes: Float64Array,
  edges: Float64Array,
  closed: ClosedEnd,
): ProbabilityClasses {
  return classesOf(probabilities, outcomes, edges.length - 1, (p) => classBetween(p, edges, closed));
}

/** One class for every probability that occurs: loses nothing. */
export function classesByValue(probabilities: Float64Array, outcomes: Float64Array): ProbabilityClasses {
  const values = [...new Set(probabilities)].sort((a, b) => a - b);
  const position = new Map(values.map((value, c) => [value, c]));
  return classesOf(probabilities, outcomes, values.length, (p) => position.get(p) ?? -1);
}

/** Class of a probability between edges; −1 outside. */
export function classBetween(probability: number, edges: Float64Array, closed: ClosedEnd): number {
  const last = edges.length - 1;
  if (!(probability >= edges[0]! && probability <= edges[last]!)) return -1;
  let low = 0;
  let high = last;
  // edges[low] ≤ p < edges[high] (left) or edges[low] < p ≤ edges[high] (right), up to the bin with both ends.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const above = closed === 'left' ? probability >= edges[middle]! : probability > edges[middle]!;
    if (above) low = middle;
    else high = middle;
  }
  return low;
}

function classesOf(
  probabilities: Float64Array,
  outcomes: Float64Array,
  count: number,
  classOf: (probability: number) => number,
): ProbabilityClasses {
  if (outcomes.length !== probabilities.length) {
    throw internalError(`${probabilities.length} probabilities, ${outcomes.length} outcomes`);
  }
  const given = new Float64Array(count);
  const happened = new Float64Array(count);
  const sums = new Float64Array(count);
  for (const [i, p] of probabilities.entries()) {
    const c = classOf(p);
    if (!(c >= 0)) throw internalError(`probability ${p} is in no class`);
    given[c]! += 1;
    happened[c]! += outcomes[i]!;
    sums[c]! += p;
  }
  return { probability: sums.map((sum, c) => sum / given[c]!), given, happened };
}

/** Weights of all forecasts and of those whose event happened. */
export function totalsOf({ given, happened }: ProbabilityClasses): { given: number; happened: number } {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  return { given: sum(given), happened: sum(happened) };
}

/** How a number made of classes changes with their weights, at fixed probabilities. */
export interface ClassGradient {
  /** [class]: for each unit of `given`, and of `happened` with `given` fixed. */
  readonly given: Float64Array;
  readonly happened: Float64Array;
}
