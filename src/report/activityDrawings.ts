/**
 * Drawings of all cyclones of a forecast together, for the whole of it: strikes, activity by strength of wind, where tracks pass and
 * where cyclones are born. On one frame, so that they compare.
 */
import type { ActivityLevel } from '../../evaluation/cyclones/products/activity.js';
import { activityThresholds } from '../../evaluation/cyclones/products/activity.js';
import type { MapPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import { anyStrikeProbability } from '../../evaluation/cyclones/products/strikeProbability.js';
import type { CycloneForecast } from '../tracks/cycloneForecast.js';
import {
  activityAt,
  activityLevels,
  activityRadiusKm,
  densityAt,
  genesisAt,
  knowsWinds,
  tracksOf,
} from '../tracks/stormMaps.js';
import { type ColourScale, colourBar, growingScale } from './colourScale.js';
import type { Drawing, DrawingOptions } from './stormDrawings.js';
import { filledAreas, strikeScale } from './strikeMap.js';
import { type TrackFrame, trackFrame, trackMap } from './trackFrame.js';

const width = 520;

const levelNames: Readonly<Record<ActivityLevel, string>> = {
  TD: 'tropical depression',
  TS: 'tropical storm',
  HR: 'hurricane',
};

/** @param forecast with a cyclone in one member at least */
export function activityDrawings(
  forecast: CycloneForecast,
  { radiusKm, coast }: Omit<DrawingOptions, 'stepHours'>,
): Drawing[] {
  const { untilHours, ensemble } = forecast;
  const frame = trackFrame(
    tracksOf(forecast).flatMap(({ fixes }) => fixes),
    width,
    coast,
  );
  const members = ensemble.members.length;
  const activity = (knowsWinds(forecast) ? activityLevels : []).map((level): Drawing => {
    const least = activityThresholds[level];
    const title = `Activity, ${levelNames[level]}: ${least} m/s or more`;
    const ask = (points: MapPoints): Float64Array =>
      activityAt(forecast, points, level, { fromHours: 0, toHours: untilHours }).map((share) => 100 * share);
    const text = `share of ${members} members with a cyclone of that wind within ${activityRadiusKm} km, at any time`;
    return drawing(frame, 'activity', { title, text, unit: '%', scale: strikeScale, ask });
  });
  const window = { fromHours: 0, toHours: untilHours };
  return [
    drawing(frame, 'strike', {
      title: `Probability that any cyclone passes within ${radiusKm} km`,
      text: `share of ${members} members, at any time of the forecast`,
      unit: '%',
      scale: strikeScale,
      ask: (points) =>
        anyStrikeProbability(ensemble, points, { radiusKm, window }).probability.map((share) => 100 * share),
    }),
    ...activity,
    drawing(frame, 'density', {
      title: 'Track density',
      text: `tracks within ${activityRadiusKm} km, a mean over ${members} members`,
      unit: 'tracks',
      scale: countScale,
      ask: (points) => densityAt(forecast, points),
    }),
    drawing(frame, 'density', {
      title: 'Genesis',
      text: `cyclones born within ${activityRadiusKm} km after the first lead, a mean over ${members} members`,
      unit: 'births',
      scale: countScale,
      ask: (points) => genesisAt(forecast, points),
    }),
  ];
}

/** Cyclones a member; one for both maps, so that they compare. Below the first bound nothing is drawn. */
const edges = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const countScale: ColourScale = {
  bounds: edges.slice(0, -1),
  colours: growingScale(1, 'ylgnbu').colours.slice(-(edges.length - 1)),
  edges,
  ground: 'pale',
};

interface Asked {
  readonly title: string;
  readonly text: string;
  readonly unit: string;
  readonly scale: ColourScale;
  readonly ask: (points: MapPoints) => Float64Array;
}

function drawing(
  frame: TrackFrame,
  kind: Drawing['kind'],
  { title, text, unit, scale, ask }: Asked,
): Drawing {
  return {
    kind,
    title,
    text,
    svg: trackMap(frame, title, { areas: filledAreas(frame, scale, ask) }),
    bar: colourBar(scale, unit, title),
    width,
    height: frame.height,
  };
}
