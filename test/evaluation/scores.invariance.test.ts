/** What every score of an ensemble must not notice, and how it scales: one table, one row a score. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brierEnsemble } from '../../evaluation/scores/brier.js';
import { type CrpsEstimator, crpsOfErrors, energyCrps, fairCrps } from '../../evaluation/scores/crps.js';
import { almostFairCrps } from '../../evaluation/scores/crpsEstimators.js';
import { crpsComponents, crpsSkillAndSpread, crpsWeighted } from '../../evaluation/scores/crpsWeighted.js';
import { energyScore } from '../../evaluation/scores/energyScore.js';
import { errorSpreadScore } from '../../evaluation/scores/errorSpread.js';
import {
  dawidSebastianiScore,
  ignoranceEnsemble,
  logScoreKernel,
} from '../../evaluation/scores/ignorance.js';
import {
  crpsOfQuantiles,
  ensembleQuantiles,
  intervalScoreEnsemble,
  quantileScoreEnsemble,
} from '../../evaluation/scores/quantileScore.js';
import { rankedProbabilityEnsemble } from '../../evaluation/scores/rankedProbability.js';
import {
  crpsOutcomeWeighted,
  crpsThresholdWeighted,
  crpsVerticallyRescaled,
} from '../../evaluation/scores/thresholdWeighted.js';

/** Thresholds and widths that move with the variable: `at` is a value of it, `unit` a length. */
interface Place {
  readonly at: number;
  readonly unit: number;
}

interface Row {
  readonly name: string;
  readonly of: (members: Float64Array, y: number, place: Place) => number;
  /** Score of values times s: s^degree times the score, or `logarithm` times ln s more. */
  readonly degree: number;
  readonly logarithm?: number;
  /** Knows where 0 is: not invariant under translation. */
  readonly anchored?: boolean;
  /** Of one member x; absent: NaN. */
  readonly one?: (x: number, y: number, place: Place) => number;
  /** Of equal members c, where it differs from that of one. */
  readonly constant?: (c: number, y: number, place: Place) => number;
}

const crps =
  (estimator: CrpsEstimator): Row['of'] =>
  (members, y) =>
    crpsOfErrors(
      members.map((x) => x - y),
      members.length,
      estimator,
    );
const distance = (x: number, y: number): number => Math.abs(x - y);
const above = (x: number, y: number, { at }: Place): number => Math.abs(Math.max(x, at) - Math.max(y, at));
const missed = (x: number, y: number, { at }: Place): number => (x > at === y > at ? 0 : 1);
const pinball =
  (level: number) =>
  (x: number, y: number): number =>
    (x > y ? 1 - level : level) * Math.abs(x - y);

const rows: readonly Row[] = [
  { name: 'CRPS, fair', of: crps(fairCrps), degree: 1, constant: distance },
  { name: 'CRPS, energy', of: crps(energyCrps), degree: 1, one: distance },
  { name: 'CRPS, almost fair', of: crps(almostFairCrps), degree: 1, constant: distance },
  {
    name: 'CRPS, weighted',
    of: (members, y) => crpsWeighted(members, new Float64Array(members.length).fill(0.3), y),
    degree: 1,
    one: distance,
  },
  {
    name: 'CRPS, sum of its components',
    of: (members, y) => {
      const { underforecast, overforecast, spread } = crpsComponents(members, y);
      return underforecast + overforecast - spread;
    },
    degree: 1,
    one: distance,
  },
  {
    name: 'CRPS, skill less half the spread',
    of: (members, y) => {
      const { skill, spread } = crpsSkillAndSpread(members, y);
      return skill - spread / 2;
    },
    degree: 1,
    constant: distance,
  },
  {
    name: 'threshold-weighted CRPS above, fair',
    of: (members, y, { at }) => crpsThresholdWeighted(members, y, { from: at }),
    degree: 1,
    constant: above,
  },
  {
    name: 'threshold-weighted CRPS between, energy',
    of: (members, y, { at, unit }) =>
      crpsThresholdWeighted(members, y, { from: at - unit, to: at + unit }, energyCrps),
    degree: 1,
    one: (x, y, { at, unit }) => {
      const moved = (v: number) => Math.min(Math.max(v, at - unit), at + unit);
      return Math.abs(moved(x) - moved(y));
    },
  },
  {
    name: 'outcome-weighted CRPS',
    of: (members, y, { at }) => crpsOutcomeWeighted(members, y, { from: at }),
    degree: 1,
    one: (x, y, { at }) => (y > at ? (x > at ? distance(x, y) : Number.NaN) : 0),
  },
  {
    name: 'vertically re-scaled CRPS',
    of: (members, y, { at }) => crpsVerticallyRescaled(members, y, { from: at }),
    degree: 1,
    anchored: true,
    one: (x, y, { at }) => {
      if (x > at && y > at) return distance(x, y);
      return x > at ? Math.abs(x) : y > at ? Math.abs(y) : 0;
    },
  },
  {
    name: 'Brier, fair',
    of: (members, y, { at }) => brierEnsemble(members, y, at),
    degree: 0,
    constant: missed,
  },
  {
    name: 'Brier, plain',
    of: (members, y, { at }) => brierEnsemble(members, y, at, { form: 'plain' }),
    degree: 0,
    one: missed,
  },
  {
    name: 'ranked probability score, fair',
    of: (members, y, { at, unit }) => rankedProbabilityEnsemble(members, y, [at - unit, at, at + unit]),
    degree: 0,
    constant: (c, y, { at, unit }) =>
      [at - unit, at, at + unit].reduce((sum, t) => sum + (c > t === y > t ? 0 : 1), 0),
  },
  { name: 'ignorance', of: ignoranceEnsemble, degree: 0, logarithm: 1 / Math.LN2 },
  { name: 'Dawid–Sebastiani', of: dawidSebastianiScore, degree: 0, logarithm: 2 },
  {
    name: 'log score of kernels',
    of: (members, y, { unit }) => logScoreKernel(members, y, 3 * unit),
    degree: 0,
    logarithm: 1,
    one: (x, y, { unit }) =>
      ((x - y) / (3 * unit)) ** 2 / 2 + Math.log(3 * unit) + 0.5 * Math.log(2 * Math.PI),
  },
  {
    name: 'error–spread',
    of: errorSpreadScore,
    degree: 4,
    constant: (c, y) => (c - y) ** 4,
  },
  {
    name: 'quantile score 10 %',
    of: (members, y) => quantileScoreEnsemble(members, y, 0.1),
    degree: 1,
    one: pinball(0.1),
  },
  {
    name: 'quantile score 90 %',
    of: (members, y) => quantileScoreEnsemble(members, y, 0.9),
    degree: 1,
    one: pinball(0.9),
  },
  {
    name: 'interval score 80 %',
    of: (members, y) => intervalScoreEnsemble(members, y, 0.8),
    degree: 1,
    one: (x, y) => 10 * distance(x, y),
  },
  {
    name: 'CRPS of quantiles',
    of: (members, y) => {
      const levels = [0.1, 0.3, 0.5, 0.7, 0.9];
      return crpsOfQuantiles(ensembleQuantiles(members, levels), levels, y);
    },
    degree: 1,
    one: distance,
  },
  {
    name: 'energy score in one dimension',
    of: (members, y) => energyScore(members, Float64Array.of(y)),
    degree: 1,
    constant: distance,
  },
];

/** Multiples of 1/64: sums and offsets of them are exact, so that nothing but the score's own rounding is seen. */
const value = fc.integer({ min: -640, max: 640 }).map((n) => n / 64);
/** Few values: many ties, between members and with the truth. */
const tied = fc.integer({ min: -2, max: 2 });
const cases = fc.oneof(
  fc.record({ members: fc.array(value, { minLength: 1, maxLength: 40 }), y: value, at: value }),
  fc.record({ members: fc.array(tied, { minLength: 1, maxLength: 12 }), y: tied, at: tied }),
);
const unit = 1;

function expectSame(found: number, expected: number, what: string, tolerance = 1e-9): void {
  if (Number.isNaN(expected)) expect(found, what).toBeNaN();
  else if (!Number.isFinite(expected)) expect(found, what).toBe(expected);
  else
    expect(Math.abs(found - expected), `${what}: ${found} against ${expected}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected)),
    );
}

describe.each(rows)('$name', ({ of, degree, logarithm, anchored, one, constant }) => {
  const at = (members: readonly number[], y: number, place: Place) =>
    of(Float64Array.from(members), y, place);

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ members, y, at: t }, turn) => {
        const cut = turn % members.length;
        const turned = [...members.slice(cut), ...members.slice(0, cut)].toReversed();
        expectSame(at(turned, y, { at: t, unit }), at(members, y, { at: t, unit }), 'turned');
      }),
    );
  });

  it.skipIf(anchored)('does not notice an offset, and keeps its digits at 1e6', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(-300, 7.25, 1e6), ({ members, y, at: t }, offset) => {
        const moved = members.map((x) => x + offset);
        const score = at(members, y, { at: t, unit });
        // Moved members are rounded to 10⁻¹⁰; a fourth power of differences of some tens makes a thousand times that.
        const tolerance = degree === 4 ? 1e-7 : 1e-9;
        expectSame(at(moved, y + offset, { at: t + offset, unit }), score, `offset ${offset}`, tolerance);
      }),
    );
  });

  it('scales with the unit of the variable', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(0.125, 2, 1024), ({ members, y, at: t }, scale) => {
        const scaled = members.map((x) => x * scale);
        const score = at(members, y, { at: t, unit });
        const expected = score * scale ** degree + (logarithm ?? 0) * Math.log(scale);
        expectSame(at(scaled, y * scale, { at: t * scale, unit: unit * scale }), expected, `scale ${scale}`);
      }),
    );
  });

  it('of one member is what it says, or undefined (NaN)', () => {
    fc.assert(
      fc.property(value, value, value, (x, y, t) => {
        expectSame(at([x], y, { at: t, unit }), one?.(x, y, { at: t, unit }) ?? Number.NaN, 'one member');
      }),
    );
  });

  it('of equal members is that of one, or of a forecast without doubt', () => {
    fc.assert(
      fc.property(value, value, value, fc.integer({ min: 3, max: 50 }), (c, y, t, count) => {
        const same = new Array<number>(count).fill(c);
        const expected = (constant ?? one)?.(c, y, { at: t, unit }) ?? Number.NaN;
        expectSame(at(same, y, { at: t, unit }), expected, 'equal members');
      }),
    );
  });

  it('is NaN where the truth, a member, or all members are missing', () => {
    fc.assert(
      fc.property(cases, fc.nat(), ({ members, y, at: t }, where) => {
        const place = { at: t, unit };
        const holed = members.toSpliced(where % (members.length + 1), 0, Number.NaN);
        expect(at(members, Number.NaN, place)).toBeNaN();
        expect(at(holed, y, place)).toBeNaN();
        expect(at(new Array<number>(members.length).fill(Number.NaN), y, place)).toBeNaN();
      }),
    );
  });
});
