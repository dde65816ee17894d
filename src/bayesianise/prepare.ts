/**
 * All that a fit of an imported model needs to know, read before anything is written: layers, channels, statistics of the
 * training period, starts of the validation period, and whether widths can be learned by gradient.
 */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { requireFinite } from '../../core/archive/finite.js';
import { availableMemoryBytes } from '../../core/availableMemory.js';
import { isPlumeError, resourceError, toPlumeError, usageError } from '../../core/errors.js';
import { formatPeriod, type SplitPeriods } from '../../core/period.js';
import { schemaToJson } from '../../core/schema.js';
import { type Json, jsonDigest } from '../../core/store/canonicalJson.js';
import { elements } from '../../models/graph/graph.js';
import { type Binding, bind, type ChannelOrder } from '../../models/imported/binding.js';
import { type VariationalRequest, variationalGraph } from '../../models/imported/fitVariational.js';
import { chooseLayers, type Layer } from '../../models/imported/layers.js';
import { type OnnxFile, readOnnxFile } from '../../models/imported/onnxFile.js';
import type { Normalisation } from '../../models/imported/units.js';
import { stepBytes } from '../../models/imported/variationalStep.js';
import type { DeviceChoice } from '../../models/onnx/devices.js';
import type { NamedArchive } from '../archiveOption.js';
import { formatBytes, type Reporter } from '../progress.js';
import { calibrationStarts } from '../training/calibrate.js';
import {
  type ArchiveStatistics,
  analysesWithNext,
  archiveStatistics,
  archiveStep,
} from './archiveStatistics.js';
import { normalisationOf } from './normalisationOption.js';

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

export interface Prepared {
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

/** σ / rms of the prior of a variational fit: weights are believed to be right to their own size, no better. */
export const priorScale = 1;
const trainSamples = 4;
const trainBatch = 2;
const learningRate = 0.03;
const validationStarts = 16;

/** Everything that is read before anything is written. */
export async function prepare(request: BayesianiseRequest): Promise<Prepared> {
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

export function variationalRequest(
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
