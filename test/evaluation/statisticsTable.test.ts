/** Tables of statistics: one spelling for one content, however it was cut and put together, in memory and on disk. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaseTable } from '../../evaluation/statistics/caseTable.js';
import {
  decodeStatistics,
  encodeStatistics,
  mergeStatistics,
  readStatistics,
  writeStatistics,
} from '../../evaluation/statistics/statisticsFile.js';
import {
  makeTable,
  mergeTables,
  type StatisticGroup,
  type StatisticTable,
  selectStarts,
} from '../../evaluation/statistics/statisticTable.js';

const names = ['crps', 'error', 'above p90: brier'];
const madeFrom = { archive: 'slp.nc', nan_policy: 'raise' };

/** Rows of made-up numbers, NaN, −0 and infinity among them; some starts have no row. */
const anyTable: fc.Arbitrary<StatisticTable> = fc
  .record({
    starts: fc.uniqueArray(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 8 }),
    places: fc.uniqueArray(
      fc.record({
        model: fc.constantFrom('ensemble', 'climatology', 'A b'),
        variable: fc.constantFrom('t', 'msl'),
        level: fc.constantFrom(null, 500, 850),
        lead_hours: fc.constantFrom(6, 24, 240),
        region: fc.constantFrom('all', 'nördlich', 'box "1"'),
        memberCount: fc.constantFrom(1, 24, Number.POSITIVE_INFINITY),
      }),
      { minLength: 1, maxLength: 6, selector: ({ memberCount, ...place }) => JSON.stringify(place) },
    ),
    seed: fc.array(fc.double(), { minLength: 300, maxLength: 300 }),
    absent: fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }),
  })
  .map(({ starts, places, seed, absent }) => {
    const rising = starts.map((start) => start * 3_600_000).sort((a, b) => a - b);
    const groups = places.map((place, g): StatisticGroup => {
      const cases = new CaseTable(names, rising.length);
      for (const s of rising.keys()) {
        if (absent[(g * 8 + s) % 50]) continue;
        cases.set(
          s,
          Float64Array.from(names, (_, c) => seed[(g * 24 + s * 3 + c) % 300]!),
        );
      }
      return { ...place, cases };
    });
    return makeTable(rising, groups);
  });

const bytesOf = (table: StatisticTable): string =>
  Buffer.from(encodeStatistics({ table, madeFrom })).toString('base64');

describe('tables of statistics', () => {
  it('merge to the same bytes whatever the parts and the order of merging', () => {
    const cut = fc.tuple(
      anyTable,
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
    );
    fc.assert(
      fc.property(cut, ([table, part, random]) => {
        const parts = [0, 1, 2, 3].map((p) =>
          selectStarts(table, (start) => part[table.starts.indexOf(start)] === p),
        );
        const whole = bytesOf(table);
        expect(bytesOf(mergeTables(...parts))).toBe(whole);
        // Pairs merged in any order, a part met twice, until one is left.
        const left = [...parts, parts[1]!];
        while (left.length > 1) {
          const take = () => left.splice(Math.floor(random.next().value * left.length), 1)[0]!;
          left.push(mergeTables(take(), take()));
        }
        expect(bytesOf(left[0]!)).toBe(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('keep every bit, name, gap and start through a file', () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const file = { table, madeFrom };
        const back = decodeStatistics(encodeStatistics(file), 'test');
        expect(back.madeFrom).toEqual(madeFrom);
        expect(back.table.starts).toEqual(table.starts);
        expect(back.table.groups.map(({ cases, ...place }) => place)).toEqual(
          table.groups.map(({ cases, ...place }) => place),
        );
        for (const [g, group] of table.groups.entries()) {
          const other = back.table.groups[g]!.cases;
          expect(other.statistics).toEqual(group.cases.statistics);
          for (const start of table.starts.keys()) {
            expect(other.has(start)).toBe(group.cases.has(start));
            if (group.cases.has(start))
              expect([...other.row(start)].every((x, i) => Object.is(x, group.cases.row(start)[i]))).toBe(
                true,
              );
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  const one = (value: number, statistics = ['crps'], memberCount = 24): StatisticTable => {
    const cases = new CaseTable(statistics, 1);
    cases.set(
      0,
      Float64Array.from(statistics, () => value),
    );
    const place = { model: 'ensemble', variable: 'msl', level: null, lead_hours: 24, region: 'all' };
    return makeTable([Date.UTC(2007, 0, 1)], [{ ...place, memberCount, cases }]);
  };

  it('refuse parts that disagree, and name the case', () => {
    expect(() => mergeTables(one(1), one(2))).toThrow(
      /ensemble, msl, lead 24 h, region all, start 2007-01-01T00Z: crps is 1 .* 2 in another/,
    );
    expect(() => mergeTables(one(1), one(1, ['crps', 'error']))).toThrow(/nothing more, another error/);
    expect(() => mergeTables(one(1), one(1, ['crps'], 8))).toThrow(/of 24 members, another of 8/);
    const file = { table: one(1), madeFrom, references: [] };
    expect(() => mergeStatistics(file, { ...file, madeFrom: { ...madeFrom, nan_policy: 'omit' } })).toThrow(
      /nan_policy: "raise" ≠ "omit"/,
    );
    expect(mergeStatistics(file, file)).toEqual(file);
  });

  describe('on disk', () => {
    let directory = '';
    beforeAll(async () => {
      directory = await mkdtemp(path.join(tmpdir(), 'plume-statistics-'));
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    it('are read back, and a damaged file is told from a good one', async () => {
      const file = path.join(directory, 'statistics.arrow');
      await writeStatistics(file, { table: one(1.5), madeFrom });
      expect(await readStatistics(file)).toEqual({ table: one(1.5), madeFrom, references: [] });
      const bytes = encodeStatistics({ table: one(1.5), madeFrom });
      await writeFile(file, bytes.subarray(0, bytes.length - 200));
      await expect(readStatistics(file)).rejects.toThrow(/statistics\.arrow/);
      await writeFile(file, 'no Arrow at all');
      await expect(readStatistics(file)).rejects.toThrow(/not a readable Arrow file|format none/);
      await expect(readStatistics(path.join(directory, 'none'))).rejects.toThrow(/no such file/);
    });
  });
});
