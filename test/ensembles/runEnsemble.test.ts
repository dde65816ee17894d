/**
 * An ensemble through the real pool (built JavaScript, worker threads, ONNX Runtime) into a run directory: the
 * same bytes whoever computes them, stopped or not, and values that are those of the model. Needs npm run build.
 */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataError, type ErrorTag, isPlumeError } from '../../core/errors.js';
import { areaMean, pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { schemaToJson } from '../../core/schema.js';
import { checkRun, openRun, type RunReader, readRun } from '../../core/store/run.js';
import { noPerturbations, type PerturbationPlan } from '../../ensembles/perturbationPlan.js';
import { productStatistics } from '../../ensembles/products.js';
import { type EnsembleRequest, type EnsembleSummary, runEnsemble } from '../../ensembles/runEnsemble.js';
import { trajectory } from '../../ensembles/trajectory.js';
import { openBayesianModel } from '../../models/bayesian/model.js';
import { writeModel } from '../../models/bayesian/modelDirectory.js';
import { createStepPerturbations } from '../../perturbations/create.js';
import { bareContext, noiseSource } from '../../src/training/noiseSource.js';
import { tinyParts } from '../models/bayesianFixture.js';
import { syntheticArchive } from '../syntheticArchive.js';

const points = 35;
const day = 86_400_000;
const leadsHours = [24, 48, 72];
const archive = syntheticArchive({ rows: 5, columns: 7, days: 40 });
const starts = [10, 15, 20].map((index) => archive.times[index]!);
const bare = noPerturbations(archive.schema);
const noise = noiseSource([{ lengthKm: 600, timeHours: 24 }]);
const noisy: PerturbationPlan = { ...bare, steps: [noise] };

let root = '';
let model = '';
let next = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-ensemble-'));
  model = join(root, 'model');
  await writeModel(model, tinyParts({ rows: 5, columns: 7, components: 2 }));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Asked extends Partial<EnsembleRequest> {
  readonly members?: readonly [number, number];
  readonly from?: readonly number[];
  /** Aborts when so many member-steps are done. */
  readonly stopAt?: number;
}

function requestOf({ members = [4, 2], from = starts, stopAt, ...change }: Asked): EnsembleRequest {
  const abort = new AbortController();
  return {
    directory: join(root, `run-${next++}`),
    description: {
      plume: '0.0.0',
      seed: 11,
      weightSamples: members[0],
      noiseStreams: members[1],
      starts: from,
      leadsHours,
      stepHours: 24,
      schema: schemaToJson(archive.schema),
      model: { kind: 'bayesian' },
      perturbation: { initial: [], steps: [{ kind: 'noise' }] },
      device: 'cpu',
      settings: {},
      config: {},
    },
    archive,
    archiveName: 'synthetic',
    model: { kind: 'bayesian', directory: model },
    perturbations: noisy,
    historyLength: 2,
    device: 'cpu',
    workers: 1,
    batchMembers: 4,
    block: { weightSamples: 2, noiseStreams: members[1] },
    modelBytes: 1e6,
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

/** Every file of a run and its bytes, by path; but what it cost, the only file with times of the clock. */
async function filesOf(directory: string): Promise<Map<string, string>> {
  const names = (await readdir(directory, { recursive: true })).sort();
  const files = new Map<string, string>();
  for (const name of names) {
    const path = join(directory, name);
    if (name !== 'cost.json' && (await stat(path)).isFile())
      files.set(name, (await readFile(path)).toString('base64'));
  }
  return files;
}

async function reading<Result>(
  directory: string,
  read: (run: RunReader) => Promise<Result>,
): Promise<Result> {
  const run = await openRun(directory);
  try {
    return await read(run);
  } finally {
    await run.close();
  }
}

async function refusal(work: Promise<unknown>, tag: ErrorTag): Promise<string> {
  const error: unknown = await work.then(
    () => 'it was not refused',
    (reason: unknown) => reason,
  );
  expect(isPlumeError(error) ? error.tag : error).toBe(tag);
  return String(error);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('a run', () => {
  let whole: Map<string, string>;
  let directory = '';
  beforeAll(async () => {
    ({ directory } = await forecast({ workers: 2, batchMembers: 3 }));
    whole = await filesOf(directory);
  });

  it('is complete, checked by its own digests, and holds the members that the model makes alone', async () => {
    const check = await checkRun(directory);
    expect(check).toMatchObject({ damaged: [], missing: [] });
    const alone = await openBayesianModel(model, { device: 'cpu' });
    const field = createStepPerturbations([noise], bareContext(archive.schema, 24));
    for (const start of [starts[0]!, starts[2]!]) {
      const at = archive.times.indexOf(start);
      const analyses = [(await archive.read(at)).values, (await archive.read(at - 1)).values];
      // weight sample 3 by itself: members 6 and 7
      const block = { firstWeightSample: 3, weightSamples: 1 };
      const request = { seed: 11, start, analyses, block, noiseStreams: 2, steps: 3, batchMembers: 1 };
      let lead = 0;
      for await (const states of trajectory(alone, field, request)) {
        const stored = await reading(directory, (run) => run.readMembers(start, leadsHours[lead]!, 0));
        expect([...stored.members]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
        expect(stored.values.slice(6 * points)).toEqual(states);
        lead++;
      }
    }
    await alone.close();
  });

  it('has the same bytes with one worker as with two, and with another batch', async () => {
    const one = await forecast({ workers: 1, batchMembers: 8 });
    expect(await filesOf(one.directory)).toEqual(whole);
    expect(one).toMatchObject({ madeMembers: 24, keptMembers: 0 });
  });

  it('stopped half-way says so, keeps what is finished, and goes on to the same bytes', async () => {
    const stopped = join(root, 'stopped');
    const message = await refusal(forecast({ directory: stopped, stopAt: 12 }), 'interrupted');
    expect(message).toMatch(/stopped after \d+ of 72 member-steps; everything finished is kept in .*stopped/);
    const made = [...(await filesOf(stopped)).keys()].filter((name) => name.startsWith('members'));
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThan(6);
    const resumed = await forecast({ directory: stopped, workers: 2 });
    expect(resumed.keptMembers).toBe(4 * made.length);
    expect(resumed.madeMembers + resumed.keptMembers).toBe(24);
    expect(await filesOf(stopped)).toEqual(whole);
  });

  it('is not made twice, and what was lost of it is made again', async () => {
    const again = await forecast({ directory });
    expect(again).toMatchObject({ madeMembers: 0, keptMembers: 24 });
    expect(again.estimate.seconds).toBeNull();
    const lost = [...whole.keys()].filter((name) => name.endsWith('.arrow'));
    await rm(join(directory, lost[0]!));
    await rm(join(directory, lost.at(-1)!));
    expect((await forecast({ directory })).madeMembers).toBe(4);
    expect(await filesOf(directory)).toEqual(whole);
  });

  it('grown from 2 to 4 weight samples has the bytes of one made with 4', async () => {
    const small = await forecast({ members: [2, 2] });
    const before = await filesOf(small.directory);
    const grown = await forecast({ directory: small.directory, members: [4, 2] });
    expect(grown).toMatchObject({ madeMembers: 12, keptMembers: 12 });
    const after = await filesOf(small.directory);
    for (const [name, bytes] of before) {
      if (name.startsWith('members')) expect(after.get(name)).toBe(bytes);
    }
    expect(after).toEqual(whole);
  });

  it('grown from 3 weight samples keeps every value, though its files are cut elsewhere', async () => {
    const grown = await forecast({ members: [3, 2] });
    await forecast({ directory: grown.directory });
    for (const start of starts) {
      const [found, expected] = await Promise.all(
        [grown.directory, directory].map((path) => reading(path, (run) => run.readMembers(start, 72, 0))),
      );
      expect(found).toEqual(expected);
      const [product, sameProduct] = await Promise.all(
        [grown.directory, directory].map((path) =>
          reading(path, (run) => run.readProduct('epistemic_variance', start, 72, 0)),
        ),
      );
      expect(product).toEqual(sameProduct);
    }
  });

  it('has products that are those of its members', async () => {
    await reading(directory, async (run) => {
      for (const lead of leadsHours) {
        const { values } = await run.readMembers(starts[1]!, lead, 0);
        const product = (name: string) => run.readProduct(name, starts[1]!, lead, 0);
        const [mean, spread, epistemic, aleatoric, epistemicCrps, aleatoricCrps] = await Promise.all(
          productStatistics.map(product),
        );
        const cut = { variance: 0, crps: 0 };
        const uncut = { variance: new Float64Array(points), crps: new Float64Array(points) };
        for (let point = 0; point < points; point++) {
          const x = Array.from({ length: 8 }, (_, m) => values[m * points + point]!);
          const average = (some: number[]) => some.reduce((sum, value) => sum + value, 0) / some.length;
          const variance = (some: number[]) =>
            some.reduce((sum, value) => sum + (value - average(some)) ** 2, 0) / (some.length - 1);
          const samples = [0, 2, 4, 6].map((m) => x.slice(m, m + 2));
          const within = average(samples.map(variance));
          const between = variance(samples.map(average)) - within / 2;
          expect(mean![point]! / average(x)).toBeCloseTo(1, 6);
          expect(spread![point]! / Math.sqrt(variance(x))).toBeCloseTo(1, 4);
          expect(aleatoric![point]! / within).toBeCloseTo(1, 4);
          expect(
            Math.abs(epistemic![point]! - Math.max(0, between)) / (within + Math.abs(between)),
          ).toBeLessThan(1e-4);
          // Pairs of one sample, and of two: 4 of the one, 24 of the other.
          const halfDistance = (some: (m: number, n: number) => boolean) =>
            average(
              x.flatMap((a, m) => x.flatMap((b, n) => (n < m && some(m, n) ? [Math.abs(a - b) / 2] : []))),
            );
          const same = (m: number, n: number) => Math.floor(m / 2) === Math.floor(n / 2);
          const one = halfDistance(same);
          const two = halfDistance((m, n) => !same(m, n));
          expect(aleatoricCrps![point]! / one).toBeCloseTo(1, 4);
          expect(Math.abs(epistemicCrps![point]! - Math.max(0, two - one)) / two).toBeLessThan(1e-4);
          uncut.variance[point] = between;
          uncut.crps[point] = two - one;
          if (between < 0) cut.variance++;
          if (two < one) cut.crps++;
        }
        const summaries = await run.readProductSummaries(starts[1]!, lead, 0);
        const weights = pointWeights(run.schema.grid);
        for (const kind of ['variance', 'crps'] as const) {
          const { areaMean: found = Number.NaN, cutPoints } = summaries?.get(`epistemic_${kind}`) ?? {};
          expect(cutPoints).toBe(cut[kind]);
          const size = summaries?.get(`aleatoric_${kind}`)?.areaMean ?? Number.NaN;
          expect(Math.abs(found - areaMean(uncut[kind], weights)) / size).toBeLessThan(1e-4);
        }
      }
    });
  });

  it('tells its estimate before it starts, and its progress up to the end', async () => {
    const told: number[] = [];
    let estimated = 0;
    await forecast({
      onEstimate: ({ memoryBytes, diskBytes, seconds }, memberSteps) => {
        expect(Math.min(memoryBytes, diskBytes, seconds ?? 0)).toBeGreaterThan(0);
        estimated = memberSteps;
      },
      onProgress: (done, total) => {
        expect(total).toBe(estimated);
        told.push(done);
      },
    });
    expect(told).toEqual([0, 12, 24, 36, 48, 60, 72]);
  });

  it('tells each start once its members are all there to read, those of an earlier call too', async () => {
    const told: number[] = [];
    const onStart: EnsembleRequest['onStart'] = async (start, manifest) => {
      const run = readRun(place, manifest);
      const { members } = await run.readMembers(start, leadsHours.at(-1) ?? 0, 0);
      expect([...members]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      await run.close();
      told.push(start);
    };
    const place = join(root, 'told');
    const first = [starts[0] ?? 0];
    await forecast({ directory: place, from: first, onStart });
    expect(told).toEqual(first);
    told.length = 0;
    await forecast({ directory: place, onStart });
    expect(told.sort((a, b) => a - b)).toEqual([...starts]);
    const failing = forecast({ directory: place, onStart: () => Promise.reject(dataError('no truth')) });
    expect(await refusal(failing, 'data')).toMatch(/no truth/);
  });
});

describe('a run from perturbed analyses', () => {
  const perturbations: PerturbationPlan = {
    ...noisy,
    analysisError: 0.2,
    initial: [{ kind: 'state-difference', amplitude: 0.1, antithetic: false }],
    dates: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => archive.times[index]!),
  };

  it('has the same bytes whoever computes it, and none of those of one from the truth', async () => {
    const one = await forecast({ perturbations, workers: 1, batchMembers: 8 });
    const two = await forecast({ perturbations, workers: 2, batchMembers: 3 });
    const found = await filesOf(one.directory);
    expect(await filesOf(two.directory)).toEqual(found);
    const plain = await filesOf((await forecast()).directory);
    for (const [name, bytes] of plain) if (name.endsWith('.arrow')) expect(found.get(name)).not.toBe(bytes);
  });

  it('keeps its members when weight samples are added', async () => {
    const { directory } = await forecast({ perturbations, members: [2, 2] });
    const before = await filesOf(directory);
    await forecast({ perturbations, directory });
    const after = await filesOf(directory);
    for (const [name, bytes] of before) if (name.startsWith('members')) expect(after.get(name)).toBe(bytes);
  });

  it('is that of one deterministic network where nothing is left to chance', async () => {
    const asked = {
      members: [1, 1] as const,
      perturbations: bare,
      model: { kind: 'bayesian', directory: model, uncertainty: 'none' } as const,
    };
    const { directory } = await forecast(asked);
    const mean = tinyParts({ rows: 5, columns: 7, components: 2, noiseScale: 0 });
    const alone = join(root, 'mean-model');
    await writeModel(alone, {
      ...mean,
      settings: { ...mean.settings, posterior: { kind: 'point', components: 2, seed: 5 } },
    });
    const expected = await forecast({
      members: [1, 1],
      model: { kind: 'bayesian', directory: alone },
    });
    for (const start of starts) {
      const [a, b] = await Promise.all(
        [directory, expected.directory].map((path) => reading(path, (run) => run.readMembers(start, 72, 0))),
      );
      expect(a).toEqual(b);
    }
    // an analysis error moves it, a perturbation of members does not
    const erring = await forecast({ ...asked, perturbations: { ...perturbations, initial: [], steps: [] } });
    const moved = await reading(erring.directory, (run) => run.readMembers(starts[0]!, 72, 0));
    expect(moved).not.toEqual(await reading(directory, (run) => run.readMembers(starts[0]!, 72, 0)));
  });

  it('keeps some leads of all, with the values they have among all', async () => {
    const all = await forecast();
    const request = requestOf({});
    const some = await forecast({ description: { ...request.description, leadsHours: [48] } });
    const [a, b] = await Promise.all(
      [all.directory, some.directory].map((path) =>
        reading(path, (run) => run.readMembers(starts[1]!, 48, 0)),
      ),
    );
    expect(b).toEqual(a);
    // 48 h: two steps of 8 members from 3 starts
    expect(some.cost?.member_days).toBe(48);
  });
});

describe('a run that cannot be', () => {
  const nowhere = () => join(root, `nowhere-${next++}`);

  it('leaves nothing behind when a start lies outside the archive or has no state before it', async () => {
    const directory = nowhere();
    for (const start of [
      archive.times[0]! - day,
      archive.times[39]! + day,
      starts[0]! + day / 4,
      archive.times[0]!,
    ]) {
      const work = forecast({ directory, from: [starts[0]!, start] });
      expect(await refusal(work, 'data')).toContain('synthetic');
    }
    expect(await exists(directory)).toBe(false);
  });

  it('leaves nothing behind when it does not fit into memory', async () => {
    const directory = nowhere();
    expect(await refusal(forecast({ directory, modelBytes: 1e15 }), 'resources')).toContain('of memory');
    expect(await exists(directory)).toBe(false);
  });

  it('is told as data when an analysis has gaps, by channel and time', async () => {
    const holes: Archive = {
      ...archive,
      read: async (index) => {
        const state = await archive.read(index);
        if (index === 14) state.values.fill(Number.NaN);
        return state;
      },
    };
    expect(await refusal(forecast({ archive: holes }), 'data')).toMatch(
      /channel msl at 2001-01-15T00Z is missing everywhere/,
    );
  });

  it('is told by the worker as what it is: corrupted weights are data', async () => {
    const broken = join(root, 'broken-model');
    await writeModel(broken, tinyParts({ rows: 5, columns: 7 }));
    const path = join(broken, 'weights.arrow');
    const bytes = await readFile(path);
    bytes[bytes.length - 50]! ^= 1;
    await writeFile(path, bytes);
    const directory = nowhere();
    const work = forecast({ directory, model: { kind: 'bayesian', directory: broken } });
    expect(await refusal(work, 'data')).toContain('are corrupted');
    expect([...(await filesOf(directory)).keys()]).toEqual(['manifest.json']);
  });

  it('is told as data when the forecast blows up, and leaves no half-written file', async () => {
    const wild = join(root, 'wild-model');
    const parts = tinyParts({ rows: 5, columns: 7 });
    for (const tensors of parts.components) tensors.get('mean.linear.weight')?.values.fill(Number.NaN);
    await writeModel(wild, parts);
    const directory = nowhere();
    const work = forecast({ directory, model: { kind: 'bayesian', directory: wild } });
    expect(await refusal(work, 'data')).toMatch(/member 0 stopped being finite in msl at lead \d+ h/);
    expect([...(await filesOf(directory)).keys()]).toEqual(['manifest.json']);
  });

  it('is refused in the directory of another configuration, which stays as it was', async () => {
    const { directory } = await forecast({ members: [2, 1] });
    const before = await filesOf(directory);
    expect(await refusal(forecast({ directory, members: [2, 2] }), 'usage')).toContain('noise_streams');
    expect(await filesOf(directory)).toEqual(before);
  });
});
