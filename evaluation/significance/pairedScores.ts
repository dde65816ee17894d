/**
 * Scores of several forecasts of the same cases, each with its interval, and each beside the first one: whole
 * starts are drawn anew for all at once, so that weather that is hard for both of two cancels (blockBootstrap).
 */

import type { CompareDifference, CompareRow, CompareScore } from '../compareRow.js';
import type { Verdict } from '../scoreRow.js';
import { spreadSkillRatio } from '../scores/spreadSkill.js';
import { plainStatistics } from '../statistics/caseStatistics.js';
import { type CaseTable, meansOf } from '../statistics/caseTable.js';
import { type BootstrapOptions, blockLength, bootstrapIntervals, type OfMeans } from './blockBootstrap.js';

/** Cases of one forecast at one lead and channel, with {@link plainStatistics}. */
export interface ScoredCases {
  readonly run: string;
  /** 1: a point forecast; Infinity: a distribution in closed form. */
  readonly memberCount: number;
  readonly cases: CaseTable;
}

export interface PairedOptions extends BootstrapOptions {
  /** Hours between neighbouring starts, for the length of blocks. */
  readonly spacingHours: number;
}

export type ComparePlace = Pick<
  CompareRow,
  'variable' | 'level' | 'lead_hours' | 'region' | 'season' | 'event'
>;

/** A row in the making: whose, beside whom, and what is made of the means over the starts that all have. */
interface Wanted extends Pick<CompareRow, 'run' | 'against' | 'metric'> {
  readonly of: OfMeans;
  readonly verdict: (low: number, high: number) => Verdict | null;
}

const width = plainStatistics.length;

/**
 * Rows of one (channel, lead), all from the starts that every forecast has: the same starts are drawn for all.
 * @param all the first is what the others are compared with
 * @param climatology its position among `all`; null where there is none, and so no skill
 */
export function pairedScores(
  place: ComparePlace,
  all: readonly ScoredCases[],
  climatology: number | null,
  starts: number,
  options: PairedOptions,
): CompareRow[] {
  const columns = width * all.length;
  const cases = sharedStarts(all, starts);
  const n = cases.length / columns;
  if (n === 0) return [];
  const wanted = [...scoresAlone(all, climatology), ...besideFirst(all, climatology)];
  const means = meansOf(cases, columns);
  const intervals = bootstrapIntervals(
    cases,
    columns,
    blockLength(n, place.lead_hours, options.spacingHours),
    wanted.map(({ of }) => of),
    options,
  );
  return wanted.map(({ run, against, metric, of, verdict }, i) => {
    const { low, high } = intervals[i]!;
    const interval = { ci_low: low, ci_high: high, p_value: null };
    const score = { metric, value: of(means), ...interval, verdict: verdict(low, high), n };
    return { run, against, ...place, ...score };
  });
}

function scoresAlone(all: readonly ScoredCases[], climatology: number | null): Wanted[] {
  return all.flatMap(({ run, memberCount }, i) => {
    const wanted: Wanted[] = [];
    const add = (metric: CompareScore, of: OfMeans): void => {
      wanted.push({ run, against: null, metric, of, verdict: () => null });
    };
    add('crps', crpsOf(i));
    add('rmse', rmseOf(i));
    if (memberCount > 1) {
      add('spread', (means) => Math.sqrt(means[i * width + 2]!));
      add('spread_skill_ratio', ratioOf(i, memberCount));
    }
    if (climatology !== null && climatology !== i) add('crps_skill_score', skillOf(i, climatology));
    return wanted;
  });
}

function besideFirst(all: readonly ScoredCases[], climatology: number | null): Wanted[] {
  const [first, ...others] = all;
  if (first === undefined) return [];
  return others.flatMap(({ run, memberCount }, j) => {
    const i = j + 1;
    const wanted: Wanted[] = [];
    const add = (metric: CompareDifference, of: OfMeans, verdict: Wanted['verdict']): void => {
      wanted.push({ run, against: first.run, metric, of, verdict });
    };
    const less = (score: (table: number) => OfMeans): OfMeans => {
      const [own, other] = [score(i), score(0)];
      return (means) => own(means) - other(means);
    };
    add('crps_difference', less(crpsOf), smallerIsBetter);
    add('rmse_difference', less(rmseOf), smallerIsBetter);
    if (memberCount > 1 && first.memberCount > 1) {
      const distance = (table: number): OfMeans => {
        const ratio = ratioOf(table, all[table]!.memberCount);
        return (means) => Math.abs(Math.log(ratio(means)));
      };
      add('spread_skill_distance_difference', less(distance), smallerIsBetter);
    }
    if (climatology !== null && climatology !== i && climatology !== 0) {
      const [own, other] = [skillOf(i, climatology), skillOf(0, climatology)];
      // Where the first has no skill there is nothing to divide by.
      const ratio: OfMeans = (means) => (other(means) > 0 ? own(means) / other(means) : Number.NaN);
      add('crps_skill_ratio', ratio, aboveOneIsBetter);
    }
    return wanted;
  });
}

/** Of the interval of a difference of scores that are better when smaller. */
function smallerIsBetter(low: number, high: number): Verdict {
  if (high < 0) return 'better';
  return low > 0 ? 'worse' : 'no evidence';
}

/** Of the interval of a ratio of skills. */
function aboveOneIsBetter(low: number, high: number): Verdict {
  if (low > 1) return 'better';
  return high < 1 ? 'worse' : 'no evidence';
}

/** Of the means of all forecasts, [forecast, statistic]: a score of the one numbered `table`. */
function crpsOf(table: number): OfMeans {
  return (means) => means[table * width]!;
}

function rmseOf(table: number): OfMeans {
  return (means) => Math.sqrt(means[table * width + 1]!);
}

function ratioOf(table: number, memberCount: number): OfMeans {
  const at = table * width;
  return (means) =>
    Number.isFinite(memberCount)
      ? spreadSkillRatio(means[at + 2]!, means[at + 1]!, memberCount)
      : Math.sqrt(means[at + 2]! / means[at + 1]!);
}

function skillOf(table: number, climatology: number): OfMeans {
  return (means) => 1 - means[table * width]! / means[climatology * width]!;
}

/** [case, forecast, statistic] on the starts that every forecast has. */
function sharedStarts(all: readonly ScoredCases[], starts: number): Float64Array {
  const values: number[] = [];
  for (let start = 0; start < starts; start++) {
    if (!all.every(({ cases }) => cases.has(start))) continue;
    for (const { cases } of all) for (const name of plainStatistics) values.push(cases.at(start, name));
  }
  return Float64Array.from(values);
}
