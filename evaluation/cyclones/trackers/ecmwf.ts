/**
 * ECMWF's tracker of tropical cyclones as Pangu-Weather and GraphCast ran it (GraphCast supplement, sec. 8.1.4, after
 * Magnusson et al. 2021, ECMWF Tech. Memo. 888): near a first guess from past motion and steering wind the nearest
 * minimum of sea-level pressure that
 *   has a vorticity at 850 hPa over 5e-5 s⁻¹ of the hemisphere's sign within 278 km,
 *   over land a 10-m wind over 8 m s⁻¹ within 278 km,
 *   and outside the tropics a maximum of the thickness from 850 to 200 hPa within 278 km.
 * What that leaves open is decided so: minima of 3 × 3 points, of squares nearer the poles, plateaus settled
 * (fields/extrema.ts); centres between grid points (fields/subgridCentre.ts); the land under the grid point of the
 * minimum; the steering wind is the mean within 278 km, where the storm's own circulation cancels; outside the tropics
 * is poleward of 30°; and minima that pass begin tracks equatorward of 45°, one within 278 km.
 * The thresholds are of a grid of 0.25°; a coarser one sees less vorticity.
 */

import { distanceKm } from '../../../core/sphere/distance.js';
import { localMaxima, localMinima } from '../fields/extrema.js';
import { kmPerDegree } from '../fields/sphereGrid.js';
import { type Layer, layerNeeds } from '../fields/thickness.js';
import type { FieldNeed, Tracker } from '../tracker.js';
import { type Centre, measureCentre } from './centre.js';
import { trackerOf } from './following.js';
import { ours, threshold, valuesOf } from './thresholds.js';
import { vorticityNeeds, type Weather, windNeeds } from './weather.js';

const graphcast = 'GraphCast supplement 8.1.4';

export const ecmwfThresholds = {
  searchKm: threshold(445, 'km', 'how far from the first guess a centre may lie', graphcast),
  nearKm: threshold(278, 'km', 'within which vorticity, wind and thickness are looked at', graphcast),
  vorticity: threshold(5e-5, 's-1', 'least cyclonic vorticity at 850 hPa', graphcast),
  landWind: threshold(8, 'm s-1', 'least 10-m wind of a centre over land', graphcast),
  tropics: threshold(
    30,
    'degrees',
    'latitude beyond which the core must be warm; 0: everywhere, 90: nowhere',
    ours,
  ),
  steeringWeight: threshold(0.5, '1', 'share of the steering wind in the first guess', graphcast),
  maximumTurn: threshold(180, 'degrees', 'largest change of direction (PyHazards: 90)', graphcast),
  genesisLatitude: threshold(45, 'degrees', 'tracks begin equatorward of it', ours),
  separationKm: threshold(278, 'km', 'tracks begin no closer to one another', ours),
  maximumGap: threshold(0, 'times', 'without a centre that a track outlives', ours),
  minimumHours: threshold(12, 'h', 'from first to last fix', 'TCBench (science.md E.2)'),
} as const;

const steeringLevels = [200, 500, 700, 850];
const steeringStandIn: Readonly<Record<number, number>> = { 200: 250 };

/** 850 to 200 hPa. */
const layer: Layer = {
  upper: 200,
  lower: 850,
  otherUpper: [250, 300],
  otherLower: [925, 1000, 700],
  temperatures: [300, 400, 250, 500],
};

const steeringNeeds: readonly FieldNeed[] = ['u', 'v'].flatMap((letter) =>
  steeringLevels.map((level) => ({
    anyOf: [level, steeringStandIn[level] ?? level]
      .filter((l, i, all) => all.indexOf(l) === i)
      .map((l) => `${letter}${l}`),
    required: false,
  })),
);

/** @throws {PlumeError} usage, when a threshold is unknown or no number */
export function ecmwfTracker(given: Readonly<Record<string, number>> = {}): Tracker {
  const values = valuesOf('ecmwf', ecmwfThresholds, given);
  const { nearKm } = values;
  const measures = { windKm: nearKm, vorticityKm: nearKm, warmCoreKm: 6.5 * kmPerDegree, layer };

  const findCentres = (weather: Weather, land: Uint8Array | null): Centre[] => {
    const pressure = weather.field('msl')!;
    if (land === null) weather.note('no land mask: the test of wind over land is left out');
    const levels = steeringLevels.flatMap((level) =>
      [level, steeringStandIn[level] ?? level].filter((l) => weather.field(`u${l}`) !== null).slice(0, 1),
    );
    if (levels.length < steeringLevels.length) {
      weather.note(
        levels.length === 0
          ? 'no winds aloft: the first guess is past motion alone'
          : `the steering wind is the mean of ${levels.join(', ')} hPa, not of ${steeringLevels.join(', ')}`,
      );
    }
    const warmest = warmPoints(weather);
    return localMinima(weather.sphere, pressure).flatMap((point): Centre[] => {
      const row = Math.floor(point / weather.sphere.columns);
      const polar = Math.abs(weather.sphere.grid.latitudes[row]!);
      const at = measureVorticityFirst(weather, pressure, point);
      if (at === null) return [];
      if (land?.[point] === 1 && at.wind <= values.landWind) return [];
      if (polar > values.tropics && warmest !== null && !warmest(at.latitude, at.longitude)) return [];
      const steering = weather.steering(levels, at.latitude, at.longitude, nearKm);
      return [{ ...at, mayBegin: polar <= values.genesisLatitude, steering }];
    });
  };

  /** Most minima fail by their vorticity: the rest is looked at only where they do not. */
  const measureVorticityFirst = (weather: Weather, pressure: Float32Array, point: number) => {
    const { grid, columns } = weather.sphere;
    const latitude = grid.latitudes[Math.floor(point / columns)]!;
    const rough = weather.cyclonicVorticityNear(
      latitude,
      grid.longitudes[point % columns]!,
      nearKm + weather.sphere.spacingKm,
    );
    if (rough <= values.vorticity) return null;
    const at = measureCentre(weather, pressure, point, measures);
    return at.vorticity <= values.vorticity ? null : at;
  };

  /** Whether a maximum of the thickness lies near; null where it is not known or not asked. */
  const warmPoints = (weather: Weather): ((latitude: number, longitude: number) => boolean) | null => {
    if (values.tropics >= 90) return null;
    const thickness = weather.thickness(layer);
    if (thickness === null) return null;
    const { grid, columns } = weather.sphere;
    const places = localMaxima(weather.sphere, thickness).map((point) => ({
      latitude: grid.latitudes[Math.floor(point / columns)]!,
      longitude: grid.longitudes[point % columns]!,
    }));
    return (latitude, longitude) =>
      places.some(
        (place) =>
          Math.abs(place.latitude - latitude) * kmPerDegree <= nearKm + 1 &&
          distanceKm(latitude, longitude, place.latitude, place.longitude) <= nearKm,
      );
  };

  return trackerOf({
    description: {
      name: 'ecmwf',
      summary:
        'pressure minima near a first guess from motion and steering wind, with vorticity, wind over land and a warm core',
      source: `${graphcast} (Lam et al. 2023, doi:10.1126/science.adi2336); Magnusson et al. 2021, ECMWF Tech. Memo. 888`,
      needs: [
        { anyOf: ['msl'], required: true },
        ...vorticityNeeds,
        ...windNeeds,
        ...layerNeeds(layer),
        ...steeringNeeds,
      ],
    },
    atLeastAGridLength: { nearKm, searchKm: values.searchKm },
    findCentres,
    links: () => ({
      reachKm: () => values.searchKm,
      steeringWeight: values.steeringWeight,
      persistence: 1,
      maximumSpeed: Number.POSITIVE_INFINITY,
      maximumTurn: values.maximumTurn,
      maximumGap: values.maximumGap,
      separationKm: values.separationKm,
    }),
    minimumHours: values.minimumHours,
    keeps: () => true,
  });
}
