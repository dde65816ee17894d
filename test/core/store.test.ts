import { mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlumeError } from '../../core/errors.js';
import { availableDiskBytes, cleanTemporaries, sha256, writeAtomically } from '../../core/store/atomic.js';
import { canonicalJson, jsonDifferences, jsonDigest } from '../../core/store/canonicalJson.js';
import {
  createMemberFile,
  encodeMemberFile,
  openMemberFile,
  startName,
} from '../../core/store/memberFile.js';
import { createProductFile, encodeProductFile, openProductFile } from '../../core/store/productFile.js';
import { encodeTable, readTable, writeTable } from '../../core/store/table.js';
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

const block = blockOf(start, 2, 2);

describe('a member file', () => {
  it('gives back every value, one field of all members at a time', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a.arrow');
      const bytes = encodeMemberFile(block, statesOf(block));
      await writeAtomically(path, bytes);
      const file = await openMemberFile(path, { schema, start, leadsHours }, bytes.length);
      // All fields at once: reads share no position.
      const fields = leadsHours.flatMap((lead, l) => schema.channels.map((_, c) => ({ lead, l, c })));
      const found = await Promise.all(fields.map(({ l, c }) => file.read(l, c)));
      await file.close();
      fields.forEach(({ lead, c }, i) => {
        expect([...found[i]!.members]).toEqual([6, 7, 8, 9, 10, 11]);
        const expected = [6, 7, 8, 9, 10, 11].flatMap((m) =>
          Array.from({ length: points }, (_, p) => valueAt(start, m, lead, c, p)),
        );
        expect([...found[i]!.values]).toEqual(expected);
      });
    }));

  it('is a plain Arrow table to apache-arrow, with grid, units and CF names in its metadata', () => {
    const table = tableFromIPC(encodeMemberFile(block, statesOf(block)));
    expect(table.numRows).toBe(leadsHours.length * schema.channels.length * 6);
    for (const row of [0, 5, 6, 17, 35]) {
      const record = table.get(row)!.toJSON() as Record<string, unknown>;
      const [batch, member] = [Math.floor(row / 6), 6 + (row % 6)];
      const lead = leadsHours[Math.floor(batch / 2)]!;
      expect(record).toMatchObject({
        start,
        member,
        weight_sample: Math.floor(member / 3),
        noise_stream: member % 3,
        lead_hours: lead,
        valid_time: start + lead * 3_600_000,
        channel: ['msl', 't850'][batch % 2],
      });
      expect([...(record.values as Iterable<number>)]).toEqual(
        Array.from({ length: points }, (_, p) => valueAt(start, member, lead, batch % 2, p)),
      );
    }
    const metadata = table.schema.metadata;
    expect(JSON.parse(metadata.get('latitudes')!)).toEqual([60, 57.5, 55]);
    expect(JSON.parse(metadata.get('longitudes')!)).toEqual([-10, -7.5, -5, -2.5]);
    expect(JSON.parse(metadata.get('channels')!)).toEqual([
      {
        name: 'msl',
        variable: 'msl',
        level: null,
        unit: 'Pa',
        standard_name: 'air_pressure_at_mean_sea_level',
      },
      { name: 't850', variable: 't', level: 850, unit: 'K', standard_name: 'air_temperature' },
    ]);
    expect(metadata.get('format_version')).toBe('1');
  });

  it('has the same bytes every time, and other bytes for another value', () => {
    const first = encodeMemberFile(block, statesOf(block));
    const states = statesOf(block);
    expect(Buffer.compare(first, encodeMemberFile(block, states))).toBe(0);
    states[1]![3]! += 1;
    expect(Buffer.compare(first, encodeMemberFile(block, states))).not.toBe(0);
  });

  it('written lead by lead has the bytes of one written whole, and appears only when complete', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a.arrow');
      const states = statesOf(block);
      const whole = encodeMemberFile(block, states);
      const half = await createMemberFile(path, block);
      await half.append(states[0]!);
      await half.abandon();
      const short = await createMemberFile(path, block);
      await short.append(states[0]!);
      await expect(short.commit()).rejects.toThrow(/1 of 3 leads/);
      const wrong = await createMemberFile(path, block);
      await expect(wrong.append(states[0]!.subarray(1))).rejects.toThrow(/expected 144/);
      await wrong.abandon();
      expect(await readdir(directory)).toEqual([]);
      const writer = await createMemberFile(path, block);
      const reused = new Float32Array(states[0]!.length);
      for (const state of states) {
        reused.set(state);
        await writer.append(reused);
      }
      expect(await writer.commit()).toEqual({ bytes: whole.length, sha256: sha256(whole) });
      expect(Buffer.compare(await readFile(path), whole)).toBe(0);
    }));

  it('is noticed when truncated anywhere', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a.arrow');
      const bytes = encodeMemberFile(block, statesOf(block));
      for (const length of [0, 7, 100, bytes.length >> 1, bytes.length - 1]) {
        await writeFile(path, bytes);
        await truncate(path, length);
        await expect(openMemberFile(path, block)).rejects.toMatchObject({ tag: 'data' });
        await expect(openMemberFile(path, block, bytes.length)).rejects.toThrow(/manifest says/);
      }
      await expect(openMemberFile(join(directory, 'none.arrow'), block)).rejects.toThrow(/no such file/);
    }));

  it('is refused where another run, start or lead is expected', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a.arrow');
      await writeFile(path, encodeMemberFile(block, statesOf(block)));
      await expect(openMemberFile(path, { ...block, leadsHours: [24, 48] })).rejects.toThrow(/leads_hours/);
      const other = { ...schema, channels: [...schema.channels].reverse() };
      await expect(openMemberFile(path, { ...block, schema: other })).rejects.toThrow(/channels/);
      await expect(openProductFile(path, block)).rejects.toThrow(/format/);
    }));

  it('names starts so that no two share a file', () => {
    expect(startName(Date.UTC(2007, 0, 1))).toBe('20070101T00Z');
    expect(startName(Date.UTC(2007, 11, 31, 18))).toBe('20071231T18Z');
    const time = fc.integer({ min: 0, max: 253402300799 }).map((seconds) => seconds * 1000);
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(startName(a) === startName(b)).toBe(a === b);
      }),
    );
  });
});

describe('a product file', () => {
  it('gives back each statistic and names those it has', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'p.arrow');
      const n = leadsHours.length * schema.channels.length * points;
      const products = {
        mean: Float32Array.from({ length: n }, (_, i) => i),
        spread: Float32Array.from({ length: n }, (_, i) => i / 3),
        epistemic_variance: new Float32Array(n).fill(Number.NaN),
      };
      await writeAtomically(path, encodeProductFile({ schema, start, leadsHours }, products));
      const file = await openProductFile(path, { schema, start, leadsHours });
      expect(await file.statistics()).toEqual(['mean', 'spread', 'epistemic_variance']);
      const from = (2 * 2 + 1) * points;
      for (const name of Object.keys(products) as (keyof typeof products)[]) {
        expect([...(await file.read(name, 2, 1))]).toEqual([...products[name].subarray(from, from + points)]);
      }
      await expect(file.read('median', 0, 0)).rejects.toThrow(/no statistic "median"; it has mean, spread/);
      // The fields are rising numbers: their area means lie within the range of the field, and gaps leave none.
      const summaries = await file.summaries(2, 1);
      const { areaMean = Number.NaN, cutPoints } = summaries?.get('mean') ?? {};
      expect(areaMean).toBeGreaterThan(from);
      expect(areaMean).toBeLessThan(from + points);
      expect(summaries?.get('spread')?.areaMean).toBeCloseTo(areaMean / 3, 3);
      expect([cutPoints, summaries?.get('epistemic_variance')]).toEqual([
        0,
        { areaMean: Number.NaN, cutPoints: 0 },
      ]);
      await file.close();
      const writer = await createProductFile(join(directory, 'q.arrow'), { schema, start, leadsHours });
      for (let lead = 0; lead < leadsHours.length; lead++) {
        const [begin, end] = [lead * 2 * points, (lead + 1) * 2 * points];
        await writer.append(
          Object.fromEntries(Object.entries(products).map(([name, all]) => [name, all.subarray(begin, end)])),
        );
      }
      await writer.commit();
      expect(Buffer.compare(await readFile(path), await readFile(join(directory, 'q.arrow')))).toBe(0);
    }));

  it('keeps area means and counts that its maker knows better, channel by channel', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'p.arrow');
      const [leads, n] = [[24, 48], schema.channels.length * points];
      const writer = await createProductFile(path, { schema, start, leadsHours: leads });
      const known = (lead: number) =>
        schema.channels.map((_, channel) => ({
          areaMean: -lead - channel / 8,
          cutPoints: 10 * lead + channel,
        }));
      for (let lead = 0; lead < leads.length; lead++) {
        const fields = { mean: new Float32Array(n).fill(5), epistemic_crps: new Float32Array(n) };
        await writer.append(fields, { epistemic_crps: known(lead) });
      }
      await writer.commit();
      const file = await openProductFile(path, { schema, start, leadsHours: leads });
      for (let lead = 0; lead < leads.length; lead++) {
        for (let channel = 0; channel < schema.channels.length; channel++) {
          const summaries = await file.summaries(lead, channel);
          expect(summaries?.get('epistemic_crps')).toEqual(known(lead)[channel]);
          expect(summaries?.get('mean')).toEqual({ areaMean: expect.closeTo(5, 12), cutPoints: 0 });
        }
      }
      await file.close();
    }));
});

describe('a tidy table', () => {
  const columns = [
    { name: 'model', type: 'utf8', values: ['plume', 'Klimatologie – später', ''] },
    { name: 'level', type: 'int32', values: [null, 850, 500] },
    { name: 'value', type: 'float64', values: [235.5, Number.NaN, null] },
    { name: 'note', type: 'utf8', values: [null, 'x', null] },
    { name: 'valid_time', type: 'timestamp', values: [start, null, -1] },
  ] as const;

  it('keeps values, nulls, NaN and metadata', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'scores.arrow');
      await writeTable(path, columns, { unit: 'Pa' });
      const table = await readTable(path);
      expect(table.columns).toEqual(columns);
      expect(table.metadata.get('unit')).toBe('Pa');
    }));

  it('keeps any mixture of nulls', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 't.arrow');
      const numbers = fc.array(fc.option(fc.double()), { minLength: 1, maxLength: 150 });
      await fc.assert(
        fc.asyncProperty(numbers, async (values) => {
          await writeFile(path, encodeTable([{ name: 'a', type: 'float64', values }]));
          expect((await readTable(path)).columns[0]!.values).toEqual(values);
        }),
        { numRuns: 30 },
      );
    }));

  it('may be empty of rows', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 't.arrow');
      await writeTable(path, [{ name: 'a', type: 'utf8', values: [] }]);
      expect((await readTable(path)).columns).toEqual([{ name: 'a', type: 'utf8', values: [] }]);
    }));

  it('is noticed when it is no Arrow file', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 't.arrow');
      await writeFile(path, 'model,value\nplume,1\n');
      await expect(readTable(path)).rejects.toMatchObject({ tag: 'data' });
      const bytes = encodeTable(columns);
      await writeFile(path, bytes.subarray(0, bytes.length >> 1));
      await expect(readTable(path)).rejects.toMatchObject({ tag: 'data' });
    }));
});

describe('an atomic write', () => {
  it('replaces the file whole and leaves nothing beside it', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'a');
      await writeFile(path, 'old');
      await Promise.all(['one', 'two', 'three'].map((text) => writeAtomically(path, text)));
      expect(['one', 'two', 'three']).toContain(await readFile(path, 'utf8'));
      expect(await readdir(directory)).toEqual(['a']);
    }));

  it('leaves nothing behind when it fails', () =>
    inDirectory(async (directory) => {
      await mkdir(join(directory, 'a', 'b'), { recursive: true });
      const failed = writeAtomically(join(directory, 'a'), 'text');
      await expect(failed).rejects.toBeInstanceOf(PlumeError);
      expect(await readdir(directory)).toEqual(['a']);
      await expect(writeAtomically(join(directory, 'none', 'x'), '')).rejects.toMatchObject({ tag: 'data' });
    }));

  it("has dead writers' temporaries swept, and no one else's", () =>
    inDirectory(async (directory) => {
      const names = ['a.arrow.tmp-999999999-0.1', 'a.arrow.tmp-1-0.1', 'a.arrow', 'my.tmp-file'];
      for (const name of names) await writeFile(join(directory, name), '');
      await utimes(join(directory, 'a.arrow'), 0, 0);
      // Process 1 always lives.
      expect(await cleanTemporaries(directory)).toEqual(['a.arrow.tmp-999999999-0.1']);
      expect((await readdir(directory)).length).toBe(3);
    }));

  it('knows the free space of its disk', () =>
    inDirectory(async (directory) => {
      expect(await availableDiskBytes(directory)).toBeGreaterThan((await stat(directory)).size);
      // of the disk where it would be made
      expect(await availableDiskBytes(join(directory, 'none', 'yet'))).toBeGreaterThan(0);
    }));
});

describe('canonical JSON', () => {
  it('is one spelling for one value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        const [a, b] = [object, reversed] as Parameters<typeof canonicalJson>[0][];
        expect(canonicalJson(a!)).toBe(canonicalJson(b!));
        expect(jsonDigest(a!)).toBe(jsonDigest(b!));
        expect(jsonDifferences(a, b, 3)).toEqual([]);
      }),
    );
  });

  it('names the first keys that differ, with both values', () => {
    const a = { model: { kind: 'x', digest: 'ab' }, seed: 1, same: [1, 2] };
    const b = { model: { kind: 'x', digest: 'cd' }, seed: 2, same: [1, 2], more: null };
    expect(jsonDifferences(a, b, 9)).toEqual([
      'model.digest: "ab" ≠ "cd"',
      'more: absent ≠ null',
      'seed: 1 ≠ 2',
    ]);
    expect(jsonDifferences(a, b, 1)).toEqual(['model.digest: "ab" ≠ "cd"']);
  });
});
