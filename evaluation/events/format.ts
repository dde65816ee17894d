/**
 * Events back to text, in one spelling, such that parseEvent gives the same event. A polygon is named by its file: text of
 * events whose polygons came as plain data names a file that has to be there to be read.
 */
import { formatDuration } from '../../core/time.js';
import { normaliseUnit } from '../../core/units.js';
import type { Centre, Comparison, Condition, EventExpression, Place, Quantity } from './event.js';
import { reservedWords } from './parseCondition.js';

export function formatEvent(event: EventExpression): string {
  switch (event.kind) {
    case 'condition':
      return formatCondition(event);
    case 'not':
      return `not ${inside(event.term, ['and', 'or'])}`;
    case 'and':
      return event.terms.map((term) => inside(term, ['and', 'or'])).join(' and ');
    case 'or':
      return event.terms.map((term) => inside(term, ['or'])).join(' or ');
  }
}

function inside(event: EventExpression, bracketed: readonly string[]): string {
  const text = formatEvent(event);
  return bracketed.includes(event.kind) ? `(${text})` : text;
}

export function formatCondition(condition: Omit<Condition, 'text'>): string {
  const { quantity, comparison, place, join, window, durationHours } = condition;
  return [
    formatQuantity(quantity),
    formatComparison(comparison),
    ...(quantity.unit === null ? [] : [formatUnit(quantity.unit)]),
    ...(durationHours === 0 ? [] : [`for ${formatHours(durationHours)}`]),
    formatPlace(place, join),
    ...(window === null ? [] : [formatWindow(window)]),
  ].join(' ');
}

function formatQuantity({ name, inTime }: Quantity): string {
  const plain = /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !reservedWords.includes(name.toLowerCase());
  const text = plain ? name : quoted(name);
  return inTime === null ? text : `${inTime.operation}(${text}, ${formatHours(inTime.hours)})`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function formatComparison(comparison: Comparison): string {
  if ('from' in comparison) return `${comparison.kind} ${comparison.from}..${comparison.to}`;
  const { kind, threshold } = comparison;
  return `${kind} ${threshold.kind === 'number' ? threshold.value : `p${threshold.percent}`}`;
}

/** As written where it can be read back, else as the table of units spells it. */
function formatUnit(unit: string): string {
  return /^[\p{L}°%][^(),<>]*$/u.test(unit) ? unit : normaliseUnit(unit);
}

function formatHours(hours: number): string {
  return Number.isInteger(hours) ? `${hours}h` : formatDuration(Math.round(hours * 3_600_000));
}

function formatWindow({ fromHours, toHours }: NonNullable<Condition['window']>): string {
  if (fromHours === toHours) return `at ${formatHours(fromHours)}`;
  return `between ${formatHours(fromHours)} and ${formatHours(toHours)}`;
}

function formatPlace(place: Place, join: Condition['join']): string {
  if (place.kind === 'point') return `at ${formatCentre(place.centre)}`;
  const how = { any: 'anywhere', all: 'everywhere', mean: 'over' }[join];
  if (place.kind === 'circle') return `${how} within ${place.radiusKm} km of ${formatCentre(place.centre)}`;
  return `${how} ${join === 'mean' ? '' : 'in '}${formatArea(place)}`;
}

function formatCentre(centre: Centre): string {
  return centre === 'here' ? 'here' : `${centre.latitude},${centre.longitude}`;
}

function formatArea(place: Extract<Place, { readonly kind: 'box' | 'polygon' | 'domain' }>): string {
  switch (place.kind) {
    case 'domain':
      return 'domain';
    case 'box': {
      const { north, west, south, east } = place.box;
      return `box(${north}, ${west}, ${south}, ${east})`;
    }
    case 'polygon':
      return `polygon(${/^[^()"'\s]+$/.test(place.name) ? place.name : quoted(place.name)})`;
  }
}
