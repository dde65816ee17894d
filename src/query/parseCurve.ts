/**
 * Curves are asked for as events with a star in the place of the number: "wind > * m/s for 6h anywhere within 150km of here
 * between 24h and 72h" is the probability of "wind > x m/s for 6h …" for every x. The sign says which side is extreme;
 * everything else is as in events (docs/events.md).
 */
import { isPlumeError, PlumeError, usageError } from '../../core/errors.js';
import type { ExtremeRequest } from '../../evaluation/events/exceedance.js';
import { parseEvent } from '../../evaluation/events/parse.js';
import type { EventTerms } from '../../evaluation/events/parseChecks.js';

export interface CurveRequest {
  /** As it was written. */
  readonly text: string;
  readonly request: ExtremeRequest;
}

const form = 'write it as "wind > * m/s for 6h at 51.95,4.05 between 24h and 72h"';

/** @throws {PlumeError} usage, as parseEvent; without one star behind > or <; for several conditions */
export function parseCurve(text: string, terms: EventTerms): CurveRequest {
  const stars = [...text].filter((character) => character === '*').length;
  if (stars !== 1 || !/[<>]\s*\*/.test(text)) {
    throw usageError(
      `--curve "${text}" has ${stars === 1 ? 'its * elsewhere than behind > or <' : `${stars} times *`}; ${form}, ` +
        'with one * in the place of the number',
    );
  }
  // A number of the same length, so that faults point at the right character.
  const numbered = text.replace('*', '0');
  const event = parse(text, numbered, terms);
  if (event.kind !== 'condition') {
    throw usageError(
      `--curve "${text}" joins conditions by and, or or not; a curve is of one condition: ${form}`,
    );
  }
  const { comparison, kind: _, ...rest } = event;
  return {
    text,
    request: { ...rest, text, direction: comparison.kind === '<' ? 'below' : 'above' },
  };
}

function parse(text: string, numbered: string, terms: EventTerms) {
  try {
    return parseEvent(numbered, terms);
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    throw new PlumeError(
      error.tag,
      error.message.replaceAll(numbered, () => text),
      { cause: error },
    );
  }
}
