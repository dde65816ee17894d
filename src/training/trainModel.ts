/** The whole way from an archive to a model directory: climate, network, stages, calibration, weights. */
import { writeModel } from '../../models/bayesian/modelDirectory.js';
import { stageNames } from '../../models/bayesian/training/stages.js';
import { createNoisePatterns } from '../../perturbations/fields/noiseScales.js';
import { findCalibration } from './findCalibration.js';
import { inDirectory, tidy, turnOfStages } from './modelOutput.js';
import { recordedParts, uncalibratedParts } from './modelParts.js';
import { type PreparedTraining, prepareTraining } from './prepareTraining.js';
import { trainComponents } from './trainComponents.js';
import { TrainingLog } from './trainingLog.js';
import type { TrainRequest } from './trainRequest.js';
import { crpsUnit, keptSteps, summaryLines, type TrainSummary } from './trainSummary.js';

export type { TrainRequest } from './trainRequest.js';
export type { TrainSummary } from './trainSummary.js';

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
  const stepHours = stepMilliseconds / 3_600_000;
  const noise = createNoisePatterns(source.archive.schema.grid, recipe.noise, { stepHours });
  const log = await TrainingLog.open(request, prepared);
  const { meter } = log;
  const results = await trainComponents(request, prepared, noise, log);
  const parts = uncalibratedParts(request, prepared, results);
  const calibration = await findCalibration(request, prepared, parts);
  meter.calibrated();
  const recorded = recordedParts(request, prepared, { parts, calibration, results });
  await writeModel(directory, recorded);
  await tidy(directory, results.length, turn.last === stageNames.length - 1);
  const summary: TrainSummary = {
    directory,
    stages: stageNames.slice(0, turn.last + 1),
    posterior: request.posterior,
    components: results.length,
    parameters: prepared.parameters,
    seconds: (performance.now() - began) / 1000,
    teraflops: meter.flops / 1e12,
    gigaflopsPerSecond: meter.gigaflopsPerSecond,
    expectedMemoryBytes: prepared.expectedMemoryBytes,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    backend: request.backend,
    kept: keptSteps(recipe.stages, results),
    calibration: {
      unit: crpsUnit(source.archive.schema),
      leadHours: calibration.fairCrps.map((_, lead) => ((lead + 1) * stepMilliseconds) / 3_600_000),
      ...calibration,
    },
    report: await log.finish(recorded),
  };
  for (const line of summaryLines(summary)) report.line(line);
  return summary;
}
