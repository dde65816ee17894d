import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../../core/grid.js';
import { decomposeVariance } from '../../../core/statistics/varianceDecomposition.js';
import { evaluateEvent } from '../../../evaluation/events/evaluate.js';
import type { Condition } from '../../../evaluation/events/event.js';
import { answerEvent } from '../../../evaluation/events/probability.js';
import { samplingInterval } from '../../../evaluation/events/samplingInterval.js';
import { channelsOf, memoryTrajectories } from './memoryTrajectories.js';

const grid = makeGrid([10, 0], [0, 10]);

const above = (value: number): Condition => ({
  kind: 'condition',
  text: `t2m > ${value}`,
  quantity: { name: 't2m', inTime: null, unit: null },
  comparison: { kind: '>', threshold: { kind: 'number', value } },
  place: { kind: 'point', centre: { latitude: 10, longitude: 0 } },
  join: 'any',
  window: null,
  durationHours: 0,
});

/** One lead, one value a member. */
function members(values: readonly number[], weightSamples: readonly number[] | null) {
  return memoryTrajectories(
    grid,
    channelsOf('t2m:K'),
    [6],
    values.length,
    (_c, _l, row) => values[row]!,
    weightSamples === null ? null : Int32Array.from(weightSamples),
  );
}

describe('sampling intervals', () => {
  it('are those of scipy (binomtest and beta, 1.17)', () => {
    const expected: [number, number, number, number, number, number][] = [
      [1, 7, 0.0158765242127468, 0.5007974616190776, 0.02567962434474358, 0.5131278292743189],
      [2, 7, 0.06472826694948343, 0.647661654959421, 0.08221892400405673, 0.6410655481673807],
      [3, 7, 0.13886421910489025, 0.7654987507479062, 0.1582198552514697, 0.7495416354723428],
      [13, 50, 0.15426716138634766, 0.39260792847994597, 0.15871527493552384, 0.39553157264848826],
      [49, 50, 0.910319648943036, 0.9978335058247063, 0.8950455641036218, 0.9964607407283538],
    ];
    for (const [x, n, jeffreysLow, jeffreysHigh, wilsonLow, wilsonHigh] of expected) {
      const jeffreys = samplingInterval(x, n, 'jeffreys');
      expect(jeffreys.low).toBeCloseTo(jeffreysLow, 12);
      expect(jeffreys.high).toBeCloseTo(jeffreysHigh, 12);
      const wilson = samplingInterval(x, n, 'wilson');
      expect(wilson.low).toBeCloseTo(wilsonLow, 12);
      expect(wilson.high).toBeCloseTo(wilsonHigh, 12);
    }
    expect(samplingInterval(1, 7, 'wilson', 0.9).high).toBeCloseTo(0.4522866946970291, 12);
  });

  it('are those that Newcombe (1998, Stat. Med. 17, 857, table I) prints for the score method', () => {
    for (const [x, n, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const found = samplingInterval(x, n);
      expect([found.low.toFixed(4), found.high.toFixed(4)]).toEqual([low.toFixed(4), high.toFixed(4)]);
    }
  });

  it('reach 0 where nobody says yes and 1 where all do, by either method (Brown, Cai & DasGupta 2001)', () => {
    for (const method of ['wilson', 'jeffreys'] as const) {
      expect(samplingInterval(0, 7, method).low).toBe(0);
      expect(samplingInterval(7, 7, method).high).toBe(1);
    }
    expect(samplingInterval(0, 7, 'jeffreys').high).toBeCloseTo(0.2924361736623098, 12);
    expect(() => samplingInterval(1, 2, 'wilson', 95)).toThrow(/level 95 .* 0\.95 is usual/);
  });
});

describe('answers', () => {
  it('count members, and split the variance of the yes and of the deciding variable by hand', async () => {
    const asked = members([1, 2, 5, 6, 1, 3], [0, 0, 1, 1, 2, 2]);
    const evaluated = await evaluateEvent(above(2.5), asked);
    expect([...evaluated.yes]).toEqual([0, 0, 1, 1, 0, 1]);
    const answer = answerEvent(evaluated, asked, { minimumMembers: 6, absentMembers: 2 });
    expect(answer).toMatchObject({ probability: 0.5, yes: 3, members: 6, missing: 2, climatological: null });
    // Sample means 1.5, 5.5, 2; within ½, ½, 2: α = 1. Between: mean 3, squares 2.25 + 6.25 + 1 = 9.5, over 2 is 4.75; ε = 4.75 − ½.
    const [condition] = answer.conditions;
    expect(condition).toMatchObject({
      unit: 'K',
      probability: 0.5,
      mean: 3,
      points: 1,
      pointsLeftOut: 0,
      whole: true,
    });
    expect(condition!.variance!.aleatoric).toBeCloseTo(1, 12);
    expect(condition!.variance!.epistemic).toBeCloseTo(4.25, 12);
    expect(condition!.quantiles[2]).toBe(2.5);
    // Yes: means 0, 1, ½; within 0, 0, ½: α = 1/6; between ¼; ε = ¼ − 1/12 = 1/6.
    expect(answer.variance!.aleatoric).toBeCloseTo(1 / 6, 12);
    expect(answer.variance!.epistemic).toBeCloseTo(1 / 6, 12);
    // N* = (1/6 + 1/6) / (1/6 · 12/36 + 1/6 · 1/6) = 4.
    expect(answer.effectiveMembers).toBeCloseTo(4, 12);
    const [epistemic, aleatoric] = [new Float64Array(1), new Float64Array(1)];
    decomposeVariance(
      evaluated.conditions[0]!.deciding,
      { weightSamples: 3, noiseStreams: 2 },
      epistemic,
      aleatoric,
    );
    expect(condition!.variance!.epistemic).toBeCloseTo(epistemic[0]!, 12);
    expect(condition!.variance!.aleatoric).toBeCloseTo(aleatoric[0]!, 12);
  });

  it('state missing members, leave them out of the probability, and refuse where too few are left', async () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, Number.NaN];
    const asked = members(values, null);
    const evaluated = await evaluateEvent(above(8.5), asked);
    const answer = answerEvent(evaluated, asked, { absentMembers: 1 });
    expect(answer).toMatchObject({ yes: 3, members: 11, missing: 2, variance: null, effectiveMembers: null });
    expect(answer.probability).toBeCloseTo(3 / 11, 12);
    expect(() => answerEvent(evaluated, asked, { absentMembers: 1, minimumMembers: 12 })).toThrow(
      /"t2m > 8\.5": 11 of 13 members have an answer \(1 are not there, 1 have missing values\), fewer than the 12/,
    );
    expect(() =>
      answerEvent(evaluated, asked, {
        minimumMembers: 50,
        site: { name: 'Rotterdam', latitude: 10, longitude: 0 },
      }),
    ).toThrow(/at site "Rotterdam"/);
  });

  it('know nothing of weights with one weight sample, or one member each', async () => {
    for (const samples of [Array(12).fill(0), [...Array(12).keys()]]) {
      const asked = members([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], samples);
      const answer = answerEvent(await evaluateEvent(above(6), asked), asked);
      expect(answer.variance).toBeNull();
      expect(answer.conditions[0]!.variance).toBeNull();
    }
  });

  it('are worth as many members as there are weight samples where those of a sample all agree', async () => {
    const asked = members([1, 1, 1, 9, 9, 9, 1, 1, 1, 9, 9, 9], [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
    const answer = answerEvent(await evaluateEvent(above(6), asked), asked);
    expect(answer.effectiveMembers).toBeCloseTo(4, 12);
  });

  it('have the climatological probability beside them, of the cases without missing values', async () => {
    const asked = members([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], null);
    const years = members([1, 1, 9, 1, Number.NaN, 1], null);
    const event = above(6);
    const climate = await evaluateEvent(event, years);
    const answer = answerEvent(await evaluateEvent(event, asked), asked, { climate });
    expect(answer.climatological).toEqual({ probability: 0.2, cases: 5 });
  });
});
