/**
 * Points of diagrams (diagramRow.ts) from the columns of one group that are curves: what of them is a number is in
 * curveMetrics.ts. Intervals are of 95 % over starts (startSeries.ts). Bars of rank histogram, PIT and reliability
 * say where a point lies if the forecast is reliable: the exact binomial range for the number of independent cases that
 * the column is worth, e(1 − e)/var(mean), where the variance between starts knows how alike neighbouring points and
 * neighbouring starts are.
 */
import { valueCurve, valueGradient } from '../calibration/economicValue.js';
import { type Bar, binomialBar } from '../calibration/reliabilityDiagram.js';
import { rocCurve } from '../calibration/roc.js';
import type { DiagramRow } from '../diagramRow.js';
import { classesFrom, slopesOf } from './curveMetrics.js';
import { halfWidth, intervalAround, seriesOf } from './startSeries.js';
import { columnsOfStatistics, type EventColumns } from './statisticColumns.js';

/** What the rows of a group share. */
export type DiagramPlace = Pick<
  DiagramRow,
  'model' | 'variable' | 'level' | 'lead_hours' | 'region' | 'season' | 'n'
>;

/** Ratios of cost to loss at which value is shown; denser where rare events have theirs. */
const ratios = Float64Array.of(
  ...[0.01, 0.02, 0.03, 0.05, 0.07],
  ...Array.from({ length: 18 }, (_, i) => (i + 2) / 20),
);
/** Diagrams of more classes than this are drawn with `pooledClasses` of them. */
const mostClasses = 50;
const pooledClasses = 20;
/** Points of a ROC curve of more than this are thinned, to those this far apart along the curve, whose length is 2. */
const mostRocPoints = 25;
const rocSpacing = 2 / mostRocPoints;

/** Cases of a group, and what they are used with. */
interface Cases {
  readonly cases: Float64Array;
  readonly width: number;
  readonly means: Float64Array;
  readonly block: number;
}

/**
 * @param cases [case, statistic], in order of start
 * @param statistics names of the columns
 * @param means of the columns
 * @param block length of a block, starts
 */
export function diagramsOf(
  place: DiagramPlace,
  cases: Float64Array,
  statistics: readonly string[],
  means: Float64Array,
  block: number,
): DiagramRow[] {
  const columns = columnsOfStatistics(statistics);
  const from: Cases = { cases, width: statistics.length, means, block };
  const { model, variable, level, lead_hours, region, season, n } = place;
  return [
    ...histogram(from, columns.ranks, 'rank_histogram'),
    ...histogram(from, columns.pit, 'pit'),
    ...columns.events.flatMap((event) =>
      event.given.length < 2 ? [] : [...reliability(from, event), ...roc(from, event), ...value(from, event)],
    ),
    ...columns.spectra.flatMap(({ series, wavenumbers, columns: own }) =>
      own.map((column, i) => {
        const y = means[column]!;
        // Power is positive and its errors are in proportion: an interval of its logarithm.
        const factor = Math.exp(halfWidth(seriesOfColumn(from, column), block) / y);
        const interval = { ci_low: y / factor, ci_high: y * factor };
        return {
          event: null,
          diagram: 'spectrum',
          series,
          x: wavenumbers[i]!,
          y,
          ...interval,
          weight: null,
        } as const;
      }),
    ),
  ]
    .filter(({ y }) => Number.isFinite(y))
    .map(({ event, diagram, series, x, y, ci_low, ci_high, weight }) => ({
      model,
      variable,
      level,
      lead_hours,
      region,
      season,
      event,
      diagram,
      series,
      x,
      y,
      ci_low,
      ci_high,
      weight,
      n,
    }));
}

type Point = Omit<DiagramRow, keyof DiagramPlace>;

function histogram(from: Cases, columns: readonly number[], diagram: 'rank_histogram' | 'pit'): Point[] {
  const bins = columns.length;
  return columns.map((column, bin) => {
    const bar = reliableBar(1 / bins, 1, seriesOfColumn(from, column), from.block);
    return {
      event: null,
      diagram,
      series: '',
      x: diagram === 'pit' ? bin / bins : bin,
      y: from.means[column]!,
      ci_low: bar.low,
      ci_high: bar.high,
      weight: null,
    };
  });
}

function reliability(from: Cases, { label, given, happened }: EventColumns): Point[] {
  const { cases, width, means, block } = from;
  const total = given.reduce((sum, column) => sum + means[column]!, 0);
  return binsOf(given.length).flatMap((classes) => {
    const share = classes.reduce((sum, c) => sum + means[given[c]!]!, 0);
    if (!(share > 0)) return [];
    const probabilityOf = (c: number): number => c / (given.length - 1);
    const x = classes.reduce((sum, c) => sum + probabilityOf(c) * means[given[c]!]!, 0) / share;
    const y = classes.reduce((sum, c) => sum + means[happened[c]!]!, 0) / share;
    // What happened beyond what was promised: mean 0 if reliable.
    const columns = classes.flatMap((c) => [happened[c]!, given[c]!]);
    const values = Float64Array.from(classes.flatMap((c) => [1, -probabilityOf(c)]));
    const bar = reliableBar(x, share, seriesOf(cases, width, { columns, values }), block);
    const ends = { ci_low: bar.low, ci_high: bar.high };
    return [{ event: label, diagram: 'reliability', series: '', x, y, ...ends, weight: share / total }];
  });
}

function roc(from: Cases, event: EventColumns): Point[] {
  const { cases, width, means, block } = from;
  const { threshold, falseAlarmRate, hitRate } = rocCurve(classesFrom(means, event));
  const occurred = event.happened.reduce((sum, column) => sum + means[column]!, 0);
  const last = event.given.length - 1;
  return thinnedCurve(falseAlarmRate, hitRate).map((i) => {
    const p = threshold[i]!;
    // H = hits/occurred moves with (hit − H · occurred)/occurred of each start.
    const slopes = event.happened.map((_, c) => ((c >= p * last - 1e-9 ? 1 : 0) - hitRate[i]!) / occurred);
    const series = seriesOf(cases, width, { columns: event.happened, values: Float64Array.from(slopes) });
    const { low, high } = intervalAround(hitRate[i]!, series, block, [0, 1]);
    const at = { x: falseAlarmRate[i]!, y: hitRate[i]!, ci_low: low, ci_high: high };
    return {
      event: event.label,
      diagram: 'roc',
      series: '',
      ...at,
      weight: Number.isFinite(p) ? p : null,
    };
  });
}

/** Points of a rising curve that a figure needs: all of a few; of many the ends, and those away from the last taken. */
function thinnedCurve(x: Float64Array, y: Float64Array): number[] {
  const all = [...x.keys()];
  if (all.length <= mostRocPoints) return all;
  const end = x.length - 1;
  let last = 0;
  return all.filter((i) => {
    const gone = x[i]! - x[last]! + y[i]! - y[last]!;
    const left = x[end]! - x[i]! + y[end]! - y[i]!;
    if (i > 0 && i < end && !(gone >= rocSpacing && left >= rocSpacing / 2)) return false;
    last = i;
    return true;
  });
}

function value(from: Cases, event: EventColumns): Point[] {
  const { cases, width, means, block } = from;
  const classes = classesFrom(means, event);
  const curve = valueCurve(classes, ratios);
  return Array.from(ratios, (x, i) => {
    const [y, threshold] = [curve.value[i]!, curve.threshold[i]!];
    const slopes = slopesOf(valueGradient(classes, x, threshold), event);
    const { low, high } = intervalAround(y, seriesOf(cases, width, slopes), block, [
      Number.NEGATIVE_INFINITY,
      1,
    ]);
    const weight = Number.isFinite(threshold) ? threshold : null;
    return { event: event.label, diagram: 'value', series: '', x, y, ci_low: low, ci_high: high, weight };
  });
}

/**
 * Range of a frequency if it is what was promised.
 * @param promised e, 0 … 1
 * @param share mean share of the cases that it is a frequency of
 * @param series [start]: what happened beyond the promise, as a share of all cases
 */
function reliableBar(promised: number, share: number, series: Float64Array, block: number): Bar {
  // Half an interval of 95 % as wide as 1.96 standard deviations of a normal distribution.
  const deviation = halfWidth(series, block) / 1.959964 / share;
  if (Number.isNaN(deviation)) return { low: Number.NaN, high: Number.NaN };
  if (deviation === 0) return { low: promised, high: promised };
  return binomialBar(promised, Math.max(1, (promised * (1 - promised)) / deviation ** 2));
}

function seriesOfColumn({ cases, width }: Cases, column: number): Float64Array {
  return Float64Array.from({ length: cases.length / width }, (_, row) => cases[row * width + column]!);
}

/** Classes drawn as one point: each its own, or those nearest to one of twenty-one where there are many. */
function binsOf(count: number): number[][] {
  if (count - 1 <= mostClasses) return Array.from({ length: count }, (_, c) => [c]);
  const bins: number[][] = Array.from({ length: pooledClasses + 1 }, () => []);
  for (let c = 0; c < count; c++) bins[Math.round((c / (count - 1)) * pooledClasses)]?.push(c);
  return bins;
}
