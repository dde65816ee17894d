/**
 * Rows of statistics of references: a prediction scored at every point and reduced to the same columns as a run's.
 * Where a prediction depends on the valid time alone (climatology), forecasts that share it share the row.
 */
import type { Climate } from '../references/climate.js';
import { PredictionScorer } from '../references/predictionStatistics.js';
import type { Prediction, Reference } from '../references/reference.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import { emptySums, meansOfSums, type PointScores, RegionReducer } from './regionSums.js';
import type { RowLayout } from './rowLayout.js';

/** What a case is scored against. */
export interface CaseTruth {
  /** [point] */
  readonly truth: Float32Array;
  /** [threshold, point] */
  readonly thresholds: Float32Array;
  /** [point]; null: not known. */
  readonly climate: Float64Array | null;
}

/** Scores predictions of whole fields; scratch lives as long as it does. */
export class ReferenceRows {
  private readonly points: number;
  /** Of each region, [point]. */
  private readonly weights: readonly Float64Array[];
  private readonly nanPolicy: NanPolicy;
  private readonly scorers = new Map<number, PredictionScorer>();
  private readonly reducers = new Map<RowLayout, RegionReducer>();

  constructor(points: number, weights: readonly Float64Array[], nanPolicy: NanPolicy) {
    this.points = points;
    this.weights = weights;
    this.nanPolicy = nanPolicy;
  }

  /** @returns a row of each region */
  rows(prediction: Prediction, layout: RowLayout, { truth, thresholds, climate }: CaseTruth): Float64Array[] {
    const scorer = this.scorerOf(layout.events.length);
    scorer.score(prediction, { truth, thresholds, climate, nanPolicy: this.nanPolicy });
    const scores: PointScores = {
      stride: this.points,
      statistics: scorer.statistics,
      twcrpsAbove: scorer.twcrpsAbove,
      thresholds,
      probability: scorer.probability,
      truth,
      ranks: null,
      counts: prediction.kind === 'ensemble' ? scorer.field('members') : null,
    };
    const sums = this.weights.map(() => emptySums(layout));
    this.reducerOf(layout).add(scores, this.points, this.weights, sums);
    return sums.map((region) => meansOfSums(layout, region));
  }

  private scorerOf(thresholds: number): PredictionScorer {
    const found = this.scorers.get(thresholds) ?? new PredictionScorer(this.points, thresholds);
    this.scorers.set(thresholds, found);
    return found;
  }

  private reducerOf(layout: RowLayout): RegionReducer {
    const found = this.reducers.get(layout) ?? new RegionReducer(layout, this.points, this.nanPolicy);
    this.reducers.set(layout, found);
    return found;
  }
}

/** Rows by valid time, let go once no later start can ask for them. */
export class RowsByValidTime {
  private readonly kept = new Map<string, { readonly validTime: number; readonly rows: Float64Array[] }>();

  get(key: string, validTime: number): Float64Array[] | undefined {
    return this.kept.get(`${key}/${validTime}`)?.rows;
  }

  set(key: string, validTime: number, rows: Float64Array[]): void {
    this.kept.set(`${key}/${validTime}`, { validTime, rows });
  }

  /** @param start the earliest that is still to come */
  releaseBefore(start: number): void {
    for (const [key, { validTime }] of this.kept) if (validTime <= start) this.kept.delete(key);
  }
}

/** The climatology among the references of a channel, if any. */
export function climateOf(references: readonly Reference[]): Climate | null {
  return references.find(({ climate }) => climate !== undefined)?.climate ?? null;
}
