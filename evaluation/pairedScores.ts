/**
 * Scores of several forecasts of the same cases, each with its interval, and each beside the first one on the
 * starts that both have: whole starts are drawn anew for both at once, so that weather that is hard for both
 * cancels (blockBootstrap).
 */
import { type BootstrapOptions, blockLength, bootstrapIntervals, type OfMeans } from './blockBootstrap.js';
import { plainStatistics } from './caseStatistics.js';
import { type CaseTable, meansOf } from './caseTable.js';
import type { CompareDifference, CompareRow, CompareScore } from './compareRow.js';
import type { Verdict } from './scoreRow.js';
import { spreadSkillRatio } from './spreadSkill.js';

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

export type ComparePlace = Pick<CompareRow, 'variable' | 'level' | 'lead_hours'>;

interface Metric<Name> {
  readonly name: Name;
  readonly of: OfMeans;
}

const width = plainStatistics.length;

/** Rows of one (channel, lead). @param climatology also scored by itself when it is one of `all` */
export function pairedScores(
  place: ComparePlace,
  all: readonly ScoredCases[],
  climatology: ScoredCases | undefined,
  starts: number,
  options: PairedOptions,
): CompareRow[] {
  const rows: CompareRow[] = [];
  const [first, ...others] = all;
  const add = (
    who: Pick<CompareRow, 'run' | 'against'>,
    tables: readonly CaseTable[],
    metrics: readonly Metric<CompareRow['metric']>[],
    verdict: (low: number, high: number) => Verdict | null,
  ): void => {
    const cases = shared(tables, starts);
    const columns = width * tables.length;
    const n = cases.length / columns;
    if (n === 0 || metrics.length === 0) return;
    const means = meansOf(cases, columns);
    const block = blockLength(n, place.lead_hours, options.spacingHours);
    const intervals = bootstrapIntervals(
      cases,
      columns,
      block,
      metrics.map(({ of }) => of),
      options,
    );
    for (const [i, { name, of }] of metrics.entries()) {
      const { low, high } = intervals[i]!;
      const value = of(means);
      rows.push({
        ...who,
        ...place,
        metric: name,
        value,
        ci_low: low,
        ci_high: high,
        verdict: verdict(low, high),
        n,
      });
    }
  };
  const skilled = (each: ScoredCases): boolean => climatology !== undefined && each !== climatology;
  for (const each of all) {
    const alone = { run: each.run, against: null };
    add(alone, [each.cases], scoresOf(each.memberCount), () => null);
    if (climatology && skilled(each))
      add(
        alone,
        [each.cases, climatology.cases],
        [{ name: 'crps_skill_score', of: skillOf(0, 1) }],
        () => null,
      );
  }
  for (const other of others) {
    if (!first) break;
    const beside = { run: other.run, against: first.run };
    const differences = differencesOf(other.memberCount, first.memberCount);
    add(beside, [other.cases, first.cases], differences, smallerIsBetter);
    if (climatology && skilled(first) && skilled(other)) {
      const ratio = { name: 'crps_skill_ratio', of: skillRatio } as const;
      add(beside, [other.cases, first.cases, climatology.cases], [ratio], aboveOneIsBetter);
    }
  }
  return rows;
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

function scoresOf(memberCount: number): Metric<CompareScore>[] {
  const scores: Metric<CompareScore>[] = [
    { name: 'crps', of: (means) => means[0]! },
    { name: 'rmse', of: (means) => Math.sqrt(means[1]!) },
  ];
  if (memberCount > 1) {
    scores.push(
      { name: 'spread', of: (means) => Math.sqrt(means[2]!) },
      { name: 'spread_skill_ratio', of: ratioOf(0, memberCount) },
    );
  }
  return scores;
}

/** Of the means of two tables: first the run, then the one it is compared with. */
function differencesOf(memberCount: number, firstCount: number): Metric<CompareDifference>[] {
  const differences: Metric<CompareDifference>[] = [
    { name: 'crps_difference', of: (means) => means[0]! - means[width]! },
    { name: 'rmse_difference', of: (means) => Math.sqrt(means[1]!) - Math.sqrt(means[width + 1]!) },
  ];
  if (memberCount > 1 && firstCount > 1) {
    const distance = (table: number, count: number): OfMeans => {
      const ratio = ratioOf(table, count);
      return (means) => Math.abs(Math.log(ratio(means)));
    };
    const [own, other] = [distance(0, memberCount), distance(1, firstCount)];
    differences.push({ name: 'spread_skill_distance_difference', of: (means) => own(means) - other(means) });
  }
  return differences;
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

/** Of the run, the first run and climatology; nothing (NaN) where the first has no skill to divide by. */
const skillRatio: OfMeans = (means) => {
  const [own, first] = [skillOf(0, 2)(means), skillOf(1, 2)(means)];
  return first > 0 ? own / first : Number.NaN;
};

/** [case, table, statistic] on the starts that every table has. */
function shared(tables: readonly CaseTable[], starts: number): Float64Array {
  const values: number[] = [];
  for (let start = 0; start < starts; start++) {
    if (!tables.every((table) => table.has(start))) continue;
    for (const table of tables) for (const name of plainStatistics) values.push(table.at(start, name));
  }
  return Float64Array.from(values);
}
