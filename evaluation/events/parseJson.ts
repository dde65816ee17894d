/** Events as JSON: the plain data of event.ts, every field of it but `text`, which says the condition in words where it is left out. */
import { z } from 'zod';
import { dataError, isPlumeError, usageError } from '../../core/errors.js';
import type { Condition, EventExpression } from './event.js';
import { formatCondition } from './format.js';
import { type EventTerms, faultOfCondition } from './parseChecks.js';
import { operations } from './parseCondition.js';
import { requirePolygon } from './places/geojson.js';

const latitude = z.number().min(-90).max(90);
const longitude = z.number().min(-360).max(360);
const centre = z.union([z.literal('here'), z.strictObject({ latitude, longitude })]);

const place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('point'), centre }),
  z.strictObject({ kind: z.literal('circle'), centre, radiusKm: z.number().positive() }),
  z.strictObject({
    kind: z.literal('box'),
    box: z
      .strictObject({ north: latitude, south: latitude, west: longitude, east: longitude })
      .refine(({ north, south }) => north >= south, 'its south lies north of its north')
      .refine(({ west, east }) => east - west <= 360, 'it runs more than once round the globe'),
  }),
  z.strictObject({
    kind: z.literal('polygon'),
    name: z.string().min(1),
    polygon: z.array(z.array(z.array(z.tuple([z.number(), z.number()])))).min(1),
  }),
  z.strictObject({ kind: z.literal('domain') }),
]);

const threshold = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('number'), value: z.number() }),
  z.strictObject({ kind: z.literal('percentile'), percent: z.number() }),
]);

const comparison = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['>', '>=', '<', '<=']), threshold }),
  z.strictObject({ kind: z.enum(['in', 'outside']), from: z.number(), to: z.number() }),
]);

const condition = z.strictObject({
  kind: z.literal('condition'),
  text: z.string().optional(),
  quantity: z.strictObject({
    name: z.string().min(1),
    inTime: z.strictObject({ operation: z.enum(operations), hours: z.number() }).nullable(),
    unit: z.string().nullable(),
  }),
  comparison,
  place,
  join: z.enum(['any', 'all', 'mean']),
  window: z.strictObject({ fromHours: z.number(), toHours: z.number() }).nullable(),
  durationHours: z.number(),
});

/** One level; what is inside is read by the same, so that a fault keeps its path. */
const joint = z.strictObject({ kind: z.enum(['and', 'or']), terms: z.array(z.unknown()).min(2) });
const negation = z.strictObject({ kind: z.literal('not'), term: z.unknown() });
const level = z.discriminatedUnion('kind', [condition, joint, negation]);

/**
 * @throws {PlumeError} usage, with the path of what is at fault ("/terms/0/window"), what was found and expected; data, when a
 *   polygon is at fault
 */
export function parseEventJson(text: string, terms: EventTerms = {}): EventExpression {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`event: begins with "{" and is not JSON (${reason})`, { cause: error });
  }
  return read(root, '', terms);
}

const deepest = 200;

function read(value: unknown, path: string, terms: EventTerms, depth = 0): EventExpression {
  if (depth > deepest) throw usageError(`event: nested deeper than ${deepest}, expected fewer levels`);
  const checked = level.safeParse(value);
  if (!checked.success) {
    const { path: inner, message } = checked.error.issues[0]!;
    throw usageError(`event, ${[path, ...inner].join('/') || 'its root'}: ${message}`);
  }
  const { data } = checked;
  switch (data.kind) {
    case 'and':
    case 'or':
      return {
        kind: data.kind,
        terms: data.terms.map((term, i) => read(term, `${path}/terms/${i}`, terms, depth + 1)),
      };
    case 'not':
      return { kind: 'not', term: read(data.term, `${path}/term`, terms, depth + 1) };
    case 'condition':
      return readCondition(data, path, terms);
  }
}

/** Where the parts that are checked stand. */
const paths = {
  name: 'quantity/name',
  unit: 'quantity/unit',
  hours: 'quantity/inTime/hours',
  threshold: 'comparison',
  place: 'join',
  window: 'window',
  from: 'window/fromHours',
  to: 'window/toHours',
  duration: 'durationHours',
} as const;

function readCondition(data: z.infer<typeof condition>, path: string, terms: EventTerms): Condition {
  const { text, ...rest } = data;
  const found: Condition = { ...rest, text: text ?? formatCondition(rest) };
  if (found.place.kind === 'point' && found.join !== 'any') {
    throw usageError(`event, ${path}/join: found "${found.join}", expected "any" at a point`);
  }
  if (found.place.kind === 'polygon') {
    try {
      requirePolygon(found.place.polygon, `polygon "${found.place.name}"`);
    } catch (error) {
      if (!isPlumeError(error)) throw error;
      throw dataError(`event, ${path}/place: ${error.message}`, { cause: error });
    }
  }
  const fault = faultOfCondition(found, terms);
  if (fault !== null) throw usageError(`event, ${path}/${paths[fault.part]}: ${fault.message}`);
  return found;
}
