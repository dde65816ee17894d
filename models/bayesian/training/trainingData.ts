/**
 * The states of a period, read once from its archive: their climate is fitted, gaps are found, and where they fit into
 * the memory allowed their anomalies stay in it. Otherwise they are read again whenever they are needed, and what is held
 * does not grow with the period.
 */
import { availableMemoryBytes } from '../../../core/availableMemory.js';
import { dataError } from '../../../core/errors.js';
import { gridSize } from '../../../core/grid.js';
import type { Archive } from '../../../core/interfaces.js';
import { formatPeriod, type Period, timesInside } from '../../../core/period.js';
import { CycleFit, type CycleOptions, evaluateSeasonalCycle, type SeasonalCycle } from '../seasonalCycle.js';
import { type AnomalySource, heldSource } from './anomalySource.js';
import { type GapPolicy, gapError, isComplete } from './gaps.js';
import { type StateSource, visitStates } from './stateReading.js';

export interface TrainingDataOptions {
  /** As messages name the archive: 'archive "era5.nc"'. */
  readonly name: string;
  /** How the climate is fitted, or the climate that another period was given. */
  readonly climate: CycleOptions | SeasonalCycle;
  /** Default raise. */
  readonly gaps?: GapPolicy;
  /** Bytes that states may hold; default `memoryBudget()`. */
  readonly budgetBytes?: number;
}

export interface TrainingData {
  readonly cycle: SeasonalCycle;
  /** Positions count the times of the period. */
  readonly source: AnomalySource;
  /** States with missing values, left out. */
  readonly gaps: number;
}

const most = 2 ** 30;

/**
 * Bytes for states by default: a quarter of the memory that is free, at most 1 GiB, and a power of two, so that a
 * training resumed when a little less is free keeps its order of samples.
 */
export function memoryBudget(available: number = availableMemoryBytes()): number {
  return Math.min(most, 2 ** Math.floor(Math.log2(Math.max(2 ** 20, available / 4))));
}

/**
 * @throws {PlumeError} data, for gaps under policy raise, for too few states, or for a channel that never varies
 */
export async function readTrainingData(
  archive: Archive,
  period: Period,
  options: TrainingDataOptions,
): Promise<TrainingData> {
  const { name, climate, gaps: policy = 'raise', budgetBytes = memoryBudget() } = options;
  const states = statesInside(archive, period);
  const { times, stateLength } = states;
  const fit = 'coefficients' in climate ? undefined : new CycleFit(climate);
  const held =
    4 * times.length * stateLength <= budgetBytes ? new Float32Array(times.length * stateLength) : null;
  const complete = new Uint8Array(times.length);
  for await (const { position, states: values } of visitStates(states, Int32Array.from(times.keys()))) {
    const state = { schema: archive.schema, validTime: times[position] ?? Number.NaN, values };
    if (isComplete(values)) {
      complete[position] = 1;
      fit?.add(state);
    } else if (policy === 'raise') throw gapError(state, name);
    held?.set(values, position * stateLength);
  }
  const gaps = complete.reduce((sum, whole) => sum + 1 - whole, 0);
  if (times.length > 0 && gaps === times.length) {
    throw dataError(
      `${name}: every one of the ${gaps} states of ${formatPeriod(period)} has missing values and --nan-policy omit leaves ` +
        'none; choose variables and a region without gaps',
    );
  }
  const fitted = fit?.finish() ?? (climate as SeasonalCycle);
  const points = gridSize(archive.schema.grid);
  const toAnomalies = anomaliesAbout(fitted, times, stateLength, points);
  let source: AnomalySource;
  if (held !== null) {
    toAnomalies(0, held);
    source = heldSource({ times, stateLength, values: held, complete });
  } else {
    const read: StateSource['read'] = async (first, count, out) => {
      await states.read(first, count, out);
      toAnomalies(first, out.subarray(0, count * stateLength));
    };
    source = { ...states, complete, read };
  }
  const cycle = fit === undefined ? fitted : { ...fitted, widest: await widestAnomalies(source, points) };
  return { cycle, gaps, source };
}

/** [channel]: the largest root mean square over points that a complete state has. */
async function widestAnomalies(source: AnomalySource, points: number): Promise<Float32Array> {
  const widest = new Float32Array(source.stateLength / points);
  const whole = Int32Array.from(source.times.keys()).filter((position) => source.complete[position] === 1);
  for await (const { states } of visitStates(source, whole)) {
    for (let c = 0; c < widest.length; c++) {
      let squares = 0;
      for (let i = c * points; i < (c + 1) * points; i++) squares += states[i]! ** 2;
      widest[c] = Math.max(widest[c]!, Math.sqrt(squares / points));
    }
  }
  return widest;
}

/** The states of a period of an archive, physical units, NaN where missing. */
function statesInside(archive: Archive, period: Period): StateSource {
  const indices = timesInside(archive.times, period);
  const start = indices[0] ?? 0;
  const stateLength = archive.schema.channels.length * gridSize(archive.schema.grid);
  const inside = archive.stretches?.pieces.map((piece) => piece - start);
  return {
    times: Float64Array.from(indices, (index) => archive.times[index] ?? Number.NaN),
    stateLength,
    pieces:
      inside === undefined
        ? Int32Array.from(indices.keys())
        : Int32Array.of(0, ...inside.filter((piece) => piece > 0 && piece < indices.length)),
    async read(first, count, out) {
      if (archive.stretches !== undefined) return archive.stretches.read(start + first, count, out);
      for (let i = 0; i < count; i++)
        out.set((await archive.read(start + first + i)).values, i * stateLength);
    },
  };
}

/** Makes states from a position on anomalies, in place. */
function anomaliesAbout(
  cycle: SeasonalCycle,
  times: Float64Array,
  stateLength: number,
  points: number,
): (first: number, states: Float32Array) => void {
  const climate = new Float32Array(stateLength);
  return (first, states) => {
    for (let at = 0; at < states.length; at += stateLength) {
      evaluateSeasonalCycle(cycle, times[first + at / stateLength] ?? Number.NaN, climate);
      for (let c = 0; c * points < stateLength; c++) {
        const scale = cycle.scale[c]!;
        for (let i = c * points; i < (c + 1) * points; i++) {
          states[at + i] = (states[at + i]! - climate[i]!) / scale;
        }
      }
    }
  };
}
