/** A small run whose every value is known from its place: what the store's tests write and read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gridSize, makeGrid } from '../../core/grid.js';
import { type Schema, schemaToJson } from '../../core/schema.js';
import type { RunDescription } from '../../core/store/manifest.js';
import {
  encodeMemberFile,
  type MemberBlock,
  memberFileName,
  memberFileRows,
} from '../../core/store/memberFile.js';
import { type RunWriter, writeChunk } from '../../core/store/runWriter.js';

export const schema: Schema = {
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
  ],
  grid: makeGrid([60, 57.5, 55], [-10, -7.5, -5, -2.5]),
};
export const points = gridSize(schema.grid);
export const start = Date.UTC(2007, 0, 1);
export const day = 86_400_000;
export const leadsHours = [24, 48, 72];
export const noiseStreams = 3;

export function valueAt(
  of: number,
  member: number,
  leadHours: number,
  channel: number,
  point: number,
): number {
  return Math.fround((of / day) * 0.5 + member * 1000 + leadHours * 10 + channel * 3 + point / 7);
}

export function blockOf(of: number, firstWeightSample: number, weightSamples: number): MemberBlock {
  return { schema, start: of, leadsHours, firstWeightSample, weightSamples, noiseStreams };
}

export function statesOf(block: MemberBlock): Float32Array[] {
  const members = block.weightSamples * noiseStreams;
  const first = block.firstWeightSample * noiseStreams;
  return leadsHours.map((lead) => {
    const nchan = schema.channels.length;
    return Float32Array.from({ length: members * nchan * points }, (_, i) => {
      const [member, channel] = [Math.floor(i / (nchan * points)), Math.floor(i / points) % nchan];
      return valueAt(block.start, first + member, lead, channel, i % points);
    });
  });
}

export function descriptionOf(changes: Partial<RunDescription> = {}): RunDescription {
  return {
    plume: '0.1.0',
    seed: 7,
    weightSamples: 4,
    noiseStreams,
    starts: [start, start + 7 * day],
    leadsHours,
    stepHours: 24,
    schema: schemaToJson(schema),
    model: { kind: 'test', digest: 'ab12' },
    perturbation: { kind: 'none' },
    device: { provider: 'cpu' },
    settings: {},
    config: { workers: 1 },
    ...changes,
  };
}

/** Makes whatever the run lacks, as a forecast would. @returns files made */
export async function fill(
  writer: RunWriter,
  description: RunDescription,
  blockSize: number,
): Promise<string[]> {
  const made: string[] = [];
  for (const of of Array.from(description.starts)) {
    for (const range of writer.missing(of, description, { weightSamples: blockSize, noiseStreams })) {
      const file = memberFileName(of, range.firstWeightSample, range.weightSamples);
      const block = blockOf(of, range.firstWeightSample, range.weightSamples);
      const written = await writeChunk(writer.directory, file, encodeMemberFile(block, statesOf(block)));
      await writer.record({
        file,
        kind: 'members',
        start: of,
        rows: memberFileRows(block),
        ...range,
        ...written,
      });
      made.push(file);
    }
  }
  return made;
}

/** Calls `use` with a fresh directory and removes it afterwards. */
export async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'plume-store-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
