/** Fair CRPS of whole fields, in place on one thread and on workers, and tile by tile, against the plain function. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrpsField, crpsField } from '../../evaluation/kernels/crpsField.js';
import { fairCrpsArrays, fairCrpsKernel, fairCrpsMemory } from '../../evaluation/kernels/fairCrpsKernel.js';
import { crpsEnsemble, crpsKernel } from '../../evaluation/scores/crps.js';
import type { NanPolicy } from '../../evaluation/scores/nanPolicy.js';

const points = 3 * 4096 + 1233;
const memberCount = 21;

/** By the plain function. */
function plainCrps(
  members: Float32Array,
  count: number,
  truth: Float32Array,
  nanPolicy: NanPolicy,
): Float64Array {
  const out = new Float64Array(truth.length);
  crpsKernel(members, count, truth, out, new Float64Array(count), { nanPolicy });
  return out;
}

/**
 * @param distance of members from the truth, at least; the lean kernel rounds to some 10⁻⁷ of its mean
 */
function expectEqual(ours: Float64Array, theirs: Float64Array, distance: number, what: string): void {
  for (let i = 0; i < theirs.length; i++) {
    const [a, b] = [ours[i]!, theirs[i]!];
    if (Number.isNaN(b) ? !Number.isNaN(a) : !(Math.abs(a - b) <= 2e-7 * distance))
      expect(a, `point ${i}, ${what}`).toBe(b);
  }
}

/** Wavy numbers, the same for all fields, of [member, point]. */
function fill(field: CrpsField): { members: Float32Array; truth: Float32Array } {
  const members = Float32Array.from(
    { length: memberCount * points },
    (_, i) => 1e5 + 40 * Math.sin(1.3 * i) + 9 * Math.cos(0.01 * i * i),
  );
  const truth = Float32Array.from({ length: points }, (_, i) => 1e5 + 30 * Math.sin(0.7 * i));
  members[4 * points + 5000] = Number.NaN;
  truth[9001] = Number.NaN;
  for (let m = 0; m < memberCount; m++)
    field.members.set(members.subarray(m * points, (m + 1) * points), m * field.capacity);
  field.truth.set(truth);
  return { members, truth };
}

for (const workers of [1, 2, 3]) {
  describe(`fair CRPS of a field, ${workers} worker(s)`, () => {
    let field: CrpsField;
    let data: ReturnType<typeof fill>;
    beforeAll(() => {
      field = crpsField({ memberCount, points, workers });
      data = fill(field);
    });
    afterAll(() => field.close());

    it('is that of the plain function at every point, missing values included', async () => {
      for (const nanPolicy of ['omit', 'propagate'] as const) {
        field.crps.fill(-1);
        await field.score(nanPolicy);
        expectEqual(field.crps, plainCrps(data.members, memberCount, data.truth, nanPolicy), 25, nanPolicy);
        expect(Number.isNaN(field.crps[5000]!)).toBe(nanPolicy === 'propagate');
      }
    });

    it('raises for the first missing value, whoever meets one first', async () => {
      await expect(field.score('raise')).rejects.toThrow(/1 of 21 members at point 5000 /);
      await field.score('omit');
      expect(field.crps[points - 1]).toBeGreaterThan(0);
    });
  });
}

describe('threads on one memory', () => {
  it.each([21, 200])('write nothing that another of them reads: %i members', (members) => {
    const shape = fairCrpsMemory(members, 64, 2);
    const arrays = fairCrpsArrays(shape);
    arrays.members.forEach((_, i) => {
      arrays.members[i] = Math.sin(1.3 * i);
    });
    const kernels = [fairCrpsKernel(shape, 0), fairCrpsKernel(shape, 1)] as const;
    const written = (thread: 0 | 1): Set<number> => {
      const bytes = new Uint8Array(shape.memory.buffer);
      const own = new Set<number>();
      // Against two backgrounds, so that no byte is missed for having the value it gets.
      for (const background of [0x55, 0xaa]) {
        kernels[thread](0, 64, 'raise');
        const before = bytes.slice();
        arrays.truth.fill(background);
        arrays.crps.fill(-1);
        before.set(bytes);
        kernels[thread](0, 64, 'raise');
        for (let i = 0; i < bytes.length; i++) if (bytes[i] !== before[i]) own.add(i);
      }
      return own;
    };
    const [first, second] = [written(0), written(1)];
    const shared = [...first].filter((address) => second.has(address));
    const { byteOffset, byteLength } = arrays.crps;
    expect(first.size).toBeGreaterThan(byteLength / 2);
    expect(shared.filter((at) => at < byteOffset || at >= byteOffset + byteLength)).toEqual([]);
  });
});

describe('fair CRPS of a small field', () => {
  it('takes any number of points and members', async () => {
    for (const [members, size] of [
      [1, 1],
      [2, 3],
      [3, 5],
      [150, 17],
    ] as const) {
      const field = crpsField({ memberCount: members, points: size, workers: 1 });
      const values = Float32Array.from({ length: members * size }, (_, i) => Math.sin(i * i));
      for (let m = 0; m < members; m++)
        field.members.set(values.subarray(m * size, (m + 1) * size), m * field.capacity);
      await field.score('omit');
      const expected = plainCrps(values, members, new Float32Array(size), 'omit');
      for (let i = 0; i < size; i++) {
        if (members === 1) expect(field.crps[i]).toBeNaN();
        else expect(Math.abs(field.crps[i]! - expected[i]!)).toBeLessThan(2e-7);
      }
    }
  });

  it('is rounded to 10⁻⁷ of the distance from the truth at most, for every number of members', async () => {
    const size = 212;
    for (const members of [
      ...Array.from({ length: 40 }, (_, i) => i + 2),
      50,
      100,
      127,
      128,
      129,
      257,
      700,
    ]) {
      const field = crpsField({ memberCount: members, points: size, workers: 1 });
      // Pressures in Pa, whose truth is at times far off.
      const values = Float32Array.from(
        { length: members * size },
        (_, i) => 1e5 + 300 * Math.sin(i * i) + 50 * Math.cos(0.3 * i),
      );
      const truth = Float32Array.from({ length: size }, (_, i) => 1e5 + 40 * (i % 50) * Math.sin(7 * i));
      for (let m = 0; m < members; m++)
        field.members.set(values.subarray(m * size, (m + 1) * size), m * field.capacity);
      field.truth.set(truth);
      await field.score('raise');
      const expected = plainCrps(values, members, truth, 'omit');
      for (let i = 0; i < size; i++) {
        let distance = 0;
        for (let m = 0; m < members; m++) distance += Math.abs(values[m * size + i]! - truth[i]!) / members;
        const off = Math.abs(field.crps[i]! - expected[i]!) / distance;
        if (!(off < 2e-7)) expect(off, `${members} members, point ${i}`).toBe(0);
      }
    }
  });

  it('gives a point the same bits wherever a call begins, and whatever it is told to read ahead', () => {
    for (const members of [7, 50, 150]) {
      const shape = fairCrpsMemory(members, 9000);
      const arrays = fairCrpsArrays(shape);
      const { crps } = arrays;
      for (let i = 0; i < arrays.members.length; i++) arrays.members[i] = Math.sin(i * i);
      const score = fairCrpsKernel(shape);
      score(0, 9000, 'raise');
      const whole = crps.slice(0, 9000);
      crps.fill(-1);
      for (const [from, to, next] of [
        [0, 1, 77],
        [1, 4001, 8999],
        [4001, 4003, 0],
        [4003, 8998, 10 ** 6],
        [8998, 9000, 0],
      ] as const)
        score(from, to, 'raise', { next });
      expect(crps.slice(0, 9000)).toEqual(whole);
    }
  });

  it('refuses what is no shape', () => {
    expect(() => crpsField({ memberCount: 0, points: 4, workers: 1 })).toThrow(/0 members/);
    expect(() => crpsField({ memberCount: 1000, points: 10 ** 7, workers: 1 })).toThrow(/memory/);
  });
});

describe('the public function', () => {
  it('scores a large field tile by tile to the same scores and messages', () => {
    const field = crpsField({ memberCount, points, workers: 1 });
    const { members, truth } = fill(field);
    for (const nanPolicy of ['omit', 'propagate'] as const)
      expectEqual(
        crpsEnsemble(members, memberCount, truth, { nanPolicy }),
        plainCrps(members, memberCount, truth, nanPolicy),
        25,
        nanPolicy,
      );
    const raised = () => crpsEnsemble(members, memberCount, truth, { nanPolicy: 'raise' });
    expect(raised).toThrow(/1 of 21 members at point 5000 /);
    members[4 * points + 5000] = 1e5;
    expect(raised).toThrow(/the observation at point 9001 /);
  });

  it('changes from one number of members to another and back', () => {
    const size = 5000;
    for (const count of [3, 70, 3, 300]) {
      const members = Float32Array.from({ length: count * size }, (_, i) => Math.sin(i * i));
      const truth = Float32Array.from({ length: size }, (_, i) => Math.cos(i));
      const ours = crpsEnsemble(members, count, truth);
      expectEqual(ours, plainCrps(members, count, truth, 'omit'), 1, `${count} members`);
    }
  });
});
