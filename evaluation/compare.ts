/**
 * Runs side by side: every metric of several forecasts of the same starts, leads and channels, and the difference of
 * each from the first, start by start, with what it says: better, worse, or no evidence. References join as if they
 * were runs; climatology also gives the skill. A run of one member is a point forecast: its CRPS is the mean absolute
 * error, and it has no spread. Runs may differ in their number of members: fair scores do not depend on it.
 */
import { usageError } from '../core/errors.js';
import { describeGrid, sameGrid } from '../core/grid.js';
import { type Channel, channelName, type Schema } from '../core/schema.js';
import type { CompareRow } from './compareRow.js';
import type { EnsembleSource } from './ensembleSource.js';
import { spacingOf, spanOf } from './overlap.js';
import { wholeDomain } from './region.js';
import { type ComparePlace, pairedScores } from './significance/pairedScores.js';
import { type GatherRequest, gatherStatistics } from './statistics/gather.js';
import type { StatisticGroup, StatisticTable } from './statistics/statisticTable.js';

export interface ComparedRun {
  /** Column `run`, and the name in messages. */
  readonly name: string;
  readonly source: EnsembleSource;
}

export interface CompareRequest
  extends Pick<
    GatherRequest,
    | 'archive'
    | 'archiveName'
    | 'references'
    | 'training'
    | 'regions'
    | 'events'
    | 'nanPolicy'
    | 'workers'
    | 'signal'
  > {
  /** Two or more; the others are compared with the first. */
  readonly runs: readonly ComparedRun[];
  /** Rows of seasons of the valid time too; default: none. */
  readonly seasons?: boolean;
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
 * Reads members and truth of all that the runs share, and compares.
 * @throws {PlumeError} usage, when the runs share nothing; data, when runs and archive do not fit together, a
 *   member is missing, the training period does not serve, or a value is missing under policy raise; the others of
 *   gatherStatistics
 */
export async function compareRuns(request: CompareRequest): Promise<Comparison> {
  const { runs, archive, references: methods = [], regions = [wholeDomain] } = request;
  const shared = sharedCases(runs);
  requireOwnNames(
    runs.map(({ name }) => name),
    methods.map(({ name }) => name),
  );
  const { archiveName, training, events, nanPolicy, workers, signal } = request;
  const perStart = shared.leadsHours.length * shared.schema.channels.length;
  const gathered = await gatherStatistics({
    runs,
    archive,
    references: methods,
    regions,
    training,
    maps: null,
    starts: shared.starts,
    leadsHours: shared.leadsHours,
    channels: shared.schema.channels,
    ...(archiveName === undefined ? {} : { archiveName }),
    ...(events === undefined ? {} : { events }),
    ...(nanPolicy === undefined ? {} : { nanPolicy }),
    ...(workers === undefined ? {} : { workers }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: (done, total) =>
      request.onProgress?.(Math.floor(done / perStart), Math.round(total / perStart)),
  });
  const rows = compareStatistics(gathered.table, {
    ...request,
    runs: runs.map(({ name }) => name),
    references: methods.map(({ name }) => name),
    channels: shared.schema.channels,
    regions: regions.map(({ name }) => name),
  });
  return { ...shared, rows, scored: gathered.scored, missingTruth: gathered.missingTruth };
}

/** What is compared, in a table of statistics that has been gathered before. */
export interface StatisticsRequest {
  /** Models of the table, two or more; the others are compared with the first. */
  readonly runs: readonly string[];
  /** Models shown beside the runs; default: none. */
  readonly references?: readonly string[];
  /** Order of rows; default: as the table has them. */
  readonly channels?: Schema['channels'];
  readonly regions?: readonly string[];
  /** Rows of seasons of the valid time too; default: none. */
  readonly seasons?: boolean;
  /** Of the bootstrap; default 0 and 1000. */
  readonly seed?: number;
  readonly resamples?: number;
}

/**
 * Rows of all places (channel, lead, region) that every run and reference has, on the starts that all of them have.
 * @throws {PlumeError} usage, when two of what is compared have one name
 */
export function compareStatistics(table: StatisticTable, request: StatisticsRequest): CompareRow[] {
  const { runs, references = [], seed = 0, resamples = 1000, seasons = false } = request;
  requireOwnNames(runs, references);
  const models = [...runs, ...references];
  const places = new Map<string, { place: ComparePlace; groups: Map<string, StatisticGroup> }>();
  for (const group of table.groups) {
    const { variable, level, lead_hours, region } = group;
    const key = JSON.stringify([variable, level, lead_hours, region]);
    const found = places.get(key) ?? { place: { variable, level, lead_hours, region }, groups: new Map() };
    places.set(key, found);
    found.groups.set(group.model, group);
  }
  const options = { seed, resamples, seasons, spacingHours: spacingOf(table.starts) || 24 };
  const { channels = [], regions = [] } = request;
  const position = ({ place }: { readonly place: ComparePlace }): number =>
    channels.findIndex(({ variable, level }) => variable === place.variable && level === place.level) * 1e6 +
    regions.indexOf(place.region);
  return [...places.values()]
    .sort((a, b) => position(a) - position(b))
    .flatMap(({ place, groups }) => {
      const all = models.flatMap((model) => groups.get(model) ?? []);
      return all.length === models.length ? pairedScores(place, all, table.starts, options) : [];
    });
}

function requireOwnNames(runs: readonly string[], references: readonly string[]): void {
  const names = [...runs, ...references];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw usageError(`two of what is compared are called "${twice}"; give each a name of its own`);
}
