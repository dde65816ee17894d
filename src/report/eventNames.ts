/**
 * Events of the scores in words: 'above p90' is the 90th percentile of climatology at the point and day, 'above 98000'
 * a number in the stored unit.
 */
import { displayUnit, formatValue } from './displayUnit.js';

/** @param unit stored unit of the variable @returns 'above the 90th percentile', 'above 980 hPa' */
export function eventName(event: string, unit: string): string {
  const [, percentile] = /^above p(\d+(?:\.\d+)?)$/.exec(event) ?? [];
  if (percentile !== undefined) return `above the ${ordinal(percentile)} percentile`;
  const [, number] = /^above (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i.exec(event) ?? [];
  if (number === undefined) return event;
  const { label, factor } = displayUnit(unit);
  return `above ${formatValue(Number(number) * factor)} ${label}`.trim();
}

/** Events from the lowest threshold to the highest, percentiles before numbers. */
export function eventsOf(rows: readonly { readonly event: string | null }[]): string[] {
  const events = [...new Set(rows.map(({ event }) => event))].filter((event) => event !== null);
  const place = (event: string): number => Number(/-?[\d.]+(?:e[+-]?\d+)?$/i.exec(event)?.[0] ?? Number.NaN);
  const kind = (event: string): number => (event.startsWith('above p') ? 0 : 1);
  return events.sort((a, b) => kind(a) - kind(b) || place(a) - place(b) || a.localeCompare(b));
}

/** The two that say most: the rarest either way, or whatever there is. */
export function outerEvents(events: readonly string[]): string[] {
  return events.length <= 2 ? [...events] : [events[0] ?? '', events[events.length - 1] ?? ''];
}

function ordinal(number: string): string {
  const [last, teens] = [Number(number) % 10, Number(number) % 100];
  if (teens >= 11 && teens <= 13) return `${number}th`;
  return `${number}${last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'}`;
}
