/** Perturbed tendencies: one bounded pattern for every channel, faded out where it is told to be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gridSize } from '../../core/grid.js';
import type { PerturbationContext, TendencySource } from '../../perturbations/source.js';
import { clippedNormal } from '../../perturbations/steps/clippedNormal.js';
import { createSppt } from '../../perturbations/steps/sppt.js';
import {
  contextOf,
  covariance,
  globe,
  increments,
  mean,
  memberKeys,
  place,
  region,
  stepped,
} from './stepsFixture.js';

const names = ['z500', 't850', 'u850', 'v850', 'msl'];
/** Never clipped: one hundredth of the clip's reach is five standard deviations. */
const gentle: TendencySource = {
  kind: 'sppt',
  scales: [{ sigma: 0.1, lengthKm: 2500, timeHours: 48 }],
  clip: 100,
  stratosphere: null,
  boundaryLayer: null,
  surface: 1,
  antithetic: false,
};
const ifs: TendencySource = {
  kind: 'sppt',
  scales: [
    { sigma: 0.52, lengthKm: 2500, timeHours: 6 },
    { sigma: 0.18, lengthKm: 3500, timeHours: 72 },
    { sigma: 0.06, lengthKm: 5000, timeHours: 720 },
  ],
  clip: 1.8,
  stratosphere: [100, 50],
  boundaryLayer: [0.87, 0.97],
  surface: 0,
  antithetic: false,
};

/** r of one channel where μ is 1: [step] of [row, lat, lon]. */
function patterns(
  source: TendencySource,
  context: PerturbationContext,
  rows: number,
  steps: number,
): Float32Array[] {
  return increments(createSppt(source, context), context, memberKeys(rows), steps);
}

/** A state of every size of number, and one it may step to. */
function someStep(length: number): { before: Float32Array; after: Float32Array } {
  const before = Float32Array.from({ length }, (_, i) => 1000 * Math.sin(1.7 * i) + 5e4 * (i % 3));
  return { before, after: before.map((x, i) => x + 30 * Math.cos(0.9 * i)) };
}

describe('a scaled increment', () => {
  it('is 1 ± 0.3 times itself where r can only be ± 0.3', () => {
    const context = contextOf(globe, names);
    const sigma = 1e6;
    const source = { ...gentle, scales: [{ ...gentle.scales[0]!, sigma }], clip: 0.3 / sigma };
    const step = someStep(names.length * gridSize(globe));
    const signs = new Set<number>();
    for (const made of stepped(createSppt(source, context), memberKeys(1), 3, step)) {
      made.forEach((value, i) => {
        const [before, after] = [step.before[i]!, step.after[i]!];
        const sign = Math.sign((value - after) / (after - before));
        signs.add(sign);
        const expected = before + (1 + 0.3 * sign) * (after - before);
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 ** -23 * Math.abs(expected));
      });
    }
    expect([...signs].sort()).toEqual([-1, 1]);
  });

  it('has one r for every channel', () => {
    const context = contextOf(globe, names);
    const points = gridSize(globe);
    const step = someStep(names.length * points);
    const source = { ...ifs, boundaryLayer: null, surface: 1 };
    const r = patterns(source, contextOf(globe, ['z500']), 1, 2);
    stepped(createSppt(source, context), memberKeys(1), 2, step).forEach((made, t) => {
      made.forEach((value, i) => {
        const [before, after] = [step.before[i]!, step.after[i]!];
        const expected = after + r[t]![i % points]! * (after - before);
        // r was read off 1 + r, which has 24 bits, and so has the value
        expect(Math.abs(value - expected)).toBeLessThan(
          2 ** -23 * (Math.abs(expected) + Math.abs(after - before)),
        );
      });
    });
  });

  it('that is zero stays zero, to the bit', () => {
    const context = contextOf(globe, names);
    const { before } = someStep(names.length * gridSize(globe));
    for (const made of stepped(createSppt(ifs, context), memberKeys(3), 2, { before, after: before })) {
      for (let row = 0; row < 3; row++) {
        expect(made.subarray(row * before.length, (row + 1) * before.length)).toEqual(before);
      }
    }
  });

  it('is scaled by one number at each pole', () => {
    const [r] = patterns(ifs, contextOf(globe, ['z500']), 1, 1);
    expect(new Set(r!.subarray(0, 24)).size).toBe(1);
    expect(new Set(r!.subarray(288)).size).toBe(1);
    expect(new Set(r).size).toBeGreaterThan(200);
  });
});

describe('the pattern', () => {
  it('has the variance Σσ² of its scales, from the first step on, and remembers as each of them does', () => {
    const rows = 6000;
    const scales = [
      { sigma: 0.12, lengthKm: 7000, timeHours: 6 },
      { sigma: 0.09, lengthKm: 9000, timeHours: 72 },
    ];
    const r = patterns({ ...gentle, scales }, contextOf(place, ['z500']), rows, 9);
    const variance = 0.12 ** 2 + 0.09 ** 2;
    for (const [from, to] of [
      [0, 0],
      [8, 8],
      [0, 1],
      [3, 4],
      [0, 4],
      [4, 8],
    ] as const) {
      const hours = 6 * (to - from);
      const expected = 0.12 ** 2 * Math.exp(-hours / 6) + 0.09 ** 2 * Math.exp(-hours / 72);
      const standardError = Math.sqrt((variance ** 2 + expected ** 2) / rows);
      expect(Math.abs(covariance(r[from]!, r[to]!) - expected)).toBeLessThan(5 * standardError);
    }
  });

  it('has the variance σ² to two hundredths', () => {
    const [rows, steps] = [8000, 10];
    const scales = [{ sigma: 0.15, lengthKm: 9000, timeHours: 0 }];
    const r = patterns({ ...gentle, scales }, contextOf(place, ['z500']), rows, steps);
    const found = mean(r.map((values) => covariance(values, values)));
    expect(Math.abs(found / 0.15 ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / (rows * steps)));
  });

  it('is clipped as often as a normal number is beyond 1.8 standard deviations: 7.19 %', () => {
    const rows = 20_000;
    // scales of few harmonics: the place is one point
    const scales = ifs.scales.map((scale) => ({ ...scale, lengthKm: 8000 }));
    const [r] = patterns({ ...ifs, scales }, contextOf(place, ['z500']), rows, 1);
    const variance = 0.52 ** 2 + 0.18 ** 2 + 0.06 ** 2;
    const limit = 1.8 * Math.sqrt(variance);
    const clipped = r!.filter((value) => Math.abs(value) > limit - 1e-6).length / rows;
    // Q(1.8) = 0.03593 of any table
    const share = 2 * 0.03593;
    expect(Math.abs(clipped - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / rows));
    for (const value of r!) expect(Math.abs(value)).toBeLessThanOrEqual(limit + 1e-6);
    const lost = 1 - covariance(r!, r!) / variance;
    const { varianceLost } = clippedNormal(1.8);
    expect(Math.abs(lost - varianceLost)).toBeLessThan((5 * Math.sqrt(2)) / Math.sqrt(rows));
  });

  it('never turns an increment round, however large its scales are', () => {
    const scales = [{ sigma: 0.9, lengthKm: 8000, timeHours: 6 }];
    const [r] = patterns({ ...gentle, scales }, contextOf(place, ['z500']), 4000, 1);
    const values = [...r!];
    expect(Math.min(...values)).toBe(-1);
    expect(Math.max(...values)).toBe(1);
  });
});

describe('μ', () => {
  const heights = [20, 50, 75, 100, 500, 870, 920, 970, 1000];
  const channels = [...heights.map((level) => `t${level}`), 'msl', 'u10', 't2m'];

  it('falls linearly towards the stratosphere and the ground, and is what it is told to be at the surface', () => {
    const context = contextOf(globe, channels);
    const [made] = increments(createSppt({ ...ifs, surface: 0.25 }, context), context, memberKeys(1), 1);
    const points = gridSize(globe);
    const whole = made!.subarray(4 * points, 5 * points);
    const expected = [0, 0, 0.5, 1, 1, 1, 0.5, 0, 0, 0.25, 0.25, 0.25];
    expected.forEach((factor, c) => {
      for (let point = 0; point < points; point++) {
        expect(made![c * points + point]!).toBeCloseTo(factor * whole[point]!, 6);
      }
    });
  });

  it('is 1 everywhere without tapers', () => {
    const context = contextOf(globe, channels);
    const source = { ...ifs, stratosphere: null, boundaryLayer: null, surface: 1 };
    const [made] = increments(createSppt(source, context), context, memberKeys(1), 1);
    const points = gridSize(globe);
    for (let c = 1; c < channels.length; c++) {
      expect(made!.subarray(c * points, (c + 1) * points)).toEqual(made!.subarray(0, points));
    }
  });

  it('takes a model level where it lies, and the logarithm of surface pressure as the surface', () => {
    const context = contextOf(place, ['vo_ml1', 'vo_ml2', 'd_ml2', 't_ml2', 'lnsp', 'z500'], {
      pressures: [75, 500, 500, 500, 1000, 500],
    });
    const [made] = increments(createSppt(ifs, context), context, memberKeys(1), 1);
    const r = made![5]!;
    expect(r).not.toBe(0);
    expect(made![0]).toBeCloseTo(r / 2, 6);
    expect([...made!.subarray(1, 5)]).toEqual([r, r, r, 0]);
  });
});

describe('a row', () => {
  it('is the same to the bit whichever rows are beside it', () => {
    const context = contextOf(region, ['z500', 't850']);
    const source = { ...ifs, scales: [{ sigma: 0.5, lengthKm: 1800, timeHours: 12 }] };
    const perturbation = createSppt(source, context);
    const step = someStep(2 * gridSize(region));
    const keys = memberKeys(19);
    const together = stepped(perturbation, keys, 3, step);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 19 }), fc.nat(18), (batch, row) => {
        expect(stepped(perturbation, keys, 3, step, batch)).toEqual(together);
        const length = step.before.length;
        stepped(perturbation, [keys[row]!], 3, step).forEach((alone, t) => {
          expect(alone).toEqual(together[t]!.subarray(row * length, (row + 1) * length));
        });
      }),
      { numRuns: 8 },
    );
  });

  it('has the opposite pattern of its antithetic twin, clipped values too', () => {
    const context = contextOf(globe, ['z500']);
    const made = increments(
      createSppt({ ...ifs, antithetic: true }, context),
      context,
      memberKeys(4),
      3,
      0.5,
    );
    const points = gridSize(globe);
    for (const step of made) {
      for (const pair of [0, 1]) {
        const [plus, minus] = [2 * pair, 2 * pair + 1].map((row) =>
          step.subarray(row * points, (row + 1) * points),
        );
        plus!.forEach((value, i) => {
          expect(Math.abs(value + minus![i]!)).toBeLessThanOrEqual(2 ** -23);
        });
      }
      expect(step.subarray(0, points)).not.toEqual(step.subarray(2 * points, 3 * points));
    }
  });
});

function simpson(f: (x: number) => number, from: number, to: number): number {
  const n = 2000;
  const h = (to - from) / n;
  let sum = f(from) + f(to);
  for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * h);
  return (sum * h) / 3;
}

describe('what clipping takes', () => {
  it('agrees with the integrals of the clipped normal density', () => {
    for (const limit of [0.3, 1, 1.8, 2.576, 4]) {
      const density = (x: number): number => 2 * Math.exp((-x * x) / 2) * (2 * Math.PI) ** -0.5;
      const kept =
        simpson((x) => density(x) * x * x, 0, limit) + limit * limit * simpson(density, limit, limit + 9);
      const { share, varianceLost } = clippedNormal(limit);
      expect(share).toBeCloseTo(1 - simpson(density, 0, limit), 5);
      expect(varianceLost).toBeCloseTo(1 - kept, 5);
    }
  });

  it('is told where it is more than 1 % of the values, with what to set instead', () => {
    const context = contextOf(globe, ['z500']);
    const notes = (changed: Partial<TendencySource>): readonly string[] =>
      createSppt({ ...ifs, ...changed }, context).notes?.filter((note) => note.includes('clip')) ?? [];
    expect(notes({})).toEqual([
      'sppt: clip=1.8 holds r within ±1.00: 7.2 % of its values are clipped, and 12.3 % of its variance is lost; ' +
        'clip=2.58 and sigma=0.36/0.12/0.042 in place of 0.52/0.18/0.06 clips 1 %',
    ]);
    const scales = [{ sigma: 0.2, lengthKm: 2500, timeHours: 6 }];
    expect(notes({ scales })[0]).toMatch(/clip=1.8 holds r within ±0.36: 7.2 % .* lost; clip=2.58 clips 1 %/);
    expect(notes({ scales, clip: 2.58 })).toEqual([]);
    const followed = ifs.scales.map((scale, i) => ({ ...scale, sigma: [0.36, 0.12, 0.042][i]! }));
    expect(notes({ scales: followed, clip: 2.58 })).toEqual([]);
    const large = [{ sigma: 0.9, lengthKm: 2500, timeHours: 6 }];
    expect(notes({ scales: large, clip: 3 })[0]).toMatch(
      /no increment may change its sign, which holds r within ±1.00: 26.7 % .*; sigma=0.38 in place of 0.9 clips 1 %/,
    );
  });
});

describe('a wave', () => {
  it('that turns by θ a step gains 2σ²(1 − cos θ) of its energy in each', () => {
    const rows = 6000;
    const sigma = 0.2;
    const context = contextOf(place, ['u500', 'v500']);
    const scales = [{ sigma, lengthKm: 8000, timeHours: 0 }];
    for (const theta of [1, Math.PI]) {
      const streams = createSppt({ ...gentle, scales }, context).streams(memberKeys(rows));
      let before = Float32Array.from({ length: 2 * rows }, (_, i) => 1 - (i % 2));
      for (let step = 0; step < 4; step++) {
        const after = before.map((x, i) => {
          const other = before[i % 2 === 0 ? i + 1 : i - 1]!;
          return Math.cos(theta) * x + (i % 2 === 0 ? -1 : 1) * Math.sin(theta) * other;
        });
        streams.apply({ firstRow: 0, rows, before, after, amplitude: null });
        before = after;
      }
      const energies = Float64Array.from(
        { length: rows },
        (_, row) => Math.hypot(before[2 * row]!, before[2 * row + 1]!) ** 2,
      );
      const found = mean(energies);
      const standardError = Math.sqrt(mean(energies.map((e) => (e - found) ** 2)) / rows);
      const expected = (1 + 2 * sigma ** 2 * (1 - Math.cos(theta))) ** 4;
      expect(Math.abs(found - expected)).toBeLessThan(4 * standardError);
      expect(standardError).toBeLessThan(0.2 * (expected - 1));
    }
  });

  it('that grows faster than models have borne is told of, with the size that they bear', () => {
    const notes = (sigma: number, stepHours: number): readonly string[] =>
      createSppt(
        { ...gentle, scales: [{ sigma, lengthKm: 2500, timeHours: 6 }] },
        contextOf(globe, ['z500'], { stepHours }),
      ).notes ?? [];
    for (const stepHours of [6, 24]) {
      expect(notes(0.14, stepHours)).toEqual([]);
      // 4 · 0.3²
      expect(notes(0.3, stepHours)).toEqual([
        expect.stringMatching(
          `increments of ${stepHours} h .* deviation 0.30: .* grows by 36 % a step.*; sigma=0.14 in place of 0.3 has 0.14`,
        ),
      ]);
    }
    // of steps of an hour: 4 σ² = e^(1/24) − 1 at 0.103
    expect(notes(0.1, 1)).toEqual([]);
    expect(notes(0.14, 1)).toEqual([expect.stringMatching(/sigma=0.1 in place of 0.14 has 0.1$/)]);
    const published = createSppt(ifs, contextOf(globe, ['z500'], { stepHours: 24 })).notes ?? [];
    expect(published[1]).toMatch(/deviation 0.52: .*; sigma=0.13\/0.045\/0.015 in place of 0.52\/0.18\/0.06/);
  });
});

describe('requests', () => {
  const create = (changed: Partial<TendencySource>, names = ['z500']): unknown =>
    createSppt({ ...ifs, ...changed }, contextOf(globe, names));
  const scale = ifs.scales[0]!;

  it('that mean nothing are refused by the name of their parameter', () => {
    expect(() => create({ scales: [] })).toThrow(/sppt: it has no scales/);
    expect(() => create({ scales: [{ ...scale, sigma: 0 }] })).toThrow(/sigma is 0; it must be positive/);
    expect(() => create({ scales: [{ ...scale, sigma: Number.NaN }] })).toThrow(/sigma is NaN/);
    expect(() => create({ scales: [{ ...scale, lengthKm: 300 }] })).toThrow(/300 km/);
    expect(() => create({ scales: [{ ...scale, timeHours: -1 }] })).toThrow(/-1 h/);
    expect(() => create({ clip: 0 })).toThrow(/clip is 0/);
    expect(() => create({ stratosphere: [50, 100] })).toThrow(/stratosphere is 50\/100 hPa.*such as 100\/50/);
    expect(() => create({ boundaryLayer: [0.97, 0.87] })).toThrow(/boundary-layer is 0.97\/0.87/);
    expect(() => create({ surface: 1.5 })).toThrow(/surface is 1.5/);
  });

  it('that would change nothing are refused', () => {
    expect(() => create({}, ['msl', 't20'])).toThrow(
      /no channel of the model \(msl, t20\) is left to perturb/,
    );
    expect(() => create({ surface: 1 }, ['msl', 't20'])).not.toThrow();
  });
});
