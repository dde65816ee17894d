/** One condition of the language of events: quantity, comparison, and in any order a place, a window and a duration. */
import { isKnownUnit, normaliseUnit, unitsLike } from '../../core/units.js';
import type { Comparison, Condition, Quantity, Threshold } from './event.js';
import {
  type ConditionPart,
  type EventTerms,
  faultOfCondition,
  faultOfName,
  faultOfUnitText,
} from './parseChecks.js';
import type { Cursor, Span, Spanned } from './parseCursor.js';
import { type JoinedPlace, parsePlace, placeWords } from './parsePlace.js';
import { hoursAreNext, parseHours, parseWindow, windowWords } from './parseTime.js';

type Operation = NonNullable<Quantity['inTime']>['operation'];

export const operations: readonly Operation[] = ['mean', 'min', 'max', 'sum', 'change', 'rise', 'fall'];
const joints = ['and', 'or'];
export const clauseWords: readonly string[] = ['for', ...placeWords, ...windowWords];
/** Words that are no variables, unless in quotes. */
export const reservedWords: readonly string[] = [...clauseWords, ...joints, 'not', 'outside', 'here'];

/** Where the parts of a condition stand. */
type Spans = Partial<Record<ConditionPart, Span>>;

export function parseCondition(cursor: Cursor, terms: EventTerms): Condition {
  const start = cursor.next;
  const spans: Spans = {};
  const { name, inTime } = parseQuantity(cursor, terms, spans);
  const { comparison, unit } = parseComparison(cursor, name, terms, spans);
  const { joined, window, duration } = parseClauses(cursor, terms, spans);
  const condition: Condition = {
    kind: 'condition',
    text: cursor.text.slice(start, cursor.at),
    quantity: { name, inTime, unit },
    comparison,
    place: joined?.place ?? { kind: 'point', centre: 'here' },
    join: joined?.join ?? 'any',
    window,
    durationHours: duration ?? 0,
  };
  const fault = faultOfCondition(condition, terms);
  if (fault !== null) throw cursor.fault(spans[fault.part] ?? { start, end: cursor.at }, fault.message);
  return condition;
}

function parseQuantity(cursor: Cursor, terms: EventTerms, spans: Spans): Omit<Quantity, 'unit'> {
  const span = cursor.nextSpan;
  const word = cursor.peekWord();
  const isCall = word !== '' && /^\s*\(/.test(cursor.text.slice(span.end));
  if (!isCall) return { name: parseName(cursor, terms, spans), inTime: null };
  const operation = operations.find((one) => one === word);
  if (operation === undefined) {
    throw cursor.expected(
      `a variable, or one of ${operations.map((one) => `${one}(…)`).join(', ')}`,
      operations,
    );
  }
  cursor.takeWord();
  cursor.skipSign('(');
  const name = parseName(cursor, terms, spans);
  if (!cursor.skipSign(',')) {
    throw cursor.expected(
      `"," and the hours that the ${operation} is over, as in ${operation}(${name}, 24h)`,
    );
  }
  const hours = parseHours(cursor, `the hours that the ${operation} is over, such as 24h`);
  spans.hours = hours;
  if (!cursor.skipSign(')')) throw cursor.expected(`")" after ${operation}(${name}, …`);
  return { name, inTime: { operation, hours: hours.value } };
}

function parseName(cursor: Cursor, terms: EventTerms, spans: Spans): string {
  const quoted = cursor.takeQuoted();
  const names = terms.quantityNames ?? [];
  if (quoted === null && (cursor.peekWord() === '' || reservedWords.includes(cursor.peekWord()))) {
    throw cursor.expected('a variable, such as wind, msl or t850', names);
  }
  const name = quoted ?? cursor.takeWord()!;
  spans.name = name;
  const fault = faultOfName(name.value, terms);
  if (fault !== null) throw cursor.fault(name, fault.message);
  return name.value;
}

const kinds: Readonly<Record<string, '>' | '>=' | '<' | '<='>> = {
  '>': '>',
  '>=': '>=',
  '≥': '>=',
  '<': '<',
  '<=': '<=',
  '≤': '<=',
};

function parseComparison(
  cursor: Cursor,
  name: string,
  terms: EventTerms,
  spans: Spans,
): { readonly comparison: Comparison; readonly unit: string | null } {
  const word = cursor.peekWord();
  if (word === 'in' || word === 'outside') {
    cursor.takeWord();
    return parseRange(cursor, word, name, terms, spans);
  }
  const what = 'a comparison: >, >=, <, <=, in FROM..TO or outside FROM..TO';
  const sign = cursor.takeComparison();
  if (sign === null) throw cursor.expected(what, ['in', 'outside']);
  const kind = kinds[sign.value];
  if (kind === undefined) throw cursor.fault(sign, `found "${sign.value}", expected ${what}`);
  const percentile = cursor.take(/p([+\-−]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\p{L}\p{N}_])/iuy);
  if (percentile !== null) {
    spans.threshold = percentile;
    const threshold: Threshold = {
      kind: 'percentile',
      percent: Number(percentile.value[1]!.replace('−', '-')),
    };
    return { comparison: { kind, threshold }, unit: null };
  }
  const number = parseNumber(cursor, 'a number, or a percentile of the climatology such as p95');
  spans.threshold = number;
  return {
    comparison: { kind, threshold: { kind: 'number', value: number.value } },
    unit: parseUnit(cursor, name, terms, spans),
  };
}

function parseRange(cursor: Cursor, kind: 'in' | 'outside', name: string, terms: EventTerms, spans: Spans) {
  const from = parseNumber(cursor, `a range of numbers, as in "${kind} 270..280"`);
  const dots = cursor.takeComparison();
  if (dots === null || !/^(\.\.|…)$/.test(dots.value)) {
    if (dots !== null) cursor.at = dots.start;
    throw cursor.expected(
      `".." and the end of the range, as in "${kind} 270..280" (a unit comes after both)`,
    );
  }
  const to = parseNumber(cursor, `the end of the range, as in "${kind} 270..280"`);
  spans.threshold = { start: from.start, end: to.end };
  const comparison: Comparison = { kind, from: from.value, to: to.value };
  return { comparison, unit: parseUnit(cursor, name, terms, spans) };
}

function parseNumber(cursor: Cursor, what: string): Spanned<number> {
  const number = cursor.takeNumber();
  if (number === null) throw cursor.expected(what);
  if (!Number.isFinite(number.value))
    throw cursor.fault(number, `found a number too large, expected ${what}`);
  return number;
}

/**
 * The longest run of up to four words that is a unit ("m s-1", "deg C"), or null where a clause or the end comes next.
 * "m/s" is one word; a unit ends before a bracket or comma.
 */
function parseUnit(cursor: Cursor, name: string, terms: EventTerms, spans: Spans): string | null {
  if ([...clauseWords, ...joints].includes(cursor.peekWord())) return null;
  const run = cursor.peek(/(?:[\p{L}°%][^\s(),<>]*|1(?![\d.]))(?:[^\S\n]+[\p{L}°%/·*][^\s(),<>]*){0,3}/uy);
  if (run === null) return null;
  const own = terms.quantityUnits?.(name) ?? null;
  const words = run[0].split(/(?<=\S)(?=\s)/);
  for (let count = words.length; count > 0; count--) {
    const unit = words.slice(0, count).join('');
    if (isKnownUnit(unit) || (own !== null && normaliseUnit(unit) === normaliseUnit(own))) {
      spans.unit = { start: run.index, end: run.index + unit.length };
      cursor.at = spans.unit.end;
      return unit.replace(/\s+/g, ' ');
    }
  }
  const first = words[0]!;
  const fault = faultOfUnitText(first, own, name);
  const span = { start: run.index, end: run.index + first.length };
  const meant = cursor.expected('', [...(own === null ? [] : unitsLike(own)), ...clauseWords, ...joints]);
  const hint = /; did you mean ".*?"\?/.exec(meant.message)?.[0] ?? '';
  const said = fault?.message.replace(/; did you mean ".*?"\?/, '') ?? `unit "${first}" is not known`;
  throw cursor.fault(span, `${said}${hint}`);
}

interface Clauses {
  joined: JoinedPlace | null;
  window: Condition['window'];
  duration: number | null;
}

function parseClauses(cursor: Cursor, terms: EventTerms, spans: Spans): Clauses {
  const found: Clauses = { joined: null, window: null, duration: null };
  const once = (given: unknown, what: string): void => {
    if (given === null) return;
    throw cursor.fault(
      cursor.nextSpan,
      `a second ${what} in one condition; join conditions with "and" or "or"`,
    );
  };
  for (;;) {
    const word = cursor.peekWord();
    const start = cursor.next;
    if (word === 'for') {
      once(found.duration, 'duration');
      cursor.takeWord();
      if (cursor.skipWord('at') && !cursor.skipWord('least')) throw cursor.expected('"at least"', ['least']);
      const hours = parseHours(cursor, 'how long it must hold, such as 6h');
      spans.duration = hours;
      found.duration = hours.value;
    } else if (word === 'at' ? leadFollows(cursor) : windowWords.some((one) => one === word)) {
      once(found.window, 'window');
      const window = parseWindow(cursor);
      spans.window = spans.from = spans.to = window;
      found.window = window.value;
    } else if (placeWords.some((one) => one === word)) {
      once(found.joined, 'place');
      found.joined = parsePlace(cursor, terms.readFile);
      spans.place = { start, end: cursor.at };
    } else return found;
  }
}

/** "at 48h" is a window, "at 48,5" a place. */
function leadFollows(cursor: Cursor): boolean {
  const before = cursor.at;
  cursor.takeWord();
  const found = hoursAreNext(cursor);
  cursor.at = before;
  return found;
}
