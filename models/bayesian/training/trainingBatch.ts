/**
 * The data of one training step: states and truth from the archive, seasons, and every random number, each keyed
 * by (seed, stage, step), so that any step can be remade alone.
 */
import type { Perturbation } from '../../../core/interfaces.js';
import { type DrawKey, normals, uniforms } from '../../../core/random/stream.js';
import { timeBasis } from '../../../core/season.js';
import type { Network } from '../networks/network.js';
import { addView, type View } from '../networks/zonalSymmetry.js';
import type { Phase, Stage } from './stages.js';
import { type AnomalySeries, gatherStates } from './trainingData.js';

/** Which step: of which stage and phase, counted from the start of the stage. */
export interface StepPlace {
  readonly index: number;
  readonly stage: Stage;
  readonly phase: Phase;
  readonly step: number;
}

export interface StepSources {
  readonly network: Network;
  readonly series: AnomalySeries;
  readonly noise: Perturbation;
  readonly seed: number;
}

/**
 * Fills every data input of one step.
 * @param batch positions of the samples in the series
 * @param buffers by the names of the graph's data inputs, written
 */
export function fillBatch(
  sources: StepSources,
  place: StepPlace,
  batch: Int32Array,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const { index, stage, phase, step } = place;
  const { network, series, seed } = sources;
  const buffer = (name: string): Float32Array => buffers.get(name) ?? new Float32Array(0);
  const views = network.symmetry === 'zonal' ? viewsOf(sources, place, batch.length) : undefined;
  const gather = (offset: number, out: Float32Array): void => {
    if (views === undefined) gatherStates(series, batch, offset, out);
    else gatherViews(sources, batch, offset, views, out);
  };
  for (let back = 0; back < network.historyLength; back++) gather(-back, buffer(`state.${back}`));
  for (let s = 0; s < phase.rollout; s++) {
    gather(s + 1, buffer(`truth.${s}`));
    const season = buffer(`season.${s}`);
    const width = season.length / batch.length;
    batch.forEach((position, i) => {
      season.set(timeBasis(series.times[position + s]!, network), i * width);
    });
  }
  if (stage.initialError > 0) addErrors(sources, place, buffers);
  if (buffers.has('pattern.0')) fillPatterns(sources, place, buffers);
  let stream = 0;
  for (const [name, values] of buffers) {
    const key = { seed, weightSample: index, noiseStream: ++stream, purpose: 'training', step } as const;
    if (name.startsWith('draw.')) normals(key, values);
    if (name.startsWith('dropout.')) {
      uniforms(key, values);
      const share = name.startsWith('dropout.hidden') ? 2 * stage.dropout : stage.dropout;
      for (let i = 0; i < values.length; i++) values[i] = values[i]! < share ? 0 : 1 / (1 - share);
    }
  }
}

/** Training steps take the place of start dates: each has draws of its own. */
function startOf({ index, step }: StepPlace): number {
  return (index + 1) * 1e9 + step;
}

/** A rotation for every sample. The mirror would be no news: the network is symmetric in it. */
function viewsOf({ network, seed }: StepSources, place: StepPlace, samples: number): View[] {
  const draws = new Float64Array(samples);
  const key = { seed, start: startOf(place), weightSample: 0, noiseStream: 0, purpose: 'training' } as const;
  uniforms({ ...key, step: 0 }, draws);
  const columns = network.schema.grid.longitudes.length;
  return Array.from(draws, (draw) => ({ columns: Math.floor(draw * columns), mirrored: false }));
}

function gatherViews(
  { network, series }: StepSources,
  batch: Int32Array,
  offset: number,
  views: readonly View[],
  out: Float32Array,
): void {
  const n = series.stateLength;
  out.fill(0);
  batch.forEach((position, i) => {
    const view = views[i] ?? { columns: 0, mirrored: false };
    addView(stateAt(series, position + offset), network.schema, view, 1, out.subarray(i * n, (i + 1) * n));
  });
}

function stateAt({ values, stateLength }: AnomalySeries, position: number): Float32Array {
  return values.subarray(position * stateLength, (position + 1) * stateLength);
}

/**
 * Errors like those that forecasts start with: differences of two states of the series, turned where the world allows,
 * times α/√2. Every analysis gets one, and every member its own where the stage has members.
 */
function addErrors(
  { network, series, seed }: StepSources,
  place: StepPlace,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const n = series.stateLength;
  const { schema, historyLength, symmetry } = network;
  const columns = schema.grid.longitudes.length;
  const draws = new Float64Array(4);
  const oldest = historyLength - 1;
  ['state', 'initial'].forEach((kind, purpose) => {
    const newest = buffers.get(`${kind}.0`);
    if (newest === undefined) return;
    for (let row = 0; row * n < newest.length; row++) {
      const key: DrawKey = {
        seed,
        start: startOf(place),
        weightSample: purpose,
        noiseStream: row,
        purpose: 'initial',
        step: 0,
      };
      uniforms(key, draws);
      const there = series.times.length - oldest;
      const first = oldest + Math.floor(draws[0]! * there);
      const other = oldest + Math.floor(draws[1]! * (there - 1));
      const second = other < first ? other : other + 1;
      const view: View =
        symmetry === 'zonal'
          ? { columns: Math.floor(draws[2]! * columns), mirrored: draws[3]! < 0.5 }
          : { columns: 0, mirrored: false };
      const factor = place.stage.initialError / Math.SQRT2;
      for (let back = 0; back < historyLength; back++) {
        const out = buffers.get(`${kind}.${back}`)?.subarray(row * n, (row + 1) * n);
        if (out === undefined) continue;
        if (kind === 'initial') out.fill(0);
        addView(stateAt(series, first - back), schema, view, factor, out);
        addView(stateAt(series, second - back), schema, view, -factor, out);
      }
    }
  });
}

/** Patterns of every step of the rollout, each [S, R, points]: a row's stream goes on from step to step. */
function fillPatterns(
  { noise, seed }: StepSources,
  place: StepPlace,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const { stage, phase } = place;
  const patterns = Array.from({ length: phase.rollout }, (_, s) => buffers.get(`pattern.${s}`));
  const rows = stage.noiseStreams * phase.batch;
  for (let row = 0; row < stage.weightSamples * rows; row++) {
    const stream = noise.stream({
      seed,
      start: startOf(place),
      weightSample: Math.floor(row / rows),
      noiseStream: row % rows,
    });
    for (const out of patterns) {
      if (out === undefined) continue;
      const points = out.length / (stage.weightSamples * rows);
      stream.next(out.subarray(row * points, (row + 1) * points));
    }
  }
}
