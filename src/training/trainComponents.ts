/** The stages of every component, one network after the other, under one progress line. */
import { availableParallelism } from 'node:os';
import type { Perturbation } from '../../core/interfaces.js';
import { formatPeriod } from '../../core/period.js';
import { schemaToJson } from '../../core/schema.js';
import { type Json, jsonDigest } from '../../core/store/canonicalJson.js';
import {
  type TrainingProgress,
  type TrainingResult,
  trainStages,
} from '../../models/bayesian/training/trainer.js';
import { createExecutor } from '../../models/graph/backends.js';
import { checkpointPath, writeHistory } from './modelOutput.js';
import type { PreparedTraining } from './prepareTraining.js';
import type { TrainRequest } from './trainRequest.js';

export interface TrainedComponents {
  readonly results: readonly TrainingResult[];
  readonly seconds: number;
  /** Operations of this call: what an earlier one did counts no more. */
  readonly flops: number;
}

/** @throws {PlumeError} as trainStages */
export async function trainComponents(
  request: TrainRequest,
  prepared: PreparedTraining,
  perturbation: Perturbation,
): Promise<TrainedComponents> {
  const { seed, report, directory, backend } = request;
  const { network, recipe, starts, loader, validation, turn, componentFlops } = prepared;
  const flops = componentFlops * starts.length;
  const progress = report.begin('training', Math.round(flops / 1e9), 'GFLOP');
  const began = performance.now();
  const results: TrainingResult[] = [];
  let first = -1;
  let last = 0;
  for (const [component, start] of starts.entries()) {
    const result = await trainStages({
      ...{ network, start, loader, validation, noise: perturbation },
      stages: recipe.stages,
      ...(request.stage === 'all' ? {} : { only: { first: turn.first, last: turn.last } }),
      posterior: { name: request.posterior, start: recipe.posterior, ...recipe.kinds },
      seed: seed + component,
      createExecutor: (graph) =>
        createExecutor(graph, backend.backend, { threads: availableParallelism(), flushDenormals: true }),
      checkpointPath: checkpointPath(directory, component),
      checkpointSeconds: request.checkpointSeconds,
      identity: identityOf(request, prepared, component),
      signal: request.signal,
      onStep: (step) => {
        last = component * componentFlops + step.doneFlops;
        if (first < 0) {
          first = last;
          progress.from(Math.round(first / 1e9));
        }
        progress.update(Math.round(last / 1e9), `network ${component + 1} ${describe(step)}`);
      },
      onCheckpoint: (history) => writeHistory(directory, component, history),
      onNote: (text) => report.line(text),
    });
    results.push(result);
  }
  progress.finish();
  return { results, seconds: (performance.now() - began) / 1000, flops: last - Math.max(0, first) };
}

/** "aleatoric 0.1312  CRPS 0.2871  spread/skill 0.94" */
function describe({ stage, fit, validation }: TrainingProgress): string {
  const parts = [`${stage} loss ${fit.toFixed(4)}`];
  if (validation !== null) {
    const { crps, spreadSkillRatio } = validation;
    if (crps === null) parts.push(`validation ${validation.fit.toFixed(4)}`);
    else parts.push(`CRPS ${crps.toFixed(4)}`);
    if (spreadSkillRatio !== null) parts.push(`spread/skill ${spreadSkillRatio.toFixed(2)}`);
  }
  return parts.join('  ');
}

/** Everything that decides the training of a component: a checkpoint with another identity is another's. */
function identityOf(
  { source, periods, posterior, gaps, seed, backend }: TrainRequest,
  { recipe, loader, validation }: PreparedTraining,
  component: number,
): string {
  return jsonDigest({
    files: [...source.files],
    schema: schemaToJson(source.archive.schema) as unknown as Json,
    train: formatPeriod(periods.train),
    validate: formatPeriod(periods.validate),
    recipe: recipe as unknown as Json,
    posterior,
    gaps,
    samples: [loader.plan, validation.plan] as unknown as Json,
    seed: seed + component,
    backend: backend.backend,
  });
}
