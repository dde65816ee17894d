/** Cyclones as --json gives them: storms with their mean track and every member's fixes in tracks.arrow or the files. */
import { formatTime } from '../../core/time.js';
import type { IntensityShares } from '../../evaluation/cyclones/products/intensityProbability.js';
import {
  type IntensificationShares,
  rapid,
} from '../../evaluation/cyclones/products/rapidIntensification.js';
import type { SpreadEllipse } from '../../evaluation/cyclones/products/spreadEllipse.js';
import { intensityClasses } from '../../evaluation/cyclones/saffirSimpson.js';
import type { Track } from '../../evaluation/cyclones/track.js';
import { spokenLead } from '../report/lowsSentence.js';
import type { CycloneForecast } from './cycloneForecast.js';
import { type PlacedStorm, stormOutlook, surestAndLeast } from './stormOutlook.js';

/** Numbers in SI units, degrees and km; null where a value is not known. */
export function forecastJson(forecast: CycloneForecast, radiusKm: number): unknown {
  const { start, ensemble, storms, stepHours, untilHours } = forecast;
  const { leadHours, surest, least } = surestAndLeast(storms, spokenLead(forecast));
  return {
    start: formatTime(start),
    members: ensemble.members.length,
    tracks: ensemble.members.reduce((sum, { tracks }) => sum + tracks.length, 0),
    untilHours,
    strikeRadiusKm: radiusKm,
    at: { leadHours, surest: placed(surest), least: placed(least) },
    storms: storms.map((storm) => {
      const { leads, lowestPressure, strongestWind, rapidIntensification } = stormOutlook(storm, {
        stepHours,
        radiusKm,
      });
      return {
        id: storm.id,
        name: storm.name,
        members: storm.tracks.map(({ member }) => member),
        asked: storm.members,
        lowestPressure: known(lowestPressure),
        strongestWind: known(strongestWind),
        rapidIntensification: rapidIntensification && intensificationJson(rapidIntensification),
        leads: leads.map(({ time, intensity, ellipse, ...lead }) => ({
          ...known(lead),
          time: formatTime(time),
          intensity: intensityJson(intensity),
          ellipse: ellipse && ellipseJson(ellipse),
        })),
      };
    }),
  };
}

/** Shares of the members asked; with those that do not have the storm, or not its wind, they add up to 1. */
function intensityJson({ classes, absent, unknown }: IntensityShares): unknown {
  const named = intensityClasses.map(({ name }, i) => ({ class: name, probability: classes[i]! }));
  return { classes: named, absent, unknown };
}

/** Half-axes km, variances km²; parts by source where weight samples are known. */
function ellipseJson({
  leadHours: _lead,
  time: _time,
  members: _members,
  asked: _asked,
  sources,
  ...ellipse
}: SpreadEllipse): unknown {
  return {
    ...known(ellipse),
    sources: sources && { along: known(sources.along), across: known(sources.across) },
  };
}

function intensificationJson({ probability, counts, asked, byLead }: IntensificationShares): unknown {
  return { ...rapid, probability, members: counts, asked, byLead };
}

function placed(found: PlacedStorm | null): unknown {
  if (found === null) return null;
  const { time, ...at } = found.at;
  return { id: found.storm.id, name: found.storm.name, ...known(at), time: formatTime(time) };
}

export function trackJson({ id, name, fixes }: Track): unknown {
  return { id, name, fixes: fixes.map(({ time, ...fix }) => ({ ...known(fix), time: formatTime(time) })) };
}

/** NaN has no JSON. */
export function known(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isNaN(value) ? null : value]),
  );
}
