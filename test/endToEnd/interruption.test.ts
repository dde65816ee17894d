/**
 * A run or a training that is killed at any moment, and then given the same command again, ends with the same bytes
 * as one that was left in peace, and nothing besides.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeSyntheticNetcdf } from '../syntheticArchive.js';
import { ask, askSuccess } from './ask.js';
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

/** A file of that name is there that was not when the command began: what the kill before has left does not count. */
function appears(path: string, like: RegExp): () => boolean {
  const left = new Set(names(path, like));
  return () => names(path, like).some((name) => !left.has(name));
}

/** A moment to kill at, made anew for every command it is waited for in. */
interface Moment {
  readonly when: string;
  readonly moment: () => () => boolean;
}

/** The same command is killed at one moment after the other; each goes on where the one before was killed. */
async function killedAtEach(args: readonly string[], out: string, moments: readonly Moment[]): Promise<void> {
  for (const { when, moment } of moments) expect(await killedAt(args, out, moment), when).toBe(true);
}

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
  const whileWritten = (path: string, from = 0): Moment['moment'] => {
    return () => {
      const appeared = appears(join(out, path), temporary);
      return () => chunks() > from && appeared();
    };
  };
  const early: readonly Moment[] = [
    { when: 'at once', moment: () => elapsed(0) },
    { when: 'while it loads', moment: () => elapsed(0.3) },
    { when: 'as its lock appears', moment: () => () => names(out, /\.lock$/).length > 0 },
    { when: 'while its first manifest is written', moment: () => appears(out, /^manifest.*tmp/) },
  ];
  const amid: readonly Moment[] = [
    { when: 'while products are written', moment: whileWritten('products') },
    { when: 'while a chunk is written', moment: whileWritten('members', 20) },
  ];
  const late: readonly Moment[] = [
    { when: 'in the middle', moment: () => () => chunks() > count / 2 },
    {
      when: 'while the manifest is written again',
      moment: () => {
        const appeared = appears(out, /^manifest.*tmp/);
        return () => chunks() > count / 2 && appeared();
      },
    },
    { when: 'as the last chunk appears', moment: () => () => chunks() === count },
  ];
  it('killed again and again, from before its first member to the last chunk, ends with the same bytes when run again', async () => {
    await killedAtEach(args, out, [...early, ...amid, ...late]);
    // what the manifest had recorded when the last kill came is what is not made again
    const isRun = existsSync(join(out, 'manifest.json'));
    const info = isRun ? JSON.parse((await succeed(['run', 'info', out, '--json'])).stdout) : undefined;
    const { stdout } = await succeed([...args, '--json']);
    expect(JSON.parse(stdout).keptMembers).toBe(info?.trajectories.held ?? 0);
    expect(contents(out)).toEqual(expected);
  });

  it('stops at SIGINT, and at SIGTERM, with 75, keeps what is finished, and goes on', async () => {
    let held = 0;
    for (const [signal, from] of [['SIGINT', 20] as const, ['SIGTERM', 50] as const]) {
      const { child, finished } = startPlume(args);
      while (chunks() < from) await pause(1);
      child.kill(signal);
      const { code, stderr } = await finished;
      expect(code, signal).toBe(75);
      expect(stderr).toMatch(
        /stopped after \d+ of \d+ member-steps; everything finished is kept .* same command again/,
      );
      const info = JSON.parse((await succeed(['run', 'info', out, '--checksums', '--json'])).stdout);
      expect(info.check.damaged).toEqual([]);
      held = info.trajectories.held;
      expect(held).toBeGreaterThanOrEqual(from * 6);
      expect(held).toBeLessThan(count * 6);
      expect(names(out, temporary)).toEqual([]);
    }
    const { stdout } = await succeed([...args, '--json']);
    expect(JSON.parse(stdout).keptMembers).toBe(held);
    expect(contents(out)).toEqual(expected);
  });

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

  beforeAll(() => {
    // trained by globalSetup elsewhere, in one go, with checkpoints as they come: none of that may change a byte
    expected = contents(shared().model);
    expect(Object.keys(expected)).toEqual(['model.json', 'weights.arrow']);
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
  it('killed again and again, its last checkpoint cut short, goes on from the one before, says so, and ends with the same bytes', async () => {
    await killedAtEach(args, out, [
      { when: 'at its first checkpoint', moment: () => atCheckpoint(1) },
      { when: 'in the epistemic stage', moment: () => inStage('epistemic') },
      { when: 'while a checkpoint is written', moment: () => appears(out, /checkpoint.*tmp/) },
      { when: 'in the aleatoric stage', moment: () => inStage('aleatoric') },
    ]);
    truncateSync(join(out, 'checkpoint-0.arrow'), 1000);
    const { stderr } = await succeed(args);
    expect(stderr).toMatch(/checkpoint-0\.arrow.*going on from the one before, stage \d step \d+/);
    expect(stderr).toMatch(/^trained /m);
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
      if (stage === 'deterministic') await isPoint();
      if (stage === 'epistemic') await keepsItsPosterior();
    }
    expect(contents(out)).toEqual(expected);
  });

  /** The command of a later stage that begins with the model alone, in a copy without its checkpoints. */
  const later = (stage: string, ...flags: readonly string[]): string[] => {
    const copy = join(directory, 'copy');
    cpSync(out, copy, { recursive: true });
    for (const name of names(copy, /^checkpoint/)) rmSync(join(copy, name));
    return [...args.map((arg) => (arg === out ? copy : arg)), '--stage', stage, ...flags];
  };
  const refused = async (command: readonly string[]): Promise<{ code: number | null; stderr: string }> => {
    const { code, stderr } = await ask(command);
    rmSync(join(directory, 'copy'), { recursive: true });
    return { code, stderr };
  };

  /** A model of the first stage forecasts; what goes on from it is the next stage, on the fields it learnt from. */
  async function isPoint(): Promise<void> {
    const run = join(directory, 'point');
    await askSuccess(forecastArguments(run, { model: out, starts: '2004-02-01' }));
    rmSync(run, { recursive: true });
    const skipping = await refused(later('aleatoric'));
    expect(skipping.code).toBe(64);
    expect(skipping.stderr).toContain('--stage aleatoric begins where the epistemic stage ends');
    const narrow = await writeSyntheticNetcdf(join(directory, 'narrow.nc'), {
      days: 4 * 365 + 1,
      columns: 8,
    });
    const elsewhere = await refused(later('epistemic').map((arg) => (arg === archive ? narrow : arg)));
    rmSync(narrow);
    expect(elsewhere.code).toBe(65);
    expect(elsewhere.stderr).toMatch(/narrow\.nc.* lies on a grid of .*, but the model in .* on one of/);
  }

  async function keepsItsPosterior(): Promise<void> {
    const { code, stderr } = await refused(later('aleatoric', '--posterior', 'dropout'));
    expect({ code, said: /has a posterior of kind mean-field|other data or settings/.test(stderr) }).toEqual({
      code: 64,
      said: true,
    });
  }

  it('is refused where another process trains (69), stops at SIGINT with 75 and a checkpoint, whatever the interval, and goes on with the same settings alone (64)', async () => {
    const patient = args.map((arg) => (arg === '0' ? '60' : arg));
    const { child, finished } = startPlume(patient);
    while (names(out, /\.lock$/).length === 0) await pause(1);
    await pause(300);
    child.kill('SIGSTOP');
    const second = await plume(patient);
    child.kill('SIGCONT');
    expect(second.code).toBe(69);
    expect(second.stderr).toContain(`is being written by process ${child.pid}`);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(75);
    expect(stderr).toMatch(/stopped .*run the same command again to go on/);
    expect(checkpoints()).toBeGreaterThan(0);
    expect(existsSync(join(out, 'model.json'))).toBe(false);
    const other = await plume([...patient, '--seed', '2']);
    expect(other.code).toBe(64);
    // the settings are named where the account was written, too, before the signal
    expect(other.stderr).toMatch(/with --seed 1, now 2; give what|belongs to a training with other data/);
    await succeed(patient);
    expect(contents(out)).toEqual(expected);
  });
});

it('leaves nothing outside the directories it was given', () => {
  mkdirSync(directory, { recursive: true });
  expect(readdirSync(directory)).toEqual([]);
});
