/** Tests of equal skill against the numbers of other packages, and against what they promise. */
import { describe, expect, it } from 'vitest';
import { type DieboldMarianoOptions, dieboldMariano } from '../../evaluation/significance/dieboldMariano.js';
import { cumulative, quantile, twoSided } from '../../evaluation/significance/testDistribution.js';
import { expectClose, flat, goldenCases, whyGoldenIsSkipped } from './golden.js';

describe(`golden values of significance${whyGoldenIsSkipped}`, () => {
  it('Diebold-Mariano: both variances, both distributions, overlaps 1 and 3', () => {
    for (const { input, expected, id } of goldenCases('diebold_mariano')) {
      const differences = flat(input.differences);
      const variants = Object.entries(expected);
      expect(variants.length).toBeGreaterThan(7);
      for (const [name, group] of variants) {
        const [method, distribution, overlap] = name.split('_');
        const options: DieboldMarianoOptions = {
          variance: method === 'HLN' ? 'harvey' : 'hering',
          distribution: distribution === 't' ? 't' : 'normal',
        };
        const found = dieboldMariano(differences, Number(overlap!.slice(1)), options);
        const tolerance = method === 'HLN' ? 1e-9 : 1e-3; // the peer's fit stops where it is flat enough
        for (const [quantity, value] of [
          ['mean', found.mean],
          ['dm_test_stat', found.statistic],
          ['confidence_gt_0', found.confidenceAboveZero],
          ['ci_lower', found.low],
          ['ci_upper', found.high],
        ] as const) {
          const wanted = Number(group[quantity]!.value);
          const what = `${id} ${name} ${quantity}: ${value} against ${wanted}`;
          expect(Math.abs(value - wanted), what).toBeLessThanOrEqual(
            tolerance * Math.max(1, Math.abs(wanted)),
          );
        }
        expectClose(
          [found.pValue],
          [2 * Math.min(found.confidenceAboveZero, 1 - found.confidenceAboveZero)],
          id,
        );
      }
    }
  });
});

describe('the distributions of test statistics', () => {
  it('agree with closed forms: Cauchy, t with two degrees, normal', () => {
    for (const t of [-30, -2.3, -0.4, 0, 0.1, 1, 4.2, 300]) {
      expect(cumulative(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 13);
      expect(cumulative(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 13);
      expect(cumulative(t, 1e6)).toBeCloseTo(cumulative(t, Number.POSITIVE_INFINITY), 5);
      expect(cumulative(t, 3) + cumulative(-t, 3)).toBeCloseTo(1, 14);
    }
    expect(quantile(0.975, Number.POSITIVE_INFINITY)).toBeCloseTo(1.959963984540054, 12);
    expect(quantile(0.975, 10)).toBeCloseTo(2.228138851986274, 12);
    expect(quantile(0.025, 2)).toBeCloseTo(-4.302652729749464, 12);
    expect(twoSided(Number.NaN, 3)).toBeNaN();
    expect(twoSided(Number.NEGATIVE_INFINITY, 3)).toBe(0);
  });

  it('quantile undoes cumulative for any degrees of freedom', () => {
    for (const freedom of [0.7, 1, 2.5, 7, 40, 1000, Number.POSITIVE_INFINITY])
      for (const p of [0.001, 0.2, 0.5, 0.83, 0.9995])
        expect(cumulative(quantile(p, freedom), freedom)).toBeCloseTo(p, 12);
  });
});
