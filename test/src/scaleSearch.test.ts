/** Searches without gradients: what they find on functions whose lowest point is known, what they ask, how they resume. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf, searchScales } from '../../src/bayesianise/scaleSearch.js';

/** A bowl in logarithms, lowest at `at`, with weights that differ. */
const bowl =
  (at: readonly number[]) =>
  async (scales: readonly number[]): Promise<number> =>
    scales.reduce((sum, scale, i) => sum + (1 + i) * Math.log2(scale / (at[i] ?? 1)) ** 2, 0);

describe('a search of scales', () => {
  it('comes within √2 of the lowest point of a bowl, each scale by itself', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -6, max: 0, noNaN: true }), { minLength: 1, maxLength: 4 }),
        async (powers) => {
          const at = powers.map((power) => 2 ** power);
          const found = await searchScales(
            at.map(() => 0.05),
            bowl(at),
            { trials: 500, each: true },
          );
          found.scales.forEach((scale, i) => {
            expect(Math.abs(Math.log2(scale) - (powers[i] ?? 0))).toBeLessThanOrEqual(0.5);
          });
        },
      ),
    );
  });

  it('moves all together where it is asked to', async () => {
    const found = await searchScales([0.05, 0.1], bowl([0.01, 0.02]), { trials: 100, each: false });
    expect((found.scales[1] ?? 0) / (found.scales[0] ?? 1)).toBeCloseTo(2, 12);
  });

  it('asks for no more values than it may, and for none twice', async () => {
    const asked: string[] = [];
    const value = bowl([0.3, 0.001, 0.1]);
    const search = (trials: number) =>
      searchScales(
        [0.05, 0.05, 0.05],
        (scales) => {
          asked.push(keyOf(scales));
          return value(scales);
        },
        { trials, each: true },
      );
    const found = await search(9);
    expect(found.trials).toBe(9);
    expect(asked).toHaveLength(9);
    expect(new Set(asked).size).toBe(9);
    // with more to spend it asks the same first
    const few = [...asked];
    asked.length = 0;
    await search(20);
    expect(asked.slice(0, 9)).toEqual(few);
  });

  it('leaves scales that cannot be used', async () => {
    const value = async ([scale = 1]: readonly number[]) =>
      scale > 0.06 ? Number.POSITIVE_INFINITY : -scale;
    const found = await searchScales([0.05], value, { trials: 50, each: true });
    expect(found.scales[0]).toBeLessThanOrEqual(0.06);
    expect(found.value).toBeLessThanOrEqual(-0.05);
  });
});
