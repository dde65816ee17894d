/** A cyclone's centre at one time, as a tracker found it: a fix, and what linking asks of it. */
import { distanceKm } from '../../../core/sphere/distance.js';
import type { Vector } from '../../../core/sphere/greatCircle.js';
import { kmPerDegree } from '../fields/sphereGrid.js';
import { subgridCentre } from '../fields/subgridCentre.js';
import type { Layer } from '../fields/thickness.js';
import type { Fix } from '../track.js';
import type { Weather } from './weather.js';

export interface Centre extends Omit<Fix, 'time'> {
  /** Grid point of the extreme. */
  readonly point: number;
  /** The value that was searched for, at that point: of two close to each other the lower one counts. */
  readonly value: number;
  /** False where it may go on a track, but begin none. */
  readonly mayBegin: boolean;
  /** Wind that moves it, m s⁻¹ in the Earth's axes; null where not known. */
  readonly steering: Vector | null;
}

export interface Measures {
  readonly windKm: number;
  readonly vorticityKm: number;
  readonly warmCoreKm: number;
  readonly layer: Layer;
}

/** What is known at a minimum of a field: its place between the points of the grid and the numbers of a fix. */
export function measureCentre(
  weather: Weather,
  field: Float32Array,
  point: number,
  measures: Measures,
): Omit<Centre, 'mayBegin' | 'steering'> {
  const { latitude, longitude } = subgridCentre(weather.sphere, field, point, 'minimum');
  return {
    point,
    value: field[point]!,
    latitude,
    longitude,
    pressure: weather.field('msl')?.[point] ?? Number.NaN,
    wind: weather.windNear(latitude, longitude, measures.windKm),
    vorticity: weather.cyclonicVorticityNear(latitude, longitude, measures.vorticityKm),
    warmCore: weather.warmCore(measures.layer, latitude, longitude, measures.warmCoreKm),
  };
}

/**
 * Of points closer than a distance to each other only that with the lowest value: a point goes where a lower one is near,
 * whether that one stays or not (as DetectNodes merges). Of equal values the northern, then western one stays.
 */
export function mergeClose(
  weather: Weather,
  field: Float32Array,
  points: readonly number[],
  km: number,
): number[] {
  if (km === 0) return [...points];
  const { columns, grid } = weather.sphere;
  const places = points.map((point) => ({
    point,
    value: field[point]!,
    latitude: grid.latitudes[Math.floor(point / columns)]!,
    longitude: grid.longitudes[point % columns]!,
  }));
  const degrees = km / kmPerDegree;
  return places
    .filter((one) =>
      places.every(
        (other) =>
          other === one ||
          other.value > one.value ||
          (other.value === one.value && other.point > one.point) ||
          Math.abs(other.latitude - one.latitude) > degrees ||
          distanceKm(one.latitude, one.longitude, other.latitude, other.longitude) > km,
      ),
    )
    .map(({ point }) => point);
}
