/**
 * Exceedance at places: of every member the extreme of a quantity in the window (the deciding variable of "quantity > x", so
 * that duration, area and time are those of events), and of these over members
 *   the curve   probability of exceeding each of some thresholds, each with its interval
 *   quantiles   by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996)
 *   return levels  what is exceeded with probability 1/N within the window: by one member in N. That is not an N-year
 *               event: it is conditional on this forecast (returnLevels.ts, also for archives of annual maxima).
 * Of 'below', extremes are the lowest values, thresholds are fallen short of and return levels lie low.
 */
import { dataError } from '../../core/errors.js';
import { percentile } from '../significance/percentile.js';
import type { SamplingInterval } from './answer.js';
import { type EvaluatedCondition, type EvaluationOptions, evaluateCondition } from './evaluateCondition.js';
import type { Condition } from './event.js';
import { needsSite, type Site } from './places/boundPlace.js';
import { empiricalReturnLevel } from './returnLevels.js';
import { type IntervalMethod, samplingInterval } from './samplingInterval.js';
import type { Trajectories } from './trajectories.js';

/** What is asked, as a condition without its comparison. */
export interface ExtremeRequest extends Omit<Condition, 'kind' | 'comparison'> {
  readonly direction: 'above' | 'below';
}

/** The extremes of members at one place. */
export interface PlaceExtremes {
  readonly unit: string;
  readonly direction: 'above' | 'below';
  /** Of the members without missing values. */
  readonly values: Float64Array;
  readonly missing: number;
}

export interface ExceedanceOptions {
  readonly interval?: IntervalMethod;
  readonly level?: number;
  /** Fewer members than this are not answered for; default 10. 0: callers look at how many there are. */
  readonly minimumMembers?: number;
}

export interface Exceedance {
  readonly threshold: number;
  readonly probability: number;
  readonly interval: SamplingInterval;
}

/**
 * @returns one for every site; a single one where the place is not "here"
 * @throws {PlumeError} as evaluateCondition; data, when fewer members than the minimum have a value
 */
export async function extremesAt(
  request: ExtremeRequest,
  sites: readonly Site[],
  trajectories: Trajectories,
  options: ExceedanceOptions & EvaluationOptions = {},
): Promise<PlaceExtremes[]> {
  const { direction, ...rest } = request;
  const condition: Condition = {
    ...rest,
    kind: 'condition',
    comparison: { kind: direction === 'above' ? '>' : '<', threshold: { kind: 'number', value: 0 } },
  };
  const found = await evaluateCondition(condition, sites, trajectories, options);
  return found.map((evaluated, i) =>
    extremesOf(evaluated, direction, needsSite(request.place) ? sites[i]! : null, options),
  );
}

function extremesOf(
  { unit, deciding, condition }: EvaluatedCondition,
  direction: 'above' | 'below',
  site: Site | null,
  { minimumMembers = 10 }: ExceedanceOptions,
): PlaceExtremes {
  const values = deciding.filter((value) => !Number.isNaN(value));
  const missing = deciding.length - values.length;
  if (values.length < minimumMembers) {
    const where = site === null ? '' : ` at ${site.latitude},${site.longitude}`;
    throw dataError(
      `"${condition.text}"${where}: ${values.length} of ${deciding.length} members have values, fewer than the ` +
        `${minimumMembers} that are needed; make more members, or ask for fewer if so few are enough`,
    );
  }
  return { unit, direction, values, missing };
}

/**
 * Probability of being above (below) each threshold within the window, strictly.
 * @param thresholds unit of the extremes, any order
 */
export function exceedanceCurve(
  { values, direction }: PlaceExtremes,
  thresholds: readonly number[],
  { interval, level }: ExceedanceOptions = {},
): Exceedance[] {
  const sorted = values.slice().sort();
  return thresholds.map((threshold) => {
    const count =
      direction === 'above'
        ? sorted.length - firstBeyond(sorted, threshold, true)
        : firstBeyond(sorted, threshold, false);
    return {
      threshold,
      probability: count / sorted.length,
      interval: samplingInterval(count, sorted.length, interval, level),
    };
  });
}

/** Number of sorted values that are ≤ (or <) the threshold. */
function firstBeyond(sorted: Float64Array, threshold: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const value = sorted[middle]!;
    if (orEqual ? value <= threshold : value < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param shares 0 … 1 */
export function extremeQuantiles({ values }: PlaceExtremes, shares: readonly number[]): number[] {
  const moved = values.slice();
  return shares.map((share) => percentile(moved, share));
}

/**
 * The levels that are exceeded (fallen short of) with probability 1/N within the window.
 * @param windows N of each, above 1 and not more than one more than there are members
 * @throws {PlumeError} usage, when there are too few members
 */
export function ensembleReturnLevels(
  { values, direction }: PlaceExtremes,
  windows: readonly number[],
): number[] {
  if (direction === 'above') return windows.map((n) => empiricalReturnLevel(values, n));
  const negated = values.map((value) => -value);
  return windows.map((n) => -empiricalReturnLevel(negated, n));
}
