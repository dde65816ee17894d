/**
 * All metrics of one forecast at one place (channel, lead, region, season) over given starts, with what their
 * uncertainty and their differences from another forecast's are made of: values in every resample of the block
 * bootstrap, the same resamples for all forecasts, and what each start contributes.
 */
import { type CurveMetric, curveMetricsOf } from '../statistics/curveMetrics.js';
import type { Metric } from '../statistics/metric.js';
import { singleMetricsOf } from '../statistics/metrics.js';
import { intervalAround, seriesOf } from '../statistics/startSeries.js';
import { singleStatistics } from '../statistics/statisticColumns.js';
import type { StatisticGroup } from '../statistics/statisticTable.js';
import { expandedInterval, type Interval, type Resampling, resampled } from './blockBootstrap.js';
import { spreadSkillDistance } from './orientation.js';
import { pseudoValues } from './pseudoValues.js';

export interface PlaceScore {
  readonly name: string;
  /** Label of the event it is a score of; null for those of the whole distribution. */
  readonly event: string | null;
  readonly value: number;
  /** [resample]; null where it follows from `starts` to first order (curves), or there are too few starts. */
  readonly draws: Float64Array | null;
  /** [start]: numbers whose mean is the value, to first order (pseudoValues). */
  readonly starts: Float64Array;
  /** What it can be: intervals end there. */
  readonly range: readonly [number, number];
}

/** By {@link scoreKey}. */
export type PlaceScores = ReadonlyMap<string, PlaceScore>;

export function scoreKey(name: string, event: string | null): string {
  return JSON.stringify([name, event]);
}

const anything = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/**
 * @param starts positions in the group's table, rising; it has a row of each
 * @param shared null: too few starts for intervals
 * @returns metrics that have a value, in reading order
 */
export function scoresAt(
  { cases, memberCount }: StatisticGroup,
  starts: readonly number[],
  shared: Resampling | null,
): PlaceScores {
  const scores = new Map<string, PlaceScore>();
  const add = (score: PlaceScore): void => {
    if (Number.isFinite(score.value)) scores.set(scoreKey(score.name, score.event), score);
  };
  const names = singleStatistics(cases.statistics);
  const rows = rowsOf(cases, names, starts);
  const means = meansOf(rows, names.length);
  const metrics = singleMetricsOf(names, memberCount).flatMap((metric) => [metric, ...derived(metric)]);
  const draws =
    shared === null
      ? null
      : resampled(
          rows,
          names.length,
          shared.counts,
          metrics.map(({ of }) => of),
        );
  for (const [i, { name, event, of }] of metrics.entries()) {
    add({
      name,
      event,
      value: of(means),
      draws: draws?.[i] ?? null,
      starts: pseudoValues(rows, names.length, of),
      range: anything,
    });
  }
  const curves = curveMetricsOf(cases.statistics);
  if (curves.length > 0) {
    const wide = rowsOf(cases, cases.statistics, starts);
    const wideMeans = meansOf(wide, cases.statistics.length);
    for (const curve of curves) add(curveScore(curve, wide, wideMeans));
  }
  return scores;
}

/** Metrics that are only a step on the way to others. */
function derived({ name, event, of }: Metric): Metric[] {
  if (name === 'rmse') return [{ name: 'mse', event, of: (means) => of(means) ** 2 }];
  if (name !== 'spread_skill_ratio') return [];
  return [{ name: spreadSkillDistance, event, of: (means) => Math.abs(Math.log(of(means))) }];
}

/** Whether rows are made of it: the others serve differences and skill. */
export function isReported({ name }: PlaceScore): boolean {
  return name !== 'mse' && name !== spreadSkillDistance;
}

function curveScore(curve: CurveMetric, rows: Float64Array, means: Float64Array): PlaceScore {
  const value = curve.of(means);
  const series = seriesOf(rows, means.length, curve.slopes(means));
  const shift = value - series.reduce((sum, each) => sum + each, 0) / series.length;
  const { name, event, range } = curve;
  return { name, event, value, draws: null, starts: series.map((each) => each + shift), range };
}

/** One score made of two at every resample, and of what each start contributes; their difference for one. */
export function scoreDifference(a: PlaceScore, b: PlaceScore): PlaceScore {
  return {
    ...a,
    value: a.value - b.value,
    draws: combined(a.draws, b.draws, (x, y) => x - y),
    starts: a.starts.map((x, i) => x - b.starts[i]!),
    range: anything,
  };
}

/** @returns f of both in every resample; null where either has none */
export function combined(
  a: Float64Array | null,
  b: Float64Array | null,
  f: (a: number, b: number) => number,
): Float64Array | null {
  return a === null || b === null ? null : a.map((x, i) => f(x, b[i]!));
}

/** @param block length of a block, starts @returns NaN where there are too few starts */
export function intervalOf(score: PlaceScore, shared: Resampling | null, block: number): Interval {
  if (shared === null) return { low: Number.NaN, high: Number.NaN };
  if (score.draws === null) return intervalAround(score.value, score.starts, block, score.range);
  return expandedInterval(score.draws.slice(), shared.reach);
}

/** [start, statistic] */
function rowsOf(
  cases: StatisticGroup['cases'],
  names: readonly string[],
  starts: readonly number[],
): Float64Array {
  const columns = names.map((name) => cases.column(name));
  const rows = new Float64Array(starts.length * names.length);
  for (const [i, start] of starts.entries()) {
    const row = cases.row(start);
    for (let s = 0; s < columns.length; s++) rows[i * columns.length + s] = row[columns[s]!]!;
  }
  return rows;
}

/** [statistic] */
function meansOf(rows: Float64Array, statistics: number): Float64Array {
  const means = new Float64Array(statistics);
  const count = rows.length / statistics;
  for (let i = 0; i < rows.length; i++) means[i % statistics]! += rows[i]!;
  for (let s = 0; s < statistics; s++) means[s] = means[s]! / count;
  return means;
}
