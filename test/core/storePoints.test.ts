/** Stretches of points are read by their place in the file: the same numbers as the whole field, and no others. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openOrCreateRun, openRun } from '../../core/store/run.js';
import { day, descriptionOf, fill, inDirectory, leadsHours, points, start, valueAt } from './storeFixture.js';

const description = descriptionOf();

async function complete(directory: string, blockSize = 2): Promise<void> {
  const writer = await openOrCreateRun(directory, description);
  await fill(writer, description, blockSize);
  await writer.close();
}

describe('a stretch of points', () => {
  it('of any start, lead and channel holds what the whole field holds there, in shared memory too', () =>
    inDirectory(async (directory) => {
      await complete(directory);
      const run = await openRun(directory);
      const stretch = fc.record({
        lead: fc.constantFrom(...leadsHours),
        channel: fc.constantFrom(0, 1),
        week: fc.constantFrom(0, 1),
        ends: fc.uniqueArray(fc.integer({ min: 0, max: points }), { minLength: 2, maxLength: 2 }),
        room: fc.integer({ min: 0, max: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(stretch, async ({ lead, channel, week, ends, room }) => {
          const [from, to] = [Math.min(...ends), Math.max(...ends)];
          const of = start + week * 7 * day;
          const n = to - from;
          const into = new Float32Array(new SharedArrayBuffer(4 * (12 * n + room)));
          const { values, members } = await run.readMembers(of, lead, channel, { from, to }, into);
          expect(values.buffer).toBe(into.buffer);
          expect([...members]).toEqual(Array.from({ length: 12 }, (_, m) => m));
          expect([...values.subarray(0, 12 * n)]).toEqual(
            Array.from({ length: 12 * n }, (_, i) =>
              valueAt(of, Math.floor(i / n), lead, channel, from + (i % n)),
            ),
          );
          const apart = await run.readMembers(of, lead, channel, { from, to });
          expect(apart.values).toEqual(Float32Array.from(values.subarray(0, 12 * n)));
        }),
        { numRuns: 60 },
      );
      await run.close();
    }));

  it('of an unfinished run has the members that are there, and room for fewer is not overrun', () =>
    inDirectory(async (directory) => {
      const writer = await openOrCreateRun(directory, description);
      await fill(writer, { ...description, weightSamples: 2, starts: [start] }, 2);
      await writer.close();
      const run = await openRun(directory);
      const into = new Float32Array(2).fill(-1);
      const { values, members } = await run.readMembers(start, 24, 0, { from: 3, to: 4 }, into);
      expect([...members]).toEqual([0, 1, 2, 3, 4, 5]);
      expect([...values]).toEqual([0, 1, 2, 3, 4, 5].map((m) => valueAt(start, m, 24, 0, 3)));
      expect([...into]).toEqual([-1, -1]);
      await run.close();
    }));

  it('of a file whose batches are not what they should be is refused', () =>
    inDirectory(async (directory) => {
      await complete(directory, 4);
      const file = join(directory, 'members/20070101T00Z.k0000-0003.arrow');
      const bytes = await readFile(file);
      // The name of the first field's channel, in the rows and not in the metadata.
      const at = bytes.indexOf('mslmslmsl');
      expect(at).toBeGreaterThan(0);
      bytes.write('tcc', at);
      await writeFile(file, bytes);
      const run = await openRun(directory);
      await expect(run.readMembers(start, 24, 0, { from: 0, to: 2 })).rejects.toThrow(
        /is damaged: it holds tcc at 24 h where msl at 24 h belongs/,
      );
      await run.close();
    }));
});
