/** The store is everyone's: its files opened by pyarrow, polars and DuckDB, with equal values. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeMemberFile } from '../../core/store/memberFile.js';
import { encodeProductFile } from '../../core/store/productFile.js';
import { encodeTable } from '../../core/store/table.js';
import {
  blockOf,
  inDirectory,
  leadsHours,
  points,
  schema,
  start,
  statesOf,
  valueAt,
} from './storeFixture.js';

const python = process.env.PLUME_PYTHON ?? 'python3';

/** Whether Python has a module; skipped tests say which one is missing. */
function has(...modules: string[]): boolean {
  const probe = spawnSync(python, ['-c', `import ${modules.join(', ')}`]);
  return probe.status === 0;
}

function runPython(script: string, ...args: string[]): unknown {
  const run = spawnSync(python, ['-c', script, ...args], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

const block = blockOf(start, 1, 2);

/** The rows of the member file as every reader must see them. */
const expectedRows = leadsHours.flatMap((lead) =>
  ['msl', 't850'].flatMap((channel, c) =>
    [3, 4, 5, 6, 7, 8].map((member) => [
      start,
      member,
      Math.floor(member / 3),
      member % 3,
      lead,
      start + lead * 3_600_000,
      channel,
      Array.from({ length: points }, (_, p) => valueAt(start, member, lead, c, p)),
    ]),
  ),
);

async function withMemberFile(use: (path: string) => void): Promise<void> {
  await inDirectory(async (directory) => {
    const path = join(directory, 'members.arrow');
    await writeFile(path, encodeMemberFile(block, statesOf(block)));
    use(path);
  });
}

const milliseconds = `
import json, sys
def ms(t): return round(t.timestamp() * 1000)
def row(r): return [ms(r['start']), r['member'], r['weight_sample'], r['noise_stream'], r['lead_hours'],
                    ms(r['valid_time']), r['channel'], list(r['values'])]
`;

describe('a member file', () => {
  it.skipIf(!has('pyarrow'))('has equal values in pyarrow (needs Python with pyarrow)', () =>
    withMemberFile((path) => {
      const found = runPython(
        `${milliseconds}
import pyarrow as pa, pyarrow.ipc
f = pa.ipc.open_file(sys.argv[1])
t = f.read_all()
t.validate(full=True)
with open(sys.argv[1], 'rb') as raw:
    raw.seek(8)
    streamed = pa.ipc.open_stream(raw).read_all()
print(json.dumps({
  'rows': [row(r) for r in t.to_pylist()], 'batches': f.num_record_batches,
  'types': [str(x.type) for x in t.schema], 'streamed': streamed.equals(t),
  'units': [c['unit'] for c in json.loads(t.schema.metadata[b'channels'])],
}))`,
        path,
      );
      expect(found).toEqual({
        rows: expectedRows,
        batches: 6,
        types: [
          'timestamp[ms, tz=UTC]',
          ...['int32', 'int32', 'int32', 'int32'],
          'timestamp[ms, tz=UTC]',
          'string',
          `fixed_size_list<item: float>[${points}]`,
        ],
        streamed: true,
        units: ['Pa', 'K'],
      });
    }),
  );

  it.skipIf(!has('polars'))('has equal values in polars (needs Python with polars)', () =>
    withMemberFile((path) => {
      const found = runPython(
        `${milliseconds}
import polars as pl
t = pl.read_ipc(sys.argv[1], memory_map=False)
print(json.dumps([row(r) for r in t.to_dicts()]))`,
        path,
      );
      expect(found).toEqual(expectedRows);
    }),
  );

  it.skipIf(!has('pyarrow', 'duckdb'))('answers SQL in DuckDB (needs Python with pyarrow and duckdb)', () =>
    withMemberFile((path) => {
      const found = runPython(
        `
import duckdb, json, sys, pyarrow as pa, pyarrow.ipc
members = pa.ipc.open_file(sys.argv[1]).read_all()
print(json.dumps(duckdb.sql("""
  select member, epoch_ms(valid_time), values[5] from members
  where channel = 't850' and lead_hours = 48 order by member""").fetchall()))`,
        path,
      );
      expect(found).toEqual(
        [3, 4, 5, 6, 7, 8].map((m) => [m, start + 48 * 3_600_000, valueAt(start, m, 48, 1, 4)]),
      );
    }),
  );
});

describe('products and tables', () => {
  it.skipIf(!has('pyarrow', 'polars'))('have equal values (needs Python with pyarrow and polars)', () =>
    inDirectory(async (directory) => {
      const n = leadsHours.length * schema.channels.length * points;
      const mean = Float32Array.from({ length: n }, (_, i) => i / 3);
      const [products, scores] = [join(directory, 'p.arrow'), join(directory, 'scores.arrow')];
      await writeFile(products, encodeProductFile({ schema, start, leadsHours }, { mean, spread: mean }));
      await writeFile(
        scores,
        encodeTable([
          { name: 'model', type: 'utf8', values: ['plume', null, 'Größe'] },
          { name: 'level', type: 'int32', values: [null, 850, 500] },
          { name: 'value', type: 'float64', values: [1 / 3, null, 2] },
          { name: 'time', type: 'timestamp', values: [start, null, 0] },
        ]),
      );
      const found = runPython(
        `
import json, sys, polars as pl, pyarrow as pa, pyarrow.ipc
def both(path):
    a = pa.ipc.open_file(path).read_all()
    a.validate(full=True)
    a = a.to_pylist()
    assert a == pl.read_ipc(path, memory_map=False).to_dicts()
    return a
p = [r for r in both(sys.argv[1]) if r['statistic'] == 'spread' and r['channel'] == 't850' and r['lead_hours'] == 72]
s = [[r['model'], r['level'], r['value'], r['time'] and r['time'].isoformat()] for r in both(sys.argv[2])]
print(json.dumps([[r['values'] for r in p], s]))`,
        products,
        scores,
      );
      expect(found).toEqual([
        [[...mean.subarray(n - points)]],
        [
          ['plume', null, 1 / 3, '2007-01-01T00:00:00+00:00'],
          [null, 850, null, null],
          ['Größe', 500, 2, '1970-01-01T00:00:00+00:00'],
        ],
      ]);
    }),
  );
});
