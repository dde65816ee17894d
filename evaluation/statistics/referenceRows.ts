/**
 * Rows of statistics of references: a prediction scored at every point and reduced to the same columns as a run's.
 * Where a prediction depends on the valid time alone (climatology), forecasts that share it share the row. Scores of
 * fields leave spectra out: those of references are those of other days' truth, at the cost of all their states.
 */
import type { FieldScores } from '../fields/fieldScores.js';
import type { ClimateStates } from '../references/climate.js';
import { PredictionScorer } from '../references/predictionStatistics.js';
import type { Prediction } from '../references/reference.js';
import type { CaseTruth } from './caseTruth.js';
import {
  type FieldPlan,
  fieldResultSize,
  fieldRows,
  fieldScoresOf,
  flattenFields,
  withoutSpectra,
} from './fieldColumns.js';
import { type ScorePlan, weightsOfRegions } from './pieces.js';
import { emptySums, meansOfSums, type PointScores, RegionReducer } from './regionSums.js';
import type { RowLayout } from './rowLayout.js';

/** Of one region. */
export interface ReferenceRow {
  readonly means: Float64Array;
  /** Scores of the field as a whole; null where the prediction has none. */
  readonly fields: Float64Array | null;
}

/** Fields that a prediction holds equally likely; null where it knows points alone. */
function jointMembers(prediction: Prediction): ClimateStates | null {
  const independent = () => true;
  switch (prediction.kind) {
    case 'deterministic':
      return { members: Float32Array.from(prediction.values), memberCount: 1, independent };
    case 'ensemble':
      return { members: prediction.members, memberCount: prediction.memberCount, independent };
    case 'gaussian':
    case 'distribution':
      return null;
  }
}

/** Scores predictions of whole fields; scratch lives as long as it does. */
export class ReferenceRows {
  private readonly plan: ScorePlan;
  /** Of each region, [point]. */
  private readonly weights: readonly Float64Array[];
  private readonly fieldNames: readonly (readonly string[])[];
  private readonly scorers = new Map<number, PredictionScorer>();
  private readonly reducers = new Map<RowLayout, RegionReducer>();
  private readonly fieldPlan: FieldPlan | null;
  private readonly fields = new Map<number, FieldScores>();

  constructor(plan: ScorePlan, fieldNames: readonly (readonly string[])[]) {
    this.plan = plan;
    this.weights = weightsOfRegions(plan);
    this.fieldPlan = plan.fields === null ? null : withoutSpectra(plan.fields);
    this.fieldNames = fieldNames;
  }

  /**
   * @param states that stand for the prediction as whole fields, where it knows points alone
   * @returns a row of each region
   */
  rows(
    prediction: Prediction,
    layout: RowLayout,
    against: CaseTruth,
    states: ClimateStates | null,
  ): ReferenceRow[] {
    const { points, nanPolicy } = this.plan;
    const { truth, thresholds, climate } = against;
    const scorer = this.scorerOf(layout.events.length);
    scorer.score(prediction, { truth, thresholds, climate, nanPolicy });
    const scores: PointScores = {
      stride: points,
      statistics: scorer.statistics,
      twcrpsAbove: scorer.twcrpsAbove,
      thresholds,
      probability: scorer.probability,
      truth,
      ranks: null,
      pit: layout.pit < 0 ? null : { low: scorer.pitLow, high: scorer.pitHigh },
      counts: prediction.kind === 'ensemble' ? scorer.field('members') : null,
    };
    const sums = this.weights.map(() => emptySums(layout));
    this.reducerOf(layout).add(scores, points, this.weights, sums);
    const fields = this.fieldRows(states ?? jointMembers(prediction), truth);
    return sums.map((region, r) => ({
      means: meansOfSums(layout, region),
      fields: fields?.[r] ?? null,
    }));
  }

  /** Null of predictions that say nothing of fields as wholes, and where fields are not scored. */
  private fieldRows(states: ClimateStates | null, truth: Float32Array): Float64Array[] | null {
    const { plan, fieldPlan } = this;
    if (fieldPlan === null || states === null) return null;
    const { members, memberCount, independent } = states;
    const scores =
      this.fields.get(memberCount) ?? fieldScoresOf(fieldPlan, this.weights, memberCount, plan.nanPolicy);
    this.fields.set(memberCount, scores);
    const sums = new Float64Array(scores.size);
    const { points } = plan;
    scores.sums({ members, memberStride: points, truth, from: 0, to: points }, sums);
    const flat = new Float64Array(fieldResultSize(fieldPlan, plan.regions));
    flattenFields(scores.result(sums, independent), fieldPlan, flat);
    return fieldRows(this.fieldNames, flat);
  }

  private scorerOf(thresholds: number): PredictionScorer {
    const found = this.scorers.get(thresholds) ?? new PredictionScorer(this.plan.points, thresholds);
    this.scorers.set(thresholds, found);
    return found;
  }

  private reducerOf(layout: RowLayout): RegionReducer {
    const found =
      this.reducers.get(layout) ?? new RegionReducer(layout, this.plan.points, this.plan.nanPolicy);
    this.reducers.set(layout, found);
    return found;
  }
}

/** Rows by valid time, let go once no later start can ask for them. */
export class RowsByValidTime {
  private readonly kept = new Map<string, { readonly validTime: number; readonly rows: ReferenceRow[] }>();

  get(key: string, validTime: number): ReferenceRow[] | undefined {
    return this.kept.get(`${key}/${validTime}`)?.rows;
  }

  set(key: string, validTime: number, rows: ReferenceRow[]): void {
    this.kept.set(`${key}/${validTime}`, { validTime, rows });
  }

  /** @param start the earliest that is still to come */
  releaseBefore(start: number): void {
    for (const [key, { validTime }] of this.kept) if (validTime <= start) this.kept.delete(key);
  }
}
