/**
 * The whole way from an ONNX file to a model directory: layers and channels found, the model written anew, widths fitted by
 * variational inference or scales by search, and the result judged on the validation period.
 * Everything that can be wrong with model, archive or options is found before the first byte is written.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { requireFinite } from '../../core/archive/finite.js';
import { availableMemoryBytes } from '../../core/availableMemory.js';
import {
  interruptedError,
  isPlumeError,
  resourceError,
  toPlumeError,
  usageError,
} from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import { formatPeriod, type SplitPeriods } from '../../core/period.js';
import { channelName, schemaFromJson, schemaToJson } from '../../core/schema.js';
import { availableDiskBytes, cleanTemporaries, makeDirectory } from '../../core/store/atomic.js';
import { type Json, jsonDigest } from '../../core/store/canonicalJson.js';
import { lockDirectory } from '../../core/store/lock.js';
import { elements } from '../../models/graph/graph.js';
import { type Binding, bind, type ChannelOrder } from '../../models/imported/binding.js';
import {
  fitVariational,
  type VariationalRequest,
  variationalGraph,
} from '../../models/imported/fitVariational.js';
import {
  type ImportedDescription,
  type ImportedParts,
  readLayers,
  writeDescription,
  writeSigma,
} from '../../models/imported/importedDirectory.js';
import { ImportedModel } from '../../models/imported/importedModel.js';
import { ImportedPosterior, type RandomLayer } from '../../models/imported/importedPosterior.js';
import { chooseLayers, type Layer } from '../../models/imported/layers.js';
import { type OnnxFile, readOnnxFile } from '../../models/imported/onnxFile.js';
import { centreFile, movedBytes, weightsFile, writeSurgery } from '../../models/imported/surgery.js';
import { type Normalisation, Units } from '../../models/imported/units.js';
import { checkpointFiles } from '../../models/imported/variationalCheckpoint.js';
import { stepBytes } from '../../models/imported/variationalStep.js';
import type { DeviceChoice } from '../../models/onnx/devices.js';
import type { NamedArchive } from '../archiveOption.js';
import { formatBytes, formatSeconds, type Reporter } from '../progress.js';
import { calibrationStarts } from '../training/calibrate.js';
import {
  type ArchiveStatistics,
  analysesWithNext,
  archiveStatistics,
  archiveStep,
} from './archiveStatistics.js';
import { type FitRecord, readFitRecord, writeFitRecord } from './fitRecord.js';
import { normalisationOf } from './normalisationOption.js';
import { requireSameOutputs } from './sameOutputs.js';
import { keyOf, searchScales } from './scaleSearch.js';
import { meanLogCrps, type PosteriorScore, scorePosterior } from './scorePosterior.js';

export interface BayesianiseRequest {
  readonly path: string;
  readonly layers: readonly string[];
  readonly source: NamedArchive;
  readonly periods: Omit<SplitPeriods, 'test'>;
  readonly directory: string;
  readonly fit: 'auto' | 'variational' | 'scales';
  /** σ / rms to begin with. */
  readonly scale: number;
  /** Weight samples of the ensembles that are judged. */
  readonly members: number;
  readonly leadHours: number;
  /** Of the model; undefined: the archive's. */
  readonly stepHours: number | undefined;
  readonly orders: readonly ChannelOrder[];
  readonly normalised: boolean | string;
  readonly output: 'state' | 'increment';
  readonly trials: number;
  readonly fitSteps: number;
  readonly beta: number;
  readonly seed: number;
  readonly device: DeviceChoice;
  readonly checkpointSeconds: number;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

export interface BayesianiseSummary {
  readonly directory: string;
  readonly fit: 'variational' | 'scales';
  readonly why: string;
  readonly layers: readonly { readonly name: string; readonly scale: number }[];
  /** On the validation period, by lead, in units of what persistence errs in one step. */
  readonly centreCrps: readonly number[];
  readonly fairCrps: readonly number[];
  readonly spreadSkillRatio: readonly number[];
  readonly trials: number;
  readonly seconds: number;
  readonly peakMemoryBytes: number;
}

/** σ / rms of the prior of a variational fit: weights are believed to be right to their own size, no better. */
const priorScale = 1;
const trainSamples = 4;
const trainBatch = 2;
const learningRate = 0.03;
const validationStarts = 16;
/** Of the one factor that a variational fit is left to find. */
const factorTrials = 12;

interface Prepared {
  readonly file: OnnxFile;
  readonly layers: readonly Layer[];
  readonly binding: Binding;
  readonly stepHours: number;
  readonly stride: number;
  readonly steps: number;
  readonly analyses: readonly number[];
  readonly starts: readonly number[];
  readonly statistics: ArchiveStatistics;
  readonly normalisation: Normalisation | null;
  readonly identity: string;
  readonly fit: 'variational' | 'scales';
  readonly why: string;
}

/**
 * @throws {PlumeError} usage, where model, layers, channels and archive do not fit together, or an operator has no gradient
 *   rule and --fit variational asked for one; data, for a damaged model or gaps; resources; interrupted, with all kept
 */
export async function bayesianise(request: BayesianiseRequest): Promise<BayesianiseSummary> {
  const began = performance.now();
  const { directory, report } = request;
  if (existsSync(join(directory, 'model.json'))) {
    throw usageError(
      `"${directory}" holds a model already; remove it to begin anew, or choose another --out`,
    );
  }
  const prepared = await prepare(request);
  await requireDisk(directory, movedBytes(prepared.file));
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    await cleanTemporaries(directory);
    const summary = await fitInside(request, prepared);
    report.line(`made       in ${formatSeconds((performance.now() - began) / 1000)}`);
    return {
      ...summary,
      seconds: (performance.now() - began) / 1000,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    await lock.release();
    // refuses where anything is in it
    await rmdir(directory).catch(() => undefined);
  }
}

/** Everything that is read before anything is written. */
async function prepare(request: BayesianiseRequest): Promise<Prepared> {
  const { source, periods, report, path } = request;
  const { archive, name } = source;
  const file = readOnnxFile(path);
  const layers = chooseLayers(file, request.layers);
  const binding = bind(file, archive.schema, name, request.orders);
  const archiveMilliseconds = archiveStep(archive.times, name);
  const stepMilliseconds = (request.stepHours ?? archiveMilliseconds / 3_600_000) * 3_600_000;
  const stride = stepMilliseconds / archiveMilliseconds;
  if (!Number.isInteger(stride)) {
    throw usageError(
      `--model-step is ${stepMilliseconds / 3_600_000} h, but ${name} has states every ${archiveMilliseconds / 3_600_000} h; ` +
        'give a multiple of it',
    );
  }
  const steps = Math.max(1, Math.round((request.leadHours * 3_600_000) / stepMilliseconds));
  report.line(
    `fit on     ${formatPeriod(periods.train)}, judged on ${formatPeriod(periods.validate)}; nothing else is read`,
  );
  const analyses = analysesWithNext(archive, name, periods.train, stride, stepMilliseconds);
  const starts = calibrationStarts({
    ...{
      archive,
      archiveName: name,
      period: periods.validate,
      steps: steps * stride,
      starts: validationStarts,
    },
    ...{ historyLength: 1, stepMilliseconds: archiveMilliseconds },
  });
  const statistics = await archiveStatistics(archive, name, analyses, stride);
  const normalisation = await normalisationOf(request.normalised, archive.schema, statistics);
  const rest = { file, layers, binding, stride, steps, analyses, starts, statistics, normalisation };
  const { fit, why } = chooseFit(request, rest);
  const chosen = layers.reduce((sum, { shape }) => sum + elements(shape), 0);
  report.line(
    `layers     ${layers.length}, ${chosen.toLocaleString('en')} weights of ${path}; relative scale ${request.scale} to begin with`,
  );
  report.line(
    `posterior  ${fit === 'variational' ? 'a width for each weight, by variational inference' : 'a scale for each layer, by search'}: ${why}`,
  );
  return {
    ...rest,
    fit,
    why,
    stepHours: stepMilliseconds / 3_600_000,
    identity: await identityOf(request, file, layers, normalisation),
  };
}

type FitParts = Omit<Prepared, 'fit' | 'why' | 'stepHours' | 'identity'>;

/** Variational where every operator has a gradient rule and a step fits into memory. */
function chooseFit(request: BayesianiseRequest, parts: FitParts): Pick<Prepared, 'fit' | 'why'> {
  if (request.fit === 'scales') return { fit: 'scales', why: 'as asked' };
  const asked = request.fit === 'variational';
  try {
    const needed = stepBytes(variationalGraph(variationalRequest(request, parts, '')));
    const available = availableMemoryBytes();
    if (needed <= available) {
      return {
        fit: 'variational',
        why: `${asked ? 'as asked' : 'every operator has a gradient rule'}; a step takes about ${formatBytes(needed)}`,
      };
    }
    const short = `a step with gradients needs about ${formatBytes(needed)} of memory, ${formatBytes(available)} are free`;
    if (asked)
      throw resourceError(`${short}; use --fit scales, which needs no gradients, or choose fewer --layers`);
    return { fit: 'scales', why: short };
  } catch (error) {
    if (asked || !isPlumeError(error) || error.tag !== 'usage') throw error;
    return { fit: 'scales', why: error.message.split(';')[0] ?? '' };
  }
}

function variationalRequest(
  request: BayesianiseRequest,
  { file, binding, layers, analyses, stride, normalisation, statistics }: FitParts,
  identity: string,
): VariationalRequest {
  const { source, scale, beta, seed, device, directory, report, signal } = request;
  let progress: ReturnType<Reporter['begin']> | undefined;
  return {
    ...{
      file,
      binding,
      layers,
      analyses,
      stride,
      normalisation,
      scale,
      beta,
      seed,
      priorScale,
      identity,
      signal,
    },
    archive: source.archive,
    readState: async (index) => {
      const state = await source.archive.read(index);
      requireFinite(state, source.name);
      return state.values;
    },
    samples: trainSamples,
    batch: trainBatch,
    output: request.output,
    errorScale: statistics.errorScale,
    steps: request.fitSteps,
    learningRate,
    session: { device: device.device, threads: availableParallelism() },
    checkpointPath: join(directory, 'fit.arrow'),
    checkpointSeconds: request.checkpointSeconds,
    onStep: (step, from, crps, divergence) => {
      if (progress === undefined) {
        progress = report.begin('widths', request.fitSteps, 'steps');
        progress.from(from);
      }
      progress.update(step, `CRPS ${crps.toFixed(4)}, KL ${divergence.toPrecision(4)} nats`);
      if (step === request.fitSteps) progress.finish();
    },
    onNote: (text) => report.line(`note       ${text}`),
  };
}

async function identityOf(
  request: BayesianiseRequest,
  file: OnnxFile,
  layers: readonly Layer[],
  normalisation: Normalisation | null,
): Promise<string> {
  const { source, periods, fit, scale, members, leadHours, stepHours, output, trials, fitSteps, beta, seed } =
    request;
  const files = new Set(
    [...file.tensors.values()].flatMap(({ location }) => (location === undefined ? [] : [location.file])),
  );
  return jsonDigest({
    model: await fileDigest(file.path),
    data: [...files].map((path) => statSync(path).size),
    layers: layers.map(({ name }) => name),
    archive: [...source.files],
    schema: schemaToJson(source.archive.schema) as unknown as Json,
    orders: request.orders as unknown as Json,
    normalisation: normalisation as unknown as Json,
    periods: [formatPeriod(periods.train), formatPeriod(periods.validate)],
    device: request.device.device,
    settings: {
      fit,
      scale,
      members,
      leadHours,
      stepHours: stepHours ?? null,
      output,
      trials,
      fitSteps,
      beta,
      seed,
    },
  });
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }))
      hash.update(piece as Uint8Array);
  } catch (error) {
    throw toPlumeError(error, `model "${path}"`);
  }
  return hash.digest('hex');
}

async function fitInside(
  request: BayesianiseRequest,
  prepared: Prepared,
): Promise<Omit<BayesianiseSummary, 'seconds' | 'peakMemoryBytes'>> {
  const { directory, report, source } = request;
  const { fit, why, statistics, layers } = prepared;
  const recordPath = join(directory, 'fit.json');
  const { record, parts } = await writtenAnew(request, prepared, recordPath);
  const trials = new Map(record.trials);
  const centres = await readLayers(parts);
  const variational =
    fit === 'variational'
      ? await fitVariational(variationalRequest(request, prepared, prepared.identity))
      : null;
  const layersAt = (scales: readonly number[]): RandomLayer[] =>
    centres.map((layer, i) => ({
      ...layer,
      sigma: variational?.sigma.get(layer.name)?.values ?? (scales[i] ?? 0) * (layers[i]?.rms ?? 0),
    }));
  const posteriorAt = (scales: readonly number[]): ImportedPosterior =>
    variational === null
      ? new ImportedPosterior(layersAt(scales))
      : new ImportedPosterior(layersAt([]), scales[0]);

  const model = new ImportedModel(parts, { device: request.device.device, threads: availableParallelism() });
  const most = fit === 'variational' ? Math.min(factorTrials, request.trials) : request.trials;
  const progress = report.begin(fit === 'variational' ? 'one factor' : 'scales', most + 1, 'trials');
  let done = 0;
  const score = async (key: string, posterior: ImportedPosterior): Promise<PosteriorScore> => {
    const before = trials.get(key);
    const found =
      before ??
      (await scorePosterior(
        {
          ...{ model, archive: source.archive, archiveName: source.name, errorScale: statistics.errorScale },
          ...{ starts: prepared.starts, stride: prepared.stride, steps: prepared.steps, seed: request.seed },
          weightSamples: posterior.isPoint ? 2 : request.members,
        },
        posterior,
      ));
    trials.set(key, found);
    if (before === undefined) await writeFitRecord(recordPath, { ...record, trials: [...trials] });
    done++;
    if (before !== undefined) progress.from(done);
    progress.update(done, `CRPS ${found.fairCrps.map((crps) => crps.toFixed(4)).join(' ')}`);
    if (request.signal.aborted)
      throw interruptedError('stopped; run the same command again to go on from here');
    return found;
  };
  try {
    const centre = await score('centre', posteriorAt(layers.map(() => 0)).scaled(0));
    const start = fit === 'variational' ? [1] : layers.map(() => request.scale);
    const found = await searchScales(
      start,
      async (scales) => meanLogCrps(await score(keyOf(scales), posteriorAt(scales))),
      { trials: most, each: fit === 'scales' },
    );
    const best = trials.get(keyOf(found.scales)) ?? centre;
    progress.finish();
    tellScores(report, prepared, centre, best);
    const chosen = found.scales;
    const finalLayers = layersAt(chosen).map(({ name, sigma }, i) => ({
      name,
      scale: rounded((typeof sigma === 'number' ? sigma : rootMeanSquare(sigma)) / (layers[i]?.rms ?? 1)),
    }));
    await finish(request, prepared, parts, {
      variational,
      scale: fit === 'variational' ? (chosen[0] ?? 1) : 1,
      scales: finalLayers.map(({ scale }) => scale),
      record: {
        kind: fit,
        why,
        trials: found.trials,
        validation: {
          centre_crps: centre.fairCrps.map(rounded),
          fair_crps: best.fairCrps.map(rounded),
          spread_skill_ratio: best.spreadSkillRatio.map(rounded),
        },
        ...(variational === null
          ? {}
          : {
              beta: request.beta,
              prior_scale: priorScale,
              kl_nats: rounded(variational.divergence),
              losses: [...variational.losses],
            }),
      },
    });
    for (const path of [recordPath, ...checkpointFiles(join(directory, 'fit.arrow'))])
      await rm(path, { force: true });
    return {
      ...{ directory, fit, why, layers: finalLayers, trials: found.trials },
      centreCrps: centre.fairCrps,
      fairCrps: best.fairCrps,
      spreadSkillRatio: best.spreadSkillRatio,
    };
  } finally {
    await model.close();
  }
}

function tellScores(
  report: Reporter,
  { stepHours }: Prepared,
  centre: PosteriorScore,
  best: PosteriorScore,
): void {
  const lead = best.fairCrps.length - 1;
  const at = (i: number): string =>
    `${(i + 1) * stepHours} h: CRPS ${best.fairCrps[i]?.toFixed(4)} (of the model alone ${centre.fairCrps[i]?.toFixed(4)}), ` +
    `spread–skill ratio ${best.spreadSkillRatio[i]?.toFixed(2)}`;
  report.line(`validation ${at(0)}${lead > 0 ? `; ${at(lead)}` : ''}`);
}

/** The model as three files in the directory, from an earlier attempt where it got so far; and what a step takes. */
async function writtenAnew(
  request: BayesianiseRequest,
  prepared: Prepared,
  recordPath: string,
): Promise<{ readonly record: FitRecord; readonly parts: ImportedParts }> {
  const { directory, report, path, source } = request;
  const { file, layers, binding, identity, normalisation } = prepared;
  const there = await readFitRecord(recordPath, identity);
  const weightsPath = join(directory, weightsFile);
  if (there !== null && existsSync(weightsPath) && statSync(weightsPath).size === there.weights.bytes) {
    if (there.trials.length > 0) report.line(`resumed    after ${there.trials.length} trials`);
    return { record: there, parts: partsOf(request, prepared, there) };
  }
  const surgery = await writeSurgery(file, new Set(layers.map(({ name }) => name)), directory);
  const first = await source.archive.read(prepared.starts[0] ?? 0);
  const units = new Units(normalisation, gridSize(source.archive.schema.grid));
  const options = { device: request.device.device };
  const before = process.memoryUsage.rss();
  await requireSameOutputs(path, join(directory, centreFile), binding.inputs, units, first.values, options);
  const record: FitRecord = {
    identity,
    weights: surgery.weights,
    stored: [...surgery.stored],
    stepMemoryBytes: Math.max(
      4 * first.values.length,
      process.memoryUsage.rss() - before - surgery.weights.bytes,
    ),
    trials: [],
  };
  await writeFitRecord(recordPath, record);
  report.line(
    `model      ${formatBytes(surgery.weights.bytes)} of weights; at zero scale the outputs are the same bits as before`,
  );
  return { record, parts: partsOf(request, prepared, record) };
}

/** model.json as it would be with the scales to begin with. */
function partsOf(request: BayesianiseRequest, prepared: Prepared, record: FitRecord): ImportedParts {
  const { source, periods, path, directory, seed } = request;
  const { file, layers, binding, normalisation, stepHours } = prepared;
  const stored = new Map(record.stored);
  const schema = schemaToJson(source.archive.schema);
  const bound = (tensors: Binding['inputs']) =>
    tensors.map(({ name, shape, channels }) => ({
      name,
      shape: [...shape],
      channels: [...channels],
    })) as ImportedDescription['inputs'];
  const description: ImportedDescription = {
    format: 'plume-model',
    version: 1,
    kind: 'imported',
    source: { file: basename(path), producer: file.producer, bytes: statSync(path).size },
    schema: {
      channels: [...schema.channels],
      latitudes: [...schema.latitudes],
      longitudes: [...schema.longitudes],
    },
    step_hours: stepHours,
    inputs: bound(binding.inputs),
    outputs: bound(binding.outputs),
    output: request.output,
    normalisation:
      normalisation === null
        ? null
        : { mean: [...normalisation.mean], deviation: [...normalisation.deviation] },
    posterior: {
      kind: 'scales',
      seed,
      scale: 1,
      layers: layers.map(({ name, shape, rms }) => ({
        ...{ name, shape: [...shape], rms, scale: request.scale },
        offset: stored.get(name)?.offset ?? 0,
      })) as ImportedDescription['posterior']['layers'],
    },
    fit: { train: formatPeriod(periods.train), validate: formatPeriod(periods.validate), record: null },
    step_memory_bytes: Math.round(record.stepMemoryBytes),
    weights: { file: weightsFile, ...record.weights },
    sigma: null,
  };
  return { directory, description, digest: '', schema: schemaFromJson(description.schema) };
}

async function finish(
  request: BayesianiseRequest,
  prepared: Prepared,
  { description }: ImportedParts,
  found: {
    readonly variational: Awaited<ReturnType<typeof fitVariational>> | null;
    readonly scale: number;
    readonly scales: readonly number[];
    readonly record: ImportedDescription['fit']['record'];
  },
): Promise<void> {
  const { posterior, fit } = description;
  const sigma =
    found.variational === null ? null : await writeSigma(request.directory, found.variational.sigma);
  await writeDescription(request.directory, {
    ...description,
    sigma,
    posterior: {
      ...posterior,
      kind: prepared.fit === 'variational' ? 'mean-field' : 'scales',
      scale: found.scale,
      layers: posterior.layers.map((layer, i) => ({
        ...layer,
        scale: found.scales[i] ?? layer.scale,
      })) as typeof posterior.layers,
    },
    fit: { ...fit, record: found.record },
  });
}

async function requireDisk(directory: string, needed: number): Promise<void> {
  const available = await availableDiskBytes(directory);
  if (needed <= available) return;
  throw resourceError(
    `the model takes ${formatBytes(needed)}, ${formatBytes(available)} are free on the disk of "${directory}"; free some ` +
      'space or use another --out',
  );
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** Channels as a list, for messages. */
export function channelList(source: NamedArchive): string {
  return source.archive.schema.channels.map(channelName).join(', ');
}
