/** Training on a period that memory may not hold, with gaps: it streams, stops, goes on to the same model, and says so. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import type { Reporter } from '../../src/progress.js';
import { trainModel } from '../../src/training/trainModel.js';
import { syntheticArchive } from '../syntheticArchive.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-streamed-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const whole = syntheticArchive({ days: 800 });
/** Of 600 days of training, two have a gap. */
const archive: Archive = {
  ...whole,
  read: async (index) => {
    const state = await whole.read(index);
    if (index === 100 || index === 431) state.values[7] = Number.NaN;
    return state;
  },
};

interface Told {
  readonly lines: string[];
  /** Called at every step. */
  onUpdate(done: number): void;
}

function reporter(told: Told): Reporter {
  const progress = {
    from: () => {},
    skip: () => {},
    update: (done: number) => told.onUpdate(done),
    finish: () => {},
  };
  return {
    quiet: true,
    line: (text: string) => told.lines.push(text),
    begin: () => progress,
  } as unknown as Reporter;
}

/** What the last training said, ended or stopped. */
let told: string[] = [];

async function train(name: string, sampleBytes: number | undefined, stopAfter = Number.POSITIVE_INFINITY) {
  const abort = new AbortController();
  let updates = 0;
  told = [];
  const reported: Told = {
    lines: told,
    onUpdate: () => {
      if (++updates === stopAfter) abort.abort();
    },
  };
  const at = (index: number) => archive.times[index]!;
  const directory = join(root, name);
  await trainModel({
    source: { archive, name: 'archive "waves"', files: ['waves'] },
    periods: { train: { from: at(0), to: at(599) }, validate: { from: at(600), to: at(799) } },
    preset: 'brief',
    seed: 1,
    posterior: 'mean-field',
    stage: 'deterministic',
    gaps: 'omit',
    backend: { asked: 'ort-cpu', backend: 'ort-cpu', why: 'a test', device: 'cpu' },
    directory,
    checkpointSeconds: 60,
    report: reporter(reported),
    signal: abort.signal,
    ...(sampleBytes === undefined ? {} : { sampleBytes }),
  });
  const description = JSON.parse(await readFile(join(directory, 'model.json'), 'utf8'));
  return {
    told: told.join('\n'),
    weights: await readFile(join(directory, 'weights.arrow')),
    description,
  };
}

describe('a training that streams its samples', () => {
  // the states of training are 144 000 bytes
  const sampleBytes = 80_000;

  it('says so with its gaps, and goes on after a stop to the same model', async () => {
    const straight = await train('straight', sampleBytes);
    expect(straight.told).toMatch(/600 states, 0\.1 MiB, streamed: \d+ blocks of up to \d+ times in memory/);
    // samples have three states and the next: each gap costs four of the 600 − 3
    expect(straight.told).toMatch(/589 of 597 samples: 2 states with missing values are left out/);
    expect(JSON.stringify(straight.description)).toContain('"kind":"stream"');
    const stopped: unknown = await train('stopped', sampleBytes, 7).catch((reason: unknown) => reason);
    expect(isPlumeError(stopped) && stopped.tag).toBe('interrupted');
    const resumed = await train('stopped', sampleBytes);
    expect(resumed.weights.equals(straight.weights)).toBe(true);
  });

  it('is another training than one in memory: another order, and a checkpoint of its own', async () => {
    const begun: unknown = await train('memory', undefined, 1).catch((reason: unknown) => reason);
    expect(isPlumeError(begun) && begun.tag).toBe('interrupted');
    expect(told.join('\n')).toMatch(/600 states, 0\.1 MiB, in memory/);
    const stopped: unknown = await train('changed', sampleBytes, 7).catch((reason: unknown) => reason);
    expect(isPlumeError(stopped) && stopped.tag).toBe('interrupted');
    const refused: unknown = await train('changed', undefined).catch((reason: unknown) => reason);
    expect(isPlumeError(refused) && refused.tag).not.toBe('interrupted');
  });
});
