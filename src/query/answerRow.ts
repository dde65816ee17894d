/**
 * Answers as tidy rows, for Arrow and CSV: one for every event, start and site, with `condition` empty. An event of one
 * condition has that one's deciding variable in the same row; one of several has a row for each of them behind its own.
 * Refused sites have rows without a probability. Variances are in the square of the unit, those of the yes or no without.
 */
import type { Column } from '../../core/store/table.js';
import type { ConditionAnswer, EventAnswer } from '../../evaluation/events/answer.js';
import { columnsOf, type RowLayout } from '../../evaluation/tidyRows.js';
import type { AskedEvent } from './askEvents.js';

export interface AnswerRow {
  readonly event: string;
  readonly condition: string | null;
  readonly start: number;
  readonly site: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly probability: number | null;
  readonly yes: number | null;
  readonly members: number;
  readonly missing: number | null;
  readonly effective_members: number | null;
  readonly interval: string | null;
  readonly interval_level: number | null;
  readonly interval_low: number | null;
  readonly interval_high: number | null;
  readonly climatological_probability: number | null;
  readonly climatological_cases: number | null;
  readonly epistemic_variance: number | null;
  readonly aleatoric_variance: number | null;
  readonly unit: string | null;
  readonly deciding_mean: number | null;
  readonly deciding_q05: number | null;
  readonly deciding_q25: number | null;
  readonly deciding_q50: number | null;
  readonly deciding_q75: number | null;
  readonly deciding_q95: number | null;
  readonly deciding_epistemic_variance: number | null;
  readonly deciding_aleatoric_variance: number | null;
  readonly points: number | null;
  readonly points_left_out: number | null;
}

const layout: RowLayout<AnswerRow> = {
  event: 'utf8',
  condition: 'utf8',
  start: 'timestamp',
  site: 'utf8',
  latitude: 'float64',
  longitude: 'float64',
  probability: 'float64',
  yes: 'int32',
  members: 'int32',
  missing: 'int32',
  effective_members: 'float64',
  interval: 'utf8',
  interval_level: 'float64',
  interval_low: 'float64',
  interval_high: 'float64',
  climatological_probability: 'float64',
  climatological_cases: 'int32',
  epistemic_variance: 'float64',
  aleatoric_variance: 'float64',
  unit: 'utf8',
  deciding_mean: 'float64',
  deciding_q05: 'float64',
  deciding_q25: 'float64',
  deciding_q50: 'float64',
  deciding_q75: 'float64',
  deciding_q95: 'float64',
  deciding_epistemic_variance: 'float64',
  deciding_aleatoric_variance: 'float64',
  points: 'int32',
  points_left_out: 'int32',
};

const nothing = Object.fromEntries(Object.keys(layout).map((name) => [name, null])) as unknown as Readonly<
  Record<keyof AnswerRow, null>
>;

export function answerColumns(asked: readonly AskedEvent[]): Column[] {
  return columnsOf(layout, asked.flatMap(rowsOf));
}

function rowsOf({ event, start, answers, refused }: AskedEvent): AnswerRow[] {
  return [
    ...answers.flatMap((answer) => {
      const own = eventRow(event, answer);
      const [only] = answer.conditions;
      if (answer.conditions.length === 1 && only !== undefined) return [{ ...own, ...deciding(only) }];
      const { site, latitude, longitude, members, missing } = own;
      const place = { event, start, site, latitude, longitude, members, missing };
      return [
        own,
        ...answer.conditions.map((condition) => ({
          ...nothing,
          ...place,
          condition: condition.text,
          probability: condition.probability,
          ...deciding(condition),
        })),
      ];
    }),
    ...refused.map(({ site, latitude, longitude, members }) => ({
      ...nothing,
      ...{ event, start, site, latitude, longitude, members },
    })),
  ];
}

function eventRow(event: string, answer: EventAnswer): AnswerRow {
  const { site, latitude, longitude, start, probability, yes, members, missing, interval } = answer;
  return {
    ...nothing,
    ...{ event, start, site, latitude, longitude, probability, yes, members, missing },
    effective_members: answer.effectiveMembers,
    interval: interval.method,
    interval_level: interval.level,
    interval_low: interval.low,
    interval_high: interval.high,
    climatological_probability: answer.climatological?.probability ?? null,
    climatological_cases: answer.climatological?.cases ?? null,
    epistemic_variance: answer.variance?.epistemic ?? null,
    aleatoric_variance: answer.variance?.aleatoric ?? null,
  };
}

function deciding({ unit, mean, quantiles, variance, points, pointsLeftOut }: ConditionAnswer) {
  const [q05 = null, q25 = null, q50 = null, q75 = null, q95 = null] = quantiles;
  return {
    unit,
    deciding_mean: mean,
    deciding_q05: q05,
    deciding_q25: q25,
    deciding_q50: q50,
    deciding_q75: q75,
    deciding_q95: q95,
    deciding_epistemic_variance: variance?.epistemic ?? null,
    deciding_aleatoric_variance: variance?.aleatoric ?? null,
    points,
    points_left_out: pointsLeftOut,
  };
}
