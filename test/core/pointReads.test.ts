/** Scattered points of fields that lie behind each other: the same numbers as picking, and few bytes besides. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planPointReads, readPlannedPoints } from '../../core/store/pointReads.js';
import '../propertySeed.js';

const head = 24;

/** A file of rows whose value is their place, after some other bytes. @returns what is read of it, by position */
function fileOf(rows: number, fieldPoints: number) {
  const values = Float32Array.from({ length: rows * fieldPoints }, (_, i) => i + 0.5);
  const bytes = new Uint8Array(head + values.byteLength).fill(255);
  bytes.set(new Uint8Array(values.buffer), head);
  const reads: { position: number; bytes: number }[] = [];
  return {
    values,
    reads,
    read: (position: number, into: Uint8Array, first: number, count: number): void => {
      expect(position + count).toBeLessThanOrEqual(bytes.length);
      reads.push({ position, bytes: count });
      into.set(bytes.subarray(position, position + count), first);
    },
  };
}

function readAll(rows: number, fieldPoints: number, points: Int32Array, gap?: number) {
  const file = fileOf(rows, fieldPoints);
  const into = new Float32Array(rows * points.length).fill(-1);
  const plan = planPointReads(points, fieldPoints, gap);
  readPlannedPoints(plan, { offset: head, rows, fieldPoints }, file.read, into);
  return { ...file, plan, into };
}

describe('scattered points', () => {
  it('are the values of the fields there, however wide gaps may be', () => {
    const asked = fc.record({
      rows: fc.integer({ min: 1, max: 7 }),
      fieldPoints: fc.integer({ min: 1, max: 60 }),
      gap: fc.integer({ min: 0, max: 70 }),
      taken: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    });
    fc.assert(
      fc.property(asked, ({ rows, fieldPoints, gap, taken }) => {
        const points = Int32Array.from(taken.keys()).filter((p) => p < fieldPoints && taken[p] === true);
        const { into, values, reads, plan } = readAll(rows, fieldPoints, points, gap);
        const n = points.length;
        for (let i = 0; i < rows * n; i++) {
          expect(into[i]).toBe(values[Math.floor(i / n) * fieldPoints + points[i % n]!]);
        }
        // No byte twice, and at most a gap between two points that are wanted.
        for (let i = 1; i < reads.length; i++)
          expect(reads[i]!.position).toBeGreaterThanOrEqual(reads[i - 1]!.position + reads[i - 1]!.bytes);
        const thrown = reads.reduce((sum, { bytes }) => sum + bytes, 0) / 4 - rows * n;
        expect(thrown).toBeLessThanOrEqual(gap * rows * Math.max(n, 1));
        expect(plan.stretches.reduce((sum, { first, end }) => sum + end - first, 0)).toBe(n);
      }),
    );
  });

  it('far apart are read alone, near ones together', () => {
    const { reads } = readAll(2, 40, Int32Array.of(3, 4, 8, 30), 3);
    expect(reads).toEqual([
      { position: head + 4 * 3, bytes: 4 * 6 },
      { position: head + 4 * 30, bytes: 4 },
      { position: head + 4 * 43, bytes: 4 * 6 },
      { position: head + 4 * 70, bytes: 4 },
    ]);
  });

  it('that cover most of small fields are read many fields at a time', () => {
    const { reads, into } = readAll(500, 100, Int32Array.of(5, 60, 90));
    expect(reads).toEqual([{ position: head + 20, bytes: 4 * (499 * 100 + 86) }]);
    expect([...into.subarray(3 * 499)]).toEqual([49905.5, 49960.5, 49990.5]);
  });

  it('of large fields are read in pieces of 256 KiB at most, each byte once', () => {
    const fieldPoints = 200_000;
    const everyOther = Int32Array.from({ length: fieldPoints / 2 }, (_, i) => 2 * i + 1);
    const { reads, into, values } = readAll(2, fieldPoints, everyOther);
    expect(reads.length).toBe(8);
    expect(Math.max(...reads.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 ** 18);
    expect(into.findIndex((value, i) => value !== values[2 * i + 1])).toBe(-1);
  });

  it('that do not rise, or lie outside, are refused', () => {
    for (const points of [[3, 3], [4, 2], [10], [-1]])
      expect(() => planPointReads(Int32Array.from(points), 10)).toThrow(/must rise from 0 to 9/);
  });
});
