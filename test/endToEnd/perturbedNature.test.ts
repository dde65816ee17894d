/**
 * Balanced starts, bred vectors and backscatter on the command line, run to the end with the dycore as the model: what is
 * recorded, members that stay the same when there are more of them, and runs that were killed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRun, type RunReader } from '../../core/store/run.js';
import { contents, startPlume, succeed } from './plume.js';
import { temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const small = 'truncation=10,levels=4';
const table = join(directory, 'errors.json');
const nature = join(directory, 'nature.zarr');
const starts = '2001-01-20,2001-01-21';
const perturb = ['balanced:amplitude=0.2,antithetic=on', `bred:errors=${table},cycles=2`, 'skeb'];

function args(command: 'errors' | 'forecast', out: string, ...flags: readonly string[]): string[] {
  const model = ['--archive', nature, '--model', `nature:${small}`];
  return [command, ...model, '--out', out, ...flags];
}

function forecastArguments(out: string, members: number): string[] {
  const flags = ['--starts', starts, '--lead', 'P2D', '--workers', '1', '--members', `1x${members}`];
  return args('forecast', out, ...flags, '--perturb', ...perturb);
}

/** [start and lead][channel]: the first so many members. */
async function members(out: string, count: number): Promise<Float32Array[][]> {
  const run: RunReader = await openRun(out);
  const { leadsHours, schema } = run;
  const all: Float32Array[][] = [];
  for (const start of run.starts) {
    for (const lead of leadsHours) {
      const fields: Float32Array[] = [];
      for (const channel of schema.channels.keys()) {
        const { values, members: numbers } = await run.readMembers(start, lead, channel);
        fields.push(values.subarray(0, (count * values.length) / numbers.length));
      }
      all.push(fields);
    }
  }
  await run.close();
  return all;
}

describe('balanced, bred and backscatter together', () => {
  const out = join(directory, 'run');
  const whole = join(directory, 'whole');
  let stderr = '';

  beforeAll(async () => {
    await succeed([
      'nature',
      '--truncation',
      '10',
      '--levels',
      '4',
      '--days',
      '21',
      '--every',
      '6h',
      '--model-levels',
      '--out',
      nature,
    ]);
    await succeed(
      args(
        'errors',
        table,
        '--starts',
        '2001-01-15,2001-01-19',
        '--lead',
        'P1D',
        '--analysis-error',
        '0.1',
        '--initial-states',
        '2001-01-01/2001-01-10',
      ),
    );
    [{ stderr }] = await Promise.all([
      succeed(forecastArguments(out, 4)),
      succeed(forecastArguments(whole, 6)),
    ]);
  });

  it('are recorded with every value, and foretold', async () => {
    const { perturbation } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      perturbation: { initial: Record<string, unknown>[]; steps: Record<string, unknown>[] };
    };
    const errors = JSON.parse(readFileSync(table, 'utf8')) as {
      channels: Readonly<Record<string, { rms: number }>>;
    };
    expect(perturbation.initial).toMatchObject([
      { kind: 'balanced', amplitude: 0.2, antithetic: true, balance: 'linear', stream: { place: 0 } },
      {
        ...{ kind: 'bred', cycles: 2, cycleHours: 6, seedChannel: 'vo_ml2', stream: { place: 1 } },
        errors: Object.fromEntries(Object.entries(errors.channels).map(([name, { rms }]) => [name, rms])),
      },
    ]);
    expect(perturbation.steps).toMatchObject([
      { kind: 'skeb', rate: 1e-5, stream: { purpose: 'backscatter' } },
    ]);
    // 500 km of the presets are less than the grid shows, which is said and recorded
    const [{ lengthKm }, { seedLengthKm }] = perturbation.initial as [
      { lengthKm: number },
      { seedLengthKm: number },
    ];
    expect(lengthKm).toBeGreaterThan(1000);
    expect(seedLengthKm).toBe(lengthKm);
    expect(stderr).toContain(`length-km=${lengthKm} is used`);
    expect(stderr).toMatch(/^needs {6}about .* of memory \(\S+ [kM]B for perturbations\), .* on disk$/m);
  });

  it('leave members finite and apart, and pairs do not stay mirrored once steps are perturbed', async () => {
    for (const fields of await members(out, 4)) {
      for (const values of fields) {
        const points = values.length / 4;
        expect(values.every(Number.isFinite)).toBe(true);
        const [first, second] = [values.slice(0, points), values.slice(points, 2 * points)];
        expect(second).not.toEqual(first);
      }
    }
  });

  it('killed, run again, and given two members more end at the bytes of a run that was made at once', async () => {
    const stopped = join(directory, 'stopped');
    const { child, finished } = startPlume(forecastArguments(stopped, 4));
    const made = join(stopped, 'members');
    const watch = setInterval(() => {
      if (existsSync(made) && readdirSync(made).some((name) => name.endsWith('.arrow')))
        child.kill('SIGKILL');
    }, 2);
    expect((await finished).signal).toBe('SIGKILL');
    clearInterval(watch);
    await succeed(forecastArguments(stopped, 4));
    const [found, expected] = [contents(stopped), contents(out)];
    for (const name of Object.keys({ ...found, ...expected })) {
      // the configuration that a manifest holds names the directory, and clocks differ
      if (!/^(manifest|cost)\.json$/.test(name)) expect([name, found[name]]).toEqual([name, expected[name]]);
    }
    const four = await members(stopped, 4);
    await succeed(forecastArguments(stopped, 6));
    expect(await members(stopped, 4)).toEqual(four);
    expect(await members(stopped, 6)).toEqual(await members(whole, 6));
  });
});
