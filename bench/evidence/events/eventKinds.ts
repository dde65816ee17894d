/**
 * What is asked: events of every kind that the language has, each at many places. Thresholds are such that the events happen
 * in some hundredth to some third of the cases.
 */
import { type Channel, channelName } from '../../../core/schema.js';
import type { EventExpression } from '../../../evaluation/events/event.js';
import { parseEvent } from '../../../evaluation/events/parse.js';
import type { Site } from '../../../evaluation/events/places/boundPlace.js';

export interface EventKind {
  /** Short. */
  readonly name: string;
  /** As it is asked; BOX stands for one box after another, and "here" for one site after another. */
  readonly text: string;
}

export interface AskedPlaces {
  readonly sites: readonly Site[];
  /** "NORTH, WEST, SOUTH, EAST" */
  readonly boxes: readonly string[];
}

/** Places of a kind. */
export type Question =
  | { readonly at: 'sites'; readonly event: EventExpression; readonly sites: readonly Site[] }
  | { readonly at: 'boxes'; readonly events: readonly EventExpression[] };

export function questionOf({ text }: EventKind, { sites, boxes }: AskedPlaces): Question {
  return text.includes('BOX')
    ? { at: 'boxes', events: boxes.map((box) => parseEvent(text.replaceAll('BOX', `box(${box})`))) }
    : { at: 'sites', event: parseEvent(text), sites };
}

export function lattice(latitudes: readonly number[], longitudes: readonly number[]): Site[] {
  return latitudes.flatMap((latitude) => longitudes.map((longitude) => ({ latitude, longitude })));
}

export function boxesOf(
  norths: readonly number[],
  wests: readonly number[],
  high: number,
  wide: number,
): string[] {
  return norths.flatMap((north) => wests.map((west) => [north, west, north - high, west + wide].join(', ')));
}

/** from, from + step … to. */
export function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** The nature run: no seasons, winds and temperatures near the surface. */
export const natureKinds: readonly EventKind[] = [
  { name: 'warm day 3', text: 't2m > p90 at here at 72h' },
  { name: 'cold, late', text: 't2m < p10 at here between 120h and 168h' },
  { name: 'deep pressure', text: 'msl < p5 at here between 24h and 72h' },
  { name: 'strong wind', text: 'wind > p95 at here between 72h and 120h' },
  { name: 'wind by number', text: 'wind > 17.2 m/s at here between 24h and 168h' },
  { name: 'falling pressure', text: 'fall(msl, 24h) >= 10 hPa at here between 48h and 96h' },
  { name: 'lasting wind', text: 'wind > p75 for 48h at here between 24h and 168h' },
  { name: 'low in a circle', text: 'msl < 985 hPa anywhere within 800 km of here between 72h and 120h' },
  {
    name: 'ridge in a circle',
    text: 'z500 > p80 for 48h everywhere within 600 km of here between 48h and 144h',
  },
  { name: 'cold spell in a box', text: 'mean(t2m, 48h) < p15 over BOX between 72h and 120h' },
  { name: 'highest in 72 h', text: 'max(t850, 72h) > p90 at here at 144h' },
  { name: 'wind and cold', text: 'wind > p70 at here at 96h and t850 < p30 at here at 96h' },
  {
    name: 'wind or low',
    text: 'wind > p95 at here between 24h and 72h or msl < p5 at here between 24h and 72h',
  },
];

/** Sea-level pressure of the Atlantic alone. */
export const slpKinds: readonly EventKind[] = [
  { name: 'low day 3', text: 'msl < p10 at here at 72h' },
  { name: 'high, late', text: 'msl > p90 at here between 120h and 168h' },
  { name: 'low by number', text: 'msl < 985 hPa at here between 24h and 72h' },
  { name: 'falling pressure', text: 'fall(msl, 24h) >= 15 hPa at here between 48h and 96h' },
  { name: 'rising pressure', text: 'rise(msl, 24h) >= 15 hPa at here between 96h and 168h' },
  { name: 'lasting high', text: 'msl > 1025 hPa for 48h at here between 24h and 168h' },
  { name: 'low in a circle', text: 'msl < 975 hPa anywhere within 700 km of here between 72h and 120h' },
  {
    name: 'high in a circle',
    text: 'msl > p75 for 24h everywhere within 500 km of here between 48h and 120h',
  },
  { name: 'mean over a box', text: 'mean(msl, 72h) < p20 over BOX between 96h and 144h' },
  { name: 'lowest in 72 h', text: 'min(msl, 72h) < 980 hPa at here at 120h' },
  {
    name: 'low and falling',
    text: 'msl < p25 at here between 48h and 120h and fall(msl, 24h) >= 10 hPa at here between 48h and 120h',
  },
  {
    name: 'low or high',
    text: 'msl < p5 at here between 24h and 72h or msl > p95 at here between 24h and 72h',
  },
];

/** One question at each lead. */
export function dailyKinds(channel: Channel): EventKind[] {
  return steps(24, 168, 24).map((lead) => ({
    name: `day ${lead / 24}`,
    text: `${channelName(channel)} < p10 at here at ${lead}h`,
  }));
}
