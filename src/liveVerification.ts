/**
 * Statistics of a forecast gathered while its members are being made: each start is scored as soon as its last member
 * is written, while its bytes are still in memory, and statistics.arrow is what plume verify would write afterwards.
 * What cannot be verified from the outset is refused before a member is made; once members are being made, a failure of
 * scoring ends the scoring and is told, and the forecast goes on: members take longer to make than scores.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../core/errors.js';
import { channelName, schemaFromJson } from '../core/schema.js';
import { type Manifest, makeManifest, mergeManifests } from '../core/store/manifest.js';
import { type RunDescription, type RunReader, readRun, requireRunnable } from '../core/store/run.js';
import { formatTime } from '../core/time.js';
import type { EnsembleSource } from '../evaluation/ensembleSource.js';
import { requireTruth } from '../evaluation/overlap.js';
import { mapsName, writeScoreMaps } from '../evaluation/scoreMaps.js';
import { growStatistics } from '../evaluation/statistics/growingStatistics.js';
import { statisticsName } from '../evaluation/statistics/statisticsFile.js';
import { truthOf } from '../evaluation/truth.js';
import { openArchiveOption } from './archiveOption.js';
import type { Options } from './options.js';
import type { Reporter } from './progress.js';
import { planVerification, type VerificationOptions } from './verificationPlan.js';

/** Options that say how, beside --verify-with. */
export const liveVerificationOptions = [
  'verifyWith',
  'references',
  'seasonless',
  'train',
  'regions',
  'mask',
  'thresholds',
  'nanPolicy',
  'regrid',
] as const;
export type LiveVerificationOptionName = (typeof liveVerificationOptions)[number];

/** None of its calls rejects: see {@link LiveVerification.failure}. */
export interface LiveVerification {
  /** Path of the statistics. */
  readonly statistics: string;
  /** What ended the scoring, in a sentence; null: nothing has. */
  readonly failure: string | null;
  /** Scores a start that has all its members; does nothing once scoring has failed. */
  onStart(start: number, manifest: Manifest): Promise<void>;
  /** Writes what has been gathered, also after an interruption or a failure. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param directory of the run
 * @param warn tells of a failure at once, also where nothing else is told
 * @throws {PlumeError} as planVerification; data, when no valid time of the forecasts is in the archive
 */
export async function beginLiveVerification(
  directory: string,
  description: RunDescription,
  options: Pick<Options, 'verifyWith' | 'unit'> & Partial<Pick<Options, LiveVerificationOptionName>>,
  report: Reporter,
  warn: (text: string) => void,
): Promise<LiveVerification> {
  const { verifyWith } = options;
  if (verifyWith === undefined) throw usageError('no archive to verify with: give --verify-with FILE');
  const found = await requireRunnable(directory, description);
  const wanted = makeManifest(description);
  const manifest = found === null ? wanted : mergeManifests(found, wanted, directory);
  let run: RunReader = readRun(directory, manifest);
  const name = `run "${directory}"`;
  const source: EnsembleSource = {
    schema: schemaFromJson(manifest.schema),
    starts: run.starts,
    leadsHours: run.leadsHours,
    manifest,
    readMembers: (...asked) => run.readMembers(...asked),
  };
  const channels = source.schema.channels.map(channelName);
  const { unit, references, train, seasonless = false } = options;
  const asked: VerificationOptions = { ...options, archive: verifyWith, unit, references, train, seasonless };
  const truth = await openArchiveOption(
    { archive: verifyWith, unit, variables: undefined },
    channels,
    report,
  );
  try {
    const plan = await planVerification({ source, name, run }, truth, { ...asked, workers: 1 });
    const { archive } = plan.gathering;
    const cases = { starts: Array.from(run.starts), leadsHours: run.leadsHours };
    requireTruth({ name, value: cases }, { name: truth.name, value: archive }, truthOf(archive, 1));
    const path = join(directory, statisticsName);
    const growing = await growStatistics(path, plan.madeFrom, plan.gathering);
    report.line(`verifying  start by start against ${truth.name}, into ${path}`);
    for (const note of plan.notes) report.line(`           ${note}`);
    let failure: string | null = null;
    const guarded = async (what: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
        if (failure !== null) return; // what follows from the first says nothing new
        failure = message;
        warn(`verification failed, the forecast goes on: ${message}`);
      }
    };
    const maps = join(directory, mapsName);
    return {
      statistics: path,
      get failure() {
        return failure;
      },
      onStart: (start, now) =>
        guarded(`scoring ${formatTime(start)}`, async () => {
          if (failure !== null) return;
          // Files of this start may be newer than what the reader knows; reads of the one before are over by its turn.
          await growing.add(start, async () => {
            await run.close();
            run = readRun(directory, now);
          });
        }),
      save: () =>
        guarded(`writing ${path}`, async () => {
          const { gathered } = await growing.save();
          if (gathered === null) return;
          // Maps are means over all starts: those of some would pass for the whole.
          if (gathered.table.starts.length < source.starts.length) await rm(maps, { force: true });
          else await writeScoreMaps(maps, { grid: archive.schema.grid, maps: gathered.maps });
        }),
      close: () =>
        guarded('closing what was verified with', async () => {
          await growing.close();
          await run.close();
          await truth.archive.close();
        }),
    };
  } catch (error) {
    await truth.archive.close();
    throw error;
  }
}
