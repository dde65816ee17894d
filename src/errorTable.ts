/**
 * Errors of a model's deterministic forecasts, channel by channel: from each start one forecast with the mean weights and
 * without noise, against the archive's state at the lead;
 *   rms = √( mean over starts of the area mean of (forecast − truth)² ).
 * Starts are taken one after the other, so that memory does not grow with them.
 */
import { findTime, requireFinite } from '../core/archive/finite.js';
import { dataError, interruptedError, isPlumeError, usageError } from '../core/errors.js';
import { areaMean, gridSize, pointWeights } from '../core/grid.js';
import type { Archive, ForecastModel } from '../core/interfaces.js';
import { channelName } from '../core/schema.js';
import { formatTime, millisecondsPerHour } from '../core/time.js';
import { type AnalysisSource, createAnalyses, requireHistory } from '../ensembles/analyses.js';
import { createForecastRows } from '../ensembles/forecastRows.js';
import type { ErrorTable } from '../perturbations/errorTable.js';
import type { AddAnalysisError } from '../perturbations/initial/stateDifference.js';

export interface ErrorRequest {
  readonly model: ForecastModel;
  /** Of the model's channels. */
  readonly archive: Archive;
  /** Named in messages. */
  readonly archiveName: string;
  /** Valid times, rising. */
  readonly starts: readonly number[];
  readonly leadHours: number;
  readonly seed: number;
  /** Makes an analysis of the archive's state; null: forecasts start from the archive's own. */
  readonly analysisError: AddAnalysisError | null;
  readonly signal: AbortSignal;
  onStart?(done: number): void;
}

/**
 * @throws {PlumeError} usage, for a lead between the model's steps, or forecasts that are the archive to the bit; data, for
 *   a start or a truth that is missing, before anything is computed; interrupted, when the signal aborts
 */
export async function measureErrors(request: ErrorRequest): Promise<ErrorTable['channels']> {
  const { model, archive, starts, leadHours, signal } = request;
  const { schema, historyLength, stepHours } = model;
  const steps = leadHours / stepHours;
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw usageError(`--lead of ${leadHours} h is not a whole number of the model's steps of ${stepHours} h`);
  }
  const source: AnalysisSource = { ...request, historyLength, stepHours };
  const truths = starts.map((start) => {
    requireHistory(source, start);
    return findTruth(request, start);
  });
  const points = gridSize(schema.grid);
  const weights = pointWeights(schema.grid);
  const sums = new Float64Array(schema.channels.length);
  const square = new Float64Array(points);
  const { seed, analysisError: error } = request;
  const analyses = createAnalyses(source, { seed, error });
  const forecastRows = createForecastRows(model, {
    block: { firstWeightSample: 0, weightSamples: 1 },
    batchMembers: 1,
  });
  for (const [index, start] of starts.entries()) {
    if (signal.aborted) {
      throw interruptedError(
        `stopped after ${index} of ${starts.length} starts; nothing is kept: run the same command again`,
      );
    }
    const [forecast] = await forecastRows(await analyses.of(start), start, steps);
    analyses.release(start);
    const truth = await archive.read(truths[index]!);
    requireFinite(truth, request.archiveName);
    for (let channel = 0; channel < sums.length; channel++) {
      for (let point = 0; point < points; point++) {
        const at = channel * points + point;
        square[point] = (forecast![at]! - truth.values[at]!) ** 2;
      }
      const mean = areaMean(square, weights);
      if (!Number.isFinite(mean)) {
        throw dataError(
          `start ${formatTime(start)}: the forecast stopped being finite in ${channelName(schema.channels[channel]!)} ` +
            `by lead ${leadHours} h; check the analysis, or take a shorter --lead`,
        );
      }
      sums[channel] = sums[channel]! + mean;
    }
    request.onStart?.(index + 1);
  }
  if (sums.every((sum) => sum === 0)) {
    throw usageError(
      `forecasts from ${request.archiveName} are its states at ${leadHours} h to the bit, since it is the model's own run: ` +
        'their errors are 0; give --analysis-error, such as 0.1, for starts that err',
    );
  }
  return Object.fromEntries(
    schema.channels.map((channel, c) => [
      channelName(channel),
      { rms: Math.sqrt(sums[c]! / starts.length), unit: channel.unit },
    ]),
  );
}

/** Index of what a forecast is compared with. */
function findTruth({ archive, archiveName, leadHours }: ErrorRequest, start: number): number {
  const time = start + leadHours * millisecondsPerHour;
  try {
    return findTime(archive, time, archiveName);
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    const { times } = archive;
    throw dataError(
      `start ${formatTime(start)}: ${archiveName} has no state at ${formatTime(time)} to compare the forecast of ` +
        `${leadHours} h with; it has ${times.length} from ${formatTime(times[0] ?? Number.NaN)} to ` +
        `${formatTime(times.at(-1) ?? Number.NaN)}: choose earlier --starts, or a shorter --lead`,
      { cause: error },
    );
  }
}
