/**
 * The language of events (docs/events.md): text to plain data.
 *
 *   event     := all { "or" all }
 *   all       := one { "and" one }
 *   one       := "not" one | "(" event ")" | condition
 *   condition := quantity comparison { "for" [ "at least" ] hours | place | window }
 *
 * Keywords in any case; "not" binds closer than "and", "and" closer than "or". Text that begins with a brace is the same event as JSON.
 */
import type { EventExpression } from './event.js';
import type { EventTerms } from './parseChecks.js';
import { clauseWords, parseCondition } from './parseCondition.js';
import { Cursor } from './parseCursor.js';
import { parseEventJson } from './parseJson.js';

/**
 * @param terms what is known of the forecast: variables, units and leads are checked against it
 * @throws {PlumeError} usage, with the character at fault, what was found and what was expected there; data, when a polygon's
 *   file is at fault
 */
export function parseEvent(text: string, terms: EventTerms = {}): EventExpression {
  if (text.trimStart().startsWith('{')) return parseEventJson(text, terms);
  const cursor = new Cursor(text);
  if (cursor.ended) throw cursor.expected('an event, such as "wind > 17.2 m/s for 6h at 51.95,4.05"');
  const event = parseAny(cursor, terms);
  if (!cursor.ended) {
    throw cursor.skipSign(')')
      ? cursor.fault({ start: cursor.at - 1, end: cursor.at }, 'found ")" without a "(" before it')
      : cursor.expected(
          'for, a place (at, within, in, anywhere, everywhere, over), a window (at, between, days), and, or, or the end',
          [...clauseWords, 'and', 'or'],
        );
  }
  return event;
}

function parseAny(cursor: Cursor, terms: EventTerms): EventExpression {
  return joined('or', cursor, () => parseAll(cursor, terms));
}

function parseAll(cursor: Cursor, terms: EventTerms): EventExpression {
  return joined('and', cursor, () => parseOne(cursor, terms));
}

function joined(kind: 'and' | 'or', cursor: Cursor, parse: () => EventExpression): EventExpression {
  const parsed = [parse()];
  while (cursor.skipWord(kind)) parsed.push(parse());
  return parsed.length === 1 ? parsed[0]! : { kind, terms: parsed };
}

function parseOne(cursor: Cursor, terms: EventTerms): EventExpression {
  const opening = cursor.nextSpan;
  if (cursor.skipWord('not')) {
    return { kind: 'not', term: cursor.deeper(opening, () => parseOne(cursor, terms)) };
  }
  if (!cursor.skipSign('(')) return parseCondition(cursor, terms);
  const event = cursor.deeper(opening, () => parseAny(cursor, terms));
  if (cursor.skipSign(')')) return event;
  if (cursor.ended) throw cursor.fault(opening, 'this "(" is not closed; expected a ")" after the event');
  throw cursor.expected(
    'for, a place (at, within, in, anywhere, everywhere, over), a window (at, between, days), and, or, or ")"',
    [...clauseWords, 'and', 'or'],
  );
}
