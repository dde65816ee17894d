/**
 * TempestExtremes' tracker of tropical cyclones (Ullrich et al. 2021, doi:10.5194/gmd-14-5023-2021) with the settings of
 * TCBench: minima of sea-level pressure, of those within 6° the deepest; 200 Pa must be risen within 5.5° on every way
 * out; Z300 − Z500 must fall by 58.8 m² s⁻² within 6.5° of its maximum within 1°; centres are linked within 8°, a
 * track lasts 12 h, has 10 m s⁻¹ at two times and is equatorward of 50° once.
 * Unlike StitchNodes, pairs of centres are linked nearest first (linking.ts) and not in the order of the grid, and the
 * edge of a region is a way out of a contour.
 */
import { contourDepth } from '../fields/closedContour.js';
import { localMinima } from '../fields/extrema.js';
import { kmPerDegree } from '../fields/sphereGrid.js';
import { type Layer, layerNeeds } from '../fields/thickness.js';
import { largestWithin } from '../fields/withinDistance.js';
import type { Fix } from '../track.js';
import type { Tracker } from '../tracker.js';
import { type Centre, measureCentre, mergeClose } from './centre.js';
import { trackerOf } from './following.js';
import { nearestAlone } from './linking.js';
import { ours, threshold, valuesOf } from './thresholds.js';
import { vorticityNeeds, type Weather, windNeeds } from './weather.js';

const tcbench = 'TCBench settings (science.md E.2)';

export const tempestThresholds = {
  pressureRise: threshold(200, 'Pa', 'that closes the contour in sea-level pressure', tcbench),
  pressureDegrees: threshold(5.5, 'degrees', 'great circle within which it closes', tcbench),
  thicknessFall: threshold(58.8, 'm2 s-2', 'that closes the contour in Z300 − Z500', tcbench),
  thicknessDegrees: threshold(6.5, 'degrees', 'great circle within which it closes', tcbench),
  thicknessSearch: threshold(1, 'degrees', 'within which the thickest point is looked for', tcbench),
  mergeDegrees: threshold(6, 'degrees', 'within which only the deepest minimum counts', tcbench),
  windDegrees: threshold(2, 'degrees', 'within which the largest wind is looked for', tcbench),
  linkDegrees: threshold(8, 'degrees', 'from one time to the next', tcbench),
  minimumHours: threshold(12, 'h', 'from first to last fix', tcbench),
  maximumGap: threshold(0, 'times', 'without a centre that a track outlives (earth2studio: 4)', tcbench),
  wind: threshold(10, 'm s-1', 'that a track reaches', tcbench),
  windTimes: threshold(2, 'times', 'it reaches it', tcbench),
  latitude: threshold(50, 'degrees', 'equatorward of which a track is', tcbench),
  latitudeTimes: threshold(1, 'times', 'it is there', tcbench),
  vorticityDegrees: threshold(2, 'degrees', 'within which the vorticity is reported', ours),
} as const;

/** 500 to 300 hPa. */
const layer: Layer = {
  upper: 300,
  lower: 500,
  otherUpper: [250, 200],
  otherLower: [600, 700, 850],
  temperatures: [400, 300, 250],
};

/** @throws {PlumeError} usage, when a threshold is unknown or no number */
export function tempestTracker(given: Readonly<Record<string, number>> = {}): Tracker {
  const values = valuesOf('tempest', tempestThresholds, given);
  const km = (degrees: number): number => degrees * kmPerDegree;
  const measures = {
    windKm: km(values.windDegrees),
    vorticityKm: km(values.vorticityDegrees),
    warmCoreKm: km(values.thicknessDegrees),
    layer,
  };

  const findCentres = (weather: Weather): Centre[] => {
    const { sphere } = weather;
    const windKm = Math.max(measures.windKm, 1.5 * sphere.spacingKm);
    if (windKm > measures.windKm) {
      weather.note(
        `winds are looked for within ${windKm.toFixed(0)} km: on this grid nearer ones are the centre's own`,
      );
    }
    const pressure = weather.field('msl')!;
    const thickness = weather.thickness(layer);
    const lowest = mergeClose(weather, pressure, localMinima(sphere, pressure), km(values.mergeDegrees));
    const { pressureRise, thicknessFall } = values;
    return lowest
      .filter(
        (point) =>
          contourDepth(sphere, pressure, point, 'minimum', km(values.pressureDegrees), pressureRise) >=
          pressureRise,
      )
      .filter((point) => {
        if (thickness === null) return true;
        const latitude = sphere.grid.latitudes[Math.floor(point / sphere.columns)]!;
        const longitude = sphere.grid.longitudes[point % sphere.columns]!;
        const thickest = largestWithin(sphere, thickness, latitude, longitude, km(values.thicknessSearch));
        if (thickest === null) return false;
        const reach = km(values.thicknessDegrees);
        return (
          contourDepth(sphere, thickness, thickest.point, 'maximum', reach, thicknessFall) >= thicknessFall
        );
      })
      .map((point) => ({
        ...measureCentre(weather, pressure, point, { ...measures, windKm }),
        mayBegin: true,
        steering: null,
      }));
  };

  const keeps = (fixes: readonly Fix[], steps: number): boolean => {
    const count = (test: (fix: Fix) => boolean): number => fixes.filter(test).length;
    const windKnown = fixes.some(({ wind }) => !Number.isNaN(wind));
    return (
      (!windKnown || count(({ wind }) => wind >= values.wind) >= Math.min(values.windTimes, steps)) &&
      count(({ latitude }) => Math.abs(latitude) <= values.latitude) >= Math.min(values.latitudeTimes, steps)
    );
  };

  return trackerOf({
    description: {
      name: 'tempest',
      summary: 'pressure minima with closed contours in pressure and thickness, merged, and linked with gaps',
      source: `Ullrich et al. 2021, doi:10.5194/gmd-14-5023-2021; ${tcbench}`,
      needs: [{ anyOf: ['msl'], required: true }, ...layerNeeds(layer), ...windNeeds, ...vorticityNeeds],
    },
    atLeastAGridLength: {
      pressureDegrees: km(values.pressureDegrees),
      thicknessDegrees: km(values.thicknessDegrees),
    },
    findCentres,
    links: () => ({
      ...nearestAlone,
      reachKm: () => km(values.linkDegrees),
      maximumGap: values.maximumGap,
    }),
    minimumHours: values.minimumHours,
    keeps,
  });
}
