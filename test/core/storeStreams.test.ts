/** A run whose starts are cut by noise streams: names, gaps, growth. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRange } from '../../core/store/chunks.js';
import { encodeMemberFile, memberFileName, memberFileRows } from '../../core/store/memberFile.js';
import {
  checkRun,
  openOrCreateRun,
  openRun,
  type RunDescription,
  type RunWriter,
  writeChunk,
} from '../../core/store/run.js';
import { descriptionOf, inDirectory, leadsHours, points, schema, start } from './storeFixture.js';

describe('a run of one weight sample', () => {
  const single = (streams: number): RunDescription =>
    descriptionOf({ weightSamples: 1, noiseStreams: streams, starts: [start] });
  const block = { weightSamples: 8, noiseStreams: 4 };

  /** Each stream's number as its value. @returns files made */
  async function make(writer: RunWriter, of: RunDescription): Promise<string[]> {
    const made: string[] = [];
    for (const range of writer.missing(start, of, block)) {
      const part = { schema, start, leadsHours, noiseStreams: of.noiseStreams, ...range };
      const count = range.streams?.count ?? of.noiseStreams;
      const first = range.streams?.first ?? 0;
      const size = schema.channels.length * points;
      const states = leadsHours.map((lead) =>
        Float32Array.from({ length: count * size }, (_, i) => 100 * (first + Math.floor(i / size)) + lead),
      );
      const file = memberFileName(start, range.firstWeightSample, range.weightSamples, range.streams);
      const written = await writeChunk(writer.directory, file, encodeMemberFile(part, states));
      await writer.record({ file, kind: 'members', start, rows: memberFileRows(part), ...range, ...written });
      made.push(file);
    }
    return made;
  }

  it('is cut by noise streams, and grows in them to the bytes of one that had them all', async () => {
    await inDirectory(async (root) => {
      const small = await openOrCreateRun(join(root, 'a'), single(8));
      expect(await make(small, single(8))).toEqual(
        ['j0000-0003', 'j0004-0007'].map((part) => `members/20070101T00Z.k0000-0000.${part}.arrow`),
      );
      await small.close();
      const grown = await openOrCreateRun(join(root, 'a'), single(14));
      expect(await make(grown, single(14))).toEqual(
        ['j0008-0011', 'j0012-0013'].map((part) => `members/20070101T00Z.k0000-0000.${part}.arrow`),
      );
      await grown.close();
      const whole = await openOrCreateRun(join(root, 'b'), single(14));
      expect(await make(whole, single(14))).toHaveLength(4);
      await whole.close();
      expect(grown.manifest).toEqual(whole.manifest);
      const run = await openRun(join(root, 'a'));
      const { values, members } = await run.readMembers(start, 48, 1);
      expect([...members]).toEqual(Array.from({ length: 14 }, (_, m) => m));
      expect([...members].map((m) => values[m * points])).toEqual([...members].map((m) => 100 * m + 48));
      await run.close();
      expect((await checkRun(join(root, 'a'))).complete).toBe(true);
    });
  });

  it('that held all its streams in one file still knows which they are, and products of fewer are stale', async () => {
    await inDirectory(async (root) => {
      const small = await openOrCreateRun(root, single(3));
      expect(await make(small, single(3))).toEqual(['members/20070101T00Z.k0000-0000.arrow']);
      const product = { file: 'products/20070101T00Z.arrow', start, firstWeightSample: 0, weightSamples: 1 };
      await writeChunk(root, product.file, new Uint8Array(8));
      await small.record({ ...product, kind: 'products', rows: 1, bytes: 8, sha256: '0'.repeat(64) });
      expect(small.has(product.file)).toBe(true);
      await small.close();
      const grown = await openOrCreateRun(root, single(6));
      expect(grown.has(product.file)).toBe(false);
      expect(grown.missing(start, single(6), block).map(({ streams }) => streams)).toEqual([
        { first: 3, count: 1 },
        { first: 4, count: 2 },
      ]);
      await make(grown, single(6));
      await grown.close();
      // asked for fewer again, it keeps what it has
      const again = await openOrCreateRun(root, single(4));
      expect(again.manifest.noise_streams).toBe(6);
      expect(again.missing(start, single(4), block)).toEqual([]);
      await again.close();
      const two = descriptionOf({ weightSamples: 2, noiseStreams: 3, starts: [start] });
      await expect(openOrCreateRun(root, two)).rejects.toThrow(/noise_streams/);
    });
  });
});

describe('a range that is cut', () => {
  const small = fc.integer({ min: 1, max: 40 });
  const J = 48;

  it('holds every member once, in order, in pieces that fit and lie between fixed boundaries', () => {
    fc.assert(
      fc.property(small, small, small, fc.integer({ min: 1, max: J }), (first, count, samples, streams) => {
        const block = { weightSamples: samples, noiseStreams: streams };
        const pieces = cutRange({ firstWeightSample: first, weightSamples: count }, block, J);
        const members = pieces.flatMap((piece) => {
          const part = piece.streams ?? { first: 0, count: J };
          expect(piece.weightSamples * part.count).toBeLessThanOrEqual(Math.max(samples, 1) * J);
          if (piece.streams !== undefined) expect(part.count).toBeLessThanOrEqual(streams);
          return Array.from({ length: piece.weightSamples }, (_, k) =>
            Array.from({ length: part.count }, (_, j) => (piece.firstWeightSample + k) * J + part.first + j),
          ).flat();
        });
        expect(members).toEqual(Array.from({ length: count * J }, (_, m) => first * J + m));
        const inner = pieces.slice(1).filter(({ streams: part }) => part === undefined);
        for (const piece of inner) expect(piece.firstWeightSample % samples).toBe(0);
      }),
    );
  });

  it('keeps its full pieces when the range grows', () => {
    fc.assert(
      fc.property(small, small, small, (count, more, samples) => {
        const block = { weightSamples: samples, noiseStreams: J };
        const before = cutRange({ firstWeightSample: 0, weightSamples: count }, block, J);
        const after = cutRange({ firstWeightSample: 0, weightSamples: count + more }, block, J);
        const full = before.filter((piece) => piece.weightSamples === samples);
        expect(after.slice(0, full.length)).toEqual(full);
      }),
    );
  });
});
