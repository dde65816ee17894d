/**
 * Polygons of GeoJSON (RFC 7946): Polygon, MultiPolygon, GeometryCollection of them, Feature, FeatureCollection. Edges are taken as great circles,
 * the shorter way, where the RFC draws straight lines in longitude and latitude: short edges are the same, and polygons may
 * cross the date line and enclose a pole without being cut (those that are cut work as well). Rings come in either sense.
 */
import { geoArea } from 'd3-geo';
import { dataError } from '../../../core/errors.js';
import type { SphericalPolygon } from '../event.js';
import { isInside, preparePolygon } from './polygon.js';
import { faultOfRing, type Position } from './ring.js';

export interface NamedPolygon {
  /** Of the feature's properties ("name", "NAME", "Name", "title", "id") or its id; null where it has none. */
  readonly name: string | null;
  readonly polygon: SphericalPolygon;
}

/** 400 m², steradians: what d3-geo can still tell inside from outside of. */
const leastArea = 1e-11;

/**
 * @param file in messages
 * @returns one a feature
 * @throws {PlumeError} data, naming feature, ring and vertex, when the text is no such thing, a ring is not closed, has fewer than
 *   four positions, leaves the globe, encloses nothing or intersects itself
 */
export function parseGeoJson(text: string, file: string): NamedPolygon[] {
  const subject = `polygon "${file}"`;
  let root: unknown;
  try {
    root = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw dataError(`${subject}: not JSON (${reason}); expected a GeoJSON file`, { cause: error });
  }
  const object = asObject(root, subject);
  if (object.type !== 'FeatureCollection') return [readFeature(object, subject)];
  if (!Array.isArray(object.features) || object.features.length === 0) {
    throw dataError(
      `${subject}: its FeatureCollection has no features; expected at least one with a polygon`,
    );
  }
  return object.features.map((feature, i) => {
    const where = `${subject}, feature ${i + 1}`;
    return readFeature(asObject(feature, where), where);
  });
}

/**
 * The polygon that a reference names: "port.geojson", or "ports.geojson#Rotterdam" for features of that name alone.
 * Several features are one place.
 */
export function readPolygon(reference: string, readFile: (path: string) => string): SphericalPolygon {
  const mark = reference.indexOf('#');
  const file = mark < 0 ? reference : reference.slice(0, mark);
  const wanted = mark < 0 ? null : reference.slice(mark + 1);
  const features = parseGeoJson(readFile(file), file);
  const chosen = wanted === null ? features : features.filter(({ name }) => name === wanted);
  if (chosen.length === 0) {
    const names = features.map(({ name }) => name).filter((name) => name !== null);
    throw dataError(
      `polygon "${file}": no feature is named "${wanted}"; ` +
        (names.length === 0
          ? 'its features have no names'
          : `there ${names.length === 1 ? 'is' : 'are'} ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`),
    );
  }
  return chosen.flatMap(({ polygon }) => polygon);
}

/** @throws {PlumeError} data, as {@link parseGeoJson}; for polygons that come as plain data */
export function requirePolygon(polygon: SphericalPolygon, subject: string): SphericalPolygon {
  return polygonsOf({ type: 'MultiPolygon', coordinates: polygon }, subject);
}

type JsonObject = Readonly<Record<string, unknown>>;

function asObject(value: unknown, subject: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw dataError(`${subject}: found ${JSON.stringify(value)?.slice(0, 40)}, expected a GeoJSON object`);
  }
  return value as JsonObject;
}

function readFeature(object: JsonObject, subject: string): NamedPolygon {
  if (object.type !== 'Feature') return { name: null, polygon: polygonsOf(object, subject) };
  const name = nameOf(object);
  const named = name === null ? subject : `${subject} ("${name}")`;
  if (object.geometry === null || object.geometry === undefined) {
    throw dataError(`${named}: has no geometry; expected a Polygon or MultiPolygon`);
  }
  return { name, polygon: polygonsOf(asObject(object.geometry, named), named) };
}

function nameOf({ properties, id }: JsonObject): string | null {
  const fields = (properties ?? {}) as JsonObject;
  const candidates = ['name', 'NAME', 'Name', 'title', 'id'].map((key) => fields[key]);
  const found = [...candidates, id].find((value) => ['string', 'number'].includes(typeof value));
  return found === undefined ? null : String(found);
}

function polygonsOf(geometry: JsonObject, subject: string): SphericalPolygon {
  switch (geometry.type) {
    case 'Polygon':
      return [ringsOf(geometry.coordinates, subject)];
    case 'MultiPolygon': {
      const parts = list(geometry.coordinates, subject, 'a list of polygons');
      return parts.map((part, i) =>
        ringsOf(part, parts.length === 1 ? subject : `${subject}, polygon ${i + 1}`),
      );
    }
    case 'GeometryCollection':
      return list(geometry.geometries, subject, 'a list of geometries').flatMap((part, i) => {
        const where = `${subject}, geometry ${i + 1}`;
        return polygonsOf(asObject(part, where), where);
      });
    default:
      throw dataError(
        `${subject}: its type is ${JSON.stringify(geometry.type)}, expected "Polygon" or "MultiPolygon"` +
          (geometry.type === 'Point' || geometry.type === 'LineString'
            ? '; for what lies around a place write "within 50 km of LATITUDE,LONGITUDE"'
            : ''),
      );
  }
}

function list(value: unknown, subject: string, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw dataError(`${subject}: found ${JSON.stringify(value)?.slice(0, 40)}, expected ${what}`);
}

function ringsOf(coordinates: unknown, subject: string): SphericalPolygon[number] {
  const rings = readRings(coordinates, subject);
  const exterior = preparePolygon([rings.slice(0, 1)]);
  for (const [h, [vertex]] of rings.slice(1).entries()) {
    if (isInside(exterior, vertex![1], vertex![0])) continue;
    throw dataError(
      `${subject}, ring ${h + 2}: a hole, but its vertex 1 at [${vertex!.join(', ')}] lies outside ring 1 (each encloses the smaller ` +
        'side of the globe); put the outer ring first, and what lies apart into polygons of its own',
    );
  }
  return rings;
}

function readRings(coordinates: unknown, subject: string): SphericalPolygon[number] {
  return list(coordinates, subject, 'a list of rings').map((value, r) => {
    const where = `${subject}, ring ${r + 1}`;
    const ring = list(value, where, 'a list of positions').map((position, v): Position => {
      const [longitude, latitude] = Array.isArray(position) ? position : [];
      if (!Number.isFinite(longitude) || !Number.isFinite(latitude)) {
        throw dataError(
          `${where}, vertex ${v + 1}: ${JSON.stringify(position)} is no position; expected [longitude, latitude] in degrees`,
        );
      }
      return [longitude, latitude];
    });
    const fault = faultOfRing(ring);
    if (fault !== null) throw dataError(`${where}${/^[ ,]/.test(fault) ? '' : ' '}${fault}`);
    const mutable = ring.map(([longitude, latitude]) => [longitude, latitude]);
    const area = geoArea({ type: 'Polygon', coordinates: [mutable] });
    if (Math.min(area, 4 * Math.PI - area) < leastArea) {
      throw dataError(`${where} encloses less than 400 m²; for a single place write "at LATITUDE,LONGITUDE"`);
    }
    return ring;
  });
}
