/**
 * The tracker of Vitart et al. (1997, J. Climate 10, 745): where the vorticity at 850 hPa has a maximum over
 * 3.5e-5 s⁻¹, the nearest minimum of sea-level pressure is the storm's centre; within 2° of it lies a maximum of the
 * mean temperature from 500 to 200 hPa, which falls by 0.5 K on every way out within 8°, and a maximum of the thickness
 * from 1000 to 200 hPa, which falls by 50 m within 8°. Distances are degrees of a great circle (a code that multiplies 8
 * and 2 by 25 km asks for another storm) between centres, which lie between grid points; pressure is that at the pressure's minimum, and no pressure is too high.
 * Storms last two days and have 17 m s⁻¹ within 8° for so long. The paper's grids are of 1 to 3 degrees: on finer ones the
 * vorticity passes more often.
 */
import { distanceKm } from '../../../core/sphere/distance.js';
import { contourDepth } from '../fields/closedContour.js';
import { localMaxima, localMinima } from '../fields/extrema.js';
import { kmPerDegree } from '../fields/sphereGrid.js';
import { subgridCentre } from '../fields/subgridCentre.js';
import { type Layer, layerNeeds } from '../fields/thickness.js';
import type { Fix } from '../track.js';
import type { Tracker } from '../tracker.js';
import { type Centre, measureCentre } from './centre.js';
import { trackerOf } from './following.js';
import { nearestAlone } from './linking.js';
import { ours, threshold, valuesOf } from './thresholds.js';
import { vorticityNeeds, type Weather, windNeeds } from './weather.js';

const vitart = 'Vitart et al. 1997';

export const vitartThresholds = {
  vorticity: threshold(3.5e-5, 's-1', 'least cyclonic vorticity at 850 hPa', vitart),
  nearDegrees: threshold(
    2,
    'degrees',
    'from the centre to the maxima of vorticity, temperature and thickness',
    vitart,
  ),
  fallDegrees: threshold(8, 'degrees', 'great circle within which temperature and thickness fall', vitart),
  temperatureFall: threshold(0.5, 'K', 'that closes the contour in temperature', vitart),
  thicknessFall: threshold(490, 'm2 s-2', 'that closes the contour in thickness (50 m)', vitart),
  maximumPressure: threshold(Number.POSITIVE_INFINITY, 'Pa', 'at the centre (earth2studio: 99000)', ours),
  latitude: threshold(60, 'degrees', 'equatorward of which storms are', 'earth2studio (science.md E.3)'),
  linkKm: threshold(300, 'km', 'from one time to the next, in 6 h', 'earth2studio (science.md E.3)'),
  maximumGap: threshold(
    1,
    'times',
    'without a centre that a track outlives',
    'earth2studio (science.md E.3)',
  ),
  minimumHours: threshold(48, 'h', 'from first to last fix', vitart),
  wind: threshold(17, 'm s-1', 'within 8° of the centre', vitart),
  windHours: threshold(48, 'h', 'it blows, not necessarily without a break', vitart),
} as const;

const warmLevels = [200, 250, 300, 400, 500];

/** 1000 to 200 hPa. */
const layer: Layer = {
  upper: 200,
  lower: 1000,
  otherUpper: [250, 300],
  otherLower: [925, 850],
  temperatures: [],
};

/** @throws {PlumeError} usage, when a threshold is unknown or no number */
export function vitartTracker(given: Readonly<Record<string, number>> = {}): Tracker {
  const values = valuesOf('vitart', vitartThresholds, given);
  const near = values.nearDegrees * kmPerDegree;
  const fall = values.fallDegrees * kmPerDegree;
  const measures = { windKm: fall, vorticityKm: near, warmCoreKm: fall, layer };

  const findCentres = (weather: Weather): Centre[] => {
    const { sphere } = weather;
    const pressure = weather.field('msl')!;
    const temperature = meanTemperature(weather);
    const thickness = weather.thickness(layer);
    const tests = [
      vorticityMaxima(weather, values.vorticity),
      coreMaxima(weather, temperature, fall, values.temperatureFall),
      coreMaxima(weather, thickness, fall, values.thicknessFall),
    ].flatMap((places) => (places === null ? [] : [places]));
    return localMinima(sphere, pressure)
      .filter((point) => {
        if (pressure[point]! > values.maximumPressure) return false;
        const centre = subgridCentre(sphere, pressure, point, 'minimum');
        if (Math.abs(centre.latitude) >= values.latitude) return false;
        return tests.every((places) => places.some((place) => isWithin(centre, place, near)));
      })
      .map((point) => ({
        ...measureCentre(weather, pressure, point, measures),
        mayBegin: true,
        steering: null,
      }));
  };

  const keeps = (fixes: readonly Fix[], steps: number): boolean => {
    if (fixes.every(({ wind }) => Number.isNaN(wind))) return true;
    const windy = fixes.filter(({ wind }) => wind >= values.wind).length;
    // Of the fixes, as many as make up the time at the mean interval between them.
    const interval = (fixes.at(-1)!.time - fixes[0]!.time) / Math.max(1, fixes.length - 1) / 3_600_000;
    const needed = interval === 0 ? 1 : values.windHours / interval;
    return windy >= Math.min(needed, steps);
  };

  return trackerOf({
    description: {
      name: 'vitart',
      summary:
        'pressure minima beside maxima of vorticity, of upper temperature and of thickness that fall around them',
      source: 'Vitart, Anderson & Stern 1997, J. Climate 10, 745; linking as in earth2studio',
      needs: [
        { anyOf: ['msl'], required: true },
        ...vorticityNeeds,
        { anyOf: warmLevels.map((level) => `t${level}`), required: false },
        ...layerNeeds(layer),
        ...windNeeds,
      ],
    },
    atLeastAGridLength: { fallDegrees: fall },
    findCentres,
    links: () => ({
      ...nearestAlone,
      reachKm: (hours) => (values.linkKm * hours) / 6,
      maximumGap: values.maximumGap,
    }),
    minimumHours: values.minimumHours,
    keeps,
  });
}

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

function isWithin(a: Place, b: Place, km: number): boolean {
  return (
    Math.abs(a.latitude - b.latitude) * kmPerDegree <= km + 1 &&
    distanceKm(a.latitude, a.longitude, b.latitude, b.longitude) <= km
  );
}

/** Of those levels from 500 to 200 hPa that are there. */
function meanTemperature(weather: Weather): Float32Array | null {
  const found = warmLevels.flatMap((level) => {
    const field = weather.field(`t${level}`);
    return field === null ? [] : [{ level, field }];
  });
  if (found.length === 0) {
    weather.note('no temperature from 500 to 200 hPa: its test is left out');
    return null;
  }
  if (found.length < warmLevels.length) {
    weather.note(
      `the mean temperature from 500 to 200 hPa is that of ${found.map(({ level }) => level).join(', ')} hPa`,
    );
  }
  return found[0]!.field.map(
    (_, point) => found.reduce((sum, { field }) => sum + field[point]!, 0) / found.length,
  );
}

/** Maxima over the threshold of what turns as the hemisphere's cyclones do; null: not known. */
function vorticityMaxima(weather: Weather, least: number): Place[] | null {
  const { vorticity, sphere } = weather;
  if (vorticity === null) return null;
  const cyclonic = vorticity.map((value, point) =>
    sphere.grid.latitudes[Math.floor(point / sphere.columns)]! < 0 ? -value : value,
  );
  return localMaxima(sphere, cyclonic)
    .filter((point) => cyclonic[point]! >= least)
    .map((point) => subgridCentre(sphere, cyclonic, point, 'maximum'));
}

/** Maxima that fall by so much within the distance; null: not known. */
function coreMaxima(
  { sphere }: Weather,
  field: Float32Array | null,
  km: number,
  fall: number,
): Place[] | null {
  if (field === null) return null;
  return localMaxima(sphere, field)
    .filter((point) => contourDepth(sphere, field, point, 'maximum', km, fall) >= fall)
    .map((point) => subgridCentre(sphere, field, point, 'maximum'));
}
