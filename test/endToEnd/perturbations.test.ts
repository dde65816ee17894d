/** plume forecast --perturb as its users meet it: what members then differ by, what is printed and recorded, what is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRun } from '../../core/store/run.js';
import { ask, askSuccess } from './ask.js';
import { contents, startPlume } from './plume.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();

/** The domain of the shared model has one channel, pressure at the surface: increments are perturbed there. */
const sppt = 'sppt-wrf:length-km=600,time-hours=24';
const several = ['white:amplitude=0.1,antithetic=on', 'lagged:lags-hours=24,amplitude=0.5', 'white', sppt];

function args(
  out: string,
  perturb: readonly string[],
  flags: Readonly<Record<string, string>> = {},
): string[] {
  return forecastArguments(out, { members: '2x4', perturb, ...flags });
}

interface Told {
  readonly chunks: unknown;
  readonly perturbation: {
    readonly initial: readonly Readonly<Record<string, unknown>>[];
    readonly steps: readonly Readonly<Record<string, unknown>>[];
  };
}

const manifest = (out: string): Told => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Told;

async function members(out: string, lead: number): Promise<Float32Array[]> {
  const run = await openRun(out);
  const { values, members: numbers } = await run.readMembers(run.starts[0]!, lead, 0);
  await run.close();
  const points = values.length / numbers.length;
  return [...numbers.keys()].map((m) => values.subarray(m * points, (m + 1) * points));
}

describe('plume forecast --perturb', () => {
  const out = join(directory, 'several');
  let stderr = '';
  beforeAll(async () => {
    ({ stderr } = await askSuccess(args(out, several)));
  });

  it('applies what it is given in its order, says so, and records every parameter', async () => {
    const lines = stderr.split('\n').filter((line) => /^(at start|each step)/.test(line));
    expect(lines).toEqual([
      'at start   white:amplitude=0.1,antithetic=on',
      'at start   lagged:lags-hours=24,amplitude=0.5',
      'at start   white:amplitude=0.05,antithetic=off',
      'each step  sppt:sigma=0.5,length-km=600,time-hours=24,clip=2,stratosphere=off,boundary-layer=off,surface=1,antithetic=off',
      expect.stringMatching(/^each step {2}noise:length-km=/),
    ]);
    const { initial, steps } = manifest(out).perturbation;
    expect(initial.map(({ kind, stream }) => [kind, stream])).toEqual(
      ['white', 'lagged', 'white'].map((kind, place) => [kind, { purpose: 'initial', place }]),
    );
    expect(steps.map(({ kind, stream }) => [kind, stream])).toEqual([
      ['sppt', { purpose: 'sppt' }],
      ['noise', { purpose: 'pattern' }],
    ]);
    expect(steps[0]).toMatchObject({ clip: 2, scales: [{ sigma: 0.5, lengthKm: 600, timeHours: 24 }] });
    const { stdout } = await askSuccess(['run', 'info', out]);
    for (const line of lines) expect(stdout).toContain(line);
  });

  it('says what schemes would have known, once', () => {
    const notes = stderr.split('\n').filter((line) => line.startsWith('plume: note: sppt:'));
    expect(notes.some((line) => /clip/.test(line))).toBe(true);
    expect(new Set(notes).size).toBe(notes.length);
  });

  it('has the same bytes with two workers, other batches, and weight samples that were added later', async () => {
    const grown = join(directory, 'grown');
    await askSuccess(args(grown, several, { members: '1x4', batch: '3' }));
    await askSuccess(args(grown, several, { workers: '2', batch: '3' }));
    expect(await members(grown, 72)).toEqual(await members(out, 72));
  });

  it('killed and run again ends at the same bytes', async () => {
    const stopped = join(directory, 'stopped');
    const { child, finished } = startPlume(args(stopped, several));
    child.stderr?.on('data', (text: Buffer) => {
      if (/member-steps/.test(String(text))) child.kill('SIGKILL');
    });
    expect((await finished).signal).toBe('SIGKILL');
    await askSuccess(args(stopped, several));
    const [found, expected] = [contents(stopped), contents(out)];
    // the configuration that a manifest holds names the directory
    for (const name of Object.keys({ ...found, ...expected })) {
      if (name !== 'manifest.json') expect([name, found[name]]).toEqual([name, expected[name]]);
    }
    expect(manifest(stopped).chunks).toEqual(manifest(out).chunks);
  });

  it('of a run that is there is refused where it is another', async () => {
    const { code, stderr: said } = await ask(args(out, [...several.slice(0, 3), `${sppt},clip=1`]));
    expect(said).toMatch(/perturbation/);
    expect(code).toBe(64);
  });

  it('takes the list of a manifest, and makes the members of that run', async () => {
    const { initial, steps } = manifest(out).perturbation;
    const list = join(directory, 'list.json');
    writeFileSync(list, JSON.stringify([...initial, ...steps]));
    const again = join(directory, 'again');
    await askSuccess(args(again, [list]));
    expect(await members(again, 72)).toEqual(await members(out, 72));
    expect(manifest(again).perturbation).toEqual(manifest(out).perturbation);
  });

  it('of steps alone makes members differ without noise and weights', async () => {
    const stepped = join(directory, 'stepped');
    await askSuccess(args(stepped, [sppt], { uncertainty: 'none', members: '1x3' }));
    expect(new Set((await members(stepped, 24)).map(String)).size).toBe(3);
  });

  it.each([
    ['a name that is not known', ['spt'], {}, 64, /there is none called "spt"; there are white/],
    ['wind that is not there', ['skeb'], {}, 64, /skeb: .* no wind among the channels of the model/],
    [
      'an earlier analysis outside the archive',
      ['lagged:lags-hours=48'],
      { starts: '2001-01-02' },
      65,
      /outside/,
    ],
  ] as const)('refuses %s and writes nothing', async (_, perturb, flags, code, message) => {
    const refused = join(directory, 'refused');
    const finished = await ask(args(refused, perturb, flags));
    expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(code);
    expect(contents(refused)).toEqual({});
  });

  it('is named in the options and takes a list from a configuration', async () => {
    const config = join(directory, 'options.json');
    writeFileSync(config, JSON.stringify({ ...shared(), perturb: [sppt], initial: 0.1 }));
    const configured = join(directory, 'configured');
    const flags = ['--starts', '2004-02-01', '--members', '1x2', '--lead', 'P1D', '--workers', '1'];
    await askSuccess(['forecast', '--config', config, '--out', configured, ...flags]);
    const { initial, steps } = manifest(configured).perturbation;
    expect([...initial, ...steps].map(({ kind }) => kind)).toEqual(['state-difference', 'sppt', 'noise']);
  });
});

describe('plume perturbations', () => {
  it('shows all there are on a screen, and one with what its parameters mean', async () => {
    const { stdout } = await askSuccess(['perturbations']);
    for (const name of ['white', 'bred', 'sppt', 'skeb', 'sppt-gfs', 'periods-longitude=12', 'OpenIFS']) {
      expect(stdout).toContain(name);
    }
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(50);
    const one = await askSuccess(['perturbations', 'sppt-gfs']);
    expect(one.stdout).toMatch(/clip +3 +r is held within/);
    const { stdout: json } = await askSuccess(['perturbations', 'lagged', '--json']);
    expect(JSON.parse(json)).toMatchObject({
      schemes: [{ kind: 'lagged', at: 'start', default: 'lagged', parameters: [{ name: 'lags-hours' }, {}] }],
      presets: [{ name: 'lagged', values: { lagsHours: [24, 48], amplitude: 1 } }],
    });
  });
});
