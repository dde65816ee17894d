/**
 * What a file of tracks holds, whatever its format, in the units of track.ts: either tracks of what happened (best
 * tracks, and what a tracker found in analyses), or forecasts, one for each storm and base time.
 */
import type { EnsembleTracks, Storm, Track } from '../track.js';

export type TrackFile = BestTracks | ForecastTracks;

interface AnyTrackFile {
  readonly path: string;
  /** Name of the format, as in `trackFormats`. */
  readonly format: string;
  readonly wind: WindMeaning;
  /** What was left out because it is malformed, in the order of the file. */
  readonly skipped: readonly Skipped[];
  /** What a reader of the numbers ought to know, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Over which time the published wind is a mean. It is kept as published: a 1-minute wind is larger than a 10-minute one
 * (by 5 to 20 %: Harper, Kepert & Ginger 2010, WMO/TD-1555), and there is no conversion that all agencies share.
 */
export type WindMeaning =
  | '1-minute mean'
  | 'as the responsible agency reports it (mostly a 10-minute mean)'
  | '10-m wind of a model'
  | 'not stated';

export interface Skipped {
  /** 'line 12', 'storm 3, time 7', 'message 2, subset 4'. */
  readonly at: string;
  readonly why: string;
}

export interface BestTracks extends AnyTrackFile {
  readonly kind: 'best';
  /** In the order in which they come first in the file; ids are those of the file. */
  readonly tracks: readonly Track[];
  /**
   * By id of the track, for each of its fixes: the status as published ('TD', 'TS', 'HU', 'EX', 'LO', …; of CyTRACK the
   * core, 'SDWC', …), null where there is none.
   */
  readonly categories: ReadonlyMap<string, readonly (string | null)[]>;
}

export interface ForecastTracks extends AnyTrackFile {
  readonly kind: 'forecast';
  /** By base time, then in the order of the file. */
  readonly forecasts: readonly StormForecast[];
}

/** All members' tracks of one storm from one base time. */
export interface StormForecast {
  /** null: tracks that nobody has joined into storms; members may have several. */
  readonly storm: string | null;
  readonly name: string | null;
  /** Every member that was asked; of a storm each has one track or none, with the id of the storm. */
  readonly ensemble: EnsembleTracks;
  /** What the file calls a member: 'perturbed', 'control', 'high resolution', a technique; absent where it says nothing. */
  readonly labels: ReadonlyMap<number, string>;
}

/** The forecast of a storm as products and scores want it. */
export function stormOf(forecast: StormForecast): Storm {
  const { storm, name, ensemble } = forecast;
  return {
    id: storm ?? '',
    name,
    start: ensemble.start,
    members: ensemble.members.length,
    tracks: ensemble.members.flatMap(({ member, weightSample, tracks }) =>
      tracks.map((track) => ({ member, weightSample, track })),
    ),
  };
}

/** Without the single forecasts that come beside an ensemble, since its members are no draws of theirs. */
export function perturbedOnly(forecast: StormForecast): StormForecast {
  const single = ({ member }: { readonly member: number }): boolean =>
    ['control', 'high resolution'].includes(forecast.labels.get(member) ?? '');
  const members = forecast.ensemble.members.filter((one) => !single(one));
  return { ...forecast, ensemble: { ...forecast.ensemble, members } };
}
