/**
 * From members and truth to statistics: every case of a verification (start, lead, channel), read once, scored at
 * every point against the truth, reduced to area means over regions. References are scored to the same statistics.
 * What comes back is a table of rows, one a case, and maps of means over starts; metrics are made from them elsewhere.
 */
import { requireMemory } from '../../core/availableMemory.js';
import { CaseWork } from './caseWork.js';
import { gatherMemory } from './gatherMemory.js';
import { type GatherPlan, planGathering } from './gatherPlan.js';
import type { Gathered, GatherRequest } from './gatherRequest.js';
import { ScorePipeline } from './scorePipeline.js';
import { createScorePool } from './scorePool.js';

export type { Gathered, GatheredRun, GatherRequest, MapChoice, ReferenceSummary } from './gatherRequest.js';

/** Scores starts as they come; rows and maps are there when all have been added. */
export interface Gatherer {
  /** Scores all leads and channels of these starts, each of which is among those of the request, once. */
  add(starts: readonly number[]): Promise<void>;
  /** What has been gathered so far. */
  result(): Gathered;
  close(): Promise<void>;
}

/**
 * Gathers all starts of a request.
 * @throws {PlumeError} data, when runs and archive do not fit together or do not overlap in time, a member is missing,
 *   the training period does not serve, or a value is missing under policy raise; usage, for events without
 *   climatology; resources, when it does not fit into memory; interrupted, when the signal aborts
 */
export async function gatherStatistics(request: GatherRequest): Promise<Gathered> {
  const plan = await planGathering(request);
  const gatherer = openGatherer(request, plan);
  try {
    await gatherer.add(plan.starts);
    return gatherer.result();
  } finally {
    await gatherer.close();
  }
}

/** For starts that come one by one. @throws {PlumeError} as gatherStatistics */
export async function createGatherer(request: GatherRequest): Promise<Gatherer> {
  return openGatherer(request, await planGathering(request));
}

function openGatherer(request: GatherRequest, plan: GatherPlan): Gatherer {
  requireMemory(
    'gathering statistics',
    gatherMemory(plan),
    'use fewer --workers, --regions or --references, or verify some of the starts at a time',
  );
  const pool = createScorePool(plan.score, plan.workers);
  const work = new CaseWork(request, plan, new ScorePipeline(pool, plan.slot));
  return {
    add: (starts) => work.add(starts),
    result: () => work.result(),
    close: () => pool.close(),
  };
}
