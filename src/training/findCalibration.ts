/** The noise and relaxation of a freshly trained model, found on the validation period under a progress line. */
import { availableParallelism } from 'node:os';
import { interruptedError } from '../../core/errors.js';
import type { Archive } from '../../core/interfaces.js';
import { type Period, timesInside } from '../../core/period.js';
import { schemaToJson } from '../../core/schema.js';
import type { ModelDescription, ModelParts } from '../../models/bayesian/modelDirectory.js';
import type { Network } from '../../models/bayesian/networks/network.js';
import { createAnalysisError, createStateDifference } from '../../perturbations/initial/stateDifference.js';
import type { PerturbationContext, StatePool } from '../../perturbations/source.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { type Calibration, calibrate, calibrationTrials, type InitialErrors } from './calibrate.js';
import { bareContext, noiseSource } from './noiseSource.js';
import type { PreparedTraining } from './prepareTraining.js';
import type { TrainRequest } from './trainRequest.js';

/** What was found, and everything that was tried for it. */
export interface FoundCalibration extends Calibration {
  readonly trials: readonly Calibration[];
}

/** @throws {PlumeError} interrupted, between two trials, when the signal aborts */
export async function findCalibration(
  { source, periods, backend, seed, report, signal }: TrainRequest,
  { recipe, network, gaps, stepMilliseconds }: PreparedTraining,
  parts: ModelParts,
): Promise<FoundCalibration> {
  const { calibration } = recipe;
  const context = bareContext(parts.schema, stepMilliseconds / 3_600_000);
  const trials = report.begin('calibrating', calibrationTrials(calibration.initialError > 0), 'trials');
  const description: ModelDescription = {
    format: 'plume-model',
    version: 1,
    kind: 'bayesian',
    schema: schemaToJson(parts.schema) as unknown as ModelDescription['schema'],
    network: parts.network,
    ...parts.settings,
    weights: { file: 'weights.arrow', sha256: '' },
  };
  const { posterior } = parts.settings;
  // of points no two weight samples of a component differ: noise makes all of their members
  const members = calibration.weightSamples * calibration.noiseStreams;
  const weightSamples =
    posterior.kind === 'point'
      ? Math.min(posterior.components, calibration.weightSamples)
      : calibration.weightSamples;
  const tried: Calibration[] = [];
  const found = await calibrate({
    trained: { ...parts, description, digest: '' },
    session: { device: backend.device, threads: availableParallelism() },
    perturbation: createLearnedNoise(noiseSource(recipe.noise), context),
    initial: await initialErrors(
      source.archive,
      periods.train,
      network,
      calibration.initialError,
      gaps,
      context,
    ),
    archive: source.archive,
    archiveName: source.name,
    period: periods.validate,
    seed,
    ...calibration,
    ...{ weightSamples, noiseStreams: Math.ceil(members / weightSamples), gaps },
    onTrial: (done, _of, trial) => {
      tried.push(trial);
      trials.update(done, `noise × ${trial.noise.toFixed(2)}, relaxation ${trial.relaxation}`);
      if (!signal.aborted) return;
      throw interruptedError('stopped while calibrating; run the same command again to go on from there');
    },
  });
  trials.finish();
  return { ...found, trials: tried };
}

/** Analyses that err and members that start apart, by differences of states of the training period; null without. */
async function initialErrors(
  archive: Archive,
  period: Period,
  { historyLength, symmetry, stateLength }: Network,
  amplitude: number,
  gaps: ReadonlySet<number>,
  context: PerturbationContext,
): Promise<InitialErrors | null> {
  if (amplitude === 0) return null;
  const indices = timesInside(archive.times, period)
    .slice(historyLength - 1)
    .filter(
      (index) => !archive.times.subarray(index - historyLength + 1, index + 1).some((time) => gaps.has(time)),
    );
  const dates = Math.min(initialDates, indices.length);
  const states = Array.from({ length: historyLength }, () => new Float32Array(dates * stateLength));
  for (let date = 0; date < dates; date++) {
    const index = indices[Math.floor((date * indices.length) / dates)] ?? 0;
    for (const [back, all] of states.entries()) {
      all.set((await archive.read(index - back)).values, date * stateLength);
    }
  }
  const pool: StatePool = { dates, states };
  const rotate = symmetry === 'zonal';
  const source = { kind: 'state-difference', amplitude, antithetic: false } as const;
  return {
    addAnalysisError: createAnalysisError(context.schema.grid, { pool, rotate }, amplitude),
    members: createStateDifference(source, { ...context, pool, rotate }, 0),
  };
}

const initialDates = 64;
