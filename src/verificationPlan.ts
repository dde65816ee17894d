/**
 * What is to be verified, settled from the options: truth on the grid of the forecasts, references and what they learn
 * from, regions and events, and what decides the statistics that come out, so that they are not gathered twice.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../core/store/canonicalJson.js';
import type { RunReader } from '../core/store/run.js';
import type { EnsembleSource } from '../evaluation/ensembleSource.js';
import { needsTraining } from '../evaluation/references/fitReferences.js';
import { mapsName } from '../evaluation/scoreMaps.js';
import type { GatherRequest } from '../evaluation/statistics/gather.js';
import { startsLacking } from '../evaluation/statistics/growingStatistics.js';
import { keptStatistics, madeFrom } from '../evaluation/statistics/madeFrom.js';
import { type StatisticsFile, statisticsName } from '../evaluation/statistics/statisticsFile.js';
import type { NamedArchive } from './archiveOption.js';
import { isNatureArchive } from './natureOption.js';
import type { Options } from './options.js';
import { chooseReferences, type TrainingPeriod, trainingPeriod } from './referenceOption.js';
import { regionsFrom } from './regionOption.js';
import { onCommonGround } from './regridOption.js';
import { eventsFrom } from './thresholdOption.js';
import { version } from './version.js';

export type VerificationOptions = Pick<Options, 'archive' | 'unit' | 'train' | 'references' | 'seasonless'> &
  Partial<Pick<Options, 'regions' | 'mask' | 'regrid' | 'thresholds' | 'nanPolicy' | 'workers'>>;

/** Forecasts to verify, and how messages name them. */
export interface VerifiedForecast {
  readonly source: EnsembleSource;
  readonly name: string;
  /** The run, where it is one. */
  readonly run: RunReader | null;
}

/** Column `model` of the rows of what is verified. */
export const ensembleModel = 'ensemble';

export interface VerificationPlan {
  /** In the units of the archive. */
  readonly source: EnsembleSource;
  /** What is gathered, in one run called {@link ensembleModel}. */
  readonly gathering: GatherRequest;
  /** Names of the references. */
  readonly references: readonly string[];
  readonly training: TrainingPeriod | null;
  /** Everything that decides the statistics. */
  readonly madeFrom: Json;
  /** What a user should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @throws {PlumeError} usage, for options that do not fit the forecasts; data, for what cannot be read or does not
 *   cover them
 */
export async function planVerification(
  forecast: VerifiedForecast,
  truth: NamedArchive,
  options: VerificationOptions,
): Promise<VerificationPlan> {
  const { archive, source, notes } = onCommonGround(forecast, truth, options.regrid);
  const chosen = await chooseReferences(options, source.schema);
  const models = forecast.run === null ? [] : [forecast.run.manifest.model];
  // Anyone's forecasts do not say what a reference may learn from; unasked, none that learns is taken.
  const untaught = forecast.run === null && options.train === undefined && options.references === undefined;
  const taught = untaught ? chosen.methods.filter((method) => !needsTraining([method])) : chosen.methods;
  const left = chosen.methods.filter((method) => !taught.includes(method)).map(({ name }) => name);
  // At lead 0 persistence is the truth itself.
  const ageless = options.references === undefined && source.leadsHours.every((lead) => lead === 0);
  const methods = ageless ? taught.filter(({ name }) => name !== 'persistence') : taught;
  const training = trainingPeriod(options, methods, models, forecast.name);
  const regions = await regionsFrom(options, source.schema.grid);
  const events = eventsFrom(options, source.schema);
  const { nanPolicy = 'raise' } = options;
  const { weight_samples: K, noise_streams: J } = source.manifest;
  return {
    source,
    gathering: {
      runs: [{ name: ensembleModel, title: forecast.name, source }],
      archive,
      archiveName: truth.name,
      references: methods,
      training: training?.period,
      regions,
      nanPolicy,
      ...(events === undefined ? {} : { events }),
      ...(options.workers === undefined ? {} : { workers: options.workers }),
    },
    references: methods.map(({ name }) => name),
    training,
    madeFrom: madeFrom({
      plume: version,
      run: { identity: forecast.run?.manifest.identity ?? forecast.name, members: [K, J] },
      archive: truth.files,
      units: options.unit,
      regrid: options.regrid ?? null,
      references: methods.map(({ name }) => (options.seasonless ? `${name}, seasonless` : name)),
      training: training?.text ?? null,
      regions,
      ...(events === undefined ? {} : { events }),
      nanPolicy,
    }),
    notes: [
      ...notes,
      ...(chosen.note === null ? [] : [chosen.note]),
      ...(left.length === 0
        ? []
        : [
            `${left.join(', ')} left out: --train FROM/TO says which years of the archive they may learn from`,
          ]),
    ],
  };
}

/**
 * Statistics of an earlier verification, or gathered while the members were made, that would come out the same again:
 * made from the same run, archive and options, of just its starts and channels, with nothing lacking, with their maps,
 * and after the archive was last written. Null where they must be gathered.
 * @param archives paths of --archive
 * @throws {PlumeError} data, when the file is damaged
 */
export async function statisticsThere(
  directory: string,
  forecast: VerifiedForecast,
  { source, gathering, madeFrom: from }: VerificationPlan,
  archives: readonly string[],
): Promise<StatisticsFile | null> {
  if (forecast.run === null) return null; // the name of a file does not tell what is in it
  const path = join(directory, statisticsName);
  const kept = await keptStatistics(path, from);
  if (kept === null || startsLacking(kept.table, gathering).length > 0) return null;
  const { starts, groups } = kept.table;
  const channels = new Set(groups.map(({ variable, level }) => `${variable}/${level}`));
  if (starts.length !== source.starts.length || channels.size !== source.schema.channels.length) return null;
  const truths = archives.filter((archive) => !isNatureArchive(archive));
  const written = await Promise.all([path, join(directory, mapsName), ...truths].map(writtenAt));
  const [own, , ...others] = written;
  const fresh = !written.includes(null) && others.every((time) => (time ?? 0) < (own ?? 0));
  return fresh ? kept : null;
}

/** Milliseconds since 1970; null where there is no such file, an address for instance. */
async function writtenAt(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}
