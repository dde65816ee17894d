/**
 * How often verdicts are wrong where nothing differs, and right where something does: simulated scores of few starts
 * whose differences are alike from start to start.
 */
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import {
  blockLength,
  bootstrapIntervals,
  type OfMeans,
  overlapOf,
} from '../../evaluation/significance/blockBootstrap.js';
import { dieboldMariano } from '../../evaluation/significance/dieboldMariano.js';
import { pseudoValues } from '../../evaluation/significance/pseudoValues.js';
import { type Verdict, verdict } from '../../evaluation/significance/verdict.js';
import { autoregression } from './autoregression.js';

const trials = 2000;
const starts = 24;

/** Standard normals drawn many at a time. */
function draws(seed: number): () => number {
  const some = new Float64Array(4096);
  let next = some.length;
  let step = 0;
  return () => {
    if (next === some.length) {
      normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'training', step: step++ }, some);
      next = 0;
    }
    return some[next++]!;
  };
}

/** Sums over the last `span` independent numbers, as errors of overlapping forecasts are; variance 1. */
function movingSum(span: number, normal: () => number, n = starts): Float64Array {
  const noise = Float64Array.from({ length: n + span - 1 }, normal);
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < span; j++) sum += noise[i + j]!;
    return sum / Math.sqrt(span);
  });
}

interface Judged {
  readonly both: Verdict;
  readonly intervalAlone: Verdict;
  readonly harvey: boolean;
}

function judge(
  cases: Float64Array,
  statistics: number,
  metric: OfMeans,
  leadHours: number,
  spacingHours: number,
): Judged {
  const n = cases.length / statistics;
  const block = blockLength(n, leadHours, spacingHours);
  const [interval] = bootstrapIntervals(cases, statistics, block, [metric], { seed: 0, resamples: 500 });
  const values = pseudoValues(cases, statistics, metric);
  const overlap = overlapOf(leadHours, spacingHours);
  const { pValue } = dieboldMariano(values, overlap);
  return {
    both: verdict(interval!, pValue),
    intervalAlone: verdict(interval!, null),
    harvey: dieboldMariano(values, overlap, { variance: 'harvey' }).pValue < 0.05,
  };
}

/** Per cent of trials. */
function rates(make: () => Judged) {
  let [both, better, intervalAlone, harvey] = [0, 0, 0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const judged = make();
    if (judged.both !== 'no evidence') both++;
    if (judged.both === 'better') better++;
    if (judged.intervalAlone !== 'no evidence') intervalAlone++;
    if (judged.harvey) harvey++;
  }
  const percent = (count: number): number => (100 * count) / trials;
  return {
    both: percent(both),
    better: percent(better),
    intervalAlone: percent(intervalAlone),
    harvey: percent(harvey),
  };
}

const mean: OfMeans = (means) => means[0]!;

describe('verdicts on 24 starts', () => {
  // The error of a rate near 5 % of 2000 trials is 0.5 %.
  for (const [what, spacingHours, leadHours, make] of [
    ['weekly, independent, day 1', 168, 24, (z) => autoregression(starts, 0, z)],
    ['weekly, alike by 0.1, day 3', 168, 72, (z) => autoregression(starts, 0.1, z)],
    ['weekly, forecasts that overlap, day 10', 168, 240, (z) => movingSum(2, z)],
    ['daily, alike by 0.3, day 1', 24, 24, (z) => autoregression(starts, 0.3, z)],
    ['daily, alike by 0.5, day 1', 24, 24, (z) => autoregression(starts, 0.5, z)],
    ['daily, alike by 0.5, day 3', 24, 72, (z) => autoregression(starts, 0.5, z)],
    ['daily, forecasts that overlap, day 3', 24, 72, (z) => movingSum(3, z)],
    ['daily, forecasts that overlap, day 5', 24, 120, (z) => movingSum(5, z)],
  ] as readonly [string, number, number, (normal: () => number) => Float64Array][]) {
    it(`see a difference where there is none about 5 times in 100: ${what}`, () => {
      const normal = draws(leadHours + spacingHours);
      const found = rates(() => judge(make(normal), 1, mean, leadHours, spacingHours));
      expect(found.both).toBeGreaterThan(2.5);
      expect(found.both).toBeLessThan(7);
      // Neither side is favoured.
      expect(Math.abs(found.better / found.both - 0.5)).toBeLessThan(0.2);
    });
  }

  it('find a difference of 3.5 standard errors most of the time', () => {
    const normal = draws(1);
    for (const [correlation, spacingHours, least] of [
      [0, 168, 72],
      [0.5, 24, 60],
    ] as const) {
      const error = Math.sqrt((1 + correlation) / (1 - correlation) / starts);
      const better = () => autoregression(starts, correlation, normal).map((value) => value - 3.5 * error);
      const found = rates(() => judge(better(), 1, mean, 24, spacingHours));
      expect(found.better).toBeGreaterThan(least);
    }
  });

  it('hold for roots and ratios too: RMSE, and the distance of spread–skill ratios from 1', () => {
    for (const [correlation, spacingHours, spread] of [
      [0.5, 24, 0.7],
      [0.08, 168, 0.7],
      [0.5, 24, 1],
    ] as const) {
      const normal = draws(7 + spacingHours);
      // Squared error and variance of two exchangeable ensembles in weather they share, [case, (e², s²) of a and of b].
      const cases = () => {
        const weather = autoregression(starts, correlation, normal);
        const columns = [0, 1, 2, 3].map((c) => {
          const [scatter, level] = c % 2 === 0 ? [0.4, 1] : [0.15, spread ** 2];
          return autoregression(starts, correlation, normal).map(
            (value, i) => level * Math.exp(0.5 * weather[i]! + scatter * value - scatter ** 2 / 2),
          );
        });
        return Float64Array.from({ length: 4 * starts }, (_, i) => columns[i % 4]![i >> 2]!);
      };
      const rmse: OfMeans = (m) => Math.sqrt(m[2]!) - Math.sqrt(m[0]!);
      const distance: OfMeans = (m) =>
        Math.abs(0.5 * Math.log(m[3]! / m[2]!)) - Math.abs(0.5 * Math.log(m[1]! / m[0]!));
      for (const [name, metric] of [
        ['rmse', rmse],
        ['spread–skill', distance],
      ] as const) {
        const found = rates(() => judge(cases(), 4, metric, 24, spacingHours));
        expect(found.both, name).toBeLessThan(7);
        // Where both ratios are 1, either may be nearer to it: the distance has a kink there, and verdicts are rare.
        expect(found.both, name).toBeGreaterThan(name === 'rmse' || spread < 1 ? 2.5 : 0.2);
      }
    }
  });
});
