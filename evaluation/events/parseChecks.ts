/**
 * What a condition can be written as and still not mean: variables that the forecast does not hold, units of another
 * dimension, windows that end before they begin or after the forecast, durations that do not fit into them. The same of
 * text and of plain data: a fault names the part, and whoever knows where the part stands says so.
 */
import { isPlumeError } from '../../core/errors.js';
import { isKnownUnit, normaliseUnit, unitConversion, unitsLike } from '../../core/units.js';
import type { Condition } from './event.js';
import { suggestion } from './parseSuggestion.js';

/** What is known of the forecast that is asked; what is not given is not checked. */
export interface EventTerms {
  /** Unit of a quantity, null where the forecast has nothing of that name. */
  readonly quantityUnits?: (name: string) => string | null;
  /** For messages: everything that quantityUnits knows. */
  readonly quantityNames?: readonly string[];
  /** Rising. */
  readonly leadsHours?: readonly number[];
  /** Text of a GeoJSON file. */
  readonly readFile?: (path: string) => string;
}

export type ConditionPart =
  | 'name'
  | 'unit'
  | 'hours'
  | 'threshold'
  | 'place'
  | 'window'
  | 'from'
  | 'to'
  | 'duration';

export interface ConditionFault {
  readonly part: ConditionPart;
  readonly message: string;
}

export function faultOfCondition(condition: Condition, terms: EventTerms): ConditionFault | null {
  return (
    faultOfName(condition.quantity.name, terms) ??
    faultOfUnit(condition, terms) ??
    faultOfThreshold(condition) ??
    faultOfDirection(condition) ??
    faultOfWindow(condition, terms) ??
    faultOfHours(condition, terms) ??
    faultOfDuration(condition, terms)
  );
}

export function faultOfName(
  name: string,
  { quantityUnits, quantityNames = [] }: EventTerms,
): ConditionFault | null {
  if (quantityUnits === undefined || quantityUnits(name) !== null) return null;
  const listed = quantityNames.length === 0 ? '' : `; there are ${quantityNames.join(', ')}`;
  const meant = suggestion(name, quantityNames);
  return {
    part: 'name',
    message: `"${name}" is no variable of this forecast${meant || listed}${meant && listed}`,
  };
}

function faultOfUnit({ quantity: { name, unit } }: Condition, terms: EventTerms): ConditionFault | null {
  if (unit === null) return null;
  const own = terms.quantityUnits?.(name) ?? null;
  return faultOfUnitText(unit, own, name);
}

/** @param own unit of the quantity, null where that is not known */
export function faultOfUnitText(unit: string, own: string | null, name: string): ConditionFault | null {
  if (own !== null && normaliseUnit(unit) === normaliseUnit(own)) return null;
  const fitting = own === null ? [] : unitsLike(own);
  const listed =
    own === null
      ? ''
      : `; "${name}" is in ${own}${fitting.length > 1 ? `, expected one of ${fitting.join(', ')}` : ''}`;
  if (!isKnownUnit(unit)) {
    const meant = suggestion(unit, fitting);
    return { part: 'unit', message: `unit "${unit}" is not known${meant || listed}${meant && listed}` };
  }
  if (own === null) return null;
  try {
    unitConversion(own, unit);
    return null;
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    return { part: 'unit', message: `unit "${unit}" measures something else${listed}` };
  }
}

/** Directions go round: a range of them may pass north. */
function isDirection({ quantity: { name } }: Condition): boolean {
  return /^wind_direction[\d.]*$/i.test(name);
}

function faultOfThreshold(condition: Condition): ConditionFault | null {
  const { comparison } = condition;
  if ('from' in comparison) {
    const { from, to } = comparison;
    if (from <= to || isDirection(condition)) return null;
    return {
      part: 'threshold',
      message: `the range runs from ${from} down to ${to}; expected the smaller number first (only directions go round)`,
    };
  }
  const { threshold } = comparison;
  if (threshold.kind === 'number' || (threshold.percent > 0 && threshold.percent < 100)) return null;
  return {
    part: 'threshold',
    message: `percentile ${threshold.percent} is none; expected a number between 0 and 100, neither of them`,
  };
}

function faultOfDirection(condition: Condition): ConditionFault | null {
  const { quantity, comparison } = condition;
  if (!isDirection(condition)) return null;
  if (quantity.inTime !== null) {
    const { operation } = quantity.inTime;
    return {
      part: 'hours',
      message: `directions go round and have no ${operation}; ask of the direction itself`,
    };
  }
  if ('from' in comparison) return null;
  return {
    part: 'threshold',
    message:
      'a direction is neither larger nor smaller than another; expected a range, clockwise, such as in 350..10',
  };
}

function faultOfWindow({ window }: Condition, { leadsHours }: EventTerms): ConditionFault | null {
  if (window === null) return null;
  const { fromHours, toHours } = window;
  if (fromHours < 0)
    return { part: 'from', message: `${fromHours} h lies before the analysis; expected 0 or later` };
  if (toHours < fromHours) {
    return { part: 'window', message: `the window ends at ${toHours} h, before it begins at ${fromHours} h` };
  }
  const last = leadsHours?.at(-1);
  if (leadsHours === undefined || last === undefined) return null;
  if (toHours > last) {
    return {
      part: 'to',
      message: `the window ends at ${toHours} h, after the last lead of the forecast, ${last} h`,
    };
  }
  if (leadsHours.some((lead) => lead >= fromHours && lead <= toHours)) return null;
  const around = [leadsHours.findLast((lead) => lead < fromHours), leadsHours.find((lead) => lead > toHours)];
  const named = around.filter((lead) => lead !== undefined).map((lead) => `${lead} h`);
  return {
    part: 'window',
    message: `the window, ${fromHours} to ${toHours} h, holds no lead of the forecast; the nearest ${named.length > 1 ? 'are' : 'is'} ${named.join(' and ')}`,
  };
}

/** First and last hour that count, where that can be told: null ends are not known. */
function windowOf({ window }: Condition, { leadsHours }: EventTerms): { from: number; to: number | null } {
  const first = leadsHours?.[0] ?? 0;
  return { from: Math.max(first, window?.fromHours ?? 0), to: window?.toHours ?? leadsHours?.at(-1) ?? null };
}

function faultOfHours(condition: Condition, terms: EventTerms): ConditionFault | null {
  const { inTime } = condition.quantity;
  if (inTime === null) return null;
  if (!(inTime.hours > 0)) {
    return { part: 'hours', message: `a ${inTime.operation} over ${inTime.hours} h; expected longer than 0` };
  }
  const { to } = windowOf(condition, terms);
  const first = terms.leadsHours?.[0] ?? 0;
  if (to === null || first + inTime.hours <= to) return null;
  const begin = first === 0 ? '' : `, the forecast begins at ${first} h`;
  return {
    part: 'hours',
    message:
      `the ${inTime.operation} is over ${inTime.hours} h, and the window ends at ${to} h${begin}: no lead has these hours ` +
      'behind it; expected fewer hours or a later window',
  };
}

function faultOfDuration(condition: Condition, terms: EventTerms): ConditionFault | null {
  const { durationHours, quantity } = condition;
  if (durationHours < 0)
    return { part: 'duration', message: `${durationHours} h is no duration; expected 0 or longer` };
  const { from, to } = windowOf(condition, terms);
  if (to === null) return null;
  const length = to - from;
  if (durationHours > length) {
    return {
      part: 'duration',
      message: `${durationHours} h do not fit into the window, which is ${length} h long`,
    };
  }
  const begin = (terms.leadsHours?.[0] ?? 0) + (quantity.inTime?.hours ?? 0);
  if (durationHours <= to - begin) return null;
  return {
    part: 'duration',
    message:
      `${durationHours} h do not fit: of the window up to ${to} h, only the last ${to - begin} h have ` +
      `${quantity.inTime?.hours} h behind them`,
  };
}
