/**
 * One stage of training by gradient: data in, a step of the graph, parameters and moments handed from step to step as
 * the backend holds them, losses recorded, averages judged, checkpoints written.
 */
import { dataError, interruptedError } from '../../../core/errors.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import { elements } from '../../graph/graph.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import { CarriedTensors } from './carriedTensors.js';
import type { Checkpoint, LossRecord, ValidationRecord } from './checkpoint.js';
import { freshWatch, hasRunAway, watch, worstChannel } from './divergence.js';
import { isBetter, isPatienceOver, judged } from './earlyStopping.js';
import { membersOf } from './rollout.js';
import { isJudgedAfter, type StageCost } from './stageCost.js';
import { priorMeans, priorSigmas } from './stageStart.js';
import { learningRate, type Phase, type Stage, stageSteps } from './stages.js';
import { buildTrainingStep } from './stepGraph.js';
import { SwagSnapshots } from './swagSnapshots.js';
import { fillBatch } from './trainingBatch.js';
import { saveCheckpoint, type TrainingRequest } from './trainingRequest.js';
import { Validator } from './validation.js';

export interface StagePlace {
  readonly index: number;
  readonly stage: Stage;
  readonly family: WeightFamily;
  readonly cost: StageCost;
  /** Operations of the stages before. */
  readonly doneBefore: number;
}

/** Steps from one record of the loss to the next: up to 25, and of short stages so few that there is a curve. */
function recordEvery(stage: Stage): number {
  return Math.min(25, Math.ceil(stageSteps(stage) / 40));
}

/** What changes as a stage goes on, and a checkpoint holds. */
interface StageState {
  readonly losses: LossRecord[];
  readonly validations: ValidationRecord[];
  readonly pending: { sum: number; count: number };
  watch: Checkpoint['watch'];
  stopping: Checkpoint['stopping'];
  lastSave: number;
  savedStep: number;
}

/**
 * @param from where the stage stands: at its first step, or where it was stopped
 * @returns where it stands at its end
 */
export async function runStage(
  request: TrainingRequest,
  place: StagePlace,
  from: Checkpoint,
): Promise<Checkpoint> {
  const { stage, index, family } = place;
  const state: StageState = {
    losses: [...from.losses],
    validations: [...from.validations],
    pending: { ...from.pending },
    watch: from.watch,
    stopping: from.stopping,
    lastSave: performance.now(),
    savedStep: from.step,
  };
  const carried = new CarriedTensors(from.tensors);
  const snapshots = SwagSnapshots.of(request, stage, from.tensors);
  const validator = await openValidator(request, place);
  let done = from.step;
  try {
    let first = 0;
    for (const phase of stage.phases) {
      const last = first + phase.steps;
      if (done < last && !isOver(stage, state, validator !== null)) {
        const run = { place, state, carried, snapshots, validator };
        done = await runPhase(request, run, { phase, first, from: Math.max(done, first), last });
      }
      first = last;
    }
  } finally {
    await validator?.release();
  }
  if (done < stageSteps(stage)) {
    request.onNote?.(
      `stage ${stage.name} ends after ${done} of ${stageSteps(stage)} steps: ${state.stopping.since} judgements on the ` +
        'validation period in a row were no better',
    );
    request.onStep({
      ...{ stage: stage.name, step: done, steps: stageSteps(stage) },
      ...{ doneFlops: place.doneBefore + place.cost.total, flops: 0 },
      fit: state.stopping.best ?? Number.NaN,
      validation: lastOf(state, stage),
    });
  }
  return {
    ...{ identity: request.identity, stage: index, step: done },
    ...{ losses: state.losses, validations: state.validations, pending: { sum: 0, count: 0 } },
    ...{ watch: state.watch, stopping: state.stopping },
    tensors: snapshots?.finished(carried.tensors(), family) ?? carried.tensors(),
  };
}

function isOver(stage: Stage, { stopping }: StageState, isJudged: boolean): boolean {
  const patience = isJudged ? stage.validation?.patience : undefined;
  return patience !== undefined && isPatienceOver(stopping, patience);
}

async function openValidator(request: TrainingRequest, place: StagePlace): Promise<Validator | null> {
  const { validation } = request;
  const { stage, index, family } = place;
  if (validation === undefined || stage.validation === undefined) return null;
  const sources = { ...request, validation, family };
  return Validator.open(sources, { index, stage, plan: stage.validation }, (graph) =>
    request.createExecutor(graph),
  );
}

interface StageRun {
  readonly place: StagePlace;
  readonly state: StageState;
  readonly carried: CarriedTensors;
  readonly snapshots: SwagSnapshots | null;
  readonly validator: Validator | null;
}

/** A phase, with its first and one past its last step, counted in the stage, and the step to begin at. */
interface PhasePlace {
  readonly phase: Phase;
  readonly first: number;
  readonly from: number;
  readonly last: number;
}

/** @returns steps of the stage that are done */
async function runPhase(
  request: TrainingRequest,
  run: StageRun,
  { phase, first, from, last }: PhasePlace,
): Promise<number> {
  const { network, loader, seed } = request;
  const { place, state, carried } = run;
  const { index, family } = place;
  const stage = membersOf(place.stage, family);
  const needs = { history: network.historyLength, rollout: phase.rollout };
  const sigma = priorSigmas(priorMeans(carried.tensors()), request.posterior.start);
  const sampleCount = loader.count(needs.history, needs.rollout);
  const step = buildTrainingStep(network, family, stage, phase, { sampleCount, sigma });
  const executor = await request.createExecutor(step.graph);
  const buffers = new Map([...step.data].map(([name, shape]) => [name, new Float32Array(elements(shape))]));
  const sources = { network, loader, noise: request.noise, seed, family };
  if (from === first) state.watch = freshWatch;
  carried.begin(executor, step.graph);
  try {
    for (let t = from; t < last; t++) {
      const batch = await loader.batch({ seed, stage: index, step: t - first, batch: phase.batch, ...needs });
      fillBatch(sources, { index, stage, phase, step: t }, batch, buffers);
      const scalars = {
        learning_rate: Float32Array.of(learningRate(stage, t)),
        step: Float32Array.of(t + 1),
        average_decay: Float32Array.of(Math.min(stage.averageDecay, (t + 1) / (t + 11))),
      };
      const outputs = await executor.run({
        ...carried.inputs(),
        ...Object.fromEntries(buffers),
        ...scalars,
      });
      const told = await carried.accept(outputs);
      const fit = told.fit?.[0] ?? Number.NaN;
      state.watch = watch(state.watch, fit);
      requireSound(run, { step: t + 1, fit, told }, network);
      state.pending.sum += fit;
      state.pending.count++;
      const done = t + 1;
      if (done % recordEvery(stage) === 0 || done === stageSteps(stage))
        recordLoss(state, stage, done, told.kl?.[0]);
      await run.snapshots?.after(done, carried);
      if (run.validator !== null && isJudgedAfter(stage, done)) await judge(run, run.validator, done);
      request.onStep({
        ...{ stage: stage.name, step: done, steps: stageSteps(stage) },
        ...{ doneFlops: place.doneBefore + place.cost.after(done) },
        flops: place.cost.after(done) - place.cost.after(done - 1),
        fit,
        validation: lastOf(state, stage),
      });
      await saveWhenDue(request, run, done);
      if (isOver(stage, state, run.validator !== null)) return done;
    }
    return last;
  } finally {
    await carried.end();
    await executor.release();
  }
}

interface StepOutcome {
  readonly step: number;
  readonly fit: number;
  readonly told: Readonly<Record<string, Float32Array>>;
}

/** @throws {PlumeError} data, when the training has diverged, naming step and channel */
function requireSound(
  { place, state }: StageRun,
  { step, fit, told }: StepOutcome,
  network: TrainingRequest['network'],
): void {
  // a finite loss with an infinite gradient ruins the weights all the same
  const finite = Number.isFinite(fit) && Number.isFinite(told.gradient_norm?.[0]);
  if (finite && !hasRunAway(state.watch)) return;
  const byChannel = told.fit_by_channel ?? new Float32Array(0);
  const worst = worstChannel(byChannel);
  const channel = network.schema.channels[worst];
  const name = channel === undefined ? '?' : `${channel.variable}${channel.level ?? ''}`;
  const what = finite
    ? `its loss stands at ${fit.toPrecision(4)}, far above ${state.watch.level.toPrecision(4)} before`
    : Number.isFinite(fit)
      ? 'its gradient is not finite'
      : 'its loss is not finite';
  const kept = state.savedStep > 0 ? `the checkpoint of step ${state.savedStep}` : 'the last checkpoint';
  throw dataError(
    `training diverged in stage ${place.stage.name} at step ${step}: ${what}, worst in channel ${name} ` +
      `(${byChannel[worst]?.toPrecision(4)}); ${kept} is kept. Look for outliers of ${name} in the training period, ` +
      'or train anew with another --seed or --preset',
  );
}

function recordLoss({ losses, pending }: StageState, stage: Stage, step: number, kl?: number): void {
  const record = { stage: stage.name, step, fit: pending.sum / pending.count };
  losses.push(kl === undefined ? record : { ...record, kl });
  pending.sum = 0;
  pending.count = 0;
}

function lastOf({ validations }: StageState, stage: Stage): ValidationRecord | null {
  const last = validations.at(-1);
  return last?.stage === stage.name ? last : null;
}

/** Judges the averages; the best are kept, but of a stage that collects, whose result they are not. */
async function judge(
  { place, state, carried, snapshots }: StageRun,
  validator: Validator,
  step: number,
): Promise<void> {
  const { stage, family } = place;
  const judgement = await validator.judge((name) => carried.input(`average.${name}`));
  const best = isBetter(state.stopping, judgement.fit);
  const isKept = best && snapshots === null;
  state.validations.push({ stage: stage.name, step, ...judgement, best: isKept });
  if (snapshots !== null) return;
  state.stopping = judged(state.stopping, judgement.fit);
  if (best) for (const name of family.trainable.keys()) await carried.copy(`average.${name}`, `best.${name}`);
}

/** Writes a checkpoint when its time has come or the training is to stop; none while the loss is far off. */
async function saveWhenDue(request: TrainingRequest, run: StageRun, step: number): Promise<void> {
  const { place, state, carried, snapshots } = run;
  const stopping = request.signal.aborted;
  const due = performance.now() - state.lastSave > 1000 * (request.checkpointSeconds ?? 60);
  if (!stopping && (!due || state.watch.far > 0)) return;
  await carried.keep();
  const tensors: Tensors = new Map<string, Tensor>([...carried.tensors(), ...(snapshots?.state() ?? [])]);
  await saveCheckpoint(request, {
    ...{ identity: request.identity, stage: place.index, step },
    ...{ losses: state.losses, validations: state.validations, pending: state.pending },
    ...{ watch: state.watch, stopping: state.stopping, tensors },
  });
  state.lastSave = performance.now();
  state.savedStep = step;
  if (stopping) {
    throw interruptedError(
      `stopped in stage ${place.stage.name} at step ${step}; run the same command again to go on from there`,
    );
  }
}
