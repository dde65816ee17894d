/** --strike LAT,LON[,KM]: the probability that a cyclone passes a place. */
import { usageError } from '../../core/errors.js';
import { listedPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import {
  anyStrikeProbability,
  strikeProbability,
} from '../../evaluation/cyclones/products/strikeProbability.js';
import { readLatitude, readLongitude } from '../coordinates.js';
import type { CycloneForecast } from './cycloneForecast.js';

export interface StrikePlace {
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusKm: number;
}

/**
 * @param radiusKm where the text says none
 * @throws {PlumeError} usage, for a place or radius that is none
 */
export function strikePlace(text: string, radiusKm: number): StrikePlace {
  const [first = '', second = '', third, ...more] = text.split(',').map((part) => part.trim());
  const latitude = readLatitude(first);
  const longitude = readLongitude(second);
  const radius = third === undefined ? radiusKm : Number(/^(\d+(?:\.\d+)?)\s*(?:km)?$/.exec(third)?.[1]);
  if (latitude === null || longitude === null || more.length > 0 || !(radius > 0)) {
    throw usageError(
      `--strike "${text}" is no place; give degrees north and east, and a radius in km where it is not that of --radius: ` +
        '25.8,-80.2 or 25.8N,80.2W,200',
    );
  }
  return { latitude, longitude, radiusKm: radius };
}

export interface StrikeAnswer extends StrikePlace {
  readonly start: number;
  /** Of any cyclone, and members of those asked. */
  readonly probability: number;
  readonly members: number;
  readonly asked: number;
  /** Storms that come near in any member, the likeliest first. */
  readonly storms: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly probability: number;
  }[];
}

export function strikeAt(place: StrikePlace, { start, ensemble, storms }: CycloneForecast): StrikeAnswer {
  const { latitude, longitude, radiusKm } = place;
  const point = listedPoints([latitude], [longitude]);
  const any = anyStrikeProbability(ensemble, point, { radiusKm });
  const near = storms
    .map((storm) => ({
      id: storm.id,
      name: storm.name,
      probability: strikeProbability(storm, point, { radiusKm }).probability[0]!,
    }))
    .filter(({ probability }) => probability > 0)
    .sort((a, b) => b.probability - a.probability);
  return {
    ...place,
    start,
    probability: any.probability[0]!,
    members: any.counts[0]!,
    asked: any.members,
    storms: near,
  };
}
