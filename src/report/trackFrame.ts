/**
 * Frames of maps of tracks: an equal-area map about the middle of the tracks, as wide as they need, wherever on the globe
 * they are (Lambert azimuthal: Snyder 1987, ch. 24), so that neither pole nor date line is special; tracks all over the
 * globe lie on the whole of it (Equal Earth), turned to where most of them are. Coordinates are those of an SVG view box, y downward.
 */
import {
  type GeoPermissibleObjects,
  type GeoProjection,
  geoAzimuthalEqualArea,
  geoEqualEarth,
  geoGraticule,
  geoPath,
} from 'd3-geo';
import { angleBetween, meanDirection, placeOf, unitVector } from '../../core/sphere/greatCircle.js';
import { land } from './mapProjection.js';
import type { Place } from './places.js';
import { awayFromPoles, type Line } from './polarGap.js';

export interface TrackFrame {
  readonly width: number;
  readonly height: number;
  /** SVG path data of a shape on the globe. */
  path(shape: GeoPermissibleObjects): string;
  /** Of great circles from point to point. */
  lines(lines: readonly Line[]): string;
  point(place: Place): readonly [number, number] | null;
  /** Null beyond the edge of the globe. */
  placeAt(x: number, y: number): Place | null;
  /** '' for a world without land. */
  readonly land: string;
  readonly graticule: string;
  /** Edge of what is drawn. */
  readonly outline: string;
}

/** Degrees: tracks further from their middle than this are shown on the whole globe. */
const widest = 70;
/** Far beyond what is seen; no round number: d3-geo fails on a line that touches the circle, as lines of the graticule would. */
const clipDegrees = 151.37;
/** Degrees around the tracks, at least. */
const margin = 4;

/** @param places at least one @param coast whether the world has land */
export function trackFrame(places: readonly Place[], width: number, coast: boolean): TrackFrame {
  const vectors = places.map(({ latitude, longitude }) => unitVector(latitude, longitude));
  const middle = meanDirection(vectors);
  const reach =
    middle === null ? 180 : Math.max(...vectors.map((each) => angleBetween(middle, each))) * (180 / Math.PI);
  return middle === null || reach > widest
    ? wholeGlobe(places, width, coast)
    : about(placeOf(middle), places, reach, { width, coast });
}

function about(
  middle: Place,
  places: readonly Place[],
  reach: number,
  { width, coast }: { readonly width: number; readonly coast: boolean },
): TrackFrame {
  const projection = geoAzimuthalEqualArea()
    .rotate([-middle.longitude, -middle.latitude])
    .translate([0, 0])
    .scale(1)
    .precision(0.1);
  const flat = places.map(({ latitude, longitude }) => projection([longitude, latitude]) ?? [0, 0]);
  const pad = Math.max(margin, 0.15 * reach) * (Math.PI / 180);
  let [left, right] = [Math.min(...flat.map(([x]) => x)) - pad, Math.max(...flat.map(([x]) => x)) + pad];
  let [top, bottom] = [Math.min(...flat.map(([, y]) => y)) - pad, Math.max(...flat.map(([, y]) => y)) + pad];
  // Neither a strip nor a column: maps that lie beside each other look best alike.
  const ratio = Math.min(0.8, Math.max(0.55, (bottom - top) / (right - left)));
  const [wide, high] = [
    Math.max(right - left, (bottom - top) / ratio),
    Math.max(bottom - top, (right - left) * ratio),
  ];
  [left, right] = [(left + right - wide) / 2, (left + right + wide) / 2];
  [top, bottom] = [(top + bottom - high) / 2, (top + bottom + high) / 2];
  const scale = width / wide;
  const height = Math.round(high * scale);
  projection.scale(scale).translate([-left * scale, -top * scale]);
  projection.clipAngle(clipDegrees).clipExtent([
    [0, 0],
    [width, height],
  ]);
  const spacing = wide > 1.2 ? 20 : wide > 0.5 ? 10 : 5;
  const corners = `M0,0H${width}V${height}H0Z`;
  return framed(projection, {
    ...{ width, height, coast, spacing, outline: corners },
    ...{ fine: wide < 1.2, polesAreLines: false },
  });
}

/** Share of the places that lie to one side, from which on the map is turned to it. */
const oneSided = 0.3;

function wholeGlobe(places: readonly Place[], width: number, coast: boolean): TrackFrame {
  const projection = geoEqualEarth()
    .rotate([-middleMeridian(places), 0])
    .precision(0.2);
  const height = Math.round(width * 0.487);
  projection.fitExtent(
    [
      [2, 2],
      [width - 2, height - 2],
    ],
    { type: 'Sphere' },
  );
  const outline = geoPath(projection).digits(1)({ type: 'Sphere' }) ?? '';
  return framed(projection, {
    ...{ width, height, coast, spacing: 30, outline },
    ...{ fine: false, polesAreLines: true },
  });
}

/** A round meridian in the middle of the places; that of Greenwich where they are all around. */
function middleMeridian(places: readonly Place[]): number {
  let [x, y] = [0, 0];
  for (const { longitude } of places) {
    x += Math.cos((longitude * Math.PI) / 180);
    y += Math.sin((longitude * Math.PI) / 180);
  }
  if (Math.hypot(x, y) < oneSided * places.length) return 0;
  return 30 * Math.round((Math.atan2(y, x) * 180) / Math.PI / 30);
}

interface Look {
  readonly width: number;
  readonly height: number;
  readonly coast: boolean;
  /** Degrees between the lines of the graticule. */
  readonly spacing: number;
  readonly outline: string;
  /** Whether coastlines are drawn in detail. */
  readonly fine: boolean;
  readonly polesAreLines: boolean;
}

function framed(
  projection: GeoProjection,
  { width, height, coast, spacing, outline, fine, polesAreLines }: Look,
): TrackFrame {
  const draw = geoPath(projection).digits(1);
  const path = (shape: GeoPermissibleObjects): string => draw(shape) ?? '';
  return {
    width,
    height,
    path,
    lines: (given) =>
      path({
        type: 'MultiLineString',
        coordinates: polesAreLines ? awayFromPoles(given) : given.map((line) => line.map((at) => [...at])),
      }),
    point: ({ latitude, longitude }) => {
      const found = projection([longitude, latitude]);
      return found === null ? null : [found[0], found[1]];
    },
    placeAt: (x, y) => {
      const found = projection.invert?.([x, y]);
      if (!found?.every(Number.isFinite)) return null;
      const [longitude, latitude] = found;
      // Beyond the edge of the globe the inverse gives a place that lies elsewhere.
      const back = projection([longitude, latitude]);
      if (!back || Math.hypot(back[0] - x, back[1] - y) > 0.5) return null;
      return { latitude, longitude };
    },
    land: coast ? path(land(fine ? '50m' : '110m')) : '',
    graticule: path(geoGraticule().step([spacing, spacing])()),
    outline,
  };
}

/**
 * A map: ground and land below, then what is to be shown, with coast and graticule over its areas and under its lines.
 * @param areas, lines SVG
 */
export function trackMap(
  frame: TrackFrame,
  label: string,
  { areas = '', lines = '' }: { readonly areas?: string; readonly lines?: string },
): string {
  const { width, height, land: coast, graticule, outline } = frame;
  return (
    `<svg class="map globe pale" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">` +
    `<path fill="#f2f5f7" d="${outline}"/><path fill="#e2e4df" d="${coast}"/>${areas}` +
    `<path class="graticule" d="${graticule}"/><path class="coast" d="${coast}"/>${lines}<path class="outline" d="${outline}"/></svg>`
  );
}
