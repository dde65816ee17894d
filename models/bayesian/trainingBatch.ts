/**
 * The data of one training step: states and truth from the archive, seasons, and every random number, each keyed
 * by (seed, stage, step), so that any step can be remade alone.
 */
import type { Perturbation } from '../../core/interfaces.js';
import { normals, uniforms } from '../../core/random/stream.js';
import { seasonBasis } from '../../core/season.js';
import type { Network } from './network.js';
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
  for (let back = 0; back < network.historyLength; back++) {
    gatherStates(series, batch, -back, buffer(`state.${back}`));
  }
  for (let s = 0; s < phase.rollout; s++) {
    gatherStates(series, batch, s + 1, buffer(`truth.${s}`));
    const season = buffer(`season.${s}`);
    const width = season.length / batch.length;
    batch.forEach((position, i) => {
      season.set(seasonBasis(series.times[position + s]!, network.harmonics), i * width);
    });
  }
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

/** Patterns of every step of the rollout, each [S, R, points]: a row's stream goes on from step to step. */
function fillPatterns(
  { noise, seed }: StepSources,
  { index, stage, phase, step }: StepPlace,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const patterns = Array.from({ length: phase.rollout }, (_, s) => buffers.get(`pattern.${s}`));
  const rows = stage.noiseStreams * phase.batch;
  for (let row = 0; row < stage.weightSamples * rows; row++) {
    const stream = noise.stream({
      seed,
      // training steps take the place of start dates: each has noise of its own
      start: (index + 1) * 1e9 + step,
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
