/** Tests of equal skill against the numbers of other packages, and against what they promise. */
import { describe, expect, it } from 'vitest';
import { percentileInterval, resampled } from '../../evaluation/significance/blockBootstrap.js';
import { type DieboldMarianoOptions, dieboldMariano } from '../../evaluation/significance/dieboldMariano.js';
import { adjustedPValues, jointVerdicts } from '../../evaluation/significance/falseDiscovery.js';
import { percentile } from '../../evaluation/significance/percentile.js';
import { halfWidthTest, randomWalk } from '../../evaluation/significance/signTest.js';
import { effectiveCases, scoreDifference, skillScore } from '../../evaluation/significance/skillScore.js';
import { cumulative, quantile, twoSided } from '../../evaluation/significance/testDistribution.js';
import { type Verdict, verdict } from '../../evaluation/significance/verdict.js';
import { autoregression } from './autoregression.js';
import { expectClose, expectedOf, flat, goldenCases, whyGoldenIsSkipped } from './golden.js';
import { seededNormals } from './memoryArchive.js';

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

  it('sign test: the random walk and the half width', () => {
    for (const golden of goldenCases('sign_test')) {
      const [first, second] = [flat(golden.input.scores1), flat(golden.input.scores2)];
      const alpha = Number(golden.input.alpha);
      const { walk, bound, significant } = randomWalk(first, second, alpha);
      expectClose(walk, expectedOf(golden, 'walk'), 'walk');
      expectClose(bound, expectedOf(golden, 'confidence'), 'bound');
      expectClose(significant, expectedOf(golden, 'significant'), 'significant');
      const half = halfWidthTest(first, second, alpha);
      expectClose(
        [half.difference, half.halfWidth, half.significant ? 1 : 0],
        expectedOf(golden, 'jolliffe_ebert_diff_halfwidth_significant'),
        'half width',
      );
    }
  });

  it('skill score and difference of means, also with fewer effective cases', () => {
    for (const golden of goldenCases('skill_score')) {
      const [scores, reference] = [flat(golden.input.scores), flat(golden.input.reference)];
      expect(skillScore(scores, reference).skill, golden.id).toBeCloseTo(expectedOf(golden, 'skill')[0]!, 12);
      if (golden.expected.skill_sd === undefined) continue;
      const fewer = { effectiveCases: 20 };
      expectClose([skillScore(scores, reference).standardError], expectedOf(golden, 'skill_sd'), 'sd');
      expectClose(
        [skillScore(scores, reference, fewer).standardError],
        expectedOf(golden, 'skill_sd_neff20'),
        'sd of 20 effective cases',
      );
      for (const [name, options] of [
        ['difference_sd_p_lower_upper_95', {}],
        ['difference_sd_p_lower_upper_90_neff20', { ...fewer, confidence: 0.9 }],
      ] as const) {
        const { difference, standardError, pValue, low, high } = scoreDifference(scores, reference, options);
        expectClose([difference, standardError, pValue, low, high], expectedOf(golden, name), name);
      }
    }
  });

  it('bootstrap: the percentile interval from indices that are given', () => {
    for (const golden of goldenCases('bootstrap')) {
      const scores = flat(golden.input.scores);
      const indices = flat(golden.input.indices);
      const counts = new Uint16Array(indices.length);
      for (const [i, index] of indices.entries())
        counts[Math.floor(i / scores.length) * scores.length + index]!++;
      const [draws] = resampled(scores, 1, counts, [(means) => means[0]!]);
      const mean = draws!.reduce((sum, value) => sum + value, 0) / draws!.length;
      expectClose([mean], expectedOf(golden, 'mean_of_means'), 'mean of means');
      const { low, high } = percentileInterval(draws!);
      expectClose(
        [low, percentile(draws!, 0.5), high],
        expectedOf(golden, 'percentile_2.5_50_97.5'),
        'interval',
      );
    }
  });
});

describe('Diebold-Mariano', () => {
  it('turns round with its differences, and does not care for their unit', () => {
    const values = autoregression(30, 0.4, seededNormals(5)).map((value) => value + 0.3);
    const turnedValues = values.map((value) => -1e6 * value);
    for (const variance of ['cosine', 'harvey', 'hering'] as const) {
      const found = dieboldMariano(values, 2.5, { variance });
      const turned = dieboldMariano(turnedValues, 2.5, { variance });
      expect(turned.statistic).toBeCloseTo(-found.statistic, 6);
      expect(turned.pValue).toBeCloseTo(found.pValue, 6);
      expect(found.low).toBeLessThan(found.mean);
      expect(found.high - found.mean).toBeCloseTo(found.mean - found.low, 12);
    }
  });

  it('knows the standard error of the mean: of independent values and of an autoregression', () => {
    const normal = seededNormals(11);
    const n = 400;
    for (const [correlation, variance] of [
      [0, 1],
      [0.6, (1 + 0.6) / (1 - 0.6)], // of √n times the mean
    ] as const) {
      let sum = 0;
      const trials = 200;
      for (let trial = 0; trial < trials; trial++)
        sum += dieboldMariano(autoregression(n, correlation, normal), 4).standardError ** 2 * n;
      // Each estimate has 22 degrees of freedom: the mean of 200 is known to 2 %; the window takes a few per cent away.
      expect(Math.abs(sum / trials / variance - 1)).toBeLessThan(0.1);
    }
  });

  it('says what it can where there is little: nothing differs, all differ alike, one start, NaN', () => {
    expect(dieboldMariano(new Float64Array(10), 2)).toMatchObject({ pValue: 1, mean: 0 });
    expect(dieboldMariano(new Float64Array(10).fill(0.5), 2, { variance: 'harvey' }).pValue).toBe(0);
    expect(dieboldMariano(Float64Array.of(1), 1).pValue).toBeNaN();
    expect(dieboldMariano(new Float64Array(0), 1).pValue).toBeNaN();
    const values = Float64Array.of(1, 2, 4, -1, 3, 2);
    const gaps = Float64Array.of(1, Number.NaN, 2, 4, -1, 3, Number.NaN, 2);
    expect(dieboldMariano(gaps, 2)).toEqual(dieboldMariano(values, 2));
    // Eq. 5 gives a negative variance here: no answer rather than a wrong one.
    const turning = Float64Array.from({ length: 12 }, (_, i) => 0.1 + (i % 2 === 0 ? 1 : -1));
    expect(dieboldMariano(turning, 2, { variance: 'harvey' }).pValue).toBeNaN();
    expect(dieboldMariano(turning, 12, { variance: 'harvey' }).pValue).toBeNaN();
    expect(dieboldMariano(turning, 12).pValue).toBeGreaterThan(0);
    expect(() => dieboldMariano(values, 0)).toThrow(/overlap of starts is 0/);
  });
});

describe('effective cases', () => {
  it('are all of them where starts are independent, few where neighbours are alike', () => {
    const normal = seededNormals(21);
    const average = (correlation: number) => {
      let sum = 0;
      for (let trial = 0; trial < 100; trial++)
        sum += effectiveCases(autoregression(200, correlation, normal), 3);
      return sum / 100;
    };
    expect(average(0)).toBeGreaterThan(150);
    const few = average(0.6); // 200 (1 − 0.6)/(1 + 0.6) = 50
    expect(few).toBeGreaterThan(40);
    expect(few).toBeLessThan(75);
    expect(effectiveCases(new Float64Array(7).fill(2), 1)).toBe(7);
  });
});

describe('verdicts', () => {
  it('need both tests', () => {
    expect(verdict({ low: -2, high: -1 }, 0.01)).toBe('better');
    expect(verdict({ low: 1, high: 2 }, 0.01)).toBe('worse');
    expect(verdict({ low: 1, high: 2 }, null)).toBe('worse');
    for (const [low, high, p] of [
      [-2, -1, 0.06],
      [-1, 1, 0.01],
      [0, 1, 0.01],
      [1, 2, Number.NaN],
      [Number.NaN, Number.NaN, 0.01],
    ] as const)
      expect(verdict({ low, high }, p)).toBe('no evidence');
  });

  it('are fewer when many are looked at together, by Benjamini and Hochberg', () => {
    // R: p.adjust(c(0.5, 0.04, 0.01, 0.03, 0.02), "BH")
    expectClose(adjustedPValues([0.5, 0.04, 0.01, 0.03, 0.02]), [0.5, 0.05, 0.05, 0.05, 0.05], 'adjusted');
    expectClose(adjustedPValues([0.04, Number.NaN, 0.2]), [0.08, Number.NaN, 0.2], 'adjusted');
    const row = (p_value: number | null, said: Verdict | null) => ({ p_value, verdict: said });
    const nothing = Array.from({ length: 9 }, () => row(0.6, 'no evidence'));
    const rows = [row(0.04, 'better'), ...nothing, row(null, null)];
    expect(jointVerdicts(rows)[0]).toBe('no evidence');
    expect(jointVerdicts(rows)[10]).toBeNull();
    expect(jointVerdicts([row(0.001, 'better'), ...rows]).slice(0, 2)).toEqual(['better', 'no evidence']);
  });

  it('are wrong together no more often than asked for', () => {
    const normal = seededNormals(8);
    let any = 0;
    const fields = 1500;
    for (let field = 0; field < fields; field++) {
      const rows = Array.from({ length: 40 }, () => ({
        p_value: twoSided(normal(), Number.POSITIVE_INFINITY),
        verdict: 'better' as const,
      }));
      if (jointVerdicts(rows).includes('better')) any++;
    }
    // Where nothing differs any verdict is false, and q of the fields have one; the error of the count is 0.8 %.
    expect(Math.abs(any / fields - 0.1)).toBeLessThan(0.03);
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
