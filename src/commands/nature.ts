/** plume nature: a built-in atmosphere, integrated and written into a Zarr store; resumes where it stopped. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { resourceError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import { availableDiskBytes } from '../../core/store/atomic.js';
import { formatTime, millisecondsPerDay } from '../../core/time.js';
import { Dycore, type DycoreConfig, segmentHours } from '../../models/dycore/dycore.js';
import {
  type NatureStoreOptions,
  type NatureStoreSummary,
  natureStoreSchema,
  natureStoreTimes,
  natureTime,
  writeNature,
} from '../../models/dycore/natureStore.js';
import { coarseConfig, natureEpoch, spinUpLength } from '../../models/dycore/spinUp.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { dycoreOf, parseEvery, timesInDays } from '../natureOption.js';
import { formatBytes, formatSeconds, type Progress, type Reporter } from '../progress.js';

export const natureOptions = [
  'years',
  'days',
  'every',
  'out',
  'seed',
  'truncation',
  'levels',
  'step',
  'modelLevels',
] as const;
export type NatureOptionName = (typeof natureOptions)[number];

export const natureCommand: CommandDefinition<NatureOptionName> = {
  name: 'nature',
  summary: 'write the nature run, a built-in atmosphere whose truth is known; resumes where it stopped',
  examples: [
    'plume nature --years 20 --every 24h --out nature.zarr',
    'plume nature --days 120 --every 6h --seed 2 --model-levels --out test.zarr',
    'plume nature --years 1 --truncation 42 --levels 10 --out fine.zarr',
  ],
  options: natureOptions,
  run: async (context) => {
    const result = await nature(context);
    if (!context.json && !context.report.quiet) {
      const { directory, times, first, last, bytes } = result;
      process.stdout.write(`${directory}: ${times} times, ${first} … ${last}, ${formatBytes(bytes)}\n`);
    }
    return result;
  },
};

export interface NatureResult extends NatureStoreSummary {
  readonly seed: number;
  readonly config: DycoreConfig;
  readonly channels: number;
  /** Of all files of the store. */
  readonly bytes: number;
  /** Of this call, spin-up included. */
  readonly seconds: number;
  /** Of this call, without the spin-up; null where nothing was left to do. */
  readonly simulatedYearsPerDay: number | null;
}

export async function nature(
  context: Pick<CommandContext<NatureOptionName>, 'options' | 'report' | 'signal'>,
): Promise<NatureResult> {
  const { options, report, signal } = context;
  if (options.out === undefined) throw usageError('no store: give --out PATH, such as nature.zarr');
  const config = dycoreOf(options);
  const everyHours = parseEvery(options.every ?? '6h');
  const store = {
    directory: options.out,
    config,
    seed: options.seed,
    everyHours,
    modelLevels: options.modelLevels,
    times: timesInDays(daysOf(options), everyHours),
  };
  const kept = await natureStoreTimes(store);
  const { channels, grid } = natureStoreSchema(config, store.modelLevels);
  report.line(
    `nature run T${config.truncation}, ${config.levels} levels, time step ${config.stepSeconds} s, seed ${store.seed}: ` +
      `${channels.length} channels on ${grid.latitudes.length} × ${grid.longitudes.length} points, ` +
      `${store.times} times every ${everyHours} h, to ${formatTime(natureTime(store.times - 1, everyHours))}`,
  );
  if (kept > 0) {
    report.line(`there      ${kept} times, to ${formatTime(natureTime(kept - 1, everyHours))}`);
  }
  if (kept < store.times) await announce(store, kept, report);
  const began = performance.now();
  const { follow, rate, finish } = following(store, kept, report);
  const summary = await writeNature({ ...store, ...follow, signal });
  finish();
  return {
    ...summary,
    seed: store.seed,
    config,
    channels: channels.length,
    bytes: await sizeOf(store.directory),
    seconds: (performance.now() - began) / 1000,
    simulatedYearsPerDay: rate(),
  };
}

function daysOf({ years, days }: { years?: number | undefined; days?: number | undefined }): number {
  if (years !== undefined && days !== undefined) {
    throw usageError('--years and --days both say how long the nature run is: give one of them');
  }
  if (days !== undefined) return days;
  if (years === undefined) {
    throw usageError('how long is the nature run to be? give --years N or --days N');
  }
  if (years > 7000) throw usageError(`--years ${years} run beyond the year 9000; give fewer`);
  return (Date.UTC(2001 + years, 0, 1) - natureEpoch) / millisecondsPerDay;
}

/** What a float32 value takes compressed, bytes, a little more than measured (3.0, T31 with model levels). */
const bytesPerValue = 3.2;

/** Tells what the rest needs before it starts, and refuses what the disk cannot hold. */
async function announce(store: NatureStoreOptions, kept: number, report: Reporter): Promise<void> {
  const { config, everyHours, modelLevels, times, directory } = store;
  const left = times - Math.max(kept, 1);
  let seconds = (left * everyHours * daySeconds(config)) / 24;
  if (kept === 0) {
    seconds += spinUpLength.fineDays * daySeconds(config);
    seconds += spinUpLength.coarseDays * daySeconds(coarseConfig(config));
  }
  const { channels, grid } = natureStoreSchema(config, modelLevels);
  const bytes = (times - kept) * channels.length * gridSize(grid) * bytesPerValue;
  report.line(`needs      about ${formatSeconds(seconds)}, ${formatBytes(bytes)} on disk`);
  const free = await availableDiskBytes(directory);
  if (bytes > free) {
    throw resourceError(
      `the nature run needs about ${formatBytes(bytes)} where "${directory}" is to be, and ${formatBytes(free)} are free; ` +
        'make room, give fewer years, a longer --every, or leave out --model-levels',
    );
  }
}

/** Seconds that a simulated day takes here, from a day timed; what takes long is timed for a part of it. */
function daySeconds(config: DycoreConfig): number {
  const dycore = new Dycore(config);
  const state = dycore.restingState(1);
  // the first segment is slower: code is compiled
  dycore.advance(state, segmentHours);
  const began = performance.now();
  let hours = 0;
  while (hours < 24 && (hours === 0 || performance.now() - began < 2000)) {
    dycore.advance(state, segmentHours);
    hours += segmentHours;
  }
  return ((performance.now() - began) / 1000) * (24 / hours);
}

/** Progress of the two parts, and the speed of the second. */
function following(
  { times, everyHours }: NatureStoreOptions,
  kept: number,
  report: Reporter,
): {
  readonly follow: Pick<NatureStoreOptions, 'onSpinUp' | 'onTime'>;
  readonly rate: () => number | null;
  readonly finish: () => void;
} {
  let spinUp: Progress | undefined;
  let run: Progress | undefined;
  let began = 0;
  let first = 0;
  let done = 0;
  const rate = (): number | null => {
    const days = ((done - first) * everyHours) / 24;
    const seconds = (performance.now() - began) / 1000;
    return days > 0 ? (days / 365.25 / seconds) * 86_400 : null;
  };
  const begin = (count: number): void => {
    began = performance.now();
    first = count;
    run = report.begin('nature run', ((times - count) * everyHours) / 24, 'days');
  };
  if (kept > 0 && kept < times) begin(kept);
  return {
    rate,
    follow: {
      onSpinUp: (days, of) => {
        spinUp ??= report.begin('spin-up', of, 'days');
        spinUp.update(days);
        if (days === of) spinUp.finish();
      },
      onTime: (count) => {
        if (run === undefined) begin(count);
        done = count;
        const years = rate();
        run?.update(
          ((count - first) * everyHours) / 24,
          years === null ? undefined : `${Math.round(years)} simulated years a day`,
        );
      },
    },
    finish: () => {
      const years = rate();
      run?.finish(years === null ? undefined : `${Math.round(years)} simulated years a day`);
    },
  };
}

async function sizeOf(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory, { recursive: true })) {
    const found = await stat(join(directory, name));
    if (found.isFile()) bytes += found.size;
  }
  return bytes;
}
