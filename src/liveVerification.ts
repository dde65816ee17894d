/**
 * Statistics of a forecast gathered while its members are being made: each start is scored as soon as its last member
 * is written, while its bytes are still in memory, and statistics.arrow is what plume verify would write afterwards.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../core/errors.js';
import { channelName, schemaFromJson } from '../core/schema.js';
import { type Manifest, makeManifest, mergeManifests } from '../core/store/manifest.js';
import { type RunDescription, type RunReader, readRun, requireRunnable } from '../core/store/run.js';
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

export interface LiveVerification {
  /** Scores a start that has all its members. */
  onStart(start: number, manifest: Manifest): Promise<void>;
  /** Writes what has been gathered, also after an interruption. */
  save(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param directory of the run
 * @throws {PlumeError} as planVerification; data, when no valid time of the forecasts is in the archive
 */
export async function beginLiveVerification(
  directory: string,
  description: RunDescription,
  options: Pick<Options, 'verifyWith' | 'unit'> & Partial<Pick<Options, LiveVerificationOptionName>>,
  report: Reporter,
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
    return {
      onStart: async (start, now) => {
        // Files of this start may be newer than what the reader knows; reads of the one before are over by its turn.
        await growing.add(start, async () => {
          await run.close();
          run = readRun(directory, now);
        });
      },
      save: async () => {
        const { gathered } = await growing.save();
        if (gathered === null) return;
        // Maps are means over all starts: those of some would pass for the whole.
        const path = join(directory, mapsName);
        if (gathered.table.starts.length < source.starts.length) await rm(path, { force: true });
        else await writeScoreMaps(path, { grid: archive.schema.grid, maps: gathered.maps });
      },
      close: async () => {
        await growing.close();
        await run.close();
        await truth.archive.close();
      },
    };
  } catch (error) {
    await truth.archive.close();
    throw error;
  }
}
