/**
 * The way of a block of members through time:
 *   x(t + Δt) = x(t) + f_w(x(t), x(t − Δt)) + σ_v(x(t)) ⊙ B η(t)
 * with w kept for the whole forecast and η drawn anew each step from the member's own stream.
 * Arrays are [member, channel, lat, lon] with members in order of their index; physical units.
 */
import { dataError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type { ForecastModel, PatternStream, Perturbation } from '../core/interfaces.js';
import { channelName } from '../core/schema.js';
import { formatTime } from '../core/time.js';
import type { MemberBlock } from './design.js';

export interface TrajectoryRequest {
  readonly seed: number;
  /** Valid time of the analysis, milliseconds since 1970. */
  readonly start: number;
  /** Newest first: analysis, the state one step before it, …; each [channel, lat, lon]. */
  readonly analysis: readonly Float32Array[];
  readonly block: MemberBlock;
  readonly noiseStreams: number;
  readonly steps: number;
  /** Most members in one call of the model; changes speed and memory, never a value. */
  readonly batchMembers: number;
}

interface Batch {
  readonly weightSamples: readonly number[];
  readonly rowsPerSample: number;
  readonly firstRow: number;
}

/**
 * Yields the states after each step. The array is reused: copy or write it before asking for the next.
 * @throws {PlumeError} data, when a member stops being finite, naming member, channel and lead
 */
export async function* trajectory(
  model: ForecastModel,
  perturbation: Perturbation,
  request: TrajectoryRequest,
): AsyncGenerator<Float32Array> {
  const { block, noiseStreams, start } = request;
  const points = gridSize(model.schema.grid);
  const channels = model.schema.channels.length;
  const stateLength = channels * points;
  const rows = block.weightSamples * noiseStreams;
  const stepMilliseconds = model.stepHours * 3_600_000;

  let history: Float32Array[] = request.analysis.map((state) => repeat(state, rows));
  let next: Float32Array = new Float32Array(rows * stateLength);
  const pattern = new Float32Array(points);
  const streams: PatternStream[] = Array.from({ length: rows }, (_, row) =>
    perturbation.stream({
      seed: request.seed,
      start,
      weightSample: block.firstWeightSample + Math.floor(row / noiseStreams),
      noiseStream: row % noiseStreams,
    }),
  );

  for (let step = 0; step < request.steps; step++) {
    const validTime = start + step * stepMilliseconds;
    for (const batch of batches(block, noiseStreams, request.batchMembers)) {
      const from = batch.firstRow * stateLength;
      const batchRows = batch.weightSamples.length * batch.rowsPerSample;
      const to = from + batchRows * stateLength;
      const result = await model.step({
        weightSamples: batch.weightSamples,
        rowsPerSample: batch.rowsPerSample,
        history: history.map((states) => states.subarray(from, to)),
        validTime,
      });
      next.set(result.mean, from);
      if (result.amplitude === null) continue;
      for (let row = 0; row < batchRows; row++) {
        streams[batch.firstRow + row]!.next(pattern);
        addNoise(next, from + row * stateLength, result.amplitude, row * stateLength, pattern, channels);
      }
    }
    const broken = next.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0) {
      const member = block.firstWeightSample * noiseStreams + Math.floor(broken / stateLength);
      const channel = model.schema.channels[Math.floor((broken % stateLength) / points)]!;
      throw dataError(
        `start ${formatTime(start)}: member ${member} stopped being finite in ${channelName(channel)} at ` +
          `lead ${(step + 1) * model.stepHours} h; check the analysis, or the model with plume verify`,
      );
    }
    const oldest = history[history.length - 1]!;
    history = [next, ...history.slice(0, -1)];
    yield next;
    next = oldest;
  }
}

/** x ← x + σ ⊙ pattern, one pattern for every channel. */
function addNoise(
  states: Float32Array,
  at: number,
  amplitude: Float32Array,
  amplitudeAt: number,
  pattern: Float32Array,
  channels: number,
): void {
  const points = pattern.length;
  for (let channel = 0; channel < channels; channel++) {
    const offset = channel * points;
    for (let point = 0; point < points; point++) {
      states[at + offset + point]! += amplitude[amplitudeAt + offset + point]! * pattern[point]!;
    }
  }
}

function repeat(state: Float32Array, rows: number): Float32Array {
  const states = new Float32Array(rows * state.length);
  for (let row = 0; row < rows; row++) states.set(state, row * state.length);
  return states;
}

/** Whole weight samples while they fit, else parts of one: a batch never mixes unequal numbers of rows. */
function batches(block: MemberBlock, noiseStreams: number, batchMembers: number): Batch[] {
  const list: Batch[] = [];
  const samples = Math.max(1, Math.floor(batchMembers / noiseStreams));
  const rows = Math.max(1, Math.min(noiseStreams, batchMembers));
  for (let k = 0; k < block.weightSamples; k += samples) {
    const count = Math.min(samples, block.weightSamples - k);
    const weightSamples = Array.from({ length: count }, (_, i) => block.firstWeightSample + k + i);
    for (let j = 0; j < noiseStreams; j += rows) {
      const rowsPerSample = Math.min(rows, noiseStreams - j);
      list.push({ weightSamples, rowsPerSample, firstRow: k * noiseStreams + j });
    }
  }
  return list;
}
