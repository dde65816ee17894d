/** Consecutive times read at once: the states that are read one by one, every stored piece fetched once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openArchive } from '../../core/archive/open.js';
import { DirectoryStore } from '../../core/archive/zarrStore.js';
import { ZarrWriter } from '../../core/archive/zarrWriter.js';
import { isPlumeError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { openSampleLoader } from '../../models/bayesian/training/openSampleLoader.js';
import { readTrainingData } from '../../models/bayesian/training/trainingData.js';
import { thinnedArchive } from '../../src/training/thinnedArchive.js';
import { syntheticArchive, writeSyntheticNetcdf } from '../syntheticArchive.js';

const day = 86_400_000;
const days = 300;
const made = syntheticArchive({ days, rows: 3, columns: 4, channels: 2 });
const [first, last] = [made.times[0]!, made.times[days - 1]!];
let root = '';
let zarr = '';
let opened: Archive[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-stretches-'));
  zarr = join(root, 'a.zarr');
  const layout = { schema: made.schema, epoch: first, attributes: {}, variables: {} };
  const writer = await ZarrWriter.open(zarr, layout);
  for (let t = 0; t < days; t++) await writer.append(made.times[t]!, (await made.read(t)).values);
  await writer.commit();
  const years = await Promise.all(
    [2001, 2002].map((firstYear) =>
      writeSyntheticNetcdf(join(root, `${firstYear}.nc`), { firstYear, days: 100, rows: 3, columns: 4 }),
    ),
  );
  opened = [await openArchive([zarr]), await openArchive(years)];
});
afterAll(async () => {
  for (const archive of opened) await archive.close();
  await rm(root, { recursive: true, force: true });
});

async function oneByOne(archive: Archive, from: number, count: number): Promise<number[]> {
  const states = await Promise.all(Array.from({ length: count }, (_, i) => archive.read(from + i)));
  return states.flatMap(({ values }) => [...values]);
}

async function atOnce({ stretches, schema }: Archive, from: number, count: number): Promise<number[]> {
  const out = new Float32Array(count * schema.channels.length * 12);
  await stretches!.read(from, count, out);
  return [...out];
}

/** Keys of data chunks that are fetched from the store while something is done. */
async function fetched(work: () => Promise<void>): Promise<string[]> {
  const keys: string[] = [];
  const get = DirectoryStore.prototype.get;
  const spy = vi.spyOn(DirectoryStore.prototype, 'get').mockImplementation(function (
    this: DirectoryStore,
    key,
  ) {
    if (/^\/(msl|z)\/\d/.test(key)) keys.push(key);
    return get.call(this, key);
  });
  try {
    await work();
  } finally {
    spy.mockRestore();
  }
  return keys;
}

describe('a stretch of times', () => {
  it('holds the states that are read one by one, over chunks and files, all times or every third', async () => {
    const archives = opened.flatMap((archive) => [archive, thinnedArchive(archive, 72, 'a')]);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...archives), fc.nat(), fc.nat(), async (archive, a, b) => {
        const from = a % archive.times.length;
        const count = 1 + (b % Math.min(80, archive.times.length - from));
        expect(await atOnce(archive, from, count)).toEqual(await oneByOne(archive, from, count));
      }),
      { numRuns: 60 },
    );
  });

  it('is stored in pieces that begin where chunks and files do', () => {
    const [chunked, files] = opened as [Archive, Archive];
    expect([...chunked.stretches!.pieces]).toEqual([0, 32, 64, 96, 128, 160, 192, 224, 256, 288]);
    expect(files.stretches!.pieces).toContain(100);
    const thinned = thinnedArchive(chunked, 72, 'a');
    // times 0, 3, 6, …: the first at or after 32 is the eleventh
    expect([...thinned.stretches!.pieces]).toEqual([0, 11, 22, 32, 43, 54, 64, 75, 86, 96]);
  });

  it('beyond the end is refused as data', async () => {
    const error: unknown = await atOnce(opened[0]!, 290, 11).catch((reason: unknown) => reason);
    expect(isPlumeError(error) && error.message).toContain('has 300 times; there is none at 300');
  });
});

describe('a training that streams', () => {
  it('fetches every chunk once to fit the climate and once to find its widest state, and has blocks of whole chunks', async () => {
    const archive = await openArchive([zarr]);
    const chunks = 2 * 10;
    const period = { from: first, to: last };
    const budgetBytes = 4 * 24 * 220;
    let source: Awaited<ReturnType<typeof readTrainingData>>['source'] | undefined;
    const reading = await fetched(async () => {
      ({ source } = await readTrainingData(archive, period, {
        climate: { harmonics: 1 },
        name: 'a',
        budgetBytes,
      }));
    });
    const [fit, widest] = [reading.slice(0, chunks), reading.slice(chunks)];
    expect(new Set(fit).size).toBe(chunks);
    // what the first pass read last may still be held
    expect(widest.length).toBeGreaterThan(chunks - 4);
    expect(new Set(widest).size).toBe(widest.length);
    await archive.close();

    const most = { history: 1, rollout: 1, batch: 5 };
    const loader = await openSampleLoader(source!, {
      stepMilliseconds: day,
      most,
      errors: false,
      budgetBytes,
    });
    expect(loader.plan).toEqual({ kind: 'stream', blockTimes: 32, poolBlocks: 5 });
    await loader.close();
  });
});
