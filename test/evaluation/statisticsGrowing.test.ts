/** Statistics gathered while members are being written are, byte for byte, those gathered from the store afterwards. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOrCreateRun, openRun, type RunReader, readRun } from '../../core/store/run.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import { persistence } from '../../evaluation/references/persistence.js';
import { type GatherRequest, gatherStatistics } from '../../evaluation/statistics/gather.js';
import { growStatistics, startsLacking } from '../../evaluation/statistics/growingStatistics.js';
import {
  comparable,
  keptStatistics,
  madeFrom,
  type Provenance,
} from '../../evaluation/statistics/madeFrom.js';
import { statisticsName, writeStatistics } from '../../evaluation/statistics/statisticsFile.js';
import {
  day,
  descriptionOf,
  fill,
  inDirectory,
  leadsHours,
  points,
  schema,
  start,
} from '../core/storeFixture.js';
import { memoryArchive, seededNormals } from './memoryArchive.js';

const starts = [0, 1, 2, 3, 4].map((i) => start + i * day);
const description = descriptionOf({ starts });

/** @param days of truth from the first start on */
function truthOf(days: number) {
  const normal = seededNormals(3);
  const times = Float64Array.from({ length: days }, (_, i) => start + i * day);
  const values = Float32Array.from({ length: days * 2 * points }, () => 5000 + 3000 * normal());
  return memoryArchive(schema, times, values);
}

const provenance: Provenance = {
  plume: '0.1.0',
  run: { identity: 'ab', members: [4, 3] },
  archive: ['truth.nc'],
  references: ['persistence'],
  training: null,
  regions: [{ name: 'all', box: null }],
  events: { numbers: { msl: [5000] } },
  nanPolicy: 'raise',
};

const requestOf = (source: EnsembleSource, days = 30): GatherRequest => ({
  runs: [{ name: 'ensemble', source }],
  archive: truthOf(days),
  references: [persistence],
  ...(provenance.events === undefined ? {} : { events: provenance.events }),
  maps: null,
  workers: 0,
});

/** Writes the run start by start in a given order and gathers each as soon as it is there. */
async function makeAndGather(directory: string, order: readonly number[], most: number): Promise<void> {
  const writer = await openOrCreateRun(directory, description);
  let reader: RunReader = readRun(directory, writer.manifest);
  const live: EnsembleSource = {
    schema,
    starts,
    leadsHours,
    manifest: writer.manifest,
    readMembers: (...asked) => reader.readMembers(...asked),
  };
  const growing = await growStatistics(
    path.join(directory, statisticsName),
    madeFrom(provenance),
    requestOf(live),
  );
  try {
    for (const i of order.slice(0, most)) {
      await fill(writer, { ...description, starts: [starts[i]!] }, 2);
      await reader.close();
      reader = readRun(directory, writer.manifest);
      await growing.add(starts[i]!);
    }
    await growing.save();
  } finally {
    await growing.close();
    await reader.close();
    await writer.close();
  }
}

describe('statistics that grow with their run', () => {
  it('end with the bytes of those gathered afterwards, interrupted or not, in any order of starts', async () => {
    const afterwards = await inDirectory(async (directory) => {
      const writer = await openOrCreateRun(directory, description);
      await fill(writer, description, 4);
      await writer.close();
      const run = await openRun(directory);
      const { table, references } = await gatherStatistics(requestOf(run));
      await run.close();
      expect(table.groups.some(({ cases }) => cases.count === starts.length)).toBe(true);
      const file = path.join(directory, statisticsName);
      await writeStatistics(file, { table, madeFrom: madeFrom(provenance), references });
      return readFile(file);
    });
    for (const [order, most] of [
      [[0, 1, 2, 3, 4], 5],
      [[3, 0, 4, 2, 1], 2],
    ] as const) {
      await inDirectory(async (directory) => {
        await makeAndGather(directory, order, most);
        const file = path.join(directory, statisticsName);
        expect((await readFile(file)).equals(afterwards)).toBe(most === starts.length);
        // The second call finds the first starts there, and gathers the rest.
        await makeAndGather(directory, [4, 1, 2, 3, 0], starts.length);
        expect((await readFile(file)).equals(afterwards)).toBe(true);
      });
    }
  });

  it('are gathered anew where the truth has grown, and where anything else decides their values', () =>
    inDirectory(async (directory) => {
      const writer = await openOrCreateRun(directory, description);
      await fill(writer, description, 4);
      await writer.close();
      const run = await openRun(directory);
      const file = path.join(directory, statisticsName);
      const made = madeFrom(provenance);
      const early = await gatherStatistics(requestOf(run, 5));
      // Truth ends on the fifth day: the lead of three days is missing for the last three starts, and so on.
      expect(early.missingTruth).toBe(2 * (1 + 2 + 3));
      await writeStatistics(file, { table: early.table, madeFrom: made, references: early.references });
      const later = requestOf(run, 30);
      expect(startsLacking(early.table, requestOf(run, 5))).toEqual([]);
      expect(startsLacking(early.table, later)).toEqual(starts.slice(2));
      const growing = await growStatistics(file, made, later);
      expect([...growing.kept]).toEqual(starts.slice(0, 2));
      for (const one of starts) await growing.add(one);
      const { file: whole } = await growing.save();
      await growing.close();
      expect(whole.table).toEqual((await gatherStatistics(later)).table);
      const other = madeFrom({ ...provenance, nanPolicy: 'omit' });
      expect(await keptStatistics(file, other)).toBeNull();
      expect(comparable(made, other)).toBe(false);
      expect(comparable(made, madeFrom({ ...provenance, run: { identity: 'cd', members: [1, 8] } }))).toBe(
        true,
      );
      await run.close();
    }));
});
