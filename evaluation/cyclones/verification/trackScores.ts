/**
 * Scores of tracks over many forecasts of storms, as tidy rows: means over cases of what averages (stormCase.ts), and what
 * is made of such means: roots of mean squares, and spread against skill, which is 1 where the truth is like a member.
 * Beside every value the cases it rests on, and how many of the members asked had the storm in them.
 */
import type { CaseStatistics, StormCase } from './stormCase.js';

export interface TrackScoreRow {
  readonly lead_hours: number;
  readonly metric: string;
  readonly value: number;
  /** Cases. */
  readonly n: number;
  /** Members that had the storm, and members that were asked, over these cases; the difference have lost it. */
  readonly members: number;
  readonly asked: number;
}

/** Leads rising, metrics in one order; a metric is left out where no case has it. */
export function trackScores(cases: readonly StormCase[]): TrackScoreRow[] {
  const byLead = new Map<number, StormCase[]>();
  for (const each of cases) {
    const list = byLead.get(each.leadHours);
    if (list) list.push(each);
    else byLead.set(each.leadHours, [each]);
  }
  return [...byLead]
    .sort(([a], [b]) => a - b)
    .flatMap(([lead, list]) => rowsOf(lead, list).filter(({ n }) => n > 0));
}

function rowsOf(lead_hours: number, cases: readonly StormCase[]): TrackScoreRow[] {
  const names = Object.keys(cases[0]!.statistics) as (keyof CaseStatistics)[];
  const row = (metric: string, value: number, over: readonly StormCase[]): TrackScoreRow => ({
    lead_hours,
    metric,
    value,
    n: over.length,
    members: sum(over.map(({ members }) => members)),
    asked: sum(over.map(({ asked }) => asked)),
  });
  const rows = names
    .filter((name) => !name.endsWith('_km2'))
    .map((name) => {
      const over = cases.filter(({ statistics }) => !Number.isNaN(statistics[name]));
      return row(name, meanOf(over, name), over);
    });
  const both = cases.filter(
    ({ statistics }) => !Number.isNaN(statistics.squared_error_km2 + statistics.expected_squared_error_km2),
  );
  const error = Math.sqrt(meanOf(both, 'squared_error_km2'));
  const spread = Math.sqrt(meanOf(both, 'expected_squared_error_km2'));
  rows.push(row('rmse_of_mean_km', error, both), row('spread_km', spread, both));
  rows.push(row('spread_skill_ratio', spread / error, both));
  const observed = cases.filter((each) => each.observed);
  const share = sum(observed.map(({ members, asked }) => members / asked)) / observed.length;
  rows.push(row('alive_share', share, observed));
  return rows;
}

function meanOf(cases: readonly StormCase[], name: keyof CaseStatistics): number {
  return sum(cases.map(({ statistics }) => statistics[name])) / cases.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
