/**
 * Metrics of histograms and of classes of probability: each is made of the means of many columns, up to two hundred.
 *
 *   reliability, resolution   parts of the Brier score (calibration/brierDecomposition.ts), with all classes kept
 *   roc_area                  calibration/roc.ts
 *   value_max                 largest relative economic value of any user (calibration/economicValue.ts)
 *   rank_07                   share of cases at that rank
 *   histogram_slope, histogram_convexity   how far the rank histogram is from flat, and in which way: positive for a
 *                             truth too often high, or too often outside the members (calibration/flatness.ts)
 *
 * Resampling hundreds of columns for their intervals would cost more than all scoring. To first order a metric moves
 * with the mean over starts of one number, Σ_c ∂g/∂m_c x_c: that series is all its interval needs (propagation of
 * error, as the standard errors of Siegert 2014, doi:10.1002/qj.2228).
 */
import { brierGradients, brierParts } from '../calibration/brierDecomposition.js';
import { valueMax, valueMaxGradient } from '../calibration/economicValue.js';
import { contrastOf, type FlatnessPart, flatnessPart } from '../calibration/flatness.js';
import {
  type ClassGradient,
  classesOfShares,
  type ProbabilityClasses,
} from '../calibration/probabilityClasses.js';
import { rocArea, rocAreaGradient } from '../calibration/roc.js';
import type { Metric, Slopes } from './metric.js';
import { columnsOfStatistics, type EventColumns, type StatisticColumns } from './statisticColumns.js';

export interface CurveMetric extends Metric {
  readonly slopes: (means: Float64Array) => Slopes;
  /** Values it can take: intervals end there. */
  readonly range: readonly [number, number];
  /** It is 0 for a reliable forecast, which can be tested. */
  readonly zeroIfReliable: boolean;
}

/** @param statistics names of the columns that means come in */
export function curveMetricsOf(statistics: readonly string[]): CurveMetric[] {
  const columns = columnsOfStatistics(statistics);
  return [...columns.events.flatMap(eventMetrics), ...rankMetrics(columns, statistics)];
}

/** Classes of an event from means of its columns. */
export function classesFrom(means: Float64Array, { given, happened }: EventColumns): ProbabilityClasses {
  return classesOfShares(
    Float64Array.from(given, (column) => means[column]!),
    Float64Array.from(happened, (column) => means[column]!),
  );
}

/** Slopes by the columns of an event from those by its classes. */
export function slopesOf(gradient: ClassGradient, { given, happened }: EventColumns): Slopes {
  const values = new Float64Array(given.length + happened.length);
  values.set(gradient.given);
  values.set(gradient.happened, given.length);
  return { columns: [...given, ...happened], values };
}

function eventMetrics(event: EventColumns): CurveMetric[] {
  if (event.given.length < 2 || event.happened.length !== event.given.length) return [];
  const metric = (
    name: string,
    of: (classes: ProbabilityClasses) => number,
    gradient: (classes: ProbabilityClasses) => ClassGradient,
  ): CurveMetric => ({
    name,
    event: event.label,
    of: (means) => of(classesFrom(means, event)),
    slopes: (means) => slopesOf(gradient(classesFrom(means, event)), event),
    range: [0, 1],
    zeroIfReliable: false,
  });
  return [
    metric(
      'reliability',
      (classes) => brierParts(classes).reliability,
      (classes) => brierGradients(classes).reliability,
    ),
    metric(
      'resolution',
      (classes) => brierParts(classes).resolution,
      (classes) => brierGradients(classes).resolution,
    ),
    metric('roc_area', rocArea, rocAreaGradient),
    metric('value_max', valueMax, valueMaxGradient),
  ];
}

function rankMetrics({ ranks }: StatisticColumns, statistics: readonly string[]): CurveMetric[] {
  if (ranks.length < 2) return [];
  const one = Float64Array.of(1);
  const bins = ranks.map(
    (column): CurveMetric => ({
      name: statistics[column] ?? '',
      event: null,
      of: (means) => means[column]!,
      slopes: () => ({ columns: [column], values: one }),
      range: [0, 1],
      zeroIfReliable: false,
    }),
  );
  const flatness = (part: FlatnessPart): CurveMetric => {
    const slopes = contrastOf(ranks.length, part).map((value) => value * Math.sqrt(ranks.length));
    return {
      name: `histogram_${part}`,
      event: null,
      of: (means) =>
        flatnessPart(
          Float64Array.from(ranks, (column) => means[column]!),
          part,
        ),
      slopes: () => ({ columns: ranks, values: slopes }),
      range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      zeroIfReliable: true,
    };
  };
  return [flatness('slope'), flatness('convexity'), ...bins];
}
