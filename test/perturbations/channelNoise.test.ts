/** Noise drawn for every channel by itself: white, red, Matérn and Perlin's, by what they have in common. */
import { describe, expect, it } from 'vitest';
import { type Grid, gridSize, makeGrid } from '../../core/grid.js';
import type { InitialPerturbation, MemberKey } from '../../core/interfaces.js';
import { createPerlin } from '../../perturbations/initial/perlin.js';
import { createRedNoise } from '../../perturbations/initial/redNoise.js';
import { createSphericalGaussian } from '../../perturbations/initial/sphericalGaussian.js';
import { createWhiteNoise } from '../../perturbations/initial/whiteNoise.js';
import type { PerturbationContext } from '../../perturbations/source.js';
import { initialRows, rowOf } from './initialFixture.js';
import { areaWeights, contextOf, memberKey, memberKeys } from './stepsFixture.js';

interface Options {
  readonly amplitude?: number;
  readonly antithetic?: boolean;
}

type Create = (context: PerturbationContext, place: number, options?: Options) => InitialPerturbation;

const plain = { amplitude: 0.5, antithetic: false };
const schemes: readonly (readonly [string, Create])[] = [
  ['white', (c, p, o) => createWhiteNoise({ kind: 'white', ...plain, ...o }, c, p)],
  ['red', (c, p, o) => createRedNoise({ kind: 'red', reddening: 2, ...plain, ...o }, c, p)],
  [
    'spherical-gaussian',
    (c, p, o) =>
      createSphericalGaussian({ kind: 'spherical-gaussian', alpha: 2, tau: 3, ...plain, ...o }, c, p),
  ],
  [
    'perlin',
    (c, p, o) => {
      const lattice = { octaves: 3, periodsLongitude: 4, periodsLatitude: 4, persistence: 0.5 };
      return createPerlin({ kind: 'perlin', ...lattice, ...plain, ...o }, c, p);
    },
  ],
];

const columns = 72;
const longitudes = Array.from({ length: columns }, (_, j) => 5 * j);
const latitudes = Array.from({ length: 37 }, (_, i) => 90 - 5 * i);
const globe = makeGrid(latitudes, longitudes);
const names = ['t850', 'u500', 'v500', 'msl'];
const spread = [3, 7, 6, 0];
const context = contextOf(globe, names, { spread });
const points = gridSize(globe);

/** What is added to one member's newest state, [channel, lat, lon]. */
async function increment(
  perturbation: InitialPerturbation,
  key: MemberKey,
  { schema }: PerturbationContext = context,
): Promise<Float32Array> {
  const rows = initialRows([key], [new Float32Array(schema.channels.length * gridSize(schema.grid))]);
  await perturbation.add(rows);
  return rows.states[0]!;
}

function field(values: Float32Array, channel: number, size = points): Float32Array {
  return values.subarray(channel * size, (channel + 1) * size);
}

/** Mean and its standard error. */
function estimate(values: readonly number[]): { mean: number; error: number } {
  const centre = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1);
  return { mean: centre, error: Math.sqrt(variance / values.length) };
}

/** Told without the difference, which would take minutes to print for thousands of values. */
function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

function rows(grid: Grid): number {
  return grid.latitudes.length;
}

describe.each(schemes)('%s noise', (_, create) => {
  const perturbation = create(context, 0);

  it('has mean zero and over the area the variance of α times spread, none where spread is 0', async () => {
    const weights = areaWeights(globe);
    const members = await Promise.all(memberKeys(400).map((key) => increment(perturbation, key)));
    const moment = (channel: number, power: number) =>
      estimate(
        members.map((values) =>
          field(values, channel).reduce((sum, x, i) => sum + weights[i]! * x ** power, 0),
        ),
      );
    for (const channel of [0, 1, 2]) {
      const variance = moment(channel, 2);
      expect(Math.abs(variance.mean - (0.5 * spread[channel]!) ** 2)).toBeLessThan(4 * variance.error);
      // the error is small enough to tell a tenth of the amplitude
      expect(variance.error).toBeLessThan(0.05 * variance.mean);
      const places = [0, 100, 1300, points - 40];
      for (const place of places) {
        const at = estimate(members.map((values) => field(values, channel)[place]!));
        expect(Math.abs(at.mean)).toBeLessThanOrEqual(4 * at.error);
      }
      const average = moment(channel, 1);
      expect(Math.abs(average.mean)).toBeLessThan(4 * average.error + 1e-6);
    }
    expect(members.every((values) => field(values, 3).every((x) => x === 0))).toBe(true);
  });

  it('is independent from channel to channel', async () => {
    const weights = areaWeights(globe);
    const members = await Promise.all(memberKeys(100).map((key) => increment(perturbation, key)));
    const products = estimate(
      members.map((values) => weights.reduce((sum, w, i) => sum + w * values[i]! * values[points + i]!, 0)),
    );
    expect(Math.abs(products.mean)).toBeLessThan(4 * products.error);
  });

  it('belongs to its key and its place in the list', async () => {
    const one = await increment(perturbation, memberKey);
    expect(same(await increment(create(context, 0), memberKey), one)).toBe(true);
    const others = await Promise.all([
      increment(create(context, 1), memberKey),
      increment(perturbation, { ...memberKey, noiseStream: 1 }),
      increment(perturbation, { ...memberKey, weightSample: 1 }),
      increment(perturbation, { ...memberKey, seed: 12 }),
      increment(perturbation, { ...memberKey, start: memberKey.start + 3_600_000 }),
    ]);
    for (const other of others) {
      const same = field(other, 0).filter((x, i) => x === one[i] && x !== 0).length;
      expect(same).toBeLessThan(points / 100);
    }
  });

  it('of a row does not depend, to the bit, on the rows beside it', async () => {
    for (const antithetic of [false, true]) {
      const scheme = create(context, 2, { antithetic });
      const keys = [3, 1, 0, 2].map((noiseStream) => ({ ...memberKey, noiseStream }));
      const together = initialRows(keys, [new Float32Array(4 * points)]);
      await scheme.add(together);
      for (const [row, key] of keys.entries()) {
        const alone = await increment(create(context, 2, { antithetic }), key);
        expect(same(rowOf(together.states[0]!, row, 4), alone)).toBe(true);
      }
    }
  });

  it('of an antithetic pair sums to zero, its first being the same as without', async () => {
    const pairs = create(context, 0, { antithetic: true });
    const keys = memberKeys(4);
    const members = await Promise.all(keys.map((key) => increment(pairs, key)));
    for (const [one, other] of [members.slice(0, 2), members.slice(2)]) {
      expect(one!.every((x, i) => x + other![i]! === 0)).toBe(true);
    }
    expect(same(members[0]!, await increment(perturbation, keys[0]!))).toBe(true);
    expect(same(members[2]!, members[0]!)).toBe(false);
  });

  it('is added to what is there, the same to earlier states', async () => {
    const added = await increment(perturbation, memberKey);
    const states = [10, 20].map((value) => new Float32Array(4 * points).fill(value));
    const both = initialRows([memberKey], states);
    await perturbation.add(both);
    expect(
      same(
        both.states[0]!,
        added.map((x) => 10 + x),
      ),
    ).toBe(true);
    expect(
      same(
        both.states[1]!,
        added.map((x) => 20 + x),
      ),
    ).toBe(true);
  });

  it('is one number at a pole, and one vector for wind', async () => {
    const members = await Promise.all(memberKeys(5).map((key) => increment(perturbation, key)));
    for (const values of members) {
      for (const [row, sign] of [
        [0, 1],
        [rows(globe) - 1, -1],
      ] as const) {
        const at = (channel: number, j: number): number => values[channel * points + row * columns + j]!;
        for (let j = 0; j < columns; j++) {
          expect(at(0, j)).toBe(at(0, 0));
          // eastward (−sin λ, cos λ), northward ∓(cos λ, sin λ) in the plane that touches the pole
          const angle = (longitudes[j]! * Math.PI) / 180;
          const x = -at(1, j) * Math.sin(angle) - sign * at(2, j) * Math.cos(angle);
          const y = at(1, j) * Math.cos(angle) - sign * at(2, j) * Math.sin(angle);
          expect(x).toBeCloseTo(-sign * at(2, 0), 4);
          expect(y).toBeCloseTo(at(1, 0), 4);
        }
      }
    }
  });

  it('with α = 0 leaves states to the bit, and refuses an α below 0 or no number', async () => {
    expect((await increment(create(context, 0, { amplitude: 0 }), memberKey)).every((x) => x === 0)).toBe(
      true,
    );
    for (const amplitude of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => create(context, 0, { amplitude })).toThrow(
        /amplitude is .*; it must be 0 or more, a share of climatological spread/,
      );
    }
  });

  it('needs the spread of every channel', () => {
    expect(() => create({ ...context, spread: [1, 1, 1] }, 0)).toThrow(/spread of msl is not known/);
  });
});

describe.each(schemes.slice(1))('%s noise', (_, create) => {
  it('has no seam where the columns begin: it is the same on columns from 180°W', async () => {
    const turned = makeGrid(
      latitudes,
      longitudes.map((longitude) => longitude - 180),
    );
    const other = contextOf(turned, names, { spread });
    const one = field(await increment(create(context, 0), memberKey), 0);
    const two = field(await increment(create(other, 0), memberKey, other), 0);
    const half = columns / 2;
    for (let i = 0; i < points; i++) {
      const from = i - (i % columns) + ((i + half) % columns);
      expect(two[i]).toBeCloseTo(one[from]!, 4);
    }
  });

  it('varies over the seam as it does between other columns', async () => {
    const members = await Promise.all(
      memberKeys(100).map((key) => increment(create(context, 0), key).then((values) => field(values, 0))),
    );
    // around the equator, where columns lie farthest apart
    const differences = (j: number) =>
      members.map((values) => {
        const at = 18 * columns;
        return (values[at + ((j + 1) % columns)]! - values[at + j]!) ** 2;
      });
    const seam = estimate(differences(columns - 1));
    // columns that lie alike among the lattice's of Perlin's noise
    const elsewhere = estimate([17, 35, 53].flatMap(differences));
    expect(Math.abs(seam.mean - elsewhere.mean)).toBeLessThan(4 * Math.hypot(seam.error, elsewhere.error));
  });

  it('is on a region the field of the globe', async () => {
    const region = makeGrid(latitudes.slice(5, 15), longitudes.slice(8, 30));
    const other = contextOf(region, names, { spread });
    const one = field(await increment(create(context, 0), memberKey), 2);
    const size = gridSize(region);
    const two = field(await increment(create(other, 0), memberKey, other), 2, size);
    for (let i = 0; i < size; i++) {
      const from = (5 + Math.floor(i / 22)) * columns + 8 + (i % 22);
      expect(two[i]).toBeCloseTo(one[from]!, 4);
    }
  });
});

describe('white noise', () => {
  it('is as variable at every point, and tells nothing of the next', async () => {
    const perturbation = schemes[0]![1](context, 0);
    const members = await Promise.all(memberKeys(400).map((key) => increment(perturbation, key)));
    for (const place of [columns + 3, 18 * columns, 30 * columns + 11]) {
      const variance = estimate(members.map((values) => values[place]! ** 2));
      expect(Math.abs(variance.mean - 1.5 ** 2)).toBeLessThan(4 * variance.error);
      for (const next of [place + 1, place + columns]) {
        const product = estimate(members.map((values) => values[place]! * values[next]!));
        expect(Math.abs(product.mean)).toBeLessThan(4 * product.error);
      }
    }
  });
});

describe('red and Matérn noise', () => {
  /** Σ (2n + 1) σₙ² Pₙ(cos d) / Σ (2n + 1) σₙ², from Bonnet's recursion. */
  function correlation(variance: (n: number) => number, degrees: number): number {
    const x = Math.cos((degrees * Math.PI) / 180);
    let [before, last, sum, total] = [1, x, 0, 0];
    for (let n = 1; n <= 35; n++) {
      sum += (2 * n + 1) * variance(n) * last;
      total += (2 * n + 1) * variance(n);
      [before, last] = [last, ((2 * n + 1) * x * last - n * before) / (n + 1)];
    }
    return sum / total;
  }

  it.each([
    ['red', 1, (n: number) => n ** -4],
    ['spherical-gaussian', 2, (n: number) => (n * (n + 1) + 9) ** -2],
  ] as const)(
    '%s is correlated as its spectrum says, along the equator and across a pole',
    async (_name, scheme, variance) => {
      const perturbation = schemes[scheme]![1](context, 0);
      const members = await Promise.all(memberKeys(400).map((key) => increment(perturbation, key)));
      const at = (row: number, column: number): number => row * columns + column;
      const pairs: readonly (readonly [number, number, number])[] = [
        [at(18, 0), at(18, 4), 20],
        [at(18, 10), at(18, 22), 60],
        [at(2, 0), at(2, 36), 20],
        [at(6, 5), at(6, 41), 60],
      ];
      for (const [a, b, degrees] of pairs) {
        const product = estimate(members.map((values) => (values[a]! * values[b]!) / 1.5 ** 2));
        expect(Math.abs(product.mean - correlation(variance, degrees))).toBeLessThan(4 * product.error);
        expect(product.error).toBeLessThan(0.08);
      }
    },
  );
});
