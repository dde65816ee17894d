/** Notebooks run from beginning to end, as a reader would run them: by Node, and by Jupyter where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

interface Output {
  readonly output_type: string;
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
}
interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
}

const path = 'notebooks/posteriors.ipynb';
const folder = mkdtempSync(join(tmpdir(), 'plume-notebooks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function codeCells(file: string): readonly Cell[] {
  const { cells } = JSON.parse(readFileSync(file, 'utf8')) as { cells: readonly Cell[] };
  return cells.filter(({ cell_type }) => cell_type === 'code');
}

/** The media types of every output, cell by cell. */
const kinds = (cells: readonly Cell[]): string[][] =>
  cells.map(({ outputs = [] }) =>
    outputs.map(({ output_type, data = {} }) => Object.keys(data)[0] ?? output_type),
  );

function textOf(cells: readonly Cell[], type: string): string[] {
  return cells.flatMap(({ outputs = [] }) =>
    outputs.flatMap(({ data = {} }) => {
      const text = data[type];
      return text === undefined ? [] : [typeof text === 'string' ? text : text.join('')];
    }),
  );
}

const run = (...args: string[]) => spawnSync('node', ['.ci/notebook.mjs', ...args], { encoding: 'utf8' });

/** The rows of the table at the end: name, then numbers. */
function rowsOf(cells: readonly Cell[]): [string, number[]][] {
  const [table = ''] = textOf(cells, 'text/markdown');
  return table
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([name = '', ...cells]) => [name, cells.map(Number)]);
}

describe('the notebook of posteriors', () => {
  it('runs to its end by Node, with a picture and a row for every posterior', () => {
    const result = run('--out', folder, path);
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
    const done = codeCells(join(folder, 'posteriors.ipynb'));
    expect(done.map(({ execution_count }) => execution_count)).toEqual(done.map((_, i) => i + 1));
    const pictures = textOf(done, 'image/svg+xml');
    expect(pictures).toHaveLength(8);
    for (const picture of pictures) {
      expect(picture).toMatch(/^<svg/);
      expect(picture).not.toMatch(/NaN|undefined/);
    }
    const rows = rowsOf(done);
    expect(rows.map(([name]) => name)).toHaveLength(8);
    expect(rows.flatMap(([, numbers]) => numbers).every(Number.isFinite)).toBe(true);
  }, 300_000);

  it('lies in the repository as it was last run, and stays small', () => {
    const [kept, done] = [codeCells(path), codeCells(join(folder, 'posteriors.ipynb'))];
    expect(kinds(kept)).toEqual(kinds(done));
    const [before, after] = [rowsOf(kept), rowsOf(done)];
    after.forEach(([name, [gap = 0, atData = 0]], i) => {
      const [keptName, [keptGap = 0, keptData = 0]] = before[i] as [string, number[]];
      expect(keptName).toBe(name);
      // another processor rounds otherwise, and thousands of training steps carry that on
      expect(Math.abs(keptGap / gap - 1)).toBeLessThan(0.5);
      expect(Math.abs(keptData / atData - 1)).toBeLessThan(0.5);
    });
    expect(statSync(path).size).toBeLessThan(300_000);
  });

  const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
  it.skipIf(!has('jupyter') || !has('deno'))(
    'runs by Jupyter with the kernel of Deno (skips without both)',
    () => {
      const kernel = join(folder, 'kernels', 'deno');
      mkdirSync(kernel, { recursive: true });
      const argv = ['deno', 'jupyter', '--kernel', '--conn', '{connection_file}'];
      writeFileSync(
        join(kernel, 'kernel.json'),
        JSON.stringify({ argv, display_name: 'Deno', language: 'typescript' }),
      );
      const convert = ['nbconvert', '--to', 'notebook', '--execute', path];
      const result = spawnSync('jupyter', [...convert, '--output-dir', folder, '--output', 'jupyter.ipynb'], {
        encoding: 'utf8',
        env: { ...process.env, JUPYTER_DATA_DIR: folder },
      });
      expect(result.status, result.stderr).toBe(0);
      // the kernel answers before all of its outputs are sent, and some are lost: what counts is that no cell failed
      const done = codeCells(join(folder, 'jupyter.ipynb'));
      expect(done.map(({ execution_count }) => execution_count)).toEqual(done.map((_, i) => i + 1));
      expect(kinds(done).flat()).not.toContain('error');
      expect(textOf(done, 'image/svg+xml').length).toBeGreaterThan(4);
    },
    300_000,
  );
});

describe('running a notebook', () => {
  const cell = (source: string) => ({
    cell_type: 'code',
    metadata: {},
    outputs: [],
    execution_count: null,
    source: [source],
  });
  const write = (name: string, ...sources: string[]): string => {
    const file = join(folder, name);
    writeFileSync(
      file,
      JSON.stringify({ cells: sources.map(cell), metadata: {}, nbformat: 4, nbformat_minor: 5 }),
    );
    return file;
  };

  it('hands names on from cell to cell, without their types, and shows the last expression', () => {
    const file = write(
      'good.ipynb',
      'const a: number = 20;',
      "console.log('seen', a);\nawait Promise.resolve(a + 1)",
      'const b = a;',
    );
    expect(run(file).status).toBe(0);
    const cells = codeCells(file);
    expect(cells[1]?.outputs).toEqual([
      { output_type: 'stream', name: 'stdout', text: ['seen 20\n'] },
      { output_type: 'execute_result', execution_count: 2, metadata: {}, data: { 'text/plain': ['21'] } },
    ]);
    expect(cells[2]?.outputs).toEqual([]);
  });

  it('stops at a cell that throws, names it, and leaves the notebook as it was', () => {
    const file = write('bad.ipynb', '1', "throw new Error('no such thing')", '2');
    const before = readFileSync(file, 'utf8');
    const result = run(file);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/bad\.ipynb, code cell 2: Error: no such thing/);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
