/** F(truth) of references: known values, and the histogram that verification gathers of them. */
import { describe, expect, it } from 'vitest';
import { pitBins } from '../../evaluation/calibration/pit.js';
import { PredictionScorer } from '../../evaluation/references/predictionStatistics.js';
import type { Prediction } from '../../evaluation/references/reference.js';
import { SampleDistribution } from '../../evaluation/references/sampleDistribution.js';
import { normalCdf } from '../../evaluation/scores/normal.js';
import { mapLeads } from '../../evaluation/statistics/gatherPlan.js';
import { emptySums, meansOfSums, RegionReducer } from '../../evaluation/statistics/regionSums.js';
import { predictionLayout } from '../../evaluation/statistics/rowLayout.js';

const truth = Float64Array.of(2.5, 2, 0, 9, Number.NaN);
const points = truth.length;
const four = Float64Array.from({ length: 4 * points }, (_, i) => 1 + Math.floor(i / points));
const scored = (prediction: Prediction): PredictionScorer => {
  const scorer = new PredictionScorer(points, 0);
  scorer.score(prediction, { truth, thresholds: new Float64Array(0), climate: null, nanPolicy: 'omit' });
  return scorer;
};
const sample: Prediction = { kind: 'distribution', distribution: new SampleDistribution(four, 4, points) };

describe('F(truth)', () => {
  it('of a sample of four leaves open the fifths between its neighbours, two of them where it equals a member', () => {
    const { pitLow, pitHigh } = scored(sample);
    expect([...pitLow]).toEqual([2 / 5, 1 / 5, 0, 4 / 5, Number.NaN]);
    expect([...pitHigh]).toEqual([3 / 5, 3 / 5, 1 / 5, 1, Number.NaN]);
  });

  it('of a normal distribution is its cumulative distribution; a single field has none', () => {
    const [mean, sigma] = [new Float64Array(points).fill(2), new Float64Array(points).fill(0.7)];
    const { pitLow, pitHigh } = scored({ kind: 'gaussian', mean, sigma });
    for (let i = 0; i < points - 1; i++) expect(pitLow[i]).toBeCloseTo(normalCdf((truth[i]! - 2) / 0.7), 14);
    expect(pitHigh).toEqual(pitLow);
    expect(scored({ kind: 'deterministic', values: mean }).pitLow.every(Number.isNaN)).toBe(true);
  });

  it('falls into twenty bins by area, missing truth left out', () => {
    const layout = predictionLayout('distribution', [], false);
    const scorer = scored(sample);
    const sums = [emptySums(layout)];
    const weights = Float64Array.of(1, 2, 1, 0, 5);
    const empty = new Float64Array(0);
    const { statistics, twcrpsAbove, probability, pitLow, pitHigh } = scorer;
    new RegionReducer(layout, points, 'omit').add(
      {
        ...{ stride: points, statistics, twcrpsAbove, probability, truth, thresholds: empty },
        ...{ ranks: null, pit: { low: pitLow, high: pitHigh }, counts: null },
      },
      points,
      [weights],
      sums,
    );
    const bins = meansOfSums(layout, sums[0]!).subarray(layout.pit, layout.pit + pitBins);
    // Fifths are four bins each: weight 1 over the third, 2 over second and third, 1 over the first; 4 in all.
    const fifth = (share: number) => Array.from({ length: 4 }, () => share / 16);
    const expected = [...fifth(1), ...fifth(1), ...fifth(2), ...fifth(0), ...fifth(0)];
    for (const [bin, share] of expected.entries()) expect(bins[bin]).toBeCloseTo(share, 12);
    expect(layout.names.slice(layout.pit, layout.pit + 2)).toEqual(['pit_00', 'pit_01']);
    expect(predictionLayout('deterministic', [], false).pit).toBe(-1);
  });
});

describe('leads of maps', () => {
  it('are days 1, 3, 5, 7 and 10 of a run that has them, else all of a few or evenly spread ones', () => {
    const days = (n: number, hours = 24) => Array.from({ length: n }, (_, i) => hours * (i + 1));
    expect(mapLeads(days(10))).toEqual([24, 72, 120, 168, 240]);
    expect(mapLeads(days(60, 6))).toEqual([24, 72, 120, 168, 240]);
    expect(mapLeads(days(7))).toEqual([24, 72, 120, 168]);
    expect(mapLeads(days(4))).toEqual([24, 48, 72, 96]);
    expect(mapLeads(days(9, 6))).toEqual([6, 18, 30, 42, 54]);
  });
});
