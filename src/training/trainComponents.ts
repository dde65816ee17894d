/** The stages of every component, one network after the other, under one progress line. */
import { availableParallelism } from 'node:os';
import { formatPeriod } from '../../core/period.js';
import { schemaToJson } from '../../core/schema.js';
import { sha256 } from '../../core/store/atomic.js';
import { type Json, jsonDigest } from '../../core/store/canonicalJson.js';
import {
  type TrainingProgress,
  type TrainingResult,
  trainingFlops,
  trainStages,
} from '../../models/bayesian/training/trainer.js';
import type { NoisePatterns } from '../../models/bayesian/training/trainingBatch.js';
import { createExecutor } from '../../models/graph/backends.js';
import { formatSeconds } from '../progress.js';
import { checkpointPath } from './modelOutput.js';
import type { PreparedTraining } from './prepareTraining.js';
import { SpeedSample } from './speedSample.js';
import type { TrainingLog } from './trainingLog.js';
import { storedFields } from './trainingNetwork.js';
import type { TrainRequest } from './trainRequest.js';

/** @throws {PlumeError} as trainStages */
export async function trainComponents(
  request: TrainRequest,
  prepared: PreparedTraining,
  noise: NoisePatterns,
  log: TrainingLog,
): Promise<TrainingResult[]> {
  const { seed, report, directory, backend } = request;
  const { network, recipe, starts, loader, validation, turn, componentFlops } = prepared;
  const { meter } = log;
  const progress = report.begin('training', Math.round((componentFlops * starts.length) / 1e9), 'GFLOP');
  // steps tell what is done from the first stage on, whichever is the first to be run
  const before = trainingFlops(network, recipe.stages.slice(0, turn.first), true);
  const results: TrainingResult[] = [];
  let done = 0;
  const sample = new SpeedSample();
  meter.begin();
  for (const [component, start] of starts.entries()) {
    const result = await trainStages({
      ...{ network, start, loader, validation, noise },
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
        const now = component * componentFlops + step.doneFlops - before;
        // what was done before, or need not be done, is no sign of speed
        const skipped = now - step.flops - done;
        if (skipped > 0) progress.skip(Math.round((done + skipped) / 1e9) - Math.round(done / 1e9));
        done = now;
        meter.step(component, step);
        progress.update(Math.round(done / 1e9), `${component + 1}/${starts.length} ${describe(step)}`);
        const speed = sample.after(step);
        if (speed !== null) report.line(timeText(componentFlops * starts.length - done, speed));
      },
      onCheckpoint: (history, stageEnded) => log.checkpoint(component, history, stageEnded),
      onNote: (text) => report.line(text),
    });
    results.push(result);
    log.know(component, result);
    const skipped = (component + 1) * componentFlops - done;
    if (skipped > 0) progress.skip(Math.round((done + skipped) / 1e9) - Math.round(done / 1e9));
    done = (component + 1) * componentFlops;
  }
  progress.finish();
  return results;
}

/** "time       at most 11 min 02 s more at 63 GFLOP/s, …" */
function timeText(leftFlops: number, flopsPerSecond: number): string {
  return (
    `time       at most ${formatSeconds(leftFlops / flopsPerSecond)} more at ${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s, ` +
    'as the first steps went; stages may end early, calibration comes on top'
  );
}

/** "aleatoric 75/340  loss 0.131  CRPS 0.287  SSR 0.94", the spread–skill ratio by its initials: 80 columns hold it. */
function describe({ stage, step, steps, fit, validation }: TrainingProgress): string {
  const parts = [`${stage} ${step}/${steps}`, `loss ${fit.toPrecision(3)}`];
  if (validation !== null) {
    const { crps, spreadSkillRatio } = validation;
    if (crps === null) parts.push(`validation ${validation.fit.toPrecision(3)}`);
    else parts.push(`CRPS ${crps.toPrecision(3)}`);
    if (spreadSkillRatio !== null) parts.push(`SSR ${spreadSkillRatio.toFixed(2)}`);
  }
  return parts.join('  ');
}

/** Everything that decides the training of a component: a checkpoint with another identity is another's. */
function identityOf(
  { source, periods, posterior, gaps, seed, backend }: TrainRequest,
  { recipe, config, constants, loader, validation }: PreparedTraining,
  component: number,
): string {
  return jsonDigest({
    files: [...source.files],
    schema: schemaToJson(source.archive.schema) as unknown as Json,
    train: formatPeriod(periods.train),
    validate: formatPeriod(periods.validate),
    recipe: { ...recipe, network: config } as unknown as Json,
    known: Object.values(storedFields(constants)).map((values) =>
      sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    ),
    posterior,
    gaps,
    samples: [loader.plan, validation.plan] as unknown as Json,
    seed: seed + component,
    backend: backend.backend,
  });
}
