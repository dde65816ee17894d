/**
 * Runs the stages of training on ONNX Runtime: fills the data of each step, feeds parameters and optimizer
 * state from step to step without copies, checkpoints, resumes. Every random number of a step is keyed by
 * (seed, stage, step), so a resumed training takes the same steps as an uninterrupted one.
 */
import { dataError, interruptedError } from '../../../core/errors.js';
import type { Perturbation } from '../../../core/interfaces.js';
import type { Tensor } from '../../../core/store/tensorFile.js';
import { elements, matrixFlops, type Shape } from '../../graph/graph.js';
import { createOnnxExecutor, type DeviceTensor, tensorData } from '../../graph/onnxExecutor.js';
import type { ResolvedDevice } from '../../onnx/devices.js';
import type { Network } from '../networks/network.js';
import { MeanFieldFamily } from '../posteriors/meanField.js';
import { type Checkpoint, type LossRecord, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { SampleLoader } from './sampleLoader.js';
import { enterStage, initialTensors, type PosteriorStart, priorMeans, priorSigmas } from './stageStart.js';
import { buildTrainingStep, type Phase, type Stage, type StepGraph } from './stages.js';
import { fillBatch } from './trainingBatch.js';

export interface TrainingRequest {
  readonly network: Network;
  readonly initial: ReadonlyMap<string, Tensor>;
  readonly loader: SampleLoader;
  readonly stages: readonly Stage[];
  readonly posterior: PosteriorStart;
  readonly noise: Perturbation;
  readonly seed: number;
  readonly device: ResolvedDevice;
  readonly threads: number;
  readonly checkpointPath: string;
  /** Seconds between checkpoints (default 60): what a kill may cost. */
  readonly checkpointSeconds?: number;
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
  let tensors = new Map<string, Tensor>(resumed?.tensors ?? initialTensors(request.initial));
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
  const priorMean = priorMeans(tensors);
  const result = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith('average.')) result.set(name.slice('average.'.length), tensor);
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
  const { network, loader, seed } = request;
  const { index, stage, phase } = place;
  const needs = { history: network.historyLength, rollout: phase.rollout };
  const samples = loader.count(needs.history, needs.rollout);
  const sources = { ...request, family: new MeanFieldFamily(network, request.posterior) };
  const priorSigma = priorSigmas(priorMeans(tensors), request.posterior);
  const step = buildTrainingStep(network, stage, phase, samples, priorSigma);
  const executor = await createOnnxExecutor(step.graph, {
    device: request.device,
    threads: request.threads,
    flushDenormals: true,
  });
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
      const batch = await loader.batch({
        seed,
        stage: index,
        step: t - place.first,
        batch: phase.batch,
        ...needs,
      });
      fillBatch(sources, { ...place, step: t }, batch, buffers);
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
      if (stopping || performance.now() - lastSave > 1000 * (request.checkpointSeconds ?? 60)) {
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
