/** Members of runs as trajectories: the values of readMembers, whatever is missing and however the files are cut. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridSize, makeGrid } from '../../../core/grid.js';
import type { Schema } from '../../../core/schema.js';
import { schemaToJson } from '../../../core/schema.js';
import { encodeMemberFile, memberFileName, memberFileRows } from '../../../core/store/memberFile.js';
import { openOrCreateRun, openRun, type RunReader, writeChunk } from '../../../core/store/run.js';
import type { EnsembleSource } from '../../../evaluation/ensembleSource.js';
import { runTrajectories } from '../../../evaluation/events/runTrajectories.js';
import { inUnitsOf, withChannels, withStarts } from '../../../evaluation/forecasts/partOfSource.js';
import { descriptionOf, inDirectory } from '../../core/storeFixture.js';
import '../../propertySeed.js';

const start = Date.UTC(2007, 0, 1);
const leadsHours = [6, 12, 24];
const noiseStreams = 2;
/** More points than two gaps, so that single points are read by themselves. */
const schema: Schema = {
  channels: [
    { variable: 'msl', level: null, unit: 'Pa' },
    { variable: 't', level: 850, unit: 'K' },
    { variable: 'u', level: 850, unit: 'm s-1' },
  ],
  grid: makeGrid(
    Array.from({ length: 31 }, (_, i) => 90 - 6 * i),
    Array.from({ length: 120 }, (_, j) => 3 * j),
  ),
};
const points = gridSize(schema.grid);

/** Every 97th value is missing. */
function valueAt(member: number, lead: number, channel: number, point: number): number {
  const place = ((member * 3 + lead) * 3 + channel) * points + point;
  return place % 97 === 0 ? Number.NaN : Math.fround(place / 3);
}

/** A run of four weight samples × two streams, of which only those of the blocks are there. */
async function withRun(
  blocks: readonly { readonly first: number; readonly count: number }[],
  use: (run: RunReader) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const writer = await openOrCreateRun(
      directory,
      descriptionOf({
        noiseStreams,
        starts: [start],
        leadsHours,
        stepHours: 6,
        schema: schemaToJson(schema),
      }),
    );
    for (const { first, count } of blocks) {
      const block = {
        schema,
        start,
        leadsHours,
        firstWeightSample: first,
        weightSamples: count,
        noiseStreams,
      };
      const states = leadsHours.map((_, lead) =>
        Float32Array.from({ length: count * noiseStreams * 3 * points }, (_, i) =>
          valueAt(
            first * noiseStreams + Math.floor(i / (3 * points)),
            lead,
            Math.floor(i / points) % 3,
            i % points,
          ),
        ),
      );
      const file = memberFileName(start, first, count);
      const written = await writeChunk(directory, file, encodeMemberFile(block, states));
      const range = { firstWeightSample: first, weightSamples: count };
      await writer.record({
        file,
        kind: 'members',
        start,
        rows: memberFileRows(block),
        ...range,
        ...written,
      });
    }
    await writer.close();
    const run = await openRun(directory);
    try {
      await use(run);
    } finally {
      await run.close();
    }
  });
}

/** The same without reading of scattered points, as imported forecasts are. */
function stretchesOnly(run: RunReader): EnsembleSource {
  return {
    schema: run.schema,
    starts: run.starts,
    leadsHours: run.leadsHours,
    manifest: run.manifest,
    readMembers: (...asked) => run.readMembers(...asked),
  };
}

/** To the bit, NaN as NaN. */
function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

const asked = fc.record({
  channels: fc.subarray([0, 1, 2], { minLength: 1 }),
  leads: fc.subarray([0, 1, 2], { minLength: 1 }),
  points: fc.oneof(
    fc.uniqueArray(fc.integer({ min: 0, max: points - 1 }), { minLength: 1, maxLength: 12 }),
    fc
      .tuple(fc.integer({ min: 0, max: points - 1 }), fc.integer({ min: 1, max: points }))
      .map(([from, count]) => Array.from({ length: Math.min(count, points - from) }, (_, i) => from + i)),
  ),
});

describe('trajectories of a run', () => {
  it('have the values of readMembers at any channels, leads and points, NaN as NaN, from one file or several', async () => {
    for (const blocks of [
      [{ first: 0, count: 4 }],
      [
        { first: 0, count: 1 },
        { first: 1, count: 3 },
      ],
    ]) {
      await withRun(blocks, async (run) => {
        const byPlace = await runTrajectories(run, start);
        const byStretches = await runTrajectories(stretchesOnly(run), start);
        await fc.assert(
          fc.asyncProperty(asked, async ({ channels, leads, points: chosen }) => {
            const wanted = Int32Array.from(chosen).sort();
            const values = await byPlace.read(channels, leads, wanted);
            const expected = new Float32Array(channels.length * leads.length * 8 * wanted.length);
            let at = 0;
            for (const channel of channels) {
              for (const lead of leads) {
                const whole = (await run.readMembers(start, leadsHours[lead]!, channel)).values;
                for (let row = 0; row < 8; row++)
                  for (const point of wanted) expected[at++] = whole[row * points + point]!;
              }
            }
            expect(same(values, expected)).toBe(true);
            expect(same(await byStretches.read(channels, leads, wanted), expected)).toBe(true);
          }),
          { numRuns: 25 },
        );
      });
    }
  });

  it('leave missing members out, and say which', () =>
    withRun(
      [
        { first: 0, count: 1 },
        { first: 3, count: 1 },
      ],
      async (run) => {
        for (const source of [run, stretchesOnly(run)]) {
          const found = await runTrajectories(source, start);
          expect([...found.members]).toEqual([0, 1, 6, 7]);
          expect([...found.missing]).toEqual([2, 3, 4, 5]);
          expect([...(found.weightSamples ?? [])]).toEqual([0, 0, 3, 3]);
          expect([found.rows, ...found.starts]).toEqual([4, start, start, start, start]);
          const values = await found.read([2], [1], Int32Array.of(7, 2000));
          expect([...values]).toEqual(
            [0, 1, 6, 7].flatMap((m) => [valueAt(m, 1, 2, 7), valueAt(m, 1, 2, 2000)]),
          );
        }
      },
    ));

  it('of a start without members are refused, and so is a start that is not there', () =>
    withRun([], async (run) => {
      await expect(runTrajectories(run, start)).rejects.toThrow(
        /the forecast from 2007-01-01T00Z has none of its 8 members yet/,
      );
      await expect(runTrajectories(run, start + 1)).rejects.toThrow(/has no start/);
    }));

  it('of a source whose members differ from lead to lead are refused', () =>
    withRun([{ first: 0, count: 4 }], async (run) => {
      const changing: EnsembleSource = {
        ...stretchesOnly(run),
        readMembers: async (from, lead, channel, range, into) => {
          const { values, members } = await run.readMembers(from, lead, channel, range, into);
          return { values, members: lead === 24 ? members.map((m) => m + 1) : members };
        },
      };
      const found = await runTrajectories(changing, start);
      expect((await found.read([0], [0, 1], Int32Array.of(1))).length).toBe(16);
      await expect(found.read([0], [2], Int32Array.of(1))).rejects.toThrow(/same members at all leads/);
    }));

  it('of some starts and channels, in other units, are those of the source they are part of', () =>
    withRun([{ first: 0, count: 4 }], async (run) => {
      const wanted = Int32Array.of(3, 4, 3000);
      const other = { ...schema, channels: [{ variable: 't', level: 850, unit: 'degC' }] };
      const part = withChannels(withStarts(run, [start], 'run'), ['u850', 't850'], 'run');
      const { source } = inUnitsOf(part, 'run', other, 'other');
      expect(source.readPoints).toBeDefined();
      const values = await (await runTrajectories(source, start)).read([0, 1], [2], wanted);
      const expected = (member: number, channel: number, shift: number): number[] =>
        Array.from(wanted, (point) => Math.fround(valueAt(member, 2, channel, point) + shift));
      const rows = [0, 1, 2, 3, 4, 5, 6, 7];
      expect([...values]).toEqual([
        ...rows.flatMap((member) => expected(member, 2, 0)),
        ...rows.flatMap((member) => expected(member, 1, -273.15)),
      ]);
      const slow = inUnitsOf(
        withChannels(withStarts(stretchesOnly(run), [start], 'run'), ['u850', 't850'], 'run'),
        'run',
        other,
        'other',
      ).source;
      expect(slow.readPoints).toBeUndefined();
      expect(await (await runTrajectories(slow, start)).read([0, 1], [2], wanted)).toEqual(values);
    }));

  it('of a file whose batches are not what they should be are refused', () =>
    withRun([{ first: 0, count: 4 }], async (run) => {
      const found = await runTrajectories(run, start);
      const file = join(run.directory, memberFileName(start, 0, 4));
      const bytes = await readFile(file);
      const at = bytes.indexOf('t850t850');
      expect(at).toBeGreaterThan(0);
      bytes.write('q', at);
      await writeFile(file, bytes);
      await expect(found.read([1], [0], Int32Array.of(2))).rejects.toThrow(
        /is damaged: it holds q850 at 6 h where t850 at 6 h belongs/,
      );
      await writeFile(file, bytes.subarray(0, bytes.length / 2));
      await expect(found.read([2], [2], Int32Array.of(2))).rejects.toThrow(/is damaged: it ends at byte/);
    }));
});
