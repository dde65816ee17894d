/**
 * Scores of several forecasts of the same cases, each with its interval, and each beside the first one: whole
 * starts are drawn anew for all at once, so that weather that is hard for both of two cancels (blockBootstrap).
 * Everything rests on the starts that all forecasts have.
 */
import type { CompareRow } from '../compareRow.js';
import { startsBySeason } from '../seasons.js';
import { isScored } from '../statistics/scoredStarts.js';
import { skillNames } from '../statistics/skillScores.js';
import type { StatisticGroup } from '../statistics/statisticTable.js';
import {
  type BootstrapOptions,
  blockLength,
  type Interval,
  overlapOf,
  resampling,
} from './blockBootstrap.js';
import { dieboldMariano } from './dieboldMariano.js';
import { betterWhen, skillMetrics } from './orientation.js';
import {
  combined,
  intervalOf,
  isReported,
  type PlaceScore,
  type PlaceScores,
  scoreDifference,
  scoreKey,
  scoresAt,
} from './placeScores.js';
import { type Verdict, verdict } from './verdict.js';

export interface PairedOptions extends BootstrapOptions {
  /** Hours between neighbouring starts, for the length of blocks. */
  readonly spacingHours: number;
  /** Rows of each season of the valid time too. */
  readonly seasons: boolean;
}

export type ComparePlace = Pick<CompareRow, 'variable' | 'level' | 'lead_hours' | 'region'>;

/**
 * Rows of one place: the scores of each forecast, its skill against climatology, and its differences from the first.
 * @param groups of the forecasts at this place, the first being what the others are compared with
 * @param starts that the groups' rows are numbered by, milliseconds since 1970
 */
export function pairedScores(
  place: ComparePlace,
  groups: readonly StatisticGroup[],
  starts: readonly number[],
  options: PairedOptions,
): CompareRow[] {
  const shared = [...starts.keys()].filter((i) => groups.every((group) => isScored(group, i)));
  const times = shared.map((i) => starts[i]!);
  return startsBySeason(times, place.lead_hours, options.seasons).flatMap(({ season, indices }) => {
    const positions = indices.map((i) => shared[i]!);
    return positions.length === 0 ? [] : seasonRows({ ...place, season }, groups, positions, options);
  });
}

function seasonRows(
  place: ComparePlace & Pick<CompareRow, 'season'>,
  groups: readonly StatisticGroup[],
  positions: readonly number[],
  options: PairedOptions,
): CompareRow[] {
  const n = positions.length;
  const block = blockLength(n, place.lead_hours, options.spacingHours);
  const overlap = overlapOf(place.lead_hours, options.spacingHours);
  const shared = resampling(n, block, options);
  const all = groups.map((group) => scoresAt(group, positions, shared));
  const rows: CompareRow[] = [];
  const add = (
    run: string,
    against: string | null,
    score: PlaceScore,
    judged: { readonly pValue: number; say(interval: Interval): Verdict } | null,
  ): void => {
    const interval = intervalOf(score, shared, block);
    rows.push({
      run,
      against,
      ...place,
      event: score.event,
      metric: score.name,
      value: score.value,
      ci_low: interval.low,
      ci_high: interval.high,
      p_value: judged?.pValue ?? null,
      verdict: judged?.say(interval) ?? null,
      n,
    });
  };

  const skills = skillsOf(groups, all);
  for (const [i, { model }] of groups.entries()) {
    for (const score of all[i]!.values()) if (isReported(score)) add(model, null, score, null);
    for (const skill of skills[i]!.values()) add(model, null, skill, null);
  }
  const [first, ...others] = groups;
  for (const [j, { model }] of others.entries()) {
    for (const difference of differencesOf(all[j + 1]!, all[0]!)) {
      const pValue = pValueOf(difference.starts, overlap);
      const turned = betterWhen(difference.name) === 'larger';
      const say = ({ low, high }: Interval): Verdict =>
        verdict(turned ? { low: -high, high: -low } : { low, high }, pValue);
      add(model, first!.model, { ...difference, name: `${difference.name}_difference` }, { pValue, say });
    }
    const ratio = skillRatio(skills[j + 1]!, skills[0]!, all[j + 1]!, all[0]!);
    if (ratio === null) continue;
    // Of a first forecast that has skill: more of it, and a smaller score, are the same thing.
    const pValue = Number.isNaN(ratio.value) ? Number.NaN : pValueOf(ratio.starts, overlap);
    const say = ({ low, high }: Interval): Verdict => verdict({ low: 1 - high, high: 1 - low }, pValue);
    add(model, first!.model, ratio, { pValue, say });
  }
  return rows;
}

/** NaN where some start has no value. */
function pValueOf(starts: Float64Array, overlap: number): number {
  return starts.some(Number.isNaN) ? Number.NaN : dieboldMariano(starts, overlap).pValue;
}

/** Metrics that both have and that rank forecasts. */
function differencesOf(own: PlaceScores, first: PlaceScores): PlaceScore[] {
  return [...own].flatMap(([key, score]) => {
    const other = first.get(key);
    return other === undefined || betterWhen(score.name) === null ? [] : [scoreDifference(score, other)];
  });
}

/** For each forecast its skill against climatology and persistence, 1 − score / score of the reference, by its name. */
function skillsOf(groups: readonly StatisticGroup[], all: readonly PlaceScores[]): PlaceScores[] {
  return all.map((scores) => {
    const skills = new Map<string, PlaceScore>();
    for (const [i, { model }] of groups.entries()) {
      const reference = all[i]!;
      if (scores === reference) continue;
      for (const [key, score] of scores) {
        const base = reference.get(key);
        const name = skillMetrics.includes(score.name) ? skillNames(model, score.name) : null;
        if (base === undefined || name === null) continue;
        const value = 1 - score.value / base.value;
        if (!Number.isFinite(value)) continue;
        const draws = combined(score.draws, base.draws, (own, other) => 1 - own / other);
        skills.set(scoreKey(name, score.event), { ...score, name, value, draws });
      }
    }
    return skills;
  });
}

/** Skill of one over skill of the first; NaN where the first has none, and there is nothing to divide by. */
function skillRatio(
  own: PlaceScores,
  first: PlaceScores,
  ownScores: PlaceScores,
  firstScores: PlaceScores,
): PlaceScore | null {
  const skill = scoreKey('crps_skill_score', null);
  const key = scoreKey('crps', null);
  const [a, b] = [own.get(skill), first.get(skill)];
  const [score, base] = [ownScores.get(key), firstScores.get(key)];
  if (a === undefined || b === undefined || score === undefined || base === undefined) return null;
  const ratio = (x: number, y: number): number => (y > 0 ? x / y : Number.NaN);
  return {
    ...a,
    name: 'crps_skill_ratio',
    value: ratio(a.value, b.value),
    draws: combined(a.draws, b.draws, ratio),
    starts: scoreDifference(score, base).starts,
  };
}
