/** plume forecast: an ensemble from one or many start dates, into a run directory. */
import { usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import { requireSameSchema, schemaToJson } from '../../core/schema.js';
import { type Json, openRun, type RunDescription } from '../../core/store/run.js';
import { formatTime, parseTimeRange } from '../../core/time.js';
import { blockSize, memberCount } from '../../ensembles/design.js';
import { defaultWorkers } from '../../ensembles/estimate.js';
import { keptLeads, keptSchema } from '../../ensembles/kept.js';
import { type EnsembleSummary, runEnsemble } from '../../ensembles/runEnsemble.js';
import { type DeviceChoice, resolveDevice } from '../../models/onnx/devices.js';
import { describeModel, type ModelSource } from '../../models/open.js';
import { parseModelSource } from '../../models/source.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { defaultBatch } from '../defaultBatch.js';
import {
  initialRecord,
  perturbationLines,
  perturbationPlan,
  perturbationRecord,
} from '../forecastPerturbations.js';
import {
  askedPerturbations,
  chosenDesign,
  chosenUncertainty,
  uncertaintyWords,
} from '../forecastUncertainty.js';
import {
  beginLiveVerification,
  type LiveVerification,
  type LiveVerificationOptionName,
  liveVerificationOptions,
} from '../liveVerification.js';
import { openModelArchive } from '../modelArchive.js';
import type { Options } from '../options.js';
import { formatBytes, formatSeconds } from '../progress.js';
import { type SpreadSources, spreadSources, spreadSourcesTable } from '../spreadSources.js';
import { version } from '../version.js';

export const forecastOptions = [
  'archive',
  'variables',
  'unit',
  'model',
  'out',
  'starts',
  'members',
  'uncertainty',
  'deterministic',
  'lead',
  'every',
  'store',
  'analysisError',
  'perturb',
  'initial',
  'initialStates',
  'seed',
  'device',
  'workers',
  'batch',
] as const;
export type ForecastOptionName = (typeof forecastOptions)[number];
type ForecastOptions = Pick<Options, ForecastOptionName> & Partial<Pick<Options, LiveVerificationOptionName>>;

export const forecastCommand: CommandDefinition<ForecastOptionName | LiveVerificationOptionName> = {
  name: 'forecast',
  summary: 'run an ensemble from one or many start dates into a run directory; resumes where it stopped',
  examples: [
    'plume forecast --archive slp.nc --model model --starts 2007-01-01 --out runs/one',
    'plume forecast --archive slp.nc --model model --starts 2007-01-01/2007-12-24/P7D --members 8x6 --out runs/weekly',
    'plume forecast --archive slp.nc --model model --starts 2007-01-01 --uncertainty epistemic --out runs/weights',
    'plume forecast --archive era5.zarr --model model --starts 2020-01-01 --perturb sppt --perturb balanced:amplitude=0.2 --out runs/sppt',
    'plume forecast --archive nature.zarr --model nature --analysis-error 0.1 --starts 2001-03-02 --lead P10D --out runs/classical',
    'plume forecast --archive slp.nc --starts 2007-01-01/2007-12-24/P7D --out runs/weekly --verify-with slp.nc',
  ],
  options: [...forecastOptions, ...liveVerificationOptions],
  run: async (context) => {
    const result = await forecast(context);
    const failure = result.verification?.failure ?? null;
    if (failure !== null) {
      warn(
        `the forecast is complete, its verification is not (${failure}); what was scored is kept: see to the cause, ` +
          `then run plume verify ${result.directory}`,
      );
    }
    if (!context.json && !context.report.quiet) {
      process.stdout.write(
        `${result.directory}: ${result.members} members from ${result.starts} starts\n` +
          spreadSourcesTable(result.sources),
      );
    }
    return result;
  },
};

export interface ForecastResult extends EnsembleSummary {
  readonly directory: string;
  readonly members: number;
  readonly starts: number;
  readonly device: DeviceChoice;
  /** Where the spread comes from, by channel and lead; empty without several weight samples and noise streams. */
  readonly sources: readonly SpreadSources[];
  /** Most memory this process has held, bytes: what the estimate is to be compared with. */
  readonly peakMemoryBytes: number;
  /** What --verify-with came to; null: nothing was to be verified. A failure does not make the forecast one. */
  readonly verification: { readonly statistics: string; readonly failure: string | null } | null;
}

/** What a run was made with; how it is verified is no part of it. */
function configOf(options: ForecastOptions, resolved: Pick<Options, 'workers' | 'batch'>): Json {
  const own = Object.fromEntries(forecastOptions.map((name) => [name, options[name]]));
  return JSON.parse(JSON.stringify({ ...own, ...resolved })) as Json;
}

/** On standard error, --quiet or not. */
function warn(text: string): void {
  process.stderr.write(`plume: warning: ${text}\n`);
}

function note(text: string): void {
  process.stderr.write(`plume: note: ${text}\n`);
}

export async function forecast(
  context: Pick<CommandContext<ForecastOptionName>, 'report' | 'signal'> & {
    readonly options: ForecastOptions;
  },
): Promise<ForecastResult> {
  const { options, report, signal } = context;
  const directory = options.out;
  if (directory === undefined) throw usageError('no run directory: give --out DIR');
  if (options.starts === undefined) {
    throw usageError('no start date: give --starts, such as 2007-01-01 or 2007-01-01/2007-12-24/P7D');
  }
  const source = parseModelSource(options.model, { uncertainty: chosenUncertainty(options) });
  const asked = await askedPerturbations(options);
  const design = chosenDesign(options, source, asked);
  const starts = parseTimeRange(options.starts);
  const device = await deviceOf(options, source);
  const model = await describeModel(source);
  const leadsHours = keptLeads(options, model.stepHours, source.kind === 'nature' ? 24 : model.stepHours);
  const schema = keptSchema(model.schema, options.store);
  const { archive, name, files } = await openModelArchive(options, source, model, report);
  let live: LiveVerification | null = null;
  try {
    requireSameSchema(archive.schema, name, model.schema, model.name);
    const firstStart = Math.min(...starts);
    const perturbations = await perturbationPlan(options, asked, model, {
      ...{ times: archive.times, name, firstStart },
    });
    const initial = initialRecord(perturbations);
    const workers = options.workers ?? defaultWorkers(device.device);
    const stateBytes = 4 * model.schema.channels.length * gridSize(model.schema.grid);
    const block = blockSize(stateBytes, design.noiseStreams);
    const batchMembers = options.batch ?? defaultBatch(model, block, design, workers);
    const description: RunDescription = {
      plume: version,
      seed: options.seed,
      weightSamples: design.weightSamples,
      noiseStreams: design.noiseStreams,
      starts,
      leadsHours,
      stepHours: model.stepHours,
      schema: schemaToJson(schema),
      model: model.identity,
      perturbation: perturbationRecord(perturbations),
      device: device.device,
      settings: {
        archive: [...files],
        first_time: formatTime(archive.times[0]!),
        ...(initial === null ? {} : { initial }),
      },
      config: configOf(options, { workers, batch: batchMembers }),
    };
    const steps = (leadsHours.at(-1) ?? 0) / model.stepHours;
    report.line(`device     ${device.device}: ${device.why}`);
    report.line(
      `ensemble   ${design.weightSamples} weight samples × ${design.noiseStreams} noise streams, seed ${options.seed}, ` +
        `${starts.length} starts, ${steps} steps of ${model.stepHours} h, ${workers} workers`,
    );
    if (model.uncertainty !== null) {
      report.line(`members    ${model.uncertainty} uncertainty: ${uncertaintyWords[model.uncertainty]}`);
    }
    for (const line of perturbationLines(perturbations)) report.line(line);
    let progress: ReturnType<typeof report.begin> | undefined;
    live =
      options.verifyWith === undefined
        ? null
        : await beginLiveVerification(directory, description, options, report, warn);
    const summary = await runEnsemble({
      directory,
      description,
      archive,
      archiveName: name,
      model: source,
      perturbations,
      historyLength: model.historyLength,
      device: device.device,
      workers,
      batchMembers,
      block,
      modelBytes: model.memoryBytes(design.weightSamples, batchMembers),
      modelRowBytes: model.memoryBytes(1, 2) - model.memoryBytes(1, 1),
      signal,
      onNote: note,
      onEstimate: (estimate, memberSteps) => {
        const { seconds, memoryBytes, perturbationBytes, diskBytes } = estimate;
        const perturbing =
          perturbationBytes > 0 ? ` (${formatBytes(perturbationBytes)} for perturbations)` : '';
        report.line(
          seconds === null
            ? 'needs      nothing more: every member is there'
            : `needs      about ${formatSeconds(seconds)}, ${formatBytes(memoryBytes)} of memory${perturbing}, ${formatBytes(diskBytes)} on disk`,
        );
        if (memberSteps === 0) return;
        progress = report.begin('forecast', memberSteps, 'member-steps');
      },
      onProgress: (done) => progress?.update(done),
      ...(live === null ? {} : { onStart: live.onStart }),
    });
    progress?.finish();
    for (const text of summary.notes) note(text);
    if (summary.cost !== null) {
      const { core_seconds_per_member_day: seconds, member_days: days } = summary.cost;
      report.line(
        `cost       ${(1000 * seconds).toPrecision(3)} ms of a core per member-day, over ${days} member-days`,
      );
    }
    await live?.save();
    const run = await openRun(directory);
    const sources = await spreadSources(run).finally(() => run.close());
    return {
      directory,
      members: memberCount(design),
      starts: starts.length,
      device,
      sources,
      // kilobytes, on every platform
      peakMemoryBytes: 1024 * process.resourceUsage().maxRSS,
      verification: live === null ? null : { statistics: live.statistics, failure: live.failure },
      ...summary,
    };
  } catch (error) {
    // What has been scored is kept, finished or not.
    await live?.save();
    throw error;
  } finally {
    await live?.close();
    await archive.close();
  }
}

async function deviceOf({ device }: ForecastOptions, source: ModelSource): Promise<DeviceChoice> {
  if (source.kind !== 'nature') return resolveDevice(device);
  if (device !== 'auto' && device !== 'cpu') {
    throw usageError(`--device ${device}: the nature model runs on the CPU; leave --device out`);
  }
  return { asked: device, device: 'cpu', why: 'the dycore runs there', passedOver: [] };
}
