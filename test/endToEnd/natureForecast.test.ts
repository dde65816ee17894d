/** The dycore as a forecast model on the command line: from nothing to a run directory, and what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../core/store/run.js';
import { ask, askSuccess } from './ask.js';
import { contents } from './plume.js';
import { temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const small = 'truncation=10,levels=4';
const base: Readonly<Record<string, string>> = {
  archive: `nature:${small},days=26,every=24h`,
  model: `nature:${small}`,
  starts: '2001-01-21,2001-01-22',
  lead: 'P3D',
};

function args(changes: Readonly<Record<string, string>> = {}, ...flags: readonly string[]): string[] {
  const options = Object.entries({ ...base, ...changes }).flatMap(([name, value]) => [`--${name}`, value]);
  return ['forecast', ...options, ...flags];
}

interface Settings {
  readonly settings: {
    readonly initial: { readonly dates: readonly string[] } & Readonly<Record<string, unknown>>;
  };
  readonly model: unknown;
  readonly perturbation: unknown;
}

const manifest = (out: string): Settings =>
  JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Settings;

describe('plume forecast --model nature', () => {
  it('runs from perturbed analyses with no file at hand, and records where they came from', async () => {
    const out = join(directory, 'classical');
    const changes = { out, members: '1x5', 'analysis-error': '0.1' };
    const { stdout } = await askSuccess(args(changes, '--json', '--quiet'));
    const result = JSON.parse(stdout) as { members: number; cost: Record<string, unknown> };
    expect(result).toMatchObject({ members: 5, starts: 2, madeMembers: 10 });
    // 5 members, 2 starts, 3 days
    expect(result.cost).toMatchObject({ member_days: 30, device: 'cpu' });
    expect(JSON.parse(readFileSync(join(out, 'cost.json'), 'utf8'))).toEqual(result.cost);
    const { settings, model, perturbation } = manifest(out);
    expect(model).toMatchObject({ kind: 'nature', truncation: 10, levels: 4 });
    expect(perturbation).toEqual({
      initial: [
        {
          ...{ kind: 'state-difference', amplitude: 0.1, antithetic: false },
          stream: { purpose: 'initial', place: 0 },
        },
      ],
      steps: [],
    });
    expect(settings.initial).toMatchObject({ analysis_error: 0.1, rotate: true });
    expect(settings.initial.dates).toHaveLength(11);
    expect(settings.initial.dates.at(-1)).toBe('2001-01-11T00:00:00.000Z');
    const run = await openRun(out);
    // daily, though the model steps six hours; what is looked at, not the levels of the model
    expect(run.leadsHours).toEqual([24, 48, 72]);
    expect(run.schema.channels).toHaveLength(16);
    await run.close();
  });

  it('keeps other leads and channels when told to, of the same members', async () => {
    const out = join(directory, 'chosen');
    await askSuccess(
      args({ out, members: '1x5', 'analysis-error': '0.1', every: '12h', store: 't850,lnsp', lead: 'P1D' }),
    );
    const [chosen, all] = [await openRun(out), await openRun(join(directory, 'classical'))];
    expect(chosen.leadsHours).toEqual([12, 24]);
    expect(chosen.schema.channels.map(({ variable }) => variable)).toEqual(['t', 'lnsp']);
    const t850 = all.schema.channels.findIndex(({ variable, level }) => variable === 't' && level === 850);
    const start = chosen.starts[1]!;
    expect(await chosen.readMembers(start, 24, 0)).toEqual(await all.readMembers(start, 24, t850));
    await chosen.close();
    await all.close();
  });

  it('deterministic is one member, whose analysis still errs', async () => {
    const out = join(directory, 'deterministic');
    await askSuccess(args({ out, 'analysis-error': '0.1' }, '--deterministic'));
    expect(manifest(out)).toMatchObject({
      settings: { initial: { analysis_error: 0.1 } },
      perturbation: { initial: [], steps: [] },
    });
    const run = await openRun(out);
    expect(run.members()).toBe(1);
    await run.close();
  });

  it.each([
    [
      'a start without states before it',
      { 'analysis-error': '0.1', starts: '2001-01-14' },
      64,
      /4 usable ones up to 2001-01-04T00Z.*--initial-states/,
    ],
    [
      'a member count with a single member',
      { members: '1x4' },
      64,
      /--deterministic is one forecast/,
      '--deterministic',
    ],
    ['a perturbed deterministic member', { initial: '0.1' }, 64, /leave out --initial/, '--deterministic'],
    [
      'a period without a use',
      { 'initial-states': '2001-01-01/2001-01-10' },
      64,
      /no use without --analysis-error/,
    ],
    ['an unknown channel', { store: 'q700' }, 64, /no channel "q700"; it has z250/],
    [
      'leads between the steps',
      { every: '5h' },
      64,
      /--every 5h is not a whole number of the model's steps of 6 h/,
    ],
    ['a length that is no multiple', { lead: '36h' }, 64, /--lead 36h is not a whole number of the 24 h/],
    ['a GPU', { device: 'webgpu' }, 64, /runs on the CPU/],
    [
      'a misspelt key',
      { model: 'nature:trunc=10' },
      64,
      /"trunc=10" is not one of truncation=N, levels=N, step=N/,
    ],
    ['an unstable step', { model: `nature:${small},step=10800` }, 64, /unstable at T10/],
    [
      'levels of another nature run',
      { model: 'nature:truncation=10,levels=3' },
      65,
      /more levels than the model's 3: it has vo_ml4/,
    ],
    ['a start outside the archive', { starts: '2002-01-01' }, 65, /outside archive/],
    ['a negative size', { 'analysis-error': '-0.1' }, 64, /--analysis-error "-0.1": .* from 0 to 10/],
  ] as const)('refuses %s and writes nothing', async (_, changes, code, message, ...flags: string[]) => {
    const out = join(directory, 'refused');
    const finished = await ask(args({ out, ...changes }, ...flags));
    expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(code);
    expect(contents(out)).toEqual({});
  });
});
