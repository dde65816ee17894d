/** The whole way from an archive to a model directory: climate, EOFs, three stages, calibration, weights. */

import { existsSync, readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { requireFinite } from '../../core/archive/finite.js';
import { availableMemoryBytes } from '../../core/availableMemory.js';
import { dataError, interruptedError, resourceError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { formatPeriod, type Period, type SplitPeriods, timesInside } from '../../core/period.js';
import { schemaToJson } from '../../core/schema.js';
import { availableDiskBytes, cleanTemporaries, makeDirectory } from '../../core/store/atomic.js';
import { type Json, jsonDigest } from '../../core/store/canonicalJson.js';
import { lockDirectory } from '../../core/store/lock.js';
import { type ModelDescription, type ModelParts, writeModel } from '../../models/bayesian/modelDirectory.js';
import { createNetwork } from '../../models/bayesian/networks/createNetwork.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { klDivergence } from '../../models/bayesian/posteriors/meanField.js';
import { partOf } from '../../models/bayesian/posteriors/parts.js';
import { poolDates } from '../../models/bayesian/training/errorPool.js';
import { initialNetwork, initialParameters } from '../../models/bayesian/training/initialise.js';
import { InMemoryLoader } from '../../models/bayesian/training/inMemoryLoader.js';
import { type TrainingResult, trainingFlops, trainStages } from '../../models/bayesian/training/trainer.js';
import { readTrainingSeries } from '../../models/bayesian/training/trainingData.js';
import { elements } from '../../models/graph/graph.js';
import type { DeviceChoice } from '../../models/onnx/devices.js';
import { createInitialPerturbation, createPerturbation } from '../../perturbations/create.js';
import type { NamedArchive } from '../archiveOption.js';
import { formatBytes, formatSeconds, type Reporter } from '../progress.js';
import {
  type Calibration,
  calibrate,
  calibrationStarts,
  calibrationTrials,
  type InitialErrors,
} from './calibrate.js';
import { noiseSource } from './noiseSource.js';
import { type PresetName, recipes } from './recipe.js';

export interface TrainRequest {
  readonly source: NamedArchive;
  readonly periods: Omit<SplitPeriods, 'test'>;
  readonly preset: PresetName;
  readonly seed: number;
  readonly device: DeviceChoice;
  readonly directory: string;
  /** Seconds of work that a kill may cost. */
  readonly checkpointSeconds: number;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

export interface TrainSummary {
  readonly directory: string;
  readonly parameters: number;
  readonly seconds: number;
  /** Of the three stages: matrix products only, and their rate. */
  readonly teraflops: number;
  readonly gigaflopsPerSecond: number;
  /** Largest resident memory of this process so far. */
  readonly peakMemoryBytes: number;
  readonly device: DeviceChoice;
  readonly calibration: Calibration;
}

/**
 * @throws {PlumeError} data, for gaps or too few states; usage, when the directory holds a finished model;
 *   resources, when it cannot be written or another training writes it; interrupted, after a checkpoint
 */
export async function trainModel(request: TrainRequest): Promise<TrainSummary> {
  const began = performance.now();
  requireUnfinished(request.directory);
  const prepared = await prepare(request);
  return inDirectory(request.directory, () => trainPrepared(request, prepared, began));
}

/** Everything that is read before anything is written. */
async function prepare(request: TrainRequest) {
  const { source, periods, report, directory, seed } = request;
  const { archive, name } = source;
  const recipe = recipes[request.preset];
  const stepMilliseconds = stepOf(archive.times);
  requireMemory(archive, periods.train);

  report.line(`train on   ${formatPeriod(periods.train)}, validate on ${formatPeriod(periods.validate)}`);
  const { cycle, series } = await readTrainingSeries(archive, periods.train, recipe.climate, name);
  const initial = await initialNetwork(recipe.network, archive.schema, series, cycle, {
    stepMilliseconds,
    ridge: recipe.ridge,
    threads: availableParallelism(),
  });
  const { config, network, constants } = initial;
  const loader = await InMemoryLoader.open(series, {
    stepMilliseconds,
    pool: { history: network.historyLength, dates: poolDates },
  });
  await requireComplete(request, network, stepMilliseconds);
  const starts = Array.from({ length: recipe.components }, (_, component) =>
    initialParameters(initial, { seed: seed + component, amplitude: recipe.amplitude }),
  );
  const count = [...network.parameters.values()].reduce((sum, shape) => sum + elements(shape), 0);
  const componentFlops = trainingFlops(network, recipe.stages);
  const flops = componentFlops * starts.length;
  report.line(
    `network    ${count.toLocaleString('en')} weights × ${starts.length} from different starts, ${recipe.stages.length} stages, ` +
      `${(flops / 1e12).toPrecision(2)} TFLOP on ${request.device.device}`,
  );
  await requireDisk(directory, count * starts.length);
  return { config, network, constants, starts, cycle, loader, stepMilliseconds, count, componentFlops };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

async function trainPrepared(
  request: TrainRequest,
  { config, network, constants, starts, cycle, loader, stepMilliseconds, count, componentFlops }: Prepared,
  began: number,
): Promise<TrainSummary> {
  const { source, periods, seed, report, directory } = request;
  const { archive } = source;
  const recipe = recipes[request.preset];
  const flops = componentFlops * starts.length;
  const stepHours = stepMilliseconds / 3_600_000;
  const perturbation = createPerturbation(noiseSource(recipe.noise, stepHours), archive.schema.grid);
  const progress = report.begin('training', Math.round(flops / 1e9), 'GFLOP');
  const stagesBegan = performance.now();
  const results: TrainingResult[] = [];
  let firstFlops = -1;
  let lastFlops = 0;
  for (const [component, start] of starts.entries()) {
    const result = await trainStages({
      network,
      initial: start,
      loader,
      stages: recipe.stages,
      posterior: recipe.posterior,
      noise: perturbation,
      seed: seed + component,
      device: request.device.device,
      threads: availableParallelism(),
      checkpointPath: checkpointPath(directory, component),
      checkpointSeconds: request.checkpointSeconds,
      identity: jsonDigest({
        files: [...source.files],
        schema: schemaToJson(archive.schema) as unknown as Json,
        train: formatPeriod(periods.train),
        recipe: recipe as unknown as Json,
        seed: seed + component,
        device: request.device.device,
      }),
      signal: request.signal,
      onStep: ({ stage, doneFlops, fit }) => {
        lastFlops = component * componentFlops + doneFlops;
        if (firstFlops < 0) {
          firstFlops = lastFlops;
          progress.from(Math.round(firstFlops / 1e9));
        }
        progress.update(Math.round(lastFlops / 1e9), `network ${component + 1} ${stage} ${fit.toFixed(4)}`);
      },
    });
    results.push(result);
  }
  progress.finish();
  const stageSeconds = (performance.now() - stagesBegan) / 1000;

  const parts: ModelParts = {
    schema: archive.schema,
    network: config,
    constants,
    cycle,
    components: results.map(({ tensors }) => tensors),
    settings: {
      step_hours: stepHours,
      posterior: {
        kind: 'mean-field',
        components: results.length,
        seed,
        scale: 1,
        prior_sigma: recipe.posterior.priorSigma,
        beta: recipe.stages.at(-1)?.beta ?? 0,
      },
      noise: {
        fields: recipe.noise.map(({ lengthKm, timeHours, share }) => ({
          length_km: lengthKm,
          time_hours: timeHours,
          share,
        })) as ModelDescription['noise']['fields'],
        scale: 1,
      },
      relaxation: 0,
      training: {
        train: formatPeriod(periods.train),
        validate: formatPeriod(periods.validate),
        seed,
        preset: request.preset,
        record: null,
      },
    },
  };
  const calibration = await calibrateParts(request, parts, perturbation);
  const summary: TrainSummary = {
    directory,
    parameters: count,
    seconds: (performance.now() - began) / 1000,
    teraflops: flops / 1e12,
    gigaflopsPerSecond: (lastFlops - Math.max(0, firstFlops)) / 1e9 / stageSeconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    device: request.device,
    calibration,
  };
  await writeModel(directory, withRecord(parts, calibration, results));
  for (const component of results.keys()) await rm(checkpointPath(directory, component), { force: true });
  report.line(
    `trained    in ${formatSeconds(summary.seconds)}, stages at ${summary.gigaflopsPerSecond.toFixed(0)} GFLOP/s`,
  );
  return summary;
}

const checkpointName = /^checkpoint-\d+\.arrow$/;

function checkpointPath(directory: string, component: number): string {
  return join(directory, `checkpoint-${component}.arrow`);
}

/** A finished model is hours of work: only its owner may throw it away. */
function requireUnfinished(directory: string): void {
  if (!existsSync(join(directory, 'model.json'))) return;
  if (readdirSync(directory).some((name) => checkpointName.test(name))) return;
  throw usageError(
    `"${directory}" holds a trained model already; remove it to train anew, or choose another --out`,
  );
}

/** A checkpoint holds up to nine tensors for each of the parameters, and the next one is written beside it. */
async function requireDisk(directory: string, parameters: number): Promise<void> {
  const needed = 2 * 9 * 4 * parameters;
  const available = await availableDiskBytes(directory);
  if (needed <= available) return;
  throw resourceError(
    `training writes up to ${formatBytes(needed)}, ${formatBytes(available)} are free on the disk of ` +
      `"${directory}"; free some space or use another --out`,
  );
}

/** Makes the directory this process's own while the work is under way; a failure leaves no empty directory. */
async function inDirectory<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    await cleanTemporaries(directory);
    return await work();
  } finally {
    await lock.release();
    // refuses where anything is in it
    await rmdir(directory).catch(() => undefined);
  }
}

function withRecord(
  parts: ModelParts,
  calibration: Calibration,
  results: readonly TrainingResult[],
): ModelParts {
  const round = (value: number): number => Number(value.toPrecision(6));
  const { settings } = parts;
  return {
    ...parts,
    settings: {
      ...settings,
      relaxation: round(calibration.relaxation),
      noise: { ...settings.noise, scale: round(calibration.noise) },
      training: {
        ...settings.training,
        record: {
          kl_nats: results.map(({ tensors, priorMean, priorSigma }) => {
            const posterior = { mean: partOf(tensors, 'mean'), rho: partOf(tensors, 'rho') };
            return round(klDivergence(posterior, priorMean, priorSigma));
          }),
          validation_fair_crps: calibration.fairCrps.map(round),
          validation_spread_skill_ratio: calibration.spreadSkillRatio.map(round),
          losses: results.map(({ losses }) =>
            losses.map(({ stage, step, fit }) => ({ stage, step, fit: round(fit) })),
          ),
        },
      },
    },
  };
}

async function calibrateParts(
  { source, periods, device, seed, preset, report, signal }: TrainRequest,
  parts: ModelParts,
  perturbation: ReturnType<typeof createPerturbation>,
): Promise<Calibration> {
  const recipe = recipes[preset].calibration;
  const trials = report.begin('calibrating', calibrationTrials(recipe.initialError > 0), 'trials');
  const stopWhenAsked = (): void => {
    if (!signal.aborted) return;
    throw interruptedError('stopped while calibrating; run the same command again to go on from there');
  };
  const description: ModelDescription = {
    format: 'plume-model',
    version: 1,
    kind: 'bayesian',
    schema: schemaToJson(parts.schema) as unknown as ModelDescription['schema'],
    network: parts.network,
    ...parts.settings,
    weights: { file: 'weights.arrow', sha256: '' },
  };
  const found = await calibrate({
    trained: { ...parts, description, digest: '' },
    session: { device: device.device, threads: availableParallelism() },
    perturbation,
    initial: await initialErrors(source.archive, periods.train, parts, recipe.initialError),
    archive: source.archive,
    archiveName: source.name,
    period: periods.validate,
    seed,
    ...recipe,
    onTrial: (done, _of, trial) => {
      trials.update(done, `noise × ${trial.noise.toFixed(2)}, relaxation ${trial.relaxation}`);
      stopWhenAsked();
    },
  });
  trials.finish();
  return found;
}

/** Analyses that err and members that start apart, by differences of states of the training period; null without. */
async function initialErrors(
  archive: Archive,
  period: Period,
  { network: config, schema, constants }: ModelParts,
  amplitude: number,
): Promise<InitialErrors | null> {
  if (amplitude === 0) return null;
  const { historyLength, symmetry, stateLength } = createNetwork(config, schema, constants);
  const indices = timesInside(archive.times, period).slice(historyLength - 1);
  const dates = Math.min(initialDates, indices.length);
  const states = Array.from({ length: historyLength }, () => new Float32Array(dates * stateLength));
  for (let date = 0; date < dates; date++) {
    const index = indices[Math.floor((date * indices.length) / dates)] ?? 0;
    for (const [back, all] of states.entries()) {
      all.set((await archive.read(index - back)).values, date * stateLength);
    }
  }
  const source = { kind: 'state-difference', pool: { dates, states }, rotate: symmetry === 'zonal' } as const;
  return createInitialPerturbation(
    { ...source, memberAmplitude: amplitude, analysisAmplitude: amplitude },
    schema.grid,
  );
}

const initialDates = 64;

/** The states of the training period lie in memory, and nothing else grows with it. */
function requireMemory(archive: Archive, period: Period): void {
  const states = timesInside(archive.times, period).length;
  const needed = states * archive.schema.channels.length * gridSize(archive.schema.grid) * 4;
  const available = availableMemoryBytes() - overheadBytes;
  if (needed <= available) return;
  throw resourceError(
    `the training period holds ${formatBytes(needed)} of states, about ${formatBytes(Math.max(0, available))} of memory ` +
      'are free for them; give a shorter --train period, or fewer --variables',
  );
}

/** What training takes beside the states: runtime, activations of a batch, optimizer. */
const overheadBytes = 700e6;

/** The step of the archive: the most frequent distance of two times, which must hold nearly everywhere. */
function stepOf(times: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 1; i < times.length; i++) {
    const step = times[i]! - times[i - 1]!;
    counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  const [step] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  if (step === undefined) throw dataError('the archive holds fewer than two times; a model needs a series');
  return step;
}

/** The validation period is read again and again later: gaps in it are told before hours of training. */
async function requireComplete(
  { source, periods, preset }: TrainRequest,
  network: Network,
  stepMilliseconds: number,
): Promise<void> {
  calibrationStarts({
    archive: source.archive,
    archiveName: source.name,
    period: periods.validate,
    ...recipes[preset].calibration,
    historyLength: network.historyLength,
    stepMilliseconds,
  });
  for (const index of timesInside(source.archive.times, periods.validate)) {
    requireFinite(await source.archive.read(index), source.name);
  }
}
