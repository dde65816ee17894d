/** What a gathering of statistics is asked, and what it answers. */
import type { Archive } from '../../core/interfaces.js';
import type { Schema } from '../../core/schema.js';
import type { EnsembleSource } from '../ensembleSource.js';
import type { ReferenceMethod } from '../references/reference.js';
import type { Period } from '../references/trainingSeries.js';
import type { Region } from '../region.js';
import type { ScoreMap } from '../scoreMaps.js';
import type { NanPolicy } from '../scores/nanPolicy.js';
import type { EventChoice } from './events.js';
import type { StatisticTable } from './statisticTable.js';

export interface GatheredRun {
  /** Column `model` of its groups. */
  readonly name: string;
  /** In messages: run "runs/2007"; default: the name. */
  readonly title?: string;
  readonly source: EnsembleSource;
}

export interface GatherRequest {
  /** One to verify, several to compare; on the grid of the archive. */
  readonly runs: readonly GatheredRun[];
  readonly archive: Archive;
  /** In messages. */
  readonly archiveName?: string;
  /** Default: none. */
  readonly references?: readonly ReferenceMethod[];
  /** What the references are fitted on, where they learn anything; must not reach into the forecasts. */
  readonly training?: Period | undefined;
  /** Default: the whole domain. */
  readonly regions?: readonly Region[];
  readonly events?: EventChoice;
  /** Default: raise. */
  readonly nanPolicy?: NanPolicy;
  /** Energy and variogram scores and spectra of whole fields; default: true. */
  readonly fieldScores?: boolean;
  /** Threads that score; 0: this one. Default: as many as cores, none for little work. Results do not depend on it. */
  readonly workers?: number;
  /** Maps of these channels and leads; default: headline channels at days 1, 3, 5, 7 and 10, else up to five leads. */
  readonly maps?: MapChoice | null;
  /** Those scored; default: what the first run has. All runs must have them. */
  readonly starts?: readonly number[];
  readonly leadsHours?: readonly number[];
  readonly channels?: Schema['channels'];
  /** In cases (start, lead, channel). */
  readonly onProgress?: (done: number, total: number) => void;
  /** @throws {PlumeError} interrupted, between two cases */
  readonly signal?: AbortSignal;
}

export interface MapChoice {
  /** Channel names. */
  readonly channels: readonly string[];
  readonly leadsHours: readonly number[];
}

export interface Gathered {
  readonly table: StatisticTable;
  /** Of the runs, not of references. */
  readonly maps: readonly ScoreMap[];
  /** (start, lead, channel) scored, and those left out for want of truth. */
  readonly scored: number;
  readonly missingTruth: number;
  /** For each channel and reference, what was tuned inside the training years. */
  readonly references: readonly ReferenceSummary[];
}

export interface ReferenceSummary {
  readonly channel: string;
  readonly name: string;
  readonly summary: string;
}
