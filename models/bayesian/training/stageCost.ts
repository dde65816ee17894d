/**
 * What a stage costs in matrix products: counted before it runs, so that progress knows the whole. Counted with one set
 * of weights; what drawing weights costs has no products.
 */
import { matrixFlops } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import { PointFamily } from '../posteriors/point.js';
import { type Stage, stageSteps } from './stages.js';
import { buildTrainingStep } from './stepGraph.js';
import { buildValidation } from './validation.js';

export interface StageCost {
  readonly total: number;
  /** Operations done when `step` steps of the stage are. */
  after(step: number): number;
}

/** True after the steps at which a stage is judged, counted from 1. */
export function isJudgedAfter(stage: Stage, step: number): boolean {
  const { validation } = stage;
  return validation !== undefined && (step % validation.everySteps === 0 || step === stageSteps(stage));
}

export function stageCost(network: Network, stage: Stage, isJudged: boolean): StageCost {
  const family = new PointFamily(network);
  const ofPhase = stage.phases.map((phase) =>
    matrixFlops(buildTrainingStep(network, family, stage, phase, { sampleCount: 1, sigma: new Map() }).graph),
  );
  const plan = isJudged ? stage.validation : undefined;
  const ofJudgement =
    plan === undefined ? 0 : plan.batches * matrixFlops(buildValidation(network, family, stage, plan).graph);
  const after = (step: number): number => {
    let flops = 0;
    let first = 0;
    stage.phases.forEach(({ steps }, p) => {
      flops += Math.max(0, Math.min(steps, step - first)) * (ofPhase[p] ?? 0);
      first += steps;
    });
    if (plan === undefined) return flops;
    const regular = Math.floor(step / plan.everySteps);
    const isLast = step === first && step % plan.everySteps !== 0;
    return flops + (regular + (isLast ? 1 : 0)) * ofJudgement;
  };
  return { total: after(stageSteps(stage)), after };
}
