/** The whole job in one command, what it leaves, and that others can open it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRun } from '../../core/store/run.js';
import { readTable } from '../../core/store/table.js';
import { contents, type Finished, succeed } from './plume.js';
import { shared, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const run = join(directory, 'run');
const args = (): string[] => [
  ...['start', '--archive', shared().archive, '--preset', 'brief', '--model', join(directory, 'model')],
  ...['--members', '4x3', '--device', 'cpu', '--out', run],
];

describe('plume start', () => {
  let first: Finished;
  let made: Record<string, string>;
  beforeAll(async () => {
    first = await succeed(args());
    made = contents(run);
  });

  it('trains, forecasts the last year weekly, verifies and reports', async () => {
    expect(contents(join(directory, 'model'))).toEqual(contents(shared().model));
    const { manifest, starts, close } = await openRun(run);
    await close();
    expect(starts).toHaveLength(52);
    expect([manifest.starts[0], manifest.starts.at(-1)]).toEqual([
      '2004-01-01T00:00:00.000Z',
      '2004-12-23T00:00:00.000Z',
    ]);
    expect(manifest).toMatchObject({ seed: 1, weight_samples: 4, noise_streams: 3 });
    expect(manifest.leads_hours).toEqual([24, 48, 72, 96, 120, 144, 168]);
    expect(Object.keys(manifest.chunks)).toHaveLength(104);
    expect(Object.keys(made).filter((name) => !name.includes('/'))).toEqual([
      ...['diagrams.arrow', 'manifest.json', 'maps.arrow', 'report.html', 'scores.arrow', 'statistics.arrow'],
    ]);
  });

  it('writes scores of the ensemble and every reference at every lead', async () => {
    const { columns } = await readTable(join(run, 'scores.arrow'));
    const column = <Value>(name: string): Value[] =>
      Array.from((columns.find((one) => one.name === name)?.values ?? []) as ArrayLike<Value>);
    const [models, metrics] = [column<string>('model'), column<string>('metric')];
    const values = column<number>('value');
    const crps = (model: string): number[] =>
      values.filter((_, i) => models[i] === model && metrics[i] === 'crps');
    const names = [...new Set(models)].sort();
    expect(names).toEqual(['climatology', 'ensemble', 'eof-regression', 'persistence']);
    for (const name of names) expect(crps(name), name).toHaveLength(7);
    // a model that learned something: tomorrow is foreseen better than by the climate of the day
    expect(crps('ensemble')[0]!).toBeLessThan(0.7 * crps('climatology')[0]!);
  });

  it('says what was found and what to do next', () => {
    expect(first.stdout).toMatch(/^fair CRPS +ensemble/m);
    expect(first.stdout).toMatch(/^msl: Fair CRPS grows from /m);
    expect(first.stdout).toContain(`The report: ${join(run, 'report.html')}`);
    expect(first.stdout).toMatch(/^Next:\n +npx plume run info /m);
  });

  it('writes one self-contained page', () => {
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
  });

  it('does nothing twice: the same command again keeps the model and every member', async () => {
    const { stdout, stderr } = await succeed([...args(), '--json']);
    expect(stderr).toMatch(/^model .*trained before/m);
    expect(stderr).toMatch(/^needs +nothing more: every member is there$/m);
    expect(stderr).not.toMatch(/^(training|forecast) /m);
    expect(JSON.parse(stdout)).toEqual({
      run,
      report: join(run, 'report.html'),
      scores: join(run, 'scores.arrow'),
      model: join(directory, 'model'),
    });
    const again = contents(run);
    expect({ ...again, 'report.html': '' }).toEqual({ ...made, 'report.html': '' });
  });

  describe('leaves a run that others open', () => {
    const python = process.env.PLUME_PYTHON ?? 'python3';
    const has = (...modules: string[]): boolean =>
      spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0;
    const query = (script: string): unknown => {
      const { status, stdout, stderr } = spawnSync(python, ['-c', script, run], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    };
    const member = 7;
    const point = 31;
    const lead = 72;
    /** Value of one member at one point, start by start. */
    const ours = async (): Promise<number[]> => {
      const opened = await openRun(run);
      const found: number[] = [];
      for (const start of opened.starts) {
        const { values } = await opened.readMembers(start, lead, 0);
        found.push(values[member * 60 + point]!);
      }
      await opened.close();
      return found;
    };

    it.skipIf(!has('pyarrow', 'duckdb'))(
      'with DuckDB over pyarrow, and finds our values (needs Python with both)',
      async () => {
        const found = query(`
import duckdb, glob, json, sys, pyarrow as pa, pyarrow.ipc
def table(part):
    return pa.concat_tables(pa.ipc.open_file(f).read_all() for f in sorted(glob.glob(sys.argv[1] + part)))
members = table('/members/*.arrow')
products = table('/products/*.arrow')
scores = table('/scores.arrow')
print(json.dumps([
  [v for v, in duckdb.sql("select values[${point + 1}] from members where member = ${member} and lead_hours = ${lead} order by start").fetchall()],
  duckdb.sql("select count(*) from members").fetchone()[0],
  duckdb.sql("""select max(abs(m.mean - p.mean)) from
    (select start, lead_hours, avg(values[${point + 1}]) as mean from members group by all) m join
    (select start, lead_hours, values[${point + 1}] as mean from products where statistic = 'mean') p using (start, lead_hours)""").fetchone()[0],
  duckdb.sql("select count(*) from scores where metric = 'crps' and model = 'ensemble'").fetchone()[0],
]))`) as [number[], number, number, number];
        expect(found[0]).toEqual(await ours());
        expect(found[1]).toBe(52 * 12 * 7);
        // a mean in float32 near 1e5 Pa
        expect(found[2]).toBeLessThan(0.01);
        expect(found[3]).toBe(7);
      },
    );

    it.skipIf(!has('polars'))('with polars, and finds our values (needs Python with polars)', async () => {
      const found = query(`
import glob, json, sys, polars as pl
frames = [pl.read_ipc(f, memory_map=False) for f in sorted(glob.glob(sys.argv[1] + '/members/*.arrow'))]
rows = pl.concat(frames).filter((pl.col('member') == ${member}) & (pl.col('lead_hours') == ${lead})).sort('start')
print(json.dumps(rows['values'].arr.get(${point}).to_list()))`);
      expect(found).toEqual(await ours());
    });
  });
});
