/** From statistics to metrics, their intervals and diagrams: closed forms, drawn resamples, and kept promises. */
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../core/random/stream.js';
import { millisecondsPerDay } from '../../core/time.js';
import { valueCurve, valueGradient } from '../../evaluation/calibration/economicValue.js';
import { classesOfShares } from '../../evaluation/calibration/probabilityClasses.js';
import { rocArea } from '../../evaluation/calibration/roc.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { normalQuantile } from '../../evaluation/scores/normal.js';
import {
  drawCounts,
  expandedInterval,
  expandedReach,
  resampled,
} from '../../evaluation/significance/blockBootstrap.js';
import { CaseTable, meansOf } from '../../evaluation/statistics/caseTable.js';
import { curveMetricsOf } from '../../evaluation/statistics/curveMetrics.js';
import { metricsOf, rankName } from '../../evaluation/statistics/metrics.js';
import { pairedScoresOf } from '../../evaluation/statistics/skillScores.js';
import { blockDeviation, intervalAround, seriesOf } from '../../evaluation/statistics/startSeries.js';
import { columnsOfStatistics, singleStatistics } from '../../evaluation/statistics/statisticColumns.js';
import type { StatisticGroup } from '../../evaluation/statistics/statisticTable.js';
import { summarise } from '../../evaluation/statistics/summarise.js';

function draw(step: number, count: number): Float64Array {
  const out = new Float64Array(count);
  uniforms({ seed: 3, weightSample: 0, noiseStream: 11, purpose: 'training', step }, out);
  return out;
}

const normalsOf = (step: number, count: number): Float64Array => draw(step, count).map(normalQuantile);

/** Value of a metric for means given by name. */
function metricValue(
  means: Readonly<Record<string, number>>,
  memberCount: number,
  name: string,
  event?: string,
) {
  const found = metricsOf(Object.keys(means), memberCount).find(
    (metric) => metric.name === name && metric.event === (event ?? null),
  );
  return found?.of(Float64Array.from(Object.values(means)));
}

/** Classes of a reliable or unreliable forecast as means by name. */
const eventMeans = {
  'above p90: brier': 0.12,
  'above p90: brier_fair': 0.1,
  'above p90: event': 0.25,
  'above p90: given_00': 0.5,
  'above p90: given_01': 0.3,
  'above p90: given_02': 0.2,
  'above p90: happened_00': 0.05,
  'above p90: happened_01': 0.1,
  'above p90: happened_02': 0.1,
};

describe('columns of statistics', () => {
  it('are told by their names', () => {
    const names = [
      ...['crps', 'rank_00', 'rank_01', 'pit_00', 'spectrum members 001', 'spectrum members 012'],
      ...[
        'spectrum truth 001',
        'above 98000: brier',
        'above 98000: given_00',
        'above 98000: happened_00',
        'scored',
      ],
    ];
    const { plain, ranks, pit, spectra, events } = columnsOfStatistics(names);
    expect([...plain]).toEqual([
      ['crps', 0],
      ['scored', 10],
    ]);
    expect([ranks, pit]).toEqual([[1, 2], [3]]);
    expect(spectra).toEqual([
      { series: 'members', wavenumbers: [1, 12], columns: [4, 5] },
      { series: 'truth', wavenumbers: [1], columns: [6] },
    ]);
    expect(events).toEqual([
      { label: 'above 98000', plain: new Map([['brier', 7]]), given: [8], happened: [9] },
    ]);
    expect(singleStatistics(names)).toEqual(['crps', 'above 98000: brier', 'scored']);
  });
});

describe('metrics', () => {
  it('take roots and ratios of means, last', () => {
    const means = { crps: 0.4, squared_error: 4, error: -0.5, absolute_error: 1.5, variance: 2, scored: 1 };
    expect(metricValue(means, 8, 'rmse')).toBe(2);
    expect(metricValue(means, 8, 'rmse_debiased')).toBeCloseTo(Math.sqrt(4 - 2 / 8), 14);
    expect(metricValue(means, 8, 'spread')).toBeCloseTo(Math.SQRT2, 14);
    expect(metricValue(means, 8, 'spread_skill_ratio')).toBeCloseTo(Math.sqrt((9 / 8) * (2 / 4)), 14);
    expect(metricValue(means, Number.POSITIVE_INFINITY, 'spread_skill_ratio')).toBeCloseTo(Math.SQRT1_2, 14);
    expect(metricValue(means, 8, 'bias')).toBe(-0.5);
    expect(metricValue(means, Number.POSITIVE_INFINITY, 'rmse_debiased')).toBeUndefined();
    const anomalies = {
      forecast_anomaly_product: 3,
      forecast_anomaly_squared: 4,
      truth_anomaly_squared: 9,
    };
    expect(metricValue(anomalies, 8, 'acc')).toBeCloseTo(0.5, 14);
  });

  it('cut the epistemic variance at 0 after averaging, and of a point forecast take the absolute error', () => {
    expect(metricValue({ epistemic: -0.1, aleatoric: 2 }, 8, 'epistemic_variance')).toBe(0);
    expect(metricValue({ epistemic: 1, aleatoric: 3 }, 8, 'epistemic_share')).toBe(0.25);
    expect(metricValue({ epistemic_crps: -0.1, aleatoric_crps: 2 }, 8, 'epistemic_crps')).toBe(0);
    expect(metricValue({ epistemic_crps: -0.1, aleatoric_crps: 2 }, 8, 'epistemic_crps_share')).toBe(0);
    expect(metricValue({ epistemic_crps: 1, aleatoric_crps: 4 }, 8, 'epistemic_crps_share')).toBe(0.2);
    expect(metricValue({ absolute_error: 1.5 }, 1, 'crps')).toBe(1.5);
    expect(metricValue({ absolute_error: 1.5 }, 8, 'crps')).toBeUndefined();
  });

  it('of events: Brier and its parts, area, value, frequency; nothing of statistics that are not there', () => {
    const of = (name: string) => metricValue(eventMeans, 2, name, 'above p90');
    const given = Float64Array.of(0.5, 0.3, 0.2);
    const happened = Float64Array.of(0.05, 0.1, 0.1);
    expect(of('brier')).toBe(0.12);
    expect(of('event_frequency')).toBe(0.25);
    expect(of('uncertainty')).toBeCloseTo(0.1875, 14);
    expect(of('reliability')).toBeCloseTo(0.5 * 0.1 ** 2 + 0.3 * (0.5 - 1 / 3) ** 2 + 0.2 * 0.25, 14);
    expect(of('resolution')).toBeCloseTo(0.5 * 0.15 ** 2 + 0.3 * (1 / 3 - 0.25) ** 2 + 0.2 * 0.25 ** 2, 14);
    expect(of('roc_area')).toBeCloseTo(rocArea(classesOfShares(given, happened)), 14);
    // Warning from one half on: H = 0.2/0.25, F = 0.3/0.75.
    expect(of('value_max')).toBeCloseTo(0.8 - 0.4, 14);
    expect(of('twcrps')).toBeUndefined();
    expect(metricsOf(['crps', 'scored'], 8).map(({ name }) => name)).toEqual(['crps', 'scored']);
  });

  it('the ranked probability score is the sum over percentiles where there are two or more, else over numbers', () => {
    const means = { 'above p10: brier': 1, 'above p90: brier': 2, 'above 5: brier': 4, 'above 6: brier': 8 };
    expect(metricValue(means, 8, 'rps')).toBe(3);
    expect(metricValue({ 'above p10: brier': 1, 'above 5: brier': 4, 'above 6: brier': 8 }, 8, 'rps')).toBe(
      12,
    );
    expect(metricValue({ 'above p10: brier': 1, 'above 5: brier': 4 }, 8, 'rps')).toBeUndefined();
    expect(metricValue(means, 8, 'rps_fair')).toBeUndefined();
  });

  it('of ranks: every bin, and how far from flat in which way', () => {
    const ranks = { rank_00: 0.1, rank_01: 0.2, rank_02: 0.3, rank_03: 0.4 };
    expect(metricValue(ranks, 3, 'rank_02')).toBe(0.3);
    // √4 · (−3, −1, 1, 3)/√20 · shares
    expect(metricValue(ranks, 3, 'histogram_slope')).toBeCloseTo(
      (2 * (-0.3 - 0.2 + 0.3 + 1.2)) / Math.sqrt(20),
      14,
    );
    expect(metricValue(ranks, 3, 'histogram_convexity')).toBeCloseTo(0, 14);
    expect([rankName(3, 8), rankName(3, 100)]).toEqual(['rank_03', 'rank_003']);
  });

  it('skill: of what both have, a point forecast by its absolute error', () => {
    const events = ['above p10: brier', 'above p90: brier'];
    const own = ['squared_error', 'absolute_error', ...events, 'above p90: twcrps'];
    const pairs = pairedScoresOf(own, ['crps', 'squared_error', ...events]);
    expect(pairs.map(({ score, event }) => [score, event])).toEqual([
      ['crps', null],
      ['mse', null],
      ['rps', null],
      ['brier', 'above p10'],
      ['brier', 'above p90'],
    ]);
    expect(pairs[0]).toMatchObject({ own: ['absolute_error'], other: ['crps'] });
    expect(pairs[2]).toMatchObject({ own: events, other: events });
  });
});

describe('intervals in closed form', () => {
  it('the deviation is that of all resamples there can be', () => {
    const series = Float64Array.of(3, -1, 4, 1, 5);
    const sums: number[] = [];
    // Blocks of two from anywhere, the third cut to one: 5³ equally likely resamples.
    for (let a = 0; a < 5; a++)
      for (let b = 0; b < 5; b++)
        for (let c = 0; c < 5; c++)
          sums.push((series[a]! + series[(a + 1) % 5]! + series[b]! + series[(b + 1) % 5]! + series[c]!) / 5);
    const mean = sums.reduce((sum, each) => sum + each, 0) / sums.length;
    const variance = sums.reduce((sum, each) => sum + (each - mean) ** 2, 0) / sums.length;
    expect(blockDeviation(series, 2)).toBeCloseTo(Math.sqrt(variance), 14);
    expect(blockDeviation(series, 5)).toBeCloseTo(0, 14);
  });

  it('intervals of curves agree with resampling all their columns', () => {
    const starts = 60;
    const names = ['given_0', 'given_1', 'given_2', 'happened_0', 'happened_1', 'happened_2'].map(
      (name) => `above 1: ${name}`,
    );
    const cases = eventCases(starts, 2, 0, 4000, 1);
    const means = meansOf(cases, names.length);
    const counts = drawCounts(starts, 4, { seed: 5, resamples: 4000 });
    for (const metric of curveMetricsOf(names)) {
      const series = seriesOf(cases, names.length, metric.slopes(means));
      const closed = intervalAround(metric.of(means), series, 4, metric.range);
      const [draws] = resampled(cases, names.length, counts, [metric.of]);
      const drawn = expandedInterval(draws!, expandedReach(starts, 4));
      const widths = (closed.high - closed.low) / (drawn.high - drawn.low);
      // Reliability near 0 is bent: resamples of it lie above it, and not by a slope.
      if (metric.name === 'reliability') continue;
      expect(Math.abs(widths - 1), metric.name).toBeLessThan(0.12);
    }
  });

  it('the gradient of value agrees with differences, whoever the user is', () => {
    const classes = classesOfShares(
      Float64Array.of(0.4, 0.3, 0.2, 0.1),
      Float64Array.of(0.04, 0.09, 0.13, 0.09),
    );
    for (const ratio of [0.15, 0.32, 0.7]) {
      const threshold = valueCurve(classes, Float64Array.of(ratio)).threshold[0]!;
      const gradient = valueGradient(classes, ratio, threshold);
      for (const which of ['given', 'happened'] as const) {
        for (let k = 0; k < 4; k++) {
          const moved = (by: number): number => {
            const values = classes[which].slice();
            values[k]! += by;
            return valueCurve({ ...classes, [which]: values }, Float64Array.of(ratio)).value[0]!;
          };
          const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
          expect(gradient[which][k]).toBeCloseTo(slope, 5);
        }
      }
    }
  });
});

/**
 * Shares of classes of a reliable forecast of C + 1 probabilities over 24 points a start: neighbours in threes share
 * what happens, so that a start is worth fewer cases than points. Off by `wrong` in probability.
 */
function eventCases(starts: number, C: number, wrong: number, step: number, alike = 3): Float64Array {
  const points = 24;
  const width = 2 * (C + 1);
  const cases = new Float64Array(starts * width);
  for (let s = 0; s < starts; s++) {
    const u = draw(step + s, 2 * points);
    for (let p = 0; p < points; p++) {
      const c = Math.floor(u[p - (p % alike)]! * (C + 1));
      cases[s * width + c]! += 1 / points;
      if (u[points + p - (p % alike)]! < c / C + wrong) cases[s * width + C + 1 + c]! += 1 / points;
    }
  }
  return cases;
}

/** A group of one place whose rows are given. */
function groupOf(
  model: string,
  names: readonly string[],
  rows: readonly (readonly number[] | null)[],
  memberCount = 8,
): StatisticGroup {
  const cases = new CaseTable(names, rows.length);
  for (const [start, row] of rows.entries()) if (row) cases.set(start, Float64Array.from(row));
  return { model, variable: 'z', level: 500, lead_hours: 24, region: 'all', memberCount, cases };
}

const daily = (count: number, from = Date.UTC(2007, 0, 1)): number[] =>
  Array.from({ length: count }, (_, i) => from + i * millisecondsPerDay);

const find = (rows: readonly ScoreRow[], model: string, metric: string, season = 'all') =>
  rows.find((row) => row.model === model && row.metric === metric && row.season === season);

const options = { references: ['climatology', 'persistence'], seed: 1, resamples: 300 };

describe('summary', () => {
  const names = ['crps', 'squared_error', 'error', 'absolute_error', 'scored'];
  const score = (step: number, mean: number) => (i: number) => {
    const noise = normalsOf(step, 40)[i]!;
    return [mean + 0.1 * noise, mean ** 2 + 0.1 * noise, 0.1 * noise, mean, 1];
  };
  const rows = (of: (i: number) => number[]) => Array.from({ length: 40 }, (_, i) => of(i));

  it('skill and differences rest on the starts that both have; the p value tells of what the interval tells', () => {
    const own = rows(score(1, 1));
    const other: (number[] | null)[] = rows(score(2, 2));
    for (let i = 0; i < 10; i++) other[i] = null;
    const table = {
      starts: daily(40),
      groups: [groupOf('climatology', names, other), groupOf('run', names, own)],
    };
    const { scores } = summarise(table, options);
    expect(scores[0]!.model).toBe('run');
    const difference = find(scores, 'run', 'crps_difference_vs_climatology')!;
    const mean = (list: readonly (number[] | null)[]) => {
      const kept = list.slice(10).map((row) => row![0]!);
      return kept.reduce((sum, each) => sum + each, 0) / kept.length;
    };
    expect(difference.n).toBe(30);
    expect(difference.value).toBeCloseTo(mean(own) - mean(other), 12);
    expect(difference.ci_high).toBeLessThan(0);
    expect(difference.p_value).toBeLessThan(1e-3);
    expect(find(scores, 'run', 'crps_skill_score')!.value).toBeCloseTo(1 - mean(own) / mean(other), 12);
    expect(find(scores, 'run', 'crps')!.n).toBe(40);
    expect(find(scores, 'run', 'mse_skill_score')!.p_value).toBeNull();
    expect(find(scores, 'climatology', 'crps_skill_score')).toBeUndefined();
    expect(scores.filter(({ metric }) => metric.includes('difference'))).toHaveLength(1);
  });

  it('of a reference beside itself differs by nothing: no evidence', () => {
    const own = rows(score(1, 1));
    const table = {
      starts: daily(40),
      groups: [groupOf('persistence', names, own), groupOf('run', names, own)],
    };
    const { scores } = summarise(table, options);
    const difference = find(scores, 'run', 'crps_difference_vs_persistence')!;
    expect([difference.value, difference.ci_low, difference.ci_high, difference.p_value]).toEqual([
      0, 0, 0, 1,
    ]);
    expect(find(scores, 'run', 'crps_skill_vs_persistence')!.value).toBe(0);
  });

  it('starts of which nothing was scored do not count, and what is not finite makes no row', () => {
    const own = rows(score(1, 1)).map((row) => [...row, 2]);
    own[3] = [Number.NaN, Number.NaN, Number.NaN, Number.NaN, 0, Number.NaN];
    own[4]![1] = Number.NaN; // a part of the region is missing, and the policy does not leave it out
    own[5]![5] = Number.POSITIVE_INFINITY;
    const table = { starts: daily(40), groups: [groupOf('run', [...names, 'ignorance'], own)] };
    const { scores } = summarise(table, { ...options, references: [] });
    expect(find(scores, 'run', 'crps')).toMatchObject({ n: 38, p_value: null, event: null });
    expect(find(scores, 'run', 'ignorance')).toBeUndefined();
    for (const row of scores) expect(row.value, row.metric).not.toBeNaN();
  });

  it('by season of the valid time, those with five starts or more', () => {
    // Starts from 24 February, valid a day later: four in winter, 36 in spring.
    const own = rows((i) => [i, 1, 0, 1, 1]);
    const table = { starts: daily(40, Date.UTC(2007, 1, 24)), groups: [groupOf('run', names, own)] };
    const seasons = (by: boolean) => {
      const { scores } = summarise(table, { ...options, references: [], seasons: by });
      return scores
        .filter(({ metric }) => metric === 'crps')
        .map(({ season, n, value }) => [season, n, value]);
    };
    expect(seasons(false)).toEqual([['all', 40, 19.5]]);
    expect(seasons(true)).toEqual([
      ['all', 40, 19.5],
      ['MAM', 36, 21.5],
    ]);
  });

  it('a biased rank histogram is told from a flat one', () => {
    const ranks = [0, 1, 2, 3].map((rank) => rankName(rank, 3));
    const slope = (tilt: number) => {
      const own = rows((i) => {
        const noise = 0.02 * normalsOf(9, 40)[i]!;
        return [0.25 - tilt + noise, 0.25, 0.25, 0.25 + tilt - noise];
      });
      const { scores } = summarise({ starts: daily(40), groups: [groupOf('run', ranks, own, 3)] }, options);
      return find(scores, 'run', 'histogram_slope')!;
    };
    expect(slope(0.1).p_value).toBeLessThan(1e-4);
    expect(slope(0.1).ci_low).toBeGreaterThan(0);
    expect(slope(0).p_value).toBeGreaterThan(0.05);
  });
});

describe('diagrams', () => {
  const eventNames = (C: number) => [
    ...Array.from({ length: C + 1 }, (_, c) => `above p90: given_${c}`),
    ...Array.from({ length: C + 1 }, (_, c) => `above p90: happened_${c}`),
  ];
  const grouped = (cases: Float64Array, names: readonly string[]) => {
    const width = names.length;
    const rows = Array.from({ length: cases.length / width }, (_, i) => [
      ...cases.subarray(i * width, (i + 1) * width),
    ]);
    return { starts: daily(rows.length), groups: [groupOf('run', names, rows)] };
  };

  it('reliability, ROC and value have the points of their classes', () => {
    const cases = eventCases(40, 4, 0, 100);
    const names = eventNames(4);
    const { diagrams, scores } = summarise(grouped(cases, names), options);
    const means = meansOf(cases, 10);
    const reliability = diagrams.filter(({ diagram }) => diagram === 'reliability');
    expect(reliability.map(({ x }) => x)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    for (const [c, { y, weight, event }] of reliability.entries()) {
      expect(y).toBeCloseTo(means[5 + c]! / means[c]!, 12);
      expect(weight).toBeCloseTo(means[c]!, 12);
      expect(event).toBe('above p90');
    }
    const roc = diagrams.filter(({ diagram }) => diagram === 'roc');
    expect(roc).toHaveLength(6);
    let area = 0;
    for (let i = 1; i < roc.length; i++)
      area += ((roc[i]!.x - roc[i - 1]!.x) * (roc[i]!.y + roc[i - 1]!.y)) / 2;
    expect(area).toBeCloseTo(find(scores, 'run', 'roc_area')!.value, 12);
    expect([roc[0]!.weight, roc[1]!.weight, roc[5]!.weight]).toEqual([null, 1, 0]);
    const values = diagrams.filter(({ diagram }) => diagram === 'value');
    const best = Math.max(...values.map(({ y }) => y));
    expect(best).toBeLessThanOrEqual(find(scores, 'run', 'value_max')!.value + 1e-12);
    for (const { y, ci_low, ci_high } of [...roc, ...values]) {
      expect(ci_low).toBeLessThanOrEqual(y);
      expect(ci_high).toBeGreaterThanOrEqual(y);
    }
  });

  it('a hundred classes are drawn as twenty-one, and nothing of their weight is lost', () => {
    const { diagrams } = summarise(grouped(eventCases(40, 100, 0, 500), eventNames(100)), options);
    const reliability = diagrams.filter(({ diagram }) => diagram === 'reliability');
    expect(reliability).toHaveLength(21);
    expect(reliability.reduce((sum, { weight }) => sum + weight!, 0)).toBeCloseTo(1, 12);
    for (const [bin, { x }] of reliability.entries()) expect(Math.abs(x - bin / 20)).toBeLessThan(0.026);
  });

  it('a ROC curve of a hundred classes is thinned to points on it, and has nearly the area of the whole', () => {
    const cases = eventCases(40, 100, 0, 500);
    const { diagrams, scores } = summarise(grouped(cases, eventNames(100)), options);
    const roc = diagrams.filter(({ diagram }) => diagram === 'roc');
    expect(roc.length).toBeGreaterThan(12);
    expect(roc.length).toBeLessThanOrEqual(27);
    expect([roc[0]!.x, roc[0]!.y]).toEqual([0, 0]);
    expect(roc.at(-1)!.x).toBeCloseTo(1, 12);
    expect(roc.at(-1)!.y).toBeCloseTo(1, 12);
    let area = 0;
    for (let i = 1; i < roc.length; i++)
      area += ((roc[i]!.x - roc[i - 1]!.x) * (roc[i]!.y + roc[i - 1]!.y)) / 2;
    expect(Math.abs(area - find(scores, 'run', 'roc_area')!.value)).toBeLessThan(0.005);
  });

  it('points of reliable forecasts lie within their bars as often as these promise, though points are alike', () => {
    const count = (wrong: number) => {
      let [inside, all] = [0, 0];
      for (let repeat = 0; repeat < 60; repeat++) {
        const cases = eventCases(48, 4, wrong, 10_000 + 100 * repeat);
        const { diagrams } = summarise(grouped(cases, eventNames(4)), { ...options, resamples: 1 });
        for (const { diagram, x, y, ci_low, ci_high } of diagrams) {
          if (diagram !== 'reliability' || x === 0 || x === 1) continue;
          all++;
          if (y >= ci_low && y <= ci_high) inside++;
        }
      }
      return inside / all;
    };
    const error = Math.sqrt((0.95 * 0.05) / 180);
    expect(count(0)).toBeGreaterThan(0.95 - 3 * error);
    expect(count(0.15)).toBeLessThan(0.6);
  });

  it('shares of a rank histogram lie within the bars of flatness, spectra within a factor', () => {
    const names = [0, 1, 2].map((rank) => rankName(rank, 2)).concat('spectrum mean 003');
    const starts = 60;
    const cases = new Float64Array(starts * 4);
    for (let s = 0; s < starts; s++) {
      for (const u of draw(70_000 + s, 30)) cases[4 * s + Math.floor(u * 3)]! += 1 / 30;
      cases[4 * s + 3] = 8 + s / starts;
    }
    const { diagrams } = summarise(grouped(cases, names), options);
    const ranks = diagrams.filter(({ diagram }) => diagram === 'rank_histogram');
    expect(ranks.map(({ x }) => x)).toEqual([0, 1, 2]);
    for (const { y, ci_low, ci_high } of ranks) {
      expect(ci_low).toBeLessThanOrEqual(Math.min(y, 1 / 3));
      expect(ci_high).toBeGreaterThanOrEqual(Math.max(y, 1 / 3));
      // 1800 independent cases: a standard deviation of 1.1 %.
      expect(ci_high - ci_low).toBeGreaterThan(0.03);
      expect(ci_high - ci_low).toBeLessThan(0.07);
    }
    const [spectrum] = diagrams.filter(({ diagram }) => diagram === 'spectrum');
    expect(spectrum).toMatchObject({ series: 'mean', x: 3, event: null, weight: null });
    expect(spectrum!.y / spectrum!.ci_low).toBeCloseTo(spectrum!.ci_high / spectrum!.y, 12);
  });
});
