/**
 * Maps of all cyclones of a forecast: the probability that any passes near (strike), the same of those whose wind is strong enough
 * (activity), and how many pass and are born near (density, genesis), a mean over members. Probabilities are made for the whole
 * forecast and for windows of two days; a fix on the edge of two windows belongs to both.
 */
import type { Grid } from '../../core/grid.js';
import { millisecondsPerHour } from '../../core/time.js';
import {
  type ActivityLevel,
  activityThresholds,
  cycloneActivity,
} from '../../evaluation/cyclones/products/activity.js';
import { type Arc, arcsOf, type HoursWindow } from '../../evaluation/cyclones/products/arcs.js';
import { genesisDensity, trackDensity } from '../../evaluation/cyclones/products/densityMaps.js';
import { gridPoints, type MapPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import { anyStrikeProbability } from '../../evaluation/cyclones/products/strikeProbability.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import type { CycloneForecast } from './cycloneForecast.js';

/** Of activity, density and genesis, km. */
export const activityRadiusKm = 300;

/** Hours. */
const windowLength = 48;

export const activityLevels = Object.keys(activityThresholds) as ActivityLevel[];

export type StormProduct = 'strike' | `activity_${Lowercase<ActivityLevel>}` | 'density' | 'genesis';

export interface StormMap {
  readonly start: number;
  readonly product: StormProduct;
  readonly window: HoursWindow;
  readonly radiusKm: number;
  /** Members that were asked. */
  readonly members: number;
  /** [point]: shares, or tracks a member. */
  readonly values: Float64Array;
}

/** One map after the other, the whole forecast before its windows. */
export function* stormMaps(forecast: CycloneForecast, grid: Grid, radiusKm: number): Generator<StormMap> {
  const { start, ensemble } = forecast;
  const members = ensemble.members.length;
  const points = gridPoints(grid);
  const windows = mapWindows(forecast);
  const whole = windows[0]!;
  for (const window of windows) {
    const { probability } = anyStrikeProbability(ensemble, points, { radiusKm, window });
    yield { start, product: 'strike', window, radiusKm, members, values: probability };
  }
  const near = { start, radiusKm: activityRadiusKm, members };
  for (const level of knowsWinds(forecast) ? activityLevels : []) {
    for (const window of windows)
      yield {
        ...near,
        product: productOf(level),
        window,
        values: activityAt(forecast, points, level, window),
      };
  }
  yield { ...near, product: 'density', window: whole, values: densityAt(forecast, points) };
  yield { ...near, product: 'genesis', window: whole, values: genesisAt(forecast, points) };
}

function productOf(level: ActivityLevel): StormProduct {
  return `activity_${level.toLowerCase() as Lowercase<ActivityLevel>}`;
}

/** The whole forecast, then two days each, the last shorter where the forecast ends. */
export function mapWindows({ untilHours }: Pick<CycloneForecast, 'untilHours'>): HoursWindow[] {
  const whole = { fromHours: 0, toHours: untilHours };
  const count = Math.ceil(untilHours / windowLength);
  if (count < 2) return [whole];
  const parts = Array.from({ length: count }, (_, i) => ({
    fromHours: i * windowLength,
    toHours: Math.min((i + 1) * windowLength, untilHours),
  }));
  return [whole, ...parts];
}

export function activityAt(
  { ensemble }: CycloneForecast,
  points: MapPoints,
  level: ActivityLevel,
  window: HoursWindow | null,
): Float64Array {
  return cycloneActivity(ensemble, points, level, { radiusKm: activityRadiusKm, window }).probability;
}

export function densityAt({ ensemble, untilHours }: CycloneForecast, points: MapPoints): Float64Array {
  const window = { fromHours: 0, toHours: untilHours };
  return trackDensity(ensemble, points, { radiusKm: activityRadiusKm, window });
}

export function genesisAt(forecast: CycloneForecast, points: MapPoints): Float64Array {
  return genesisDensity(forecast.ensemble, points, {
    radiusKm: activityRadiusKm,
    firstHours: firstLeadHours(forecast),
  });
}

/** Without winds activity is not known, which is not the same as none. */
export function knowsWinds(forecast: CycloneForecast): boolean {
  return tracksOf(forecast).some(({ fixes }) => fixes.some(({ wind }) => !Number.isNaN(wind)));
}

/**
 * The first lead at which cyclones were looked for, which files of tracks do not say: of them the analysis, or the first step where no
 * track begins with the analysis.
 */
export function firstLeadHours(forecast: CycloneForecast): number {
  const { start, stepHours, fromHours } = forecast;
  if (fromHours > 0) return fromHours;
  return tracksOf(forecast).some(({ fixes }) => fixes[0]!.time <= start) ? 0 : stepHours;
}

/** Ways of all tracks while the forecast runs. */
export function arcsWhile({ start, untilHours }: CycloneForecast, tracks: readonly Track[]): Arc[] {
  const window = { fromHours: 0, toHours: untilHours };
  return tracks.flatMap((track) => arcsOf(track, start, { window }));
}

export function tracksOf({ ensemble }: CycloneForecast): Track[] {
  return ensemble.members.flatMap(({ tracks }) => tracks);
}

/** Best tracks that are there while the forecast runs. */
export function thereWhile({ start, untilHours }: CycloneForecast, best: readonly Track[]): Track[] {
  const end = start + untilHours * millisecondsPerHour;
  return best.filter(({ fixes }) => fixes.some(({ time }) => time >= start && time <= end));
}
