/**
 * Runs the stages of training one after the other, from wherever a checkpoint or a stored model left off. Every random
 * number of a step is keyed by (seed, stage, step), and everything a decision rests on is in the checkpoint, so a resumed
 * training takes the same steps, judges the same weights and stops at the same step as an uninterrupted one.
 */
import { usageError } from '../../../core/errors.js';
import type { Tensors } from '../../../core/store/tensorFile.js';
import type { Network } from '../networks/network.js';
import { type Checkpoint, readCheckpoint, type TrainingHistory } from './checkpoint.js';
import { freshWatch } from './divergence.js';
import { nothingJudged } from './earlyStopping.js';
import { laplaceFitName, runLaplacePass } from './laplacePass.js';
import { type StageCost, stageCost } from './stageCost.js';
import { stageFamily } from './stageFamily.js';
import { runStage } from './stageRun.js';
import { enterStage, leaveStage, posteriorTensors, priorMeans, priorSigmas } from './stageStart.js';
import type { Stage } from './stages.js';
import { saveCheckpoint, type TrainingRequest } from './trainingRequest.js';

export type { TrainingProgress, TrainingRequest } from './trainingRequest.js';

export interface TrainingResult extends TrainingHistory {
  /** Tensors of the posterior, "<part>.<parameter>": the best averages of the last stage. */
  readonly tensors: Tensors;
  /** m₀ by parameter, and σ_p; empty before the first random stage. */
  readonly priorMean: Tensors;
  readonly priorSigma: ReadonlyMap<string, number>;
  /** Of last-layer Laplace, once it is fitted. */
  readonly laplace: { readonly temperature: number; readonly priorPrecision: number } | null;
}

/** Matrix-product operations of the stages from `first` to `last`: what progress counts. */
export function trainingFlops(network: Network, stages: readonly Stage[], isJudged: boolean): number {
  return stages.reduce((sum, stage) => sum + stageCost(network, stage, isJudged).total, 0);
}

/**
 * @throws {PlumeError} interrupted, after a checkpoint, when the signal aborts; data, when the loss diverges;
 *   usage, when the stage asked for cannot begin yet, or is long done
 */
export async function trainStages(request: TrainingRequest): Promise<TrainingResult> {
  const { stages, network } = request;
  const resumed = await readCheckpoint(request.checkpointPath, request.identity, request.onNote);
  let at: Checkpoint = resumed ?? {
    ...{ identity: request.identity, stage: request.start.stage, step: 0 },
    ...{ losses: [], validations: [], pending: { sum: 0, count: 0 } },
    ...{ watch: freshWatch, stopping: nothingJudged, tensors: request.start.tensors },
  };
  const { first, last } = request.only ?? { first: at.stage, last: stages.length - 1 };
  requireTurn(request, at, { first, last });
  const costs = stages.map((stage) => stageCost(network, stage, request.validation !== undefined));
  const before = (index: number): number =>
    costs.slice(0, index).reduce((sum: number, { total }: StageCost) => sum + total, 0);
  for (const [index, stage] of stages.entries()) {
    if (index < at.stage || index > last) continue;
    const family = stageFamily(stage.name, request.posterior, network, at.tensors);
    if (at.step === 0) {
      const previous = stages[index - 1]?.name ?? 'deterministic';
      const families = { family, before: stageFamily(previous, request.posterior, network, at.tensors) };
      at = { ...at, tensors: enterStage(stage, network, families, at.tensors) };
    }
    const place = { index, stage, family, cost: costs[index] as StageCost, doneBefore: before(index) };
    const isPass = request.posterior.name === 'last-layer-laplace' && stage.name === 'epistemic';
    const end = await (isPass ? runLaplacePass : runStage)(request, place, at);
    at = {
      ...{ ...end, stage: index + 1, step: 0, watch: freshWatch, stopping: nothingJudged },
      tensors: leaveStage(family, end.tensors),
    };
    await saveCheckpoint(request, at);
  }
  const priorMean = priorMeans(at.tensors);
  return {
    tensors: posteriorTensors(at.tensors),
    priorMean,
    priorSigma: priorSigmas(priorMean, request.posterior.start),
    laplace: laplaceOf(at.tensors),
    losses: at.losses,
    validations: at.validations,
  };
}

function laplaceOf(tensors: Tensors): TrainingResult['laplace'] {
  const [temperature, priorPrecision] = tensors.get(laplaceFitName)?.values ?? [];
  return temperature === undefined || priorPrecision === undefined ? null : { temperature, priorPrecision };
}

/** The stages asked for are those whose turn it is. */
function requireTurn(
  { stages, checkpointPath }: TrainingRequest,
  at: Pick<Checkpoint, 'stage' | 'step'>,
  { first, last }: { readonly first: number; readonly last: number },
): void {
  const name = (index: number): string => stages[index]?.name ?? 'last';
  if (at.stage < first) {
    throw usageError(
      `the ${name(first)} stage begins where the ${name(first - 1)} stage ends, and in "${checkpointPath}" the ` +
        `${name(at.stage)} stage is at step ${at.step}; finish it first: --stage ${name(at.stage)}`,
    );
  }
  if (at.stage > last + 1 || (at.stage === last + 1 && at.step > 0)) {
    throw usageError(
      `the ${name(last)} stage in "${checkpointPath}" is finished, and the ${name(at.stage)} stage has begun; ` +
        `go on with --stage ${name(at.stage)}, or choose another --out`,
    );
  }
}
