/**
 * The grid of maps of cyclones where no run brings one: points of a spacing, at its multiples, over the region that tracks come
 * near, as narrow as it may be (a track across the date line makes no map of the whole Earth; one near a pole makes all longitudes).
 */
import { geoBounds } from 'd3-geo';
import { usageError } from '../../core/errors.js';
import { type Grid, makeGrid } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import { placeOf, type UnitVector } from '../../core/sphere/greatCircle.js';
import type { Arc } from '../../evaluation/cyclones/products/arcs.js';

/** Points of a map; more are refused. */
const mostPoints = 4_000_000;

/**
 * @param arcs ways of the tracks
 * @param spacing degrees
 * @param reachKm everything within it of the tracks lies in the region
 * @throws {PlumeError} usage, when there are no tracks, or more points than a map may have
 */
export function gridAround(arcs: readonly Arc[], spacing: number, reachKm: number): Grid {
  if (arcs.length === 0)
    throw usageError(
      'maps of cyclones: no member has one, so that there is no region to map; of a run leave --map-spacing out, to map it on its grid',
    );
  const radians = Math.PI / 180;
  const pad = reachKm / earthRadiusKm / radians;
  const [[westmost, southmost], [eastmost, northmost]] = geoBounds({
    type: 'GeometryCollection',
    geometries: [
      { type: 'MultiPoint', coordinates: arcs.map(({ from }) => degreesOf(from)) },
      {
        type: 'MultiLineString',
        coordinates: arcs
          .filter((arc) => arc.from !== arc.to)
          .map(({ from, to }) => [from, to].map(degreesOf)),
      },
    ],
  });
  const [south, north] = [southmost - pad, northmost + pad];
  const pole = Math.floor(90 / spacing + 1e-9);
  const rows = [
    Math.max(-pole, Math.floor(south / spacing)),
    Math.min(pole, Math.ceil(north / spacing)),
  ] as const;
  const furthest = Math.max(Math.abs(south), Math.abs(north));
  // A cap reaches furthest east where the meridian touches it: sin Δλ = sin r / cos φ.
  const widen =
    furthest >= 90
      ? 180
      : Math.asin(Math.min(1, Math.sin(pad * radians) / Math.cos((furthest - pad) * radians))) / radians;
  const west = Math.floor((westmost - widen) / spacing);
  const east = Math.ceil((eastmost + (eastmost < westmost ? 360 : 0) + widen) / spacing);
  const around = Math.ceil(360 / spacing - 1e-9);
  const columns =
    east - west + 1 >= around
      ? ([-Math.floor(around / 2), around] as const)
      : ([west, east - west + 1] as const);
  const count = (rows[1] - rows[0] + 1) * columns[1];
  if (count > mostPoints)
    throw usageError(
      `--map-spacing ${spacing}: ${count} points over the region of the tracks; a map has at most ${mostPoints}, so give a wider spacing`,
    );
  const axis = (from: number, length: number, step: 1 | -1): number[] =>
    Array.from({ length }, (_, i) => Number(((from + step * i) * spacing).toPrecision(12)));
  return makeGrid(axis(rows[1], rows[1] - rows[0] + 1, -1), axis(columns[0], columns[1], 1));
}

function degreesOf(vector: UnitVector): [number, number] {
  const { latitude, longitude } = placeOf(vector);
  return [longitude, latitude];
}
