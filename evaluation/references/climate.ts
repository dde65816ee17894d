/**
 * What is usual at every point on a date: a distribution made of training states, its mean and its quantiles, in the
 * channel's unit. References are scored by it, anomalies are taken from it, and events are defined by it.
 * Means and quantiles are kept by valid time; of the distributions, a hundred times larger, only the last one asked
 * for, whatever the number of channels: a verification asks all it wants of a date before it goes on to the next.
 */
import type { SampleDistribution } from './sampleDistribution.js';
import { strideThrough, type TrainingSeries } from './trainingSeries.js';

export interface Climate {
  /** What was chosen inside the training years. */
  readonly summary: string;
  /** @throws {PlumeError} data, when the training period has no states for the date */
  distribution(validTime: number): SampleDistribution;
  /** [point]; shared, not to be written. */
  mean(validTime: number): Float64Array;
  /**
   * Type-7 quantiles.
   * @param probabilities 0 … 1
   * @returns [probability, point]; shared, not to be written
   */
  quantiles(validTime: number, probabilities: readonly number[]): Float32Array;
  /** Some of the training states that stand for the date, as the members of an ensemble: for scores of whole fields. */
  states(validTime: number): ClimateStates;
}

export interface ClimateStates {
  /** [member, point]; shared, not to be written. */
  readonly members: Float32Array;
  readonly memberCount: number;
  /** Whether two members count as two draws. */
  readonly independent: (a: number, b: number) => boolean;
}

/** States of {@link Climate.states}, at most. */
export const mostStates = 50;

/** Of means and quantiles, a channel. */
const keptBytes = 64 * 2 ** 20;
/** Float32 values of a sample on a large grid. */
const sampleValues = 2 ** 24;

/**
 * Members of the distribution of one date: neighbouring days say much the same, so of very many, evenly spread ones
 * serve as well, and on large grids fewer do.
 */
export function mostMembers(points: number): number {
  return Math.max(100, Math.min(500, Math.floor(sampleValues / points)));
}

/** Bytes that climates of so many channels hold beside the training series, at most. */
export function climateBytes(points: number, channels: number): number {
  const members = mostMembers(points);
  // The sample, sorted by years, and sorted, with partial sums of every 32nd value; mean, variance, difference of pairs.
  const distribution = points * (4 * (members * 3 + mostStates) + 8 * (Math.floor(members / 32) + 1) + 24);
  return distribution + channels * Math.max(keptBytes, 12 * points);
}

/** The one distribution kept, and whose it is. */
let latest: {
  readonly of: object;
  readonly validTime: number;
  readonly distribution: SampleDistribution;
} | null = null;

/**
 * @param build makes the distribution of a date
 * @param states makes its states
 */
export function seasonalClimate(
  points: number,
  summary: string,
  build: (validTime: number) => SampleDistribution,
  states: (validTime: number) => ClimateStates,
): Climate {
  const own = {};
  const distribution = (validTime: number): SampleDistribution => {
    if (latest?.of === own && latest.validTime === validTime) return latest.distribution;
    // Let go of before the next is made: two would not be foretold.
    latest = null;
    latest = { of: own, validTime, distribution: build(validTime) };
    return latest.distribution;
  };
  const means = new ByDate<Float64Array>(Math.floor(keptBytes / 4 / (8 * points)));
  const quantiles = new Map<string, ByDate<Float32Array>>();
  return {
    summary,
    distribution,
    states,
    mean: (validTime) => means.get(validTime, () => distribution(validTime).mean),
    quantiles(validTime, probabilities) {
      const key = probabilities.join(' ');
      const bytes = 4 * points * Math.max(1, probabilities.length);
      const kept = quantiles.get(key) ?? new ByDate<Float32Array>(Math.floor((0.75 * keptBytes) / bytes));
      quantiles.set(key, kept);
      return kept.get(validTime, () => quantileFields(distribution(validTime), points, probabilities));
    },
  };
}

/** A climate that is the same on every date. */
export function constantClimate(
  summary: string,
  distribution: SampleDistribution,
  states: ClimateStates,
): Climate {
  const quantiles = new Map<string, Float32Array>();
  return {
    summary,
    distribution: () => distribution,
    states: () => states,
    mean: () => distribution.mean,
    quantiles(_, probabilities) {
      const key = probabilities.join(' ');
      const found =
        quantiles.get(key) ?? quantileFields(distribution, distribution.mean.length, probabilities);
      quantiles.set(key, found);
      return found;
    },
  };
}

/** The states of some rows of a training series, evenly spread ones of very many. */
export function copyStates(
  { times, values, weights }: TrainingSeries,
  rows: readonly number[],
  most: number,
): { readonly members: Float32Array; readonly kept: readonly number[] } {
  const points = weights.length;
  const stride = strideThrough(
    rows.map((row) => times[row]!),
    most,
  );
  const kept = rows.filter((_, i) => i % stride === 0);
  const members = new Float32Array(kept.length * points);
  for (const [m, row] of kept.entries())
    members.set(values.subarray(row * points, (row + 1) * points), m * points);
  return { members, kept };
}

function quantileFields(
  distribution: SampleDistribution,
  points: number,
  probabilities: readonly number[],
): Float32Array {
  const out = new Float32Array(probabilities.length * points);
  for (const [i, probability] of probabilities.entries())
    distribution.quantile(probability, out.subarray(i * points, (i + 1) * points));
  return out;
}

/** Values by valid time; when there are too many, the earliest goes, since forecasts move on. */
class ByDate<T> {
  private readonly values = new Map<number, T>();
  private readonly most: number;

  constructor(most: number) {
    this.most = Math.max(1, most);
  }

  get(validTime: number, make: () => T): T {
    const found = this.values.get(validTime);
    if (found !== undefined) return found;
    const made = make();
    this.values.set(validTime, made);
    if (this.values.size > this.most) this.values.delete(Math.min(...this.values.keys()));
    return made;
  }
}
