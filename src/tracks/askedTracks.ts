/** What plume tracks is given: files of tracks, or a run or gridded forecast whose cyclones are to be followed. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { openDataset } from '../../core/archive/openDataset.js';
import { usageError } from '../../core/errors.js';
import { type ReadTracksOptions, readTracks } from '../../evaluation/cyclones/readers/readTracks.js';
import type { BestTracks, ForecastTracks, TrackFile } from '../../evaluation/cyclones/readers/trackFile.js';
import type { Options } from '../options.js';
import { onceEach, requireOnce } from './sameStorms.js';

/** True where every operand is a file of tracks; gridded data and directories are not. */
export async function areTrackFiles(operands: readonly string[], named: boolean): Promise<boolean> {
  const lost = operands.find((path) => !existsSync(path) && !/^https?:|[*?]/i.test(path));
  if (lost !== undefined) {
    throw usageError(`${lost}: there is no such file, and no such run directory; check the path`);
  }
  const kinds = await Promise.all(operands.map((path) => (named ? isFile(path) : isTrackFile(path))));
  const tracks = operands.find((_, i) => kinds[i]);
  const other = operands.find((_, i) => !kinds[i]);
  if (tracks !== undefined && other !== undefined) {
    throw usageError(
      `${tracks} is a file of tracks and ${other} is not: plume tracks reads files of tracks, or follows cyclones in one forecast`,
    );
  }
  return tracks !== undefined;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

async function isTrackFile(path: string): Promise<boolean> {
  if (!isFile(path)) return false;
  const head = headOf(path);
  if (head.startsWith('GRIB')) return false;
  if (!head.startsWith('CDF') && !head.startsWith('\x89HDF')) return true;
  // NetCDF may be either: storms of IBTrACS have a number each, fields have none.
  const dataset = await openDataset(path);
  try {
    return dataset.variables.has('sid') || dataset.variables.has('numobs');
  } finally {
    await dataset.close();
  }
}

function headOf(path: string): string {
  const bytes = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
  return bytes.toString('latin1');
}

export interface ReadFiles {
  readonly best: readonly BestTracks[];
  readonly forecasts: readonly ForecastTracks[];
  /** What a user should know: malformed rows, what winds mean. */
  readonly notes: readonly string[];
}

/** Malformed rows that are told one by one. */
const mostTold = 3;

/** @throws {PlumeError} as readTracks; usage, for members that are none */
export async function readTrackFiles(
  paths: readonly string[],
  { strict, trackFormat, asked }: Pick<Options, 'strict'> & Partial<Pick<Options, 'trackFormat' | 'asked'>>,
): Promise<ReadFiles> {
  const options: ReadTracksOptions = {
    strict,
    ...(trackFormat === undefined ? {} : { format: trackFormat }),
    ...(asked === undefined ? {} : { members: membersAsked(asked) }),
  };
  const files: TrackFile[] = [];
  for (const path of new Set(paths)) files.push(await readTracks(path, options));
  const forecasts = files.filter((file) => file.kind === 'forecast');
  requireOnce(forecasts);
  const best = onceEach(files.filter((file) => file.kind === 'best'));
  return { best: best.files, forecasts, notes: [...files.flatMap(notesOf), ...best.notes] };
}

function notesOf({ path, format, skipped, wind, notes }: TrackFile): string[] {
  const told = skipped.slice(0, mostTold).map(({ at, why }) => `  ${at}: ${why}`);
  const more = skipped.length - told.length;
  return [
    `${path}: read as ${format}; winds: ${wind}`,
    ...notes.map((note) => `${path}: ${note}`),
    ...(skipped.length === 0
      ? []
      : [
          `${path}: ${skipped.length} malformed row${skipped.length === 1 ? '' : 's'} left out (--strict stops at the first)`,
          ...told,
          ...(more > 0 ? [`  … and ${more} more`] : []),
        ]),
  ];
}

/** '1-50' or '0,1,5-9'; each once, rising. */
export function membersAsked(text: string): number[] {
  const ranges = text.split(',').map((part) => /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5}))?\s*$/.exec(part));
  const members = ranges.flatMap((found) => {
    const [from, to] = [Number(found?.[1]), Number(found?.[2] ?? found?.[1])];
    return from <= to ? Array.from({ length: to - from + 1 }, (_, i) => from + i) : [Number.NaN];
  });
  if (members.some(Number.isNaN)) {
    throw usageError(`--asked "${text}" names no members; give numbers and ranges, such as 1-50 or 0,1,2`);
  }
  return [...new Set(members)].sort((a, b) => a - b);
}
