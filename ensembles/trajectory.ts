/**
 * One block of members through time, each from an initial state of its own where members start apart:
 *   x(t + Δt) = x(t) + f_w(x(t), x(t − Δt)), then what perturbs steps, in its order,
 * with w kept for the whole forecast and every random number drawn from the member's own key.
 * Arrays are [member, channel, lat, lon] with members in order of their index; physical units.
 */
import { dataError, isPlumeError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type {
  ForecastModel,
  InitialPerturbation,
  MemberKey,
  StepPerturbation,
  StepResult,
} from '../core/interfaces.js';
import { channelName } from '../core/schema.js';
import { formatTime } from '../core/time.js';
import type { HeldCount, Limits } from '../perturbations/limits.js';
import { type Batch, type BlockRows, batchesOf, batchRows, keyOf, memberOf } from './blockRows.js';
import { blockMembers, blockStreams } from './design.js';
import { createForecastRows } from './forecastRows.js';

export interface TrajectoryRequest extends BlockRows {
  /**
   * By age, newest first: the analysis, the one a step before it, …; as many as the model's history and what initial
   * perturbations ask for beyond; each [channel, lat, lon].
   */
  readonly analyses: readonly Float32Array[];
  readonly steps: number;
  /** Most members in one call of the model; changes speed and memory, never a value. */
  readonly batchMembers: number;
  /** What makes members start apart, in its order; none by default: all from the analysis. */
  readonly initial?: readonly InitialPerturbation[];
  /** What perturbed states are held within; null by default: nothing. */
  readonly limits?: Limits | null;
  /** What gains how much the limits held back: one for each initial perturbation, and one for the steps. */
  readonly held?: readonly HeldCount[];
}

/**
 * Yields the states after each step. The array is reused: copy or write it before asking for the next.
 * @param perturbations of every step, in their order
 * @throws {PlumeError} data, when a member breaks or stops being finite, naming start, member and lead
 */
export async function* trajectory(
  model: ForecastModel,
  perturbations: readonly StepPerturbation[],
  request: TrajectoryRequest,
): AsyncGenerator<Float32Array> {
  const { block, noiseStreams, start, limits = null } = request;
  const points = gridSize(model.schema.grid);
  const channels = model.schema.channels.length;
  const stateLength = channels * points;
  const rows = blockMembers(block, noiseStreams);
  const stepMilliseconds = model.stepHours * 3_600_000;
  const keys = Array.from({ length: rows }, (_, row) => keyOf(request, row));
  const requireFinite = (states: Float32Array, leadHours: number): void => {
    const broken = states.findIndex((value) => !Number.isFinite(value));
    if (broken < 0) return;
    const member = memberOf(request, Math.floor(broken / stateLength));
    const channel = model.schema.channels[Math.floor((broken % stateLength) / points)]!;
    throw dataError(
      `start ${formatTime(start)}: member ${member} stopped being finite in ${channelName(channel)} at ` +
        `lead ${leadHours} h; check the analysis, what perturbs it, or the model with plume verify`,
    );
  };

  let history = await initialStates(model, request, keys);
  if (request.initial !== undefined && request.initial.length > 0) {
    for (const states of history) requireFinite(states, 0);
  }
  let next: Float32Array = new Float32Array(rows * stateLength);
  const streams = perturbations.map((perturbation) => perturbation.streams(keys));
  const batches = batchesOf(block, blockStreams(block, noiseStreams).count, request.batchMembers);

  for (let step = 0; step < request.steps; step++) {
    const validTime = start + step * stepMilliseconds;
    const leadHours = (step + 1) * model.stepHours;
    for (const batch of batches) {
      const from = batch.firstRow * stateLength;
      const stepOf = async (part: Batch): Promise<StepResult> => {
        const first = part.firstRow * stateLength;
        const last = first + batchRows(part) * stateLength;
        const { weightSamples, rowsPerSample } = part;
        const states = history.map((all) => all.subarray(first, last));
        return model.step({ weightSamples, rowsPerSample, history: states, validTime });
      };
      const result = await stepOf(batch).catch(async (error: unknown) => {
        throw await namingMember(error, batch, stepOf, (row) => {
          const member = memberOf(request, row);
          return `start ${formatTime(start)}: member ${member} broke on the way to lead ${leadHours} h`;
        });
      });
      next.set(result.mean, from);
      if (streams.length === 0) continue;
      const to = from + batchRows(batch) * stateLength;
      const taken = {
        firstRow: batch.firstRow,
        rows: batchRows(batch),
        before: history[0]!.subarray(from, to),
        after: next.subarray(from, to),
        amplitude: result.amplitude,
      };
      for (const stream of streams) stream.apply(taken);
      limits?.apply(taken.after, result.mean, request.held?.[request.initial?.length ?? 0]);
    }
    requireFinite(next, leadHours);
    const oldest = history[history.length - 1]!;
    history = [next, ...history.slice(0, -1)];
    yield next;
    next = oldest;
  }
}

/** The states that members start from, by age: the analyses, perturbed. */
async function initialStates(
  model: ForecastModel,
  request: TrajectoryRequest,
  keys: readonly MemberKey[],
): Promise<Float32Array[]> {
  const { analyses, initial = [], limits = null, held } = request;
  const states = analyses.slice(0, model.historyLength).map((analysis) => repeat(analysis, keys.length));
  const forecast = createForecastRows(model, request);
  for (const [place, perturbation] of initial.entries()) {
    await perturbation.add({ keys, states, analyses, forecast });
    for (const [age, perturbed] of states.entries()) {
      limits?.apply(perturbed, analyses[age]!, age === 0 ? held?.[place] : undefined);
    }
  }
  return states;
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

function repeat(state: Float32Array, rows: number): Float32Array {
  const states = new Float32Array(rows * state.length);
  for (let row = 0; row < rows; row++) states.set(state, row * state.length);
  return states;
}
