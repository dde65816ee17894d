/**
 * The way of a block of members through time:
 *   x(t + Δt) = x(t) + f_w(x(t), x(t − Δt)) + σ_v(x(t)) ⊙ B η(t)
 * with w kept for the whole forecast and η drawn anew each step from the member's own stream, from an initial state
 * of its own where members start apart.
 * Arrays are [member, channel, lat, lon] with members in order of their index; physical units.
 */
import { dataError, isPlumeError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type {
  ForecastModel,
  InitialPerturbation,
  MemberKey,
  PatternStream,
  Perturbation,
  StepResult,
} from '../core/interfaces.js';
import { channelName } from '../core/schema.js';
import { formatTime } from '../core/time.js';
import { blockMembers, blockStreams, type MemberBlock } from './design.js';

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
  /** Members that start apart; absent or null: all from the analysis. */
  readonly initial?: InitialPerturbation | null;
}

interface Batch {
  readonly weightSamples: readonly number[];
  readonly rowsPerSample: number;
  readonly firstRow: number;
}

/** Rows of one block and whose they are. */
type Rows = Pick<TrajectoryRequest, 'seed' | 'start' | 'block' | 'noiseStreams'>;

function keyOf({ seed, start, block, noiseStreams }: Rows, row: number): MemberKey {
  const streams = blockStreams(block, noiseStreams);
  return {
    seed,
    start,
    weightSample: block.firstWeightSample + Math.floor(row / streams.count),
    noiseStream: streams.first + (row % streams.count),
  };
}

function memberOf(request: Rows, row: number): number {
  const { weightSample, noiseStream } = keyOf(request, row);
  return weightSample * request.noiseStreams + noiseStream;
}

/**
 * Yields the states after each step. The array is reused: copy or write it before asking for the next.
 * @param perturbation null: the model's amplitude is not asked for
 * @throws {PlumeError} data, when a member breaks or stops being finite, naming start, member and lead
 */
export async function* trajectory(
  model: ForecastModel,
  perturbation: Perturbation | null,
  request: TrajectoryRequest,
): AsyncGenerator<Float32Array> {
  const { block, noiseStreams, start } = request;
  const points = gridSize(model.schema.grid);
  const channels = model.schema.channels.length;
  const stateLength = channels * points;
  const rows = blockMembers(block, noiseStreams);
  const stepMilliseconds = model.stepHours * 3_600_000;

  let history: Float32Array[] = request.analysis.map((state) => repeat(state, rows));
  let next: Float32Array = new Float32Array(rows * stateLength);
  const pattern = new Float32Array(points);
  for (let row = 0; request.initial && row < rows; row++) {
    const states = history.map((all) => all.subarray(row * stateLength, (row + 1) * stateLength));
    request.initial.add(keyOf(request, row), states);
  }
  const streams: PatternStream[] =
    perturbation === null
      ? []
      : Array.from({ length: rows }, (_, row) => perturbation.stream(keyOf(request, row)));

  for (let step = 0; step < request.steps; step++) {
    const validTime = start + step * stepMilliseconds;
    for (const batch of batches(block, blockStreams(block, noiseStreams).count, request.batchMembers)) {
      const from = batch.firstRow * stateLength;
      const batchRows = batch.weightSamples.length * batch.rowsPerSample;
      const stepOf = async (part: Batch): Promise<StepResult> => {
        const first = part.firstRow * stateLength;
        const last = first + part.weightSamples.length * part.rowsPerSample * stateLength;
        const { weightSamples, rowsPerSample } = part;
        const states = history.map((all) => all.subarray(first, last));
        return model.step({ weightSamples, rowsPerSample, history: states, validTime });
      };
      const result = await stepOf(batch).catch(async (error: unknown) => {
        throw await namingMember(error, batch, stepOf, (row) => {
          const lead = `${(step + 1) * model.stepHours} h`;
          return `start ${formatTime(start)}: member ${memberOf(request, row)} broke on the way to lead ${lead}`;
        });
      });
      next.set(result.mean, from);
      if (result.amplitude === null || streams.length === 0) continue;
      for (let row = 0; row < batchRows; row++) {
        streams[batch.firstRow + row]!.next(pattern);
        addNoise(next, from + row * stateLength, result.amplitude, row * stateLength, pattern, channels);
      }
    }
    const broken = next.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0) {
      const member = memberOf(request, Math.floor(broken / stateLength));
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

/** Which row of a batch broke: its rows are stepped one by one, since a row does not depend on those beside it. */
async function namingMember(
  error: unknown,
  batch: Batch,
  stepOf: (batch: Batch) => Promise<unknown>,
  doing: (row: number) => string,
): Promise<unknown> {
  if (!isPlumeError(error) || error.tag !== 'data') return error;
  for (const [k, weightSample] of batch.weightSamples.entries()) {
    for (let j = 0; j < batch.rowsPerSample; j++) {
      const firstRow = batch.firstRow + k * batch.rowsPerSample + j;
      try {
        await stepOf({ weightSamples: [weightSample], rowsPerSample: 1, firstRow });
      } catch (alone) {
        const { message } = alone as Error;
        return dataError(`${doing(firstRow)}: ${message}`, { cause: alone });
      }
    }
  }
  return error;
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
