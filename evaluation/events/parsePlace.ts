/**
 * Places in the language of events: "at 51.95,4.05", "anywhere within 150 km of here", "over box(55N, 0E, 50N, 10E)",
 * "everywhere in polygon(port.geojson)", "anywhere in domain". Latitude comes first; boxes run north, west, south, east.
 */
import { toPlumeError } from '../../core/errors.js';
import { unitConversion } from '../../core/units.js';
import type { Centre, Condition, Place } from './event.js';
import type { Cursor, Spanned } from './parseCursor.js';
import { readPolygon } from './places/geojson.js';

export interface JoinedPlace {
  readonly place: Place;
  readonly join: Condition['join'];
}

type FileReader = (path: string) => string;

export const placeWords = ['at', 'anywhere', 'everywhere', 'over', 'within', 'in'] as const;
const areaWords = ['box', 'polygon', 'domain'];

/** A place whose first word has been seen to be next. */
export function parsePlace(cursor: Cursor, readFile: FileReader | undefined): JoinedPlace {
  const word = cursor.takeWord()?.value.toLowerCase();
  if (word === 'at') return { place: { kind: 'point', centre: parseCentre(cursor) }, join: 'any' };
  if (word === 'within') return { place: parseCircle(cursor), join: 'any' };
  if (word === 'in') return { place: parseArea(cursor, readFile), join: 'any' };
  const join = word === 'over' ? 'mean' : word === 'everywhere' ? 'all' : 'any';
  if (cursor.skipWord('within')) return { place: parseCircle(cursor), join };
  if (join !== 'mean' && !cursor.skipWord('in')) {
    throw cursor.expected(`"in" or "within", as in "${word} within 150 km of here"`, ['in', 'within']);
  }
  return { place: parseArea(cursor, readFile), join };
}

/** "here", or latitude and longitude. */
function parseCentre(cursor: Cursor): Centre {
  if (cursor.skipWord('here')) return 'here';
  const latitude = parseCoordinate(cursor, 'latitude', ', such as 51.95,4.05 or 60N,5W, or "here"');
  requireSign(cursor, ',', 'between latitude and longitude');
  return { latitude, longitude: parseCoordinate(cursor, 'longitude', '') };
}

function requireSign(cursor: Cursor, sign: string, where: string): void {
  if (!cursor.skipSign(sign)) throw cursor.expected(`"${sign}" ${where}`);
}

const sides = { latitude: ['N', 'S'], longitude: ['E', 'W'] } as const;
const limits = { latitude: 90, longitude: 360 } as const;

/** Degrees, with a sign or a letter. */
function parseCoordinate(cursor: Cursor, kind: 'latitude' | 'longitude', more: string): number {
  const [positive, negative] = sides[kind];
  const number = cursor.takeNumber();
  if (number === null) throw cursor.expected(`a ${kind} in degrees${more}`, more === '' ? [] : ['here']);
  cursor.skipSign('°');
  const letter = cursor.take(/[NSEW](?![\p{L}\p{N}_])/iuy);
  const side = letter?.value[0].toUpperCase();
  if (letter !== null && side !== positive && side !== negative) {
    throw cursor.fault(
      letter,
      `found "${side}", expected a ${kind} (${positive} or ${negative}); latitude comes first, then longitude`,
    );
  }
  const written = cursor.text.slice(number.start, number.end);
  if (side !== undefined && /^[+\-−]/.test(written)) {
    throw cursor.fault(number, `${written}${side} has a sign and a letter; write one of them`);
  }
  if (Math.abs(number.value) > limits[kind]) {
    throw cursor.fault(number, `${kind} ${written} lies outside ±${limits[kind]} degrees`);
  }
  // no minus zero
  return 0 + (side === negative ? 0 - number.value : number.value);
}

/** "150 km of CENTRE" */
function parseCircle(cursor: Cursor): Place {
  const radius = cursor.takeNumber();
  if (radius === null) throw cursor.expected('a distance, such as 150 km');
  const unit = cursor.peekWord() === 'of' ? null : cursor.take(/nautical\s+miles?|[\p{L}_]+/iuy);
  if (unit === null) {
    throw cursor.fault(
      radius,
      `${radius.value} has no unit; expected a distance, such as ${radius.value} km`,
    );
  }
  const name = unit.value[0];
  const scale = kilometresPer(name.replace(/\s+/, '_'));
  if (scale === null) throw cursor.fault(unit, `"${name}" is no unit of distance; expected km, m or nmi`);
  if (!(radius.value > 0))
    throw cursor.fault(radius, `a radius of ${radius.value} ${name}; expected above 0`);
  if (!cursor.skipWord('of')) throw cursor.expected('"of", as in "within 150 km of here"', ['of']);
  return { kind: 'circle', centre: parseCentre(cursor), radiusKm: radius.value * scale };
}

function kilometresPer(unit: string): number | null {
  try {
    return unitConversion(unit, 'km').scale;
  } catch {
    return null;
  }
}

function parseArea(cursor: Cursor, readFile: FileReader | undefined): Place {
  if (cursor.skipWord('domain')) return { kind: 'domain' };
  if (cursor.skipWord('box')) return parseBox(cursor);
  if (cursor.skipWord('polygon')) return parsePolygon(cursor, readFile);
  throw cursor.expected('box(NORTH, WEST, SOUTH, EAST), polygon(FILE.geojson) or domain', areaWords);
}

function parseBox(cursor: Cursor): Place {
  requireSign(cursor, '(', 'after box');
  const north = parseCoordinate(cursor, 'latitude', ': the north of the box');
  requireSign(cursor, ',', 'and the west of the box');
  const west = parseCoordinate(cursor, 'longitude', ': the west of the box');
  requireSign(cursor, ',', 'and the south of the box');
  const southAt = cursor.nextSpan;
  const south = parseCoordinate(cursor, 'latitude', ': the south of the box');
  if (south > north) {
    throw cursor.fault(
      southAt,
      `the south of the box, ${south}, lies north of its north, ${north}; boxes run north, west, south, east`,
    );
  }
  requireSign(cursor, ',', 'and the east of the box');
  const eastAt = cursor.nextSpan;
  const east = parseCoordinate(cursor, 'longitude', ': the east of the box');
  if (east - west > 360) {
    throw cursor.fault(eastAt, `the box runs ${east - west} degrees round the globe, expected up to 360`);
  }
  requireSign(cursor, ')', 'after the box');
  return { kind: 'box', box: { north, south, west, east } };
}

function parsePolygon(cursor: Cursor, readFile: FileReader | undefined): Place {
  requireSign(cursor, '(', 'after polygon');
  const reference = cursor.takeQuoted() ?? takeBareReference(cursor);
  if (reference === null || reference.value === '') {
    throw cursor.expected('a GeoJSON file, as in polygon(port.geojson) or polygon(ports.geojson#Rotterdam)');
  }
  requireSign(cursor, ')', 'after the file of the polygon (a name with brackets needs quotes)');
  if (readFile === undefined) {
    throw cursor.fault(reference, `polygon "${reference.value}": files cannot be read here`);
  }
  try {
    return { kind: 'polygon', name: reference.value, polygon: readPolygon(reference.value, readFile) };
  } catch (error) {
    const known = toPlumeError(error, `polygon "${reference.value}"`);
    throw cursor.fault(reference, known.message, { tag: 'data', cause: error });
  }
}

function takeBareReference(cursor: Cursor): Spanned<string> | null {
  const taken = cursor.take(/[^()"'\n]*[^()"'\s]/y);
  return taken && { ...taken, value: taken.value[0] };
}
