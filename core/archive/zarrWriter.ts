/**
 * Writes a Zarr store time by time (its shape: zarrLayout.ts). Chunks are written when they are full, each beside its
 * name and renamed; `commit` then writes what is half full, the times and the metadata, and last of all, in one
 * rename, the consolidated metadata that say how many times there are. So a store whose writer was killed reads as it
 * was at the last commit, and a writer that opens it goes on from there to the same bytes.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Codec } from 'numcodecs';
import Blosc from 'numcodecs/blosc';
import { dataError, internalError } from '../errors.js';
import { gridSize } from '../grid.js';
import { cleanTemporaries, makeDirectory, writeAtomically } from '../store/atomic.js';
import { type Json, jsonDifferences } from '../store/canonicalJson.js';
import { millisecondsPerHour } from '../time.js';
import {
  bloscSettings,
  chunkTimesOf,
  fieldsOf,
  fixedCoordinates,
  metadataDocuments,
  timeChunk,
  type ZarrField,
  type ZarrLayout,
} from './zarrLayout.js';

/** Files written at the same time. */
const parallelFiles = 8;

export class ZarrWriter {
  /** Times in a chunk: after a multiple of them a commit costs least. */
  readonly chunkTimes: number;
  readonly #directory: string;
  readonly #layout: ZarrLayout;
  readonly #fields: readonly ZarrField[];
  readonly #points: number;
  readonly #codec: Codec;
  /** Hours since the epoch. */
  readonly #hours: number[];
  /** [channel, time in chunk, lat, lon]: the chunk under way, NaN where nothing is yet. */
  readonly #chunk: Float32Array;
  #committed: number;

  private constructor(directory: string, layout: ZarrLayout, hours: number[]) {
    this.#directory = directory;
    this.#layout = layout;
    this.#fields = fieldsOf(layout.schema);
    this.#points = gridSize(layout.schema.grid);
    this.chunkTimes = chunkTimesOf(layout.schema);
    this.#codec = Blosc.fromConfig({ id: 'blosc', ...bloscSettings });
    this.#hours = hours;
    this.#committed = hours.length;
    this.#chunk = new Float32Array(layout.schema.channels.length * this.chunkTimes * this.#points).fill(
      Number.NaN,
    );
  }

  /**
   * Begins a store, or goes on where its last commit ended. The caller holds the directory's lock.
   * @throws {PlumeError} data, when the store there has another layout or is damaged; resources, for the disk
   */
  static async open(directory: string, layout: ZarrLayout): Promise<ZarrWriter> {
    const fixed = fixedCoordinates(layout);
    const names = [...fieldsOf(layout.schema).map(({ name }) => name), ...fixed.keys(), 'time'];
    await makeDirectory(directory);
    for (const path of [directory, ...names.map((name) => join(directory, name))]) {
      await makeDirectory(path);
      await cleanTemporaries(path);
    }
    const count = await resumableTimes(directory, layout);
    const writer = new ZarrWriter(directory, layout, []);
    if (count > 0) await writer.#resume(count);
    return writer;
  }

  /** Times appended, those before the last commit among them. */
  get count(): number {
    return this.#hours.length;
  }

  /** Times that a reader sees. */
  get committed(): number {
    return this.#committed;
  }

  /**
   * Adds one state behind the others.
   * @param time milliseconds since 1970, a whole number of hours from the epoch, later than every one before
   * @param values [channel, lat, lon] of the schema
   */
  async append(time: number, values: Float32Array): Promise<void> {
    const hours = (time - this.#layout.epoch) / millisecondsPerHour;
    const { chunkTimes } = this;
    const points = this.#points;
    if (!Number.isInteger(hours) || hours <= (this.#hours.at(-1) ?? Number.NEGATIVE_INFINITY)) {
      throw internalError(`Zarr store: time ${hours} h does not follow ${this.#hours.at(-1)} h`);
    }
    const channels = this.#layout.schema.channels.length;
    if (values.length !== channels * points) {
      throw internalError(`Zarr store: ${values.length} values where ${channels} × ${points} are expected`);
    }
    const slot = this.count % chunkTimes;
    for (let c = 0; c < channels; c++) {
      this.#chunk.set(values.subarray(c * points, (c + 1) * points), (c * chunkTimes + slot) * points);
    }
    this.#hours.push(hours);
    if (slot === chunkTimes - 1) {
      await this.#writeChunk();
      this.#chunk.fill(Number.NaN);
    }
  }

  /** Makes everything appended so far what a reader sees. */
  async commit(): Promise<void> {
    if (this.#committed === this.count) return;
    if (this.count % this.chunkTimes !== 0) await this.#writeChunk();
    const files: [string, Uint8Array | string][] = [];
    const firstTimes = Math.floor(this.#committed / timeChunk);
    for (let chunk = firstTimes; chunk * timeChunk < this.count; chunk++) {
      const hours = new Int32Array(timeChunk);
      hours.set(this.#hours.slice(chunk * timeChunk, (chunk + 1) * timeChunk));
      files.push([`time/${chunk}`, await this.#codec.encode(bytesOf(hours))]);
    }
    const documents = metadataDocuments(this.#layout, this.count);
    const begins = this.#committed === 0;
    if (begins) {
      for (const [name, values] of fixedCoordinates(this.#layout)) files.push([`${name}/0`, bytesOf(values)]);
    }
    await this.#writeAll(files);
    // the documents of single arrays are for readers that do not look at the consolidated ones
    const grown = [...documents].filter(([key]) => begins || key.endsWith('.zarray'));
    await this.#writeAll(grown.map(([key, document]) => [key, JSON.stringify(document, null, 2)]));
    const consolidated = { zarr_consolidated_format: 1, metadata: Object.fromEntries(documents) };
    await writeAtomically(join(this.#directory, '.zmetadata'), JSON.stringify(consolidated, null, 1));
    this.#committed = this.count;
  }

  /** The last chunk begun, half full or full. */
  async #writeChunk(): Promise<void> {
    const time = Math.floor((this.count - 1) / this.chunkTimes);
    const files: [string, Uint8Array][] = [];
    for (const { channel, key } of this.#chunkKeys(time)) {
      files.push([key, await this.#codec.encode(bytesOf(this.#channelChunk(channel)))]);
    }
    await this.#writeAll(files);
  }

  #channelChunk(channel: number): Float32Array {
    const length = this.chunkTimes * this.#points;
    return this.#chunk.subarray(channel * length, (channel + 1) * length);
  }

  *#chunkKeys(time: number): Generator<{ readonly channel: number; readonly key: string }> {
    for (const { name, firstChannel, levels } of this.#fields) {
      if (levels === null) yield { channel: firstChannel, key: `${name}/${time}.0.0` };
      else
        for (const l of levels.keys()) yield { channel: firstChannel + l, key: `${name}/${time}.${l}.0.0` };
    }
  }

  async #writeAll(files: readonly (readonly [string, Uint8Array | string])[]): Promise<void> {
    for (let i = 0; i < files.length; i += parallelFiles) {
      await Promise.all(
        files
          .slice(i, i + parallelFiles)
          .map(([key, bytes]) => writeAtomically(join(this.#directory, key), bytes)),
      );
    }
  }

  /** Reads back the times and the chunk that is half full. */
  async #resume(count: number): Promise<void> {
    for (let chunk = 0; chunk * timeChunk < count; chunk++) {
      const bytes = await this.#decode(`time/${chunk}`, 4 * timeChunk);
      const hours = new Int32Array(bytes.buffer, bytes.byteOffset, timeChunk);
      this.#hours.push(...hours.subarray(0, Math.min(timeChunk, count - chunk * timeChunk)));
    }
    this.#committed = count;
    const begun = count % this.chunkTimes;
    if (begun === 0) return;
    for (const { channel, key } of this.#chunkKeys(Math.floor(count / this.chunkTimes))) {
      const target = this.#channelChunk(channel);
      const bytes = await this.#decode(key, target.byteLength);
      const values = new Float32Array(bytes.buffer, bytes.byteOffset, target.length);
      // a writer may have been killed after it wrote more of the chunk than it committed
      target.set(values.subarray(0, begun * this.#points));
    }
  }

  async #decode(key: string, length: number): Promise<Uint8Array> {
    const path = join(this.#directory, key);
    let bytes: Uint8Array;
    try {
      bytes = await this.#codec.decode(await readFile(path));
    } catch (error) {
      throw dataError(
        `"${path}" cannot be read (${(error as Error).message}): the store is damaged; remove it and write it again`,
        { cause: error },
      );
    }
    if (bytes.length !== length) {
      throw dataError(
        `"${path}" holds ${bytes.length} bytes, expected ${length}: the store is damaged; remove it and write it again`,
      );
    }
    return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  }
}

/**
 * Times that a reader of the store sees; 0 where nothing was ever committed.
 * @throws {PlumeError} data, when its metadata cannot be read
 */
export async function committedTimes(directory: string): Promise<number> {
  return timesOf(await readMetadata(directory));
}

type Metadata = Readonly<Record<string, Json>>;

function timesOf(metadata: Metadata | null): number {
  const time = metadata?.['time/.zarray'] as { readonly shape?: readonly number[] } | undefined;
  return time?.shape?.[0] ?? 0;
}

async function readMetadata(directory: string): Promise<Metadata | null> {
  const path = join(directory, '.zmetadata');
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as { readonly metadata?: Metadata };
    return found.metadata ?? {};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw dataError(`"${path}" is not readable JSON; remove the store and write it again`, { cause: error });
  }
}

async function resumableTimes(directory: string, layout: ZarrLayout): Promise<number> {
  const found = await readMetadata(directory);
  if (found === null) return 0;
  const count = timesOf(found);
  const expected = JSON.parse(JSON.stringify(Object.fromEntries(metadataDocuments(layout, count)))) as Json;
  const differences = jsonDifferences(found, expected, 3);
  if (differences.length > 0) {
    throw dataError(
      `the Zarr store "${directory}" is not the one to go on with: ${differences.join('; ')} (there ≠ now); choose another path`,
    );
  }
  return count;
}

function bytesOf(values: Float32Array | Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
