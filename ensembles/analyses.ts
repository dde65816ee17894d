/**
 * The analyses that forecasts start from: true states of the archive, where asked with an analysis error, in memory that
 * the workers share. Each is read once, in rising order of time and one after the other, since an archive that is
 * computed on the fly integrates forward.
 */
import { findTime, requireFinite } from '../core/archive/finite.js';
import { interruptedError } from '../core/errors.js';
import type { Archive } from '../core/interfaces.js';
import { millisecondsPerHour } from '../core/time.js';
import type { AddAnalysisError } from '../perturbations/initial/stateDifference.js';
import type { Limits } from '../perturbations/limits.js';
import type { StatePool } from '../perturbations/source.js';

/** Where states come from, and how many a model needs of each time. */
export interface AnalysisSource {
  readonly archive: Archive;
  /** Named in messages. */
  readonly archiveName: string;
  /** States of each time, one step of the model apart. */
  readonly historyLength: number;
  readonly stepHours: number;
}

/** The times of a state and those before it, newest first. */
export function historyTimes(
  { historyLength, stepHours }: Pick<AnalysisSource, 'historyLength' | 'stepHours'>,
  time: number,
): number[] {
  return Array.from({ length: historyLength }, (_, back) => time - back * stepHours * millisecondsPerHour);
}

/**
 * Indices in the archive of a time and those before it that a model needs, newest first.
 * @throws {PlumeError} data, when the archive lacks one
 */
export function requireHistory(source: AnalysisSource, time: number): number[] {
  return historyTimes(source, time).map((each) => findTime(source.archive, each, source.archiveName));
}

/** Newest first, each [channel, lat, lon]. */
async function readHistory(
  source: AnalysisSource,
  time: number,
  place: (age: number, length: number) => Float32Array,
): Promise<Float32Array[]> {
  const indices = requireHistory(source, time);
  const states: Float32Array[] = [];
  for (let age = indices.length - 1; age >= 0; age--) {
    const state = await source.archive.read(indices[age]!);
    requireFinite(state, source.archiveName);
    const to = place(age, state.values.length);
    to.set(state.values);
    states.unshift(to);
  }
  return states;
}

function sharedArray(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

/**
 * The states of some dates and those before them, in one piece of shared memory.
 * @param dates rising
 * @throws {PlumeError} data, for missing values; interrupted, when the signal aborts
 */
export async function readStatePool(
  source: AnalysisSource,
  dates: readonly number[],
  signal: AbortSignal,
): Promise<StatePool> {
  let pool: Float32Array | undefined;
  for (const [row, date] of dates.entries()) {
    if (signal.aborted) {
      throw interruptedError('stopped while reading the archive; run the same command again to go on');
    }
    await readHistory(source, date, (age, length) => {
      pool ??= sharedArray(source.historyLength * dates.length * length);
      const from = (age * dates.length + row) * length;
      return pool.subarray(from, from + length);
    });
  }
  const whole = pool ?? sharedArray(0);
  const perAge = whole.length / source.historyLength;
  return {
    dates: dates.length,
    states: Array.from({ length: source.historyLength }, (_, age) =>
      whole.subarray(age * perAge, (age + 1) * perAge),
    ),
  };
}

export interface Analyses {
  /** Newest first. Asked for in any order, read in the order asked for; kept until released. */
  of(start: number): Promise<Float32Array[]>;
  release(start: number): void;
}

export interface AnalysesOptions {
  readonly seed: number;
  /** Analyses of so many times more, each with an error of its own (default 0). */
  readonly stepsBack?: number;
  /** Null: analyses are the truth. */
  readonly error: AddAnalysisError | null;
  /** What analyses with errors are held within. */
  readonly limits?: Limits | null;
}

/** @param source its history is the model's */
export function createAnalyses(
  source: AnalysisSource,
  { seed, stepsBack = 0, error, limits = null }: AnalysesOptions,
): Analyses {
  const kept = new Map<number, Promise<Float32Array[]>>();
  let last: Promise<unknown> = Promise.resolve();
  const whole = { ...source, historyLength: source.historyLength + stepsBack };
  const read = async (start: number): Promise<Float32Array[]> => {
    const states = await readHistory(whole, start, (_, length) => sharedArray(length));
    if (error === null) return states;
    const times = historyTimes(whole, start);
    const erring = (from: number, to: number): void => {
      const truth = limits === null ? [] : states.slice(from, to).map((state) => state.slice());
      error({ seed, start: times[from] ?? start }, states.slice(from, to));
      truth.forEach((state, age) => {
        limits?.apply(states[from + age]!, state);
      });
    };
    erring(0, source.historyLength);
    for (let age = source.historyLength; age < states.length; age++) erring(age, age + 1);
    return states;
  };
  return {
    of: (start) => {
      let states = kept.get(start);
      if (states === undefined) {
        // one at a time; what failed before is told to whoever asked for it
        states = last.catch(() => undefined).then(() => read(start));
        last = states;
        kept.set(start, states);
      }
      return states;
    },
    release: (start) => {
      kept.delete(start);
    },
  };
}
