/** Tracks from a file of any format: by name, or by what the file looks like. A new format is one file and one line here. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dataError, usageError } from '../../../core/errors.js';
import { fileError } from '../../../core/store/atomic.js';
import { numberedLines } from '../../delimitedText.js';
import { atcf } from './atcf.js';
import { cytrack } from './cytrack.js';
import { ecmwfBufr } from './ecmwfBufr.js';
import { ecmwfCsv } from './ecmwfCsv.js';
import { hurdat2 } from './hurdat2.js';
import { hurdat2Csv } from './hurdat2Csv.js';
import { ibtracs } from './ibtracs.js';
import { ibtracsNetcdf } from './ibtracsNetcdf.js';
import { plumeTracks } from './plumeTracks.js';
import { SkippedRows } from './skippedRows.js';
import { tempestExtremes } from './tempestExtremes.js';
import type { BestTracks, ForecastTracks, StormForecast, TrackFile } from './trackFile.js';
import type { FileHead, TrackContent, TrackFormat, TrackOptions, TrackSource } from './trackFormat.js';

/** In the order in which a file is tried: those with unmistakable first bytes first. */
export const trackFormats: readonly TrackFormat[] = [
  plumeTracks,
  ibtracsNetcdf,
  ecmwfBufr,
  hurdat2,
  cytrack,
  tempestExtremes,
  atcf,
  ecmwfCsv,
  ibtracs,
  hurdat2Csv,
];

export interface ReadTracksOptions extends TrackOptions {
  /** The first malformed row is an error; else they are skipped and counted. */
  readonly strict: boolean;
  /** Name of a format, where the file itself does not tell. */
  readonly format?: string;
}

/**
 * @throws {PlumeError} usage, when there is no such format; data, when the file is missing, is none of these formats or
 *   holds no storm, and with `strict` at the first malformed row, naming its line
 */
export async function readTracks(path: string, options: ReadTracksOptions): Promise<TrackFile> {
  const file = openTrackFile(path);
  const head = headOf(file.head);
  const format = options.format === undefined ? recognised(path, head) : named(options.format);
  const skipped = new SkippedRows(path, options.strict);
  const source: TrackSource = {
    path,
    skipped,
    options,
    bytes: () => file.whole(),
    text: () => file.whole().toString('utf8'),
  };
  const content = await format.read(source);
  if (storms(content) === 0) {
    const first = skipped.rows[0];
    const why =
      first === undefined
        ? ''
        : `; ${skipped.rows.length === 1 ? '1 row was' : `${skipped.rows.length} rows were`} malformed, the first ${first.at}: ${first.why}`;
    throw dataError(
      `track file "${path}" holds no storm (read as ${format.name}, ${format.summary})${why}; check the file, or name its format`,
    );
  }
  return { path, format: format.name, skipped: skipped.rows, ...content };
}

/** @throws {PlumeError} data, when the file holds forecasts */
export async function readBestTracks(path: string, options: ReadTracksOptions): Promise<BestTracks> {
  const file = await readTracks(path, options);
  if (file.kind === 'best') return file;
  throw dataError(`track file "${path}" holds forecasts (${file.format}) where best tracks are expected`);
}

/** @throws {PlumeError} data, when the file holds best tracks */
export async function readForecastTracks(path: string, options: ReadTracksOptions): Promise<ForecastTracks> {
  const file = await readTracks(path, options);
  if (file.kind === 'forecast') return file;
  throw dataError(`track file "${path}" holds best tracks (${file.format}) where forecasts are expected`);
}

function storms(content: TrackContent): number {
  if (content.kind === 'best') return content.tracks.length;
  const isOne = ({ storm, ensemble }: StormForecast): boolean =>
    storm !== null || ensemble.members.some(({ tracks }) => tracks.length > 0);
  return content.forecasts.filter(isOne).length;
}

const [headBytes, headLines] = [16_384, 40];

/** The beginning of a file, and the whole when somebody wants it: NetCDF is read piece by piece instead. */
function openTrackFile(path: string): { readonly head: Buffer; whole(): Buffer } {
  const head = Buffer.alloc(headBytes);
  let read: number;
  try {
    const file = openSync(path, 'r');
    try {
      read = readSync(file, head, 0, headBytes, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError(error, `reading track file "${path}"`);
  }
  if (read === 0) throw dataError(`track file "${path}" is empty (0 bytes); fetch it again`);
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    return { head: head.subarray(0, read), whole: () => readFileSync(path) };
  }
  try {
    const whole = gunzipSync(readFileSync(path));
    return { head: whole.subarray(0, headBytes), whole: () => whole };
  } catch (error) {
    throw dataError(`track file "${path}" is not readable gzip; fetch it again`, { cause: error });
  }
}

function headOf(head: Buffer): FileHead {
  const lines: string[] = [];
  for (const { line } of numberedLines(head.toString('utf8'))) {
    if (lines.push(line) === headLines) break;
  }
  return { bytes: head, lines };
}

function recognised(path: string, head: FileHead): TrackFormat {
  const found = trackFormats.find((format) => format.recognises(head));
  if (found !== undefined) return found;
  const beginning = JSON.stringify((head.lines[0] ?? '').slice(0, 60));
  throw dataError(
    `track file "${path}" is of no format that is known (it begins with ${beginning}); known are\n${formatList()}`,
  );
}

function named(name: string): TrackFormat {
  const found = trackFormats.find((format) => format.name === name.toLowerCase());
  if (found !== undefined) return found;
  throw usageError(`track format "${name}" is not known; known are\n${formatList()}`);
}

/** A line each, for messages and help. */
export function formatList(): string {
  return trackFormats.map(({ name, summary }) => `  ${name}: ${summary}`).join('\n');
}
