/**
 * Statistics in a file that grows: those that are there and still hold are kept, starts that lack any are gathered, and
 * the file is written anew. The bytes do not tell whether starts came one by one while members were being made, over
 * several calls, or all at once afterwards.
 */
import type { Json } from '../../core/store/canonicalJson.js';
import { millisecondsPerHour } from '../../core/time.js';
import { createGatherer, type Gathered, type GatherRequest } from './gather.js';
import { keptStatistics } from './madeFrom.js';
import { mergeStatistics, type StatisticsFile, writeStatistics } from './statisticsFile.js';
import { type StatisticTable, selectStarts } from './statisticTable.js';

export interface GrowingStatistics {
  /** Starts that were there already. */
  readonly kept: ReadonlySet<number>;
  /**
   * Gathers a start unless it is there; starts are taken one after the other, in the order of the calls.
   * @param before done when it is the start's turn
   */
  add(start: number, before?: () => Promise<void>): Promise<void>;
  /** Writes what there is. @returns the whole, and what this call has gathered */
  save(): Promise<{ readonly file: StatisticsFile; readonly gathered: Gathered | null }>;
  /** Lets go of threads; what was not saved is lost. */
  close(): Promise<void>;
}

/** Between two writes while starts come in. */
const saveIntervalMs = 30_000;

/**
 * @param path of the file, which need not be there; one that was made from something else is replaced
 * @param request gathered when a start is first needed: references are not fitted for nothing
 * @throws {PlumeError} data, when the file is damaged
 */
export async function growStatistics(
  path: string,
  madeFrom: Json,
  request: GatherRequest,
): Promise<GrowingStatistics> {
  const found = await keptStatistics(path, madeFrom);
  const lacking = new Set(found === null ? [] : startsLacking(found.table, request));
  const held = found === null ? [] : found.table.starts.filter((start) => !lacking.has(start));
  const kept = new Set(held);
  const before: StatisticsFile | null =
    found === null ? null : { ...found, table: selectStarts(found.table, (start) => kept.has(start)) };
  let gatherer: ReturnType<typeof createGatherer> | undefined;
  let queue: Promise<void> = Promise.resolve();
  let saved = Date.now();

  const save: GrowingStatistics['save'] = async () => {
    const made = await gatherer?.catch(() => null); // who asked for a start has been told
    const gathered = made?.result() ?? null;
    const own =
      gathered === null ? null : { table: gathered.table, madeFrom, references: gathered.references };
    const parts = [own, before].filter((part) => part !== null);
    const [first, ...others] = parts;
    // A call that came to nothing leaves nothing.
    if (first === undefined) return { file: { table: { starts: [], groups: [] }, madeFrom }, gathered };
    const file = mergeStatistics(first, ...others);
    await writeStatistics(path, file);
    saved = Date.now();
    return { file, gathered };
  };
  const gather = async (start: number): Promise<void> => {
    gatherer ??= createGatherer(request);
    await (await gatherer).add([start]);
    if (Date.now() - saved > saveIntervalMs) await save();
  };
  return {
    kept,
    add: (start, prepare) => {
      if (kept.has(start)) return Promise.resolve();
      const added = queue.then(async () => {
        await prepare?.();
        await gather(start);
      });
      // One that fails is told to whoever asked for it; the next goes on.
      queue = added.catch(() => undefined);
      return added;
    },
    save,
    close: async () => {
      await queue;
      await (await gatherer?.catch(() => null))?.close();
    },
  };
}

/** Starts of the request that have no row of a case whose truth the archive now has. */
export function startsLacking(table: StatisticTable, request: GatherRequest): number[] {
  const times = new Set(request.archive.times);
  const position = new Map(table.starts.map((start, i) => [start, i]));
  const lacking: number[] = [];
  for (const { name, source } of request.runs) {
    const leads = request.leadsHours ?? source.leadsHours;
    const starts = request.starts ?? Array.from(source.starts);
    const channels = request.channels ?? source.schema.channels;
    for (const start of starts) {
      const at = position.get(start);
      const complete =
        at !== undefined &&
        leads.every((lead) => {
          if (!times.has(start + lead * millisecondsPerHour)) return true;
          const there = table.groups.filter(
            (group) => group.model === name && group.lead_hours === lead && group.cases.has(at),
          );
          return channels.every(({ variable, level }) =>
            there.some((group) => group.variable === variable && group.level === level),
          );
        });
      if (!complete) lacking.push(start);
    }
  }
  return [...new Set(lacking)];
}
