/**
 * What a row of statistics consists of: names of the columns, and where each kind of them begins. A column is a sum
 * over the points of a region with area weights, divided by the sum of weights of the points that had a value; columns
 * that always share their points share that sum.
 */
import type { NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import { pitBins, pitName } from '../calibration/pit.js';
import { type PointStatistic, pointStatistics } from '../kernels/pointKernel.js';
import type { Prediction } from '../references/reference.js';
import { type Event, eventPrefix, probabilityClasses } from './events.js';
import { rankName } from './metrics.js';

/** Columns of an event; −1 where there is none. */
export interface EventColumns {
  readonly brier: number;
  readonly brierFair: number;
  readonly twcrps: number;
  readonly event: number;
  /** First of the C + 1 classes. */
  readonly given: number;
  readonly happened: number;
}

export interface RowLayout {
  readonly names: readonly string[];
  /** Column → index of the sum of weights that it is divided by. */
  readonly weightOf: Int32Array;
  /** Number of sums of weights. */
  readonly weights: number;
  /** Statistics of points: row in pointStatistics → column. */
  readonly points: readonly { readonly row: number; readonly column: number }[];
  /** First of the M + 1 ranks; −1: none. */
  readonly ranks: number;
  readonly rankCount: number;
  /** First of the bins of F(truth); −1: none. */
  readonly pit: number;
  readonly events: readonly EventColumns[];
  /** C: probabilities fall into C + 1 classes. */
  readonly classes: number;
  readonly scored: number;
  /** 1: a point forecast; Infinity: a distribution. */
  readonly memberCount: number;
}

const centre: readonly PointStatistic[] = ['squared_error', 'error', 'absolute_error'];
const anomaly: readonly PointStatistic[] = [
  'forecast_anomaly_product',
  'forecast_anomaly_squared',
  'truth_anomaly_squared',
];
const sources: readonly PointStatistic[] = [
  'epistemic',
  'aleatoric',
  'epistemic_negative',
  'epistemic_crps',
  'aleatoric_crps',
  'epistemic_crps_negative',
];

/** Of the members of a run. @param climate whether anomalies are known */
export function ensembleLayout(
  { weightSamples, noiseStreams }: NestedDesign,
  events: readonly Event[],
  climate: boolean,
): RowLayout {
  const memberCount = weightSamples * noiseStreams;
  // One member has neither a fair CRPS nor a spread; it is scored as a single field.
  const wanted = pointStatistics.filter((name) => {
    if (anomaly.includes(name)) return climate;
    if (memberCount === 1) return name === 'members' || centre.includes(name);
    return !sources.includes(name) || (weightSamples > 1 && noiseStreams > 1);
  });
  return layoutOf(wanted, memberCount, events, { ranks: true, pit: false, twcrps: memberCount > 1 });
}

/** Of the prediction of a reference: no sources of variance, and of a distribution the PIT in place of ranks. */
export function predictionLayout(
  kind: Prediction['kind'],
  events: readonly Event[],
  climate: boolean,
): RowLayout {
  const deterministic = kind === 'deterministic';
  const wanted = pointStatistics.filter((name) => {
    if (anomaly.includes(name)) return climate;
    if (deterministic) return name === 'crps' || centre.includes(name);
    return name !== 'members' && !sources.includes(name);
  });
  const memberCount = deterministic ? 1 : Number.POSITIVE_INFINITY;
  const pit = kind === 'gaussian' || kind === 'distribution';
  return layoutOf(wanted, memberCount, events, { ranks: false, pit, twcrps: true });
}

function layoutOf(
  wanted: readonly PointStatistic[],
  memberCount: number,
  events: readonly Event[],
  has: { readonly ranks: boolean; readonly pit: boolean; readonly twcrps: boolean },
): RowLayout {
  const names: string[] = [];
  const weightOf: number[] = [];
  let weights = 0;
  /** @returns the column; `weight` is that of the last unless it begins a new one */
  const add = (name: string, weight: 'own' | 'shared'): number => {
    if (weight === 'own') weights++;
    weightOf.push(weights - 1);
    return names.push(name) - 1;
  };
  const points = wanted.map((name) => ({ row: pointStatistics.indexOf(name), column: add(name, 'own') }));
  const ranks = has.ranks ? names.length : -1;
  const rankCount = has.ranks ? memberCount + 1 : 0;
  for (let rank = 0; rank < rankCount; rank++)
    add(rankName(rank, memberCount), rank === 0 ? 'own' : 'shared');
  const pit = has.pit ? names.length : -1;
  if (has.pit) for (let bin = 0; bin < pitBins; bin++) add(pitName(bin), bin === 0 ? 'own' : 'shared');
  const classes = probabilityClasses(memberCount);
  const eventColumns = events.map(({ label }): EventColumns => {
    const prefix = eventPrefix(label);
    const twcrps = has.twcrps ? add(`${prefix}twcrps`, 'own') : -1;
    const brier = add(`${prefix}brier`, 'own');
    const brierFair = memberCount > 1 ? add(`${prefix}brier_fair`, 'shared') : -1;
    const event = add(`${prefix}event`, 'shared');
    const [given, happened] = ['given', 'happened'].map((what) => {
      const first = names.length;
      for (let c = 0; c <= classes; c++) add(prefix + className(what, c, classes), 'shared');
      return first;
    }) as [number, number];
    return { brier, brierFair, twcrps, event, given, happened };
  });
  const scored = add('scored', 'own');
  const columns = { names, weightOf: Int32Array.from(weightOf), weights, points, ranks, rankCount, pit };
  return { ...columns, events: eventColumns, classes, scored, memberCount };
}

/** 'given_07', 'happened_007': class c of C, padded like ranks. */
export function className(what: string, c: number, classes: number): string {
  return rankName(c, classes).replace('rank', what);
}
