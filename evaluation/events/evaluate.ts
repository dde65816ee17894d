/**
 * Events asked of every row of some trajectories, at one place or at many sites at once. Each condition is evaluated by
 * itself (evaluateCondition.ts) and the rows' yes and no are then joined; a row that is missing for one condition is
 * missing for the event.
 */
import { usageError } from '../../core/errors.js';
import { type EvaluatedCondition, type EvaluationOptions, evaluateCondition } from './evaluateCondition.js';
import type { Condition, EventExpression } from './event.js';
import { needsSite, type Site } from './places/boundPlace.js';
import { quantityOn } from './quantities.js';
import type { Trajectories } from './trajectories.js';

export interface EvaluatedEvent {
  /** [row]: 1 is yes; 0 is no, or missing. */
  readonly yes: Uint8Array;
  /** [row]: 1 where a value that was asked for is missing. */
  readonly missing: Uint8Array;
  /** In the order they were written. */
  readonly conditions: readonly EvaluatedCondition[];
}

/**
 * @param site what "here" stands for; null where the event names its places
 * @throws {PlumeError} usage and data, as {@link evaluateSites}
 */
export async function evaluateEvent(
  event: EventExpression,
  trajectories: Trajectories,
  site: Site | null = null,
  options: EvaluationOptions = {},
): Promise<EvaluatedEvent> {
  if (site === null && conditionsOf(event).some(({ place }) => needsSite(place))) {
    throw usageError(
      'the event asks of "here", and no place is given; name one in the event ("at 51.95,4.05"), or give a site or a list of them',
    );
  }
  const [answer] = await evaluateSites(event, [site ?? { latitude: 0, longitude: 0 }], trajectories, options);
  return answer!;
}

/**
 * Memory: a chunk of `options.memoryBytes` at a time, and for the answers 9 bytes a site, row and condition.
 * @returns one for every site, in their order; conditions at places of their own are evaluated once
 * @throws {PlumeError} usage, of quantities, places, windows and directions that do not fit the forecast; data, of units
 *   that do not fit and climatologies that are not enough
 */
export async function evaluateSites(
  event: EventExpression,
  sites: readonly Site[],
  trajectories: Trajectories,
  options: EvaluationOptions = {},
): Promise<EvaluatedEvent[]> {
  const conditions = conditionsOf(event);
  for (const condition of conditions) requireMeaning(condition, trajectories);
  const answers = new Map<Condition, EvaluatedCondition[]>();
  for (const condition of conditions)
    answers.set(condition, await evaluateCondition(condition, sites, trajectories, options));
  return sites.map((_, site) => {
    const of = (condition: Condition): EvaluatedCondition => {
      const found = answers.get(condition)!;
      return needsSite(condition.place) ? found[site]! : found[0]!;
    };
    const all = conditions.map(of);
    const missing = new Uint8Array(trajectories.rows);
    for (const { deciding } of all)
      for (let row = 0; row < missing.length; row++) if (Number.isNaN(deciding[row]!)) missing[row] = 1;
    const yes = missing.map((isMissing, row) => (isMissing === 0 && isTrue(event, of, row) ? 1 : 0));
    return { yes, missing, conditions: all };
  });
}

/** Depth first, as written. */
export function conditionsOf(event: EventExpression): Condition[] {
  switch (event.kind) {
    case 'condition':
      return [event];
    case 'not':
      return conditionsOf(event.term);
    default:
      return event.terms.flatMap(conditionsOf);
  }
}

function isTrue(
  event: EventExpression,
  of: (condition: Condition) => EvaluatedCondition,
  row: number,
): boolean {
  switch (event.kind) {
    case 'condition':
      return of(event).holds[row] === 1;
    case 'not':
      return !isTrue(event.term, of, row);
    case 'and':
      return event.terms.every((term) => isTrue(term, of, row));
    case 'or':
      return event.terms.some((term) => isTrue(term, of, row));
  }
}

/** A direction has no mean, extreme or sum along the line of numbers. */
function requireMeaning({ quantity, text }: Condition, { schema }: Trajectories): void {
  if (quantity.inTime !== null && quantityOn(schema, quantity.name).combine === 'direction') {
    throw usageError(
      `event "${text}": the ${quantity.inTime.operation} of a direction over time has no meaning (350 and 10 degrees ` +
        'are 20 apart); ask for the direction itself, for a duration',
    );
  }
}
