/** How scores hang together, their known answers, and how they are taken to every point of a field. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anomalyCorrelation } from '../../evaluation/scores/anomalyCorrelation.js';
import {
  brierEnsemble,
  brierOfCount,
  brierOfProbability,
  countExceeding,
  type FiniteForm,
  logScoreOfProbability,
} from '../../evaluation/scores/brier.js';
import { crpsEnsemble, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { crpsEstimatorNamed, crpsEstimatorNames } from '../../evaluation/scores/crpsEstimators.js';
import { scoreEveryPoint } from '../../evaluation/scores/everyPoint.js';
import { ignoranceGaussian, logScoreKernel } from '../../evaluation/scores/ignorance.js';
import {
  covered,
  crpsOfQuantiles,
  ensembleQuantiles,
  intervalScore,
  intervalScoreEnsemble,
  quantileScore,
} from '../../evaluation/scores/quantileScore.js';
import {
  rankedProbabilityEnsemble,
  rankedProbabilityScore,
} from '../../evaluation/scores/rankedProbability.js';
import {
  crpsOutcomeWeighted,
  crpsThresholdWeighted,
  crpsVerticallyRescaled,
} from '../../evaluation/scores/thresholdWeighted.js';

const value = fc.double({ min: -50, max: 50, noNaN: true });
const ensemble = fc.array(value, { minLength: 2, maxLength: 30 });
const whole = fc.integer({ min: -5, max: 5 });
const wholes = fc.array(whole, { minLength: 2, maxLength: 15 });
const forms: readonly FiniteForm[] = ['fair', 'plain'];
const estimatorOf = (form: FiniteForm) => (form === 'fair' ? fairCrps : energyCrps);

function crps(members: readonly number[], y: number, form: FiniteForm): number {
  const observed = Float64Array.of(y);
  const options = { estimator: estimatorOf(form) };
  return crpsEnsemble(Float64Array.from(members), members.length, observed, options)[0]!;
}

describe('CRPS, Brier and RPS are one score', () => {
  it('of whole numbers, the CRPS is the sum of Brier scores between them, and above t of those above', () => {
    fc.assert(
      fc.property(wholes, whole, whole, (members, y, t) => {
        const between = Array.from({ length: 10 }, (_, k) => k - 4.5);
        for (const form of forms) {
          const brier = (threshold: number) => brierEnsemble(members, y, threshold, { form });
          const sum = (thresholds: readonly number[]) => thresholds.reduce((s, each) => s + brier(each), 0);
          expect(crps(members, y, form)).toBeCloseTo(sum(between), 10);
          expect(rankedProbabilityEnsemble(members, y, between, { form })).toBeCloseTo(sum(between), 12);
          const above = crpsThresholdWeighted(members, y, { from: t }, estimatorOf(form));
          expect(above).toBeCloseTo(sum(between.filter((each) => each > t)), 10);
        }
      }),
    );
  });

  it('parts of the line that share their ends add up to the whole', () => {
    fc.assert(
      fc.property(
        ensemble,
        value,
        value,
        fc.double({ min: 0, max: 20, noNaN: true }),
        (members, y, a, width) => {
          for (const form of forms) {
            const part = (from: number, to: number) =>
              crpsThresholdWeighted(members, y, { from, to }, estimatorOf(form));
            const sum = part(-Infinity, a) + part(a, a + width) + part(a + width, Infinity);
            expect(sum).toBeCloseTo(crps(members, y, form), 8);
          }
        },
      ),
    );
  });

  it('nothing lies beyond infinity', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        expect(crpsThresholdWeighted(members, y, { from: Infinity })).toBe(0);
        expect(crpsThresholdWeighted(members, y, { to: -Infinity }, energyCrps)).toBe(0);
      }),
    );
  });

  it('weights that are 1 everywhere give the energy form back', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        expect(crpsOutcomeWeighted(members, y, {})).toBeCloseTo(crps(members, y, 'plain'), 9);
        expect(crpsVerticallyRescaled(members, y, {})).toBeCloseTo(crps(members, y, 'plain'), 9);
      }),
    );
  });

  it('RPS of probabilities is that of members that are counted', () => {
    fc.assert(
      fc.property(wholes, whole, (members, y) => {
        const thresholds = [-2.5, 0.5, 3.5];
        const category = (x: number) => thresholds.filter((t) => x > t).length;
        const p = [0, 1, 2, 3].map((c) => members.filter((x) => category(x) === c).length / members.length);
        const found = rankedProbabilityEnsemble(members, y, thresholds, { form: 'plain' });
        expect(found).toBeCloseTo(rankedProbabilityScore(p, category(y)), 12);
      }),
    );
  });

  it('the exact CRPS of members is that of their M quantiles at (2i − 1)/2M', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        const sorted = members.toSorted((a, b) => a - b);
        const levels = sorted.map((_, i) => (2 * i + 1) / (2 * sorted.length));
        expect(crpsOfQuantiles(sorted, levels, y)).toBeCloseTo(crps(members, y, 'plain'), 9);
      }),
    );
  });

  it('the interval score is the two quantile scores of its ends, times 2/α', () => {
    fc.assert(
      fc.property(ensemble, value, fc.constantFrom(0.5, 0.8, 0.95), (members, y, nominal) => {
        const alpha = 1 - nominal;
        const [lower, upper] = ensembleQuantiles(members, [alpha / 2, 1 - alpha / 2]);
        const ends = quantileScore(lower!, y, alpha / 2) + quantileScore(upper!, y, 1 - alpha / 2);
        expect(intervalScoreEnsemble(members, y, nominal)).toBeCloseTo((2 / alpha) * ends, 8);
      }),
    );
  });
});

describe('known answers', () => {
  it('by hand', () => {
    expect(crps([0, 1], 0, 'plain')).toBe(0.25);
    expect(crps([0, 1], 0, 'fair')).toBe(0);
    // 3 of 5 members say yes: (0.6 − 1)² = 0.16, less 3 · 2/(25 · 4) = 0.06.
    expect(brierOfCount(3, 5, true, 'plain')).toBeCloseTo(0.16, 15);
    expect(brierOfCount(3, 5, true)).toBeCloseTo(0.1, 15);
    expect(brierOfProbability(0.25, false)).toBe(0.0625);
    expect(rankedProbabilityScore([0.2, 0.5, 0.3], 1)).toBeCloseTo(0.04 + 0.09, 15);
    // A standard normal at its mean: ½ log₂ 2π bits.
    expect(ignoranceGaussian(0, 1, 0)).toBeCloseTo(0.5 * Math.log2(2 * Math.PI), 14);
    expect(ignoranceGaussian(0, 0, 0)).toBeNaN();
    expect(logScoreKernel([1, 2], 1.5, 0)).toBeNaN();
    expect(intervalScore(1, 3, 4, 0.8)).toBeCloseTo(2 + 10, 12);
    expect([covered(1, 3, 3), covered(1, 3, 3.1), covered(1, Number.NaN, 2)]).toEqual([1, 0, Number.NaN]);
    expect(logScoreOfProbability(0, true)).toBe(Infinity);
    expect(anomalyCorrelation(-2, 1, 4)).toBe(-1);
    expect(anomalyCorrelation(0, 0, 4)).toBeNaN();
  });

  it('events are strictly above their threshold unless asked otherwise', () => {
    expect(countExceeding([1, 2, 2, 3], 2)).toBe(1);
    expect(countExceeding([1, 2, 2, 3], 2, 'at-or-above')).toBe(3);
    expect(countExceeding([1, Number.NaN], 2)).toBeNaN();
    expect(brierEnsemble([2, 2], 2, 2, { form: 'plain' })).toBe(0);
    expect(brierEnsemble([2, 3], 2, 2, { exceedance: 'at-or-above' })).toBe(0);
  });
});

describe('estimators by name', () => {
  it('names of one estimator are one', () => {
    expect(crpsEstimatorNamed('pwm')).toBe(crpsEstimatorNamed('fair'));
    for (const name of ['nrg', 'quantile', 'qd', 'integral', 'int', 'ecdf'])
      expect(crpsEstimatorNamed(name)).toBe(crpsEstimatorNamed('energy'));
    expect(crpsEstimatorNamed('almost-fair')).toEqual({ kind: 'almost-fair', alpha: 0.95 });
    expect(crpsEstimatorNamed('almost-fair:0.5')).toEqual({ kind: 'almost-fair', alpha: 0.5 });
    for (const name of Object.keys(crpsEstimatorNames)) expect(crpsEstimatorNamed(name)).toBeDefined();
  });

  it('others are refused by name', () => {
    for (const name of ['Fair', '', 'almost-fair:1.5', 'almost-fair:', 'toString'])
      expect(() => crpsEstimatorNamed(name)).toThrow(/is not known; choose one of fair, pwm/);
  });

  it('the quantile decomposition and the weighted moments, written out, are the named estimators', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        const M = members.length;
        const x = members.toSorted((a, b) => a - b);
        const quantile = x.reduce(
          (sum, xi, i) => sum + ((y <= xi ? 1 : 0) - (2 * i + 1) / (2 * M)) * (xi - y) * (2 / M),
          0,
        );
        const b0 = x.reduce((sum, xi) => sum + xi, 0) / M;
        const b1 = x.reduce((sum, xi, i) => sum + i * xi, 0) / (M * (M - 1));
        const moments = x.reduce((sum, xi) => sum + Math.abs(xi - y), 0) / M + b0 - 2 * b1;
        const named = (name: string) =>
          crpsEnsemble(Float64Array.from(members), M, Float64Array.of(y), {
            estimator: crpsEstimatorNamed(name),
          })[0]!;
        expect(named('quantile')).toBeCloseTo(quantile, 9);
        expect(named('pwm')).toBeCloseTo(moments, 9);
      }),
    );
  });
});

describe('any score at every point', () => {
  const members = Float64Array.of(1, 2, Number.NaN, Number.NaN, 3, 4, 5, Number.NaN); // [2 members, 4 points]
  const observed = Float64Array.of(0, Number.NaN, 1, 2);
  const mean = (column: Float64Array, y: number) => column.reduce((a, b) => a + b) / column.length - y;

  it('propagates, omits with effective members, or raises by name', () => {
    const propagated = scoreEveryPoint('bias', members, 2, observed, mean);
    expect([...propagated]).toEqual([2, Number.NaN, Number.NaN, Number.NaN]);
    const effectiveMembers = new Uint32Array(4);
    const omitted = scoreEveryPoint('bias', members, 2, observed, mean, {
      nanPolicy: 'omit',
      effectiveMembers,
    });
    expect([...omitted]).toEqual([2, Number.NaN, 4, Number.NaN]);
    expect([...effectiveMembers]).toEqual([2, 0, 1, 0]);
    expect(() => scoreEveryPoint('bias', members, 2, observed, mean, { nanPolicy: 'raise' })).toThrow(
      /bias: the observation at point 1 is missing/,
    );
    const known = Float64Array.of(0, 1, 1, 2);
    expect(() => scoreEveryPoint('bias', members, 2, known, mean, { nanPolicy: 'raise' })).toThrow(
      /bias: 1 of 2 members at point 2/,
    );
  });

  it('is what the CRPS does by itself, under every policy', () => {
    const holed = fc.array(
      fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
      {
        minLength: 12,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(holed, holed, (values, truths) => {
        const fields = Float64Array.from(values); // [4 members, 3 points]
        const truth = Float64Array.from(truths.slice(0, 3));
        for (const nanPolicy of ['propagate', 'omit'] as const) {
          const own = crpsEnsemble(fields, 4, truth, { nanPolicy });
          const taken = scoreEveryPoint(
            'CRPS',
            fields,
            4,
            truth,
            (column, y) => crps([...column], y, 'fair'),
            { nanPolicy },
          );
          for (const [i, score] of own.entries())
            if (Number.isNaN(score)) expect(taken[i]).toBeNaN();
            else expect(taken[i]).toBeCloseTo(score, 12);
        }
      }),
    );
  });

  it('refuses lengths that do not match', () => {
    expect(() => scoreEveryPoint('bias', members, 3, observed, mean)).toThrow(/3 members on 4 points/);
    const effectiveMembers = new Uint32Array(1);
    expect(() => scoreEveryPoint('bias', members, 2, observed, mean, { effectiveMembers })).toThrow(
      /need 4 values/,
    );
  });
});
