/**
 * A whole scorecard: every statistic of 50 members at ten leads, from a run directory on a 1° grid, against one read of
 * the same file. In steps, so that one sees what costs what: statistics of points; with energy score, variogram score
 * and spectra of whole fields; with climatology, its events and persistence too.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeGrid } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { normals } from '../core/random/stream.js';
import { schemaToJson } from '../core/schema.js';
import { createMemberFile, memberFileName, memberFileRows } from '../core/store/memberFile.js';
import { openRun } from '../core/store/runReader.js';
import { openOrCreateRun } from '../core/store/runWriter.js';
import { millisecondsPerDay } from '../core/time.js';
import { climatology } from '../evaluation/references/climatology.js';
import { persistence } from '../evaluation/references/persistence.js';
import { type GatherRequest, gatherStatistics } from '../evaluation/statistics/gather.js';
import { fastest } from './fastest.js';

const [rows, columns] = [181, 360];
const points = rows * columns;
const design = { weightSamples: 10, noiseStreams: 5 };
const leadsHours = Array.from({ length: 10 }, (_, i) => 24 * (i + 1));
const start = Date.UTC(2007, 0, 1);
const grid = makeGrid(
  Array.from({ length: rows }, (_, i) => 90 - i),
  Array.from({ length: columns }, (_, j) => j),
);
const schema = { grid, channels: [{ variable: 't', level: 850, unit: 'K' }] };

/** Two years of every tenth day, then each day of the forecast; in memory. */
function makeArchive(): Archive {
  const first = Date.UTC(2005, 0, 1);
  const training = Array.from({ length: 73 }, (_, i) => first + 10 * i * millisecondsPerDay);
  const forecast = Array.from({ length: 11 }, (_, i) => start + i * millisecondsPerDay);
  const times = Float64Array.from([...training, ...forecast]);
  const states = Array.from(times, (_, i) => field(i, new Float32Array(points)));
  return {
    schema,
    times,
    read: async (i) => ({ schema, validTime: times[i]!, values: states[i]!.slice() }),
    close: async () => {},
  };
}

/** Noise about a temperature that falls to the poles. */
function field(step: number, out: Float32Array): Float32Array {
  normals({ seed: 1, weightSample: 0, noiseStream: 0, purpose: 'training', step }, out);
  for (let i = 0; i < points; i++)
    out[i] = 250 + 40 * Math.cos((Math.abs(Math.floor(i / columns) - 90) * Math.PI) / 180) + 3 * out[i]!;
  return out;
}

/** @returns path of the members' file */
async function writeRun(directory: string): Promise<string> {
  const writer = await openOrCreateRun(directory, {
    plume: 'bench',
    seed: 1,
    ...design,
    starts: [start],
    leadsHours,
    stepHours: 24,
    schema: schemaToJson(schema),
    model: 'noise',
    perturbation: null,
    device: 'cpu',
    settings: null,
    config: null,
  });
  const block = { schema, start, leadsHours, firstWeightSample: 0, ...design };
  const name = memberFileName(start, 0, design.weightSamples);
  const file = await createMemberFile(path.join(directory, name), block);
  const members = design.weightSamples * design.noiseStreams;
  const states = new Float32Array(members * points);
  for (const lead of leadsHours) {
    for (let m = 0; m < members; m++) field(1000 * lead + m, states.subarray(m * points, (m + 1) * points));
    await file.append(states);
  }
  const record = {
    firstWeightSample: 0,
    weightSamples: design.weightSamples,
    start,
    rows: memberFileRows(block),
  };
  await writer.record({ ...record, file: name, kind: 'members', ...(await file.commit()) });
  await writer.close();
  return path.join(directory, name);
}

export async function benchScorecard(): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'scorecard-'));
  try {
    const file = await writeRun(directory);
    const bytes = statSync(file).size;
    const read = await fastest(5, () => readWhole(file));
    process.stdout.write(
      `  scorecard of 50 members × ${leadsHours.length} leads × ${points} points, ` +
        `${(bytes / 1e6).toFixed(0)} MB; one read of the file ${(1e3 * read).toFixed(0)} ms\n`,
    );
    const archive = makeArchive();
    const run = await openRun(directory);
    const kinds: readonly (readonly [string, Partial<GatherRequest>])[] = [
      ['statistics of points', { fieldScores: false }],
      ['and of whole fields', {}],
      [
        'and references, events',
        {
          references: [climatology, persistence],
          training: { from: Date.UTC(2005, 0, 1), to: Date.UTC(2006, 11, 31) },
        },
      ],
    ];
    for (const [what, choice] of kinds) {
      const times: string[] = [];
      for (const workers of [0, 2]) {
        const seconds = await fastest(2, () =>
          gatherStatistics({
            runs: [{ name: 'bench', source: run }],
            archive,
            maps: null,
            workers,
            ...choice,
          }),
        );
        times.push(
          `${workers || 1} core(s) ${seconds.toFixed(2)} s, ${(seconds / read).toFixed(1)} × the read`,
        );
      }
      process.stdout.write(`    ${what.padEnd(24)} ${times.join('; ')}\n`);
    }
    await run.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** From the first byte to the last, in pieces of a mebibyte. */
async function readWhole(file: string): Promise<void> {
  const handle = await open(file);
  try {
    const piece = new Uint8Array(2 ** 20);
    while ((await handle.read(piece, 0, piece.length)).bytesRead > 0);
  } finally {
    await handle.close();
  }
}
