/**
 * Skill: what part of a reference's score a forecast saves, 1 − S/S_ref, on the starts that both have, so that hard
 * weather is hard for both. Scores that are 0 at best and better when smaller:
 *
 *   crps, mse, rps, energy_score; of each event brier, twcrps
 *
 * A single field is scored by its absolute error, which is its CRPS. Against climatology the metric is called
 * `<score>_skill_score`; against persistence `<score>_skill_vs_persistence`, of crps and mse.
 */
import type { Metric } from './metric.js';
import { columnsOfStatistics, rankedEvents } from './statisticColumns.js';

/** A score as sums of statistics of the forecast and of the reference. */
export interface PairedScore {
  readonly score: string;
  readonly event: string | null;
  readonly own: readonly string[];
  readonly other: readonly string[];
}

/** Scores that both have the statistics of. */
export function pairedScoresOf(own: readonly string[], other: readonly string[]): PairedScore[] {
  const [a, b] = [columnsOfStatistics(own), columnsOfStatistics(other)];
  const pairs: PairedScore[] = [];
  const add = (score: string, event: string | null, mine: readonly string[], theirs = mine): void => {
    if (mine.every((name) => own.includes(name)) && theirs.every((name) => other.includes(name)))
      pairs.push({ score, event, own: mine, other: theirs });
  };
  add('crps', null, [crpsOf(a.plain)], [crpsOf(b.plain)]);
  add('mse', null, ['squared_error']);
  const ranked = rankedEvents(a.events).map(({ label }) => `${label}: brier`);
  if (ranked.length > 0) add('rps', null, ranked);
  add('energy_score', null, ['energy_score']);
  for (const { label } of a.events)
    for (const score of ['brier', 'twcrps']) add(score, label, [`${label}: ${score}`]);
  return pairs;
}

/** Statistic that holds the CRPS: of a single field it is the absolute error. */
export function crpsOf(plain: { has(name: string): boolean }): string {
  return plain.has('crps') ? 'crps' : 'absolute_error';
}

/** What is said of a forecast beside a reference. Skill against others is left to their differences. */
export function skillNames(reference: string, score: string): string | null {
  if (reference === 'climatology') return `${score}_skill_score`;
  if (reference === 'persistence' && (score === 'crps' || score === 'mse'))
    return `${score}_skill_vs_persistence`;
  return null;
}

/**
 * Skill from means of [own columns, columns of the reference].
 * @param own, other names of those columns; the second follow the first
 */
export function skillMetrics(
  pairs: readonly PairedScore[],
  reference: string,
  own: readonly string[],
  other: readonly string[],
): Metric[] {
  return pairs.flatMap((pair) => {
    const name = skillNames(reference, pair.score);
    if (name === null) return [];
    const mine = pair.own.map((column) => own.indexOf(column));
    const theirs = pair.other.map((column) => own.length + other.indexOf(column));
    const sum = (means: Float64Array, columns: readonly number[]): number => {
      let total = 0;
      for (const column of columns) total += means[column]!;
      return total;
    };
    return [{ name, event: pair.event, of: (means) => 1 - sum(means, mine) / sum(means, theirs) }];
  });
}
