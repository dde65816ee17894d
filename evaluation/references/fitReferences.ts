/**
 * Fits references on the training period of the channels that are scored, reading no more of it than they need and than
 * may be held in memory: of a long period on a large grid, evenly spread states, where the references can do with them.
 */
import { dataError, internalError, resourceError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { timesInside } from '../../core/period.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { climateBytes } from './climate.js';
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
  /** Most bytes of training states held, all channels together; default {@link defaultTrainingBytes}. */
  readonly trainingBytes?: number | undefined;
}

export const defaultTrainingBytes = 2 ** 30;
/** A climatology of fewer states than these would say little of any season. */
const fewestStates = 100;

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
  return readTraining(archive, training, channels, statesHeld(request, training));
}

/**
 * Bytes that references hold while they are used: the training series and the climates of dates.
 * @throws {PlumeError} resources, when the states they need are more than the budget allows
 */
export function referenceBytes(request: FitRequest): number {
  const { archive, channels, methods, training } = request;
  if (!needsTraining(methods) || training === undefined) return 0;
  const points = gridSize(archive.schema.grid);
  const inside = timesInside(archive.times, training).length;
  const states = Math.min(inside, statesHeld(request, training));
  return 4 * states * points * channels.length + climateBytes(points, channels.length);
}

/** How many training states are read. */
function statesHeld(request: FitRequest, training: Period): number {
  const { archive, channels, methods, trainingBytes = defaultTrainingBytes } = request;
  const inside = timesInside(archive.times, training).length;
  const perState = 4 * gridSize(archive.schema.grid) * channels.length;
  const affordable = Math.floor(trainingBytes / perState);
  const wanted = Math.min(
    inside,
    Math.max(...methods.map(({ states }) => states ?? Number.POSITIVE_INFINITY)),
  );
  if (wanted <= affordable) return wanted;
  const whole = methods.find(({ states, thinned }) => states === undefined && !thinned);
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  if (whole || affordable < Math.min(wanted, fewestStates)) {
    const needed = whole ? wanted : Math.min(wanted, fewestStates);
    throw resourceError(
      `references: ${whole ? `${whole.name} learns from every state of the training period, and ` : ''}${needed} ` +
        `states of ${channels.length} channel(s) take ${mebibytes(needed * perState)}, more than the ` +
        `${mebibytes(trainingBytes)} allowed for them; verify fewer channels at a time` +
        (whole ? ', train on a shorter period, or leave it out' : ', or allow more'),
    );
  }
  return affordable;
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
