/**
 * The training series as a network sees it: anomalies z = (x − c(t)) / s of consecutive states, and the
 * batches drawn from it. Arrays are [time, channel, lat, lon], float32, without units.
 */
import { requireFinite } from '../../../core/archive/finite.js';
import { gridSize } from '../../../core/grid.js';
import type { Archive } from '../../../core/interfaces.js';
import { type Period, timesInside } from '../../../core/period.js';
import { shuffle } from '../../../core/random/stream.js';
import type { State } from '../../../core/state.js';
import { CycleFit, type CycleOptions, evaluateSeasonalCycle, type SeasonalCycle } from '../seasonalCycle.js';
import { type HeldSource, heldSource } from './anomalySource.js';

export { type AnomalySeries, gatherStates, samplePositions } from './anomalySource.js';

/** Reads the complete states of a period one by one. @throws {PlumeError} data, naming a field with gaps */
export async function* statesInside(archive: Archive, period: Period, name: string): AsyncGenerator<State> {
  for (const index of timesInside(archive.times, period)) {
    const state = await archive.read(index);
    requireFinite(state, name);
    yield state;
  }
}

/**
 * Reads the states of a period once: their climate, and their anomalies about it, made in place.
 * @throws {PlumeError} data, for gaps, too few states, or a channel that never varies
 */
export async function readTrainingSeries(
  archive: Archive,
  period: Period,
  options: CycleOptions,
  name: string,
): Promise<{ cycle: SeasonalCycle; series: HeldSource }> {
  const indices = timesInside(archive.times, period);
  const channels = archive.schema.channels.length;
  const points = gridSize(archive.schema.grid);
  const stateLength = channels * points;
  const values = new Float32Array(indices.length * stateLength);
  const times = Float64Array.from(indices, (index) => archive.times[index]!);
  const fit = new CycleFit(options);
  let row = 0;
  for await (const state of statesInside(archive, period, name)) {
    fit.add(state);
    values.set(state.values, row++ * stateLength);
  }
  const cycle = fit.finish();
  const climate = new Float32Array(stateLength);
  times.forEach((time, t) => {
    evaluateSeasonalCycle(cycle, time, climate);
    const at = t * stateLength;
    for (let c = 0; c < channels; c++) {
      const scale = cycle.scale[c]!;
      for (let i = c * points; i < (c + 1) * points; i++) {
        values[at + i] = (values[at + i]! - climate[i]!) / scale;
      }
    }
  });
  return { cycle, series: heldSource({ times, stateLength, values }) };
}

/**
 * The samples of training step `step`: epochs are permutations keyed by seed and epoch, so any step's batch
 * can be remade alone, and a resumed training sees what an uninterrupted one would.
 */
export function batchPositions(
  positions: Int32Array,
  { seed, stage, step, batch }: { seed: number; stage: number; step: number; batch: number },
): Int32Array {
  const perEpoch = Math.max(1, Math.floor(positions.length / batch));
  const epoch = Math.floor(step / perEpoch);
  const order = shuffle(
    { seed, weightSample: stage, noiseStream: 0, purpose: 'shuffle', step: epoch },
    positions.length,
  );
  const first = (step % perEpoch) * batch;
  return Int32Array.from({ length: batch }, (_, i) => positions[order[(first + i) % positions.length]!]!);
}
