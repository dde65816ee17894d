/**
 * The nature run written into a Zarr store. Beside the arrays a hidden directory keeps what the run is (its
 * configuration) and where it stands: the model-level channels of the last committed time, from which the next run
 * goes on to the same bytes. The order of a commit: restart state, chunks, metadata; only then older restart states go.
 *
 *   nature.zarr/.nature/configuration.json
 *   nature.zarr/.nature/restart-<times>.arrow      model-level channels [3 L + 1, lat, lon]
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ZarrLayout } from '../../core/archive/zarrLayout.js';
import { committedTimes, ZarrWriter } from '../../core/archive/zarrWriter.js';
import { dataError, interruptedError, isPlumeError, PlumeError, usageError } from '../../core/errors.js';
import { requireSeed } from '../../core/random/stream.js';
import type { Schema } from '../../core/schema.js';
import { cleanTemporaries, isTemporary, makeDirectory, writeAtomically } from '../../core/store/atomic.js';
import { type Json, jsonDifferences } from '../../core/store/canonicalJson.js';
import { isLock, lockDirectory } from '../../core/store/lock.js';
import { decodeTensors, encodeTensors } from '../../core/store/tensorFile.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { type DycoreConfig, segmentHours } from './dycore.js';
import { requireEvery } from './natureArchive.js';
import { isModelLevelChannel, NatureStepper, natureSchema } from './natureModel.js';
import { natureAttributes, natureVariables } from './natureVariables.js';
import { natureEpoch, type SpinUpOptions, spinUpDays } from './spinUp.js';

export interface NatureStoreOptions {
  readonly directory: string;
  readonly config: DycoreConfig;
  readonly seed: number;
  /** How many times the store is to hold, the epoch the first; more than it holds already, or nothing is done. */
  readonly times: number;
  /** Hours between times, a multiple of six. */
  readonly everyHours: number;
  /** True: the model-level channels too, so that the dycore itself can forecast from the store. */
  readonly modelLevels: boolean;
  /** Shorter than by default for tests; belongs to the configuration. */
  readonly spinUp?: Pick<SpinUpOptions, 'coarseDays' | 'fineDays'>;
  readonly signal?: AbortSignal;
  /** Seconds between commits where a chunk takes longer than that. */
  readonly commitSeconds?: number;
  readonly onSpinUp?: (days: number, of: number) => void;
  /** After every time: times held, and that time. */
  readonly onTime?: (times: number, time: number) => void;
}

export interface NatureStoreSummary {
  readonly directory: string;
  /** Times the store holds. */
  readonly times: number;
  /** Times that it held before. */
  readonly kept: number;
  /** Valid times, as `formatTime` writes them. */
  readonly first: string;
  readonly last: string;
}

const hidden = '.nature';

/** Valid time of the state with this number. */
export function natureTime(number: number, everyHours: number): number {
  return natureEpoch + number * everyHours * millisecondsPerHour;
}

/** Channels of a store, with or without those on model levels. */
export function natureStoreSchema(config: DycoreConfig, modelLevels: boolean): Schema {
  const { channels, grid } = natureSchema(config);
  return { channels: channels.filter((channel) => modelLevels || !isModelLevelChannel(channel)), grid };
}

/**
 * Times that a store of this configuration holds already; 0 where nothing is there yet.
 * @throws {PlumeError} usage, when the directory holds something else, naming what differs
 */
export async function natureStoreTimes(
  options: Pick<
    NatureStoreOptions,
    'directory' | 'config' | 'seed' | 'everyHours' | 'modelLevels' | 'spinUp'
  >,
): Promise<number> {
  const { directory } = options;
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw usageError(`"${directory}" cannot be a store (${error.code}); choose another --out`, {
      cause: error,
    });
  });
  if (entries.every((name) => isLock(name) || isTemporary(name))) return 0;
  const text = await readFile(join(directory, hidden, 'configuration.json'), 'utf8').catch(() => null);
  // the hidden directory is the first thing made
  if (text === null && entries.every((name) => name === hidden || isLock(name) || isTemporary(name)))
    return 0;
  if (text === null) {
    throw usageError(`"${directory}" holds something else than a nature run; choose another --out`);
  }
  const differences = jsonDifferences(JSON.parse(text) as Json, configurationOf(options), 5);
  if (differences.length > 0) {
    throw usageError(
      `"${directory}" holds another nature run: ${differences.join('; ')} (there ≠ now); choose another --out or the same options`,
    );
  }
  return committedTimes(directory);
}

/**
 * Begins a store, goes on with it, or finds that it is complete.
 * @throws {PlumeError} usage, as `natureStoreTimes`; data, when the integration breaks or the store is damaged;
 * resources, when the disk is full or another process writes; interrupted, when the signal says stop. What was
 * written by then is readable.
 */
export async function writeNature(options: NatureStoreOptions): Promise<NatureStoreSummary> {
  const { directory, config, seed, times, everyHours, modelLevels } = options;
  requireSeed(seed);
  requireEvery(everyHours);
  if (!(Number.isInteger(times) && times > 0))
    throw usageError(`a nature run of ${times} times; give at least one`);
  await natureStoreTimes(options);
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    await natureStoreTimes(options);
    await makeDirectory(join(directory, hidden));
    await cleanTemporaries(join(directory, hidden));
    const configuration = `${JSON.stringify(configurationOf(options), null, 2)}\n`;
    await writeAtomically(join(directory, hidden, 'configuration.json'), configuration);
    const layout: ZarrLayout = {
      schema: natureStoreSchema(config, modelLevels),
      epoch: natureEpoch,
      attributes: natureAttributes(config, seed),
      variables: natureVariables(config),
    };
    const writer = await ZarrWriter.open(directory, layout);
    const kept = writer.count;
    if (kept < times) await extend(writer, options);
    return {
      directory,
      times: writer.count,
      kept,
      first: formatTime(natureEpoch),
      last: formatTime(natureTime(writer.count - 1, everyHours)),
    };
  } finally {
    await lock.release();
  }
}

async function extend(writer: ZarrWriter, options: NatureStoreOptions): Promise<void> {
  const { directory, config, times, everyHours, commitSeconds = 30 } = options;
  const stepper = new NatureStepper(config);
  const prognosticAt = stepper.stateLength - stepper.prognosticLength;
  const state = new Float32Array(stepper.stateLength);
  const prognostic = state.subarray(prognosticAt);
  const stored = options.modelLevels ? state : state.subarray(0, prognosticAt);
  /** Model-level channels of the time appended last: where a restart goes on. */
  const restart = new Float32Array(stepper.prognosticLength);
  let committedAt = performance.now();

  const commit = async (): Promise<void> => {
    const { count } = writer;
    if (writer.committed === count) return;
    await writeRestart(directory, count, restart, config, formatTime(natureTime(count - 1, everyHours)));
    await writer.commit();
    await removeRestarts(directory, count);
    committedAt = performance.now();
  };
  const append = async (): Promise<void> => {
    const time = natureTime(writer.count, everyHours);
    await writer.append(time, stored);
    restart.set(prognostic);
    options.onTime?.(writer.count, time);
    const due = performance.now() - committedAt > 1000 * commitSeconds;
    if (writer.count % writer.chunkTimes === 0 || due) await commit();
  };
  const requireGoing = async (): Promise<void> => {
    // so that an interrupt is heard
    await setImmediate();
    if (options.signal?.aborted !== true) return;
    await commit();
    const reached =
      writer.count === 0
        ? 'while spinning up, before the first time'
        : `at ${formatTime(natureTime(writer.count - 1, everyHours))}, with ${writer.count} of ${times} times written`;
    throw interruptedError(
      `nature run "${directory}" stopped ${reached}; everything finished is kept, run the same command again to go on`,
    );
  };

  if (writer.count === 0) {
    state.set(await spunUp(options, requireGoing));
    await append();
    await commit();
  } else {
    prognostic.set(await readRestart(directory, writer.count, prognostic.length));
    await removeRestarts(directory, writer.count);
  }
  while (writer.count < times) {
    for (let hours = 0; hours < everyHours; hours += segmentHours) {
      await requireGoing();
      try {
        stepper.stepFrom(prognostic, state);
      } catch (error) {
        if (!isPlumeError(error)) throw error;
        // the state is as it was at the last step: what was appended is whole
        await commit();
        throw new PlumeError(
          error.tag,
          `nature run "${directory}" ended after ${formatTime(natureTime(writer.count - 1, everyHours))}, ` +
            `what was written until then can be read: ${error.message}`,
          { cause: error },
        );
      }
    }
    await append();
  }
  await commit();
}

async function spunUp(
  { config, seed, spinUp, onSpinUp }: NatureStoreOptions,
  requireGoing: () => Promise<void>,
): Promise<Float32Array> {
  const days = spinUpDays(config, seed, {
    ...spinUp,
    ...(onSpinUp === undefined ? {} : { onDay: onSpinUp }),
  });
  for (;;) {
    const day = days.next();
    if (day.done === true) return day.value;
    await requireGoing();
  }
}

function configurationOf({
  config,
  seed,
  everyHours,
  modelLevels,
  spinUp,
}: Pick<NatureStoreOptions, 'config' | 'seed' | 'everyHours' | 'modelLevels' | 'spinUp'>): Json {
  return {
    kind: 'nature',
    seed,
    truncation: config.truncation,
    levels: config.levels,
    step: config.stepSeconds,
    forcing: config.forcing,
    every_hours: everyHours,
    model_levels: modelLevels,
    ...(spinUp === undefined
      ? {}
      : { spin_up: { coarse_days: spinUp.coarseDays ?? null, fine_days: spinUp.fineDays ?? null } }),
  };
}

const restartName = /^restart-(\d+)\.arrow$/;

function restartPath(directory: string, count: number): string {
  return join(directory, hidden, `restart-${String(count).padStart(7, '0')}.arrow`);
}

/** Times that restart states belong to. */
async function restarts(directory: string): Promise<number[]> {
  const names = await readdir(join(directory, hidden)).catch(() => []);
  return names.flatMap((name) => restartName.exec(name)?.[1] ?? []).map(Number);
}

async function writeRestart(
  directory: string,
  count: number,
  values: Float32Array,
  config: DycoreConfig,
  time: string,
): Promise<void> {
  const fields = 3 * config.levels + 1;
  const tensor = { shape: [fields, values.length / fields], values };
  const bytes = encodeTensors(new Map([['model_levels', tensor]]), { times: String(count), time });
  await writeAtomically(restartPath(directory, count), bytes);
}

async function readRestart(directory: string, count: number, length: number): Promise<Float32Array> {
  const path = restartPath(directory, count);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw dataError(
      `"${directory}" holds ${count} times but not the state to go on from ("${path}"); remove the store and write it again`,
      { cause: error },
    );
  });
  const values = decodeTensors(bytes, path).tensors.get('model_levels')?.values;
  if (values?.length !== length) {
    throw dataError(`"${path}" is not a state of this run; remove the store and write it again`);
  }
  return values;
}

async function removeRestarts(directory: string, but: number): Promise<void> {
  for (const count of await restarts(directory)) {
    if (count !== but) await rm(restartPath(directory, count), { force: true });
  }
}
