/**
 * Opens gridded data as an archive: one file or several as one. Files that hold the same channels follow
 * each other in time, in the order of their first times; files that hold other channels at the same times
 * stand beside each other (ERA5 is often one file per variable).
 */
import { dataError, usageError } from '../errors.js';
import { describeGrid, gridSize, sameGrid } from '../grid.js';
import type { Archive } from '../interfaces.js';
import { type Channel, channelName } from '../schema.js';
import type { State } from '../state.js';
import { formatTime } from '../time.js';
import type { Dataset } from './dataset.js';
import { shortList } from './fields.js';
import { type ChannelRequest, type FileArchive, fileArchive } from './fileArchive.js';
import { requireRegion } from './horizontal.js';
import { openDataset } from './openDataset.js';
import { findVariable, readName } from './variableNames.js';

export type ArchiveOptions = ChannelRequest;

/** Files of the same channels, one after another in time. */
interface Series {
  readonly channels: readonly Channel[];
  readonly asked: readonly number[];
  readonly files: readonly FileArchive[];
  readonly times: Float64Array;
}

/**
 * @param paths NetCDF files, Zarr directories or addresses of Zarr stores
 * @returns states in the units of the ERA5 short names, NaN where the files say missing
 * @throws {PlumeError} data, when a file is missing, damaged or not of a known format, a variable or level is
 *   missing, a unit is wrong, times repeat or fall, or grids differ; usage, when nothing was asked
 */
export async function openArchive(paths: readonly string[], options: ArchiveOptions = {}): Promise<Archive> {
  if (paths.length === 0)
    throw usageError('no archive was given; pass at least one file, directory or address');
  if (options.region !== undefined) requireRegion(options.region);
  const datasets: Dataset[] = [];
  try {
    const files: FileArchive[] = [];
    for (const path of paths) {
      const dataset = await openDataset(path, remoteNames(options));
      datasets.push(dataset);
      const file = await fileArchive(dataset, options);
      if (file !== null) files.push(file);
    }
    requireAllFound(files, datasets, options);
    const series = joinInTime(files);
    return makeArchive(series, datasets);
  } catch (error) {
    await Promise.all(datasets.map((dataset) => dataset.close()));
    throw error;
  }
}

/** A server that cannot be listed is asked for the arrays by every name they may have. */
function remoteNames(options: ArchiveOptions): { variables?: string[] } {
  if (options.variables === undefined) return {};
  const names = options.variables.flatMap((name) => {
    const known = readName(name)?.known ?? findVariable(name);
    return known === undefined ? [name] : [name, known.shortName, ...known.aliases];
  });
  return { variables: [...new Set(names)] };
}

function requireAllFound(
  files: readonly FileArchive[],
  datasets: readonly Dataset[],
  options: ArchiveOptions,
): void {
  const answered = new Set(files.flatMap((file) => file.asked));
  options.variables?.forEach((name, position) => {
    if (answered.has(position) || isAskedTwice(name, position, options.variables ?? [])) return;
    const held = [...new Set(datasets.flatMap((dataset) => [...dataset.variables.keys()]))];
    throw dataError(
      `archive ${listPaths(datasets)} has no variable "${name}"; it has ${shortList(held)}. ` +
        'Name a variable of the file or an ERA5 short name (msl, t850, u10)',
    );
  });
  if (files.length === 0) {
    throw dataError(`archive ${listPaths(datasets)} has none of the variables and levels asked for`);
  }
}

/** 't850' after 't' asks for what is there already. */
function isAskedTwice(name: string, position: number, variables: readonly string[]): boolean {
  const wanted = readName(name);
  return variables.slice(0, position).some((earlier) => {
    const named = readName(earlier);
    if (wanted === undefined || named === undefined) return earlier === name;
    return named.known === wanted.known && (named.level === null || named.level === wanted.level);
  });
}

function listPaths(files: readonly { readonly path: string }[]): string {
  return shortList(files.map((file) => `"${file.path}"`));
}

/** Not the name alone: u at 10 hPa and u10 near the ground are both written "u10". */
function identityOf({ variable, level }: Channel): string {
  return `${variable} ${level}`;
}

function joinInTime(files: readonly FileArchive[]): Series[] {
  const first = files[0]!;
  const groups = new Map<string, FileArchive[]>();
  for (const file of files) {
    if (!sameGrid(file.grid, first.grid)) {
      throw dataError(
        `archive "${file.path}" lies on a grid of ${describeGrid(file.grid)}, but "${first.path}" on one of ` +
          `${describeGrid(first.grid)}; files of one archive share one grid`,
      );
    }
    const key = file.channels.map(identityOf).join();
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  const series = [...groups.values()].map((group): Series => {
    const ordered = [...group].sort((a, b) => a.times[0]! - b.times[0]!);
    for (let i = 1; i < ordered.length; i++) {
      const [before, after] = [ordered[i - 1]!, ordered[i]!];
      const [last, next] = [before.times.at(-1)!, after.times[0]!];
      if (next > last) continue;
      throw dataError(
        `archives "${before.path}" and "${after.path}" overlap: the first ends at ${formatTime(last)}, the second ` +
          `begins at ${formatTime(next)}; leave one out, or cut the times they share`,
      );
    }
    return {
      channels: ordered[0]!.channels,
      asked: ordered[0]!.asked,
      files: ordered,
      times: Float64Array.from(ordered.flatMap((file) => [...file.times])),
    };
  });
  requireSideBySide(series);
  return series;
}

/** Series of other channels must have the same times, and no channel twice. */
function requireSideBySide(series: readonly Series[]): void {
  const first = series[0]!;
  const owner = new Map<string, string>();
  for (const one of series) {
    const path = one.files[0]!.path;
    for (const channel of one.channels) {
      const before = owner.get(identityOf(channel));
      if (before !== undefined) {
        throw dataError(
          `archives "${before}" and "${path}" both hold ${channelName(channel)}, but not the same channels; ` +
            'give files that hold the same channels, or name the variables to read',
        );
      }
      owner.set(identityOf(channel), path);
    }
    const differs = one.times.findIndex((time, i) => time !== first.times[i]);
    if (differs >= 0 || one.times.length !== first.times.length) {
      const at = differs >= 0 ? differs : Math.min(one.times.length, first.times.length);
      const say = (times: Float64Array): string => (at < times.length ? formatTime(times[at]!) : 'its end');
      throw dataError(
        `archives "${first.files[0]!.path}" and "${path}" hold different channels and must have the same times, ` +
          `but differ at ${at}: ${say(first.times)} against ${say(one.times)}; cut them to the times they share`,
      );
    }
  }
}

function makeArchive(series: readonly Series[], datasets: readonly Dataset[]): Archive {
  // Channels come in the order in which they were asked for, not in that of the files.
  const located = series
    .flatMap((one) =>
      one.channels.map((channel, index) => ({ channel, one, index, asked: one.asked[index] ?? 0 })),
    )
    .sort((a, b) => a.asked - b.asked);
  const { grid } = series[0]!.files[0]!;
  const { times } = series[0]!;
  const schema = { channels: located.map(({ channel }) => channel), grid };
  const points = gridSize(grid);
  const n = points * located.length;
  const pieces = series.map(piecesOf).reduce((a, b) => (b.length < a.length ? b : a));
  const requireTimes = (first: number, count: number): void => {
    if (first >= 0 && count >= 1 && first + count <= times.length) return;
    throw dataError(
      `archive ${listPaths(datasets)} has ${times.length} times; there is none at ${first < 0 ? first : Math.max(first, times.length)}`,
    );
  };
  const readStretch = async (first: number, count: number, out: Float32Array): Promise<void> => {
    requireTimes(first, count);
    for (let c = 0; c < located.length; c += channelsAtOnce) {
      const together = located.slice(c, c + channelsAtOnce);
      await Promise.all(
        together.map(({ one, index }, i) =>
          readChannel(one, index, first, count, n, out.subarray((c + i) * points)),
        ),
      );
    }
  };
  return {
    schema,
    times,
    stretches: { pieces, read: readStretch },
    async read(timeIndex: number): Promise<State> {
      requireTimes(timeIndex, 1);
      const validTime = times[timeIndex]!;
      const values = new Float32Array(n);
      await Promise.all(
        located.map(({ one, index }, c) =>
          readChannel(one, index, timeIndex, 1, n, values.subarray(c * points)),
        ),
      );
      return { schema, validTime, values };
    },
    async close(): Promise<void> {
      await Promise.all(datasets.map((dataset) => dataset.close()));
    },
  };
}

/** Channels of a stretch read at the same time: hides the way to a web server, bounds memory. */
const channelsAtOnce = 4;

/** Times at which a stored piece begins, in any of the files. */
function piecesOf({ files }: Series): Int32Array {
  const pieces: number[] = [];
  let before = 0;
  for (const { pieceTimes, times } of files) {
    for (let at = 0; at < times.length; at += pieceTimes) pieces.push(before + at);
    before += times.length;
  }
  return Int32Array.from(pieces);
}

/** One channel of consecutive times, whichever files they are in; fields lie `stride` values apart. */
async function readChannel(
  { files }: Series,
  channel: number,
  first: number,
  count: number,
  stride: number,
  out: Float32Array,
): Promise<void> {
  let before = 0;
  for (const file of files) {
    const from = Math.max(first, before);
    const to = Math.min(first + count, before + file.times.length);
    if (from < to) {
      const stretch = { first: from - before, count: to - from, stride };
      await file.read(channel, stretch, out.subarray((from - first) * stride));
    }
    before += file.times.length;
  }
}
