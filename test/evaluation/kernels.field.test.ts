/** Fair CRPS of whole fields, in place on one thread and on workers, and tile by tile, against the plain function. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrpsField, crpsField } from '../../evaluation/kernels/crpsField.js';
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

function expectEqual(ours: Float64Array, theirs: Float64Array, what: string): void {
  for (let i = 0; i < theirs.length; i++) {
    const [a, b] = [ours[i]!, theirs[i]!];
    if (Number.isNaN(b) ? !Number.isNaN(a) : !(Math.abs(a - b) < 1e-11))
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
        expectEqual(field.crps, plainCrps(data.members, memberCount, data.truth, nanPolicy), nanPolicy);
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
        else expect(field.crps[i]).toBeCloseTo(expected[i]!, 12);
      }
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
      expectEqual(ours, plainCrps(members, count, truth, 'omit'), `${count} members`);
    }
  });
});
