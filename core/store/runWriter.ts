/**
 * Writing a run directory. A chunk (one file of members or products) is written whole and renamed into place,
 * then recorded in the manifest; the manifest is rewritten at most about once a second. A process killed between
 * the two leaves a file that no manifest names: it is made again, to the same bytes.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { internalError, usageError } from '../errors.js';
import {
  cleanTemporaries,
  fileError,
  isTemporary,
  makeDirectory,
  sha256,
  writeAtomically,
} from './atomic.js';
import {
  type BlockSize,
  cutRange,
  madeFromAll,
  memberChunks,
  missingRanges,
  type SampleRange,
  type StreamRange,
  soundChunks,
  streamsOf,
} from './chunks.js';
import { isLock, lockDirectory } from './lock.js';
import {
  type Chunk,
  decodeManifest,
  encodeManifest,
  isoOf,
  type Manifest,
  makeManifest,
  mergeManifests,
  type RunDescription,
} from './manifest.js';

export { memberChunks } from './chunks.js';

export const manifestName = 'manifest.json';
const chunkDirectories = ['members', 'products'];
const manifestIntervalMs = 1000;

/** What the maker of a chunk knows about it. */
export interface ChunkRecord extends SampleRange {
  /** Path inside the run directory, with '/'. */
  readonly file: string;
  readonly kind: Chunk['kind'];
  /** Valid time of the analysis, milliseconds since 1970-01-01 UTC. */
  readonly start: number;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface RunWriter {
  readonly directory: string;
  /** As it stands now: the chunks kept from before and those recorded since. */
  readonly manifest: Manifest;
  /** True when the chunk is there and need not be made; products count only if made from all members of now. */
  has(file: string): boolean;
  /**
   * The members of weight samples [0, K) × noise streams [0, J) that a start still lacks, cut at multiples of the
   * block's sizes: whatever block sizes earlier runs had, nothing is made twice.
   */
  missing(
    start: number,
    design: { readonly weightSamples: number; readonly noiseStreams: number },
    block: BlockSize,
  ): SampleRange[];
  /** Adds a chunk whose file is in place (`writeChunk`). */
  record(chunk: ChunkRecord): Promise<void>;
  /** Puts the manifest on disk. */
  flush(): Promise<void>;
  /** Flushes and lets other writers in. */
  close(): Promise<void>;
}

/**
 * Writes the file of a chunk, from any process or thread.
 * @param file path inside the run directory, with '/'
 * @throws {PlumeError} resources, when the disk is full or closed to us
 */
export async function writeChunk(
  directory: string,
  file: string,
  bytes: Uint8Array,
): Promise<{ bytes: number; sha256: string }> {
  await writeAtomically(join(directory, file), bytes);
  return { bytes: bytes.byteLength, sha256: sha256(bytes) };
}

/**
 * Starts a run, or takes up the one that is there.
 * @param options.verify also compare the checksum of every chunk kept, not its size alone
 * @throws {PlumeError} usage when the directory holds another configuration or something else; resources when it
 * is not writable or has another writer; data when its manifest cannot be read
 */
export async function openOrCreateRun(
  directory: string,
  description: RunDescription,
  options: { readonly verify?: boolean } = {},
): Promise<RunWriter> {
  const wanted = makeManifest(description);
  // Refused before anything is written: a directory of someone else's stays as it was.
  await requireRunnable(directory, description);
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    for (const name of ['', ...chunkDirectories]) {
      await makeDirectory(join(directory, name));
      await cleanTemporaries(join(directory, name));
    }
    const found = await readManifest(directory);
    let manifest = wanted;
    if (found !== null) {
      const merged = mergeManifests(found, wanted, directory);
      manifest = { ...merged, chunks: await soundChunks(directory, merged, options.verify ?? false) };
    }
    await writeManifest(directory, manifest);
    return makeWriter(directory, manifest, () => lock.release());
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Whether the run can be made or taken up there, without writing anything.
 * @returns the manifest that is there, null where there is none
 * @throws {PlumeError} usage, when the directory holds another configuration or something else
 */
export async function requireRunnable(
  directory: string,
  description: RunDescription,
): Promise<Manifest | null> {
  await requireRunOrEmpty(directory);
  const found = await readManifest(directory);
  if (found !== null) mergeManifests(found, makeManifest(description), directory);
  return found;
}

/** @returns null where there is no manifest @throws {PlumeError} data, when it cannot be read */
export async function readManifest(directory: string): Promise<Manifest | null> {
  const path = join(directory, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw fileError(error, `reading ${path}`);
  }
  return decodeManifest(text, path);
}

async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await writeAtomically(join(directory, manifestName), encodeManifest(manifest));
}

async function requireRunOrEmpty(directory: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw fileError(error, `opening the run directory ${directory}`);
  }
  if (names.includes(manifestName)) return;
  // A writer killed before its first manifest leaves these and nothing else.
  const foreign = names.find(
    (name) => !(isLock(name) || isTemporary(name) || chunkDirectories.includes(name)),
  );
  if (foreign !== undefined) {
    throw usageError(
      `${directory} is not empty and holds no run (found "${foreign}", no ${manifestName}); choose another --out`,
    );
  }
}

function makeWriter(directory: string, opened: Manifest, release: () => Promise<void>): RunWriter {
  const chunks: Record<string, Chunk> = { ...opened.chunks };
  const manifest: Manifest = { ...opened, chunks };
  let dirty = false;
  let lastWrite = Date.now();
  let closed = false;
  /** Writes follow one another: the last one on disk is the newest. */
  let writing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    // A failed write is told to whoever waited for it; the next one tries again.
    writing = writing
      .catch(() => undefined)
      .then(async () => {
        if (!dirty) return;
        dirty = false;
        lastWrite = Date.now();
        try {
          await writeManifest(directory, manifest);
        } catch (error) {
          dirty = true;
          throw error;
        }
      });
    return writing;
  };

  return {
    directory,
    manifest,
    has: (file) => {
      const chunk = chunks[file];
      if (chunk === undefined) return false;
      return chunk.kind === 'members' || madeFromAll(manifest, chunk);
    },
    missing: (start, { weightSamples, noiseStreams }, block) =>
      missingRanges(manifest, start, weightSamples, noiseStreams).flatMap((gap) =>
        cutRange(gap, block, manifest.noise_streams),
      ),
    record: async (record) => {
      requireKnown(manifest, record);
      chunks[record.file] = {
        kind: record.kind,
        rows: record.rows,
        bytes: record.bytes,
        sha256: record.sha256,
        start: isoOf(record.start),
        first_weight_sample: record.firstWeightSample,
        weight_samples: record.weightSamples,
        ...(record.streams === undefined
          ? {}
          : { first_noise_stream: record.streams.first, noise_streams: record.streams.count }),
      };
      dirty = true;
      if (Date.now() - lastWrite >= manifestIntervalMs) await flush();
    },
    flush,
    close: async () => {
      if (closed) return;
      closed = true;
      try {
        await flush();
      } finally {
        await release();
      }
    },
  };
}

function shareStreams(a: StreamRange, b: StreamRange): boolean {
  return a.first < b.first + b.count && b.first < a.first + a.count;
}

function requireKnown(manifest: Manifest, record: ChunkRecord): void {
  if (dirname(record.file) !== record.kind) {
    throw internalError(`chunk ${record.file} of kind ${record.kind} must lie in ${record.kind}/`);
  }
  if (!manifest.starts.includes(isoOf(record.start))) {
    throw internalError(`chunk ${record.file} starts at ${isoOf(record.start)}, which the run does not`);
  }
  const end = record.firstWeightSample + record.weightSamples;
  const streams = record.streams ?? { first: 0, count: manifest.noise_streams };
  if (record.kind === 'members') {
    const clash = memberChunks(manifest, record.start).find(
      ([file, chunk]) =>
        file !== record.file &&
        chunk.first_weight_sample < end &&
        record.firstWeightSample < chunk.first_weight_sample + chunk.weight_samples &&
        shareStreams(streams, streamsOf(chunk, manifest.noise_streams)),
    );
    if (clash !== undefined)
      throw internalError(`chunks ${record.file} and ${clash[0]} hold the same members`);
  }
}
