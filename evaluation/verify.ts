/**
 * Verification: an ensemble against what happened and against the references, over all its start dates. Statistics of
 * every case are gathered in one pass over the members (statistics/gather.ts), then made into scores and diagrams
 * (statistics/summarise.ts). Every start counts alike; within a start, points count by their area. Leads whose valid
 * time the archive does not hold are left out and counted.
 */
import type { DiagramRow } from './diagramRow.js';
import type { EnsembleSource } from './ensembleSource.js';
import type { ScoreRow } from './scoreRow.js';
import { type Gathered, type GatherRequest, gatherStatistics } from './statistics/gather.js';
import type { StatisticPlace } from './statistics/statisticTable.js';
import { type DiagramChoice, summarise } from './statistics/summarise.js';

export interface VerifyRequest extends Omit<GatherRequest, 'runs'> {
  readonly run: EnsembleSource;
  /** Column `model` of the ensemble's rows, and its name in messages; default 'ensemble'. */
  readonly model?: string;
  /** Rows of seasons too; default: of all starts only. */
  readonly seasons?: boolean;
  /** Groups whose diagrams are wanted; default: all. */
  readonly diagrams?: (place: StatisticPlace) => DiagramChoice;
  /** Of the bootstrap; default 0. */
  readonly seed?: number;
  /** Of the bootstrap; default 1000. */
  readonly resamples?: number;
}

export interface Verification extends Gathered {
  readonly rows: ScoreRow[];
  readonly diagrams: DiagramRow[];
}

/**
 * @throws {PlumeError} data, when run and archive do not fit together or do not overlap in time, a member is
 *   missing, the training period does not serve, or a value is missing under policy raise; usage, for events without
 *   climatology; resources, when it does not fit into memory; interrupted, when the signal aborts
 */
export async function verify(request: VerifyRequest): Promise<Verification> {
  const { run, model = 'ensemble', seasons, diagrams, seed = 0, resamples = 1000, ...rest } = request;
  const gathered = await gatherStatistics({ ...rest, runs: [{ name: model, source: run }] });
  const summary = summarise(gathered.table, {
    references: (request.references ?? []).map(({ name }) => name),
    seed,
    resamples,
    ...(seasons === undefined ? {} : { seasons }),
    ...(diagrams === undefined ? {} : { diagrams }),
  });
  return { ...gathered, rows: summary.scores, diagrams: summary.diagrams };
}
