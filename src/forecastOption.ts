/**
 * Opens what verify and compare are given to score: a run directory, or anyone's forecasts in NetCDF or Zarr files.
 * --variables and --starts choose part of it; --forecast-unit and --member-dimension say what files do not.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { dataError, usageError } from '../core/errors.js';
import { missingRanges, openRun, type RunReader, type SampleRange } from '../core/store/run.js';
import { formatTime, parseTimeRange } from '../core/time.js';
import type { EnsembleSource } from '../evaluation/ensembleSource.js';
import { forecastPaths } from '../evaluation/forecasts/forecastPaths.js';
import { openForecast } from '../evaluation/forecasts/openForecast.js';
import { withChannels, withStarts } from '../evaluation/forecasts/partOfSource.js';
import { parseUnit } from './archiveOption.js';
import type { Options } from './options.js';

export type ForecastOptions = Partial<
  Pick<Options, 'variables' | 'starts' | 'forecastUnit' | 'memberDimension'>
> & {
  /** When the forecasts of files that do not say began, where `starts` does not choose among them; one date, else not heeded. */
  readonly began?: string | undefined;
};

export interface ForecastOperand {
  readonly source: EnsembleSource;
  /** In messages: run "runs/2007", forecast "ens.nc". */
  readonly name: string;
  /** Short, for tables: the last part of the path. */
  readonly label: string;
  /** Where results go unless --out says otherwise: the run itself, or a directory beside the file. */
  readonly directory: string;
  /** The run, where it is one. */
  readonly run: RunReader | null;
  /** What a user should know of how files were read, a sentence each. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/**
 * @param operands one run directory; or files, Zarr stores, patterns and directories of files, together one forecast
 * @throws {PlumeError} usage, for what is neither, for a run among files, or a start or channel that is not there;
 *   data, for files that cannot be read as forecasts, and for a run with members missing
 */
export async function openForecastOperand(
  operands: string | readonly string[],
  options: ForecastOptions = {},
): Promise<ForecastOperand> {
  const given = typeof operands === 'string' ? [operands] : operands;
  const [first = ''] = given;
  const found = given.map(forecastPaths);
  const run = found.find((paths) => paths.kind === 'run');
  if (run !== undefined && given.length > 1) {
    throw usageError(
      `${run.directory} is a run directory or no forecast: a run is scored alone; several files may make one forecast`,
    );
  }
  const opened =
    run !== undefined
      ? await openRunOperand(run.directory)
      : await openFiles(first, found.flatMap(pathsOf), options);
  try {
    return narrowed(opened, options);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function pathsOf(paths: ReturnType<typeof forecastPaths>): readonly string[] {
  return paths.kind === 'files' ? paths.paths : [];
}

async function openRunOperand(directory: string): Promise<ForecastOperand> {
  const run = await openRun(directory);
  return {
    source: run,
    name: `run "${directory}"`,
    label: basename(resolve(directory)),
    directory,
    run,
    notes: [],
    close: () => run.close(),
  };
}

async function openFiles(
  first: string,
  paths: readonly string[],
  { variables, starts, began = starts, forecastUnit = [], memberDimension }: ForecastOptions,
): Promise<ForecastOperand> {
  const times = began === undefined ? [] : parseTimeRange(began);
  const { source, notes, memberLabels, close } = await openForecast(paths, {
    units: Object.fromEntries(forecastUnit.map((text) => parseUnit(text, '--forecast-unit'))),
    ...(variables === undefined ? {} : { variables }),
    ...(memberDimension === undefined ? {} : { memberDimension }),
    // One date may be the start that a file does not state.
    ...(times.length === 1 ? { start: times[0]! } : {}),
  });
  const more = paths.length === 1 ? '' : ` and ${paths.length - 1} more`;
  const alone =
    memberLabels.length === 1 ? ['one member: a point forecast, whose CRPS is the mean absolute error'] : [];
  return {
    source,
    name: `forecast "${paths[0]}"${more}`,
    label: basename(first).replace(/[*?]+/g, ''),
    directory: resultsBeside(first),
    run: null,
    notes: [...notes, ...alone],
    close,
  };
}

/** "data/ens.nc" → "data/ens.nc.verification"; of an address, in the current directory. */
function resultsBeside(path: string): string {
  const name = `${basename(path).replace(/[*?]+/g, '_')}.verification`;
  return /^https?:\/\//i.test(path) ? name : join(dirname(path), name);
}

function narrowed(opened: ForecastOperand, { variables, starts }: ForecastOptions): ForecastOperand {
  let { source } = opened;
  const { run, name } = opened;
  if (run !== null && variables !== undefined) source = withChannels(source, variables, name);
  if (starts !== undefined) source = withStarts(source, parseTimeRange(starts), name);
  if (run !== null) requireMembers(run, source.starts);
  return { ...opened, source };
}

/** @throws {PlumeError} data, saying which members of which starts a run lacks */
function requireMembers({ directory, manifest }: RunReader, starts: ArrayLike<number>): void {
  const lacking = Array.from(starts)
    .map((start) => ({ start, ranges: missingRanges(manifest, start, manifest.weight_samples) }))
    .filter(({ ranges }) => ranges.length > 0);
  const [first] = lacking;
  if (first === undefined) return;
  const others = lacking.length === 1 ? '' : `, and ${lacking.length - 1} other starts lack some too`;
  throw dataError(
    `run "${directory}": start ${formatTime(first.start)} lacks ${first.ranges
      .map((range) => describeRange(range, manifest.noise_streams))
      .join(
        ', ',
      )}${others}; finish the run with the plume forecast command that began it (--out ${directory}), ` +
      'or choose complete starts with --starts',
  );
}

function describeRange(
  { firstWeightSample, weightSamples, streams }: SampleRange,
  noiseStreams: number,
): string {
  const first = firstWeightSample * noiseStreams + (streams?.first ?? 0);
  const count = weightSamples * (streams?.count ?? noiseStreams);
  return count === 1 ? `member ${first}` : `members ${first}–${first + count - 1}`;
}
