/** Tests of equal skill against the numbers of other packages, and against what they promise. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockLength,
  bootstrapIntervals,
  drawCounts,
  expandedReach,
  percentileInterval,
  resampled,
} from '../../evaluation/significance/blockBootstrap.js';
import { type DieboldMarianoOptions, dieboldMariano } from '../../evaluation/significance/dieboldMariano.js';
import { adjustedPValues, jointVerdicts } from '../../evaluation/significance/falseDiscovery.js';
import { percentile } from '../../evaluation/significance/percentile.js';
import { pseudoValues } from '../../evaluation/significance/pseudoValues.js';
import { halfWidthTest, randomWalk } from '../../evaluation/significance/signTest.js';
import { effectiveCases, scoreDifference, skillScore } from '../../evaluation/significance/skillScore.js';
import { cumulative, quantile, twoSided } from '../../evaluation/significance/testDistribution.js';
import { type Verdict, verdict } from '../../evaluation/significance/verdict.js';
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

/** [case]: a first-order autoregression of variance 1. */
function autoregression(n: number, correlation: number, normal: () => number): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++)
    values[i] =
      i === 0 ? normal() : correlation * values[i - 1]! + Math.sqrt(1 - correlation ** 2) * normal();
  return values;
}

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

describe('percentiles', () => {
  it('are those of sorted values, whatever their order, with ties and without', () => {
    const sortedPercentile = (values: Float64Array, p: number): number => {
      const sorted = values.slice().sort();
      const at = p * (sorted.length - 1);
      const below = Math.floor(at);
      const next = sorted[Math.min(sorted.length - 1, below + 1)]!;
      return sorted[below]! + (at - below) * (next - sorted[below]!);
    };
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p) => {
          const values = Float64Array.from(list);
          expect(percentile(values.slice(), p)).toBeCloseTo(sortedPercentile(values, p), 9);
        },
      ),
    );
    expect(percentile(Float64Array.of(3, Number.NaN, 1), 0)).toBeNaN();
    expect(percentile(new Float64Array(0), 0.5)).toBeNaN();
    expect(percentile(Float64Array.of(1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY), 0.9)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('the block bootstrap', () => {
  it('draws whole blocks, each start as often as any other', () => {
    const [n, block, resamples] = [10, 3, 4000];
    const counts = drawCounts(n, block, { seed: 1, resamples });
    const totals = new Float64Array(n);
    for (let r = 0; r < resamples; r++) {
      const row = counts.subarray(r * n, (r + 1) * n);
      expect(row.reduce((sum, count) => sum + count, 0)).toBe(n);
      // 3 + 3 + 3 + 1 starts in a row: no more than four stretches.
      let stretches = 0;
      for (let i = 0; i < n; i++) if (row[i]! > 0 && row[(i + n - 1) % n]! === 0) stretches++;
      expect(stretches).toBeLessThanOrEqual(4);
      for (let i = 0; i < n; i++) totals[i]! += row[i]!;
    }
    for (const total of totals) expect(Math.abs(total / resamples - 1)).toBeLessThan(0.08);
  });

  it('reaches further than 1.96 where starts are few, and no further where they are many', () => {
    // Blocks of one: the classical √(n/(n − 1)) t with n − 1 degrees of freedom.
    expect(expandedReach(24, 1)).toBeCloseTo(Math.sqrt(24 / 23) * quantile(0.975, 23), 10);
    expect(expandedReach(100_000, 3)).toBeCloseTo(1.96, 3);
    expect(expandedReach(24, 8)).toBeGreaterThan(expandedReach(24, 4));
    const cases = autoregression(40, 0, seededNormals(2));
    const options = { seed: 0, resamples: 4000 };
    const mean = (means: Float64Array) => means[0]!;
    // The second has two blocks: further out than draws go.
    for (const block of [4, 20]) {
      const [interval] = bootstrapIntervals(cases, 1, block, [mean], options);
      const [draws] = resampled(cases, 1, drawCounts(40, block, options), [mean]);
      const plain = percentileInterval(draws!);
      const wider = (interval!.high - interval!.low) / (plain.high - plain.low);
      const expected = expandedReach(40, block) / 1.96;
      expect(Math.abs(wider / expected - 1), `${wider} ${expected}`).toBeLessThan(block === 4 ? 0.05 : 0.3);
    }
    expect(bootstrapIntervals(cases, 1, 21, [mean], options)[0]!.low).toBeNaN();
  });

  it('serves hundreds of statistics at once: 1000 resamples of 50 starts in well under a second', () => {
    const width = 400;
    const cases = Float64Array.from({ length: 50 * width }, seededNormals(9));
    const metrics = Array.from({ length: width }, (_, s) => (means: Float64Array) => means[s]!);
    const options = { seed: 3, resamples: 1000 };
    const block = blockLength(50, 72, 24);
    const before = performance.now();
    const intervals = bootstrapIntervals(cases, width, block, metrics, options);
    expect(performance.now() - before).toBeLessThan(1500); // 0.1 s on an idle core
    const alone = Float64Array.from({ length: 50 }, (_, i) => cases[i * width + 17]!);
    const [own] = bootstrapIntervals(alone, 1, block, [(means) => means[0]!], options);
    expect(intervals[17]!.low).toBeCloseTo(own!.low, 12);
    expect(intervals[17]!.high).toBeCloseTo(own!.high, 12);
  });
});

describe('pseudo-values', () => {
  it('are the values themselves of a mean, have the metric as their mean, and know its error', () => {
    const normal = seededNormals(4);
    const n = 500;
    const cases = Float64Array.from({ length: 2 * n }, () => normal() ** 2); // [case, 2], mean 1, variance 2
    const column = (c: number) => Float64Array.from({ length: n }, (_, i) => cases[2 * i + c]!);
    const same = pseudoValues(cases, 2, (means) => means[0]!);
    for (const [i, value] of same.entries()) expect(value).toBeCloseTo(column(0)[i]!, 9);
    const values = pseudoValues(cases, 2, (means) => Math.log(means[0]! / means[1]!));
    const { mean, standardError } = dieboldMariano(values, 1, { variance: 'harvey' });
    const average = (x: Float64Array) => x.reduce((sum, each) => sum + each, 0) / n;
    expect(mean).toBeCloseTo(Math.log(average(column(0)) / average(column(1))), 10);
    // To first order the variance of ln(a/b) is (2 + 2)/n.
    expect(Math.abs(standardError / Math.sqrt(4 / n) - 1)).toBeLessThan(0.15);
    const broken = pseudoValues(Float64Array.of(1, 0, 0), 1, (means) => Math.log(means[0]! - 0.2));
    expect(broken).toEqual(new Float64Array(3).fill(Number.NaN));
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
