/**
 * Reading a run directory, finished or not: fields of all members joined over their files, products, and a check
 * of everything the manifest promises. Files stay open between reads, the least recently used closing first.
 */
import { join } from 'node:path';
import { dataError, usageError } from '../errors.js';
import { gridSize } from '../grid.js';
import { type Schema, schemaFromJson } from '../schema.js';
import {
  chunkMembers,
  chunkProblem,
  madeFromAll,
  memberChunks,
  missingRanges,
  type SampleRange,
} from './chunks.js';
import type { Manifest } from './manifest.js';
import { type MemberFile, openMemberFile } from './memberFile.js';
import { type PointReads, planPointReads } from './pointReads.js';
import { type FieldSummary, openProductFile, type ProductFile, productFileName } from './productFile.js';
import { manifestName, readManifest } from './runWriter.js';

const openFiles = 64;

export interface RunReader {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly schema: Schema;
  /** Valid times of the analyses, milliseconds since 1970-01-01 UTC, rising. */
  readonly starts: Float64Array;
  readonly leadsHours: readonly number[];
  /** Members that a complete start has: weight samples × noise streams. */
  members(): number;
  /**
   * One field of all members that are there, in the order of members, or a stretch of its points, reading no other
   * bytes of it.
   * @param points default: all of the grid
   * @param into where the values are put, and then are what is returned: room for all members of the run
   * @returns values [member, point], unit of the channel; members as numbered in the run, m = k · J + j
   * @throws {PlumeError} usage for a start, lead or channel that the run has not; data for damaged files
   */
  readMembers(
    start: number,
    leadHours: number,
    channelIndex: number,
    points?: { readonly from: number; readonly to: number },
    into?: Float32Array,
  ): Promise<{ values: Float32Array; members: Int32Array }>;
  /**
   * Scattered points of some fields of all members that are there, reading little else (pointReads.ts). Holds 256 KiB
   * beside what it returns.
   * @param points of the grid, rising, each once
   * @returns values [channel, lead, member, point]; members as readMembers
   * @throws {PlumeError} as readMembers
   */
  readPoints(
    start: number,
    leadsHours: readonly number[],
    channelIndices: readonly number[],
    points: Int32Array,
  ): Promise<{ values: Float32Array; members: Int32Array }>;
  /** @returns [point] @throws {PlumeError} as readMembers; data when the product has not been made */
  readProduct(
    statistic: string,
    start: number,
    leadHours: number,
    channelIndex: number,
  ): Promise<Float32Array>;
  /**
   * Area means and counts of the products of one field, by statistic, reading none of their values; null where the file
   * does not have them.
   * @throws {PlumeError} as readProduct
   */
  readProductSummaries(
    start: number,
    leadHours: number,
    channelIndex: number,
  ): Promise<ReadonlyMap<string, FieldSummary> | null>;
  /** True when the start has its products, made from all members of the manifest. */
  hasProducts(start: number): boolean;
  close(): Promise<void>;
}

/** @throws {PlumeError} usage, when the directory holds no run; data, when its manifest cannot be read */
export async function openRun(directory: string): Promise<RunReader> {
  return readRun(directory, await requireManifest(directory));
}

/** A run as a manifest says it is: that of a writer at work, before it is on disk. Opens nothing yet. */
export function readRun(directory: string, manifest: Manifest): RunReader {
  const schema = schemaFromJson(manifest.schema);
  const points = gridSize(schema.grid);
  const leadsHours = manifest.leads_hours;
  const starts = Float64Array.from(manifest.starts, (iso) => Date.parse(iso));
  const memberFiles = new FileCache<MemberFile>();
  const productFiles = new FileCache<ProductFile>();

  const chunksOf = new Map(Array.from(starts, (start) => [start, memberChunks(manifest, start)]));

  const indexOfLead = (start: number, leadHours: number, channelIndex: number): number => {
    const leadIndex = leadsHours.indexOf(leadHours);
    if (!chunksOf.has(start)) {
      throw usageError(`run ${directory} has no start ${new Date(start).toISOString()}`);
    }
    if (leadIndex < 0) {
      throw usageError(`run ${directory} has no lead of ${leadHours} h; it has ${leadsHours.join(', ')}`);
    }
    if (schema.channels[channelIndex] === undefined) {
      throw usageError(
        `run ${directory} has ${schema.channels.length} channels, none numbered ${channelIndex}`,
      );
    }
    return leadIndex;
  };

  const readStretch = async (
    start: number,
    leadIndex: number,
    channelIndex: number,
    { from, to }: { readonly from: number; readonly to: number },
    into: Float32Array | undefined,
  ): Promise<{ values: Float32Array; members: Int32Array }> => {
    const chunks = chunksOf.get(start) ?? [];
    const counts = chunks.map(([, chunk]) => chunkMembers(chunk, manifest.noise_streams));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const n = to - from;
    const values =
      into !== undefined && into.length >= total * n
        ? into.subarray(0, total * n)
        : new Float32Array(total * n);
    let row = 0;
    const parts = chunks.map(([file, chunk], i) => {
      const part = values.subarray(row * n, (row + counts[i]!) * n);
      row += counts[i]!;
      return memberFiles.use(
        file,
        () => openMemberFile(join(directory, file), { schema, start, leadsHours }, chunk.bytes),
        (opened) => opened.readPoints(leadIndex, channelIndex, from, to, part),
      );
    });
    const members = (await Promise.all(parts)).flatMap((part) => [...part]);
    return { values: into?.length === values.length ? into : values, members: Int32Array.from(members) };
  };

  const readScattered = async (
    start: number,
    leadIndices: readonly number[],
    channelIndices: readonly number[],
    reads: PointReads,
  ): Promise<{ values: Float32Array; members: Int32Array }> => {
    const chunks = chunksOf.get(start) ?? [];
    const counts = chunks.map(([, chunk]) => chunkMembers(chunk, manifest.noise_streams));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const n = reads.points.length;
    const values = new Float32Array(channelIndices.length * leadIndices.length * total * n);
    const members: number[] = [];
    let row = 0;
    // File by file, so that none is opened twice however many there are.
    for (const [i, [file, chunk]] of chunks.entries()) {
      const from = row;
      row += counts[i]!;
      const own = await memberFiles.use(
        file,
        () => openMemberFile(join(directory, file), { schema, start, leadsHours }, chunk.bytes),
        async (opened) => {
          let numbers: Int32Array = new Int32Array(0);
          for (const [c, channel] of channelIndices.entries()) {
            for (const [l, lead] of leadIndices.entries()) {
              const field = (c * leadIndices.length + l) * total;
              const part = values.subarray((field + from) * n, (field + row) * n);
              numbers = opened.readScattered(lead, channel, reads, part);
            }
          }
          return numbers;
        },
      );
      members.push(...own);
    }
    return { values, members: Int32Array.from(members) };
  };

  const useProducts = async <R>(
    start: number,
    leadHours: number,
    channelIndex: number,
    read: (opened: ProductFile, leadIndex: number) => Promise<R>,
  ): Promise<R> => {
    const leadIndex = indexOfLead(start, leadHours, channelIndex);
    const file = productFileName(start);
    const chunk = manifest.chunks[file];
    if (chunk === undefined) {
      throw dataError(`run ${directory} has no products for ${new Date(start).toISOString()}`);
    }
    return productFiles.use(
      file,
      () => openProductFile(join(directory, file), { schema, start, leadsHours }, chunk.bytes),
      (opened) => read(opened, leadIndex),
    );
  };

  return {
    directory,
    manifest,
    schema,
    starts,
    leadsHours,
    members: () => manifest.weight_samples * manifest.noise_streams,
    hasProducts: (start) => {
      const chunk = manifest.chunks[productFileName(start)];
      return chunk !== undefined && madeFromAll(manifest, chunk);
    },
    readMembers: async (start, leadHours, channelIndex, range, into) => {
      const leadIndex = indexOfLead(start, leadHours, channelIndex);
      if (range !== undefined || into !== undefined)
        return readStretch(start, leadIndex, channelIndex, range ?? { from: 0, to: points }, into);
      const parts = await Promise.all(
        (chunksOf.get(start) ?? []).map(([file, chunk]) =>
          memberFiles.use(
            file,
            () => openMemberFile(join(directory, file), { schema, start, leadsHours }, chunk.bytes),
            (opened) => opened.read(leadIndex, channelIndex),
          ),
        ),
      );
      // A single block is handed on as it was read.
      if (parts.length === 1) return parts[0]!;
      const total = parts.reduce((sum, part) => sum + part.members.length, 0);
      const values = new Float32Array(total * points);
      const members = new Int32Array(total);
      let row = 0;
      for (const part of parts) {
        values.set(part.values, row * points);
        members.set(part.members, row);
        row += part.members.length;
      }
      return { values, members };
    },
    readPoints: async (start, leads, channelIndices, wanted) => {
      const leadIndices = leads.map((lead) => indexOfLead(start, lead, channelIndices[0] ?? 0));
      for (const channel of channelIndices) indexOfLead(start, leads[0] ?? leadsHours[0] ?? 0, channel);
      return readScattered(start, leadIndices, channelIndices, planPointReads(wanted, points));
    },
    readProduct: (statistic, start, leadHours, channelIndex) =>
      useProducts(start, leadHours, channelIndex, (opened, leadIndex) =>
        opened.read(statistic, leadIndex, channelIndex),
      ),
    readProductSummaries: (start, leadHours, channelIndex) =>
      useProducts(start, leadHours, channelIndex, (opened, leadIndex) =>
        opened.summaries(leadIndex, channelIndex),
      ),
    close: async () => {
      await memberFiles.clear();
      await productFiles.clear();
    },
  };
}

async function requireManifest(directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  if (manifest === null) {
    throw usageError(`${directory} holds no run (no ${manifestName}); give the --out of a forecast`);
  }
  return manifest;
}

/** Open files by name; a file is closed when it has been pushed out and nobody reads it any more. */
class FileCache<T extends { close(): Promise<void> }> {
  private readonly entries = new Map<string, { file: Promise<T>; readers: number }>();

  async use<R>(name: string, open: () => Promise<T>, read: (file: T) => Promise<R>): Promise<R> {
    const entry = this.entries.get(name) ?? { file: open(), readers: 0 };
    this.entries.delete(name);
    this.entries.set(name, entry);
    entry.readers++;
    try {
      return await read(await entry.file);
    } catch (error) {
      // What failed to open is tried afresh next time.
      await entry.file.catch(() => this.entries.delete(name));
      throw error;
    } finally {
      entry.readers--;
      await this.shrink(openFiles);
    }
  }

  async clear(): Promise<void> {
    await this.shrink(0);
  }

  private async shrink(limit: number): Promise<void> {
    for (const [name, entry] of [...this.entries]) {
      if (this.entries.size <= limit) return;
      if (entry.readers > 0) continue;
      this.entries.delete(name);
      await entry.file.then((file) => file.close()).catch(() => undefined);
    }
  }
}

/** What a run directory promises and does not hold. */
export interface RunCheck {
  readonly chunks: number;
  readonly bytes: number;
  /** Members of one start when complete. */
  readonly members: number;
  readonly damaged: readonly { readonly file: string; readonly problem: string }[];
  /** Starts with members missing, damaged files counted as missing. */
  readonly missing: readonly { readonly start: string; readonly ranges: readonly SampleRange[] }[];
  readonly complete: boolean;
}

/**
 * Reads every file of a run and compares sizes and checksums.
 * @throws {PlumeError} usage, when the directory holds no run; data, when its manifest cannot be read
 */
export async function checkRun(directory: string): Promise<RunCheck> {
  const manifest = await requireManifest(directory);
  const entries = Object.entries(manifest.chunks).sort(([a], [b]) => (a < b ? -1 : 1));
  const damaged: { file: string; problem: string }[] = [];
  const sound: Record<string, (typeof entries)[number][1]> = {};
  for (const [file, chunk] of entries) {
    const problem = await chunkProblem(directory, file, chunk, true);
    if (problem === null) sound[file] = chunk;
    else damaged.push({ file, problem });
  }
  const missing = manifest.starts
    .map((start) => ({
      start,
      ranges: missingRanges({ ...manifest, chunks: sound }, Date.parse(start), manifest.weight_samples),
    }))
    .filter(({ ranges }) => ranges.length > 0);
  return {
    chunks: entries.length,
    bytes: entries.reduce((sum, [, chunk]) => sum + chunk.bytes, 0),
    members: manifest.weight_samples * manifest.noise_streams,
    damaged,
    missing,
    complete: damaged.length === 0 && missing.length === 0,
  };
}
