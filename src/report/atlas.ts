/**
 * What the maps of a global forecast share: its fields, their grid and frame, and steps of colour and lines that fit several
 * fields at once.
 */
import type { Grid } from '../../core/grid.js';
import { memberMean, memberMoments } from '../../core/statistics/moments.js';
import { millisecondsPerHour } from '../../core/time.js';
import { shortCalendar } from './calendar.js';
import { type ColourScale, colourScale, type Scheme } from './colourScale.js';
import { leadLabel } from './displayUnit.js';
import type { GlobeFrame } from './globeFrame.js';
import type { ForecastFields, MemberField } from './quantities.js';

export interface Atlas {
  readonly fields: ForecastFields;
  readonly grid: Grid;
  readonly frame: GlobeFrame;
  /** Leads of the rows of small maps. */
  readonly leads: readonly number[];
}

/** Interval of height lines, dam. */
export const heightInterval = 8;

/** Mean of a field's members, [point]. */
export function meanOf(field: MemberField): Float64Array {
  const mean = new Float64Array(field.points);
  memberMean(field.values, field.members, mean);
  return mean;
}

export function spreadOf(field: MemberField): Float64Array {
  const [mean, variance] = [new Float64Array(field.points), new Float64Array(field.points)];
  memberMoments(field.values, field.members, mean, variance);
  return variance.map(Math.sqrt);
}

/** Steps of colour that cover all the fields, from `low` where given. */
export function scaleOver(
  shown: readonly ArrayLike<number>[],
  scheme: Scheme,
  steps: number,
  low?: number,
): ColourScale {
  const [least, most] = rangeOf(shown);
  return colourScale(low ?? least, most, scheme, steps);
}

function rangeOf(shown: readonly ArrayLike<number>[]): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const field of shown) {
    for (let i = 0; i < field.length; i++) {
      least = Math.min(least, field[i]!);
      most = Math.max(most, field[i]!);
    }
  }
  return [least, most];
}

/** Round values that lines are drawn at. */
export function levelsOver(shown: readonly ArrayLike<number>[], interval: number): number[] {
  const [low, high] = rangeOf(shown);
  const levels: number[] = [];
  for (let level = Math.ceil(low / interval) * interval; level <= high; level += interval) levels.push(level);
  return levels;
}

/** 'day 3 · 5 Mar 2001' */
export function caption(fields: ForecastFields, lead: number): string {
  return `${leadLabel(lead)} · ${shortCalendar(fields.start + lead * millisecondsPerHour)}`;
}
