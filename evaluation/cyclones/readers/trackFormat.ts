/** A format of track files: how it is recognised, and how it is read. One file a format makes one of these. */

import type { SkippedRows } from './skippedRows.js';
import type { BestTracks, ForecastTracks } from './trackFile.js';

export interface TrackFormat {
  /** As people type it. */
  readonly name: string;
  readonly summary: string;
  /** Whether the file looks like it, from how it begins. */
  recognises(head: FileHead): boolean;
  /** @throws {PlumeError} data, when the file as a whole cannot be read */
  read(source: TrackSource): Promise<TrackContent>;
}

/** How a file begins, unpacked where it is compressed. */
export interface FileHead {
  readonly bytes: Uint8Array;
  /** The first lines that are not empty. */
  readonly lines: readonly string[];
}

export interface TrackSource {
  readonly path: string;
  /** Malformed rows go here. */
  readonly skipped: SkippedRows;
  readonly options: TrackOptions;
  /** The whole file, unpacked where it is compressed. */
  bytes(): Uint8Array;
  text(): string;
}

/** Whose winds and pressures. */
export type Agency = 'usa' | 'wmo';

/** What some formats leave open. */
export interface TrackOptions {
  /** IBTrACS: whose winds and pressures; 'usa' where the file has them. */
  readonly agency?: Agency;
  /** TempestExtremes: names of the columns between the indices and the date; lon, lat, slp, wind where there are four. */
  readonly columns?: readonly string[];
  /** ATCF a-decks: the techniques wanted, all where none are named. */
  readonly techniques?: readonly string[];
  /** Forecasts: members that were asked; else those that the file names at that base time. */
  readonly members?: readonly number[];
}

type Shared = 'path' | 'format' | 'skipped';
export type TrackContent = Omit<BestTracks, Shared> | Omit<ForecastTracks, Shared>;
