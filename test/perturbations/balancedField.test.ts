/** Balanced perturbations of first states: whose numbers they are, and how large. */
import { describe, expect, it } from 'vitest';
import { gridSize, makeGrid, pointWeights } from '../../core/grid.js';
import type { MemberKey } from '../../core/interfaces.js';
import { createBalancedField } from '../../perturbations/initial/balancedField.js';
import type { BalancedSource, PerturbationContext } from '../../perturbations/source.js';
import { initialRows, rowOf } from './initialFixture.js';
import { contextOf, globe, memberKey, memberKeys, region } from './stepsFixture.js';

const names = ['u850', 'v850', 'u250', 'v250', 't500', 'z500', 'msl', 'q500'];
const spread = [8, 7, 16, 14, 5, 800, 600, 0.001];
const source: BalancedSource = {
  kind: 'balanced',
  amplitude: 0.1,
  antithetic: false,
  lengthKm: 2000,
  balance: 'linear',
  verticalModes: 3,
  equatorDegrees: 15,
};
const context = contextOf(globe, names, { spread });

/** What is added to states that are zero, [age] of [row, channel, lat, lon]. */
async function added(
  keys: readonly MemberKey[],
  changed: Partial<BalancedSource> = {},
  {
    place = 0,
    history = 1,
    of = context,
  }: { place?: number; history?: number; of?: PerturbationContext } = {},
): Promise<readonly Float32Array[]> {
  const length = of.schema.channels.length * gridSize(of.schema.grid);
  const rows = initialRows(
    keys,
    Array.from({ length: history }, () => new Float32Array(length)),
  );
  await createBalancedField({ ...source, ...changed }, of, place).add(rows);
  return rows.states;
}

describe('a balanced perturbation', () => {
  it('has α² times the spread of wind in the mean over its channels, and mean zero, by its members', async () => {
    for (const [grid, balance] of [
      [globe, 'linear'],
      [globe, 'geostrophic'],
      [region, 'linear'],
    ] as const) {
      const members = 150;
      const n = gridSize(grid);
      const of = contextOf(grid, names, { spread });
      const [all] = await added(memberKeys(members), { balance }, { of });
      const weights = pointWeights(grid);
      let [ratio, mean] = [0, 0];
      for (let member = 0; member < members; member++) {
        for (let c = 0; c < 4; c++) {
          for (let i = 0; i < n; i++) {
            const share = all![(member * names.length + c) * n + i]! / spread[c]!;
            ratio += (weights[i]! * share * share) / (4 * n * members);
            mean += (weights[i]! * share) / (4 * n * members);
          }
        }
      }
      // at least one independent value a member and level
      expect(Math.abs(ratio / 0.01 - 1)).toBeLessThan(4 * Math.sqrt(2 / (2 * members)));
      expect(Math.abs(mean)).toBeLessThan(4 * 0.1 * Math.sqrt(1 / (2 * members)));
    }
  });

  it('is α times one draw, added to what is there, the same at all ages', async () => {
    const [one] = await added([memberKey]);
    const [double, earlier] = await added([memberKey], { amplitude: 0.2 }, { history: 2 });
    const size = Math.max(...one!.map(Math.abs));
    one!.forEach((value, i) => {
      expect(Math.abs(double![i]! - 2 * value)).toBeLessThanOrEqual(1e-6 * size);
    });
    expect(earlier).toEqual(double);
    const [none] = await added([memberKey], { amplitude: 0 });
    expect(none!.every((value) => value === 0)).toBe(true);
    // no balance binds humidity
    const n = gridSize(globe);
    expect(one!.subarray(7 * n).every((value) => value === 0)).toBe(true);
    expect(one!.subarray(6 * n, 7 * n).some((value) => value !== 0)).toBe(true);
  });

  it('is a member’s own, whoever is beside it, and another at another place of the list', async () => {
    const keys = memberKeys(4);
    const [all] = await added(keys);
    for (const [row, key] of keys.entries()) {
      const [alone] = await added([key]);
      expect(alone).toEqual(rowOf(all!, row, 4));
    }
    const [other] = await added([keys[1]!], {}, { place: 1 });
    expect(other).not.toEqual(rowOf(all!, 1, 4));
    for (const change of [{ seed: 12 }, { start: memberKey.start + 1 }, { weightSample: 1 }]) {
      const [changed] = await added([{ ...memberKey, ...change }]);
      expect(changed).not.toEqual(rowOf(all!, 0, 4));
    }
  });

  it('cancels within antithetic pairs, to the bit', async () => {
    const [all] = await added(memberKeys(4), { antithetic: true });
    const [a, b, c] = [0, 1, 2].map((row) => rowOf(all!, row, 4));
    expect(a!.map((x, i) => x + b![i]!).every((sum) => sum === 0)).toBe(true);
    expect(c).not.toEqual(a);
    const [plain] = await added([memberKey]);
    expect(a).toEqual(plain);
  });

  it('works where sea-level pressure is all there is', async () => {
    const of = contextOf(region, ['msl'], { spread: [700] });
    const members = 300;
    const [all] = await added(memberKeys(members), { lengthKm: 1200 }, { of });
    const weights = pointWeights(region);
    const variance = all!.reduce((sum, x, i) => sum + (weights[i % 20]! * x * x) / (20 * members), 0);
    // 60°…30°N, 40° wide: a value or two of its own a member
    expect(Math.abs(Math.sqrt(variance) / 70 - 1)).toBeLessThan(4 * Math.sqrt(1 / (2 * members)));
  });

  it('is refused for parameters out of range, with what to give instead', () => {
    const create = (changed: Partial<BalancedSource>): unknown =>
      createBalancedField({ ...source, ...changed }, context, 0);
    expect(() => create({ amplitude: -1 })).toThrow(/balanced: amplitude is -1.*such as 0\.1/);
    expect(() => create({ amplitude: Number.NaN })).toThrow(/amplitude is NaN/);
    expect(() => create({ lengthKm: 500 })).toThrow(/500 km, below the 1668 km between points/);
    expect(() => create({ verticalModes: 0 })).toThrow(/verticalModes.*from 1/);
    expect(() => create({ balance: 'geostrophic', equatorDegrees: 80 })).toThrow(
      /equatorDegrees.*from 1 to 60/,
    );
    expect(() => createBalancedField(source, { ...context, spread: [] }, 0)).toThrow(/spread of u850/);
    const narrow = makeGrid([3, 0, -3], [0, 3, 6]);
    expect(() =>
      createBalancedField(source, contextOf(narrow, ['t850', 't2m'], { spread: [1, 1] }), 0),
    ).toThrow(/needs wind/);
  });
});
