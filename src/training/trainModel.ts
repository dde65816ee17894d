/** The whole way from an archive to a model directory: climate, network, stages, calibration, weights. */
import { writeModel } from '../../models/bayesian/modelDirectory.js';
import { stageNames } from '../../models/bayesian/training/stages.js';
import { createPerturbation } from '../../perturbations/create.js';
import { formatSeconds } from '../progress.js';
import { findCalibration } from './findCalibration.js';
import { inDirectory, tidy, turnOfStages } from './modelOutput.js';
import { recordedParts, uncalibratedParts } from './modelParts.js';
import { noiseSource } from './noiseSource.js';
import { type PreparedTraining, prepareTraining } from './prepareTraining.js';
import { trainComponents } from './trainComponents.js';
import type { TrainRequest, TrainSummary } from './trainRequest.js';

export type { TrainRequest, TrainSummary } from './trainRequest.js';

/**
 * @throws {PlumeError} data, for gaps, too few states, or an archive with other fields than the model's; usage, when the
 *   stage asked for is finished or cannot begin; resources, when memory or disk do not suffice or another training
 *   writes there; interrupted, after a checkpoint
 */
export async function trainModel(request: TrainRequest): Promise<TrainSummary> {
  const began = performance.now();
  const turn = await turnOfStages(request.directory, request.stage);
  const prepared = await prepareTraining(request, turn);
  try {
    return await inDirectory(request.directory, () => trainPrepared(request, prepared, began));
  } finally {
    await prepared.loader.close();
    await prepared.validation.close();
  }
}

async function trainPrepared(
  request: TrainRequest,
  prepared: PreparedTraining,
  began: number,
): Promise<TrainSummary> {
  const { directory, report, source } = request;
  const { recipe, turn, stepMilliseconds } = prepared;
  const noise = noiseSource(recipe.noise, stepMilliseconds / 3_600_000);
  const perturbation = createPerturbation(noise, source.archive.schema.grid);
  const { results, seconds, flops } = await trainComponents(request, prepared, perturbation);
  const parts = uncalibratedParts(request, prepared, results);
  const calibration = await findCalibration(request, prepared, parts, perturbation);
  const summary: TrainSummary = {
    directory,
    stages: stageNames.slice(0, turn.last + 1),
    posterior: request.posterior,
    parameters: prepared.parameters,
    seconds: (performance.now() - began) / 1000,
    teraflops: (prepared.componentFlops * results.length) / 1e12,
    gigaflopsPerSecond: flops / 1e9 / seconds,
    expectedMemoryBytes: prepared.expectedMemoryBytes,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    backend: request.backend,
    calibration,
  };
  await writeModel(directory, recordedParts(request, prepared, { parts, calibration, results }));
  await tidy(directory, results.length, turn.last === stageNames.length - 1);
  report.line(
    `trained    in ${formatSeconds(summary.seconds)}, stages at ${summary.gigaflopsPerSecond.toFixed(0)} GFLOP/s`,
  );
  return summary;
}
