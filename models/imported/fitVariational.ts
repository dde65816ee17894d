/**
 * Fits the widths of an imported model's posterior by variational inference on one-step forecasts. Every batch and every
 * draw is a pure function of (seed, step), and where the fit stands is kept in one atomic file, so that a fit that was
 * killed goes on to the same widths. States are read as they are needed: nothing grows with the period.
 */
import { dataError, interruptedError, usageError } from '../../core/errors.js';
import { pointWeights } from '../../core/grid.js';
import type { Archive } from '../../core/interfaces.js';
import { normals, uniforms } from '../../core/random/stream.js';
import { channelName } from '../../core/schema.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { inverseSoftplus, softplus } from '../bayesian/posteriors/meanField.js';
import { elements, type Graph } from '../graph/graph.js';
import { createOnnxExecutor, tensorData } from '../graph/onnxExecutor.js';
import type { SessionOptions } from '../onnx/session.js';
import type { Binding } from './binding.js';
import type { Layer } from './layers.js';
import type { OnnxFile } from './onnxFile.js';
import { float32Numbers } from './tensorNumbers.js';
import { type Normalisation, Units } from './units.js';
import { readStanding, type Standing, writeStanding } from './variationalCheckpoint.js';
import {
  buildVariationalStep,
  frozenTensors,
  learnedShapes,
  type VariationalOptions,
} from './variationalStep.js';

export interface VariationalRequest extends Pick<VariationalOptions, 'samples' | 'batch'> {
  readonly file: OnnxFile;
  readonly binding: Binding;
  readonly layers: readonly Layer[];
  readonly archive: Archive;
  /** Reads a complete state. @throws {PlumeError} data, naming what is missing */
  readState(index: number): Promise<Float32Array>;
  /** Indices of analyses whose next state is one model step later, both in the training period. */
  readonly analyses: readonly number[];
  /** Where the state one model step after an analysis lies: index + stride. */
  readonly stride: number;
  readonly normalisation: Normalisation | null;
  readonly output: 'state' | 'increment';
  /** [channel]: what an error of one counts as one, physical units. */
  readonly errorScale: readonly number[];
  /** σ / rms to begin with, and of the prior. */
  readonly scale: number;
  readonly priorScale: number;
  readonly beta: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly session: SessionOptions;
  readonly checkpointPath: string;
  readonly checkpointSeconds: number;
  /** Digest of everything that decides the fit. */
  readonly identity: string;
  readonly signal: AbortSignal;
  /** @param from the first step of this process */
  onStep(step: number, from: number, crps: number, divergence: number): void;
  onNote(text: string): void;
}

export interface VariationalResult {
  /** σ of every weight, [shape] by layer. */
  readonly sigma: Map<string, Tensor>;
  /** Mean almost-fair CRPS in units of the error scale over each tenth of the steps. */
  readonly losses: readonly number[];
  /** KL(q‖p) in nats at the last step. */
  readonly divergence: number;
}

/** The graph of a step: what `stepBytes` foretells the memory from. */
export function variationalGraph(
  request: Omit<VariationalRequest, 'onStep' | 'onNote' | 'signal' | 'readState'>,
): Graph {
  const { file, binding, layers, samples, batch, archive, normalisation, errorScale, beta, analyses } =
    request;
  return buildVariationalStep(file, binding, layers, {
    samples,
    batch,
    priorSigma: new Map(layers.map(({ name, rms }) => [name, request.priorScale * rms])),
    divergenceWeight: beta / Math.max(1, analyses.length),
    lossFactors: errorScale.map((scale, channel) => (normalisation?.deviation[channel] ?? 1) / scale),
    areaWeights: Float32Array.from(pointWeights(archive.schema.grid)),
  });
}

/**
 * @throws {PlumeError} usage, for operators without a gradient rule or a checkpoint of another fit; data, when the loss
 *   is no number any more, naming step and channel; interrupted, after a checkpoint
 */
export async function fitVariational(request: VariationalRequest): Promise<VariationalResult> {
  const { file, layers, steps, signal, checkpointPath } = request;
  const graph = variationalGraph(request);
  const executor = await createOnnxExecutor(graph, request.session);
  const units = new Units(request.normalisation, pointWeights(request.archive.schema.grid).length);
  const fixed: Record<string, Float32Array> = {};
  for (const name of frozenTensors(file, new Set(layers.map((layer) => layer.name)))) {
    fixed[`frozen.${name}`] = numbersOf(file, name);
  }
  for (const { name } of layers) fixed[`centre.${name}`] = numbersOf(file, name);

  const standing =
    (await readStanding(checkpointPath, request.identity, request.onNote)) ?? begin(layers, request.scale);
  const shapes = new Map([...standing.tensors].map(([name, { shape }]) => [name, shape]));
  let tensors = new Map([...standing.tensors].map(([name, { values }]) => [name, values]));
  const losses = [...standing.losses];
  let divergence = standing.divergence;
  let saved = performance.now();
  const save = async (step: number): Promise<void> => {
    await writeStanding(checkpointPath, request.identity, {
      step,
      losses,
      divergence,
      tensors: new Map(
        [...tensors].map(([name, values]) => [name, { shape: shapes.get(name) ?? [], values }]),
      ),
    });
    saved = performance.now();
  };
  try {
    for (let step = standing.step; step < steps; step++) {
      const batch = await batchOf(request, units, step);
      const draws = drawsOf(request, step);
      const results = await executor.run({
        ...fixed,
        ...batch,
        ...draws,
        ...Object.fromEntries(tensors),
        rate: Float32Array.of(rateAt(request, step)),
        step: Float32Array.of(step + 1),
      });
      const crps = Float32Array.from(tensorData(results.crps));
      divergence = tensorData(results.divergence)[0] ?? 0;
      const broken = crps.findIndex((value) => !Number.isFinite(value));
      if (broken >= 0) {
        await save(step);
        throw diverged(request, broken, step);
      }
      tensors = new Map(
        [...tensors].map(([name]) => [name, Float32Array.from(tensorData(results[`next.${name}`]))]),
      );
      executor.dispose(Object.values(results));
      const mean = crps.reduce((sum, value) => sum + value, 0) / crps.length;
      losses.push(mean);
      request.onStep(step + 1, standing.step, mean, divergence);
      if (signal.aborted) {
        await save(step + 1);
        throw interruptedError('stopped; run the same command again to go on from here');
      }
      if (performance.now() - saved > 1000 * request.checkpointSeconds) await save(step + 1);
    }
  } finally {
    await executor.release();
  }
  const sigma = new Map(
    layers.map(({ name, shape }): [string, Tensor] => {
      const shift = tensors.get(`shift.${name}`)?.[0] ?? 0;
      const rho = tensors.get(`rho.${name}`) ?? new Float32Array(0);
      return [name, { shape, values: rho.map((each) => softplus(each + shift)) }];
    }),
  );
  return { sigma, losses: inTenths(losses), divergence };
}

function numbersOf(file: OnnxFile, name: string): Float32Array {
  const tensor = file.tensors.get(name);
  if (tensor === undefined) throw usageError(`model "${file.path}" has no tensor "${name}"`);
  return float32Numbers(tensor);
}

function begin(layers: readonly Layer[], scale: number): Standing {
  const rms = new Map(layers.map((layer) => [`rho.${layer.name}`, layer.rms]));
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of learnedShapes(layers)) {
    const size = elements(shape);
    const width = rms.get(name);
    const start = width === undefined ? 0 : inverseSoftplus(scale * width);
    tensors.set(name, { shape, values: new Float32Array(size).fill(start) });
    tensors.set(`first.${name}`, { shape, values: new Float32Array(size) });
    tensors.set(`second.${name}`, { shape, values: new Float32Array(size) });
  }
  return { step: 0, losses: [], divergence: 0, tensors };
}

/** Cosine to zero (Loshchilov & Hutter 2017, arXiv:1608.03983). */
function rateAt({ learningRate, steps }: VariationalRequest, step: number): number {
  return learningRate * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
}

async function batchOf(
  request: VariationalRequest,
  units: Units,
  step: number,
): Promise<Record<string, Float32Array>> {
  const { binding, batch, analyses, seed, stride, output, normalisation, errorScale } = request;
  const picks = new Float64Array(batch);
  uniforms({ seed, weightSample: 0, noiseStream: 0, purpose: 'shuffle', step }, picks);
  const feeds: Record<string, Float32Array> = {};
  for (const { name, shape } of binding.inputs)
    feeds[`state.${name}`] = new Float32Array(batch * elements(shape));
  let truth = new Float32Array(0);
  for (let row = 0; row < batch; row++) {
    const index = analyses[Math.floor((picks[row] ?? 0) * analyses.length)] ?? 0;
    const state = await request.readState(index);
    const next = await request.readState(index + stride);
    if (truth.length === 0) truth = new Float32Array(batch * state.length);
    for (const { name, shape, channels } of binding.inputs) {
      const size = elements(shape);
      units.gather(state, channels, (feeds[`state.${name}`] ?? truth).subarray(row * size, (row + 1) * size));
    }
    const points = state.length / errorScale.length;
    for (let i = 0; i < state.length; i++) {
      const channel = Math.floor(i / points);
      // what the model should have answered, in units of the loss
      const base = output === 'increment' ? state[i]! : (normalisation?.mean[channel] ?? 0);
      truth[row * state.length + i] = (next[i]! - base) / errorScale[channel]!;
    }
  }
  return { ...feeds, truth };
}

function drawsOf({ layers, samples, seed }: VariationalRequest, step: number): Record<string, Float32Array> {
  return Object.fromEntries(
    layers.map(({ name, shape }, layer) => {
      const size = elements(shape);
      const draw = new Float32Array(samples * size);
      for (let s = 0; s < samples; s++) {
        const key = { seed, weightSample: s, noiseStream: layer, purpose: 'training', step } as const;
        normals(key, draw.subarray(s * size, (s + 1) * size));
      }
      return [`draw.${name}`, draw];
    }),
  );
}

function diverged({ archive, checkpointPath }: VariationalRequest, broken: number, step: number): Error {
  const channel = archive.schema.channels[broken];
  return dataError(
    `the fit diverged: at step ${step + 1} the error of ${channel === undefined ? 'a channel' : channelName(channel)} is no ` +
      `number; the widths before it are kept in "${checkpointPath}". Remove it and begin with a smaller --scale, or choose ` +
      'fewer --layers',
  );
}

function inTenths(losses: readonly number[]): number[] {
  const parts = Math.min(10, losses.length);
  return Array.from({ length: parts }, (_, i) => {
    const part = losses.slice(
      Math.floor((i * losses.length) / parts),
      Math.floor(((i + 1) * losses.length) / parts),
    );
    return Number((part.reduce((sum, value) => sum + value, 0) / part.length).toPrecision(6));
  });
}
