/**
 * Events: the truth strictly above a threshold. A threshold is a number in the channel's unit, the same everywhere,
 * or a percentile of climatology at the point on the day of the year, so that an event is as rare everywhere.
 */
import { usageError } from '../../core/errors.js';

export type Event =
  | { readonly kind: 'number'; readonly label: string; readonly value: number }
  | { readonly kind: 'percentile'; readonly label: string; readonly probability: number };

/** Which events are scored. */
export interface EventChoice {
  /** By channel name ('msl', 't850'), in the channel's unit. */
  readonly numbers?: Readonly<Record<string, readonly number[]>>;
  /** Per cent, 0 to 100 exclusive; need climatology. Default: {@link usualPercentiles} where it is fitted. */
  readonly percentiles?: readonly number[];
}

/** Below normal, normal, above normal, and the two tails. */
export const usualPercentiles: readonly number[] = [10, 33, 67, 90];

/** Events of a channel, percentiles first, rising. @throws {PlumeError} usage, for a percentile out of range */
export function eventsOf(channel: string, choice: EventChoice, climatology: boolean): Event[] {
  const percentiles = choice.percentiles ?? (climatology ? usualPercentiles : []);
  if (percentiles.length > 0 && !climatology) {
    throw usageError(
      `percentiles ${percentiles.join(', ')} of climatology need climatology among the references; ` +
        'add it, or give thresholds as numbers in the unit of the variable',
    );
  }
  const rising = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
  for (const percentile of percentiles) {
    if (!(percentile > 0 && percentile < 100))
      throw usageError(`percentile ${percentile} is not between 0 and 100; 90 is the upper tenth`);
  }
  return [
    ...rising(percentiles).map(
      (percentile): Event => ({
        kind: 'percentile',
        label: `above p${percentile}`,
        probability: percentile / 100,
      }),
    ),
    ...rising(choice.numbers?.[channel] ?? []).map(
      (value): Event => ({ kind: 'number', label: `above ${value}`, value }),
    ),
  ];
}

/** Prefix of the names of an event's statistics: 'above p90: '. */
export function eventPrefix(label: string): string {
  return `${label}: `;
}

/** C: probabilities are told apart in C + 1 classes, c standing for c / C. @param memberCount Infinity: closed form */
export function probabilityClasses(memberCount: number): number {
  return Math.min(memberCount, 100);
}
