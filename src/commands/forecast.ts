/** plume forecast: an ensemble from one or many start dates, into a run directory. */
import { totalmem } from 'node:os';
import { usageError } from '../../core/errors.js';
import { channelName, requireSameSchema, schemaToJson } from '../../core/schema.js';
import type { Json, RunDescription } from '../../core/store/run.js';
import { formatTime, parseDuration, parseTimeRange } from '../../core/time.js';
import { memberCount, parseDesign } from '../../ensembles/design.js';
import { availableMemoryBytes, defaultWorkers } from '../../ensembles/estimate.js';
import { type EnsembleSummary, runEnsemble } from '../../ensembles/runEnsemble.js';
import { BayesianModel } from '../../models/bayesian/model.js';
import { readModel } from '../../models/bayesian/modelDirectory.js';
import { type DeviceChoice, resolveDevice } from '../../models/onnx/devices.js';
import { createCorrelatedField, type NoiseScale } from '../../perturbations/correlatedField.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { formatBytes, formatSeconds } from '../progress.js';
import { noiseSource } from '../training/noiseSource.js';
import { version } from '../version.js';

export const forecastOptions = [
  'archive',
  'variables',
  'unit',
  'model',
  'out',
  'starts',
  'members',
  'lead',
  'seed',
  'device',
  'workers',
  'batch',
] as const;
export type ForecastOptionName = (typeof forecastOptions)[number];

export const forecastCommand: CommandDefinition<ForecastOptionName> = {
  name: 'forecast',
  summary: 'run an ensemble from one or many start dates into a run directory; resumes where it stopped',
  examples: [
    'plume forecast --archive slp.nc --model model --starts 2007-01-01 --out runs/one',
    'plume forecast --archive slp.nc --model model --starts 2007-01-01/2007-12-24/P7D --members 8x6 --out runs/weekly',
  ],
  options: forecastOptions,
  run: async (context) => {
    const result = await forecast(context);
    if (!context.json && !context.report.quiet) {
      process.stdout.write(`${result.directory}: ${result.members} members from ${result.starts} starts\n`);
    }
    return result;
  },
};

export interface ForecastResult extends EnsembleSummary {
  readonly directory: string;
  readonly members: number;
  readonly starts: number;
  readonly device: DeviceChoice;
  /** Most memory this process has held, bytes: what the estimate is to be compared with. */
  readonly peakMemoryBytes: number;
}

export async function forecast(
  context: Pick<CommandContext<ForecastOptionName>, 'options' | 'report' | 'signal'>,
): Promise<ForecastResult> {
  const { options, report, signal } = context;
  const directory = options.out;
  if (directory === undefined) throw usageError('no run directory: give --out DIR');
  if (options.starts === undefined) {
    throw usageError('no start date: give --starts, such as 2007-01-01 or 2007-01-01/2007-12-24/P7D');
  }
  const design = parseDesign(options.members);
  const starts = parseTimeRange(options.starts);
  const device = await resolveDevice(options.device);
  const trained = await readModel(options.model);
  const model = new BayesianModel(trained, { device: device.device });
  const { archive, name, files } = await openArchiveOption(options, trained.schema.channels.map(channelName));
  try {
    requireSameSchema(archive.schema, name, trained.schema, `model "${options.model}"`);
    const lead = parseDuration(options.lead) / 3_600_000;
    const { step_hours: stepHours, noise } = trained.description;
    const steps = lead / stepHours;
    if (!Number.isInteger(steps) || steps < 1) {
      throw usageError(`--lead ${options.lead} is not a whole number of the model's steps of ${stepHours} h`);
    }
    const leadsHours = Array.from({ length: steps }, (_, i) => (i + 1) * stepHours);
    const fields = noise.fields.map(({ length_km, time_hours, share }) => ({
      lengthKm: length_km,
      timeHours: time_hours,
      share,
    }));
    const perturbation = noiseSource(fields as [NoiseScale, ...NoiseScale[]], stepHours);
    const workers = options.workers ?? defaultWorkers(device.device);
    const batchMembers =
      options.batch ?? defaultBatch(model, design.noiseStreams, memberCount(design), workers);
    const { posterior, training } = trained.description;
    const description: RunDescription = {
      plume: version,
      seed: options.seed,
      weightSamples: design.weightSamples,
      noiseStreams: design.noiseStreams,
      starts,
      leadsHours,
      stepHours,
      schema: schemaToJson(trained.schema),
      model: {
        kind: trained.description.kind,
        digest: trained.digest,
        posterior,
        train: training.train,
        validate: training.validate,
      },
      perturbation: {
        ...createCorrelatedField(trained.schema.grid, perturbation).describe(),
        amplitude_scale: noise.scale,
      } as unknown as Json,
      device: device.device,
      settings: { archive: [...files], first_time: formatTime(archive.times[0]!) },
      config: JSON.parse(JSON.stringify({ ...options, workers, batch: batchMembers })) as Json,
    };
    report.line(`device     ${device.device}: ${device.why}`);
    report.line(
      `ensemble   ${design.weightSamples} weight samples × ${design.noiseStreams} noise streams, seed ${options.seed}, ` +
        `${starts.length} starts, ${steps} steps of ${stepHours} h, ${workers} workers`,
    );
    let progress: ReturnType<typeof report.begin> | undefined;
    const summary = await runEnsemble({
      directory,
      description,
      archive,
      archiveName: name,
      model: { kind: 'bayesian', directory: options.model },
      perturbation,
      historyLength: model.historyLength,
      device: device.device,
      workers,
      batchMembers,
      samplesPerBlock: samplesPerBlock(design.noiseStreams, archive.schema),
      modelBytes: model.memoryBytes(design.weightSamples, batchMembers),
      signal,
      onEstimate: (estimate, memberSteps) => {
        const { seconds, memoryBytes, diskBytes } = estimate;
        report.line(
          seconds === null
            ? 'needs      nothing more: every member is there'
            : `needs      about ${formatSeconds(seconds)}, ${formatBytes(memoryBytes)} of memory, ${formatBytes(diskBytes)} on disk`,
        );
        if (memberSteps === 0) return;
        progress = report.begin('forecast', memberSteps, 'member-steps');
      },
      onProgress: (done) => progress?.update(done),
    });
    progress?.finish();
    return {
      directory,
      members: memberCount(design),
      starts: starts.length,
      device,
      // kilobytes, on every platform
      peakMemoryBytes: 1024 * process.resourceUsage().maxRSS,
      ...summary,
    };
  } finally {
    await archive.close();
    await model.close();
  }
}

/** Whole weight samples in a batch, as long as a worker's working memory stays within a share of what is free. */
function defaultBatch(model: BayesianModel, noiseStreams: number, members: number, workers: number): number {
  const budget = Math.min(512e6, (availableMemoryBytes() || totalmem() / 2) / (4 * workers));
  let batch = noiseStreams;
  while (batch + noiseStreams <= members && model.memoryBytes(1, batch + noiseStreams) <= budget) {
    batch += noiseStreams;
  }
  return batch;
}

/** Weight samples of one file: eight, or fewer where their states would not fit comfortably in memory. */
function samplesPerBlock(
  noiseStreams: number,
  schema: {
    readonly channels: readonly unknown[];
    readonly grid: { latitudes: Float64Array; longitudes: Float64Array };
  },
): number {
  const stateBytes =
    4 * schema.channels.length * schema.grid.latitudes.length * schema.grid.longitudes.length;
  return Math.max(1, Math.min(8, Math.floor(256e6 / (stateBytes * noiseStreams))));
}
