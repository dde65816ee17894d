/**
 * Runs side by side: fair CRPS, RMSE of the mean and spread–skill ratio of several forecasts of the same starts,
 * leads and channels, and the difference of each from the first, start by start. References join as if they were
 * runs; climatology also gives the skill. A run of one member is a point forecast: its CRPS is the mean absolute
 * error, and it has no spread.
 */
import { internalError, usageError } from '../core/errors.js';
import { describeGrid, sameGrid } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { type Channel, channelName, type Schema } from '../core/schema.js';
import type { CompareRow } from './compareRow.js';
import type { EnsembleSource } from './ensembleSource.js';
import { channelsInArchive, requireTruth, spacingOf, spanOf, statesShared } from './overlap.js';
import { fitReferences } from './references/fitReferences.js';
import type { ReferenceMethod } from './references/reference.js';
import type { Period } from './references/trainingSeries.js';
import { regionWeights, wholeDomain } from './region.js';
import type { NanPolicy } from './scores/nanPolicy.js';
import { pairedScores, type ScoredCases } from './significance/pairedScores.js';
import { plainScorer, plainStatistics, predictionStatistics } from './statistics/caseStatistics.js';
import { CaseTable } from './statistics/caseTable.js';
import { memberCountOf, scoreCases } from './statistics/scoreCases.js';
import { truthOf } from './truth.js';

export interface ComparedRun {
  /** Column `run`, and the name in messages. */
  readonly name: string;
  readonly source: EnsembleSource;
}

export interface CompareRequest {
  /** Two or more; the others are compared with the first. */
  readonly runs: readonly ComparedRun[];
  readonly archive: Archive;
  readonly archiveName?: string;
  /** Shown beside the runs; default none. */
  readonly references?: readonly ReferenceMethod[];
  readonly training?: Period | undefined;
  /** Default: raise. */
  readonly nanPolicy?: NanPolicy;
  /** Of the bootstrap; default 0. */
  readonly seed?: number;
  /** Of the bootstrap; default 1000. */
  readonly resamples?: number;
  /** In starts. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What several runs share. */
export interface SharedCases {
  /** Milliseconds since 1970, rising. */
  readonly starts: readonly number[];
  readonly leadsHours: readonly number[];
  /** In the order of the first run. */
  readonly schema: Schema;
}

export interface Comparison extends SharedCases {
  readonly rows: CompareRow[];
  /** (start, lead, channel) scored, and those left out for want of truth. */
  readonly scored: number;
  readonly missingTruth: number;
}

/**
 * Starts, leads and channels that all runs have.
 * @throws {PlumeError} usage, when there are none, saying what each run holds
 */
export function sharedCases(runs: readonly ComparedRun[]): SharedCases {
  const [first, ...others] = runs;
  if (!first || others.length === 0) throw usageError('a comparison needs two runs or more');
  const { grid } = first.source.schema;
  for (const { name, source } of others) {
    if (!sameGrid(grid, source.schema.grid)) {
      throw usageError(
        `${first.name} lies on a grid of ${describeGrid(grid)}, ${name} on one of ` +
          `${describeGrid(source.schema.grid)}; compare runs on the same grid`,
      );
    }
  }
  const inAll = <T>(of: (source: EnsembleSource) => readonly T[]): T[] =>
    of(first.source).filter((value) => others.every(({ source }) => of(source).includes(value)));
  const holds = (what: string, of: (source: EnsembleSource) => string): never => {
    const each = runs.map(({ name, source }) => `${name} has ${of(source)}`).join('; ');
    throw usageError(`these runs share no ${what}: ${each}; make them with the same ${what}s`);
  };
  const starts = inAll((source) => Array.from(source.starts));
  if (starts.length === 0) holds('start', ({ starts: own }) => `${own.length} (${spanOf(own)})`);
  const leadsHours = inAll((source) => source.leadsHours);
  if (leadsHours.length === 0) holds('lead', (source) => `${source.leadsHours.join(', ')} h`);
  const label = (channel: Channel): string => `${channelName(channel)} [${channel.unit}]`;
  const labels = inAll((source) => source.schema.channels.map(label));
  if (labels.length === 0) holds('channel', ({ schema }) => schema.channels.map(label).join(', '));
  const channels = first.source.schema.channels.filter((channel) => labels.includes(label(channel)));
  return { starts, leadsHours, schema: { grid, channels } };
}

/**
 * @throws {PlumeError} usage, when the runs share nothing; data, when runs and archive do not fit together, a
 *   member is missing, the training period does not serve, or a value is missing under policy raise
 */
export async function compareRuns(request: CompareRequest): Promise<Comparison> {
  const { runs, archive, nanPolicy = 'raise', seed = 0, resamples = 1000, training } = request;
  const { archiveName = 'the archive' } = request;
  const methods = request.references ?? [];
  const { starts, leadsHours, schema } = sharedCases(runs);
  requireOwnNames(runs, methods);
  const forecasts = runs.map(({ name }) => name).join(', ');
  const channels = channelsInArchive(
    { name: forecasts, value: schema },
    { name: archiveName, value: archive.schema },
  );
  const truth = truthOf(archive, statesShared(archive, leadsHours));
  requireTruth(
    { name: forecasts, value: { starts, leadsHours } },
    { name: archiveName, value: archive },
    truth,
  );

  const weights = [regionWeights(wholeDomain, archive.schema.grid)];
  const references = await fitReferences({ archive, channels, methods, training, starts, leadsHours });
  const table = tablesBy(leadsHours.length, channels.length, starts.length);
  const { scored, missingTruth } = await scoreCases({
    truth,
    channels,
    starts,
    leadsHours,
    contestants: runs.map(({ name, source }) => ({
      name,
      source,
      channels: schema.channels.map((channel) => indexIn(source.schema, channel)),
      score: plainScorer(memberCountOf(source), weights, nanPolicy),
    })),
    references,
    weights,
    nanPolicy,
    keepContestant: ({ start, lead, channel }, i, rows) => table(i, channel, lead).set(start, rows[0]!),
    keepReference: ({ start, lead, channel }, i, rows) =>
      table(runs.length + i, channel, lead).set(start, plainRow(methods[i]!, rows[0]!)),
    onProgress: request.onProgress,
  });

  const options = { seed, resamples, spacingHours: spacingOf(starts) || 24 };
  const position = methods.findIndex(({ name }) => name === 'climatology');
  const climatology = position < 0 ? null : runs.length + position;
  const rows = schema.channels.flatMap(({ variable, level }, c) =>
    leadsHours.flatMap((lead_hours, l) => {
      const all: ScoredCases[] = [
        ...runs.map(({ name, source }, i) => ({
          run: name,
          memberCount: memberCountOf(source),
          cases: table(i, c, l),
        })),
        ...methods.map(({ name, kind }, i) => ({
          run: name,
          memberCount: kind === 'deterministic' ? 1 : Number.POSITIVE_INFINITY,
          cases: table(runs.length + i, c, l),
        })),
      ];
      const place = { variable, level, lead_hours, region: 'all', season: 'all', event: null };
      return pairedScores(place, all, climatology, starts.length, options);
    }),
  );
  return { rows, starts, leadsHours, schema, scored, missingTruth };
}

function requireOwnNames(runs: readonly ComparedRun[], methods: readonly ReferenceMethod[]): void {
  const names = [...runs.map(({ name }) => name), ...methods.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw usageError(`two of what is compared are called "${twice}"; give each a name of its own`);
}

function indexIn(schema: Schema, wanted: Channel): number {
  const index = schema.channels.findIndex((channel) => channelName(channel) === channelName(wanted));
  if (index < 0) throw internalError(`no channel ${channelName(wanted)} to compare`);
  return index;
}

/** The statistics of a comparison from those of a reference. */
function plainRow({ kind }: ReferenceMethod, row: Float64Array): Float64Array {
  const names = predictionStatistics(kind);
  return Float64Array.from(plainStatistics, (name) => row[names.indexOf(name)] ?? Number.NaN);
}

/** One table for each forecast, channel and lead, made when first asked for. */
function tablesBy(
  leads: number,
  channels: number,
  starts: number,
): (forecast: number, channel: number, lead: number) => CaseTable {
  const tables: CaseTable[] = [];
  return (forecast, channel, lead) => {
    const at = (forecast * channels + channel) * leads + lead;
    tables[at] ??= new CaseTable(plainStatistics, starts);
    return tables[at];
  };
}
