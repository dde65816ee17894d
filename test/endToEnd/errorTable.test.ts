/** plume errors on the command line: the same errors as a deterministic forecast has, and what is refused. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTime } from '../../core/archive/finite.js';
import { openArchive } from '../../core/archive/open.js';
import { areaMean, pointWeights } from '../../core/grid.js';
import { channelName } from '../../core/schema.js';
import { openRun } from '../../core/store/run.js';
import type { ErrorTable } from '../../perturbations/errorTable.js';
import { ask, askSuccess } from './ask.js';
import { forecastArguments, shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const starts = '2004-02-01/2004-02-15/P7D';

function args(changes: Readonly<Record<string, string>>, ...flags: readonly string[]): string[] {
  const options = Object.entries({ ...shared(), starts, device: 'cpu', ...changes });
  return ['errors', ...options.flatMap(([name, value]) => [`--${name}`, value]), ...flags];
}

describe('plume errors', () => {
  it('tells the errors of the forecasts that plume forecast --deterministic makes', async () => {
    const out = join(directory, 'errors.json');
    const { stdout, stderr } = await askSuccess(args({ out }));
    const table = JSON.parse(readFileSync(out, 'utf8')) as ErrorTable;
    expect(table).toMatchObject({
      lead_hours: 48,
      analysis_error: 0,
      starts: ['2004-02-01', '2004-02-08', '2004-02-15'].map((date) => `${date}T00:00:00.000Z`),
      archive: ['synthetic.nc'],
      model: { kind: 'bayesian', uncertainty: 'none', posterior: 'mean' },
    });
    expect(stdout).toMatch(/RMS errors at 48 h, 3 starts/);
    expect(stderr).toMatch(/errors {2}3\/3 starts {2}100 %/);

    const { archive: path } = shared();
    const runDirectory = join(directory, 'run');
    const forecast = forecastArguments(runDirectory, { starts, members: '1x1', lead: 'P2D' });
    await askSuccess([...forecast, '--deterministic']);
    const run = await openRun(runDirectory);
    const archive = await openArchive([path]);
    const weights = pointWeights(run.schema.grid);
    for (const [c, channel] of run.schema.channels.entries()) {
      const squares: number[] = [];
      for (const start of run.starts) {
        const { values: member } = await run.readMembers(start, 48, c);
        const { values } = await archive.read(findTime(archive, start + 48 * 3_600_000));
        const truth = values.subarray(c * weights.length, (c + 1) * weights.length);
        squares.push(
          areaMean(
            Float64Array.from(truth, (x, point) => (member[point]! - x) ** 2),
            weights,
          ),
        );
      }
      const rms = Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length);
      expect(rms).toBeGreaterThan(0);
      expect(table.channels[channelName(channel)]!.rms / rms).toBeCloseTo(1, 9);
      expect(table.channels[channelName(channel)]!.unit).toBe(channel.unit);
    }
    await run.close();
    await archive.close();
  });

  it('prints the table with --json, at the lead that is asked for', async () => {
    const out = join(directory, 'day.json');
    const { stdout } = await askSuccess(args({ out, lead: '24h' }, '--json', '--quiet'));
    const table = JSON.parse(stdout) as ErrorTable;
    expect(table).toEqual(JSON.parse(readFileSync(out, 'utf8')));
    expect(table.lead_hours).toBe(24);
  });

  it('of the nature model needs analyses that err, and makes a table that its bred vectors are scaled to', async () => {
    const out = join(directory, 'nature.json');
    const small = 'truncation=10,levels=4';
    const nature = { archive: `nature:${small},days=26,every=6h`, model: `nature:${small}` };
    const asked = { ...nature, starts: '2001-01-20', out, lead: '12h' };
    const perfect = await ask(args(asked));
    expect(perfect.stderr).toMatch(
      /since it is the model's own run: their errors are 0; give --analysis-error/,
    );
    expect(perfect.code).toBe(64);
    expect(existsSync(out)).toBe(false);
    await askSuccess(args({ ...asked, 'analysis-error': '0.1' }));
    const table = JSON.parse(readFileSync(out, 'utf8')) as ErrorTable;
    expect(Object.keys(table.channels)).toHaveLength(29);
    expect(table.channels.vo_ml2?.rms).toBeGreaterThan(0);

    const runDirectory = join(directory, 'bred');
    const perturb = `bred:errors=${out},seed-length-km=2000,cycles=2`;
    const forecast = {
      ...nature,
      starts: '2001-01-20',
      members: '1x4',
      lead: '12h',
      every: '6h',
      out: runDirectory,
    };
    const options = Object.entries({ ...forecast, perturb }).flatMap(([name, value]) => [`--${name}`, value]);
    await askSuccess(['forecast', ...options]);
    const run = await openRun(runDirectory);
    const u500 = run.schema.channels.findIndex((channel) => channelName(channel) === 'u500');
    const { values: members } = await run.readMembers(run.starts[0]!, 6, u500);
    await run.close();
    const points = members.length / 4;
    const weights = pointWeights(run.schema.grid);
    // the spread of members in wind is of the size of its error times the share asked for
    const centre = Float64Array.from({ length: points }, (_, point) =>
      [0, 1, 2, 3].reduce((sum, m) => sum + members[m * points + point]! / 4, 0),
    );
    const squares = centre.map((x, point) =>
      [0, 1, 2, 3].reduce((sum, m) => sum + (members[m * points + point]! - x) ** 2 / 4, 0),
    );
    const spread = Math.sqrt(areaMean(squares, weights)) / (0.35 * table.channels.u500!.rms);
    expect(spread).toBeGreaterThan(0.3);
    expect(spread).toBeLessThan(3);
  });

  it.each<[string, Readonly<Record<string, string>>, number, RegExp]>([
    [
      'a truth that is missing',
      { starts: '2004-02-01,2004-12-30' },
      65,
      /no state at 2005-01-01T00Z to compare/,
    ],
    [
      'a start outside the archive',
      { starts: '2010-01-01' },
      65,
      /start date 2010-01-01T00Z is outside archive/,
    ],
    [
      'a lead between the steps',
      { lead: '36h' },
      64,
      /36 h is not a whole number of the model's steps of 24 h/,
    ],
    [
      'a period without a use',
      { 'initial-states': '2003-01-01/2003-12-31' },
      64,
      /no use without --analysis-error/,
    ],
    ['a model that is not there', { model: 'nowhere' }, 65, /nowhere/],
  ])('refuses %s and writes nothing', async (_, changes, code, message) => {
    const out = join(directory, 'refused.json');
    const finished = await ask(args({ out, ...changes }));
    expect(finished.stderr).toMatch(message);
    expect(finished.code).toBe(code);
    expect(existsSync(out)).toBe(false);
  });

  it('says what it needs: --out, --starts, a device that the nature model has', async () => {
    const { archive, model } = shared();
    const without = await ask(['errors', '--archive', archive, '--model', model, '--starts', '2004-02-01']);
    expect([without.code, without.stderr]).toEqual([
      64,
      'plume: no file: give --out FILE, such as errors.json\n',
    ]);
    const noStart = await ask(['errors', '--archive', archive, '--model', model, '--out', 'x.json']);
    expect([noStart.code, noStart.stderr]).toEqual([
      64,
      expect.stringMatching(/^plume: no start date: give --starts/),
    ]);
    const gpu = await ask(
      [
        'errors',
        '--archive',
        'nature',
        '--model',
        'nature',
        '--starts',
        '2001-02-01',
        '--out',
        'x.json',
      ].concat(['--device', 'webgpu']),
    );
    expect(gpu.stderr).toMatch(/the nature model runs on the CPU/);
    const help = await ask(['errors', '--help']);
    expect(help.stdout).toMatch(/Examples:\n {2}plume errors --archive/);
  });
});
