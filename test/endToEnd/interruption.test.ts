/**
 * A run or a training that is killed at any moment, and then given the same command again, ends with the same bytes
 * as one that was left in peace, and nothing besides.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeSyntheticNetcdf } from '../syntheticArchive.js';
import { contents, plume, startPlume, succeed } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** Names in a directory that match; none where it is not there. */
function names(path: string, like = /./): string[] {
  return existsSync(path) ? readdirSync(path).filter((name) => like.test(name)) : [];
}

/** Starts a command and kills it as soon as `moment` says so; false when it ended before. */
async function killed(
  args: readonly string[],
  moment: () => boolean,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<boolean> {
  const { child, finished } = startPlume(args);
  let ended = false;
  void finished.then(() => {
    ended = true;
  });
  while (!ended && !moment()) await pause(1);
  child.kill(signal);
  const { code, signal: by } = await finished;
  return signal === 'SIGKILL' ? by === 'SIGKILL' : code === 75;
}

/** A moment of microseconds may pass between two looks and the command end unharmed: then it is run anew. */
async function killedAt(args: readonly string[], out: string, moment: () => () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 8; attempt++) {
    if (await killed(args, moment())) return true;
    rmSync(out, { recursive: true, force: true });
  }
  return false;
}

const temporary = /\.tmp-|\.lock$/;

describe('a forecast', () => {
  // The run directory is part of the configuration that the manifest keeps, so every run is made at one place.
  const out = join(directory, 'run');
  const args = forecastArguments(out, {
    starts: '2004-01-05/2004-04-23/P1D',
    members: '2x3',
    lead: 'P3D',
    workers: '2',
  });
  const count = 110;
  const chunks = (): number => names(join(out, 'members'), /arrow$/).length;
  let expected: Record<string, string>;

  beforeAll(async () => {
    await succeed(args);
    expected = contents(out);
    expect(Object.keys(expected)).toHaveLength(2 * count + 3);
    rmSync(out, { recursive: true });
  });
  afterEach(() => rmSync(out, { recursive: true, force: true }));

  const elapsed = (seconds: number): (() => boolean) => {
    const began = performance.now();
    return () => performance.now() - began > 1000 * seconds;
  };
  it.each([
    { when: 'at once', moment: () => elapsed(0) },
    { when: 'while it loads', moment: () => elapsed(0.3) },
    { when: 'as its lock appears', moment: () => () => names(out, /\.lock$/).length > 0 },
    {
      when: 'while its first manifest is written',
      moment: () => () => names(out, /^manifest.*tmp/).length > 0,
    },
    {
      when: 'while a chunk is written',
      moment: () => () => chunks() > 20 && names(join(out, 'members'), temporary).length > 0,
    },
    {
      when: 'while products are written',
      moment: () => () => names(join(out, 'products'), temporary).length > 0,
    },
    { when: 'in the middle', moment: () => () => chunks() > count / 2 },
    {
      when: 'while the manifest is written again',
      moment: () => () => chunks() > 15 && names(out, /^manifest.*tmp/).length > 0,
    },
    { when: 'as the last chunk appears', moment: () => () => chunks() === count },
  ])('killed $when ends with the same bytes when run again', async ({ moment }) => {
    expect(await killedAt(args, out, moment)).toBe(true);
    await succeed(args);
    expect(contents(out)).toEqual(expected);
  });

  it('killed again and again ends with the same bytes', async () => {
    for (const part of [0.3, 0.7]) await killed(args, () => chunks() > part * count);
    // what the manifest had recorded when the last kill came is what is not made again
    const info = JSON.parse((await succeed(['run', 'info', out, '--json'])).stdout);
    const { stdout } = await succeed([...args, '--json']);
    expect(JSON.parse(stdout).keptMembers).toBe(info.trajectories.held);
    expect(contents(out)).toEqual(expected);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops at %s with 75, keeps what is finished, and goes on',
    async (signal) => {
      const { child, finished } = startPlume(args);
      while (chunks() < 20) await pause(1);
      child.kill(signal);
      const { code, stderr } = await finished;
      expect(code).toBe(75);
      expect(stderr).toMatch(
        /stopped after \d+ of \d+ member-steps; everything finished is kept .* same command again/,
      );
      const info = JSON.parse((await succeed(['run', 'info', out, '--checksums', '--json'])).stdout);
      expect(info.check.damaged).toEqual([]);
      expect(info.trajectories.held).toBeGreaterThanOrEqual(20 * 6);
      expect(info.trajectories.held).toBeLessThan(count * 6);
      expect(names(out, temporary)).toEqual([]);
      const { stdout } = await succeed([...args, '--json']);
      expect(JSON.parse(stdout).keptMembers).toBe(info.trajectories.held);
      expect(contents(out)).toEqual(expected);
    },
  );

  it('is refused where another process writes, with 69, and the other is not disturbed', async () => {
    const first = startPlume(args);
    while (chunks() < 10) await pause(1);
    // held still, so that it cannot be done before the other has started
    first.child.kill('SIGSTOP');
    const { code, stderr } = await plume(args);
    first.child.kill('SIGCONT');
    expect(code).toBe(69);
    expect(stderr).toContain(
      `is being written by process ${first.child.pid}; wait for it, or choose another --out`,
    );
    expect((await first.finished).code).toBe(0);
    expect(contents(out)).toEqual(expected);
  });
});

describe('a training', () => {
  const out = join(directory, 'model');
  const { archive } = shared();
  const args = [
    ...['train', '--archive', archive, '--preset', 'brief', '--backend', 'ort-cpu', '--out', out],
    ...['--checkpoint', '0'],
  ];
  const checkpoints = (): number => names(out, /^checkpoint-\d+\.arrow$/).length;
  let expected: Record<string, string>;

  beforeAll(async () => {
    await succeed(args);
    expected = contents(out);
    expect(Object.keys(expected)).toEqual(['model.json', 'weights.arrow']);
    // where the time of a checkpoint comes in, and the directory is called otherwise, nothing changes
    expect(expected).toEqual(contents(shared().model));
    renameSync(out, join(directory, 'trained'));
  });
  afterEach(() => rmSync(out, { recursive: true, force: true }));

  /** Kills at the n-th checkpoint: each replaces the one before under another inode. */
  const atCheckpoint = (n: number): (() => boolean) => {
    const seen = new Set<string>();
    return () => {
      for (const name of names(out, /checkpoint-\d+\.arrow\.tmp/)) seen.add(name);
      return seen.size >= n && checkpoints() > 0;
    };
  };
  /** Between two checkpoints there is no file of that name for a moment. */
  const textOf = (path: string): string => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return '';
    }
  };
  /** Kills once the last checkpoint is one of the middle of a stage. */
  const inStage = (stage: string): (() => boolean) => {
    const path = join(out, 'checkpoint-0.arrow');
    const place = `"stage":${['deterministic', 'epistemic', 'aleatoric'].indexOf(stage)},"step":`;
    return () => {
      const text = textOf(path);
      const at = text.indexOf(place);
      return at >= 0 && text[at + place.length] !== '0';
    };
  };
  it.each([
    { when: 'at its first checkpoint', moment: () => atCheckpoint(1) },
    { when: 'in the epistemic stage', moment: () => inStage('epistemic') },
    { when: 'in the aleatoric stage', moment: () => inStage('aleatoric') },
    { when: 'while a checkpoint is written', moment: () => () => names(out, /tmp/).length > 0 },
  ])('killed $when ends with the same bytes when run again', async ({ moment }) => {
    expect(await killedAt(args, out, moment)).toBe(true);
    const { stderr } = await succeed(args);
    expect(stderr).toMatch(/^trained /m);
    expect(contents(out)).toEqual(expected);
  });

  it('whose last checkpoint was cut short goes on from the one before, says so, and ends with the same bytes', async () => {
    expect(await killedAt(args, out, () => atCheckpoint(20))).toBe(true);
    truncateSync(join(out, 'checkpoint-0.arrow'), 1000);
    const { stderr } = await succeed(args);
    expect(stderr).toMatch(/checkpoint-0\.arrow.*going on from the one before, stage \d step \d+/);
    expect(contents(out)).toEqual(expected);
  });

  it('of one stage after the other ends with the same bytes, killed in the middle of each too', async () => {
    for (const stage of ['deterministic', 'epistemic', 'aleatoric']) {
      const one = [...args, '--stage', stage];
      await killed(one, inStage(stage));
      await succeed(one);
      const model = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
      expect(model.training.record.stages.at(-1)).toBe(stage);
      expect(model.posterior.kind).toBe(stage === 'deterministic' ? 'point' : 'mean-field');
      if (stage !== 'deterministic') continue;
      // a model of one stage forecasts
      const run = join(directory, 'point');
      await succeed(forecastArguments(run, { model: out, starts: '2004-02-01' }));
      rmSync(run, { recursive: true });
    }
    expect(contents(out)).toEqual(expected);
  });

  it('goes on from a model alone, and not on other fields or with another posterior', async () => {
    await succeed([...args, '--stage', 'deterministic']);
    for (const name of names(out, /^checkpoint/)) rmSync(join(out, name));
    const other = await plume([...args, '--stage', 'aleatoric']);
    expect(other.code).toBe(64);
    expect(other.stderr).toContain('--stage aleatoric begins where the epistemic stage ends');
    const narrow = await writeSyntheticNetcdf(join(directory, 'narrow.nc'), {
      days: 4 * 365 + 1,
      columns: 8,
    });
    const elsewhere = await plume([
      ...args.map((arg) => (arg === archive ? narrow : arg)),
      '--stage',
      'epistemic',
    ]);
    rmSync(narrow);
    expect(elsewhere.code).toBe(65);
    expect(elsewhere.stderr).toMatch(/narrow\.nc.* lies on a grid of .*, but the model in .* on one of/);
    await succeed([...args, '--stage', 'epistemic']);
    const { code, stderr } = await plume([...args, '--posterior', 'dropout', '--stage', 'aleatoric']);
    expect({ code, said: /has a posterior of kind mean-field|other data or settings/.test(stderr) }).toEqual({
      code: 64,
      said: true,
    });
  });

  it('stops at SIGINT with 75 and a checkpoint, whatever the interval, and goes on', async () => {
    const patient = args.map((arg) => (arg === '0' ? '60' : arg));
    const { child, finished } = startPlume(patient);
    while (names(out, /\.lock$/).length === 0) await pause(1);
    await pause(300);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(75);
    expect(stderr).toMatch(/stopped .*run the same command again to go on/);
    expect(checkpoints()).toBeGreaterThan(0);
    expect(existsSync(join(out, 'model.json'))).toBe(false);
    await succeed(patient);
    expect(contents(out)).toEqual(expected);
  });

  it('is not taken up with other settings (64), or where another process trains (69)', async () => {
    const first = startPlume(args);
    while (checkpoints() === 0) await pause(1);
    first.child.kill('SIGSTOP');
    const second = await plume(args);
    expect(second.code).toBe(69);
    expect(second.stderr).toContain(`is being written by process ${first.child.pid}`);
    first.child.kill('SIGKILL');
    await first.finished;
    const other = await plume([...args, '--seed', '2']);
    expect(other.code).toBe(64);
    // the settings are named where the account was written, too, before the kill
    expect(other.stderr).toMatch(/with --seed 1, now 2; give what|belongs to a training with other data/);
    await succeed(args);
    expect(contents(out)).toEqual(expected);
  });
});

it('leaves nothing outside the directories it was given', () => {
  mkdirSync(directory, { recursive: true });
  expect(readdirSync(directory).sort()).toEqual(['trained']);
});
