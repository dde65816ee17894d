/** Fits references on the training period of the channels that are scored, reading no more of it than they need. */
import { dataError, internalError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import type { Reference, ReferenceMethod } from './reference.js';
import { emptySeries, type Period, readTraining, type TrainingSeries } from './trainingSeries.js';

export interface FitRequest {
  readonly archive: Archive;
  /** Indices into the archive's channels. */
  readonly channels: readonly number[];
  readonly methods: readonly ReferenceMethod[];
  /** Needed when any method learns from it. */
  readonly training: Period | undefined;
  readonly starts: readonly number[];
  readonly leadsHours: readonly number[];
}

/** True when any of the methods learns from a training period. */
export function needsTraining(methods: readonly ReferenceMethod[]): boolean {
  return methods.some(({ states }) => states !== 0);
}

/**
 * @returns [channel][reference]
 * @throws {PlumeError} data, when the training period reaches into the forecasts or does not serve
 */
export async function fitReferences(request: FitRequest): Promise<Reference[][]> {
  const { channels, methods, leadsHours } = request;
  if (methods.length === 0) return channels.map(() => []);
  const series = await seriesFor(request);
  const fitted: Reference[][] = [];
  // What has been learnt from is let go, channel by channel.
  for (let own = series.shift(); own !== undefined; own = series.shift())
    fitted.push(methods.map((method) => method.fit(own, leadsHours)));
  return fitted;
}

async function seriesFor(request: FitRequest): Promise<TrainingSeries[]> {
  const { archive, channels, methods, training, starts, leadsHours } = request;
  if (!needsTraining(methods)) return emptySeries(archive, channels);
  if (training === undefined) throw internalError('references need a training period');
  requireEarlier(training, starts, leadsHours);
  const states = Math.max(...methods.map((method) => method.states ?? Number.POSITIVE_INFINITY));
  return readTraining(archive, training, channels, states);
}

function requireEarlier(training: Period, starts: readonly number[], leadsHours: readonly number[]): void {
  const [first] = starts;
  const lastValid = Math.max(...starts) + Math.max(...leadsHours) * millisecondsPerHour;
  if (first !== undefined && training.from <= lastValid && training.to > first) {
    throw dataError(
      `the training period ${formatTime(training.from)} … ${formatTime(training.to)} overlaps the forecasts ` +
        `(${formatTime(first)} … ${formatTime(lastValid)}): the references would have seen what they are ` +
        'scored on; end the training period before the first start',
    );
  }
}
