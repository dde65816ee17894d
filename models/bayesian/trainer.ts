/**
 * Runs the stages of training on ONNX Runtime: fills the data of each step, feeds parameters and optimizer
 * state from step to step without copies, checkpoints, resumes. Every random number of a step is keyed by
 * (seed, stage, step), so a resumed training takes the same steps as an uninterrupted one.
 */
import { dataError, interruptedError } from '../../core/errors.js';
import type { Perturbation } from '../../core/interfaces.js';
import { normals, uniforms } from '../../core/random/stream.js';
import type { Tensor } from '../../core/store/tensorFile.js';
import { elements, matrixFlops, type Shape } from '../graph/graph.js';
import { createOnnxExecutor, type DeviceTensor, tensorData } from '../graph/onnxExecutor.js';
import type { ResolvedDevice } from '../onnx/devices.js';
import { type Checkpoint, type LossRecord, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { inverseSoftplus } from './meanField.js';
import type { Network } from './network.js';
import { seasonBasis } from './seasonalCycle.js';
import { buildTrainingStep, type Phase, type Stage, type StepGraph, trainableNames } from './stages.js';
import { type AnomalySeries, batchPositions, gatherStates, samplePositions } from './trainingData.js';

export interface PosteriorStart {
  /** σ₀ and σ_p of each tensor, relative to the root mean square of its trained weights. */
  readonly initialSigma: number;
  readonly priorSigma: number;
  /** Smallest root mean square counted, for tensors near zero. */
  readonly floor: number;
}

export interface TrainingRequest {
  readonly network: Network;
  readonly initial: ReadonlyMap<string, Tensor>;
  readonly series: AnomalySeries;
  readonly stepMilliseconds: number;
  readonly stages: readonly Stage[];
  readonly posterior: PosteriorStart;
  readonly noise: Perturbation;
  readonly seed: number;
  readonly device: ResolvedDevice;
  readonly threads: number;
  readonly checkpointPath: string;
  readonly identity: string;
  readonly signal: AbortSignal;
  onStep(progress: TrainingProgress): void;
}

export interface TrainingProgress {
  readonly stage: string;
  readonly doneFlops: number;
  readonly fit: number;
}

export interface TrainingResult {
  /** Moving averages at the end: "mean.<parameter>" and "rho.<parameter>". */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** m₀ by parameter, and σ_p. */
  readonly priorMean: ReadonlyMap<string, Tensor>;
  readonly priorSigma: ReadonlyMap<string, number>;
  readonly losses: readonly LossRecord[];
}

const checkpointEveryMs = 60_000;
const recordEvery = 25;

/** Matrix-product operations of all stages: what progress counts. */
export function trainingFlops(network: Network, stages: readonly Stage[]): number {
  let flops = 0;
  for (const stage of stages) {
    for (const phase of stage.phases) {
      flops += phase.steps * matrixFlops(buildTrainingStep(network, stage, phase, 1, new Map()).graph);
    }
  }
  return flops;
}

/**
 * @throws {PlumeError} interrupted, after a checkpoint, when the signal aborts; data, when the loss diverges
 */
export async function trainStages(request: TrainingRequest): Promise<TrainingResult> {
  const { stages, network } = request;
  const resumed = await readCheckpoint(request.checkpointPath, request.identity);
  let tensors = new Map<string, Tensor>(resumed?.tensors ?? initialTensors(request));
  const log: LossLog = {
    records: [...(resumed?.losses ?? [])],
    pending: { sum: 0, count: 0, ...resumed?.pending },
  };
  let doneFlops = 0;

  for (const [index, stage] of stages.entries()) {
    const skip = index < (resumed?.stage ?? 0);
    const from = index === resumed?.stage ? resumed.step : 0;
    if (!skip && from === 0) tensors = enterStage(stage, network, tensors, request.posterior);
    let first = 0;
    for (const phase of stage.phases) {
      const last = first + phase.steps;
      if (!skip && from < last) {
        const place = { index, stage, phase, first, from: Math.max(from, first), last };
        const flops = await runPhase(request, place, tensors, log, doneFlops);
        doneFlops += flops;
      } else {
        doneFlops += phase.steps * matrixFlops(buildTrainingStep(network, stage, phase, 1, new Map()).graph);
      }
      first = last;
    }
  }
  const priorMean = new Map<string, Tensor>();
  const result = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith('average.')) result.set(name.slice('average.'.length), tensor);
    if (name.startsWith('prior.')) priorMean.set(name.slice('prior.'.length), tensor);
  }
  const last = stages[stages.length - 1];
  if (last !== undefined) {
    await save(request, { index: stages.length, step: 0 }, tensors, log);
  }
  return {
    tensors: result,
    priorMean,
    priorSigma: priorSigmas(priorMean, request.posterior),
    losses: log.records,
  };
}

/** The fit averaged over the steps between records: a resumed training writes the records of an uninterrupted one. */
interface LossLog {
  readonly records: LossRecord[];
  readonly pending: { sum: number; count: number };
}

interface Place {
  readonly index: number;
  readonly stage: Stage;
  readonly phase: Phase;
  /** First and one past the last step of the phase, counted in the stage, and the step to begin at. */
  readonly first: number;
  readonly from: number;
  readonly last: number;
}

async function runPhase(
  request: TrainingRequest,
  place: Place,
  tensors: Map<string, Tensor>,
  log: LossLog,
  doneBefore: number,
): Promise<number> {
  const { network, series, seed } = request;
  const { index, stage, phase } = place;
  const positions = samplePositions(series, {
    history: 2,
    steps: phase.rollout,
    stepMilliseconds: request.stepMilliseconds,
  });
  const priorSigma = priorSigmas(priorMeans(tensors), request.posterior);
  const step = buildTrainingStep(network, stage, phase, positions.length, priorSigma);
  const executor = await createOnnxExecutor(step.graph, { device: request.device, threads: request.threads });
  const flops = matrixFlops(step.graph);
  const total = stage.phases.reduce((sum, { steps }) => sum + steps, 0);
  const buffers = new Map([...step.data].map(([name, shape]) => [name, new Float32Array(elements(shape))]));
  const fixed: Record<string, Float32Array> = {};
  let carried: Record<string, Float32Array | DeviceTensor> = {};
  for (const { name } of step.graph.inputs) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    if (name.startsWith('prior.')) fixed[name] = tensor.values;
    else carried[name] = tensor.values;
  }
  let lastSave = performance.now();
  try {
    for (let t = place.from; t < place.last; t++) {
      const batch = batchPositions(positions, {
        seed,
        stage: index,
        step: t - place.first,
        batch: phase.batch,
      });
      fillData(request, place, batch, t, buffers);
      const outputs = await executor.run({
        ...fixed,
        ...carried,
        ...Object.fromEntries(buffers),
        learning_rate: Float32Array.of(learningRate(stage, t, total)),
        step: Float32Array.of(t + 1),
        average_decay: Float32Array.of(Math.min(stage.averageDecay, (t + 1) / (t + 11))),
      });
      const fit = tensorData(outputs.fit)[0] ?? Number.NaN;
      // a finite loss with an infinite gradient ruins the weights all the same
      if (!Number.isFinite(fit) || !Number.isFinite(tensorData(outputs.gradient_norm)[0])) {
        throw dataError(
          `training diverged in stage ${stage.name} at step ${t + 1}; the last checkpoint is kept. ` +
            'Use a lower learning rate, or look for outliers in the training period',
        );
      }
      carried = {};
      for (const [name, tensor] of Object.entries(outputs)) {
        if (name.startsWith('next.')) carried[name.slice('next.'.length)] = tensor;
      }
      log.pending.sum += fit;
      log.pending.count++;
      if ((t + 1) % recordEvery === 0 || t + 1 === total) record(log, stage.name, t + 1);
      request.onStep({ stage: stage.name, doneFlops: doneBefore + (t + 1 - place.first) * flops, fit });
      const stopping = request.signal.aborted;
      if (stopping || performance.now() - lastSave > checkpointEveryMs) {
        keep(carried, step, tensors);
        await save(request, { index, step: t + 1 }, tensors, log);
        lastSave = performance.now();
        if (stopping) {
          throw interruptedError(
            `stopped in stage ${stage.name} at step ${t + 1}; run the same command again to go on from there`,
          );
        }
      }
    }
    keep(carried, step, tensors);
  } finally {
    await executor.release();
  }
  return phase.steps * flops;
}

function record({ records, pending }: LossLog, stage: string, step: number): void {
  records.push({ stage, step, fit: pending.sum / pending.count });
  pending.sum = 0;
  pending.count = 0;
}

/** Copies the carried tensors out of the runtime. */
function keep(
  carried: Readonly<Record<string, Float32Array | DeviceTensor>>,
  step: StepGraph,
  tensors: Map<string, Tensor>,
): void {
  const shapes = new Map<string, Shape>(step.graph.inputs.map(({ name, value }) => [name, value.shape]));
  for (const [name, value] of Object.entries(carried)) {
    const values = Float32Array.from(value instanceof Float32Array ? value : tensorData(value));
    tensors.set(name, { shape: shapes.get(name) ?? [], values });
  }
}

async function save(
  request: TrainingRequest,
  place: { readonly index: number; readonly step: number },
  tensors: ReadonlyMap<string, Tensor>,
  log: LossLog,
): Promise<void> {
  const checkpoint: Checkpoint = {
    identity: request.identity,
    stage: place.index,
    step: place.step,
    losses: log.records,
    pending: log.pending,
    tensors,
  };
  await writeCheckpoint(request.checkpointPath, checkpoint);
}

/** Linear warm-up, then a cosine to zero over the stage. */
function learningRate(stage: Stage, step: number, total: number): number {
  const warmUp = Math.min(1, (step + 1) / stage.warmUpSteps);
  return stage.learningRate * warmUp * (0.5 + 0.5 * Math.cos((Math.PI * step) / total));
}

function initialTensors(request: TrainingRequest): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of request.initial) {
    tensors.set(`mean.${name}`, tensor);
    tensors.set(`average.mean.${name}`, tensor);
  }
  return tensors;
}

/** A stage begins at the averages of the one before, with fresh moments; the first random one fixes the prior. */
function enterStage(
  stage: Stage,
  network: Network,
  before: ReadonlyMap<string, Tensor>,
  posterior: PosteriorStart,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const averaged = (name: string): Tensor | undefined => before.get(`average.${name}`);
  for (const [name, tensor] of before) if (name.startsWith('prior.')) tensors.set(name, tensor);
  if (stage.name !== 'deterministic' && tensors.size === 0) {
    for (const name of network.parameters.keys()) {
      if (network.isRandom(name)) tensors.set(`prior.${name}`, averaged(`mean.${name}`)!);
    }
  }
  for (const name of trainableNames(stage.name, network)) {
    const tensor = averaged(name) ?? initialRho(averaged(`mean.${name.slice('rho.'.length)}`)!, posterior);
    const zeros = { shape: tensor.shape, values: new Float32Array(tensor.values.length) };
    tensors.set(name, tensor);
    tensors.set(`average.${name}`, tensor);
    tensors.set(`first.${name}`, zeros);
    tensors.set(`second.${name}`, zeros);
  }
  return tensors;
}

function initialRho(mean: Tensor, { initialSigma, floor }: PosteriorStart): Tensor {
  const rho = inverseSoftplus(initialSigma * Math.max(floor, rootMeanSquare(mean.values)));
  return { shape: mean.shape, values: new Float32Array(mean.values.length).fill(rho) };
}

function priorMeans(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const means = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith('prior.')) means.set(name.slice('prior.'.length), tensor);
  }
  return means;
}

function priorSigmas(
  means: ReadonlyMap<string, Tensor>,
  { priorSigma, floor }: PosteriorStart,
): Map<string, number> {
  return new Map(
    [...means].map(([name, { values }]) => [name, priorSigma * Math.max(floor, rootMeanSquare(values))]),
  );
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}

/** Fills every data input of one step. */
function fillData(
  request: TrainingRequest,
  place: Place,
  batch: Int32Array,
  step: number,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const { index, stage, phase } = place;
  const { network, series, seed } = request;
  const buffer = (name: string): Float32Array => buffers.get(name) ?? new Float32Array(0);
  gatherStates(series, batch, 0, buffer('state.0'));
  gatherStates(series, batch, -1, buffer('state.1'));
  for (let s = 0; s < phase.rollout; s++) {
    gatherStates(series, batch, s + 1, buffer(`truth.${s}`));
    const season = buffer(`season.${s}`);
    const width = season.length / batch.length;
    batch.forEach((position, i) => {
      season.set(seasonBasis(series.times[position + s]!, network.config.harmonics), i * width);
    });
  }
  if (buffers.has('pattern.0')) fillPatterns(request, place, step, buffers);
  let stream = 0;
  for (const [name, values] of buffers) {
    const key = { seed, weightSample: index, noiseStream: ++stream, purpose: 'training', step } as const;
    if (name.startsWith('draw.')) normals(key, values);
    if (name.startsWith('input_noise.')) {
      normals(key, values);
      for (let i = 0; i < values.length; i++) values[i]! *= stage.inputNoise;
    }
    if (name.startsWith('dropout.')) {
      uniforms(key, values);
      const share = name.startsWith('dropout.hidden') ? 2 * stage.dropout : stage.dropout;
      for (let i = 0; i < values.length; i++) values[i] = values[i]! < share ? 0 : 1 / (1 - share);
    }
  }
}

/** Patterns of every step of the rollout, each [S, R, points]: a row's stream goes on from step to step. */
function fillPatterns(
  request: TrainingRequest,
  { index, stage, phase }: Place,
  step: number,
  buffers: ReadonlyMap<string, Float32Array>,
): void {
  const patterns = Array.from({ length: phase.rollout }, (_, s) => buffers.get(`pattern.${s}`));
  const rows = stage.noiseStreams * phase.batch;
  for (let row = 0; row < stage.weightSamples * rows; row++) {
    const stream = request.noise.stream({
      seed: request.seed,
      // training steps take the place of start dates: each has noise of its own
      start: (index + 1) * 1e9 + step,
      weightSample: Math.floor(row / rows),
      noiseStream: row % rows,
    });
    for (const out of patterns) {
      if (out === undefined) continue;
      const points = out.length / (stage.weightSamples * rows);
      stream.next(out.subarray(row * points, (row + 1) * points));
    }
  }
}
