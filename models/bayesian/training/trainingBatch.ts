/**
 * The data of one training step: states and truth from the archive, seasons, and every random number, each keyed
 * by (seed, stage, step), so that any step can be remade alone.
 */
import { internalError } from '../../../core/errors.js';
import { gridSize } from '../../../core/grid.js';
import type { MemberKey } from '../../../core/interfaces.js';
import { type DrawKey, uniforms } from '../../../core/random/stream.js';
import { timeBasis } from '../../../core/season.js';
import type { Network } from '../networks/network.js';
import { addView, type View } from '../networks/zonalSymmetry.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import type { SampleBatch, SampleLoader } from './sampleLoader.js';
import type { Phase, Stage } from './stages.js';

/** Which step: of which stage and phase, counted from the start of the stage. */
export interface StepPlace {
  readonly index: number;
  readonly stage: Stage;
  readonly phase: Phase;
  readonly step: number;
}

/** Patterns of variance 1 that fill in the amplitude of the noise, step after step: perturbations/fields/randomField.ts. */
export interface NoisePatterns {
  streams(keys: readonly MemberKey[]): {
    /** Those of consecutive streams at their next step. @param out [stream, lat, lon] */
    next(first: number, count: number, out: Float32Array): void;
  };
}

export interface StepSources {
  readonly network: Network;
  readonly loader: Pick<SampleLoader, 'stateLength' | 'stepMilliseconds' | 'pool'>;
  readonly noise: NoisePatterns;
  readonly seed: number;
  /** What the weights of the step are drawn from. */
  readonly family: Pick<WeightFamily, 'drawShapes' | 'fillDraw'>;
}

/** Streams whose state is held at a time: as many fields as are made at once. */
const streamsAtOnce = 8;

/** Streams of dropout begin behind those of the draws of weights. */
const dropoutStreams = 2 ** 16;

/**
 * Fills every data input of one step.
 * @param batch the samples of the step, with the network's history and the phase's rollout
 * @param buffers by the names of the graph's data inputs, written
 */
export function fillBatch(
  sources: StepSources,
  place: StepPlace,
  batch: SampleBatch,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const { index, stage, phase, step } = place;
  const { network, loader, seed, family } = sources;
  const buffer = (name: string): Float32Array => buffers.get(name) ?? new Float32Array(0);
  const views = network.symmetry === 'zonal' ? viewsOf(sources, place, batch.times.length) : undefined;
  const gather = (offset: number, out: Float32Array): void => {
    batch.states(offset, out);
    if (views !== undefined) turn(out, network, views);
  };
  for (let back = 0; back < network.historyLength; back++) gather(-back, buffer(`state.${back}`));
  for (let s = 0; s < phase.rollout; s++) {
    gather(s + 1, buffer(`truth.${s}`));
    const season = buffer(`season.${s}`);
    const width = season.length / batch.times.length;
    batch.times.forEach((time, i) => {
      season.set(timeBasis(time + s * loader.stepMilliseconds, network), i * width);
    });
  }
  if (stage.initialError > 0) addErrors(sources, place, buffers);
  if (buffers.has('pattern.0')) fillPatterns(sources, place, buffers);
  const draws = family.drawShapes(stage.weightSamples);
  let stream = dropoutStreams;
  for (const [name, values] of buffers) {
    if (draws.has(name)) family.fillDraw({ seed, stage: index, step }, name, values);
    if (name.startsWith('dropout.')) {
      uniforms({ seed, weightSample: index, noiseStream: stream++, purpose: 'training', step }, values);
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

/** Turns every sample's state, in place. */
function turn(states: Float32Array, { schema, stateLength: n }: Network, views: readonly View[]): void {
  const straight = new Float32Array(n);
  views.forEach((view, i) => {
    const state = states.subarray(i * n, (i + 1) * n);
    straight.set(state);
    state.fill(0);
    addView(straight, schema, view, 1, state);
  });
}

/**
 * Errors like those that forecasts start with: differences of two states of the pool, turned where the world allows,
 * times α/√2. Every analysis gets one, and every member its own where the stage has members.
 */
function addErrors(
  { network, loader, seed }: StepSources,
  place: StepPlace,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const n = loader.stateLength;
  const { dates, history, values } = loader.pool;
  requirePool(loader.pool, network);
  const pooled = (date: number, back: number): Float32Array =>
    values.subarray((date * history + back) * n, (date * history + back + 1) * n);
  const { schema, historyLength, symmetry } = network;
  const columns = schema.grid.longitudes.length;
  const draws = new Float64Array(4);
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
      const first = Math.floor(draws[0]! * dates);
      const other = Math.floor(draws[1]! * (dates - 1));
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
        addView(pooled(first, back), schema, view, factor, out);
        addView(pooled(second, back), schema, view, -factor, out);
      }
    }
  });
}

function requirePool({ dates, history }: SampleLoader['pool'], network: Network): void {
  if (dates >= 2 && history >= network.historyLength) return;
  throw internalError(
    `analysis errors: the loader's pool holds ${dates} dates of ${history} states, the network needs two of ` +
      `${network.historyLength}`,
  );
}

/** Patterns of every step of the rollout, each [S, R, points]: a row's stream goes on from step to step. */
function fillPatterns(
  { network, noise, seed }: StepSources,
  place: StepPlace,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const { stage, phase } = place;
  const points = gridSize(network.schema.grid);
  const perSample = stage.noiseStreams * phase.batch;
  const rows = stage.weightSamples * perSample;
  const start = startOf(place);
  for (let first = 0; first < rows; first += streamsAtOnce) {
    const keys = Array.from({ length: Math.min(streamsAtOnce, rows - first) }, (_, i) => {
      const row = first + i;
      return { seed, start, weightSample: Math.floor(row / perSample), noiseStream: row % perSample };
    });
    const streams = noise.streams(keys);
    for (let s = 0; s < phase.rollout; s++) {
      const out = buffers.get(`pattern.${s}`);
      if (out === undefined) continue;
      streams.next(0, keys.length, out.subarray(first * points, (first + keys.length) * points));
    }
  }
}
