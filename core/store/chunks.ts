/**
 * Which members of a start are there: the chunks that the manifest names, whether their files are sound, and the
 * ranges of weight samples that none of them covers.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, sha256 } from './atomic.js';
import { type Chunk, isoOf, type Manifest } from './manifest.js';

/** A range of weight samples. */
export interface SampleRange {
  readonly firstWeightSample: number;
  readonly weightSamples: number;
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
    .sort(([, a], [, b]) => a.first_weight_sample - b.first_weight_sample);
}

/** Ranges of [0, weightSamples) that no member chunk of the start covers. */
export function missingRanges(manifest: Manifest, start: number, weightSamples: number): SampleRange[] {
  const gaps: SampleRange[] = [];
  let next = 0;
  const upTo = (end: number): void => {
    if (end > next) gaps.push({ firstWeightSample: next, weightSamples: end - next });
  };
  for (const [, chunk] of memberChunks(manifest, start)) {
    upTo(Math.min(chunk.first_weight_sample, weightSamples));
    next = Math.max(next, chunk.first_weight_sample + chunk.weight_samples);
  }
  upTo(weightSamples);
  return gaps;
}

/** Cuts a range at multiples of a block size. */
export function cutRange(range: SampleRange, blockSize: number): SampleRange[] {
  const end = range.firstWeightSample + range.weightSamples;
  const pieces: SampleRange[] = [];
  for (let first = range.firstWeightSample; first < end; ) {
    const next = Math.min(end, (Math.floor(first / blockSize) + 1) * blockSize);
    pieces.push({ firstWeightSample: first, weightSamples: next - first });
    first = next;
  }
  return pieces;
}
