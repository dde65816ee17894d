/**
 * Forecasts that initial perturbations ask for: states stepped without noise, each with the weights of its sample, in
 * batches like those of members.
 */
import { dataError, internalError, isPlumeError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type { ForecastModel, ForecastRows } from '../core/interfaces.js';
import { formatTime } from '../core/time.js';
import { batchesOf, batchRows } from './blockRows.js';
import type { MemberBlock } from './design.js';

export interface ForecastRowsOptions {
  readonly block: MemberBlock;
  /** Most rows in one call of the model; changes speed and memory, never a value. */
  readonly batchMembers: number;
}

/** @returns what throws {PlumeError} data, when the model breaks, naming the time that it started from and the lead */
export function createForecastRows(
  model: ForecastModel,
  { block, batchMembers }: ForecastRowsOptions,
): ForecastRows {
  const stateLength = model.schema.channels.length * gridSize(model.schema.grid);
  const stepMilliseconds = model.stepHours * 3_600_000;
  return async (from, validTime, steps) => {
    const rowsPerSample = (from[0]?.length ?? 0) / stateLength / block.weightSamples;
    const whole =
      from.length === model.historyLength && from.every(({ length }) => length === from[0]?.length);
    if (!whole || !Number.isInteger(rowsPerSample) || rowsPerSample < 1) {
      throw internalError(
        `forecasts of a perturbation: ${from.length} ages of ${from[0]?.length ?? 0} values; expected ${model.historyLength} ` +
          `of as many rows for each of ${block.weightSamples} weight samples, ${stateLength} values each`,
      );
    }
    const batches = batchesOf(block, rowsPerSample, batchMembers);
    let history: Float32Array[] = from.map((states) => states.slice());
    let next: Float32Array = new Float32Array(steps > 0 ? history[0]!.length : 0);
    for (let step = 0; step < steps; step++) {
      for (const batch of batches) {
        const first = batch.firstRow * stateLength;
        const last = first + batchRows(batch) * stateLength;
        const { mean } = await model
          .step({
            weightSamples: batch.weightSamples,
            rowsPerSample: batch.rowsPerSample,
            history: history.map((states) => states.subarray(first, last)),
            validTime: validTime + step * stepMilliseconds,
          })
          .catch((error: unknown) => {
            if (!isPlumeError(error) || error.tag !== 'data') throw error;
            throw dataError(
              `a forecast that initial perturbations need, from ${formatTime(validTime)}, broke on the way to lead ` +
                `${(step + 1) * model.stepHours} h: ${error.message}; check the analyses, or perturb them less`,
              { cause: error },
            );
          });
        next.set(mean, first);
      }
      const oldest = history[history.length - 1]!;
      history = [next, ...history.slice(0, -1)];
      next = oldest;
    }
    return history;
  };
}
