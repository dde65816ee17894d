/**
 * Strikes by any low as answers to questions: at points that cover the latitudes of lows evenly, within a radius of the path
 * in a window of leads. The climatological probability is the share of other dates on which one passed.
 */
import { listedPoints, type MapPoints } from '../../../evaluation/cyclones/products/mapPoints.js';
import type { EnsembleTracks, Track } from '../../../evaluation/cyclones/track.js';
import { struck } from '../../../evaluation/cyclones/verification/strikeReliability.js';
import type { Site } from '../../../evaluation/events/places/boundPlace.js';
import { type AskedCases, emptyCases } from './askedCases.js';

export interface StrikeKind {
  readonly radiusKm: number;
  readonly window: { readonly fromHours: number; readonly toHours: number };
}

export function strikeName({ radiusKm, window }: StrikeKind): string {
  return `a low within ${radiusKm} km, days ${window.fromHours / 24} to ${window.toHours / 24}`;
}

/** One start. */
export interface TrackedStart {
  readonly forecast: EnsembleTracks;
  readonly truth: readonly Track[];
}

/** The truth from other dates on, and which of them stand for a start. */
export interface TrackedDates {
  readonly tracks: ReadonlyMap<number, readonly Track[]>;
  /** The same array where they are the same. */
  readonly climateStarts: (start: number) => Float64Array;
}

export function strikeCases(
  kind: StrikeKind,
  starts: readonly TrackedStart[],
  { tracks, climateStarts }: TrackedDates,
  sites: readonly Site[],
): AskedCases {
  const points = pointsOf(sites);
  const members = starts[0]?.forecast.members.length ?? 0;
  const cases = emptyCases(strikeName(kind), { starts: starts.length, members, places: sites.length });
  const hits = new Map([...tracks].map(([date, those]) => [date, struck(those, date, points, kind)]));
  const usual = new Map<Float64Array, Float64Array>();
  for (const [s, { forecast, truth }] of starts.entries()) {
    for (const [row, member] of forecast.members.entries()) {
      const passed = struck(member.tracks, forecast.start, points, kind);
      cases.yes.set(passed, (s * members + row) * sites.length);
    }
    cases.outcome.set(struck(truth, forecast.start, points, kind), s * sites.length);
    const dates = climateStarts(forecast.start);
    const shares = usual.get(dates) ?? sharesOf(dates, hits, sites.length);
    usual.set(dates, shares);
    cases.climate.set(shares, s * sites.length);
  }
  return cases;
}

/** [point] */
function sharesOf(dates: Float64Array, hits: ReadonlyMap<number, Uint8Array>, points: number): Float64Array {
  const shares = new Float64Array(points);
  for (const date of dates) {
    hits.get(date)?.forEach((hit, point) => {
      shares[point]! += hit / dates.length;
    });
  }
  return shares;
}

function pointsOf(sites: readonly Site[]): MapPoints {
  return listedPoints(
    sites.map(({ latitude }) => latitude),
    sites.map(({ longitude }) => longitude),
  );
}
