/**
 * What is in a data file, as plain JSON: format, dimensions, variables, time span with gaps, grid, levels,
 * and how much is missing in a sample. Describes files that are no archive (stations, tracks) as well.
 */
import { isPlumeError } from '../errors.js';
import { makeGrid, wrapsInLongitude } from '../grid.js';
import { channelName } from '../schema.js';
import { formatDuration, millisecondsPerDay } from '../time.js';
import { axisKind } from './axes.js';
import { type CalendarDate, daysFromDate, formatCalendarDate } from './calendar.js';
import { decodeValues, readCoordinate, textAttribute } from './cf.js';
import type { Dataset, Variable } from './dataset.js';
import { type Field, findFields } from './fields.js';
import { fileArchive } from './fileArchive.js';
import { selectLatitudes, selectLongitudes } from './horizontal.js';
import { openDataset } from './openDataset.js';
import { readDates } from './timeAxis.js';

export interface VariableInfo {
  readonly name: string;
  readonly dtype: string;
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  readonly units: string | null;
  readonly longName: string | null;
  readonly standardName: string | null;
  /** ERA5 short name, where it is known. */
  readonly shortName: string | null;
  /** Share of missing values in the sample, 0…1; null where the variable is not a field. */
  readonly missingShare: number | null;
}

export interface TimeInfo {
  readonly coordinate: string;
  readonly units: string;
  readonly calendar: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** The most frequent step as an ISO 8601 duration; null with fewer than two times. */
  readonly step: string | null;
  /** Places where more than one step lies between two times; the first twenty. */
  readonly gaps: readonly { readonly after: string; readonly before: string }[];
  readonly gapCount: number;
}

export interface GridInfo {
  readonly latitudes: number;
  readonly longitudes: number;
  readonly north: number;
  readonly south: number;
  readonly west: number;
  readonly east: number;
  /** Mean spacing in degrees, latitude and longitude; null along an axis of one point. */
  readonly spacing: readonly [number | null, number | null];
  readonly extent: 'global' | 'regional';
}

export interface ArchiveInfo {
  readonly path: string;
  readonly format: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly variables: readonly VariableInfo[];
  /** Channels that openArchive gives without options: "msl [Pa]". */
  readonly channels: readonly string[];
  readonly time: TimeInfo | null;
  readonly grid: GridInfo | null;
  /** hPa */
  readonly levels: readonly number[];
  /** Why the file, or a part of it, is no archive. */
  readonly problems: readonly string[];
}

/** Times looked at for missing values, and the most values read at each. */
const sampledTimes = 8;
const sampledValues = 4_000_000;

/** @throws {PlumeError} data, when the file is missing, damaged or not of a known format */
export async function archiveInfo(path: string): Promise<ArchiveInfo> {
  const dataset = await openDataset(path);
  try {
    const problems: string[] = [];
    const fields = await orProblem(problems, [], () => findFields(dataset));
    const variables: VariableInfo[] = [];
    for (const variable of dataset.variables.values()) {
      const field = fields.find((candidate) => candidate.variable === variable);
      variables.push(await variableInfo(variable, field));
    }
    const channels = await orProblem(problems, [], async () => {
      const archive = await fileArchive(dataset, {});
      return (archive?.channels ?? []).map((channel) => `${channelName(channel)} [${channel.unit}]`);
    });
    const time = fields.find((field) => field.time !== undefined)?.time ?? anyTime(dataset);
    const levels = fields.map((field) => field.level).filter((level) => level !== null);
    return {
      path,
      format: dataset.format,
      dimensions: dimensionsOf(dataset),
      variables,
      channels,
      time: time === undefined ? null : await orProblem(problems, null, () => timeInfo(time)),
      grid:
        fields[0] === undefined ? null : await orProblem(problems, null, () => gridInfo(path, fields[0]!)),
      levels: [...new Set(levels)].sort((a, b) => b - a),
      problems: [...new Set(problems)],
    };
  } finally {
    await dataset.close();
  }
}

/** A part that cannot be described becomes a problem in the summary, not the end of it. */
async function orProblem<T>(problems: string[], otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isPlumeError(error) || error.tag !== 'data') throw error;
    problems.push(error.message);
    return otherwise;
  }
}

function anyTime(dataset: Dataset): Variable | undefined {
  return [...dataset.variables.values()].find((v) => v.shape.length <= 1 && axisKind(v) === 'time');
}

function dimensionsOf(dataset: Dataset): Record<string, number> {
  const lengths: Record<string, number> = {};
  for (const { dimensions, shape } of dataset.variables.values()) {
    dimensions.forEach((name, d) => {
      lengths[name] = shape[d] ?? 0;
    });
  }
  return lengths;
}

async function variableInfo(variable: Variable, field: Field | undefined): Promise<VariableInfo> {
  const { attributes } = variable;
  return {
    name: variable.name,
    dtype: variable.dtype,
    dimensions: variable.dimensions,
    shape: variable.shape,
    units: textAttribute(attributes, 'units') ?? null,
    longName: textAttribute(attributes, 'long_name') ?? null,
    standardName: textAttribute(attributes, 'standard_name') ?? null,
    shortName: field?.known?.shortName ?? null,
    missingShare: field === undefined ? null : await missingShare(field),
  };
}

/** Whole slices at times spread over the file, of the first levels and members when a slice is very large. */
async function missingShare({ variable, axes }: Field): Promise<number | null> {
  const timeAxis = axes.findIndex((axis) => axis.kind === 'time');
  const count = [...variable.shape];
  if (timeAxis >= 0) count[timeAxis] = 1;
  for (let d = 0; d < count.length; d++) {
    const isHorizontal = axes[d]!.kind === 'latitude' || axes[d]!.kind === 'longitude';
    if (!isHorizontal && count.reduce((product, n) => product * n, 1) > sampledValues) count[d] = 1;
  }
  const times = timeAxis < 0 ? 1 : variable.shape[timeAxis]!;
  const looked = Math.min(times, sampledTimes);
  let missing = 0;
  let total = 0;
  for (let i = 0; i < looked; i++) {
    const start = count.map(() => 0);
    if (timeAxis >= 0) start[timeAxis] = looked === 1 ? 0 : Math.round((i * (times - 1)) / (looked - 1));
    const values = decodeValues(variable, await variable.read(start, count));
    total += values.length;
    for (const value of values) if (Number.isNaN(value)) missing++;
  }
  return total === 0 ? null : missing / total;
}

async function timeInfo(coordinate: Variable): Promise<TimeInfo> {
  const { calendar, dates } = await readDates(coordinate);
  const clock = dates.map(
    (date) => daysFromDate(calendar, date.year, date.month, date.day) * millisecondsPerDay + date.millisecond,
  );
  const steps = new Map<number, number>();
  for (let i = 1; i < clock.length; i++) {
    const step = clock[i]! - clock[i - 1]!;
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  const step = [...steps].filter(([size]) => size > 0).sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  const say = (date: CalendarDate | undefined): string =>
    date === undefined ? '' : formatCalendarDate(date);
  const gaps = dates
    .map((date, i) => ({
      after: say(dates[i - 1]),
      before: say(date),
      length: clock[i]! - (clock[i - 1] ?? clock[i]!),
    }))
    .filter(({ length }) => step !== null && length > step)
    .map(({ after, before }) => ({ after, before }));
  return {
    coordinate: coordinate.name,
    units: textAttribute(coordinate.attributes, 'units') ?? '',
    calendar,
    count: dates.length,
    first: say(dates[0]),
    last: say(dates.at(-1)),
    step: step === null ? null : formatDuration(step),
    gaps: gaps.slice(0, 20),
    gapCount: gaps.length,
  };
}

async function gridInfo(path: string, field: Field): Promise<GridInfo> {
  const lat = selectLatitudes(await readCoordinate(field.latitude), undefined, path).values;
  const lon = selectLongitudes(await readCoordinate(field.longitude), undefined, path).values;
  const spacing = (axis: Float64Array): number | null =>
    axis.length < 2 ? null : Math.abs(axis.at(-1)! - axis[0]!) / (axis.length - 1);
  const spansPoles =
    lat.length > 1 && lat[0]! + spacing(lat)! >= 90 - 1e-3 && lat.at(-1)! - spacing(lat)! <= -90 + 1e-3;
  return {
    latitudes: lat.length,
    longitudes: lon.length,
    north: lat[0]!,
    south: lat.at(-1)!,
    west: lon[0]!,
    east: lon.at(-1)!,
    spacing: [spacing(lat), spacing(lon)],
    extent: spansPoles && wrapsInLongitude(makeGrid(lat, lon)) ? 'global' : 'regional',
  };
}
