/**
 * The dycore as the members of an ensemble, through the real pool: its forecast is the truth where nothing is perturbed,
 * the same bytes whoever computes it, and members that keep their values when others join. Needs npm run build.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gridSize } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { channelName, schemaToJson } from '../../core/schema.js';
import { sha256 } from '../../core/store/atomic.js';
import { openRun } from '../../core/store/run.js';
import { readCost } from '../../ensembles/cost.js';
import { initialDates } from '../../ensembles/initialStates.js';
import { keptSchema } from '../../ensembles/kept.js';
import { type EnsembleRequest, type EnsembleSummary, runEnsemble } from '../../ensembles/runEnsemble.js';
import { channelPressures } from '../../models/channelPressures.js';
import { resolveDycore } from '../../models/dycore/dycore.js';
import { createNatureArchive } from '../../models/dycore/natureArchive.js';
import { natureSchema } from '../../models/dycore/natureModel.js';
import { memoryArchive } from '../evaluation/memoryArchive.js';

const day = 86_400_000;
const config = resolveDycore({ truncation: 10, levels: 4 });
const schema = natureSchema(config);
const points = gridSize(schema.grid);
const epoch = Date.UTC(2001, 0, 1);
const starts = [20, 22].map((days) => epoch + days * day);
const kept = keptSchema(schema);

let root = '';
let archive: Archive;
let next = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-nature-'));
  // integrated once, then kept: the tests read in any order
  const source = createNatureArchive({
    config,
    seed: 1,
    to: epoch + 25 * day,
    everyHours: 24,
    channels: schema.channels.map(channelName),
    spinUp: { coarseDays: 30, fineDays: 0 },
  });
  const size = schema.channels.length * points;
  const values = new Float32Array(source.times.length * size);
  for (let t = 0; t < source.times.length; t++) values.set((await source.read(t)).values, t * size);
  archive = memoryArchive(schema, source.times, values);
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Asked extends Partial<EnsembleRequest> {
  readonly streams?: number;
  readonly from?: readonly number[];
  /** α of the members and of the analysis. */
  readonly alpha?: readonly [number, number];
  readonly stopAt?: number;
}

function requestOf({
  streams = 6,
  from = starts,
  alpha = [0.1, 0.1],
  stopAt,
  ...change
}: Asked): EnsembleRequest {
  const abort = new AbortController();
  const dates = initialDates({
    times: archive.times,
    archiveName: 'nature',
    firstStart: starts[0]!,
    historyLength: 1,
    stepHours: 6,
  });
  const [members, analysisError] = alpha;
  return {
    directory: join(root, `run-${next++}`),
    description: {
      plume: '0.0.0',
      seed: 3,
      weightSamples: 1,
      noiseStreams: streams,
      starts: from,
      leadsHours: [24, 48],
      stepHours: 6,
      schema: schemaToJson(kept),
      model: { kind: 'nature' },
      perturbation: null,
      device: 'cpu',
      settings: { members, analysisError },
      config: {},
    },
    archive,
    archiveName: 'nature',
    model: { kind: 'nature', config },
    perturbations: {
      initial: members === 0 ? [] : [{ kind: 'state-difference', amplitude: members, antithetic: false }],
      steps: [],
      analysisError,
      dates: members + analysisError === 0 ? [] : dates,
      rotate: true,
      pressures: channelPressures(schema),
      notes: [],
    },
    historyLength: 1,
    device: 'cpu',
    workers: 2,
    batchMembers: 2,
    block: { weightSamples: 1, noiseStreams: 2 },
    modelBytes: 1e7,
    modelRowBytes: 0,
    signal: abort.signal,
    onEstimate: () => {},
    onProgress: (done) => {
      if (stopAt !== undefined && done >= stopAt) abort.abort();
    },
    ...change,
  };
}

async function forecast(asked: Asked = {}): Promise<EnsembleSummary & { directory: string }> {
  const request = requestOf(asked);
  return { ...(await runEnsemble(request)), directory: request.directory };
}

async function bytesOf(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory, { recursive: true })).filter((name) =>
    /manifest|\.arrow$/.test(name),
  );
  const entries = names
    .sort()
    .map(async (name) => [name, sha256(await readFile(join(directory, name)))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function field(directory: string, start: number, lead: number, name: string) {
  const run = await openRun(directory);
  const channel = run.schema.channels.findIndex((of) => channelName(of) === name);
  const found = await run.readMembers(start, lead, channel);
  await run.close();
  return found;
}

async function truth(time: number, name: string): Promise<Float32Array> {
  const state = await archive.read(archive.times.indexOf(time));
  const channel = schema.channels.findIndex((of) => channelName(of) === name);
  return state.values.subarray(channel * points, (channel + 1) * points);
}

const spread = (values: Float32Array, members: number): number => {
  let sum = 0;
  for (let p = 0; p < points; p++) {
    const column = Array.from({ length: members }, (_, m) => values[m * points + p]!);
    const centre = column.reduce((a, b) => a + b, 0) / members;
    sum += column.reduce((a, b) => a + (b - centre) ** 2, 0) / (members - 1);
  }
  return Math.sqrt(sum / points);
};

describe('an ensemble of the dycore', () => {
  let whole: Record<string, string>;
  let reference: EnsembleSummary & { directory: string };
  beforeAll(async () => {
    reference = await forecast();
    whole = await bytesOf(reference.directory);
  });

  it('without perturbation is the truth, to the bit, in every member', async () => {
    const { directory } = await forecast({ streams: 2, alpha: [0, 0] });
    for (const [start, lead, name] of [
      [starts[0]!, 24, 'z500'],
      [starts[1]!, 48, 't850'],
      [starts[1]!, 48, 'msl'],
    ] as const) {
      const { values } = await field(directory, start, lead, name);
      const expected = await truth(start + lead * 3_600_000, name);
      expect(values.slice(0, points)).toEqual(expected);
      expect(values.slice(points)).toEqual(expected);
    }
  });

  it('keeps the leads and channels it is told to, and runs all of them', async () => {
    const run = await openRun(reference.directory);
    expect(run.leadsHours).toEqual([24, 48]);
    expect(run.schema.channels).toHaveLength(16);
    expect(run.members()).toBe(6);
    await run.close();
    expect(Object.keys(whole).filter((name) => name.startsWith('members'))).toHaveLength(6);
    expect(Object.keys(whole)).toContain('members/20010121T00Z.k0000-0000.j0002-0003.arrow');
  });

  it('has members around an analysis that errs, of the size asked for', async () => {
    const analysed = await forecast({ streams: 1, alpha: [0, 0.1] });
    const { values: z } = await field(analysed.directory, starts[0]!, 24, 'z500');
    const actual = await truth(starts[0]! + day, 'z500');
    const error = Math.sqrt(z.reduce((sum, value, p) => sum + (value - actual[p]!) ** 2, 0) / points);
    expect(error).toBeGreaterThan(0);
    const { values } = await field(reference.directory, starts[0]!, 24, 'z500');
    const wide = await forecast({ alpha: [0.2, 0.1] });
    const { values: wider } = await field(wide.directory, starts[0]!, 24, 'z500');
    // the same directions twice as far: nearly twice the spread a day later
    expect(spread(wider, 6) / spread(values, 6)).toBeCloseTo(2, 0);
    expect(error / spread(values, 6)).toBeGreaterThan(0.2);
    expect(error / spread(values, 6)).toBeLessThan(5);
  });

  it('has the same bytes with one worker, and with batches of one or of five', async () => {
    for (const change of [{ workers: 1, batchMembers: 1 }, { batchMembers: 5 }]) {
      expect(await bytesOf((await forecast(change)).directory)).toEqual(whole);
    }
  });

  it('stopped half-way goes on to the same bytes, and costs are added up', async () => {
    const directory = join(root, 'stopped');
    await expect(forecast({ directory, workers: 1, stopAt: 16 })).rejects.toMatchObject({
      tag: 'interrupted',
    });
    const first = await readCost(directory);
    expect(first?.member_days).toBeGreaterThanOrEqual(4);
    expect(first?.member_days).toBeLessThan(24);
    const { cost } = await forecast({ directory });
    expect(await bytesOf(directory)).toEqual(whole);
    // 6 members, 2 starts, 2 days
    expect(cost?.member_days).toBe(24);
    expect(cost?.core_seconds).toBeGreaterThan(first?.core_seconds ?? 0);
    expect(cost?.wall_seconds).toBeGreaterThan(first?.wall_seconds ?? 0);
    expect(cost).toEqual(await readCost(directory));
    expect(cost?.core_seconds_per_member_day).toBeCloseTo((cost?.core_seconds ?? 0) / 24, 12);
    // nothing made: nothing added
    expect((await forecast({ directory })).cost).toEqual(cost);
  });

  it('grown from 1 × 4 to 1 × 6 keeps its members, and has the bytes of one made with 6', async () => {
    const { directory } = await forecast({ streams: 4 });
    const before = await bytesOf(directory);
    const grown = await forecast({ directory });
    expect(grown).toMatchObject({ madeMembers: 4, keptMembers: 8 });
    const after = await bytesOf(directory);
    for (const [name, bytes] of Object.entries(before)) {
      if (name.startsWith('members')) expect(after[name]).toBe(bytes);
    }
    expect(after).toEqual(whole);
  });

  it('makes a start alone as it is among others', async () => {
    const { directory } = await forecast({ from: [starts[1]!] });
    const alone = await bytesOf(directory);
    for (const [name, bytes] of Object.entries(alone))
      if (name !== 'manifest.json') expect(whole[name]).toBe(bytes);
  });

  it('that blows up names start, member, lead, and keeps what is readable', async () => {
    // initial states a hundred times too far apart
    const directory = join(root, 'wild');
    const work = forecast({ directory, alpha: [100, 0] });
    await expect(work).rejects.toMatchObject({ tag: 'data' });
    await expect(work).rejects.toThrow(/start 2001-01-2\dT00Z: member \d .* lead \d+ h.*level \d/);
    const run = await openRun(directory);
    expect(run.starts).toHaveLength(2);
    await run.close();
  });
});
