/**
 * From cases to score rows: every metric of every model with its interval, and each model against the others
 * on the starts they share (paired: weather that is hard for both cancels).
 */

import { differencePrefix, type ScoreRow } from '../scoreRow.js';
import {
  type BootstrapOptions,
  blockLength,
  bootstrapIntervals,
  type OfMeans,
} from '../significance/blockBootstrap.js';
import { type CaseTable, meansOf } from './caseTable.js';
import { metricsOf } from './metrics.js';

/** Cases of one model at one lead, over one region. */
export interface ModelCases {
  readonly model: string;
  /** Infinity for closed forms. */
  readonly memberCount: number;
  readonly cases: CaseTable;
}

/** What every row of one (channel, lead, region) shares. */
export type RowPlace = Pick<ScoreRow, 'variable' | 'level' | 'lead_hours' | 'region' | 'season' | 'event'>;

export interface SummaryOptions extends BootstrapOptions {
  /** Hours between neighbouring starts, for the length of blocks. */
  readonly spacingHours: number;
}

/** Rows of one (channel, lead, region): first the model that is verified, then the references. */
export function summarise(
  place: RowPlace,
  models: readonly ModelCases[],
  starts: number,
  options: SummaryOptions,
): ScoreRow[] {
  const rows: ScoreRow[] = [];
  const add = (
    model: string,
    cases: Float64Array,
    width: number,
    metrics: { name: string; of: OfMeans }[],
  ) => {
    const n = cases.length / width;
    if (n === 0) return;
    const means = meansOf(cases, width);
    const block = blockLength(n, place.lead_hours, options.spacingHours);
    const intervals = bootstrapIntervals(
      cases,
      width,
      block,
      metrics.map((metric) => metric.of),
      options,
    );
    for (const [i, metric] of metrics.entries()) {
      const { low, high } = intervals[i]!;
      const value = metric.of(means);
      const interval = { ci_low: low, ci_high: high, p_value: null };
      rows.push({ model, ...place, metric: metric.name, value, ...interval, n });
    }
  };
  for (const { model, memberCount, cases } of models)
    add(model, cases.cases(), cases.statistics.length, metricsOf(cases.statistics, memberCount));
  const climatology = models.find((each) => each.model === 'climatology');
  for (const { model, cases } of models) {
    if (!climatology || model === climatology.model || !cases.statistics.includes('crps')) continue;
    const skill: OfMeans = (means) => 1 - means[0]! / means[1]!;
    add(model, pairedCrps(cases, climatology.cases, starts), 2, [{ name: 'crps_skill_score', of: skill }]);
  }
  const [first, ...references] = models;
  for (const reference of references) {
    if (!first?.cases.statistics.includes('crps')) continue;
    const difference: OfMeans = (means) => means[0]! - means[1]!;
    add(first.model, pairedCrps(first.cases, reference.cases, starts), 2, [
      { name: `${differencePrefix}${reference.model}`, of: difference },
    ]);
  }
  return rows;
}

/** [case, 2]: CRPS of both on the starts that both have. */
function pairedCrps(a: CaseTable, b: CaseTable, starts: number): Float64Array {
  const pairs: number[] = [];
  for (let start = 0; start < starts; start++)
    if (a.has(start) && b.has(start)) pairs.push(a.at(start, 'crps'), b.at(start, 'crps'));
  return Float64Array.from(pairs);
}
