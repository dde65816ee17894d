/**
 * Which members of a start are there: the chunks that the manifest names, whether their files are sound, and the
 * ranges of weight samples and noise streams that none of them covers.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, sha256 } from './atomic.js';
import { type Chunk, isoOf, type Manifest } from './manifest.js';

export interface StreamRange {
  readonly first: number;
  readonly count: number;
}

/** Weight samples, each with all its noise streams or with the same few of them. */
export interface SampleRange {
  readonly firstWeightSample: number;
  readonly weightSamples: number;
  /** Absent: all. */
  readonly streams?: StreamRange | undefined;
}

/** The noise streams of a chunk, of the J there are. */
export function streamsOf(chunk: Chunk, noiseStreams: number): StreamRange {
  return { first: chunk.first_noise_stream ?? 0, count: chunk.noise_streams ?? noiseStreams };
}

/** Members that a chunk holds. */
export function chunkMembers(chunk: Chunk, noiseStreams: number): number {
  return chunk.weight_samples * streamsOf(chunk, noiseStreams).count;
}

/** True for products of every member that the manifest now has. */
export function madeFromAll(manifest: Manifest, chunk: Chunk): boolean {
  return (
    chunk.weight_samples === manifest.weight_samples &&
    streamsOf(chunk, manifest.noise_streams).count === manifest.noise_streams
  );
}

/** The chunks whose files are there with the right size (and, if asked, content): the others are made again. */
export async function soundChunks(
  directory: string,
  manifest: Manifest,
  verify: boolean,
): Promise<Record<string, Chunk>> {
  const kept: Record<string, Chunk> = {};
  for (const [file, chunk] of Object.entries(manifest.chunks)) {
    if ((await chunkProblem(directory, file, chunk, verify)) === null) kept[file] = chunk;
  }
  return kept;
}

/** What is wrong with the file of a chunk, or null. */
export async function chunkProblem(
  directory: string,
  file: string,
  chunk: Chunk,
  verify: boolean,
): Promise<string | null> {
  const path = join(directory, file);
  try {
    const { size } = await stat(path);
    if (size !== chunk.bytes) return `it has ${size} bytes, the manifest says ${chunk.bytes}`;
    if (verify && sha256(await readFile(path)) !== chunk.sha256)
      return 'its checksum is not the one recorded';
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'it is missing';
    throw fileError(error, `checking ${path}`);
  }
}

/** Member chunks of a start in the order of their members. */
export function memberChunks(manifest: Manifest, start: number): [string, Chunk][] {
  const iso = isoOf(start);
  return Object.entries(manifest.chunks)
    .filter(([, chunk]) => chunk.kind === 'members' && chunk.start === iso)
    .sort(
      ([, a], [, b]) =>
        a.first_weight_sample - b.first_weight_sample ||
        (a.first_noise_stream ?? 0) - (b.first_noise_stream ?? 0),
    );
}

/** What of weight samples [0, K) × noise streams [0, J) no member chunk of the start covers, in order. */
export function missingRanges(
  manifest: Manifest,
  start: number,
  weightSamples: number,
  noiseStreams = manifest.noise_streams,
): SampleRange[] {
  const chunks = memberChunks(manifest, start).map(([, chunk]) => ({
    first: chunk.first_weight_sample,
    end: chunk.first_weight_sample + chunk.weight_samples,
    streams: streamsOf(chunk, manifest.noise_streams),
  }));
  const gaps: SampleRange[] = [];
  for (let k = 0; k < weightSamples; k++) {
    const held = chunks.filter(({ first, end }) => first <= k && k < end).map(({ streams }) => streams);
    for (const gap of streamGaps(held, noiseStreams)) {
      const last = gaps.at(-1);
      const whole = gap.count === manifest.noise_streams;
      if (
        whole &&
        last !== undefined &&
        last.streams === undefined &&
        last.firstWeightSample + last.weightSamples === k
      ) {
        gaps[gaps.length - 1] = { ...last, weightSamples: last.weightSamples + 1 };
      } else {
        gaps.push({ firstWeightSample: k, weightSamples: 1, ...(whole ? {} : { streams: gap }) });
      }
    }
  }
  return gaps;
}

/** What of [0, J) the ranges, in order of their first stream, leave out. */
function streamGaps(held: readonly StreamRange[], noiseStreams: number): StreamRange[] {
  const gaps: StreamRange[] = [];
  let next = 0;
  const upTo = (end: number): void => {
    if (end > next) gaps.push({ first: next, count: end - next });
  };
  for (const { first, count } of held) {
    upTo(Math.min(first, noiseStreams));
    next = Math.max(next, first + count);
  }
  upTo(noiseStreams);
  return gaps;
}

/** How a start is cut into units of work, each one file. */
export interface BlockSize {
  readonly weightSamples: number;
  /** Below J: each unit is of one weight sample, and holds this many of its streams. */
  readonly noiseStreams: number;
}

/** Cuts a range at multiples of the block's sizes. */
export function cutRange(range: SampleRange, block: BlockSize, noiseStreams: number): SampleRange[] {
  if (range.streams === undefined && block.noiseStreams >= noiseStreams) {
    return cut(range.firstWeightSample, range.weightSamples, block.weightSamples).map(({ first, count }) => ({
      firstWeightSample: first,
      weightSamples: count,
    }));
  }
  const streams = range.streams ?? { first: 0, count: noiseStreams };
  return cut(range.firstWeightSample, range.weightSamples, 1).flatMap((sample) =>
    cut(streams.first, streams.count, Math.min(block.noiseStreams, noiseStreams)).map((piece) => ({
      firstWeightSample: sample.first,
      weightSamples: 1,
      streams: piece,
    })),
  );
}

function cut(from: number, count: number, size: number): StreamRange[] {
  const pieces: StreamRange[] = [];
  for (let first = from; first < from + count; ) {
    const next = Math.min(from + count, (Math.floor(first / size) + 1) * size);
    pieces.push({ first, count: next - first });
    first = next;
  }
  return pieces;
}
