/** What must hold of every score, whatever the numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { memberMoments } from '../../core/statistics/moments.js';
import { decomposeVariance } from '../../core/statistics/varianceDecomposition.js';
import { addRanks } from '../../evaluation/calibration/rankHistogram.js';
import { type CrpsEstimator, crpsEnsemble, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { crpsGaussian } from '../../evaluation/scores/crpsGaussian.js';
import { spreadSkillRatio } from '../../evaluation/scores/spreadSkill.js';
import { areaMean, mergeSums, weightedSum } from '../../evaluation/statistics/areaMean.js';

const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
const ensemble = fc.array(value, { minLength: 2, maxLength: 60 });
const estimators: CrpsEstimator[] = [fairCrps, energyCrps, { kind: 'almost-fair', alpha: 0.95 }];

function crps(members: readonly number[], y: number, estimator: CrpsEstimator = fairCrps): number {
  return crpsEnsemble(Float64Array.from(members), members.length, Float64Array.of(y), { estimator })[0]!;
}

/** The definition, as a double sum. */
function crpsByDefinition(members: readonly number[], y: number, pairFactor: number): number {
  const count = members.length;
  const distance = members.reduce((sum, x) => sum + Math.abs(x - y), 0) / count;
  let pairs = 0;
  for (const [i, a] of members.entries()) for (const b of members.slice(0, i)) pairs += Math.abs(a - b);
  return distance - pairFactor * pairs;
}

describe('CRPS of an ensemble', () => {
  it('equals its definition as a double sum', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        const m = members.length;
        expect(crps(members, y)).toBeCloseTo(crpsByDefinition(members, y, 1 / (m * (m - 1))), 8);
        expect(crps(members, y, energyCrps)).toBeCloseTo(crpsByDefinition(members, y, 1 / (m * m)), 8);
      }),
    );
  });

  it('does not depend on the order of members, shifts with nothing and scales with the unit', () => {
    fc.assert(
      fc.property(
        ensemble,
        value,
        value,
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (members, y, shift, scale) => {
          for (const estimator of estimators) {
            const score = crps(members, y, estimator);
            expect(crps(members.toReversed(), y, estimator)).toBe(score);
            const moved = members.map((x) => x + shift);
            expect(crps(moved, y + shift, estimator)).toBeCloseTo(score, 8);
            const scaled = members.map((x) => -scale * x);
            expect(crps(scaled, -scale * y, estimator)).toBeCloseTo(scale * score, 7);
          }
        },
      ),
    );
  });

  it('almost-fair runs from energy (alpha 0) to fair (alpha 1), and energy is never negative', () => {
    fc.assert(
      fc.property(ensemble, value, (members, y) => {
        expect(crps(members, y, { kind: 'almost-fair', alpha: 1 })).toBeCloseTo(crps(members, y), 9);
        expect(crps(members, y, { kind: 'almost-fair', alpha: 0 })).toBeCloseTo(
          crps(members, y, energyCrps),
          9,
        );
        expect(crps(members, y, energyCrps)).toBeGreaterThanOrEqual(-1e-9);
      }),
    );
  });

  it('is |x − y| for equal members, and undefined (NaN) for one member in its fair form', () => {
    fc.assert(
      fc.property(value, value, fc.integer({ min: 2, max: 60 }), (x, y, count) => {
        expect(crps(new Array<number>(count).fill(x), y)).toBeCloseTo(Math.abs(x - y), 8);
        expect(crps([x], y)).toBeNaN();
        expect(crps([x], y, energyCrps)).toBeCloseTo(Math.abs(x - y), 12);
      }),
    );
  });

  it('omits missing members and says how many are left; raise names them; propagate gives NaN', () => {
    fc.assert(
      fc.property(ensemble, value, fc.nat(), (members, y, at) => {
        const holed = members.toSpliced(at % (members.length + 1), 0, Number.NaN);
        const left = new Uint32Array(1);
        const input = Float64Array.from(holed);
        const observed = Float64Array.of(y);
        const omitted = crpsEnsemble(input, holed.length, observed, {
          nanPolicy: 'omit',
          effectiveMembers: left,
        });
        expect(omitted[0]).toBe(crps(members, y));
        expect(left[0]).toBe(members.length);
        expect(crpsEnsemble(input, holed.length, observed)[0]).toBeNaN();
        expect(() => crpsEnsemble(input, holed.length, observed, { nanPolicy: 'raise' })).toThrow(
          /1 of \d+ members/,
        );
      }),
    );
    try {
      crpsEnsemble(Float64Array.of(1, 2), 2, Float64Array.of(Number.NaN), { nanPolicy: 'raise' });
      expect.unreachable();
    } catch (error) {
      expect(isPlumeError(error) && error.tag).toBe('data');
    }
  });

  it('of evenly spaced normal quantiles tends to the Gaussian closed form', () => {
    // Members at the (i − ½)/M quantiles approximate N(0, 1); the energy form then differs by O(1/M).
    const count = 4001;
    const members = Float64Array.from({ length: count }, (_, i) => normalQuantile((i + 0.5) / count));
    for (const y of [-2.5, -0.3, 0, 1, 4]) {
      const found = crpsEnsemble(members, count, Float64Array.of(y), { estimator: energyCrps })[0]!;
      expect(found).toBeCloseTo(crpsGaussian(0, 1, y), 3);
    }
  });
});

/** Φ⁻¹ by bisection of a sum that owes nothing to the code under test. */
function normalQuantile(p: number): number {
  let low = -8;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (cdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function cdf(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}

describe('variance decomposition', () => {
  it('adds up: between-means variance is epistemic plus the noise left in the means', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 2, max: 6 }),
        fc.array(value, { minLength: 36, maxLength: 36 }),
        (K, J, pool) => {
          const members = Float64Array.from(pool.slice(0, K * J));
          const epistemic = new Float64Array(1);
          const aleatoric = new Float64Array(1);
          const clipped = decomposeVariance(
            members,
            { weightSamples: K, noiseStreams: J },
            epistemic,
            aleatoric,
          );
          // Total sum of squares = K·J-weighted between + within: recombine and compare with the plain variance.
          const mean = new Float64Array(1);
          const variance = new Float64Array(1);
          memberMoments(members, K * J, mean, variance);
          const groups = Array.from({ length: K }, (_, k) => members.slice(k * J, (k + 1) * J));
          const means = groups.map((g) => g.reduce((a, b) => a + b) / J);
          const between = means.reduce((s, x) => s + (x - mean[0]!) ** 2, 0) / (K - 1);
          const total = ((K - 1) * J * between + K * (J - 1) * aleatoric[0]!) / (K * J - 1);
          expect(total).toBeCloseTo(variance[0]!, 5);
          const unclipped = between - aleatoric[0]! / J;
          if (Math.abs(unclipped) > 1e-6) expect(clipped).toBe(unclipped < 0 ? 1 : 0);
          expect(epistemic[0]).toBeCloseTo(Math.max(0, unclipped), 5);
        },
      ),
    );
  });

  it('finds no epistemic variance on average where there is none, with the W/J term and not without it', () => {
    // 4000 points of independent noise, K = 8, J = 6: mean of B − W/J is 0 within its standard error.
    const K = 8;
    const J = 6;
    const points = 4000;
    const uniform = lcg(7);
    const members = Float64Array.from(
      { length: K * J * points },
      () => uniform() + uniform() + uniform() - 1.5,
    );
    const epistemic = new Float64Array(points);
    const aleatoric = new Float64Array(points);
    const clipped = decomposeVariance(members, { weightSamples: K, noiseStreams: J }, epistemic, aleatoric);
    const average = (v: Float64Array) => v.reduce((a, b) => a + b) / v.length;
    expect(average(aleatoric)).toBeCloseTo(0.25, 2); // three uniforms: 3/12
    // About half the points are cut at 0 when the truth is 0 (chi-squared with 7 degrees: 0.57 below the mean).
    expect(clipped / points).toBeGreaterThan(0.5);
    expect(clipped / points).toBeLessThan(0.65);
    expect(average(epistemic)).toBeLessThan(0.25 / J / 2);
  });

  it('says NaN where the design cannot tell: one weight sample or one noise stream', () => {
    const epistemic = new Float64Array(1);
    const aleatoric = new Float64Array(1);
    const four = Float64Array.of(1, 2, 3, 5);
    decomposeVariance(four, { weightSamples: 1, noiseStreams: 4 }, epistemic, aleatoric);
    expect([epistemic[0], aleatoric[0]]).toEqual([Number.NaN, expect.closeTo(8.75 / 3, 12)]);
    decomposeVariance(four, { weightSamples: 4, noiseStreams: 1 }, epistemic, aleatoric);
    expect([epistemic[0], aleatoric[0]]).toEqual([Number.NaN, Number.NaN]);
  });
});

/** A small generator of [0, 1) for tests: Numerical Recipes' 32-bit linear congruence. */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('rank histogram, area means and spread–skill ratio', () => {
  it('counts every case once and does not depend on the order of members', () => {
    const small = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(fc.array(small, { minLength: 1, maxLength: 20 }), small, (members, y) => {
        const rank = (row: readonly number[]) => {
          const counts = new Float64Array(row.length + 1);
          addRanks(Float64Array.from(row), row.length, Float64Array.of(y), counts);
          return [...counts];
        };
        const counts = rank(members);
        expect(counts.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        expect(rank(members.toReversed())).toEqual(counts);
      }),
    );
  });

  it('draws for ties average to the expected counts', () => {
    const members = Float64Array.of(0, 0, 0, 1);
    const drawn = new Float64Array(5);
    const uniform = lcg(3);
    const draws = 20_000;
    for (let i = 0; i < draws; i++)
      addRanks(members, 4, Float64Array.of(0), drawn, { ties: { kind: 'random', uniform } });
    const expected = new Float64Array(5);
    addRanks(members, 4, Float64Array.of(0), expected);
    for (let rank = 0; rank < 5; rank++) {
      const p = expected[rank]!;
      expect(Math.abs(drawn[rank]! / draws - p)).toBeLessThan(5 * Math.sqrt(0.25 / draws));
    }
  });

  it('leaves out cases with a missing value, or raises', () => {
    const counts = new Float64Array(3);
    const members = Float64Array.of(1, Number.NaN, 2, 3); // two members, two points
    expect(addRanks(members, 2, Float64Array.of(1.5, 2), counts)).toBe(1);
    expect([...counts]).toEqual([0, 1, 0]);
    expect(() => addRanks(members, 2, Float64Array.of(1.5, 2), counts, { nanPolicy: 'raise' })).toThrow(
      /missing/,
    );
  });

  it('area means merge in any order and omit renormalises the weights', () => {
    const cell = fc.tuple(
      fc.oneof(value, fc.constant(Number.NaN)),
      fc.double({ min: 0.1, max: 2, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 30 }), fc.nat(), (cells, at) => {
        const values = Float64Array.from(cells, ([v]) => v);
        const weights = Float64Array.from(cells, ([, w]) => w);
        const cut = at % cells.length;
        const part = (from: number, to?: number) =>
          weightedSum(values.slice(from, to), weights.slice(from, to), 'omit');
        const merged = mergeSums(part(cut), part(0, cut));
        const whole = areaMean(values, weights, 'omit');
        if (Number.isNaN(whole)) expect(merged.weight).toBe(0);
        else expect(merged.sum / merged.weight).toBeCloseTo(whole, 7);
        const shifted = areaMean(
          values.map((v) => v + 5),
          weights,
          'omit',
        );
        if (!Number.isNaN(whole)) expect(shifted).toBeCloseTo(whole + 5, 7);
      }),
    );
  });

  it('the spread–skill ratio is 1 for a reliable ensemble of any size', () => {
    for (const M of [2, 5, 50]) expect(spreadSkillRatio(4, (4 * (M + 1)) / M, M)).toBeCloseTo(1, 12);
    expect(spreadSkillRatio(Number.NaN, 1, 1)).toBeNaN();
  });
});
