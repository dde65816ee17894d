/**
 * Lows of all kinds outside the tropics, from whatever shows them: minima of sea-level pressure, or of the geopotential
 * of a low level where there is no such thing; deep enough within 1000 km (the closed contour of Wernli & Schwierz 2006,
 * doi:10.1175/JAS3766.1); linked to the nearest place to a first guess from past motion (Murray & Simmonds 1991,
 * Aust. Meteorol. Mag. 39, 155: part of the motion goes on) and no faster than 33 m s⁻¹. Distances grow with the
 * interval, so that 6-hourly and daily fields serve both; daily, a low is easily taken for another.
 * A depth in pressure is asked of a geopotential as the height it stands for: δΦ = R_d T δp / p, T and p of the standard
 * atmosphere. Pressure is told only where it is known.
 */
import { contourDepth } from '../fields/closedContour.js';
import { localMinima } from '../fields/extrema.js';
import { gasConstant, type Layer, layerNeeds } from '../fields/thickness.js';
import type { Tracker } from '../tracker.js';
import { type Centre, measureCentre, mergeClose } from './centre.js';
import { trackerOf } from './following.js';
import { ours, threshold, valuesOf } from './thresholds.js';
import { vorticityNeeds, type Weather, windNeeds } from './weather.js';

export const lowsThresholds = {
  depth: threshold(200, 'Pa', 'of the pass out of the low above its centre', ours),
  contourKm: threshold(1000, 'km', 'within which the contour closes', ours),
  mergeKm: threshold(500, 'km', 'within which only the deepest minimum counts', ours),
  equatorward: threshold(20, 'degrees', 'lows are poleward of it', ours),
  persistence: threshold(0.75, '1', 'share of the past motion in the first guess', 'Murray & Simmonds 1991'),
  guessSpeed: threshold(15, 'm s-1', 'by which the first guess may be wrong', ours),
  firstSpeed: threshold(20, 'm s-1', 'at which a low may leave its first place', ours),
  maximumSpeed: threshold(33, 'm s-1', 'of a low (120 km/h)', ours),
  maximumGap: threshold(0, 'times', 'without a centre that a track outlives', ours),
  minimumHours: threshold(
    24,
    'h',
    'from first to last fix',
    'Neu et al. 2013, doi:10.1175/BAMS-D-11-00154.1',
  ),
  windKm: threshold(500, 'km', 'within which wind and vorticity are reported', ours),
} as const;

/** Best first: the lower, the closer to what one calls a low. */
const fieldsOfLows = ['msl', 'z1000', 'z925', 'z850', 'z700', 'z500'];

const layer: Layer = {
  upper: 500,
  lower: 850,
  otherUpper: [300, 250],
  otherLower: [925, 1000],
  temperatures: [700, 850],
};

/** @throws {PlumeError} usage, when a threshold is unknown or no number */
export function lowsTracker(given: Readonly<Record<string, number>> = {}): Tracker {
  const values = valuesOf('lows', lowsThresholds, given);
  const measures = { windKm: values.windKm, vorticityKm: values.windKm, warmCoreKm: values.contourKm, layer };

  const findCentres = (weather: Weather): Centre[] => {
    const { sphere } = weather;
    const channel = fieldsOfLows.find((name) => weather.field(name) !== null)!;
    if (channel !== 'msl')
      weather.note(`no msl: lows are those of ${channel}, and their pressure is not known`);
    const field = weather.field(channel)!;
    const depth = channel === 'msl' ? values.depth : geopotentialOf(values.depth, Number(channel.slice(1)));
    const minima = localMinima(sphere, field).filter(
      (point) => Math.abs(sphere.grid.latitudes[Math.floor(point / sphere.columns)]!) >= values.equatorward,
    );
    return mergeClose(weather, field, minima, values.mergeKm)
      .filter((point) => contourDepth(sphere, field, point, 'minimum', values.contourKm, depth) >= depth)
      .map((point) => ({
        ...measureCentre(weather, field, point, measures),
        mayBegin: true,
        steering: null,
      }));
  };

  return trackerOf({
    description: {
      name: 'lows',
      summary:
        'lows outside the tropics: deep minima of pressure or of a geopotential, linked by a first guess from past motion',
      source:
        'closed contours: Wernli & Schwierz 2006; first guess: Murray & Simmonds 1991; lifetime: Neu et al. 2013',
      needs: [{ anyOf: fieldsOfLows, required: true }, ...windNeeds, ...vorticityNeeds, ...layerNeeds(layer)],
    },
    atLeastAGridLength: { contourKm: values.contourKm },
    findCentres,
    links: (sphere) => ({
      // A grid length at least: the place of a minimum is known to no better.
      reachKm: (hours, hasMoved) =>
        Math.max(sphere.spacingKm, 3.6 * hours * (hasMoved ? values.guessSpeed : values.firstSpeed)),
      steeringWeight: 0,
      persistence: values.persistence,
      maximumSpeed: values.maximumSpeed,
      maximumTurn: 180,
      maximumGap: values.maximumGap,
      separationKm: 0,
    }),
    minimumHours: values.minimumHours,
    keeps: () => true,
  });
}

/** Of a difference in pressure at a level, m² s⁻²; temperature of the standard atmosphere (ISO 2533, troposphere). */
function geopotentialOf(pascals: number, level: number): number {
  const temperature = 288.15 * (level / 1013.25) ** 0.190263;
  return (gasConstant * temperature * pascals) / (100 * level);
}
